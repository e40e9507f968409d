package registry

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

func TestDropFrontPages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, own   string
		links, want []string
	}{
		{"the root of the site", "https://example.org/", []string{"https://example.org", "http://www.example.org/", "https://example.org/a"}, []string{"", "", "https://example.org/a"}},
		{"the root, once", "https://example.org/show", []string{"https://example.org/?utm_source=rss"}, []string{""}},
		{"a root of another site is an article", "https://example.org/", []string{"https://example.net/", "https://blog.example.org/"}, []string{"https://example.net/", "https://blog.example.org/"}},
		{"a route of a site made of scripts", "https://example.org/", []string{"https://example.org/#/a"}, []string{"https://example.org/#/a"}},
		{"a query of the root", "https://example.org/", []string{"https://example.org/?p=7"}, []string{"https://example.org/?p=7"}},
		{"the feed's own link, of several", "https://example.org/show", []string{"https://example.org/show", "https://example.org/show#2", "https://example.org/3"}, []string{"", "", "https://example.org/3"}},
		{"the feed's own link, of one", "https://example.org/a", []string{"https://example.org/a", "https://example.org/b"}, []string{"https://example.org/a", "https://example.org/b"}},
		{"a feed without a link", "", []string{"https://example.org/"}, []string{"https://example.org/"}},
	} {
		var items []feedmill.Item
		for i, link := range tt.links {
			items = append(items, feedmill.Item{GUID: string(rune('a' + i)), Link: link})
		}
		n := DropFrontPages(&feedmill.Feed{Link: tt.own}, items)
		var got []string
		for _, it := range items {
			got = append(got, it.Link)
			if it.Link == "" {
				n--
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || n != 0 {
			t.Errorf("%s: counted wrong by %d, links (-want +got):\n%s", tt.name, n, diff)
		}
	}
	bare := []feedmill.Item{{Link: "https://example.org/"}}
	if n := DropFrontPages(&feedmill.Feed{Link: "https://example.org/"}, bare); n != 0 || bare[0].Link == "" {
		t.Error("an item that has nothing else lost its link")
	}
}
