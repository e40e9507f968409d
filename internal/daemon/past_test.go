package daemon_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/sink"
)

// dated is a document with the items from first to last, the newest on top, an hour between two of them; links are added to
// its channel.
func dated(first, last int, links ...string) newsroom.Fault {
	noon := time.Now().UTC().Truncate(time.Hour).Add(-100 * time.Hour)
	var items []string
	for i := last; i >= first; i-- {
		items = append(items, entry(fmt.Sprintf("<guid>%d</guid><title>Number %[1]d</title><pubDate>%s</pubDate>", i, noon.Add(time.Duration(i)*time.Hour).Format(time.RFC1123Z))))
	}
	return linked(rss(items...), links...)
}

// undated is such a document without dates.
func undated(first, last int, links ...string) newsroom.Fault {
	var items []string
	for i := last; i >= first; i-- {
		items = append(items, entry(fmt.Sprintf("<guid>%d</guid><title>Number %[1]d</title>", i)))
	}
	return linked(rss(items...), links...)
}

func linked(doc newsroom.Fault, links ...string) newsroom.Fault {
	var b strings.Builder
	for _, l := range links {
		rel, href, _ := strings.Cut(l, " ")
		fmt.Fprintf(&b, `<link xmlns="http://www.w3.org/2005/Atom" rel="%s" href="%s"/>`, rel, href)
	}
	doc.Body = []byte(strings.Replace(string(doc.Body), "<item>", b.String()+"<item>", 1))
	return doc
}

// TestGapsAreFilled: where a document has nothing in common with the one before, the feed's archives or further pages are
// read back to the known items, each once, and nothing is stored twice.
func TestGapsAreFilled(t *testing.T) {
	t.Parallel()
	site, addr, _ := startNewsroom(t, nil)
	jsonFeed := func(first, last int, next string) newsroom.Fault {
		var items []string
		for i := last; i >= first; i-- {
			items = append(items, fmt.Sprintf(`{"id": "%d", "title": "Number %[1]d", "content_text": "Words."}`, i))
		}
		return newsroom.Fault{ContentType: "application/feed+json", Body: fmt.Appendf(nil, `{"version": "https://jsonfeed.org/version/1.1", "title": "Harbour Post",
			"next_url": %q, "items": [%s]}`, next, strings.Join(items, ","))}
	}
	cases := []struct {
		name  string
		feed  []newsroom.Fault // of one pass after another
		past  map[string]newsroom.Fault
		want  []int
		asked map[string]int
		found int // in the past
	}{
		{
			name: "archives",
			feed: []newsroom.Fault{dated(0, 4, "prev-archive /archives/1.xml"), dated(20, 24, "prev-archive 2.xml"), dated(40, 44, "prev-archive 3.xml"), dated(41, 45, "prev-archive 3.xml")},
			past: map[string]newsroom.Fault{"0.xml": dated(-9, 1), "1.xml": dated(2, 11, "prev-archive 0.xml"), "2.xml": dated(12, 19, "prev-archive 1.xml"), "3.xml": dated(25, 39, "prev-archive 2.xml")},
			// The first gap ends in 1.xml, the second where the first began.
			want: through(0, 45), asked: map[string]int{"0.xml": 0, "1.xml": 1, "2.xml": 1, "3.xml": 1}, found: 30,
		},
		{
			name: "further pages, moving",
			feed: []newsroom.Fault{undated(0, 4), undated(10, 14, "next page2.xml"), undated(10, 14, "next page2.xml")},
			past: map[string]newsroom.Fault{"page2.xml": undated(7, 10, "next page3.xml"), "page3.xml": undated(3, 6, "next page4.xml"), "page4.xml": undated(-1, 2)},
			want: through(0, 14), asked: map[string]int{"page2.xml": 1, "page3.xml": 1, "page4.xml": 0}, found: 5,
		},
		{
			name: "JSON Feed",
			feed: []newsroom.Fault{jsonFeed(0, 4, ""), jsonFeed(8, 12, "more.json")},
			past: map[string]newsroom.Fault{"more.json": jsonFeed(4, 7, "")},
			want: through(0, 12), asked: map[string]int{"more.json": 1}, found: 3,
		},
		{
			name: "bounded",
			feed: []newsroom.Fault{dated(0, 4), dated(20, 24, "next p1.xml")},
			past: map[string]newsroom.Fault{"p1.xml": dated(16, 19, "next p2.xml"), "p2.xml": dated(12, 15, "next p3.xml"), "p3.xml": dated(10, 11, "next p4.xml"), "p4.xml": dated(5, 9)},
			want: append(through(0, 4), through(10, 24)...), asked: map[string]int{"p1.xml": 1, "p2.xml": 1, "p3.xml": 1, "p4.xml": 0}, found: 10,
		},
		{
			name: "what is older than what is known is left",
			feed: []newsroom.Fault{dated(5, 9), dated(20, 24, "next old.xml")},
			past: map[string]newsroom.Fault{"old.xml": dated(0, 19, "next older.xml"), "older.xml": dated(-20, -1)},
			want: through(5, 24), asked: map[string]int{"old.xml": 1, "older.xml": 0}, found: 10,
		},
		{
			name: "a circle",
			feed: []newsroom.Fault{undated(0, 4), undated(20, 24, "next one.xml")},
			past: map[string]newsroom.Fault{"one.xml": undated(18, 19, "next two.xml"), "two.xml": undated(16, 17, "next one.xml")},
			want: append(through(0, 4), through(16, 24)...), asked: map[string]int{"one.xml": 2, "two.xml": 1}, found: 4,
		},
		{
			name: "not to be had",
			feed: []newsroom.Fault{dated(0, 4), dated(20, 24, "prev-archive gone.xml")},
			past: map[string]newsroom.Fault{"gone.xml": {Status: 410}},
			want: append(through(0, 4), through(20, 24)...), asked: map[string]int{"gone.xml": 1},
		},
		{
			name: "no feed",
			feed: []newsroom.Fault{dated(0, 4), dated(20, 24, "prev-archive page.xml")},
			past: map[string]newsroom.Fault{"page.xml": story("Archive", "Words.")},
			want: append(through(0, 4), through(20, 24)...), asked: map[string]int{"page.xml": 1},
		},
		{
			name: "no gap",
			feed: []newsroom.Fault{dated(0, 4, "next more.xml"), dated(4, 8, "next more.xml")},
			past: map[string]newsroom.Fault{"more.xml": dated(-9, -1)},
			want: through(0, 8), asked: map[string]int{"more.xml": 0},
		},
	}
	folder := func(name string) string { return "/" + strings.NewReplacer(" ", "-", ",", "").Replace(name) + "/" }
	dir := t.TempDir()
	cfg := testConfig(dir)
	cfg.Fetch.Articles, cfg.Fetch.ArchivePages = false, 3
	var feeds []string
	for _, tc := range cases {
		feeds = append(feeds, "http://"+addr.String()+folder(tc.name)+"feed.xml")
		for name, doc := range tc.past {
			site.SetFault(folder(tc.name)+name, doc)
		}
	}
	for pass := range 4 {
		for _, tc := range cases {
			site.SetFault(folder(tc.name)+"feed.xml", tc.feed[min(pass, len(tc.feed)-1)])
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		_, err := daemon.Run(ctx, daemon.Options{Config: cfg, Also: addr, Feeds: feeds, Once: true, Logger: testLogger(t)})
		cancel()
		if err != nil {
			t.Fatal(err)
		}
	}
	c, err := daemon.Open(t.Context(), cfg, testLogger(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	stored := map[string][]int{} // by feed
	for _, revisions := range records(t, dir, sink.Query{}) {
		r := revisions[0]
		var n int
		if _, err := fmt.Sscanf(r.Title, "Number %d", &n); err != nil || len(revisions) != 1 || len(r.Feeds) != 1 {
			t.Errorf("%d records %q of %d feeds, %v", len(revisions), r.Title, len(r.Feeds), err)
			continue
		}
		stored[r.Feeds[0].Feed] = append(stored[r.Feeds[0].Feed], n)
	}
	for i, tc := range cases {
		st, err := c.Registry.Find(t.Context(), feeds[i])
		if err != nil {
			t.Fatal(err)
		}
		if got := stored[st.ID]; !slices.Equal(slices.Sorted(slices.Values(got)), tc.want) {
			t.Errorf("%s: stored %v,\nwant %v", tc.name, slices.Sorted(slices.Values(got)), tc.want)
		}
		for name, want := range tc.asked {
			if n := site.Count(folder(tc.name) + name); n != want {
				t.Errorf("%s: %s was asked for %d times, want %d", tc.name, name, n, want)
			}
		}
		if st.Recovered != tc.found || st.Failures != 0 || st.Items != 5 {
			t.Errorf("%s: %d items recovered, want %d; %d failures, %d items in the feed", tc.name, st.Recovered, tc.found, st.Failures, st.Items)
		}
	}
}

func through(first, last int) (list []int) {
	for i := first; i <= last; i++ {
		list = append(list, i)
	}
	return list
}
