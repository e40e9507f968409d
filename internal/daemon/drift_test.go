package daemon_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/daemon"
)

// TestDriftOfASite: a site whose template changes is told of once, in an event and in the status; a replay of the same
// pages is left out of account.
func TestDriftOfASite(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cfg := testConfig(t.TempDir())
	cfg.Enrich.Enabled = false
	events := make(chan feedmill.Event, 100)
	var status *daemon.Status
	send := func(c *daemon.Client, from, to int, class string) {
		for i := from; i < to; i++ {
			url := fmt.Sprintf("https://news.example/%d", i)
			page := &feedmill.Page{ID: feedmill.ArticleIDFromURL(url), URL: url, Status: 200, FetchedAt: time.Now().UTC(), Body: []byte(fmt.Sprintf(
				`<body><h1 class="%s">The bridge %d is open</h1><div class="%s story"><p>It was opened on Monday by the mayor, who came by boat, and by %d people.</p></div></body>`, class, i, class, i))}
			if err := c.Bus.Send(ctx, "test", page.ID, func(o *bus.Outbox) { bus.Put(o, bus.Pages, page) }); err != nil {
				t.Error(err)
			}
		}
	}
	_, err := daemon.Run(ctx, daemon.Options{Config: cfg, Logger: testLogger(t), Stages: []string{daemon.StageParser, daemon.StageEnricher, daemon.StageSink},
		OnEvent: func(e feedmill.Event) { events <- e },
		OnReady: func(c *daemon.Client) {
			go func() {
				defer cancel()
				send(c, 0, 100, "old")
				for handled(ctx, c) < 100 {
					select {
					case <-time.After(10 * time.Millisecond):
					case <-ctx.Done():
						t.Error("the pages of the old template are not handled")
						return
					}
				}
				send(c, 100, 130, "new")
				var got []string
				for len(got) < 1 {
					select {
					case e := <-events:
						got = append(got, fmt.Sprintf("%s %s", e.Outcome, e.Reason))
					case <-ctx.Done():
						t.Error("no event came")
						return
					}
				}
				if len(got) != 1 || !strings.HasPrefix(got[0], "drift another template in ") {
					t.Errorf("events %q, want one of another template", got)
				}
				var err error
				if status, err = c.Status(ctx); err != nil {
					t.Error(err)
				}
			}()
		}})
	if err != nil {
		t.Fatal(err)
	}
	if status == nil || len(status.Drifting) != 1 || status.Drifting[0].Host != "news.example" || !strings.Contains(status.Drifting[0].Reason, "another template") {
		t.Errorf("status %+v", status)
	}
}

// handled is up to which one the stored pages are parsed. Several are parsed at once, in no order.
func handled(ctx context.Context, c *daemon.Client) uint64 {
	s, err := c.Bus.Stream(ctx, bus.StreamPage)
	if err != nil {
		return 0
	}
	for _, c := range s.Consumers {
		if c.Name == "article" {
			return c.Floor
		}
	}
	return 0
}
