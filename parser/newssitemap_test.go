package parser

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/google/go-cmp/cmp"
)

const newsSitemap = `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"
        xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
  <url>
    <loc>https://www.example.org/business/a&amp;b.html</loc>
    <lastmod>2026-03-02T08:00:00Z</lastmod>
    <n:news>
      <n:publication><n:name>The Example Times</n:name><n:language>en</n:language></n:publication>
      <n:publication_date>2026-03-01T10:00:00+09:00</n:publication_date>
      <n:title>Companies A &amp; B in <![CDATA[merger <talks>]]></n:title>
      <n:keywords>business, merger, business, </n:keywords>
    </n:news>
    <image:image><image:loc>/pictures/a.jpg</image:loc><image:caption>Both heads</image:caption></image:image>
    <image:image><image:loc>/pictures/b.jpg</image:loc></image:image>
  </url>
  <url><loc>https://www.example.org/about</loc></url>
  <url><n:news><n:title>Leads nowhere</n:title></n:news></url>
  <url><loc>/short</loc><n:news><n:title>Short</n:title></n:news></url>
</urlset>`

func TestNewsSitemap(t *testing.T) {
	t.Parallel()
	page := &feedmill.Page{URL: "https://www.example.org/news.xml", Body: []byte(newsSitemap)}
	if !IsFeed(page) || FeedFormat(page) != "news sitemap" {
		t.Errorf("is a feed: %v, of format %q", IsFeed(page), FeedFormat(page))
	}
	feed, items, err := ParseFeed(page)
	if err != nil {
		t.Fatal(err)
	}
	base := "https://www.example.org/news.xml"
	want := []feedmill.Item{
		{
			Link: "https://www.example.org/business/a&b.html", Title: "Companies A & B in merger <talks>", Base: base,
			Published: time.Date(2026, 3, 1, 1, 0, 0, 0, time.UTC), PublishedRaw: "2026-03-01T10:00:00+09:00",
			Updated: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), UpdatedRaw: "2026-03-02T08:00:00Z",
			Tags:  []string{"business", "merger"},
			Media: []feedmill.FeedMedia{{URL: "https://www.example.org/pictures/a.jpg", Caption: "Both heads"}, {URL: "https://www.example.org/pictures/b.jpg"}},
		},
		{Link: "https://www.example.org/short", Title: "Short", Base: base},
	}
	if d := cmp.Diff(feedmill.Feed{Title: "The Example Times", Language: "en"}, feed); d != "" {
		t.Errorf("feed (-want +got):\n%s", d)
	}
	if d := cmp.Diff(want, items); d != "" {
		t.Errorf("items (-want +got):\n%s", d)
	}

	// Where it breaks off, its whole items stay.
	page.Body = page.Body[:strings.Index(newsSitemap, "Leads nowhere")]
	if feed, items, err = ParseFeed(page); err != nil || !feed.Truncated || len(items) != 1 {
		t.Errorf("half of it: %d items, truncated %v, %v", len(items), feed.Truncated, err)
	}
	if _, items, err = ParseFeedOptions(&feedmill.Page{URL: base, Body: []byte(newsSitemap)}, &FeedOptions{MaxItems: 1}); err != nil || len(items) != 1 {
		t.Errorf("at most one: %d items, %v", len(items), err)
	}
	empty := &feedmill.Page{URL: base, Body: []byte(`<urlset xmlns="x" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"></urlset>`)}
	if _, items, err = ParseFeed(empty); err != nil || len(items) != 0 {
		t.Errorf("a quiet day: %d items, %v", len(items), err)
	}
	for _, other := range []string{`<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://a.example/</loc></url></urlset>`, `<sitemapindex/>`} {
		if p := (&feedmill.Page{URL: base, Body: []byte(other)}); IsFeed(p) {
			t.Errorf("%s is taken for a feed", other)
		} else if _, _, err := ParseFeed(p); !feedmill.IsPermanent(err) || !strings.Contains(err.Error(), "sitemap") {
			t.Errorf("%s: %v", other, err)
		}
	}
}

// TestNewsSitemapLimits reads sitemaps that are made to cost much. The item after what is made so is read as any other.
func TestNewsSitemapLimits(t *testing.T) {
	t.Parallel()
	const n = 300_000
	const last = `<url><loc>/last</loc><news:news><news:title>Last</news:title></news:news></url></urlset>`
	distinct := func(format string) string {
		var b strings.Builder
		for i := range 20_000 {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for _, test := range []struct {
		name, within string
		check        func(feedmill.Item) bool
	}{
		{"open elements", strings.Repeat("<a>", n) + strings.Repeat("</b>", n), nil},
		{"nested elements", strings.Repeat("<a>", n) + strings.Repeat("</a>", n), nil},
		{"a long name", "<" + strings.Repeat("a", n) + ">" + strings.Repeat("<b>c</b>", n/8), nil},
		{"a text in pieces", "<news:news><news:title>" + strings.Repeat("a<![CDATA[b]]>", n) + "</news:title></news:news>",
			func(it feedmill.Item) bool { return len(it.Title) == maxSitemapText }},
		{"keywords", "<news:news><news:keywords>" + distinct("%d,") + "</news:keywords></news:news>",
			func(it feedmill.Item) bool { return len(it.Tags) == maxSitemapTags && it.Tags[99] == "99" }},
		{"pictures", distinct("<image:image><image:loc>/%d.jpg</image:loc></image:image>"),
			func(it feedmill.Item) bool {
				return len(it.Media) == maxImages && strings.HasSuffix(it.Media[maxImages-1].URL, "/59.jpg")
			}},
		{"a long link", "<image:image><image:loc>/" + strings.Repeat("a", n) + "</image:loc></image:image>",
			func(it feedmill.Item) bool { return len(it.Media) == 0 }},
	} {
		doc := `<urlset xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>/first</loc><news:news/>` + test.within + "</url>" + last
		start := time.Now()
		_, items, err := ParseFeed(&feedmill.Page{URL: "https://www.example.org/news.xml", Body: []byte(doc)})
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%s: took %v", test.name, d)
		}
		if err != nil || len(items) != 2 || items[1].Title != "Last" {
			t.Errorf("%s: %d items, %v", test.name, len(items), err)
		} else if test.check != nil && !test.check(items[0]) {
			t.Errorf("%s: title of %d bytes, %d tags, %d pictures", test.name, len(items[0].Title), len(items[0].Tags), len(items[0].Media))
		}
	}
}

func TestSitemapsOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, body string
		want       []string
	}{
		{"robots.txt", "User-agent: *\nDisallow: /x\nSitemap: https://a.example/pages.xml # all\nsitemap:/news/today.xml\nSITEMAP: https://a.example/pages.xml\nSitemap: ftp://a.example/\n",
			[]string{"https://a.example/news/today.xml", "https://a.example/pages.xml"}},
		{"index", `<sitemapindex xmlns="x"><sitemap><loc> https://a.example/1.xml </loc><lastmod>2026</lastmod></sitemap><sitemap><loc>/google-news.xml</loc></sitemap></sitemapindex>`,
			[]string{"https://a.example/google-news.xml", "https://a.example/1.xml"}},
		{"sitemap", `<urlset><url><loc>https://a.example/page</loc></url></urlset>`, nil},
		{"page", "<!doctype html><p>Sitemap: https://a.example/pages.xml", nil},
		{"nothing", "", nil},
	} {
		if d := cmp.Diff(test.want, SitemapsOf(&feedmill.Page{URL: "https://a.example/robots.txt", Body: []byte(test.body)})); d != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, d)
		}
	}
}
