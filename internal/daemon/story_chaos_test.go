//go:build chaos

package daemon_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/daemon"
)

// TestChaosStoryWorkerIsKilled kills the enricher that places stories while another waits for its turn: that one goes on
// within seconds with what the first knew, and everything is placed, in one story.
func TestChaosStoryWorkerIsKilled(t *testing.T) {
	urls := []string{startNATS(t)}
	enricher := childArgs{Dir: t.TempDir(), Stages: []string{daemon.StageEnricher}, NATS: urls, Stories: true}
	first := startChild(t, enricher)
	cfg := testConfig(t.TempDir())
	cfg.NATS.URLs = urls
	client, err := daemon.Open(t.Context(), cfg, testLogger(t))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	const text = `A ferry with more than two hundred people on board ran aground off the western islands late on Monday, the coast guard
said. Helicopters lifted the passengers to safety before the tide came in, and nobody was badly hurt.`
	start := time.Now().UTC().Truncate(time.Second)
	send := func(from, to int) {
		for i := from; i < to; i++ {
			a := &feedmill.Article{ID: fmt.Sprintf("a%03d", i), URL: fmt.Sprintf("https://s%d.example/%d", i, i), SeenAt: start.Add(time.Duration(i) * time.Millisecond),
				Source: feedmill.Source{ID: fmt.Sprintf("s%d.example", i)}, Text: fmt.Sprintf("%s %d.", text, i%7)}
			a.Provenance.Page.SHA256 = a.ID
			if err := client.Bus.Send(t.Context(), "test", a.ID, func(o *bus.Outbox) { bus.Put(o, bus.Articles, a) }); err != nil {
				t.Fatal(err)
			}
		}
	}
	placed := func() map[string]string {
		last := map[string]string{}
		err := client.Bus.Select(t.Context(), bus.Selection{Stream: bus.StreamRecord}, true, func(m *bus.Stored) bool {
			r, err := bus.Value(t.Context(), client.Bus, bus.Records, m)
			if err != nil {
				t.Fatal(err)
			}
			if r.Story != nil {
				last[r.ID] = r.Story.ID
			}
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		return last
	}
	send(0, 50)
	waitFor(t, time.Minute, "the first half to be placed", func() bool { return len(placed()) == 50 })
	enricher.Dir = t.TempDir()
	second := startChild(t, enricher)
	send(50, 75)
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	_ = first.Wait() // it was killed
	send(75, 100)
	waitFor(t, time.Minute, "the second half to be placed", func() bool { return len(placed()) == 100 })
	t.Logf("all is placed %s after the kill", time.Since(killed).Round(time.Millisecond))
	for id, story := range placed() {
		if story != "a000" {
			t.Errorf("%s is in story %s, want a000", id, story)
		}
	}
	stopChild(t, second, enricher.Stages)
}
