package parser

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
)

// FeedFormat names the format of a feed document: "RSS", "RSS 1.0", "Atom" or "JSON Feed"; "" for what is no feed.
func FeedFormat(p *feedmill.Page) string {
	text := strings.TrimLeft(decodeFeed(p.Body, p.HeaderValue("Content-Type")), "\uFEFF \t\n")
	if strings.HasPrefix(text, "{") {
		if looksLikeJSONFeed(text) {
			return "JSON Feed"
		}
		return ""
	}
	if isNewsSitemap(text) {
		return "news sitemap"
	}
	w := &feedRewriter{z: newXMLTokenizer(text)}
	if !w.findRoot() {
		return ""
	}
	return map[string]string{"rss": "RSS", "rdf": "RSS 1.0", "feed": "Atom"}[w.format]
}

// CheckFeed says in plain sentences what is odd about a feed document and the items that were read from it, for people
// who publish or debug it. None of it kept the feed from being read.
func CheckFeed(p *feedmill.Page, feed *feedmill.Feed, items []feedmill.Item) []string {
	var odd []string
	say := func(format string, args ...any) { odd = append(odd, fmt.Sprintf(format, args...)) }
	if kind, _, err := mime.ParseMediaType(p.HeaderValue("Content-Type")); err != nil {
		if p.HeaderValue("Content-Type") != "" {
			say("the Content-Type cannot be read: %s", p.HeaderValue("Content-Type"))
		}
	} else if !strings.Contains(kind, "xml") && !strings.Contains(kind, "json") {
		say("the Content-Type says %s, not that it is a feed", kind)
	}
	if fault := malformed(p); fault != "" {
		say("%s", fault)
	}
	if feed.Title == "" {
		say("the feed has no title")
	}
	if len(items) == 0 {
		say("the feed has no items")
		return odd
	}
	now := p.FetchedAt
	if now.IsZero() {
		now = time.Now()
	}
	var noLink, noTitle, noText, noDate, badDate, future int
	ids := map[string]bool{}
	twice := 0
	for i := range items {
		it := &items[i]
		noLink += one(it.Link == "")
		noTitle += one(it.Title == "")
		noText += one(it.Summary == "" && it.Content == "")
		stated := it.PublishedRaw + it.UpdatedRaw
		noDate += one(stated == "" && it.Published.IsZero() && it.Updated.IsZero())
		ahead := isAhead(it.PublishedRaw, now) || isAhead(it.UpdatedRaw, now)
		badDate += one(stated != "" && it.Published.IsZero() && it.Updated.IsZero() && !ahead)
		future += one(ahead)
		id := feedmill.ArticleID(p.BaseURL(), it)
		twice += one(ids[id])
		ids[id] = true
	}
	for _, c := range []struct {
		n    int
		what string
	}{
		{noLink, "without a link"},
		{noTitle, "without a title"},
		{noText, "without a summary or content"},
		{noDate, "without a date"},
		{badDate, "with a date that cannot be read"},
		{future, "dated in the future"},
		{twice, "that stand in the document more than once"},
	} {
		if c.n > 0 {
			say("%d of %d items %s", c.n, len(items), c.what)
		}
	}
	return odd
}

// isAhead tells dates that lie more than a day in the future, among them those that are not taken for what they say.
func isAhead(raw string, now time.Time) bool {
	t, ok := readFeedDate(raw)
	return ok && t.After(now.Add(24*time.Hour))
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// malformed says where an XML document stops being well-formed, "" where it is, or is JSON.
func malformed(p *feedmill.Page) string {
	text := strings.TrimPrefix(decodeFeed(p.Body, p.HeaderValue("Content-Type")), "\uFEFF")
	if strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") {
		return ""
	}
	if at := strings.IndexByte(text, '<'); at > 0 {
		return fmt.Sprintf("%d bytes stand before the document", at)
	}
	d := xml.NewDecoder(strings.NewReader(text))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 by now
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return ""
		} else if err != nil {
			return notWellFormed(err)
		}
	}
}

func notWellFormed(err error) string {
	if e, ok := errors.AsType[*xml.SyntaxError](err); ok {
		return fmt.Sprintf("line %d: not well-formed XML: %s", e.Line, e.Msg)
	}
	return "not well-formed XML: " + err.Error()
}
