package parser

import (
	"runtime"
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
)

// TestFeedHostile reads documents that are made, or broken, to cost much or to mislead: each ends with a clear outcome and
// within a bound of memory. TestFeedLimits has more of the kind, with time as the bound.
func TestFeedHostile(t *testing.T) {
	item := "<item><title>a</title><link>https://x.example/</link></item>"
	wrap := func(s string) string { return "<rss version='2.0'><channel><title>t</title>" + s + "</channel></rss>" }
	deep, many := 100_000, 200_000
	if raceEnabled {
		deep, many = deep/10, many/10 // the race detector makes a minute of it
	}
	for _, test := range []struct {
		name, body, contentType string
		items                   int
		err                     string // part of the error; its class is not_a_feed
	}{
		{name: "nested elements", body: wrap(strings.Repeat("<x>", deep) + strings.Repeat("</x>", deep) + item), items: 1},
		{name: "nested markup", body: wrap("<item><description>" + strings.Repeat("<b>", deep) + "a</description></item>"), items: 1},
		{name: "nested escaped markup", body: wrap("<item><description>" + strings.Repeat("&lt;svg>", deep) + "a</description></item>"), items: 1},
		{name: "200,000 items", body: wrap(strings.Repeat(item, many)), items: 10_000},
		{name: "200,000 links", body: wrap("<item>" + strings.Repeat("<atom:link rel='enclosure' href='http://x.example/'/>", many) + "</item>"), items: 1},
		{name: "NULs", body: strings.ReplaceAll(wrap(item), "a", "a\x00"), items: 1},
		{name: "NULs before", body: strings.Repeat("\x00", 1000) + wrap(item), items: 1},
		{name: "a number below zero where texts are put aside", body: wrap("<item><content:encoded>&#xE000;-1</content:encoded></item>"), items: 1},
		{name: "two roots", body: wrap(item) + wrap(item+item), items: 1},
		{
			name: "entity expansion", items: 1,
			body: `<!DOCTYPE rss [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd"><!ENTITY % d SYSTEM "http://x.example/">%d;]>` +
				wrap("<item><title>&a;&b;&c;</title></item>"),
		},
		{name: "an HTML error page", body: "<!DOCTYPE html><html><head><title>502</title></head><body><h1>Bad Gateway</h1></body></html>", err: "HTML page"},
		{name: "an HTML page called RSS", contentType: "application/rss+xml", body: "<html><body><p>Please log in</p></body></html>", err: "HTML page"},
		{name: "an empty body", err: "empty"},
		{name: "white space", body: " \r\n\t ", err: "empty"},
		{name: "a comment", body: "<!-- rss -->", err: "not a feed"},
		{name: "an image", body: "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", err: "not a feed"},
		{name: "half a tag", body: "<rss", err: "not a feed"},
		{name: "a feed in a page", body: "<html><body><pre>&lt;rss></pre><rss><channel/></rss></body></html>", err: "HTML page"},
		{name: "JSON that is deep", body: `{"version":"https://jsonfeed.org/version/1.1","x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `,"items":[{"id":"1"}]}`, err: "max depth"},
	} {
		p := &feedmill.Page{URL: "https://x.example/feed", Body: []byte(test.body), Header: map[string][]string{"Content-Type": {test.contentType}}}
		var feed feedmill.Feed
		var items []feedmill.Item
		var err error
		allocated := allocatedBy(func() { feed, items, err = ParseFeed(p) })
		switch {
		case test.err != "":
			if err == nil || !feedmill.IsPermanent(err) || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: error %v, want a permanent one with %q", test.name, err, test.err)
			}
		case err != nil:
			t.Errorf("%s: %v", test.name, err)
		case len(items) != test.items:
			t.Errorf("%s: %d items, want %d", test.name, len(items), test.items)
		case test.name == "entity expansion" && items[0].Title != "&a;&b;&c;":
			t.Errorf("%s: title %q", test.name, items[0].Title)
		}
		if s := activeContent(&feed, items); s != "" {
			t.Errorf("%s: %s", test.name, s)
		}
		if limit := uint64(200<<20 + 20*len(test.body)); allocated > limit {
			t.Errorf("%s: %d MB were allocated, want no more than %d MB for %d bytes", test.name, allocated>>20, limit>>20, len(test.body))
		}
	}
}

// TestFeedLongText reads a text of 100 MB and another that does not end: a part of them is kept, and no more than a few
// times their size is allocated. The race detector would take minutes for it, and gets less.
func TestFeedLongText(t *testing.T) {
	long := 100 << 20
	if raceEnabled || testing.Short() {
		long = 10 << 20
	}
	for _, test := range []struct {
		name, before, after string
		size                int
	}{
		{"description", "<rss><channel><item><description>", "</description></item></channel></rss>", long},
		{"title of the feed, without end", "<feed><title>", "", 10 << 20},
	} {
		size := test.size
		body := make([]byte, 0, size+1000)
		body = append(body, test.before...)
		for len(body) < size {
			body = append(body, "a text of words "...)
		}
		body = append(body, test.after...)
		allocated := allocatedBy(func() {
			feed, items, err := ParseFeed(&feedmill.Page{URL: "https://x.example/feed", Body: body})
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
				return
			}
			kept := len(feed.Title)
			if len(items) > 0 {
				kept = len(items[0].Summary)
			}
			if kept < maxFeedLine-100 || kept > maxFeedHTML {
				t.Errorf("%s: %d bytes are kept", test.name, kept)
			}
		})
		if allocated > 6*uint64(size) {
			t.Errorf("%s: %d MB were allocated", test.name, allocated>>20)
		}
	}
}

// allocatedBy is how many bytes f allocates. Tests that ask for it do not run beside others.
func allocatedBy(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
