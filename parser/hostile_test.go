package parser

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/feedmill/feedmill"
)

const sentence = "The council agreed on Tuesday to rebuild the old bridge over the river, which had been closed since the flood of last spring. "

func paragraphs(n int) string {
	return strings.Repeat("<p>"+sentence+sentence+"</p>\n", n)
}

func extract(t testing.TB, body string) *feedmill.Article {
	t.Helper()
	a, err := NewExtractor(nil).Extract(&feedmill.Page{URL: "https://news.example/2020/02/03/bridge", Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	checkOffsets(t, "page", a)
	checkInactive(t, a.HTML)
	return a
}

// checkInactive fails where the HTML could do anything but be read.
func checkInactive(t testing.TB, fragment string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(fragment))
	for z.Next() != html.ErrorToken {
		tok := z.Token()
		switch tok.Data {
		case "script", "style", "iframe", "object", "embed", "form", "input", "svg", "math", "link", "meta", "base", "template", "noscript":
			if tok.Type != html.TextToken {
				t.Errorf("HTML holds a %s element", tok.Data)
			}
		}
		for _, a := range tok.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" {
				t.Errorf("HTML holds the attribute %s", a.Key)
			}
			if a.Key == "href" || a.Key == "src" {
				u, err := url.Parse(a.Val)
				if err != nil || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "mailto" && u.Scheme != "tel" {
					t.Errorf("HTML holds the URL %q", a.Val)
				}
			}
		}
	}
}

func TestActiveContent(t *testing.T) {
	t.Parallel()
	a := extract(t, `<html><body onload="x()"><article><h1 onclick="x()">Bridge</h1>
<script>document.write("<p>written</p>")</script><style>p{background:url(javascript:x())}</style>
<p onmouseover="x()">`+sentence+`<a href="javascript:x()">script link</a> and <a href=" JaVa&#x09;Script:x()">another</a>,
<a href="data:text/html,<script>x()</script>">data</a>, <a href="vbscript:x()">vb</a> and a <a href="/real?a=1&b=2">real one</a>. `+sentence+`</p>
<p>`+sentence+`<img src="javascript:x()"><img src=x onerror=x()><svg><script>x()</script></svg><iframe srcdoc="<script>x()</script>"></iframe></p>
<p>&lt;script&gt;x()&lt;/script&gt; is only text here, `+sentence+`</p>
<object data="x.swf"></object><embed src="x.swf"><form action="javascript:x()"><input onfocus=x() autofocus></form>
`+paragraphs(3)+`</article></body></html>`)
	for _, s := range []string{"written", "background:"} {
		if strings.Contains(a.Text, s) {
			t.Errorf("text holds %q", s)
		}
	}
	for _, s := range []string{"script link", "<script>x()</script> is only text here", "real one"} {
		if !strings.Contains(a.Text, s) {
			t.Errorf("text lost %q:\n%s", s, a.Text)
		}
	}
	var links []string
	for _, b := range a.Blocks {
		for _, l := range b.Links {
			links = append(links, l.URL)
		}
	}
	if want := "https://news.example/real?a=1&b=2"; len(links) != 1 || links[0] != want {
		t.Errorf("links %q, want only %q", links, want)
	}
	if !strings.Contains(a.HTML, `href="https://news.example/real?a=1&amp;b=2"`) {
		t.Errorf("HTML lost the real link:\n%s", a.HTML)
	}
}

func TestDeepNesting(t *testing.T) {
	t.Parallel()
	for _, tag := range []string{"div", "b", "blockquote", "table><tr><td", "ul><li", "span"} {
		start := time.Now()
		a := extract(t, "<html><body><h1>Bridge</h1>"+strings.Repeat("<"+tag+">", 100_000)+paragraphs(4))
		if !strings.Contains(a.Text, "rebuild the old bridge") {
			t.Errorf("%s: the text is lost", tag)
		}
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%s: took %v", tag, d)
		}
	}
}

func TestManyElements(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a million elements take seconds")
	}
	for name, filler := range map[string]string{"lists": "<li>x</li>", "open": "<p>", "void": "<br>", "links": `<a href="/x">y</a> `} {
		body := "<html><body><article><h1>Bridge</h1>" + paragraphs(5) + strings.Repeat(filler, 1_000_000)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		a := extract(t, body)
		runtime.ReadMemStats(&after)
		if !strings.Contains(a.Text, "rebuild the old bridge") {
			t.Errorf("%s: the text is lost", name)
		}
		if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > 2000 {
			t.Errorf("%s: %d MB were allocated", name, mb)
		}
	}
}

// TestRepeatedBeginnings has documents that repeat what something is looked for from: to look through the rest for each
// would take hours.
func TestRepeatedBeginnings(t *testing.T) {
	t.Parallel()
	const n = 200_000
	for name, filler := range map[string]string{
		"open elements":   strings.Repeat("<b><i>", n),
		"empty drawings":  strings.Repeat("<svg/>", n) + "</svg>",
		"nested drawings": strings.Repeat("<svg>", n) + "</svg>",
		"links in a link": "<a x=" + strings.Repeat("href=", n),
	} {
		page := &feedmill.Page{URL: "https://paper.example/story/1", Body: []byte("<body><article><h1>Bridge</h1>" + paragraphs(5) + filler)}
		if a, err := NewExtractor(nil).Extract(page); err != nil || !strings.Contains(a.Text, "rebuild the old bridge") {
			t.Errorf("%s: the text is lost, %v", name, err)
		}
		if next, ok := NextPart(page); ok {
			t.Errorf("%s: the next part is %q", name, next)
		}
	}
}

func TestLyingCharset(t *testing.T) {
	t.Parallel()
	text := strings.ReplaceAll(paragraphs(4), "bridge", "Brücke – “alt”")
	for name, page := range map[string]*feedmill.Page{
		"UTF-8 called Latin-1":    {Body: []byte(`<meta charset="iso-8859-1"><h1>T</h1>` + text)},
		"UTF-8 called EUC-KR":     {Header: map[string][]string{"content-type": {"text/html; charset=euc-kr"}}, Body: []byte(`<h1>T</h1>` + text)},
		"a broken byte":           {Body: append([]byte(`<meta charset="utf-8"><h1>T</h1>`+text), 0xff)},
		"byte-order mark":         {Body: append([]byte("\xef\xbb\xbf"), `<meta charset="ascii"><h1>T</h1>`+text...)},
		"declared far down":       {Body: toLatin("<html><head><script>" + strings.Repeat("x;", 4000) + `</script><meta http-equiv="Content-Type" content="text/html; charset=windows-1252"></head><h1>T</h1>` + text)},
		"not declared, not UTF-8": {Body: toLatin("<h1>T</h1>" + text)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page.URL = "https://news.example/a"
			a, err := NewExtractor(nil).Extract(page)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(a.Text, "Brücke – “alt”") {
				t.Errorf("text is %.200q", a.Text)
			}
		})
	}
}

// toLatin writes text in windows-1252.
func toLatin(s string) []byte {
	var b []byte
	for _, r := range s {
		switch r {
		case '–':
			b = append(b, 0x96)
		case '“':
			b = append(b, 0x93)
		case '”':
			b = append(b, 0x94)
		default:
			b = append(b, byte(r))
		}
	}
	return b
}

// noise is bytes of every value, the same each time.
func noise(n int) []byte {
	raw := make([]byte, n)
	rand.NewChaCha8([32]byte{}).Read(raw)
	return raw
}

func TestNoPage(t *testing.T) {
	t.Parallel()
	item := &feedmill.Item{
		Title: "Bridge to be rebuilt", Link: "https://news.example/bridge?utm_source=rss", Author: "By Ann Lee", Tags: []string{"Local"},
		Summary: "<p>The council agreed.</p>", Published: time.Date(2020, 2, 3, 4, 5, 0, 0, time.FixedZone("", 3600)),
		Enclosures: []feedmill.Enclosure{{URL: "https://news.example/a.mp3", Type: "audio/mpeg", Length: 9}},
	}
	full := *item
	full.Content = paragraphs(5) + `<p><a href="https://news.example/">More <b>here</b>, says the council of the town.</a></p>`
	tests := []struct {
		name  string
		page  feedmill.Page
		words int
		class string // of the error
	}{
		{"failure, teaser only", feedmill.Page{Failure: "status 403", Item: item}, 0, ""},
		{"failure, full content", feedmill.Page{Failure: "status 403", Item: &full}, 200, ""},
		{"a picture, teaser only", feedmill.Page{Body: []byte("\x89PNG\r\n"), Header: map[string][]string{"Content-Type": {"image/png"}}, Item: item}, 0, ""},
		{"PDF by its first bytes", feedmill.Page{Body: []byte("%PDF-1.4 <p>"), Item: item}, 0, ""},
		{"bytes that are no text, called HTML", feedmill.Page{Body: noise(6000), Header: map[string][]string{"Content-Type": {"text/html"}}, Item: item}, 0, ""},
		{"an empty page", feedmill.Page{Body: []byte("<html></html>"), Item: item}, 0, ""},
		{"no body, no item", feedmill.Page{}, 0, "parse"},
		{"bytes that are no text, no item", feedmill.Page{Body: noise(6000)}, 0, "the document is binary data, not HTML"},
		{"PDF, no item", feedmill.Page{Body: []byte("%PDF-1.4 <p>")}, 0, "the document is application/pdf, not HTML"},
		{"text, no item", feedmill.Page{Body: []byte("Nothing but words.")}, 0, "the document is text/plain, not HTML"},
		{"JSON, no item", feedmill.Page{Body: []byte(`{"a":"<p>"}`), Header: map[string][]string{"Content-Type": {"application/json"}}}, 0, "type"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.page.URL = "https://news.example/bridge"
			a, err := NewExtractor(nil).Extract(&tt.page)
			if tt.class != "" {
				if !feedmill.IsPermanent(err) || !strings.Contains(fmt.Sprintf("%#v %v", err, err), tt.class) {
					t.Fatalf("error %v, want a permanent one of class %q", err, tt.class)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if a.Quality.Words < tt.words || tt.words == 0 && a.Text != "" {
				t.Errorf("text is %q", a.Text)
			}
			if !a.HasWarning(feedmill.WarnFeedOnly) || a.HasWarning(feedmill.WarnShort) != (tt.words == 0) {
				t.Errorf("warnings %v", a.Quality.Warnings)
			}
			if a.ID != feedmill.ArticleIDFromURL("https://news.example/bridge") || a.URL != "https://news.example/bridge" {
				t.Errorf("id %s, url %s", a.ID, a.URL)
			}
			if a.Title != item.Title || a.Description.Text != "The council agreed." || a.Description.From != "feed" || a.Published.Value != "2020-02-03T04:05:00+01:00" {
				t.Errorf("title %q, description %+v, published %+v", a.Title, a.Description, a.Published)
			}
			if len(a.Byline.Authors) != 1 || a.Byline.Authors[0].Name != "Ann Lee" {
				t.Errorf("byline %+v", a.Byline)
			}
			if len(a.Media) != 1 || a.Media[0].Kind != "audio" {
				t.Errorf("media %+v", a.Media)
			}
			checkInactive(t, a.HTML)
			checkOffsets(t, tt.name, a)
		})
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	x := NewExtractor(nil)
	page := &feedmill.Page{URL: "https://news.example/a", Body: []byte("<h1>Bridge to be rebuilt</h1>" + paragraphs(6))}
	want, err := x.Extract(page)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan string, 8)
	for range cap(done) {
		go func() {
			a, err := x.Extract(page)
			if err != nil {
				done <- err.Error()
				return
			}
			done <- a.ContentHash
		}()
	}
	for range cap(done) {
		if got := <-done; got != want.ContentHash {
			t.Errorf("got %s, want %s", got, want.ContentHash)
		}
	}
}

func FuzzExtract(f *testing.F) {
	f.Add([]byte("<h1>T</h1>" + paragraphs(3)))
	f.Add([]byte("<table><tr><td>a<td>b<tr><th>" + sentence))
	f.Add([]byte("<p>x<br><br>y<a href='::'>z</a><ul><li>" + sentence + "<li><b>i</i></ul><pre>\n a\n  b</pre>"))
	f.Add([]byte("\xff\xfe<\x00p\x00>\x00"))
	f.Add([]byte(`<script type="application/ld+json">{"@type":["NewsArticle"],"author":[{"name":["A B"]}],"articleBody":"x\ny"}</script>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := NewExtractor(nil).Extract(&feedmill.Page{URL: "https://news.example/a", Body: bytes.Clone(body)})
		if err != nil {
			if !feedmill.IsPermanent(err) {
				t.Fatal(err)
			}
			return
		}
		checkOffsets(t, "page", a)
		checkInactive(t, a.HTML)
	})
}
