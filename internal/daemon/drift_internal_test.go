package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/web"
	"github.com/feedmill/feedmill/parser"
)

// What was noted of a site, and not told because the process ended between, is told with the next pages; and what two
// tell at once is told once.
func TestDriftIsToldAfterACrash(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Data = t.TempDir()
	c, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	events := 0
	p := &pipeline{Client: c, cfg: cfg, log: c.log, metrics: web.NewMetrics(Stages(), stageOf, newHealth(cfg, Stages()).look), onEvent: func(feedmill.Event) { events++ }}
	if p.drift, err = newDrift(t.Context(), c.Bus); err != nil {
		t.Fatal(err)
	}
	add := func(template string, n int) (last *siteNote) {
		t.Helper()
		for range n {
			note, err := p.drift.add(t.Context(), "news.example", parser.Sample{Template: template, Words: 300})
			if err != nil {
				t.Fatal(err)
			}
			if note != nil {
				last = note
			}
		}
		return last
	}
	if n := add("old", 100); n == nil || n.untold() {
		t.Fatalf("a site that is read as ever: %+v", n)
	}
	if n := add("new", 25); n == nil || n.Drift == "" || !n.untold() {
		t.Fatalf("a site with a new template: %+v", n)
	}
	n := add("new", driftBatch)
	if n == nil || !n.untold() {
		t.Fatalf("what was not told yet: %+v", n)
	}
	for range 2 {
		if err := p.tellDrift(t.Context(), n, feedmill.Event{URL: "https://news.example/1"}); err != nil {
			t.Fatal(err)
		}
	}
	if n := add("new", driftBatch); n == nil || n.untold() {
		t.Errorf("what was told: %+v", n)
	}
	stream, err := c.Bus.Stream(t.Context(), bus.StreamEvent)
	if err != nil {
		t.Fatal(err)
	}
	if events != 1 || stream.LastSeq != 1 {
		t.Errorf("told %d times here, and %d on the bus; want once", events, stream.LastSeq)
	}
	if sites, err := c.Drifting(t.Context()); err != nil || len(sites) != 1 || sites[0].Host != "news.example" {
		t.Errorf("drifting: %v, %v", sites, err)
	}

	// Samples that cannot be added are added with the next.
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range driftBatch {
		_, err := p.drift.add(gone, "other.example", parser.Sample{Words: i})
		if (err != nil) != (i == driftBatch-1) {
			t.Errorf("sample %d: %v", i, err)
		}
	}
	other, err := p.drift.add(t.Context(), "other.example", parser.Sample{Words: driftBatch})
	if err != nil || other == nil || len(other.Recent) != driftBatch+1 || other.Recent[0].Words != 0 {
		t.Errorf("after a write that failed: %+v, %v; want %d samples", other, err, driftBatch+1)
	}
	if _, err := c.Drifting(gone); err == nil {
		t.Error("notes that cannot be read are no error")
	}
}

// However many sites there are and however long nothing can be written, what is held is bounded.
func TestDriftHoldsNoMoreThanItMay(t *testing.T) {
	t.Parallel()
	d := &drift{held: map[string][]parser.Sample{}}
	for i := range driftSites + 100 {
		d.hold(fmt.Sprintf("%d.example", i), parser.Sample{})
	}
	if len(d.held) != driftSites {
		t.Errorf("%d sites are held, want %d", len(d.held), driftSites)
	}
	most := 0
	for i := range 10 * driftHeld {
		if batch := d.hold("news.example", parser.Sample{Words: i}); batch != nil {
			most = max(most, len(batch))
			d.unhold("news.example", batch)
		}
	}
	if most != driftHeld {
		t.Errorf("up to %d samples of a site are held, want %d", most, driftHeld)
	}
}
