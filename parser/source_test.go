package parser

import (
	"testing"

	"github.com/feedmill/feedmill"
)

func TestSourceName(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, head, body, feed string
		tags                   []string
		want                   string
	}{
		{"og:site_name first", `<title>Bridge shut | Gazette</title><meta property="og:site_name" content="The Elmer Gazette">`, "", "Gazette : Local", nil, "The Elmer Gazette"},
		{"shared by title and feed", `<title>The Elmer Gazette : Bridge shut for repairs</title>`, "", "The Elmer Gazette : Nation", nil, "The Elmer Gazette"},
		{"section first in the feed", `<title>Bridge shut for repairs - The Elmer Gazette</title>`, "", "World news | The Elmer Gazette", nil, "The Elmer Gazette"},
		{"shared by title and logo", `<title>Bridge shut for repairs (Elmer Gazette)</title>`, `<a href="/x"><img src="/i/logo.gif" alt="The Elmer Gazette"></a>`, "", nil, "Elmer Gazette"},
		{"shared by title and home link", `<title>Elmer Gazette - Local - Bridge shut for repairs</title>`, `<a href="/">Elmer Gazette</a> <a href="/local">Local</a>`, "", nil, "Elmer Gazette"},
		{"domain in words", `<title>Bridge shut for repairs | News Example</title>`, "", "", nil, ""},
		{"feed alone", `<title>Bridge shut for repairs</title>`, "", "Elmer Gazette", nil, "Elmer Gazette"},
		{"feed alone with a section", `<title>Bridge shut for repairs</title>`, "", "The Elmer Gazette : Nation", nil, "The Elmer Gazette"},
		{"feed alone, its section known from the item", `<title>Bridge shut for repairs</title>`, "", "Nation - The Elmer Gazette", []string{"nation"}, "The Elmer Gazette"},
		{"never the section", `<title>Bridge shut for repairs - Local</title>`, `<a href="/local">Local</a>`, "", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := &feedmill.Page{URL: "https://www.paper.example/local/1", Body: []byte("<html><head>" + tt.head + "</head><body>" + tt.body + "<h1>Bridge shut for repairs</h1>" + paragraphs(3) + "</body></html>")}
			if tt.feed != "" {
				p.Feed = &feedmill.FeedRef{ID: "f", Title: tt.feed}
				p.Item = &feedmill.Item{Link: p.URL, Title: "Bridge shut for repairs", Tags: tt.tags}
			}
			a, err := NewExtractor(nil).Extract(p)
			if err != nil {
				t.Fatal(err)
			}
			if a.Source.Name != tt.want {
				t.Errorf("source name %q, want %q", a.Source.Name, tt.want)
			}
			if a.Title != "Bridge shut for repairs" {
				t.Errorf("title %q", a.Title)
			}
		})
	}
}
