//go:build chaos

package daemon_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/newsroom"
)

// live sends pages of new articles straight to the bus, one every so often, until stop is closed, and returns their ids
// with the time of sending.
func (r *ruleRun) live(name string, every time.Duration, stop <-chan struct{}) map[string]time.Time {
	sent := map[string]time.Time{}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-stop:
			return sent
		case <-r.t.Context().Done():
			return sent
		case <-tick.C:
		}
		url := fmt.Sprintf("http://127.0.0.1/live/%s/%d", name, i)
		body := fmt.Sprintf("<html><head><title>Live %s %d</title></head><body><h1>Live %s %d</h1><p>The bridge over the river was opened at noon, and %d people came to see it and to cross it.</p></body></html>", name, i, name, i, i)
		page := &feedmill.Page{ID: feedmill.ArticleIDFromURL(url), URL: url, Status: 200, FetchedAt: time.Now().UTC(), Body: []byte(body)}
		sent[page.ID] = time.Now()
		if err := r.client.Bus.Send(r.t.Context(), "test", page.ID, func(o *bus.Outbox) { bus.Put(o, bus.Pages, page) }); err != nil {
			r.t.Error(err)
			return sent
		}
	}
}

// TestChaosReplay replays 5,000 stored pages: through the same rules, which changes nothing, and through changed ones, with
// a dry run before and a second real run after it, and live articles meanwhile. It tells how long each of these took from
// the page to the store, and how many records of the replay were stored while it waited.
func TestChaosReplay(t *testing.T) {
	const pages = 5000
	_, addr, feeds := startNewsroom(t, &newsroom.GenerateOptions{Feeds: 50, Items: pages / 50, Paragraphs: 3})
	r := startRuleRun(t, addr, feeds, func(cfg *config.Config) { cfg.Enrich.Steps = []string{"language"} })
	testChangedRules(t, r, pages, []string{"", ruleOne}, func(rep *bus.Replay) {
		r.measure("during a replay", func() {
			for pending := 1; pending > 0; {
				time.Sleep(250 * time.Millisecond) // between two looks
				now, err := r.client.Bus.Replay(t.Context(), rep.ID)
				if err != nil {
					t.Fatal(err)
				}
				pending = now.Pending
			}
		})
	})
	r.measure("at rest", func() { time.Sleep(10 * time.Second) }) // the time of the measurement
}

// measure sends live articles while during runs, and tells what it took to store them.
func (r *ruleRun) measure(name string, during func()) {
	t := r.t
	r.mu.Lock()
	r.storedAt = nil
	r.mu.Unlock()
	stop := make(chan struct{})
	done := make(chan map[string]time.Time)
	go func() { done <- r.live(strings.ReplaceAll(name, " ", "-"), 250*time.Millisecond, stop) }()
	during()
	close(stop)
	sent := <-done
	for len(r.took(sent)) < len(sent) {
		select {
		case <-r.wake:
		case <-t.Context().Done():
			t.Fatal(context.Cause(t.Context()))
		}
	}
	var took []time.Duration
	var passed []int
	for _, l := range r.took(sent) {
		took, passed = append(took, l.took), append(passed, l.passed)
	}
	slices.Sort(took)
	slices.Sort(passed)
	at := func(share float64) int { return min(int(share*float64(len(took))), len(took)-1) }
	t.Logf("%s: %d live articles; from page to store median %v, p95 %v, longest %v; records of a replay stored meanwhile: median %d, p95 %d, most %d",
		name, len(took), took[at(.5)].Round(time.Millisecond), took[at(.95)].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond),
		passed[at(.5)], passed[at(.95)], passed[len(passed)-1])
	if most := passed[len(passed)-1]; most > 500 {
		t.Errorf("%s: a live article waited for %d records of the replay", name, most)
	}
}

// taken is what it took to store a live article.
type taken struct {
	took   time.Duration
	passed int // records of a replay that were stored meanwhile
}

// took looks for live articles among what was stored.
func (r *ruleRun) took(sent map[string]time.Time) []taken {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []taken
	for _, n := range r.storedAt {
		at, ok := sent[n.id]
		if !ok {
			continue
		}
		x := taken{took: n.at.Sub(at)}
		for _, o := range r.storedAt {
			if o.run != "" && o.at.After(at) && o.at.Before(n.at) {
				x.passed++
			}
		}
		out = append(out, x)
	}
	return out
}
