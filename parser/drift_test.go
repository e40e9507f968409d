package parser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
)

func TestSampled(t *testing.T) {
	t.Parallel()
	page := func(n int, class string) *feedmill.Page {
		return &feedmill.Page{URL: fmt.Sprintf("https://news.example/%d", n), Body: []byte(fmt.Sprintf(`<body id="b%d"><h1 class="%s">The bridge %d is open</h1>
<div class="%s story"><p>It was opened on Monday by the mayor, who came by boat, and by %d people.</p></div></body>`, n, class, n, class, n))}
	}
	x := NewExtractor(nil)
	sample := func(p *feedmill.Page) *Sample {
		_, s, err := x.Sampled(p)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a, b, c := sample(page(1, "old")), sample(page(2, "old")), sample(page(3, "new"))
	if a.Template == "" || a.Template != b.Template || a.Template == c.Template {
		t.Errorf("templates %s, %s and %s: want the first two the same, the third another", a.Template, b.Template, c.Template)
	}
	if got := strings.Join(a.Missing, " "); got != "byline published image text" {
		t.Errorf("missing %q", got)
	}
	if s := sample(&feedmill.Page{URL: "https://news.example/a", Item: &feedmill.Item{Title: "T"}}); s != nil {
		t.Errorf("a record made from the feed alone is no sample: %+v", s)
	}
}

func TestDrift(t *testing.T) {
	t.Parallel()
	usual := Sample{Template: "a", Words: 500}
	for _, tt := range []struct {
		name string
		then Sample
		want string
	}{
		{"nothing", Sample{Template: "a", Words: 400}, ""},
		{"template", Sample{Template: "b", Words: 500}, "another template in 16 of the last 20 articles"},
		{"shorter", Sample{Template: "a", Words: 200}, "median length 200 words, was 500"},
		{"longer", Sample{Template: "a", Words: 1100}, "median length 1100 words, was 500"},
		{"missing", Sample{Template: "a", Words: 500, Missing: []string{"byline"}}, "byline missing in 50 %, was 0 %"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var h SiteHistory
			for range 59 {
				h.Add(tt.then) // of a young site nothing is said
				if h.Drift != "" {
					t.Fatal(h.Drift)
				}
			}
			h = SiteHistory{}
			for range 200 {
				h.Add(usual)
			}
			if h.Drift != "" || len(h.Past) != driftPast || len(h.Recent) != driftRecent {
				t.Fatalf("%q, %d and %d kept", h.Drift, len(h.Past), len(h.Recent))
			}
			first := ""
			for range driftRecent {
				h.Add(tt.then)
				if first == "" {
					first = h.Drift
				}
			}
			if first != tt.want || tt.want != "" && h.Drift == "" {
				t.Errorf("first told %q, now %q; want %q", first, h.Drift, tt.want)
			}
			if tt.want == "" {
				return
			}
			again := h
			for range driftRecent {
				again.Add(usual)
			}
			if again.Drift != "" {
				t.Errorf("after it is as before: %q", again.Drift)
			}
			for range 2 * driftNormal {
				h.Add(tt.then)
			}
			if h.Drift != "" {
				t.Errorf("after long it is still no usual thing: %q", h.Drift)
			}
		})
	}
}
