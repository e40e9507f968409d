package parser

import (
	"testing"

	"github.com/feedmill/feedmill"
)

// TestLinksToThePast: further pages and archives are read where each format has them.
func TestLinksToThePast(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"RSS": `<rss version="2.0" xmlns:a="http://www.w3.org/2005/Atom"><channel><title>T</title><a:link rel="next" href="/page/2"/>
			<a:link rel="prev-archive" href="/2026/03.xml"/><item><title>One</title></item></channel></rss>`,
		"Atom": `<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://example.com/"><title>T</title><link rel="next" href="page/2"/>
			<link rel="http://www.iana.org/assignments/relation/prev-archive" type="application/atom+xml" href="2026/03.xml"/><entry><id>1</id><title>One</title></entry></feed>`,
	} {
		about, items, err := ParseFeed(&feedmill.Page{URL: "https://example.com/feed", Body: []byte(body)})
		if err != nil || len(items) != 1 {
			t.Fatalf("%s: %d items, %v", name, len(items), err)
		}
		if about.Next != "https://example.com/page/2" || about.PrevArchive != "https://example.com/2026/03.xml" {
			t.Errorf("%s: next %q, archive %q", name, about.Next, about.PrevArchive)
		}
	}
}
