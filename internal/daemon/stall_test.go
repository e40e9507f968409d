package daemon

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/bus/bustest"
	"github.com/feedmill/feedmill/internal/config"
)

// TestALoopThatHangsIsToldAsStalled runs a worker with a handling that does not end, and another message next in line.
func TestALoopThatHangsIsToldAsStalled(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	if err := b.Send(t.Context(), "test", "1", func(o *bus.Outbox) {
		bus.Put(o, bus.Items, feedmill.Entry{ID: "a", URL: "http://a.example/"})
		bus.Put(o, bus.Items, feedmill.Entry{ID: "b", URL: "http://a.example/"})
	}); err != nil {
		t.Fatal(err)
	}
	h := newHealth(config.Default(), []string{StageFetcher})
	h.connected(b)
	h.prepared([]string{"page"}, nil)
	h.limit = 2 * time.Second
	ctx, cancel := context.WithCancel(t.Context())
	entered, ended := make(chan struct{}), make(chan error, 1)
	w := &bus.Worker[feedmill.Entry]{Name: "page", From: bus.Items, Concurrency: 1,
		Handle: func(ctx context.Context, _ feedmill.Entry, _ *bus.Outbox) error {
			close(entered)
			<-ctx.Done()
			return ctx.Err()
		}}
	go func() { ended <- w.Run(ctx, b) }()
	<-entered
	if p := h.Stalled(); len(p) > 0 {
		t.Errorf("stalled at once: %v", p)
	}
	if p := h.NotReady(); len(p) > 0 {
		t.Errorf("not ready: %v", p)
	}
	for end := time.Now().Add(20 * time.Second); ; <-time.After(20 * time.Millisecond) {
		p := h.Stalled()
		if len(p) == 1 && p[0].Name == "worker page" && strings.HasPrefix(p[0].Reason, "ITEM/page: nothing taken for") {
			break
		}
		if len(p) > 0 || time.Now().After(end) {
			t.Fatalf("stalled: %v, want the worker", p)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if p := h.NotReady(); len(p) != 1 || p[0].Name != "worker page" {
		t.Errorf("after the worker's end: %v, want that it is missing", p)
	}
}

// TestStageOf holds the table of workers against the names that they are known by.
func TestStageOf(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	leases, err := b.NewLeases(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &pipeline{Client: &Client{Bus: b}, cfg: config.Default(), leases: leases, sinks: []namedSink{{name: "main"}}}
	n := 0
	for _, stage := range Stages() {
		for _, w := range p.workers(stage) {
			n++
			if got := stageOf(w.name); got != stage && w.name != "leases" && w.name != "idle" && w.name != "agenda" { // these read no stream
				t.Errorf("stageOf(%q) = %q, want %q", w.name, got, stage)
			}
		}
	}
	if n < 8 || stageOf("leases") != "" || stageOf("somebody") != "" {
		t.Errorf("%d workers; leases of stage %q, somebody of stage %q", n, stageOf("leases"), stageOf("somebody"))
	}
}
