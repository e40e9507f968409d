package parser

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

func TestFeedLinks(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, head string
		want       []FeedLink
	}{
		{"nothing", `<title>x</title><link rel="stylesheet" href="/a.css" type="text/css">`, nil},
		{
			"several", `<link rel="alternate" type="application/rss+xml" title="News" href="/rss">
				<LINK REL='ALTERNATE home' TYPE='application/atom+xml; charset=utf-8' HREF=sport/atom.xml>`,
			[]FeedLink{{"https://example.com/rss", "News", "application/rss+xml"}, {"https://example.com/en/sport/atom.xml", "", "application/atom+xml"}},
		},
		{
			"the same in two formats", `<link rel=alternate type=application/rss+xml title=News href=/rss>
				<link rel=alternate type=application/atom+xml title=News href=/atom><link rel=alternate type=application/rss+xml href=/rss#top>`,
			[]FeedLink{{"https://example.com/rss", "News", "application/rss+xml"}},
		},
		{
			"comments", `<link rel=alternate type=application/rss+xml title="Blog » Feed" href=/feed/>
				<link rel=alternate type=application/rss+xml title="Blog » Kommentar-Feed" href=/comments/feed/>
				<link rel=alternate type=application/rss+xml title="Blog » A post Comments Feed" href=/a-post/feed/>
				<link rel=alternate type=application/rss+xml href="/?feed=comments-rss2">`,
			[]FeedLink{{"https://example.com/feed/", "Blog » Feed", "application/rss+xml"}},
		},
		{
			"other alternates", `<link rel=alternate hreflang=de href=/de><link rel=alternate type=application/json href=/wp-json/wp/v2/pages/7>
				<link rel="alternate" type="application/json" href="/feed.json"><link rel="alternate stylesheet" type="application/rss+xml" href="/s">`,
			[]FeedLink{{"https://example.com/feed.json", "", "application/json"}},
		},
		{"base", `<base href="https://cdn.example.org/x/"><base href="/y/"><link rel=feed href=f>`, []FeedLink{{"https://cdn.example.org/x/f", "", ""}}},
		{"no address", `<link rel=alternate type=application/rss+xml><link rel=alternate type=application/rss+xml href="javascript:x">`, nil},
		{"unfinished", `<link rel=alternate type=application/rss+xml href="/rss`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := FeedLinks(&feedmill.Page{URL: "https://example.com/en/", Body: []byte("<html><head>" + test.head)})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	many := strings.Repeat(`<link rel=feed href=/feed?n=1>`, 10) + strings.Repeat("<link rel=feed href=x>", 1000)
	if got := FeedLinks(&feedmill.Page{URL: "https://example.com", Body: []byte(many)}); len(got) != 2 {
		t.Errorf("%d links, want 2", len(got))
	}
}
