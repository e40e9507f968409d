package parser

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

// itemTitles reads a document and returns the titles of its items.
func itemTitles(t testing.TB, doc string, opts *FeedOptions) []string {
	t.Helper()
	_, items, err := ParseFeedOptions(&feedmill.Page{URL: "https://www.example/feed", Body: []byte(doc)}, opts)
	if err != nil {
		t.Fatalf("%.200q: %v", doc, err)
	}
	titles := []string{}
	for _, it := range items {
		titles = append(titles, it.Title)
	}
	return titles
}

// TestFeedStructure reads documents whose structure is not what the format asks for.
func TestFeedStructure(t *testing.T) {
	t.Parallel()
	item := func(s string) string { return "<item><title>" + s + "</title></item>" }
	for _, test := range []struct {
		name, doc string
		want      []string
	}{
		{"none", `<rss><channel/></rss>`, nil},
		{"items beside the channel", `<rss><channel><title>x</title></channel>` + item("a") + `</rss>`, []string{"a"}},
		{"items around the channel", `<rss>` + item("a") + `<channel>` + item("b") + `</channel>` + item("c") + `</rss>`, []string{"b", "a", "c"}},
		{"capital letters", `<RSS><Channel><Item><Title>a</Title></Item></Channel></RSS>`, []string{"a"}},
		{"no end at all", `<rss><channel>` + item("a") + item("b"), []string{"a", "b"}},
		{"wrong end", `<rss><channel>` + item("a") + `</feed>` + item("b") + `</channel></rss>`, []string{"a", "b"}},
		{"end too many", `<rss><channel>` + item("a") + `</item></div></p>` + item("b") + `</channel></rss>`, []string{"a", "b"}},
		{"item without end", `<rss><channel><item><title>a</title><item><title>b</title></channel></rss>`, []string{"a", "b"}},
		{"structure without end", `<rss><channel><image><url>http://x.example/</url>` + item("a") + `<item><title>b</title><media:group>` + item("c") + `</channel></rss>`, []string{"a", "b", "c"}},
		{"text without end", `<rss><channel><item><title>a<link>http://x.example/</link></item>` + item("b") + `</channel></rss>`, []string{"a", "b"}},
		{"foreign element without end", `<rss><channel><x:y>` + item("a") + `<x:z>` + item("b") + `</channel></rss>`, []string{"a", "b"}},
		{"foreign element with items", `<rss><channel><x:y>` + item("no") + `</x:y>` + item("a") + `</channel></rss>`, []string{"a"}},
		{"undeclared root prefix", `<r:rss><r:channel><r:item><r:title>a</r:title></r:item></r:channel></r:rss>`, []string{"a"}},
		{"made-up default namespace", `<rss xmlns="http://made.up/"><channel>` + item("a") + `</channel></rss>`, []string{"a"}},
		{"borrowed default namespace", `<rss xmlns="http://search.yahoo.com/mrss/"><channel>` + item("a") + `</channel></rss>`, []string{"a"}},
		{"atom without namespace", `<feed><entry><title>a</title></entry></feed>`, []string{"a"}},
		{"atom of draft namespace", `<feed xmlns="http://purl.org/atom/ns#draft"><entry><title>a</title></entry></feed>`, []string{"a"}},
		{"entity of the document type", `<!DOCTYPE rss [<!ENTITY t "expanded">]><rss><channel>` + item("&t;") + `</channel></rss>`, []string{"&t;"}},
		{"external entity", `<!DOCTYPE rss [<!ENTITY t SYSTEM "file:///etc/passwd">]><rss><channel>` + item("&t;") + `</channel></rss>`, []string{"&t;"}},
		{"after the root", `<rss><channel>` + item("a") + `</channel></rss>` + item("b"), []string{"a"}},
		{"title with markup", `<rss><channel><item><title>a <b>b</b><svg><title>c</title></svg></title></item></channel></rss>`, []string{"a b c"}},
		{"title with CDATA in two", `<rss><channel><item><title><![CDATA[a ]]>&amp;<![CDATA[ b]]></title></item></channel></rss>`, []string{"a & b"}},
	} {
		want := append([]string{}, test.want...)
		if diff := cmp.Diff(want, itemTitles(t, test.doc, nil)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestFeedTruncated cuts documents in many places: the items that are whole stay, as they are in the whole document, and no
// cut makes an error of what is still recognisably a feed.
func TestFeedTruncated(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"rss091.xml", "rss10.xml", "rss20.xml", "atom10.xml", "jsonfeed11.json"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := fixturePage(t, name)
			body := p.Body
			feed, whole, err := ParseFeed(p)
			if err != nil || feed.Truncated {
				t.Fatalf("the whole document: truncated %t, %v", feed.Truncated, err)
			}
			most := 0
			for n := 0; n < len(body); n += 5 {
				p.Body = body[:n]
				if !IsFeed(p) {
					continue
				}
				feed, items, err := ParseFeed(p)
				if err != nil {
					t.Fatalf("cut at %d: %v", n, err)
				}
				if end := len(bytes.TrimSpace(body)); !feed.Truncated && n < end {
					t.Fatalf("cut at %d of %d: it does not say that it breaks off", n, end)
				}
				if len(items) < most || len(items) > len(whole) {
					t.Fatalf("cut at %d: %d items, after %d, of %d", n, len(items), most, len(whole))
				}
				if diff := cmp.Diff(whole[:len(items)], append([]feedmill.Item{}, items...)); diff != "" {
					t.Fatalf("cut at %d (-whole +cut):\n%s", n, diff)
				}
				most = len(items)
			}
			if most != len(whole) {
				t.Errorf("%d items just before the end, want %d", most, len(whole))
			}
		})
	}
}

// TestFeedLimits reads documents that are made to cost time or memory. The deadline is far above what they take when
// each byte is looked at a few times, and far below what they take when it is not.
func TestFeedLimits(t *testing.T) {
	t.Parallel()
	const n = 100_000 // depth that has to be survived
	const many = 20_000
	one := "<item><title>a</title></item>"
	wrap := func(s string) string { return "<rss><channel>" + s + one + "</channel></rss>" }
	laughs := `<!DOCTYPE rss [<!ENTITY a "ha">`
	for c := 'b'; c < 'z'; c++ {
		laughs += fmt.Sprintf(`<!ENTITY %c "&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;">`, c, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1)
	}
	distinct := func(format string) string {
		var b strings.Builder
		for i := range many {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	// So many that they are given up: all that is asked is an end.
	itemTitles(t, wrap(strings.Repeat("<title>", n)), nil)
	for _, test := range []struct{ name, doc string }{
		{"nested unknown elements", wrap(strings.Repeat("<x>", n) + strings.Repeat("</x>", n))},
		{"nested known elements", wrap(strings.Repeat("<media:group>", n) + strings.Repeat("</media:group>", n))},
		{"nested markup in a text", wrap("<description>" + strings.Repeat("<div>", n) + strings.Repeat("</div>", n) + "</description>")},
		{"nested escaped markup", wrap("<description>" + strings.Repeat("&lt;div&gt;", n) + "</description>")},
		{"unclosed unknown elements", wrap(strings.Repeat("<x>", n))},
		{"unclosed texts", wrap(strings.Repeat("<title>", 50))},
		{"unclosed items", wrap(strings.Repeat("<item>", 9000))},
		{"unclosed comments", wrap(strings.Repeat("<!-- ", n) + ">")},
		{"unclosed instructions", wrap(strings.Repeat("<?x ", n) + ">")},
		{"unclosed quotes", wrap(strings.Repeat(`<x a="b>`, n))},
		{"brackets", wrap(strings.Repeat("<", n))},
		{"ampersands", wrap("<title>" + strings.Repeat("&", n) + "</title>")},
		{"end tags", wrap(strings.Repeat("</y>", n))},
		{"attributes", wrap("<x " + strings.Repeat("a='b' ", n) + "/>")},
		{"attributes of an enclosure", wrap("<enclosure " + strings.Repeat("url='b' ", n) + "/>")},
		{"namespaces", "<rss " + distinct(`xmlns:p%d="u" `) + "><channel>" + strings.Repeat("<x:y/>", many) + one + "</channel></rss>"},
		{"bases", wrap(strings.Repeat("<x xml:base='a/b/c/'>", n) + strings.Repeat("</x>", n))},
		{"laughs", laughs + "]>" + wrap("<description>&y;</description>")},
		{"categories", wrap(distinct("<category>%d</category>"))},
		{"categories of an item", wrap("<item>" + distinct("<category>%d</category>") + "</item>")},
		{"media of an item", wrap("<item>" + distinct("<media:thumbnail url='%d'/>") + "</item>")},
		{"links", wrap(distinct("<atom:link rel='x' href='%d'/>"))},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			titles := itemTitles(t, test.doc, nil)
			if len(titles) == 0 || titles[len(titles)-1] != "a" {
				t.Errorf("%d items, want the last one to be there", len(titles))
			}
			if d := time.Since(start); d > 20*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

// TestFeedMaxItems keeps the first items of a document.
func TestFeedMaxItems(t *testing.T) {
	t.Parallel()
	var xml, json strings.Builder
	xml.WriteString("<rss><channel>")
	json.WriteString(`{"version":"https://jsonfeed.org/version/1","items":[`)
	const n = 10_010
	for i := range n {
		fmt.Fprintf(&xml, "<item><title>%d</title></item>", i)
		fmt.Fprintf(&json, `{"id":%d,"title":"%d","content_text":"x"},`, i, i)
	}
	xml.WriteString("</channel></rss>")
	doc := strings.TrimSuffix(json.String(), ",") + "]}"
	for _, doc := range []string{xml.String(), doc} {
		for _, test := range []struct {
			opts *FeedOptions
			want int
		}{{nil, 10_000}, {&FeedOptions{MaxItems: 3}, 3}, {&FeedOptions{MaxItems: 20_000}, n}} {
			titles := itemTitles(t, doc, test.opts)
			if len(titles) != test.want || titles[0] != "0" || titles[test.want-1] != fmt.Sprint(test.want-1) {
				t.Errorf("%.10s with %+v: %d items, want the first %d", doc, test.opts, len(titles), test.want)
			}
		}
	}
}

// TestFeedBase resolves links against xml:base, Content-Location and the page's URLs, in this order (RFC 3986 §5.1).
func TestFeedBase(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, base, location, final, want string }{
		{"asked URL", "", "", "", "http://asked.example/dir/a.html"},
		{"final URL", "", "", "http://final.example/x/feed", "http://final.example/x/a.html"},
		{"content location", "", "/y/feed.xml", "http://final.example/x/feed", "http://final.example/y/a.html"},
		{"absolute base", "http://base.example/z/", "/y/", "http://final.example/x/feed", "http://base.example/z/a.html"},
		{"base is a file", "http://base.example/z/f.xml", "", "", "http://base.example/z/a.html"},
		{"relative base", "sub/", "", "", "http://asked.example/dir/sub/a.html"},
		{"useless base", "mailto:x@y.example", "", "", "http://asked.example/dir/a.html"},
		{"broken base", "http://[", "", "", "http://asked.example/dir/a.html"},
	} {
		p := &feedmill.Page{
			URL: "http://asked.example/dir/feed", FinalURL: test.final, Header: map[string][]string{},
			Body: []byte(`<feed xmlns="http://www.w3.org/2005/Atom" xml:base="` + test.base + `"><entry><link href="  a.html
"/><content type="html">&lt;a href="a.html"&gt;x&lt;/a&gt;</content></entry></feed>`),
		}
		if test.location != "" {
			p.Header["Content-Location"] = []string{test.location}
		}
		_, items, err := ParseFeed(p)
		if err != nil || len(items) != 1 {
			t.Errorf("%s: %d items, %v", test.name, len(items), err)
			continue
		}
		if items[0].Link != test.want || !strings.Contains(items[0].Content, `"`+test.want+`"`) {
			t.Errorf("%s: link %q, content %q, want %q in both", test.name, items[0].Link, items[0].Content, test.want)
		}
	}
}
