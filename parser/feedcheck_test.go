package parser

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

func TestCheckFeed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, kind, body string
		format           string
		want             []string
	}{
		{
			"good", "application/rss+xml",
			`<rss version="2.0"><channel><title>T</title><item><title>A</title><link>https://example.com/a</link><description>d</description><pubDate>Mon, 02 Jan 2023 10:00:00 GMT</pubDate></item></channel></rss>`,
			"RSS", nil,
		},
		{"declared charset", "text/xml", `<?xml version="1.0" encoding="ISO-8859-1"?><feed xmlns="http://www.w3.org/2005/Atom"><title>` + "\xe9" + `</title></feed>`, "Atom", []string{"the feed has no items"}},
		{
			"odd in many ways", "text/html",
			`<rss version="2.0"><channel>
<item><title>A & B</title><guid>1</guid><pubDate>soon</pubDate></item><item><title>A & B</title><guid>1</guid><description>d</description></item>
<item><link>https://example.com/c</link><pubDate>Wed, 03 Jan 2024 10:00:00 GMT</pubDate></item></channel></rss>`,
			"RSS",
			[]string{
				"the Content-Type says text/html, not that it is a feed", "line 2: not well-formed XML: invalid character entity & (no semicolon)",
				"the feed has no title", "2 of 3 items without a link", "1 of 3 items without a title", "2 of 3 items without a summary or content",
				"1 of 3 items without a date", "1 of 3 items with a date that cannot be read", "1 of 3 items dated in the future",
				"1 of 3 items that stand in the document more than once",
			},
		},
		{"text before", "application/rss+xml", "PHP notice <rss><channel><title>T</title></channel></rss>", "RSS", []string{"11 bytes stand before the document", "the feed has no items"}},
		{"json", "application/feed+json", `{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[{"id":"1","url":"https://example.com/a","title":"A","content_text":"c","date_published":"2023-01-02T10:00:00Z"}]}`, "JSON Feed", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := &feedmill.Page{URL: "https://example.com/feed", Body: []byte(test.body), Header: map[string][]string{"Content-Type": {test.kind}}, FetchedAt: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)}
			feed, items, err := ParseFeed(p)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, CheckFeed(p, &feed, items)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got := FeedFormat(p); got != test.format {
				t.Errorf("format %q, want %q", got, test.format)
			}
		})
	}
	if got := FeedFormat(&feedmill.Page{Body: []byte("<html><p>no feed")}); got != "" {
		t.Errorf("format of a page is %q", got)
	}
}
