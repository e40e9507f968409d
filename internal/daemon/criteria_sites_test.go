//go:build criteria

package daemon_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/andybalholm/brotli"
	"github.com/feedmill/feedmill"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// coded sends a feed in a content coding.
func coded(coding string) criterion {
	return criterion{
		name: "request: " + coding + " is decoded",
		serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
			w.Header().Set("Content-Encoding", coding)
			var z io.WriteCloser
			switch coding {
			case "gzip":
				z = gzip.NewWriter(w)
			case "br":
				z = brotli.NewWriter(w)
			case "zstd":
				z, _ = zstd.NewWriter(w) // no options, no error
			case "deflate":
				z = zlib.NewWriter(w)
			}
			_, _ = io.WriteString(z, feedDoc(guidItem("in "+coding)))
			_ = z.Close() // the client will tell
			return true
		},
		done:  has("in " + coding),
		check: func(*testing.T, *trial) {},
	}
}

func addressCriteria() []criterion {
	refusals := func(c *trial) (n int) {
		for _, o := range c.outcomes() {
			if o == feedmill.OutcomeRefused {
				n++
			}
		}
		return n
	}
	feeds := []string{
		"http://{forbidden}/feed.xml", "http://localhost:{port}/feed.xml", "http://[::1]:{port}/feed.xml", "http://[::ffff:127.0.2.1]:{port}/feed.xml",
		"http://0.0.0.0:{port}/feed.xml", "http://10.1.2.3:{port}/feed.xml", "http://169.254.169.254:{port}/latest/meta-data", "http://100.64.0.1:{port}/feed.xml",
		"http://[64:ff9b::a01:203]:{port}/", "http://[2002:a01:203::]:{port}/", "http://[2001:0:a01:203::]:{port}/", "http://[fd00::1]:{port}/", "http://224.0.0.1:{port}/",
		"http://240.0.0.1:{port}/", "http://{site}@{forbidden}/feed.xml", "http://{other}/feed.xml",
	}
	return []criterion{
		{
			name: "address: feeds at forbidden addresses and ports are not asked", feeds: feeds,
			done: func(c *trial) bool { return refusals(c) >= len(feeds) },
			check: func(t *testing.T, c *trial) {
				for url, st := range c.states {
					if st.Outcome != feedmill.OutcomeRefused || st.Error == "" {
						t.Errorf("%s: %s, %s", url, st.Outcome, st.Error)
					}
				}
				if len(c.asks) > 0 {
					t.Errorf("the site was asked: %v", c.asks)
				}
			},
		},
		{
			name: "address: articles, their redirects and their robots.txt pass the same check",
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				port := r.Host[strings.LastIndexByte(r.Host, ':'):]
				switch r.URL.Path {
				case "/feed.xml":
					return send(w, "application/rss+xml", feedDoc(linkItem("direct", "http://127.0.3.1"+port+"/x"), linkItem("redirected", "http://"+r.Host+"/away"),
						linkItem("tricked", "http://"+r.Host+"@127.0.3.1"+port+"/y"), linkItem("plain", "http://"+r.Host+"/article/plain")))
				case "/away":
					http.Redirect(w, r, "http://127.0.3.1"+port+"/x", http.StatusFound)
					return true
				}
				return false
			},
			done: has("direct", "redirected", "tricked", "/article/plain"),
			check: func(t *testing.T, c *trial) {
				for _, title := range []string{"direct", "redirected", "tricked"} {
					if r := c.stored()[title]; !r.HasWarning(feedmill.WarnFeedOnly) {
						t.Errorf("%s is more than the feed says: %+v", title, r.Article)
					}
				}
			},
		},
	}
}

func limitCriteria() []criterion {
	bomb := func() []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(bytes.Repeat([]byte(" "), 64<<20)) // a bytes.Buffer takes all
		_ = z.Close()
		return b.Bytes()
	}()
	failing := func(name, reason string, serve func(w http.ResponseWriter, r *http.Request)) criterion {
		return criterion{
			name: "limit: " + name,
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				serve(w, r)
				return true
			},
			done: saw(feedmill.OutcomeFailed, reason),
			check: func(t *testing.T, c *trial) {
				if st := c.states["/feed.xml"]; st.Failures == 0 || st.Class == "" || st.Error == "" {
					t.Errorf("state %+v", st)
				}
			},
		}
	}
	pour := func(w http.ResponseWriter, r *http.Request, piece string, pause time.Duration) {
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, piece); err != nil {
				return
			}
			if pause > 0 {
				_ = http.NewResponseController(w).Flush()
				select {
				case <-r.Context().Done():
				case <-time.After(pause):
				}
			}
		}
	}
	capped := func(name, doc string, titles ...string) criterion {
		return criterion{
			name: "limit: " + name,
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				return r.URL.Path == "/feed.xml" && send(w, "application/rss+xml", doc)
			},
			done:  has(titles...),
			check: func(*testing.T, *trial) {},
		}
	}
	var many strings.Builder
	for i := range 12_000 {
		many.WriteString(guidItem(fmt.Sprint("many ", i)))
	}
	return []criterion{
		failing("decompression bombs end", "decoded body", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb)
		}),
		failing("endless bodies end", "over the limit", func(w http.ResponseWriter, r *http.Request) {
			pour(w, r, strings.Repeat("<item><title>and so on</title></item>", 100), 0)
		}),
		failing("slow drips end", "slower than", func(w http.ResponseWriter, r *http.Request) { pour(w, r, "<rss>", 200*time.Millisecond) }),
		failing("silent servers end", "", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }),
		failing("header floods end", "", func(w http.ResponseWriter, r *http.Request) {
			for i := range 1000 {
				w.Header().Set(fmt.Sprint("X-Flood-", i), strings.Repeat("x", 100))
			}
			w.WriteHeader(200)
		}),
		failing("a stated length over the limit is not read", "over the limit", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "99999999")
			_, _ = io.WriteString(w, "<rss>")
		}),
		{
			name: "limit: of a feed with 10,000 items the first ones are taken",
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				return send(w, "application/rss+xml", feedDoc(many.String()))
			},
			done: has("many 0", "many 49"),
			check: func(t *testing.T, c *trial) {
				if n := len(c.stored()); n != 50 {
					t.Errorf("%d records, want fetch.max_items", n)
				}
			},
		},
		capped("XML nested 100,000 deep", feedDoc(guidItem("before the depth"), strings.Repeat("<x>", 100_000)), "before the depth"),
		capped("entities are not expanded", `<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">`+
			`<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e SYSTEM "file:///etc/passwd">]>`+
			feedDoc(guidItem("with entities"), "<item><guid>e</guid><title>laugh</title><description>&d;&e;</description></item>")[21:], "with entities", "laugh"),
		{
			name: "limit: HTML nested 100,000 deep gives its text",
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				if r.URL.Path == "/feed.xml" {
					return send(w, "application/rss+xml", feedDoc(linkItem("deep", "http://"+r.Host+"/article/deep")))
				}
				return r.URL.Path == "/article/deep" && send(w, "text/html; charset=utf-8", fmt.Sprintf(shortArticle, "deep")+strings.Repeat("<div>", 100_000)+
					"<p>The last of the words stands at the bottom of a hundred thousand boxes, and is nobody's loss.</p>")
			},
			done: has("deep"),
			check: func(t *testing.T, c *trial) {
				if r := c.stored()["deep"]; !strings.Contains(r.Text, "harbour wall") {
					t.Errorf("text %q", r.Text)
				}
			},
		},
	}
}

func encoded(e encoding.Encoding, s string) string {
	out, err := e.NewEncoder().String(s)
	if err != nil {
		panic(err) // the texts are written for their encodings
	}
	return out
}

func readingCriteria() []criterion {
	utf16be := func(s string) string {
		b := []byte{0xfe, 0xff}
		for _, u := range utf16.Encode([]rune(s)) {
			b = binary.BigEndian.AppendUint16(b, u)
		}
		return string(b)
	}
	read := func(name, kind, doc string, titles ...string) criterion {
		return criterion{
			name: "reading: " + name,
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				return r.URL.Path == "/feed.xml" && send(w, kind, doc)
			},
			done:  has(titles...),
			check: func(*testing.T, *trial) {},
		}
	}
	xmlIn := func(label, title string) string {
		return `<?xml version="1.0" encoding="` + label + `"?><rss version="2.0"><channel><title>x</title><item><guid>` + label + "</guid><title>" + title +
			"</title><description>" + strings.Repeat(title+" ", 10) + "</description></item></channel></rss>"
	}
	return []criterion{
		read("RSS 0.91", "text/xml", `<rss version="0.91"><channel><title>x</title><item><title>of 0.91</title><link>/of091</link></item></channel></rss>`, "of 0.91"),
		read("RSS 1.0", "application/rdf+xml", `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel rdf:about="x"><title>x</title></channel>`+
			`<item rdf:about="http://harbour.example/1"><title>of RDF</title></item></rdf:RDF>`, "of RDF"),
		read("Atom 0.3", "application/xml", `<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>x</title><entry><id>a3</id><title>of Atom 0.3</title></entry></feed>`, "of Atom 0.3"),
		read("Atom 1.0 under a prefix", "application/atom+xml", `<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:title>x</a:title><a:entry><a:id>a1</a:id><a:title>of Atom</a:title></a:entry></a:feed>`, "of Atom"),
		read("JSON Feed with numeric ids", "application/json", `{"version":"https://jsonfeed.org/version/1.1","title":"x","items":[{"id":17,"title":"of JSON","content_text":"words"}]}`, "of JSON"),
		read("UTF-16", "application/xml", utf16be(xmlIn("utf-16", "항구 소식")), "항구 소식"),
		read("EUC-KR", "application/xml", encoded(korean.EUCKR, xmlIn("euc-kr", "새 방파제 완공")), "새 방파제 완공"),
		read("GB18030", "application/xml", encoded(simplifiedchinese.GB18030, xmlIn("gb18030", "新的防波堤")), "新的防波堤"),
		read("Shift_JIS", "application/xml", encoded(japanese.ShiftJIS, xmlIn("shift_jis", "港の新しい壁")), "港の新しい壁"),
		read("Big5", "application/xml", encoded(traditionalchinese.Big5, xmlIn("big5", "港口的新牆")), "港口的新牆"),
		read("KOI8-R", "application/xml", encoded(charmap.KOI8R, xmlIn("koi8-r", "Новая стена порта")), "Новая стена порта"),
		read("the charset of Content-Type", "application/xml; charset=windows-1251", encoded(charmap.Windows1251, strings.Replace(xmlIn("", "Стена у гавани"), ` encoding=""`, "", 1)), "Стена у гавани"),
		read("a wrong label", "application/xml; charset=utf-8", xmlIn("us-ascii", "Größe der Mauer"), "Größe der Mauer"),
		read("an unknown label and a stray byte", "application/xml", xmlIn("x-nonsense", "Mauer")+"\xff", "Mauer"),
		read("HTML entities, bare ampersands and control characters", "application/xml", feedDoc("<item><guid>e</guid><title>Caf&eacute; &amp; bar & caf\x01e</title></item>"), "Café & bar & cafe"),
		read("undeclared prefixes and unclosed tags", "application/xml", feedDoc("<item><guid>p</guid><title>prefixed</title><media:x><description><p>one<br>two</description></item>"), "prefixed"),
		read("text before and after the document", "application/xml", "Warning: mysql_connect()\n"+feedDoc(guidItem("in the middle"))+"<!-- 0.1 s -->bye", "in the middle"),
		read("a document cut short", "application/xml", strings.TrimSuffix(feedDoc(guidItem("still whole"), "<item><title>not wh"), "</channel></rss>"), "still whole"),
		read("a feed served as text/html", "text/html", feedDoc(guidItem("as html")), "as html"),
		read("titles end as plain text", "application/xml", feedDoc("<item><guid>t</guid><title>&lt;b&gt;Bold&lt;/b&gt; &amp;amp; plain</title></item>"), "Bold & plain"),
		{
			name: "reading: links are resolved against xml:base and the final URL, alternate chosen, guid stands in", feeds: []string{"/away.xml", "/base.xml"},
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				switch r.URL.Path {
				case "/away.xml":
					http.Redirect(w, r, "/deep/down/feed.xml", http.StatusFound)
				case "/deep/down/feed.xml":
					return send(w, "application/rss+xml", feedDoc(linkItem("relative", " ../article/relative "),
						"<item><title>permalink</title><guid>http://"+r.Host+"/article/permalink</guid></item>"))
				case "/base.xml":
					return send(w, "application/atom+xml", `<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://`+r.Host+`/article/"><title>x</title><entry><id>1</id><title>based</title>`+
						`<link rel="enclosure" href="/film"/><link rel="alternate" href="based"/></entry></feed>`)
				case "/deep/article/relative":
					return send(w, "text/html", fmt.Sprintf(shortArticle, "/deep/article/relative"))
				default:
					return false
				}
				return true
			},
			done: has("/deep/article/relative", "/article/permalink", "/article/based"), check: func(*testing.T, *trial) {},
		},
		{
			name: "reading: dates of all kinds end in UTC, absurd ones do not stand",
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				var items string
				for i, d := range []string{"Tue, 02 Mar 26 12:00:00 EST", "2026-03-02T17:00:00Z", "Mo, 02 Mär 2026 18:00:00 +0100", "1772470800", "Mon, 02 Mar 2099 10:00:00 GMT"} {
					items += fmt.Sprintf("<item><guid>d%d</guid><title>date %[1]d</title><pubDate>%s</pubDate></item>", i, d)
				}
				return send(w, "application/rss+xml", feedDoc(items))
			},
			done: has("date 0", "date 1", "date 2", "date 3", "date 4"),
			check: func(t *testing.T, c *trial) {
				want := time.Date(2026, 3, 2, 17, 0, 0, 0, time.UTC)
				for i := range 4 {
					if got := c.stored()[fmt.Sprint("date ", i)].Published.UTC; !got.Equal(want) {
						t.Errorf("date %d: %v, want %v", i, got, want)
					}
				}
				if got := c.stored()["date 4"].Published.Value; strings.HasPrefix(got, "2099") {
					t.Errorf("the date %s stands", got)
				}
			},
		},
		{
			name: "reading: content is kept and nothing active is stored",
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				return send(w, "application/rss+xml", strings.Replace(feedDoc("<item><guid>c</guid><title>active &lt;script&gt;x&lt;/script&gt;</title><description>short</description><content:encoded><![CDATA["+
					`<p onclick="x()">The harbour wall is to be rebuilt before winter, the council said.</p><script>alert(1)</script><a href="javascript:x()">go</a><iframe src="http://x.example"></iframe>`+
					"]]></content:encoded></item>"), `version="2.0"`, `version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"`, 1))
			},
			done: func(c *trial) bool { return len(c.stored()) > 0 },
			check: func(t *testing.T, c *trial) {
				for _, r := range c.stored() {
					if !strings.Contains(r.Text, "harbour wall") {
						t.Errorf("text %q", r.Text)
					}
					for _, bad := range []string{"<script", "onclick", "javascript:", "<iframe", "alert(1)"} {
						if strings.Contains(r.HTML+r.Text+r.Title, bad) {
							t.Errorf("%q is stored: %s", bad, r.HTML)
						}
					}
				}
			},
		},
	}
}

func identityCriteria() []criterion {
	ids := func(c *trial) map[string]int {
		c.mu.Lock()
		defer c.mu.Unlock()
		n := map[string]int{}
		for _, r := range c.records {
			n[r.ID]++
		}
		return n
	}
	want := func(n int) func(*testing.T, *trial) {
		return func(t *testing.T, c *trial) {
			if got := ids(c); len(got) != n {
				t.Errorf("%d articles, want %d: %v", len(got), n, got)
			}
		}
	}
	changing := func(name string, n int, docs ...string) criterion {
		return criterion{
			name: "identity: " + name,
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				return r.URL.Path == "/feed.xml" && send(w, "application/rss+xml", strings.ReplaceAll(docs[min(n, len(docs))-1], "{host}", r.Host))
			},
			done:  both(asked("/feed.xml", len(docs)+2), func(c *trial) bool { return len(ids(c)) >= n }),
			check: want(n),
		}
	}
	nothing := "<item><title>%s</title><description>Nothing names this entry but its words, %s.</description></item>"
	return []criterion{
		changing("an item polled often is one record", 1, feedDoc(guidItem("same")), feedDoc(guidItem("same"), "<!-- 2 -->"), feedDoc(guidItem("same"), "<!-- 3 -->"), feedDoc(guidItem("same"), "<!-- 4 -->")),
		changing("without guid the link counts, without both title and content", 3,
			feedDoc(linkItem("by link", "http://{host}/article/1"), fmt.Sprintf(nothing, "a", "a"), fmt.Sprintf(nothing, "b", "b")),
			feedDoc(fmt.Sprintf(nothing, "b", "b"), linkItem("by link", "http://{host}/article/1"), fmt.Sprintf(nothing, "a", "a"))),
		{
			name: "identity: a guid is unique in its feed only", feeds: []string{"/a.xml", "/b.xml"},
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				return send(w, "application/rss+xml", feedDoc("<item><guid>1</guid><title>first of "+r.URL.Path+"</title></item>"))
			},
			done: has("first of /a.xml", "first of /b.xml"), check: want(2),
		},
		changing("different links under one guid are different items", 2,
			feedDoc("<item><guid isPermaLink=\"false\">g</guid><title>one</title><link>http://{host}/article/x</link></item><item><guid isPermaLink=\"false\">g</guid><title>two</title><link>http://{host}/article/y</link></item>")),
		changing("a changing guid with the same link and text is the same item", 1,
			feedDoc("<item><guid isPermaLink=\"false\">g1</guid><title>t</title><link>http://{host}/article/x</link></item>"),
			feedDoc("<item><guid isPermaLink=\"false\">g2</guid><title>t</title><link>http://{host}/article/x</link></item>")),
		changing("what vanishes and comes back is not new", 2, feedDoc(guidItem("a"), guidItem("b")), feedDoc(guidItem("b")), feedDoc(guidItem("a"), guidItem("b"))),
		changing("a late item with an old date is new", 2, feedDoc(guidItem("a")),
			feedDoc(guidItem("a"), "<item><guid>late</guid><title>late</title><pubDate>Mon, 02 Mar 2009 10:00:00 GMT</pubDate></item>")),
		{
			name: "identity: an edited item keeps its identity and gets a new version",
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				words := map[bool]string{true: "The wall will cost four million.", false: "The wall will cost seven million, the council said after a recount."}[n < 2]
				return send(w, "application/rss+xml", feedDoc("<item><guid>e</guid><title>edited</title><description>"+words+"</description></item>"))
			},
			done: func(c *trial) bool {
				r := c.stored()["edited"]
				return r != nil && strings.Contains(r.Description.Text, "seven")
			},
			check: func(t *testing.T, c *trial) {
				want(1)(t, c)
			},
		},
	}
}

func articleCriteria() []criterion {
	// robots is a site with two articles, of which the names say what robots.txt makes of them.
	robots := func(name string, serve func(w http.ResponseWriter, r *http.Request, n int), allowed, refused []string) criterion {
		return criterion{
			name: "article: " + name,
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				switch {
				case r.URL.Path == "/feed.xml":
					var items string
					for _, path := range append(allowed, refused...) {
						items += linkItem(path, "http://"+r.Host+path)
					}
					return send(w, "application/rss+xml", feedDoc(items))
				case strings.HasPrefix(r.URL.Path, "/robots"):
					serve(w, r, n)
					return true
				}
				return send(w, "text/html", fmt.Sprintf(shortArticle, r.URL.RequestURI()))
			},
			done: has(append(allowed, refused...)...),
			check: func(t *testing.T, c *trial) {
				for _, path := range allowed {
					if r := c.stored()[path]; r.HasWarning(feedmill.WarnFeedOnly) {
						t.Errorf("%s is allowed, and was not fetched", path)
					}
				}
				for _, path := range refused {
					if n := len(c.to(path)); n > 0 {
						t.Errorf("%s is refused, and was asked %d times", path, n)
					}
				}
			},
		}
	}
	text := func(body string) func(w http.ResponseWriter, r *http.Request, n int) {
		return func(w http.ResponseWriter, r *http.Request, n int) { send(w, "text/plain", body) }
	}
	status := func(status int) func(w http.ResponseWriter, r *http.Request, n int) {
		return func(w http.ResponseWriter, r *http.Request, n int) { w.WriteHeader(status) }
	}
	hops := func(limit int) func(w http.ResponseWriter, r *http.Request, n int) {
		return func(w http.ResponseWriter, r *http.Request, n int) {
			i := strings.Count(r.URL.Path, "+")
			if i >= limit {
				send(w, "text/plain", "User-agent: *\nDisallow: /article/no")
				return
			}
			http.Redirect(w, r, "/robots"+strings.Repeat("+", i+1), http.StatusFound)
		}
	}
	page := func(name, kind string, body []byte, titles ...string) criterion {
		return criterion{
			name: "article: " + name,
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				if r.URL.Path == "/feed.xml" {
					return send(w, "application/rss+xml", feedDoc(linkItem("in the feed", "http://"+r.Host+"/article/x")))
				}
				return r.URL.Path == "/article/x" && send(w, kind, string(body))
			},
			done:  has(titles...),
			check: func(*testing.T, *trial) {},
		}
	}
	korean8 := []byte(encoded(korean.EUCKR, `<html lang="ko"><head><meta charset="euc-kr"><title>새 방파제</title></head><body><article><h1>새 방파제</h1><p>`+
		strings.Repeat("시의회는 화요일에 겨울 폭풍이 시작되기 전에 방파제를 다시 짓기로 했다. ", 8)+"</p></article></body></html>"))
	russian := []byte(encoded(charmap.Windows1251, `<html lang="ru"><head><title>Новая стена</title></head><body><article><h1>Новая стена</h1><p>`+
		strings.Repeat("Совет решил во вторник построить новую стену до начала зимних бурь. ", 8)+"</p></article></body></html>"))
	return []criterion{
		robots("robots.txt for our token, and longest match", text("User-agent: *\nDisallow: /\n\nUser-agent: HarbourBot/2.0\nDisallow: /article/\nAllow: /article/yes$\nAllow: /article/tie\nDisallow: /article/tie\n"),
			[]string{"/article/yes", "/article/tie"}, []string{"/article/yes2", "/article/no"}),
		robots("robots.txt for all", text("User-agent: other\nDisallow: /\n\nUser-agent: *\nDisallow: /*no\n"), []string{"/article/yes"}, []string{"/article/no"}),
		robots("robots.txt of 4xx allows all", status(403), []string{"/article/yes"}, nil),
		robots("robots.txt of 5xx allows none for now", status(503), nil, []string{"/article/no"}),
		robots("robots.txt of 500 KiB is read", text("User-agent: *\n"+strings.Repeat("#"+strings.Repeat("x", 98)+"\n", 5000)+"Disallow: /article/no\n"), []string{"/article/yes"}, []string{"/article/no"}),
		robots("robots.txt over five redirects is followed", hops(5), []string{"/article/yes"}, []string{"/article/no"}),
		robots("robots.txt over six redirects allows all", hops(6), []string{"/article/yes", "/article/no"}, nil),
		{
			name: "article: crawl-delay is kept, robots.txt is asked once, each article too",
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				switch r.URL.Path {
				case "/feed.xml":
					w.Header().Set("Cache-Control", "max-age=86400")
					return send(w, "application/rss+xml", feedDoc(linkItem("a", "http://"+r.Host+"/article/a"), linkItem("b", "http://"+r.Host+"/article/b"), linkItem("c", "http://"+r.Host+"/article/c")))
				case "/robots.txt":
					return send(w, "text/plain", "User-agent: *\nCrawl-delay: 1.5\n")
				}
				return false
			},
			done: both(has("/article/a", "/article/b", "/article/c"), asked("/feed.xml", 2)),
			check: func(t *testing.T, c *trial) {
				if n := len(c.to("/robots.txt")); n != 1 {
					t.Errorf("robots.txt was asked %d times", n)
				}
				var pages []time.Time
				for _, p := range []string{"/article/a", "/article/b", "/article/c"} {
					if n := len(c.to(p)); n != 1 {
						t.Errorf("%s was asked %d times", p, n)
					}
				}
				for _, a := range c.asks {
					if strings.HasPrefix(a.uri, "/article/") || a.uri == "/robots.txt" {
						pages = append(pages, a.at)
					}
				}
				if span := pages[len(pages)-1].Sub(pages[0]); span < 4400*time.Millisecond {
					t.Errorf("robots.txt and three articles within %v, want 1.5 s between any two", span)
				}
			},
		},
		{
			name: "article: what cannot be had is tried a few times, and the feed's own text is the record",
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				if r.URL.Path == "/feed.xml" {
					return send(w, "application/rss+xml", feedDoc("<item><link>http://"+r.Host+"/article/ill</link><title>ill</title><description>The council voted to rebuild the wall.</description></item>"))
				}
				if strings.HasPrefix(r.URL.Path, "/article/") {
					w.WriteHeader(502)
					return true
				}
				return false
			},
			done: both(has("ill"), after(12*time.Second)),
			check: func(t *testing.T, c *trial) {
				if r := c.stored()["ill"]; !r.HasWarning(feedmill.WarnFeedOnly) || !strings.Contains(r.Description.Text, "rebuild the wall") {
					t.Errorf("record %+v", r.Article)
				}
				if n := len(c.to("/article/ill")); n != 3 {
					t.Errorf("%d tries, want fetch.article_tries", n)
				}
			},
		},
		{
			name: "article: what a site says of use by machines is recorded",
			serve: func(w http.ResponseWriter, r *http.Request, n int) bool {
				switch r.URL.Path {
				case "/feed.xml":
					return send(w, "application/rss+xml", feedDoc(linkItem("a", "http://"+r.Host+"/article/a")))
				case "/robots.txt":
					return send(w, "text/plain", "User-agent: GPTBot\nDisallow: /\n")
				case "/.well-known/tdmrep.json":
					return send(w, "application/json", `[{"location": "/article/*", "tdm-reservation": 1, "tdm-policy": "https://harbour.example/policy"}]`)
				}
				return false
			},
			done: has("/article/a"),
			check: func(t *testing.T, c *trial) {
				r := c.stored()["/article/a"].Rights
				if r.AIOptOut == nil || !*r.AIOptOut || r.TDMReservation == nil || !*r.TDMReservation || r.TDMPolicy != "https://harbour.example/policy" || r.From != "robots.txt: gptbot, tdmrep.json" {
					t.Errorf("rights %+v", r)
				}
			},
		},
		page("a picture in the page's place is not read", "image/jpeg", []byte("\xff\xd8\xff"), "in the feed"),
		page("a page over the size limit is not read", "text/html", bytes.Repeat([]byte("<p>words "), 200_000), "in the feed"),
		page("encoding by header", "text/html; charset=windows-1251", russian, "Новая стена"),
		page("encoding by meta", "text/html", korean8, "새 방파제"),
	}
}
