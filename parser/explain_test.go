package parser

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	page := &feedmill.Page{URL: "https://news.example/a", Body: []byte(`<html><head><title>Bridge to be rebuilt - Example News</title>
<meta property="og:site_name" content="Example News"><meta property="og:title" content="You won't believe this bridge to be rebuilt"></head><body>
<nav><a href="/">Home</a> <a href="/news">News</a></nav><article><h1>Bridge to be rebuilt</h1><p class="byline">By Ann Lee</p>` + paragraphs(4) +
		`<p>Read more: <a href="/b">Another bridge</a></p>` + paragraphs(2) + `<div class="newsletter"><p>Sign up for our newsletter.</p></div></article>
<div id="comments"><p>A reader's words that nobody asked for, with commas, and all.</p></div></body></html>`)}
	x := NewExtractor(nil)
	a, e, err := x.Explain(page)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := x.Extract(page)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(plain, a); d != "" {
		t.Errorf("Explain changes the article (-want +got):\n%s", d)
	}
	chosen := 0
	for _, c := range e.Candidates {
		if c.Chosen {
			chosen++
			if !strings.HasPrefix(c.Path, "body > article") {
				t.Errorf("chose %s", c.Path)
			}
		}
	}
	if chosen != 1 {
		t.Errorf("%d candidates chosen, want 1: %+v", chosen, e.Candidates)
	}
	var title FieldChoice
	for _, f := range e.Fields {
		if f.Field == "title" {
			title = f
		}
	}
	if title.Value != "Bridge to be rebuilt" || title.From != "h1" || len(title.Beat) == 0 {
		t.Errorf("title %+v", title)
	}
	var removed []string
	for _, r := range e.Removed {
		removed = append(removed, r.Reason)
		if strings.Contains(r.Text, "nobody asked") {
			t.Error("readers' comments are kept among what was removed")
		}
	}
	for _, want := range []string{"prompt", "furniture"} {
		if !strings.Contains(strings.Join(removed, " "), want) {
			t.Errorf("removed %q, want a %s", removed, want)
		}
	}
	if a.Source.Name != "Example News" || a.Byline.Raw != "By Ann Lee" || strings.Contains(a.Text, "Ann Lee") {
		t.Errorf("source %+v, byline %+v", a.Source, a.Byline)
	}
	if _, err := json.Marshal(e); err != nil {
		t.Error(err)
	}
	if len(Rules()) != 12 || a.Provenance.Pipeline.Rules != Rules() || a.Provenance.Pipeline.Parser != Version {
		t.Errorf("pipeline %+v", a.Provenance.Pipeline)
	}
}

// TestLinkedDataOnly is a page whose text stands in its JSON-LD alone.
func TestLinkedDataOnly(t *testing.T) {
	t.Parallel()
	body := strings.Repeat(sentence, 3)
	ld, err := json.Marshal(map[string]any{"@graph": []any{
		map[string]any{"@type": "Person", "@id": "#ann", "name": "Ann Lee"},
		map[string]any{"@type": "NewsArticle", "headline": "Bridge to be rebuilt", "author": map[string]any{"@id": "#ann"}, "articleBody": body + "\n\n" + body,
			"datePublished": "2020-02-03T04:05:06+01:00", "isAccessibleForFree": "False", "keywords": "bridge, river", "articleSection": "Local"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	a := extract(t, `<html><body><div id="app">Loading</div><script type="application/ld+json">`+string(ld)+`</script></body></html>`)
	if a.Quality.Method != "json-ld" || len(a.Blocks) != 2 || !strings.HasPrefix(a.Text, "The council agreed") {
		t.Errorf("method %q, %d blocks, text %.60q", a.Quality.Method, len(a.Blocks), a.Text)
	}
	if a.Title != "Bridge to be rebuilt" || len(a.Byline.Authors) != 1 || a.Byline.Authors[0].Name != "Ann Lee" || a.Published.Value != "2020-02-03T04:05:06+01:00" {
		t.Errorf("title %q, byline %+v, published %+v", a.Title, a.Byline, a.Published)
	}
	if a.Access.Paywalled == nil || !*a.Access.Paywalled || !a.HasWarning(feedmill.WarnPaywalled) || a.Section != "Local" || len(a.Tags) != 2 {
		t.Errorf("access %+v, section %q, tags %q", a.Access, a.Section, a.Tags)
	}
}
