package parser

import (
	"bytes"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/htmlindex"

	"github.com/feedmill/feedmill"
)

// FeedReport is what can be said of a feed document beside what is in it, for people who publish or debug it.
type FeedReport struct {
	// Format is that of FeedFormat, Version the version that the document states ("2.0"; Atom by its namespace).
	Format  string `json:"format"`
	Version string `json:"version,omitempty"`
	// Encoding is what the document was read as, by its name in the Encoding Standard, and EncodingFrom what said so:
	// "bom", "content-type", "declaration", "default" (nothing said otherwise, UTF-8) or "detected" from the bytes.
	Encoding     string `json:"encoding"`
	EncodingFrom string `json:"encoding_from"`
	// Repaired says in plain sentences what had to be mended to read the document, Odd what else is odd about it. None of
	// it kept the document from being read.
	Repaired []string `json:"repaired,omitempty"`
	Odd      []string `json:"odd,omitempty"`
}

// InspectFeed looks at a feed document from which ParseFeed has read feed and items.
func InspectFeed(p *feedmill.Page, feed *feedmill.Feed, items []feedmill.Item) *FeedReport {
	r := &FeedReport{Format: FeedFormat(p)}
	text := decodeFeed(p.Body, p.HeaderValue("Content-Type"))
	r.Version = feedVersion(text, r.Format)
	r.encoding(p, text)
	fault := malformed(p)
	for _, odd := range CheckFeed(p, feed, items) {
		if odd != fault {
			r.Odd = append(r.Odd, odd)
		}
	}
	switch before, _, _ := strings.Cut(text, "<"); {
	case fault == "" || r.Format == "JSON Feed":
	case strings.Trim(before, "\uFEFF \t\r\n") != "":
		r.Repaired = append(r.Repaired, fmt.Sprintf("text stands before the document: %.40q", before))
	case before == "":
		r.Repaired = append(r.Repaired, fault)
	case strings.HasPrefix(text[len(before):], "<?xml"):
		r.Repaired = append(r.Repaired, "white space stands before the XML declaration")
	}
	r.oddFeed(p, feed)
	r.oddItems(text, items)
	return r
}

func (r *FeedReport) odd(format string, args ...any) {
	r.Odd = append(r.Odd, fmt.Sprintf(format, args...))
}

var (
	statedVersion = regexp.MustCompile(`(?is)<(?:\w+:)?(?:rss|feed)\b[^>]*?\bversion\s*=\s*["']\s*([\w.]{1,16})`)
	jsonVersion   = regexp.MustCompile(`"https?://(?:www\.)?jsonfeed\.org/version/([\d.]{1,8})"`)
)

// feedVersion is the version that a document states near its beginning.
func feedVersion(text, format string) string {
	head := text[:min(len(text), 16<<10)]
	version := func(re *regexp.Regexp) string {
		if m := re.FindStringSubmatch(head); m != nil {
			return m[1]
		}
		return ""
	}
	switch format {
	case "JSON Feed":
		return version(jsonVersion)
	case "Atom":
		if strings.Contains(head, "http://www.w3.org/2005/Atom") {
			return "1.0"
		}
		return version(statedVersion)
	case "RSS":
		return version(statedVersion)
	}
	return ""
}

// encoding finds out what the document was read as: the first of what it may be, in the order of decodeFeed, that gives
// the text it was read to.
func (r *FeedReport) encoding(p *feedmill.Page, text string) {
	header, declared := contentTypeCharset(p.HeaderValue("Content-Type")), declaredEncoding(p.Body)
	r.Encoding, r.EncodingFrom = "utf-8", "default"
	wide, mark := wideEncoding(p.Body)
	switch {
	case wide != nil:
		r.Encoding, r.EncodingFrom = encodingName(fmt.Sprint(wide)), "detected"
		if mark > 0 {
			r.EncodingFrom = "bom"
		}
	case bytes.HasPrefix(p.Body, []byte("\xEF\xBB\xBF")):
		r.EncodingFrom = "bom"
	default:
		r.byLabel(p.Body, text, header, declared)
	}
	for _, label := range []struct{ from, label string }{{"the Content-Type", header}, {"the XML declaration", declared}} {
		if label.label == "" {
			continue
		}
		if _, name := charset.Lookup(label.label); name == "" {
			r.Repaired = append(r.Repaired, fmt.Sprintf("%s names the charset %q, which nobody knows; read as %s", label.from, label.label, r.Encoding))
		} else if name != r.Encoding && !onlyASCII(p.Body) && wide == nil {
			r.Repaired = append(r.Repaired, fmt.Sprintf("%s says %s; read as %s", label.from, name, r.Encoding))
		}
	}
	stray := strings.Count(text, "\uFFFD")
	if r.Encoding == "utf-8" {
		stray = strayBytes(p.Body)
	}
	if stray > 0 {
		r.Repaired = append(r.Repaired, fmt.Sprintf("%d bytes are no %s and were replaced", stray, r.Encoding))
	}
}

// strayBytes counts the bytes that are no part of UTF-8.
func strayBytes(body []byte) (n int) {
	if utf8.Valid(body) {
		return 0
	}
	for len(body) > 0 {
		c, size := utf8.DecodeRune(body)
		n += one(c == utf8.RuneError && size == 1)
		body = body[size:]
	}
	return n
}

func (r *FeedReport) byLabel(body []byte, text, header, declared string) {
	if utf8.Valid(body) && text == string(body) {
		for _, label := range []struct{ from, label string }{{"content-type", header}, {"declaration", declared}} {
			if _, name := charset.Lookup(label.label); name == "utf-8" || name != "" && onlyASCII(body) {
				r.Encoding, r.EncodingFrom = name, label.from
				return
			}
		}
		return
	}
	for _, label := range []struct{ from, label string }{{"content-type", header}, {"declaration", declared}} {
		if enc, name := charset.Lookup(label.label); enc != nil && name != "replacement" && decodeAs(enc, body) == text {
			r.Encoding, r.EncodingFrom = name, label.from
			return
		}
	}
	if enc := detectFeedEncoding(body); decodeAs(enc, body) == text {
		name, err := htmlindex.Name(enc)
		if err != nil {
			name = encodingName(fmt.Sprint(enc))
		}
		r.Encoding, r.EncodingFrom = name, "detected"
	}
}

// encodingName is the name of an encoding that htmlindex does not know: "UTF-16BE (…)" gives "utf-16be".
func encodingName(s string) string {
	name, _, _ := strings.Cut(strings.ToLower(s), " ")
	return name
}

const (
	absurdTTL  = 7 * 24 * 60 // minutes
	manyHours  = 24
	linkSample = 100
)

// oddFeed looks at what the document says of itself.
func (r *FeedReport) oddFeed(p *feedmill.Page, feed *feedmill.Feed) {
	if feed.TTL > absurdTTL {
		r.odd("the ttl is %d minutes, more than a week", feed.TTL)
	}
	if hours := slices.Compact(slices.Sorted(slices.Values(feed.SkipHours))); len(hours) >= manyHours {
		r.odd("skipHours names all hours of the day")
	}
	if len(feed.SkipDays) >= 7 {
		r.odd("skipDays names all days of the week")
	}
	own, err := feedmill.CanonicalURL(feed.Self)
	if asked, askedErr := feedmill.CanonicalURL(p.BaseURL()); err == nil && askedErr == nil && own != asked {
		r.odd("it says that its own address is %s", feed.Self)
	}
}

// oddItems looks at what tells the items apart.
func (r *FeedReport) oddItems(text string, items []feedmill.Item) {
	var noGUID, sameGUID, sameLink, relative, looked int
	guids, links := map[string]string{}, map[string]string{}
	for i := range items {
		it := &items[i]
		link, err := feedmill.CanonicalURL(it.Link)
		if err == nil {
			if other, there := links[link]; there && other != it.GUID {
				sameLink++
			}
			links[link] = it.GUID
			if looked < linkSample {
				looked++
				relative += one(!statesLink(text, it.Link))
			}
		}
		if it.GUID == "" {
			noGUID++
			continue
		}
		if other, there := guids[it.GUID]; there && other != link {
			sameGUID++
		}
		guids[it.GUID] = link
	}
	for _, c := range []struct {
		n    int
		what string
	}{
		{noGUID, "without a guid"},
		{sameGUID, "with the guid of another item and a link of their own: each is an article"},
		{sameLink, "with the link of another item and a guid of their own: one article, the first counts"},
	} {
		if c.n > 0 {
			r.odd("%d of %d items %s", c.n, len(items), c.what)
		}
	}
	if relative > 0 {
		r.odd("%d of the first %d links are relative", relative, looked)
	}
}

// statesLink tells whether an absolute link stands in the text as such: its scheme and host do, before its path.
func statesLink(text, link string) bool {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" {
		return true
	}
	path := strings.ReplaceAll(u.EscapedPath(), "&", "&amp;")
	return strings.Contains(text, u.Host+path) || strings.Contains(text, u.Host+u.Path) || strings.Contains(text, u.Host+strings.ReplaceAll(path, "/", `\/`)) ||
		!strings.Contains(text, path) && !strings.Contains(text, strings.TrimPrefix(path, "/"))
}
