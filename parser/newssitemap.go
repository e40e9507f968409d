package parser

import (
	"cmp"
	"slices"
	"strings"

	"github.com/feedmill/feedmill"
)

// newsNamespace is part of the namespace of Google's news extension of sitemaps
// (http://www.google.com/schemas/sitemap-news/0.9).
const newsNamespace = "schemas/sitemap-news"

// isNewsSitemap tells whether a document is a Google News sitemap: a sitemap (sitemaps.org) that declares or uses the news
// extension. Any other sitemap lists pages, not news.
func isNewsSitemap(text string) bool {
	root, attrs := rootElement(text)
	if root != "urlset" {
		return false
	}
	declared := slices.ContainsFunc(attrs, func(a xmlAttr) bool {
		return strings.HasPrefix(a.Name, "xmlns") && strings.Contains(a.Value, newsNamespace)
	})
	return declared || strings.Contains(text[:min(len(text), sniffLength)], "<news:news")
}

// rootElement is the local name of a document's root element, in lower case, with its attributes.
func rootElement(text string) (string, []xmlAttr) {
	for z := newXMLTokenizer(text[:min(len(text), sniffLength)]); ; {
		switch t := z.next(); t.Kind {
		case xmlStart:
			return strings.ToLower(localName(t.Name)), t.Attrs
		case xmlEOF:
			return "", nil
		}
	}
}

// Limits of what is read of one URL of a news sitemap. Its pictures are bounded by maxImages.
const (
	maxSitemapDepth = 32      // elements open at once; what is deeper is passed over
	maxSitemapNames = 64      // bytes of two names, longer than those of any element that is read
	maxSitemapText  = 4 << 10 // bytes of a value
	maxSitemapTags  = 100
)

// readNewsSitemap reads a Google News sitemap as a feed: each URL with a news element is an item. The feed's title and
// language are those of the publication that the first of them names; it states neither summary nor content.
func (r *feedReader) readNewsSitemap(doc string, maxItems int) (feedmill.Feed, []feedmill.Item, error) {
	var feed feedmill.Feed
	var items []feedmill.Item
	var at []string // the elements that are open, by their local names
	deeper := 0     // open elements beyond maxSitemapDepth
	var in map[string]string
	var media []feedmill.FeedMedia
	pictures := 0 // of this URL, those beyond maxImages too
	z := newXMLTokenizer(doc)
	for {
		t := z.next()
		switch t.Kind {
		case xmlEOF:
			feed.Truncated = len(at) > 0
			feed.Language = feedLanguage(cmp.Or(feed.Language, r.language))
			return feed, items, nil
		case xmlStart:
			name := localName(t.Name)
			switch name {
			case "url":
				in, media, pictures = map[string]string{}, nil, 0
			case "image":
				if pictures++; pictures <= maxImages {
					media = append(media, feedmill.FeedMedia{})
				}
			case "news":
				if in != nil {
					in["news"] = "yes"
				}
			}
			switch {
			case t.Empty:
			case len(at) < maxSitemapDepth:
				at = append(at, name)
			default:
				deeper++
			}
		case xmlText:
			if in == nil || len(at) < 2 || deeper > 0 || strings.TrimSpace(t.Text) == "" {
				continue
			}
			switch parent, name := at[len(at)-2], at[len(at)-1]; {
			case len(parent)+len(name) > maxSitemapNames:
			case parent != "image":
				key := parent + "/" + name
				in[key] = addSitemapText(in[key], t.Text)
			case pictures == 0 || pictures > maxImages:
			case name == "loc":
				media[len(media)-1].URL = addSitemapText(media[len(media)-1].URL, t.Text)
			case name == "caption":
				media[len(media)-1].Caption = addSitemapText(media[len(media)-1].Caption, t.Text)
			}
		case xmlEnd:
			name := localName(t.Name)
			if deeper > 0 && name != "url" { // which ends all that was left open in it
				deeper--
				continue
			}
			i := len(at) - 1
			for i >= 0 && at[i] != name {
				i--
			}
			if i < 0 {
				continue // it closes nothing
			}
			at, deeper = at[:i], 0
			if name != "url" {
				continue
			}
			if it, ok := r.newsItem(in, media); ok && len(items) < maxItems {
				items = append(items, it)
				feed.Title = cmp.Or(feed.Title, cleanLine(in["publication/name"]))
				feed.Language = cmp.Or(feed.Language, cleanLine(in["publication/language"]))
			}
			in = nil
		}
	}
}

// newsItem makes an item of one URL's elements; ok is false where it is no news or leads nowhere.
func (r *feedReader) newsItem(in map[string]string, media []feedmill.FeedMedia) (it feedmill.Item, ok bool) {
	it.Link = r.sitemapLink(in["url/loc"])
	if in["news"] == "" || it.Link == "" {
		return it, false
	}
	it.Title = strings.Clone(cleanLine(in["news/title"]))
	it.Published, it.PublishedRaw = r.dateOf(in["news/publication_date"])
	it.Updated, it.UpdatedRaw = r.dateOf(in["url/lastmod"])
	for tag := range strings.SplitSeq(in["news/keywords"], ",") {
		if len(it.Tags) >= maxSitemapTags {
			break
		}
		if tag = strings.Clone(cleanLine(tag)); tag != "" && !slices.Contains(it.Tags, tag) {
			it.Tags = append(it.Tags, tag)
		}
	}
	for _, m := range media {
		if m.URL = r.sitemapLink(m.URL); m.URL != "" {
			m.Caption = cleanLine(m.Caption)
			it.Media = append(it.Media, m)
		}
	}
	it.Base = r.baseURL
	return it, true
}

// sitemapLink resolves a link of a sitemap. One that was cut off leads nowhere.
func (r *feedReader) sitemapLink(s string) string {
	if len(s) >= maxSitemapText {
		return ""
	}
	return feedLink(strings.TrimSpace(s), r.base)
}

// addSitemapText adds to a value what fits in it.
func addSitemapText(value, text string) string {
	return value + cutRunes(text, maxSitemapText-len(value))
}

// maxSitemaps bounds how many sitemaps one document names.
const maxSitemaps = 100

// SitemapsOf returns the sitemaps that a robots.txt (its Sitemap lines) or a sitemap index names, as absolute URLs in their
// order, those first that look as if they were of news; none for another document.
func SitemapsOf(p *feedmill.Page) []string {
	base := webURL(p.BaseURL(), nil)
	text := strings.TrimLeft(decodeFeed(p.Body, p.HeaderValue("Content-Type")), "\uFEFF \t\r\n")
	var found []string
	add := func(raw string) {
		if u := webURL(raw, base); u != nil && len(found) < maxSitemaps && !slices.Contains(found, u.String()) {
			found = append(found, u.String())
		}
	}
	if root, _ := rootElement(text); root == "sitemapindex" {
		z := newXMLTokenizer(text)
		for in := ""; ; {
			t := z.next()
			if t.Kind == xmlEOF {
				break
			}
			switch {
			case t.Kind == xmlStart && !t.Empty:
				in = localName(t.Name)
			case t.Kind == xmlEnd:
				in = ""
			case t.Kind == xmlText && in == "loc" && strings.TrimSpace(t.Text) != "":
				add(t.Text)
			}
		}
	} else if root == "" {
		for line := range strings.Lines(text) {
			line, _, _ = strings.Cut(line, "#")
			if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(strings.TrimSpace(name), "sitemap") {
				add(value)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b string) int { return cmp.Compare(ofNews(a), ofNews(b)) })
	return found
}

// ofNews is 0 for a sitemap whose path names news, else 1.
func ofNews(u string) int {
	if strings.Contains(strings.ToLower(u[strings.Index(u, "//")+2:]), "news") {
		return 0
	}
	return 1
}

// SitemapPaths are the paths under which sites keep a news sitemap that their robots.txt does not name.
func SitemapPaths() []string {
	return []string{"/news-sitemap.xml", "/sitemap-news.xml", "/sitemap.xml"}
}
