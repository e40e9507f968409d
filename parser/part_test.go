package parser

import (
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
)

func TestNextPart(t *testing.T) {
	t.Parallel()
	const story = "https://www.news.example/2025/03/coast-road-story"
	const marked = `<meta property="og:type" content="article">`
	run := func(links string) string { return marked + "<article><p>Text.</p></article><div>" + links + "</div>" }
	tests := []struct {
		name, url, html, want string
	}{
		{"stated in the head", story, marked + `<link rel="next" href="/2025/03/coast-road-story?page=2">`, story + "?page=2"},
		{"stated on a link", story, run(`<a rel="next" href="coast-road-story/2">on</a>`), "https://www.news.example/2025/03/coast-road-story/2"},
		{"number", story, run(`<b>1</b> <a href="/2025/03/coast-road-story/2">2</a> <a href="/2025/03/coast-road-story/3">3</a>`), story + "/2"},
		{"words", story + ".html", run(`<a href="coast-road-story-2.html#top">Next page »</a>`), story + "-2.html"},
		{"words in German", story + ".html", run(`<a href="coast-road-story-seite-2.html">Weiter</a>`), story + "-seite-2.html"},
		{"from the second to the third", story + "?page=2", run(`<a href="?page=1">1</a> <b>2</b> <a href="?page=3">3</a>`), story + "?page=3"},
		{"from the second, whose first has no number", story + "/2", run(`<a href="/2025/03/coast-road-story">1</a> <a href="/2025/03/coast-road-story/3">Next</a>`), story + "/3"},
		{"at the end", story + "/3", run(`<a href="/2025/03/coast-road-story">1</a> <a href="/2025/03/coast-road-story/2">2</a> <b>3</b>`), ""},
		{"page as a folder", story + "/", run(`<a href="/2025/03/coast-road-story/page/2/">2</a>`), story + "/page/2/"},
		{"next story", story, marked + `<link rel="next" href="/2025/03/lighthouse-sold">` + `<a href="/2025/03/lighthouse-sold">Next</a>`, ""},
		{"next story by number", "https://www.news.example/article-12.html", run(`<a rel="next" href="/article-13.html">Next article</a>`), ""},
		{"next day", "https://www.news.example/2025/03/17", run(`<a rel="prev" href="/2025/03/16">«</a><a rel="next" href="/2025/03/18">»</a>`), ""},
		{"next part, but of a list", "https://www.news.example/local", `<link rel="next" href="/local?page=2"><a href="/local?page=2">2</a>`, ""},
		{"front page", "https://www.news.example/", marked + `<link rel="next" href="/?page=2">`, ""},
		{"tag page marked as an article", "https://www.news.example/tag/roads-and-bridges-old", marked + `<link rel="next" href="/tag/roads-and-bridges-old/page/2">`, ""},
		{"another host", story, run(`<a rel="next" href="https://other.example/2025/03/coast-road-story?page=2">Next page</a>`), ""},
		{"pages of comments", story, run(`<a href="?page=2">Next comments</a><a href="/2025/03/coast-road-story/comment-page-2">2</a>`), ""},
		{"a link in the text", story, run(`<a href="/2025/03/coast-road-story/2">what we wrote then</a>`), ""},
		{"no links", story, run(""), ""},
		{"itself", story + "?page=2", run(`<a href="?page=2">Next</a>`), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := NextPart(&feedmill.Page{URL: tt.url, Body: []byte("<html><body>" + tt.html + "</body></html>")})
			if got != tt.want || ok != (tt.want != "") {
				t.Errorf("got %q, %t; want %q", got, ok, tt.want)
			}
		})
	}
	if next, ok := NextPart(&feedmill.Page{URL: story, Body: []byte("%PDF-1.4 <a rel=next href=?page=2>")}); ok {
		t.Errorf("a PDF goes on at %q", next)
	}
	if next, ok := NextPart(&feedmill.Page{Body: []byte(`<a rel=next href="?page=2">`)}); ok {
		t.Errorf("a page of no URL goes on at %q", next)
	}
}

func FuzzNextPart(f *testing.F) {
	f.Add("https://news.example/a-b-c", `<a rel=next href="?page=2">2</a>`)
	f.Add("https://news.example/a-b-c/2", `<base href="//x"><a href="/a-b-c/">1<a href=3>`)
	f.Add("::", `<link rel=next href="%zz">`)
	f.Add("https://news.example/a/1", `<a HREF = '&#50;'>2</a>`)
	f.Add("https://news.example/a/1?page=1", `<a data-href=3 href="../%61/1?page=%32">2</a>`)
	f.Add("https://news.example/a-b-c", "<meta charset=shift_jis>\x81\x40<a href=/a-b-c/2>\x8e\x9f\x82\xd6</a>")
	f.Add("https://news.example/a-b-c", "<meta charset=windows-1252>\xfc<a href=\"/a-b-c?page=2\">n\xe4chste Seite</a>")
	f.Add("https://news.example/2/a-b-1.html", "<a href=\n./a-b-2.html>2</a><a href=\"..\">2</a>")
	f.Fuzz(func(t *testing.T, link, body string) {
		next, ok := NextPart(&feedmill.Page{URL: link, Item: &feedmill.Item{}, Body: []byte(body)})
		if ok && !strings.HasPrefix(next, "http") || !ok && next != "" {
			t.Errorf("%q gives %q, %t", link, next, ok)
		}
		p := &feedmill.Page{URL: link, Item: &feedmill.Item{}, Body: []byte(body)}
		if base := baseURL(p, ""); isHTML(p) && base != nil && !isListPath(base) {
			if all, _ := nextPart(p, base, partForms(base)); all != next {
				t.Errorf("%q gives %q, but its links lead to %q", link, next, all)
			}
		}
	})
}

func TestParts(t *testing.T) {
	t.Parallel()
	head := `<html><head><title>Forty miles of coast road | Gazette</title><meta property="og:site_name" content="Gazette"></head><body><article><h1>Forty miles of coast road</h1><p class="standfirst">A journey along the sea in two parts.</p><p class="byline">By Ann Lee, 3 May 2021</p>`
	part := func(picture, text string) []byte {
		return []byte(head + `<figure><img src="/` + picture + `.jpg"><figcaption>Picture ` + picture + `.</figcaption></figure>` + strings.ReplaceAll(paragraphs(1), "The council", text+" of all, the council") + strings.ReplaceAll(paragraphs(1), "The council", "Then, "+text) + "<p>" + text + " is the end of this part, said the man with the shovel.</p></article></body></html>")
	}
	p := &feedmill.Page{URL: "https://news.example/coast-road", Body: part("one", "First")}
	for _, text := range []string{"Second", "Third"} {
		p.Parts = append(p.Parts, &feedmill.Page{URL: "https://news.example/coast-road?page=2", Body: part(strings.ToLower(text), text)})
	}
	p.Parts = append(p.Parts, &feedmill.Page{URL: "https://news.example/coast-road?page=4", Body: part("third", "Third")}) // the site gives the last one again
	a, err := NewExtractor(nil).Extract(p)
	if err != nil {
		t.Fatal(err)
	}
	checkOffsets(t, "parts", a)
	if n := len(a.Blocks); n != 9 {
		t.Errorf("%d blocks, want 9:\n%s", n, a.Text)
	}
	at := -1
	for _, text := range []string{"First is the end", "Second is the end", "Third is the end"} {
		i := strings.Index(a.Text, text)
		if i <= at || strings.Count(a.Text, text) != 1 {
			t.Errorf("%q is missing, out of order or there twice", text)
		}
		at = i
	}
	for _, s := range []string{"Forty miles", "journey along", "Ann Lee", "Picture"} {
		if strings.Contains(a.Text, s) {
			t.Errorf("the text holds %q", s)
		}
	}
	if a.Title != "Forty miles of coast road" || a.Subtitle != "A journey along the sea in two parts." || a.Byline.Raw != "By Ann Lee" || a.Published.Value != "2021-05-03" {
		t.Errorf("title %q, subtitle %q, byline %q, published %q", a.Title, a.Subtitle, a.Byline.Raw, a.Published.Value)
	}
	if len(a.Images) != 3 || !a.Images[0].Lead || a.Images[1].Lead || a.Images[1].Caption != "Picture second." || a.Images[1].Block != 3 || a.Images[2].Block != 6 {
		t.Errorf("images %+v", a.Images)
	}
}
