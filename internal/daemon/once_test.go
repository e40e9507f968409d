package daemon_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/internal/newsroom"
)

// A host that asks to be left alone for an hour is left alone: its feeds have that for an outcome, its pages are retries.
func TestAPassDoesNotWaitForAHostThatWantsALongPause(t *testing.T) {
	t.Parallel()
	site, addr, feeds := startNewsroom(t, &newsroom.GenerateOptions{Feeds: 2, Items: 5, PageBytes: 4 << 10})
	site.SetFault(feeds[0][len("http://"+addr.String()):], newsroom.Fault{Status: 429, RetryAfter: "3600"})
	dir := t.TempDir()
	for pass := range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		sum, err := daemon.Run(ctx, daemon.Options{Config: testConfig(dir), Also: addr, Feeds: feeds, Once: true, Logger: testLogger(t)})
		cancel()
		if err != nil {
			t.Fatalf("pass %d: %v", pass, err)
		}
		if !sum.Partial() || sum.Failed[feeds[0]] != feedmill.OutcomeRateLimited {
			t.Errorf("pass %d: %+v, want the feed rate_limited", pass, sum)
		}
		if pass == 1 && sum.Failed[feeds[1]] != feedmill.OutcomeRateLimited {
			t.Errorf("pass %d: %+v, want the other feed of the host not asked", pass, sum)
		}
	}
	if n := site.Count(feeds[0][len("http://"+addr.String()):]); n != 1 {
		t.Errorf("the feed was asked %d times, want once", n)
	}
}

// A feed that is removed before its turn comes has no outcome, and the pass ends without it.
func TestAPassEndsWithoutAFeedThatIsRemoved(t *testing.T) {
	t.Parallel()
	_, addr, feeds := startNewsroom(t, &newsroom.GenerateOptions{Feeds: 2, Items: 1, PageBytes: 4 << 10})
	cfg := testConfig(t.TempDir())
	cfg.Fetch.HostDelay = config.Duration(2 * time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ready := make(chan *daemon.Client, 1)
	var once sync.Once
	sum, err := daemon.Run(ctx, daemon.Options{Config: cfg, Also: addr, Feeds: feeds, Once: true, Logger: testLogger(t),
		OnReady: func(c *daemon.Client) { ready <- c },
		OnEvent: func(e feedmill.Event) {
			if e.Outcome != feedmill.OutcomeFetched {
				return
			}
			once.Do(func() {
				c := <-ready
				all, err := c.Feeds(ctx, "")
				if err != nil {
					t.Error(err)
				}
				for _, st := range all {
					if st.ID == e.Feed {
						continue
					}
					if err := c.Unsubscribe(ctx, &st); err != nil {
						t.Error(err)
					}
				}
			})
		}})
	if err != nil {
		t.Fatal(err)
	}
	if sum.Feeds != 1 || sum.Outcomes[feedmill.OutcomeFetched] != 1 {
		t.Errorf("%+v, want one feed, fetched", sum)
	}
}
