//go:build chaos

package daemon_test

import (
	"testing"
	"time"

	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/registry"
)

// TestChaosIdleFeedsAreHandedOver: a second fetcher takes its part of the feeds from the first, and all when that one ends.
func TestChaosIdleFeedsAreHandedOver(t *testing.T) {
	t.Parallel()
	_, addr, urls := startNewsroom(t, &newsroom.GenerateOptions{Feeds: 12, Items: 1, PageBytes: 4 << 10, Hosts: 12})
	server := startNATS(t)
	var list []registry.NewFeed
	for _, url := range urls {
		list = append(list, registry.NewFeed{URL: url})
	}
	join := func(counts *idlePolls) (*daemon.Client, func() time.Duration) {
		cfg := shortly(t.TempDir())
		cfg.NATS.URLs = []string{server}
		ready := make(chan *daemon.Client, 1)
		stop := start(t, daemon.Options{Config: cfg, Also: addr, Stages: []string{daemon.StageFetcher, daemon.StageParser}, Logger: testLogger(t),
			OnEvent: counts.event, OnReady: func(c *daemon.Client) { ready <- c }})
		return <-ready, stop
	}
	var one, two idlePolls
	c, stop := join(&one)
	feeds, err := c.SubscribeAll(t.Context(), list, nil)
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, time.Minute, "two idle polls of each feed", func() bool { return one.least(feeds) >= 2 })
	_, stopTwo := join(&two)
	waitFor(t, time.Minute, "a feed that the second fetcher polls again and again", func() bool {
		two.mu.Lock()
		defer two.mu.Unlock()
		for _, n := range two.n {
			if n >= 2 {
				return true
			}
		}
		return false
	})
	stop()
	waitFor(t, time.Minute, "two polls of each feed by the second fetcher", func() bool { return two.least(feeds) >= 2 })
	stopTwo() // before the server
}
