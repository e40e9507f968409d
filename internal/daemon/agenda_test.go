package daemon_test

import (
	"sync"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/registry"
)

// idlePolls counts the polls of feeds that brought nothing new.
type idlePolls struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *idlePolls) event(e feedmill.Event) {
	if e.Outcome != feedmill.OutcomeUnchanged {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[e.Feed]++
}

// least is the smallest number of polls among the feeds.
func (c *idlePolls) least(feeds []registry.Added) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	least := c.n[feeds[0].State.ID]
	for _, f := range feeds {
		least = min(least, c.n[f.State.ID])
	}
	return least
}

// shortly has feeds polled several times a second.
func shortly(dir string) *config.Config {
	cfg := testConfig(dir)
	cfg.Poll.Min, cfg.Poll.Default, cfg.Poll.Max = config.Duration(300*time.Millisecond), config.Duration(300*time.Millisecond), config.Duration(300*time.Millisecond)
	cfg.Poll.Spread = config.Duration(300 * time.Millisecond)
	cfg.Fetch.AllowCIDRs, cfg.Fetch.AllowPorts = []string{"127.0.0.0/8"}, []int{0}
	return cfg
}

// TestIdleFeedsNeedNoCalendar: feeds that are imported while a daemon runs are polled, and without news again and again
// with nothing on the calendar; one that is paused is not, and a start goes on with the others.
func TestIdleFeedsNeedNoCalendar(t *testing.T) {
	t.Parallel()
	_, addr, urls := startNewsroom(t, &newsroom.GenerateOptions{Feeds: 5, Items: 1, PageBytes: 4 << 10})
	dir := t.TempDir()
	var list []registry.NewFeed
	for _, url := range urls {
		list = append(list, registry.NewFeed{URL: url})
	}
	counts := &idlePolls{}
	ready := make(chan *daemon.Client, 1)
	stop := start(t, daemon.Options{Config: shortly(dir), Also: addr, Logger: testLogger(t), OnEvent: counts.event,
		OnReady: func(c *daemon.Client) { ready <- c }})
	c := <-ready
	feeds, err := c.SubscribeAll(t.Context(), list, nil)
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, time.Minute, "two idle polls of each feed", func() bool { return counts.least(feeds) >= 2 })
	held, err := c.Bus.Scheduled(t.Context(), bus.SchedulePolls)
	if err != nil || len(held) > 0 {
		t.Errorf("on the calendar: %v, %v", held, err)
	}
	first, err := c.Registry.Get(t.Context(), feeds[0].State.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Pause(t.Context(), &first); err != nil {
		t.Fatal(err)
	}
	waitFor(t, time.Minute, "the bus to tell of the pause", func() bool {
		due, err := c.Bus.Waiting(t.Context())
		return err == nil && len(due) == 0
	})
	others := counts.least(feeds[1:])
	paused := counts.least(feeds[:1])
	waitFor(t, time.Minute, "two more polls of the other feeds", func() bool { return counts.least(feeds[1:]) >= others+2 })
	if n := counts.least(feeds[:1]); n > paused+1 { // one may have been under way
		t.Errorf("%d polls of a paused feed", n-paused)
	}
	stop()
	others, paused = counts.least(feeds[1:]), counts.least(feeds[:1])
	start(t, daemon.Options{Config: shortly(dir), Also: addr, Logger: testLogger(t), OnEvent: counts.event})
	waitFor(t, time.Minute, "two polls after a new start", func() bool { return counts.least(feeds[1:]) >= others+2 })
	if n := counts.least(feeds[:1]); n != paused {
		t.Errorf("%d polls of a paused feed after a new start", n-paused)
	}
}
