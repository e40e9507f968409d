package parser

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/mmcdole/gofeed"

	"github.com/feedmill/feedmill"
)

// missingOf says what gofeed read from a document and we did not; "" where our result contains gofeed's. Compared are the
// number and order of the items and their titles, links, ids, texts, dates, tags and enclosures. Where gofeed gives what is
// no URL, a relative one without knowing against what, or a date that no feed can mean, we may have less.
func missingOf(in *gofeed.Feed, feed *feedmill.Feed, items []feedmill.Item) string {
	if in.Title != "" && !sameText(in.Title, feed.Title) {
		return fmt.Sprintf("the feed's title is %q, not %q", feed.Title, in.Title)
	}
	if isPlainWebURL(in.Link) && feed.Link != in.Link {
		return fmt.Sprintf("the feed's link is %q, not %q", feed.Link, in.Link)
	}
	if len(in.Items) == 0 {
		return "" // one feed has its items where gofeed does not look
	}
	if len(items) != len(in.Items) {
		return fmt.Sprintf("%d items, not %d", len(items), len(in.Items))
	}
	for i, want := range in.Items {
		it := &items[i]
		switch {
		case want.Title != "" && !sameText(want.Title, it.Title):
			return fmt.Sprintf("item %d: title %q, not %q", i, it.Title, want.Title)
		case isPlainWebURL(want.Link) && it.Link != want.Link:
			return fmt.Sprintf("item %d: link %q, not %q", i, it.Link, want.Link)
		case strings.TrimSpace(want.GUID) != "" && it.GUID != strings.TrimSpace(want.GUID):
			return fmt.Sprintf("item %d: id %q, not %q", i, it.GUID, want.GUID)
		case want.Description != "" && !sameHTMLText(want.Description, it.Summary):
			return fmt.Sprintf("item %d: summary %q, not %q", i, it.Summary, want.Description)
		case want.Content != "" && !sameHTMLText(want.Content, it.Content):
			return fmt.Sprintf("item %d: content %q, not %q", i, it.Content, want.Content)
		}
		invented := it.PublishedRaw == "" && want.Published == it.UpdatedRaw // gofeed takes the one date for the other
		if d := want.PublishedParsed; d != nil && !invented && !d.Equal(it.Published) && plausible(*d) {
			return fmt.Sprintf("item %d: published %v, not %v (%q)", i, it.Published, d, want.Published)
		}
		if d := want.UpdatedParsed; d != nil && !d.Equal(it.Updated) && plausible(*d) && want.Updated == it.UpdatedRaw {
			return fmt.Sprintf("item %d: updated %v, not %v (%q)", i, it.Updated, d, want.Updated)
		}
		for _, c := range want.Categories {
			if c := plainText(c); c != "" && !slices.Contains(it.Tags, c) {
				return fmt.Sprintf("item %d: tags %q lack %q", i, it.Tags, c)
			}
		}
		for _, e := range want.Enclosures {
			if isPlainWebURL(e.URL) && !slices.ContainsFunc(it.Enclosures, func(our feedmill.Enclosure) bool { return our.URL == e.URL }) {
				return fmt.Sprintf("item %d: enclosures %v lack %q", i, it.Enclosures, e.URL)
			}
		}
	}
	return ""
}

// plausible dates are those that we take for what a publisher means.
func plausible(d time.Time) bool {
	return d.Year() >= earliestYear && d.Before(time.Now().AddDate(0, 0, maxFutureDays-1))
}

// sameText compares a title: gofeed leaves it as HTML or as text, whichever it was.
func sameText(theirs, ours string) bool {
	return ours == plainText(repairMarkup(theirs)) || ours == cleanLine(theirs)
}

func sameHTMLText(theirs, ours string) bool {
	text := plainText(ours)
	return text == plainText(sanitizeHTML(repairMarkup(theirs), nil)) || text == cleanLine(theirs) ||
		text == plainText(theirs)
}

// TestFeedDifferential compares with gofeed over the published feeds that gofeed reads.
func TestFeedDifferential(t *testing.T) {
	t.Parallel()
	compared := 0
	corpusFiles(t, sharedFile(t, "corpora/feeds/realworld.tar.gz"), func(name string, body []byte) {
		in, err := gofeed.NewParser().Parse(bytes.NewReader(body))
		if err != nil {
			return
		}
		compared++
		feed, items, err := ParseFeed(&feedmill.Page{Body: body})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		if s := missingOf(in, &feed, items); s != "" {
			t.Errorf("%s: %s", path.Base(name), s)
		}
	})
	if compared < 35 {
		t.Errorf("%d feeds compared, want 35 or more", compared)
	}
}

// FuzzFeedDifferential writes well-formed documents and compares with gofeed.
func FuzzFeedDifferential(f *testing.F) {
	f.Add(uint8(0), "Bridge & river", "https://a.example/1?b=2&c=3", "<p>The <b>bridge</b></p>", "Mon, 10 Jan 2011 19:41:00 +0900", "local")
	f.Add(uint8(1), "a < b", "https://a.example/", "x]]>y", "2011-01-10T19:41:00Z", "<i>t</i>")
	f.Add(uint8(2), "&lt;b>", "/relative", "<script>x()</script>", "10 Jan 11 19:41 EST", "a,b")
	f.Add(uint8(3), "\uE0000", "mailto:x@y.example", "<!-- a", "yesterday", "\u2028")
	f.Fuzz(func(t *testing.T, form uint8, title, link, text, date, tag string) {
		for _, s := range []string{title, link, text, date, tag} {
			if !utf8.ValidString(s) || repairText(s) != s || len(s) > 2000 {
				t.Skip() // not to be written in XML
			}
		}
		body := wellFormedFeed(form, title, link, text, date, tag)
		in, err := gofeed.NewParser().Parse(strings.NewReader(body))
		if err != nil {
			t.Skip()
		}
		feed, items, err := ParseFeed(&feedmill.Page{Body: []byte(body)})
		if err != nil {
			t.Fatalf("%s\n%v", body, err)
		}
		if s := missingOf(in, &feed, items); s != "" {
			t.Errorf("%s\n%s", body, s)
		}
	})
}

// wellFormedFeed writes a feed of two items in one of the forms.
func wellFormedFeed(form uint8, title, link, text, date, tag string) string {
	escape := func(s string) string {
		var b strings.Builder
		if err := xml.EscapeText(&b, []byte(s)); err != nil {
			return ""
		}
		return b.String()
	}
	marked := escape(text)
	if form&4 != 0 && !strings.Contains(text, "]]>") {
		marked = "<![CDATA[" + text + "]]>"
	}
	title, link, date, tag = escape(title), escape(link), escape(date), escape(tag)
	switch form % 3 {
	case 0:
		item := "<item><title>" + title + "</title><link>" + link + "</link><guid isPermaLink='false'>" + link + "</guid><description>" + marked +
			"</description><pubDate>" + date + "</pubDate><category>" + tag + "</category><enclosure url='" + link + "' length='1' type='audio/mpeg'/></item>"
		return "<?xml version='1.0'?>\n<rss version='2.0'><channel><title>" + title + "</title><link>" + link + "</link>" + item + item + "</channel></rss>"
	case 1:
		item := `<entry><id>` + link + `</id><title>` + title + `</title><link href="` + link + `"/><updated>` + date + `</updated><published>` + date +
			`</published><category term="` + tag + `"/><summary type="html">` + marked + `</summary><content type="html">` + marked + `</content></entry>`
		return `<feed xmlns="http://www.w3.org/2005/Atom"><title>` + title + `</title><link rel="alternate" href="` + link + `"/>` + item + item + `</feed>`
	}
	item := `<item rdf:about="` + link + `"><title>` + title + `</title><link>` + link + `</link><description>` + marked + `</description><dc:date>` +
		date + `</dc:date><dc:subject>` + tag + `</dc:subject><content:encoded>` + marked + `</content:encoded></item>`
	return `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" ` +
		`xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>` + title +
		`</title><link>` + link + `</link></channel>` + item + item + `</rdf:RDF>`
}
