package parser

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestLiveBlog holds that all entries of a live blog are the article, and no reader's comment is, whatever the entries are
// made of.
func TestLiveBlog(t *testing.T) {
	t.Parallel()
	entry := func(i int) string {
		return fmt.Sprintf("Entry number %d. The water rose by %d centimetres within the hour, said the fire brigade, and the lower road was closed.", i, i)
	}
	comments := `<section id="comments"><article class="comment"><p>` + strings.Repeat("A reader says that the road was never any good, and that the council knew it. ", 6) + `</p></article></section>`
	for name, wrap := range map[string]string{
		"articles": `<article class="live-update"><time datetime="2020-02-03T10:%02d:00Z">10:%02d</time><h3>Update %d</h3><p>%s</p></article>`,
		"divs":     `<div class="update"><span class="time">10:%02d (%02d)</span><h3>Update %d</h3><p>%s</p></div>`,
		"items":    `<li class="post"><time>10:%02d (%02d)</time><h3>Update %d</h3><p>%s</p></li>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			for i := 1; i <= 12; i++ {
				fmt.Fprintf(&b, wrap, i, i, i, entry(i))
			}
			body := b.String()
			if name == "items" {
				body = "<ol>" + body + "</ol>"
			}
			a := extract(t, `<html><head><title>Flood in Elmer: live</title></head><body><main><h1>Flood in Elmer: live</h1><div class="live-blog">`+body+`</div></main>`+comments+`</body></html>`)
			at := 0
			for i := 1; i <= 12; i++ {
				k := strings.Index(a.Text[at:], entry(i))
				if k < 0 {
					t.Fatalf("entry %d is missing, or out of order: %s", i, a.Text)
				}
				at += k
			}
			if strings.Contains(a.Text+a.HTML+fmt.Sprint(a.Removed), "A reader says") {
				t.Error("a reader's comment is in the article")
			}
		})
	}
}

// TestLiveBlogInLinkedData takes the entries from JSON-LD where a script would have to show them.
func TestLiveBlogInLinkedData(t *testing.T) {
	t.Parallel()
	var updates []map[string]string
	for i := range 5 {
		updates = append(updates, map[string]string{"@type": "BlogPosting", "headline": fmt.Sprintf("Update %d", i), "articleBody": fmt.Sprintf("Entry %d. ", i) + sentence})
	}
	ld, err := json.Marshal(map[string]any{"@type": "LiveBlogPosting", "headline": "Flood in Elmer", "datePublished": "2020-02-03", "liveBlogUpdate": updates})
	if err != nil {
		t.Fatal(err)
	}
	a := extract(t, `<html><head><title>Flood in Elmer</title><script type="application/ld+json">`+string(ld)+`</script></head><body><h1>Flood in Elmer</h1><div id="live"></div><script>load()</script></body></html>`)
	if a.Quality.Method != "json-ld" || len(a.Blocks) != 10 || !strings.HasPrefix(a.Text, "Update 0\n\nEntry 0. The council") {
		t.Errorf("method %s, %d blocks: %q", a.Quality.Method, len(a.Blocks), a.Text)
	}
	if a.Published.Value != "2020-02-03" {
		t.Errorf("published %q", a.Published.Value)
	}
}

// TestAMP holds that a page in AMP's elements gives text and picture, and nothing of its consent, advertising and sidebars.
func TestAMP(t *testing.T) {
	t.Parallel()
	a := extract(t, `<!doctype html><html amp><head><title>Bridge to be rebuilt</title><link rel=canonical href="https://news.example/bridge"></head><body>
<amp-sidebar id=s layout=nodisplay><ul><li><a href="/">Home</a><li><a href="/sport">Sport</a></ul></amp-sidebar>
<amp-consent id=c layout=nodisplay><div><p>We and our partners store information on your device, for which we need your consent.</p></div></amp-consent>
<article><h1>Bridge to be rebuilt</h1><amp-img src="/a.jpg" width=1200 height=800 layout=responsive alt="The bridge"></amp-img>`+paragraphs(2)+
		`<amp-ad width=300 height=250 type=x><div placeholder>Advertisement that nobody wants to read in an article</div></amp-ad>`+paragraphs(2)+`</article></body></html>`)
	if n := len(a.Blocks); n != 4 || strings.Contains(a.Text, "consent") || strings.Contains(a.Text, "Advert") || strings.Contains(a.Text, "Sport") {
		t.Errorf("%d blocks: %s", n, a.Text)
	}
	if im := leadImage(a); im == nil || im.URL != "https://news.example/a.jpg" {
		t.Errorf("lead picture %+v", im)
	}
	if want := []string{"https://news.example/bridge"}; len(a.AltURLs) == 0 || a.AltURLs[0] != want[0] {
		t.Errorf("other URLs %v, want %v", a.AltURLs, want)
	}
}

// TestCommentsNever holds that readers' comments are nowhere in an article, even where they are most of the page, and that a
// name with "comment" in it does not lose the article.
func TestCommentsNever(t *testing.T) {
	t.Parallel()
	remark := "A reader says that the road was never any good, and that the council knew it all along. "
	thread := strings.Repeat("<div class=comment><p>"+strings.Repeat(remark, 5)+"</p></div>", 40)
	for name, page := range map[string]string{
		"after the article":  `<article><h1>Bridge</h1>` + paragraphs(3) + `</article><div id="disqus_thread">` + thread + `</div>`,
		"within the article": `<article><h1>Bridge</h1>` + paragraphs(3) + `<section class="comments-area">` + thread + `</section></article>`,
		"as a list":          `<article><h1>Bridge</h1>` + paragraphs(3) + `</article><ol class="comment-list"><li>` + strings.Repeat("<p>"+strings.Repeat(remark, 5)+"</p>", 40) + `</li></ol>`,
		"a body so named":    `<div id="comment-page"><article class="commentary"><h1>Bridge</h1>` + paragraphs(3) + `</article></div>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := extract(t, "<html><head><title>Bridge</title></head><body>"+page+"</body></html>")
			if len(a.Blocks) != 3 {
				t.Errorf("%d blocks: %.300s", len(a.Blocks), a.Text)
			}
			b, err := json.Marshal(a)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(b), "A reader says") {
				t.Error("a reader's comment is in the article")
			}
		})
	}
}
