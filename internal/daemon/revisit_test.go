package daemon_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/registry"
	"github.com/feedmill/feedmill/sink"
)

// runUntil runs a daemon until done returns true, which is asked after each event and record, or a minute has passed.
func runUntil(t *testing.T, o daemon.Options, done func() bool) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	over := false
	look := make(chan struct{}, 1)
	poke := func() {
		select {
		case look <- struct{}{}:
		default:
		}
	}
	o.Logger = testLogger(t)
	onEvent, onRecords := o.OnEvent, o.OnRecords
	o.OnEvent = func(e feedmill.Event) {
		if onEvent != nil {
			onEvent(e)
		}
		poke()
	}
	o.OnRecords = func(recs []*feedmill.Record) {
		if onRecords != nil {
			onRecords(recs)
		}
		poke()
	}
	go func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-look:
			case <-tick.C:
			}
			if done() {
				over = true
				stop()
				return
			}
		}
	}()
	if _, err := daemon.Run(ctx, o); err != nil {
		t.Fatal(err)
	}
	if !over {
		t.Fatal("not done within a minute")
	}
}

// scripted is a site whose answers go by how often a path was asked for, and not by time.
type scripted struct {
	mu     sync.Mutex
	asked  map[string][]*http.Request
	answer func(w http.ResponseWriter, path string, n int) // nth request, from 1
}

// startScripted serves a feed of as many articles, /0 to /n-1, at /feed.xml.
func startScripted(t *testing.T, articles int, answer func(w http.ResponseWriter, path string, n int)) (*scripted, netip.AddrPort) {
	t.Helper()
	s := &scripted{asked: map[string][]*http.Request{}, answer: answer}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	var feed strings.Builder
	fmt.Fprintf(&feed, `<rss version="2.0"><channel><title>Scripted</title><link>%s/</link>`, server.URL)
	for i := range articles {
		fmt.Fprintf(&feed, `<item><title>Article %d</title><link>%s/%d</link><description>What the feed says of %d.</description></item>`, i, server.URL, i, i)
	}
	feed.WriteString("</channel></rss>")
	s.answer = func(w http.ResponseWriter, path string, n int) {
		switch path {
		case "/robots.txt":
			http.Error(w, "none", http.StatusNotFound)
		case "/feed.xml":
			w.Header().Set("Content-Type", "application/rss+xml")
			fmt.Fprint(w, feed.String())
		default:
			answer(w, path, n)
		}
	}
	return s, netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://"))
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked[r.URL.Path] = append(s.asked[r.URL.Path], r)
	n := len(s.asked[r.URL.Path])
	s.mu.Unlock()
	s.answer(w, r.URL.Path, n)
}

// requests returns those for a path so far.
func (s *scripted) requests(path string) []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked[path])
}

// articlePage is an article of a few paragraphs.
func articlePage(title, about string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html><html><head><title>%s</title></head><body><article><h1>%s</h1>", title, title)
	for i := range 5 {
		fmt.Fprintf(&b, "<p>Paragraph %d says in some words what there is to be said of %s, and does not stop before it is long enough to be read.</p>", i, about)
	}
	b.WriteString("</article></body></html>")
	return b.String()
}

// TestAnArticleIsLookedAtAgainForEdits counts the requests for each article over its life: one, and one for each distance
// of fetch.revisit, conditional, and none after that. One article is edited between the looks, one is taken down, and one
// is away for a while.
func TestAnArticleIsLookedAtAgainForEdits(t *testing.T) {
	t.Parallel()
	const articles, looks = 6, 3
	const edited, gone, back, broken = "/0", "/1", "/2", "/3"
	site, addr := startScripted(t, articles, func(w http.ResponseWriter, path string, n int) {
		version := "A"
		switch {
		case path == edited && n == 2:
			version = "B"
		case path == edited && n > 2:
			version = "C"
		case path == gone && n == looks:
			w.WriteHeader(http.StatusGone)
			return
		case path == back && n == 2:
			w.WriteHeader(http.StatusNotFound)
			return
		case path == broken && n == 2:
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.Header().Set("ETag", strconv.Quote(version))
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, articlePage("Article "+path, "version "+version))
	})
	dir := t.TempDir()
	cfg := testConfig(dir)
	cfg.Poll.Min, cfg.Poll.Default, cfg.Poll.Max = config.Duration(time.Hour), config.Duration(time.Hour), config.Duration(time.Hour)
	cfg.Fetch.Revisit = []config.Duration{config.Duration(200 * time.Millisecond), config.Duration(600 * time.Millisecond)}
	var all time.Time
	runUntil(t, daemon.Options{Config: cfg, Also: addr, Feeds: []string{"http://" + addr.String() + "/feed.xml"}}, func() bool {
		total := 0
		for i := range articles {
			total += len(site.requests(fmt.Sprintf("/%d", i)))
		}
		if total >= articles*looks && all.IsZero() {
			all = time.Now()
		}
		// Long enough for one more look at the longest distance, were there one.
		return !all.IsZero() && time.Since(all) > time.Second
	})
	for i := range articles {
		path := fmt.Sprintf("/%d", i)
		got := site.requests(path)
		if len(got) != looks {
			t.Errorf("%s was asked for %d times, want %d: once, and once for each distance", path, len(got), looks)
		}
		want := []string{"", `"A"`, `"A"`}
		if path == edited {
			want[2] = `"B"`
		}
		for n, r := range got[:min(len(got), looks)] {
			if tag := r.Header.Get("If-None-Match"); tag != want[n] {
				t.Errorf("request %d for %s has If-None-Match %s, want %s", n+1, path, tag, want[n])
			}
		}
	}
	revs := records(t, dir, sink.Query{Revisions: sink.RevisionsAll})
	if len(revs) != articles {
		t.Errorf("%d records, want %d", len(revs), articles)
	}
	for path, want := range map[string]string{edited: "3 live", gone: "1 gone", back: "1 live", broken: "1 live", "/4": "1 live"} {
		rs := byPath(t, revs, path)
		if got := fmt.Sprint(len(rs), " ", rs[0].State.Value); got != want || len(rs[0].Text) < 400 {
			t.Errorf("%s: %s with %d bytes of text, want %s with its text", path, got, len(rs[0].Text), want)
		}
	}
}

// TestPagesOfSomeAreNotLookedAtAgain names a host, and in another run a tag, whose pages are asked for once.
func TestPagesOfSomeAreNotLookedAtAgain(t *testing.T) {
	t.Parallel()
	for _, off := range []string{"127.0.0.1", "sport"} {
		t.Run(off, func(t *testing.T) {
			t.Parallel()
			site, addr := startScripted(t, 2, func(w http.ResponseWriter, path string, _ int) {
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprint(w, articlePage("Article "+path, "sport"))
			})
			cfg := testConfig(t.TempDir())
			cfg.Fetch.Revisit, cfg.Fetch.RevisitOff = []config.Duration{config.Duration(50 * time.Millisecond)}, []string{"elsewhere.example", off}
			client, err := daemon.Open(t.Context(), cfg, testLogger(t))
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := client.Subscribe(t.Context(), "http://"+addr.String()+"/feed.xml", &registry.AddOptions{Tags: []string{"sport/football"}}); err != nil {
				t.Fatal(err)
			}
			if err := client.Close(); err != nil {
				t.Fatal(err)
			}
			var stored time.Time
			runUntil(t, daemon.Options{Config: cfg, Also: addr}, func() bool {
				if len(site.requests("/0")) > 0 && len(site.requests("/1")) > 0 && stored.IsZero() {
					stored = time.Now()
				}
				return !stored.IsZero() && time.Since(stored) > 500*time.Millisecond
			})
			for _, path := range []string{"/0", "/1"} {
				if n := len(site.requests(path)); n != 1 {
					t.Errorf("%s was asked for %d times, want once", path, n)
				}
			}
		})
	}
}
