package parser

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

func TestSplitAuthor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ raw, author, name, email string }{
		{"", "", "", ""},
		{"Lee Tae-hoon", "Lee Tae-hoon", "Lee Tae-hoon", ""},
		{"lee@x.example (Lee Tae-hoon)", "lee@x.example (Lee Tae-hoon)", "Lee Tae-hoon", "lee@x.example"},
		{"Lee Tae-hoon (lee@x.example)", "Lee Tae-hoon (lee@x.example)", "Lee Tae-hoon", "lee@x.example"},
		{"Lee Tae-hoon <lee@x.example>", "Lee Tae-hoon <lee@x.example>", "Lee Tae-hoon", "lee@x.example"},
		{"Lee Tae-hoon &lt;lee@x.example&gt;", "Lee Tae-hoon <lee@x.example>", "Lee Tae-hoon", "lee@x.example"},
		{`"Lee" <mailto:lee@x.example>`, `"Lee" <mailto:lee@x.example>`, "Lee", "lee@x.example"},
		{"lee+news@x.example", "lee+news@x.example", "", "lee+news@x.example"},
		{"Lee (Seoul)", "Lee (Seoul)", "Lee (Seoul)", ""},
		{"@lee", "@lee", "@lee", ""},
		{"<b>Lee</b>\n Tae-hoon", "Lee Tae-hoon", "Lee Tae-hoon", ""},
	} {
		author, name, email := splitAuthor(test.raw)
		got := []string{author, name, email}
		if diff := cmp.Diff([]string{test.author, test.name, test.email}, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.raw, diff)
		}
	}
}

func TestUpdatePeriod(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		period, frequency string
		want              int
	}{
		{"", "", 0},
		{"hourly", "", 3600},
		{" Hourly ", "2", 1800},
		{"daily", "0", 86400},
		{"weekly", "7", 86400},
		{"monthly", "1", 30 * 86400},
		{"yearly", "1", 365 * 86400},
		{"", "24", 3600},
		{"sometimes", "1", 0},
		{"hourly", "1000000", 1},
	} {
		doc := `<rss xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel><sy:updatePeriod>` + test.period +
			"</sy:updatePeriod><sy:updateFrequency>" + test.frequency + "</sy:updateFrequency></channel></rss>"
		feed, _, err := ParseFeed(&feedmill.Page{URL: "https://www.example/", Body: []byte(doc)})
		if err != nil || feed.UpdatePeriod != test.want {
			t.Errorf("%q, %q: got %d, %v, want %d", test.period, test.frequency, feed.UpdatePeriod, err, test.want)
		}
	}
}

// FuzzParseFeed reads any bytes: whatever comes out keeps the promises of feedmill.Item, and comes out again.
func FuzzParseFeed(f *testing.F) {
	for _, name := range []string{
		"rss091.xml", "rss10.xml", "rss20.xml", "atom03.xml", "atom10.xml", "illformed.xml", "jsonfeed10.json", "jsonfeed11.json",
	} {
		f.Add(fixturePage(f, name).Body, "")
	}
	f.Add([]byte("<rss><item><title>\xc7\xd1\xb1\xb9</title></item></rss>"), "text/xml; charset=euc-kr")
	f.Add([]byte("\xff\xfe<\x00r\x00s\x00s\x00/\x00>\x00"), "")
	f.Add([]byte("<html><body>x</body></html>"), "text/html")
	f.Add([]byte("\xff"), "ChArset=")
	f.Add([]byte("<feed><entry><content type='xhtml'><div><a href='javascript:x'>y</a></div>"), "application/atom+xml")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		p := fixturePage(t, "rss091.xml")
		p.Body, p.Header = body, map[string][]string{"Content-Type": {contentType}}
		checkFeed(t, p)
	})
}

// checkFeed reads a page and checks what comes out.
func checkFeed(t *testing.T, p *feedmill.Page) {
	t.Helper()
	IsFeed(p)
	feed, items, err := ParseFeed(p)
	if err != nil {
		if !feedmill.IsPermanent(err) {
			t.Fatalf("error is not permanent: %v", err)
		}
		return
	}
	if len(items) > defaultMaxItems {
		t.Fatalf("%d items", len(items))
	}
	links := []string{feed.Link, feed.Image, feed.Hub, feed.Self, feed.Next}
	lines := append([]string{feed.Title, feed.Subtitle, feed.Language, feed.Rights, feed.Author, feed.AuthorName, feed.AuthorEmail, feed.Generator}, feed.Tags...)
	var fragments []string
	for _, it := range items {
		links = append(links, it.Link)
		lines = append(append(lines, it.Title, it.Author, it.AuthorName, it.AuthorEmail, it.PublishedRaw, it.UpdatedRaw), it.Tags...)
		fragments = append(fragments, it.Summary, it.Content)
		for _, e := range it.Enclosures {
			links, lines = append(links, e.URL), append(lines, e.Type)
		}
		for _, m := range it.Media {
			links, lines = append(links, m.URL), append(lines, m.Type, m.Caption, m.Credit)
		}
	}
	for _, l := range links {
		if l != "" && webURL(l, nil) == nil {
			t.Errorf("link %q is not absolute", l)
		}
	}
	for _, s := range lines {
		if !utf8.ValidString(s) || s != cleanLine(s) {
			t.Errorf("text %q is not one clean line", s)
		}
	}
	for _, s := range fragments {
		if !utf8.ValidString(s) || strings.Contains(strings.ToLower(s), "<script") {
			t.Errorf("HTML %q is not clean", s)
		}
	}
	_, again, err := ParseFeed(p)
	if err != nil || !slices.EqualFunc(items, again, func(a, b feedmill.Item) bool { return cmp.Equal(a, b) }) {
		t.Errorf("the second reading differs: %v", err)
	}
}
