package parser

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/feedmill/feedmill"
)

// sniffLength is how much of a document is looked at to tell what it is.
const sniffLength = 64 << 10

// IsFeed tells whether the page looks like a feed document: by its root element, or by the members that JSON Feed
// requires. It looks at the beginning only; [ParseFeed] has the last word.
func IsFeed(p *feedmill.Page) bool {
	head := p.Body[:min(len(p.Body), sniffLength)]
	text := strings.TrimSpace(decodeFeed(head, p.HeaderValue("Content-Type")))
	text = strings.TrimPrefix(text, "\uFEFF")
	if strings.HasPrefix(text, "{") {
		return looksLikeJSONFeed(text)
	}
	w := &feedRewriter{z: newXMLTokenizer(text)}
	return w.findRoot() || isNewsSitemap(text)
}

// errNotFeed says what a document that is no feed is instead, and what to do.
func errNotFeed(p *feedmill.Page, text string) error {
	what, next := describeDocument(p, strings.TrimSpace(text))
	return feedmill.Permanent(string(feedmill.OutcomeNotFeed), errors.New(what+"; "+next))
}

func describeDocument(p *feedmill.Page, text string) (what, next string) {
	const checkURL = "open the URL in a browser and look for the feed's own address"
	lower := strings.ToLower(text[:min(len(text), sniffLength)])
	switch {
	case text == "":
		return "the document is empty", "see whether the URL still gives a feed"
	case bytes.HasPrefix(p.Body, []byte("\x1f\x8b")):
		return "the document is gzip-compressed", "give it decompressed"
	case strings.HasPrefix(text, "%PDF-"):
		return "the document is a PDF file, not a feed", checkURL
	case strings.Contains(lower, "<html") || strings.Contains(lower, "<!doctype html"):
		if strings.Contains(lower, "application/rss+xml") || strings.Contains(lower, "application/atom+xml") || strings.Contains(lower, "application/feed+json") {
			return "the document is an HTML page, not a feed", `it names feeds in <link rel="alternate">: subscribe to one of these`
		}
		return "the document is an HTML page, not a feed", checkURL
	case strings.HasPrefix(text, "{") || strings.HasPrefix(text, "["):
		return `the document is JSON, but no JSON Feed (no "version" of jsonfeed.org, no "items")`, checkURL
	case strings.Contains(lower, "<opml"):
		return "the document is an OPML list of feeds, not a feed", "import it with `feedmill feeds import`"
	case strings.Contains(lower, "<urlset") || strings.Contains(lower, "<sitemapindex"):
		return "the document is a sitemap of pages, not a feed or a news sitemap", checkURL
	}
	for z := newXMLTokenizer(text); ; {
		switch t := z.next(); t.Kind {
		case xmlStart:
			return fmt.Sprintf("the document is XML with the root element <%.40s>, not rss, rdf:RDF or feed", t.Name), checkURL
		case xmlEOF:
			return fmt.Sprintf("the document is text that begins with %.40q, not a feed", text), checkURL
		}
	}
}
