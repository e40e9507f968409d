package daemon_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/sink"
	"github.com/google/go-cmp/cmp"
)

// TestFilters shows what rules do to items: what one drops is told with its name and costs no request, does not come back
// when the rules change, and is new once it has changed itself.
func TestFilters(t *testing.T) {
	t.Parallel()
	site, addr, _ := startNewsroom(t, nil)
	base := "http://" + addr.String()
	item := func(path, title, category string) string {
		site.SetFault(path, story(title, "The swing bridge at "+path+" opened again on Friday."))
		return entry("<title>"+title+"</title><link>"+base+path+"</link>", category)
	}
	const feedPath = "/filters/feed.xml"
	dir := t.TempDir()
	url := base + feedPath

	// pass polls the feed once and returns what was dropped, as "rule title", and what is stored.
	pass := func(filters string) (dropped, titles []string) {
		t.Helper()
		cfg := testConfig(dir)
		if err := cfg.Set("filters", filters, "filters.yaml:1:1"); err != nil {
			t.Fatal(err)
		}
		if err := cfg.Validate(); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		var mu sync.Mutex
		sum, err := daemon.Run(ctx, daemon.Options{Config: cfg, Also: addr, Feeds: []string{url}, Once: true, Logger: testLogger(t),
			OnEvent: func(e feedmill.Event) {
				mu.Lock()
				defer mu.Unlock()
				if e.Outcome == feedmill.OutcomeDropped {
					dropped = append(dropped, e.Rule+" "+strings.TrimPrefix(e.URL, base))
				}
			}})
		if err != nil || sum.Partial() || sum.DeadLetters > 0 {
			t.Fatalf("%+v, %v", sum, err)
		}
		for _, revs := range records(t, dir, sink.Query{}) {
			titles = append(titles, revs[0].Title)
		}
		slices.Sort(titles)
		slices.Sort(dropped)
		return dropped, titles
	}
	want := func(what string, got, want []string) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}

	bridge, weather, sport := item("/f/bridge", "Bridge", "<category>City</category>"), item("/f/weather", "Weather", "<category>Service</category>"), item("/f/sport", "Sport", "")
	site.SetFault(feedPath, rss(bridge, weather, sport))
	rules := fmt.Sprintf("[{field: title, match: (?i)^weather, action: drop}, {feeds: %q, field: url, match: /bridge, action: keep}]", url)
	dropped, titles := pass(rules)
	want("dropped", dropped, []string{"filters[0] /f/weather", "filters[1] /f/sport"})
	want("stored", titles, []string{"Bridge"})

	// Told of the feed, of the article, by name and place.
	client, err := daemon.Open(t.Context(), testConfig(dir), testLogger(t))
	if err != nil {
		t.Fatal(err)
	}
	life, err := client.Explain(t.Context(), "", base+"/f/weather")
	if err != nil || len(life.Steps) != 1 || len(life.Feeds) != 1 ||
		life.Steps[0].What != `dropped: filters[0] at filters.yaml:1:1: drop where the title matches "(?i)^weather"` {
		t.Errorf("the life of what was dropped: %+v, %v", life, err)
	}
	st, err := client.Registry.Find(t.Context(), url)
	if err != nil || st.Items != 3 || st.New != 1 || st.Dropped != 2 || st.Total != 1 {
		t.Errorf("the feed counts %d items, %d new, %d dropped, %d in all; %v", st.Items, st.New, st.Dropped, st.Total, err)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}

	// Without the rules nothing comes back, but for what has changed: that is new.
	site.SetFault(feedPath, rss(bridge, weather, item("/f/sport", "Sport, with the results", "")))
	dropped, titles = pass("[]")
	want("dropped without rules", dropped, nil)
	want("stored without rules", titles, []string{"Bridge", "Sport, with the results"})

	// A known item that changes into what is dropped stays as it is stored.
	site.SetFault(feedPath, rss(item("/f/bridge", "Bridge closed", "<category>Service</category>"), weather))
	dropped, titles = pass("[{field: category, match: Service, action: drop}]")
	want("dropped by category", dropped, []string{"filters[0] /f/bridge"})
	want("stored by category", titles, []string{"Bridge", "Sport, with the results"})
	if n := site.Count("/f/weather") + site.Count("/f/bridge") + site.Count("/f/sport"); n != 2 {
		t.Errorf("%d pages were asked for, want 2", n)
	}
}

// TestFiltersChangeWhileTheDaemonRuns: they hold from the next document on, and what they drop is counted.
func TestFiltersChangeWhileTheDaemonRuns(t *testing.T) {
	t.Parallel()
	site, addr, _ := startNewsroom(t, nil)
	const feedPath = "/filters/live.xml"
	doc := func(n int) {
		var items []string
		for i := range n {
			items = append(items, entry(fmt.Sprintf("<guid>%d</guid><title>Note %d</title>", i, i)))
		}
		site.SetFault(feedPath, rss(items...))
	}
	doc(1)
	cfg := listening(t, t.TempDir(), "127.0.0.1:0")
	events := make(chan feedmill.Event, 1000)
	ready := make(chan *daemon.Client, 1)
	listens := make(chan string, 1)
	start(t, daemon.Options{Config: cfg, Also: addr, Feeds: []string{"http://" + addr.String() + feedPath}, Logger: testLogger(t),
		OnReady:  func(c *daemon.Client) { ready <- c },
		OnListen: func(url string) { listens <- url },
		OnEvent: func(e feedmill.Event) {
			if e.ID == "" && e.Outcome == feedmill.OutcomeFetched {
				events <- e
			}
		}})
	url, client := <-listens, <-ready
	next := func() feedmill.Event {
		t.Helper()
		select {
		case e := <-events:
			return e
		case <-time.After(time.Minute):
			t.Fatal("no poll within a minute")
			panic("unreachable")
		}
	}
	if e := next(); e.New != 1 || e.Dropped != 0 {
		t.Errorf("before: %d new and %d dropped, want 1 and 0", e.New, e.Dropped)
	}
	changed := *cfg
	changed.Filters = []config.Filter{{Field: "title", Match: "Note", Action: "drop"}}
	if err := client.SetFilters(&changed); err != nil {
		t.Fatal(err)
	}
	doc(3)
	e := next()
	for e.Items < 3 { // a poll of the document as it was may have come between
		e = next()
	}
	if e.New != 0 || e.Dropped != 2 {
		t.Errorf("after: %d new and %d dropped, want 0 and 2", e.New, e.Dropped)
	}
	if got := scrape(t, url)[`feedmill_parser_items_dropped_total{rule="filters[0]"}`]; got != 2 {
		t.Errorf("%v items are counted as dropped, want 2", got)
	}
}
