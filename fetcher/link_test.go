package fetcher

import (
	"testing"

	"github.com/feedmill/feedmill"
)

func TestLinkOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		lines     []string
		hub, self string
	}{
		{"one", []string{`<https://hub.example/>; rel="hub"`}, "https://hub.example/", ""},
		{"two in a field", []string{`<https://hub.example/>; rel=hub, </feed>; rel="self"`}, "https://hub.example/", "https://example.com/feed"},
		{"two fields", []string{`<a>; rel=self`, `<https://hub.example/?a=1,2;3>;title="a, b; \"c\"";REL = "other HUB"`}, "https://hub.example/?a=1,2;3", "https://example.com/dir/a"},
		{"first of two", []string{`<https://one.example/>; rel=hub, <https://two.example/>; rel=hub`}, "https://one.example/", ""},
		{"only the first rel counts", []string{`<https://one.example/>; rel=next; rel=hub`}, "", ""},
		{"no relation", []string{`<https://one.example/>`, `<https://one.example/>; title=hub`}, "", ""},
		{"broken", []string{`https://one.example/; rel=hub`, `<https://one.example/; rel=hub`, `<>; rel`, ``, `;,;`}, "", ""},
	} {
		page := &feedmill.Page{URL: "https://example.com/dir/feed", Header: map[string][]string{"Link": test.lines}}
		if hub, self := LinkOf(page, "hub"), LinkOf(page, "self"); hub != test.hub || self != test.self {
			t.Errorf("%s: hub %q, self %q; want %q, %q", test.name, hub, self, test.hub, test.self)
		}
	}
}
