package feedmill

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"strings"
)

// TrackingParameters are the query parameters that CanonicalURL drops: they say how a reader came, never what is shown.
// A name that ends in "*" is a prefix. Names are compared without regard to case.
var TrackingParameters = []string{
	"utm_*",            // Urchin, Google Analytics and all who copied it
	"fbclid", "igshid", // Meta
	"gclid", "gclsrc", "dclid", "gbraid", "wbraid", "_ga", "_gl", // Google
	"msclkid", "twclid", "ttclid", "yclid", "li_fat_id", "epik", // Microsoft, X, TikTok, Yandex, LinkedIn, Pinterest
	"mc_cid", "mc_eid", "_hsenc", "_hsmi", "__hstc", "__hssc", "__hsfp", "hsctatracking", "mkt_tok", "vero_id",
	"oly_enc_id", "oly_anon_id", "wickedid", "rb_clickid", "s_cid", "ml_subscriber", "ml_subscriber_hash", // mailings
	"at_medium", "at_campaign", "at_custom*", "at_link_*", "at_ptr_name", "at_bbc_team", "xtor", // AT Internet
	"wt_mc", "wt.mc_id", "wt_zmc", "ref_src", "ref_url", "ns_mchannel", "ns_source", "ns_campaign", "ns_linkname",
}

// CanonicalURL puts a URL into the one form that identities are made from, by rules that keep its case and meaning and
// need no network: scheme and host in lower case, no default port, no user information, no fragment (save "#!"), dot
// segments resolved, percent-encoding in one form (RFC 3986 §6.2.2), TrackingParameters dropped; path case, the order of
// the other parameters, trailing slashes and the scheme stay as they are. Only http and https URLs with a host have one.
func CanonicalURL(raw string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return "", err
	}
	u.Scheme = strings.ToLower(u.Scheme)
	if u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("url %q: scheme is not http or https", raw)
	}
	if u.Hostname() == "" {
		return "", fmt.Errorf("url %q: no host", raw)
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if p := u.Port(); p != "" && !(u.Scheme == "http" && p == "80") && !(u.Scheme == "https" && p == "443") {
		host += ":" + p
	}
	p := normalEscapes(u.EscapedPath())
	if strings.Contains(p, "/.") {
		slash := strings.HasSuffix(p, "/") || strings.HasSuffix(p, "/.") || strings.HasSuffix(p, "/..")
		p = path.Clean(p)
		if slash && !strings.HasSuffix(p, "/") {
			p += "/"
		}
	}
	if p == "" {
		p = "/"
	}
	s := u.Scheme + "://" + host + p
	if q := withoutTracking(u.RawQuery); q != "" {
		s += "?" + normalEscapes(q)
	}
	if f := u.EscapedFragment(); strings.HasPrefix(f, "!") {
		s += "#" + f
	}
	return s, nil
}

func withoutTracking(query string) string {
	if query == "" {
		return ""
	}
	var keep []string
	for part := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(part, "=")
		if dec, err := url.QueryUnescape(name); err == nil {
			name = dec
		}
		if part != "" && !isTracking(strings.ToLower(name)) {
			keep = append(keep, part)
		}
	}
	return strings.Join(keep, "&")
}

func isTracking(name string) bool {
	for _, t := range TrackingParameters {
		if prefix, ok := strings.CutSuffix(t, "*"); ok && strings.HasPrefix(name, prefix) || name == t {
			return true
		}
	}
	return false
}

// normalEscapes writes every percent-escape with upper-case digits and decodes those of unreserved characters.
func normalEscapes(s string) string {
	if !strings.ContainsAny(s, "% ") && isASCII(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			v := unhex(s[i+1])<<4 | unhex(s[i+2])
			if isUnreserved(v) {
				b.WriteByte(v)
			} else {
				fmt.Fprintf(&b, "%%%02X", v)
			}
			i += 2
			continue
		}
		if c == ' ' || c >= 0x80 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}

func isUnreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

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

// ItemHash covers what an item says, so that a changed item can be told from a known one.
func ItemHash(it *Item) string {
	updated := ""
	if !it.Updated.IsZero() {
		updated = it.Updated.UTC().String()
	}
	return digest(16, "item", it.Link, it.Title, it.Summary, it.Content, it.Author, updated)
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
// and the pipeline's version. The replay run is not part of it.
func RenditionID(id, source string, p Pipeline) string {
	return digest(32, "rendition", id, source, p.Version())
}

// Version is the pipeline in one string: the same string, the same result.
func (p Pipeline) Version() string {
	return fmt.Sprintf("p%d.e%d.%s.%s", p.Parser, p.Enricher, p.Rules, p.Model)
}

// Compare orders pipelines from old to new: by parser version, then enricher version; the hashes only break ties, so
// that every store comes to the same order.
func (p Pipeline) Compare(q Pipeline) int {
	return cmp.Or(cmp.Compare(p.Parser, q.Parser), cmp.Compare(p.Enricher, q.Enricher),
		cmp.Compare(p.Rules, q.Rules), cmp.Compare(p.Model, q.Model))
}

// Host returns the host name of a URL in lower case, without port; "" where there is none.
func Host(rawURL string) string {
	u, err := url.Parse(strings.TrimSpace(rawURL))
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}

// digest is the first n hex digits of the SHA-256 of the parts, joined by U+001F.
func digest(n int, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x1f")))
	return hex.EncodeToString(sum[:])[:n]
}
