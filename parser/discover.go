package parser

import (
	"bytes"
	"mime"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/feedmill/feedmill"
)

// FeedLink is a feed that a page names: its absolute URL, and the title and media type that the page gives it.
type FeedLink struct {
	URL   string `json:"url"`
	Title string `json:"title,omitempty"`
	Type  string `json:"type,omitempty"`
}

const (
	// maxFeedLinks bounds what is taken from a page.
	maxFeedLinks = 100
	// maxLinkTitle bounds a link's title, in bytes.
	maxLinkTitle = 512
)

// FeedLinks returns the feeds that an HTML page names by <link rel="alternate"> or rel="feed" with a feed's media type,
// in document order, each once (https://blog.whatwg.org/feed-autodiscovery). Feeds of comments are left out, and of
// feeds with the same title in several formats all but the first. The page may be of any size; at most 100 are returned.
func FeedLinks(p *feedmill.Page) []FeedLink {
	body, _ := decode(p)
	base := webURL(p.BaseURL(), nil)
	based := false
	var all []FeedLink
	z := html.NewTokenizer(bytes.NewReader(body))
	for len(all) < maxFeedLinks {
		tt := z.Next()
		if tt == html.ErrorToken {
			break
		}
		if tt != html.StartTagToken && tt != html.SelfClosingTagToken {
			continue
		}
		name, more := z.TagName()
		switch {
		case string(name) == "base" && more && !based:
			if u := webURL(tagAttrs(z)["href"], base); u != nil {
				base, based = u, true // only the first counts
			}
		case string(name) == "link" && more:
			if l, ok := readFeedLink(tagAttrs(z), base); ok && !listed(all, l) {
				all = append(all, l)
			}
		}
	}
	return all
}

// readFeedLink reads the attributes of a link element.
func readFeedLink(attrs map[string]string, base *url.URL) (FeedLink, bool) {
	rel := strings.Fields(strings.ToLower(attrs["rel"]))
	if !slices.Contains(rel, "alternate") && !slices.Contains(rel, "feed") || slices.Contains(rel, "stylesheet") {
		return FeedLink{}, false
	}
	kind, _, err := mime.ParseMediaType(attrs["type"])
	if err != nil {
		kind, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(attrs["type"])), ";")
	}
	u := webURL(attrs["href"], base)
	if attrs["href"] == "" || u == nil {
		return FeedLink{}, false
	}
	switch kind {
	case "application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml":
	case "":
		if !slices.Contains(rel, "feed") {
			return FeedLink{}, false
		}
	case "text/xml", "application/xml", "application/json":
		// Types of much else, such as a page's own data.
		if !namesFeedPath(u) {
			return FeedLink{}, false
		}
	default:
		return FeedLink{}, false
	}
	u.Fragment = ""
	l := FeedLink{URL: u.String(), Title: cleanLine(attrs["title"]), Type: kind}
	if len(l.Title) > maxLinkTitle {
		l.Title = strings.ToValidUTF8(l.Title[:maxLinkTitle], "")
	}
	return l, !ofComments(u, l.Title)
}

// namesFeedPath tells whether a URL's path says that it is a feed's.
func namesFeedPath(u *url.URL) bool {
	path := strings.ToLower(u.Path)
	return strings.Contains(path, "feed") || strings.Contains(path, "rss") || strings.Contains(path, "atom")
}

// ofComments tells the feeds of readers' comments, which blogs name beside their own.
func ofComments(u *url.URL, title string) bool {
	segments := strings.Split(strings.ToLower(u.Path), "/")
	if slices.Contains(segments, "comments") || slices.Contains(segments, "comment") {
		return true
	}
	if strings.HasPrefix(u.Query().Get("feed"), "comments-") {
		return true
	}
	title = strings.ToLower(title)
	return strings.HasSuffix(title, " comments") || strings.HasSuffix(title, "comments feed") || strings.HasPrefix(title, "comments on ")
}

// listed tells whether a feed is there already, in this or in another format.
func listed(all []FeedLink, l FeedLink) bool {
	return slices.ContainsFunc(all, func(o FeedLink) bool {
		return o.URL == l.URL || l.Title != "" && o.Title == l.Title && o.Type != l.Type
	})
}

// tagAttrs reads the attributes of the tag that a tokenizer stands at. Of two with one name the first counts.
func tagAttrs(z *html.Tokenizer) map[string]string {
	attrs := map[string]string{}
	for more := true; more; {
		var k, v []byte
		k, v, more = z.TagAttr()
		if _, ok := attrs[string(k)]; !ok {
			attrs[string(k)] = strings.TrimSpace(string(v))
		}
	}
	return attrs
}

// FeedPaths are the paths under which sites keep a feed that their pages do not name, the most usual first.
func FeedPaths() []string {
	return []string{"/feed", "/rss.xml", "/feed.xml", "/atom.xml", "/rss", "/index.xml", "/feed.json"}
}
