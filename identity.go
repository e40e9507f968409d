package feedmill

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// FeedID is the id of the subscription to a URL. A feed URL is taken exactly as given, save for white space around it.
func FeedID(feedURL string) string { return digest(16, "feed", strings.TrimSpace(feedURL)) }

// ArticleID is the id of the article that an item names: from the canonical form of its link; without one from the
// feed's URL and the guid; without that from the feed's URL and a hash of title and content.
func ArticleID(feedURL string, it *Item) string {
	if u, err := CanonicalURL(it.Link); err == nil {
		return ArticleIDFromURL(u)
	}
	feedURL = strings.TrimSpace(feedURL)
	if it.GUID != "" {
		return digest(32, "guid", feedURL, it.GUID)
	}
	return digest(32, "text", feedURL, it.Title, cmp.Or(it.Content, it.Summary))
}

// ArticleIDFromURL is the id of the article at a canonical URL.
func ArticleIDFromURL(canonical string) string { return digest(32, "url", canonical) }

// ItemHash covers what an item says, so that a changed item can be told from a known one: the canonical form of its link,
// title, summary, content and author. Neither dates nor the guid are part of it.
func ItemHash(it *Item) string {
	link, err := CanonicalURL(it.Link)
	if err != nil {
		link = it.Link
	}
	return digest(16, "item", link, it.Title, it.Summary, it.Content, it.Author)
}

// ContentHash is the SHA-256, in hex, of what a reader sees: title, subtitle, byline.raw, text, and the caption and
// credit of each image, joined by U+001F.
func ContentHash(a *Article) string {
	parts := []string{a.Title, a.Subtitle, a.Byline.Raw, a.Text}
	for i := range a.Images {
		parts = append(parts, a.Images[i].Caption, a.Images[i].Credit)
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x1f")))
	return hex.EncodeToString(sum[:])
}

// SourceHash is the SHA-256, in hex, of the document that an article is made from: the page's bytes with those of its
// further parts, or the feed's item where there is no page.
func SourceHash(p *Page) (string, error) {
	h := sha256.New()
	if len(p.Body) == 0 && p.Item != nil {
		b, err := json.Marshal(p.Item)
		if err != nil {
			return "", fmt.Errorf("hash item of %s: %w", p.URL, err)
		}
		h.Write(b)
	}
	h.Write(p.Body)
	for _, part := range p.Parts {
		if part != nil {
			h.Write(part.Body)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// RenditionID names what one pipeline made of one source: a hash of the article's id, the source's hash (SourceHash)
// and the pipeline's version. Neither the replay run nor the times of use are part of it.
func RenditionID(id, source string, p Pipeline) string {
	return digest(32, "rendition", id, source, p.Version())
}

// Version is the pipeline in one string: the same string, the same result.
func (p Pipeline) Version() string {
	return fmt.Sprintf("p%d.e%d.%s.%s", p.Parser, p.Enricher, p.Rules, p.Model)
}

// Compare orders pipelines from old to new: by since when their parser is in use, then since when their enricher is. A
// version, or a site's rule, that was put back into use is therefore newer than the one it replaced. Where the times say
// nothing, version numbers decide; the hashes only break ties, so that every store comes to the same order.
func (p Pipeline) Compare(q Pipeline) int {
	return cmp.Or(p.ParserSince.Compare(q.ParserSince), cmp.Compare(p.Parser, q.Parser),
		p.EnricherSince.Compare(q.EnricherSince), cmp.Compare(p.Enricher, q.Enricher),
		cmp.Compare(p.Rules, q.Rules), cmp.Compare(p.Model, q.Model))
}

// digest is the first n hex digits of the SHA-256 of the parts, joined by U+001F.
func digest(n int, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x1f")))
	return hex.EncodeToString(sum[:])[:n]
}
