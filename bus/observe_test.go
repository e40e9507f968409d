package bus_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/bus/bustest"
	"github.com/google/go-cmp/cmp"
)

// observer counts handlings by worker and result, and closes done when there are as many as wanted.
type observer struct {
	mu          sync.Mutex
	want        int
	counts      map[string]int
	published   int
	redelivered int
	done        chan struct{}
}

func newObserver(want int) *observer {
	return &observer{want: want, counts: map[string]int{}, done: make(chan struct{})}
}

func (o *observer) Handled(h bus.Handling) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.counts[h.Worker+" "+string(h.Result)]++
	o.published += h.Published
	if h.Redelivered {
		o.redelivered++
	}
	if o.want--; o.want == 0 {
		close(o.done)
	}
}

func TestObserverIsToldOfEveryHandling(t *testing.T) {
	t.Parallel()
	// Five results: two of the item that fails once, one of each other.
	o := newObserver(5)
	b := bustest.New(t, &bus.Options{Observer: o})
	send(t, b, "1", entry(0), entry(1), entry(2), entry(3))
	failed := false
	w := &bus.Worker[feedmill.Entry]{Name: "page", From: bus.Items, Concurrency: 1, Attempts: 3,
		Handle: func(_ context.Context, e feedmill.Entry, out *bus.Outbox) error {
			switch e.ID {
			case "id0":
				return feedmill.Permanent("parse", errors.New("no"))
			case "id1":
				if !failed {
					failed = true
					return errors.New("once")
				}
			}
			bus.Put(out, bus.Pages, &feedmill.Page{ID: e.ID, URL: e.URL})
			bus.Put(out, bus.Pages, &feedmill.Page{ID: e.ID + "b", URL: e.URL})
			return nil
		}}
	runUntil(t, o.done, func(ctx context.Context) error { return w.Run(ctx, b) })
	want := map[string]int{"page ok": 3, "page retry": 1, "page dead": 1}
	if diff := cmp.Diff(want, o.counts); diff != "" {
		t.Errorf("handlings (-want +got):\n%s", diff)
	}
	if o.published != 6 || o.redelivered != 1 {
		t.Errorf("%d published and %d redelivered, want 6 and 1", o.published, o.redelivered)
	}
	dead, err := b.CountDead(t.Context())
	if diff := cmp.Diff([]bus.DeadCount{{Stage: "page", Class: "parse", Messages: 1}}, dead); diff != "" || err != nil {
		t.Errorf("dead letters: %v (-want +got):\n%s", err, diff)
	}
}

func TestObserverIsToldOfBatches(t *testing.T) {
	t.Parallel()
	// The store is down at the first try, and then one entry is at fault.
	o := newObserver(3 + 3)
	b := bustest.New(t, &bus.Options{Observer: o})
	send(t, b, "1", entry(0), entry(1), entry(2))
	calls := 0
	w := &bus.BatchWorker[feedmill.Entry]{Name: "sink-x", From: bus.Items,
		Write: func(_ context.Context, batch []feedmill.Entry) error {
			if calls++; calls <= 3 { // the whole, and then each of its halves
				return errors.New("store is down")
			}
			for _, e := range batch {
				if e.ID == "id1" {
					return feedmill.Permanent("record", errors.New("no"))
				}
			}
			return nil
		}}
	runUntil(t, o.done, func(ctx context.Context) error { return w.Run(ctx, b) })
	want := map[string]int{"sink-x failed": 3, "sink-x ok": 2, "sink-x dead": 1}
	if diff := cmp.Diff(want, o.counts); diff != "" {
		t.Errorf("handlings (-want +got):\n%s", diff)
	}
}

func TestLoopsAreThereWhileWorkersRun(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	if n := len(b.Loops()); n > 0 {
		t.Errorf("%d loops before any worker", n)
	}
	w := &bus.Worker[feedmill.Entry]{Name: "page", From: bus.Items, Replay: true, Handle: func(context.Context, feedmill.Entry, *bus.Outbox) error { return nil }}
	start := time.Now()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for end := start.Add(20 * time.Second); time.Now().Before(end); <-time.After(10 * time.Millisecond) {
			live, round := 0, 0
			for _, l := range b.Loops() {
				if l.Worker == "page" && (l.Consumer == "ITEM/page" || l.Consumer == "REPLAY/page") {
					live++
				}
				if l.Turned.After(start.Add(time.Second)) {
					round++
				}
			}
			if live == 2 && round > 0 {
				return // they are there, and one has come round
			}
		}
		t.Error("the loops do not come round")
	}()
	runUntil(t, done, func(ctx context.Context) error { return w.Run(ctx, b) })
	if n := len(b.Loops()); n > 0 {
		t.Errorf("%d loops after the worker's end", n)
	}
	if !b.Connected() || !b.Silent().IsZero() {
		t.Errorf("connected %v, silent at %v; the bus has answered all the time", b.Connected(), b.Silent())
	}
}

func TestBacklogTellsTheAgeOfWhatWaits(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	before := time.Now()
	send(t, b, "1", entry(0))
	between := time.Now()
	send(t, b, "2", entry(1), entry(2))
	// The first is handled, the second is put off, and the worker stops: it is the oldest that waits.
	var once sync.Once
	done := make(chan struct{})
	w := &bus.Worker[feedmill.Entry]{Name: "page", From: bus.Items, Concurrency: 1,
		Handle: func(_ context.Context, e feedmill.Entry, _ *bus.Outbox) error {
			if e.ID == "id1" {
				return feedmill.RetryAfter(time.Now().Add(time.Hour), errors.New("later"))
			}
			if e.ID == "id2" {
				once.Do(func() { close(done) })
			}
			return nil
		}}
	runUntil(t, done, func(ctx context.Context) error { return w.Run(ctx, b) })
	all, err := b.Backlog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, st := range all {
		for _, c := range st.Consumers {
			found++
			if c.Oldest.Before(between) || c.Oldest.After(time.Now()) {
				t.Errorf("the oldest is of %v, want after %v (the first was sent after %v)", c.Oldest, between, before)
			}
		}
	}
	if found != 1 {
		t.Errorf("%d consumers, want that of the worker", found)
	}
}
