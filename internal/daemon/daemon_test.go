package daemon_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/sqlite"
)

// testConfig is the demo's configuration over a directory, with more connections to the one host there is.
func testConfig(dir string) *config.Config {
	cfg := config.Default()
	cfg.Data = dir
	cfg.HTTP.Listen = "" // tests run side by side
	cfg.Fetch.PerHost = 32
	cfg.Stories.Enabled = false // generated articles are of one grammar, and each would be a copy of the others
	config.Demo(cfg)
	// A slow machine is not what these tests are about.
	cfg.Fetch.ConnectTimeout, cfg.Fetch.HeaderTimeout, cfg.Fetch.Timeout = cfg.Poll.BackoffMax*6, cfg.Poll.BackoffMax*6, cfg.Poll.BackoffMax*6
	return cfg
}

func stderrLogger() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func testLogger(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo}))
}

// startNewsroom serves generated sites on loopback until the test ends and returns the URLs of their feeds.
func startNewsroom(t testing.TB, gen *newsroom.GenerateOptions) (site *newsroom.Newsroom, addr netip.AddrPort, feeds []string) {
	t.Helper()
	site = newsroom.New(&newsroom.Options{Seed: 1})
	paths, err := site.Generate(gen)
	if err != nil {
		t.Fatal(err)
	}
	base, err := site.Start(context.WithoutCancel(t.Context()), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := site.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("close the newsroom: %v", err)
		}
	})
	all := site.Feeds(base)
	feeds = all[len(all)-len(paths):]
	return site, netip.MustParseAddrPort(strings.TrimPrefix(base, "http://")), feeds
}

// runOnce makes one pass and returns its summary.
func runOnce(t testing.TB, dir string, addr netip.AddrPort, feeds []string) *daemon.Summary {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	sum, err := daemon.Run(ctx, daemon.Options{Config: testConfig(dir), Also: addr, Feeds: feeds, Once: true, Logger: testLogger(t)})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// records returns all records of a directory's store by id.
func records(t testing.TB, dir string, q sink.Query) map[string][]*feedmill.Record {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(dir, "feedmill.db"), &sqlite.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all := map[string][]*feedmill.Record{}
	for r, err := range s.Query(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		all[r.ID] = append(all[r.ID], r)
	}
	return all
}

func TestOncePassStoresEverythingAndTheNextFindsNothingNew(t *testing.T) {
	t.Parallel()
	site, addr, feeds := startNewsroom(t, &newsroom.GenerateOptions{Feeds: 3, Items: 20, PageBytes: 8 << 10})
	dir := t.TempDir()
	sum := runOnce(t, dir, addr, feeds)
	if sum.Partial() || sum.DeadLetters > 0 || sum.Outcomes[feedmill.OutcomeFetched] != len(feeds) {
		t.Errorf("first pass: %+v", sum)
	}
	first := records(t, dir, sink.Query{})
	if len(first) != 60 {
		t.Errorf("%d records, want 60", len(first))
	}
	for _, rs := range first {
		if r := rs[0]; r.Text == "" || r.Title == "" || len(r.Feeds) == 0 || r.Rendition == "" {
			t.Errorf("record %s is not whole: title %q, %d bytes of text, feeds %v", r.URL, r.Title, len(r.Text), r.Feeds)
		}
	}
	pages := len(site.Requests())
	sum = runOnce(t, dir, addr, feeds)
	if sum.Outcomes[feedmill.OutcomeUnchanged] != len(feeds) {
		t.Errorf("second pass: %+v, want every feed unchanged", sum)
	}
	for _, r := range site.Requests()[pages:] {
		if r.Status != 304 {
			t.Errorf("second pass: %s answered %d, want only 304s", r.Path, r.Status)
		}
	}
}

// TestOverdueFeedsAreSpread restarts over 2,000 feeds that became due long ago: none is asked for at once; all are polled
// within the window.
func TestOverdueFeedsAreSpread(t *testing.T) {
	t.Parallel()
	const n = 2000
	site, addr, _ := startNewsroom(t, nil)
	dir := t.TempDir()
	cfg := testConfig(dir)
	cfg.Poll.Spread = config.Duration(10 * time.Minute)
	client, err := daemon.Open(t.Context(), cfg, testLogger(t))
	if err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-24 * time.Hour)
	for i := range n {
		url := fmt.Sprintf("http://%s/overdue/%d.xml", addr, i)
		st, _, err := client.Registry.Add(t.Context(), url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Registry.Update(t.Context(), st.ID, func(s *feedmill.FeedState) error {
			s.LastPoll, s.Due = long.Add(-time.Hour), long
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		// Half of them still have their schedule, as after a night with the daemon off; half have lost it.
		if i%2 == 0 {
			if err := client.Bus.Send(t.Context(), "test", url, func(o *bus.Outbox) {
				bus.At(o, long, bus.Polls, feedmill.Poll{Feed: st.ID, URL: url, Due: long})
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	// The schedules that were there fire at once, and each is put off; the others are put on the agenda at the start.
	var putOff atomic.Int32
	_, err = daemon.Run(ctx, daemon.Options{Config: cfg, Also: addr, Stages: []string{daemon.StageFetcher}, Logger: testLogger(t),
		OnEvent: func(e feedmill.Event) {
			if e.Outcome == feedmill.OutcomePostponed && putOff.Add(1) == n/2 {
				cancel()
			}
		}})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	// Of 600 s, some 2 s have passed: a few polls may rightly have come due.
	if got := len(site.Requests()); got > n/20 {
		t.Errorf("%d requests at once, want the feeds spread over ten minutes", got)
	}
	client, err = daemon.Open(t.Context(), cfg, testLogger(t))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	held, err := client.Bus.Scheduled(t.Context(), bus.SchedulePolls)
	if err != nil || len(held) < n/2-n/20 {
		t.Errorf("%d feeds on the calendar, %v; want about %d", len(held), err, n/2)
	}
}

// deadLetterOf finds the dead letter whose payload names a path.
func deadLetterOf(path string, seq *uint64) func(bus.DeadLetter) bool {
	return func(d bus.DeadLetter) bool {
		if strings.Contains(string(d.Payload), path) {
			*seq = d.Seq
		}
		return true
	}
}
