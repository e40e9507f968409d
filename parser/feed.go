package parser

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/feedmill/feedmill"
)

// defaultMaxItems is FeedOptions.MaxItems where it is zero.
const defaultMaxItems = 10_000

// How much of one text of a feed is read, in bytes; the rest is left out.
const (
	maxFeedLine = 64 << 10 // of a title or a name
	maxFeedHTML = 8 << 20  // of a summary or a content
)

// FeedOptions bound what is read from a feed document. The size of the document is bounded by whoever fetched it.
type FeedOptions struct {
	// MaxItems is how many items are read, the first ones in document order; zero means 10,000.
	MaxItems int
}

// ParseFeed reads a feed document with the default options, see [ParseFeedOptions].
func ParseFeed(p *feedmill.Page) (feedmill.Feed, []feedmill.Item, error) {
	return ParseFeedOptions(p, nil)
}

// ParseFeedOptions reads a feed document: RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, JSON Feed 1.0 and 1.1. Items come in
// document order, as [feedmill.Item] describes them.
//
// It reads what publishers send rather than what the formats allow: unknown and wrong charsets, text before the
// document, tags that do not match, references that are none. Of a document that breaks off it gives the whole items.
// Links are resolved against xml:base, then the header Content-Location, then the page's final URL (RFC 3986 §5.1).
//
// The error is permanent, class "not_a_feed", where there is no feed in the document; its message says what there is
// instead and what to do next.
func ParseFeedOptions(p *feedmill.Page, opts *FeedOptions) (feedmill.Feed, []feedmill.Item, error) {
	maxItems := defaultMaxItems
	if opts != nil && opts.MaxItems > 0 {
		maxItems = opts.MaxItems
	}
	feed, items, err := readFeed(p, maxItems)
	if err != nil {
		return feedmill.Feed{}, nil, fmt.Errorf("parse feed %s: %w", p.BaseURL(), err)
	}
	return feed, items, nil
}

func readFeed(p *feedmill.Page, maxItems int) (feedmill.Feed, []feedmill.Item, error) {
	text := strings.TrimLeft(repairText(decodeFeed(p.Body, p.HeaderValue("Content-Type"))), "\uFEFF \t\n")
	r := feedReader{base: feedBase(p), now: p.FetchedAt, language: contentLanguage(p)}
	if r.now.IsZero() {
		r.now = time.Now()
	}
	if strings.HasPrefix(text, "{") {
		if !looksLikeJSONFeed(text) {
			return feedmill.Feed{}, nil, errNotFeed(p, text)
		}
		return r.readJSON(text, maxItems)
	}
	if isNewsSitemap(text) {
		r.baseURL = urlString(r.base)
		return r.readNewsSitemap(text, maxItems)
	}
	w := rewriteFeed(text, r.base, maxItems)
	if w == nil {
		return feedmill.Feed{}, nil, errNotFeed(p, text)
	}
	r.texts, r.notes, r.itemNotes, r.base, r.baseURL = w.aside, w.notes, w.itemNotes, w.base, urlString(w.base)
	read := r.readRSS
	if w.format == "feed" {
		read = r.readAtom
	}
	feed, items, err := read(w.out.String())
	feed.Truncated = w.cut
	return feed, items, err
}

// FeedDocument reads a feed document into the form in which `feedmill parse` prints it.
func FeedDocument(p *feedmill.Page) (*feedmill.FeedDocument, error) {
	feed, items, err := ParseFeed(p)
	if err != nil {
		return nil, err
	}
	return &feedmill.FeedDocument{ID: p.ID, URL: p.URL, Feed: feed, Entries: items}, nil
}

// feedBase is the URL that relative links are resolved against where the document names none; nil if unknown.
func feedBase(p *feedmill.Page) *url.URL {
	base := webURL(p.BaseURL(), nil)
	if loc := p.HeaderValue("Content-Location"); loc != "" {
		if u := webURL(loc, base); u != nil {
			return u
		}
	}
	return base
}

// contentLanguage is the one language that the header Content-Language names; "" where it names several.
func contentLanguage(p *feedmill.Page) string {
	if s := p.HeaderValue("Content-Language"); !strings.Contains(s, ",") {
		return s
	}
	return ""
}

// webURL parses an http or https URL, relative to base where that is not nil; nil if it is none.
func webURL(raw string, base *url.URL) *url.URL {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return nil
	}
	if base != nil {
		u = base.ResolveReference(u)
	}
	if u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil
	}
	return u
}

// feedReader turns what gofeed read into the vocabulary's values.
type feedReader struct {
	texts     asideTexts
	notes     feedNotes
	itemNotes []feedNotes
	base      *url.URL
	baseURL   string // base, written
	now       time.Time
	// language is what the server says, for a feed that says nothing.
	language string
}

// plain is a text of the rewritten feed or its notes, which is HTML, as plain text. It does not hold on to the document.
func (r *feedReader) plain(s string) string {
	return strings.Clone(plainText(repairMarkup(cut(r.texts.get(s), maxFeedLine))))
}

// html is such a text, sanitised.
func (r *feedReader) html(s string, base *url.URL) string {
	return sanitizeHTML(repairMarkup(cut(r.texts.get(s), maxFeedHTML)), base)
}

// cut returns the first n bytes of s, or a few less so that the last character is whole.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func (r *feedReader) baseText(base *url.URL) string {
	if base == r.base {
		return r.baseURL
	}
	return urlString(base)
}

// date reads the date that the first of these elements states; of several such elements, the last.
func (r *feedReader) date(n *feedNotes, names ...string) (time.Time, string) {
	for _, name := range names {
		last := ""
		for e := range n.all(name) {
			last = cmp.Or(e.value, last)
		}
		if last != "" {
			return r.dateOf(last)
		}
	}
	return time.Time{}, ""
}

func (r *feedReader) dateOf(raw string) (time.Time, string) {
	raw = cleanLine(raw)
	t, _ := parseFeedDate(raw, r.now)
	return t, raw
}
