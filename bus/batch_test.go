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
)

func TestBatchWorkerHalvesAroundARecordAtFault(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	var all []feedmill.Entry
	for i := range 50 {
		all = append(all, entry(i))
	}
	send(t, b, "1", all...)
	var mu sync.Mutex
	stored := map[string]bool{}
	done := make(chan struct{})
	w := &bus.BatchWorker[feedmill.Entry]{Name: "sink-test", From: bus.Items,
		Write: func(_ context.Context, batch []feedmill.Entry) error {
			mu.Lock()
			defer mu.Unlock()
			for _, e := range batch {
				if e.ID == "id17" {
					return feedmill.Permanent("record", errors.New("bad record"))
				}
			}
			for _, e := range batch {
				stored[e.ID] = true
			}
			return nil
		}}
	go func() {
		defer close(done)
		for t.Context().Err() == nil {
			mu.Lock()
			n := len(stored)
			mu.Unlock()
			if st, err := b.Stream(t.Context(), bus.StreamDead); err != nil || n == 49 && st.Messages > 0 {
				return
			}
			<-time.After(10 * time.Millisecond)
		}
	}()
	runUntil(t, done, func(ctx context.Context) error { return w.Run(ctx, b) })
	var dead []bus.DeadLetter
	if err := b.DeadLetters(t.Context(), func(d bus.DeadLetter) bool { dead = append(dead, d); return true }); err != nil {
		t.Fatal(err)
	}
	if len(dead) != 1 || dead[0].Class != "record" || dead[0].Reason != "bad record" || stored["id17"] {
		t.Errorf("dead letters %+v, want the bad record alone", dead)
	}
}

func TestBatchWorkerWaitsForAStoreThatIsDown(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	send(t, b, "1", entry(0), entry(1), entry(2))
	var mu sync.Mutex
	calls, stored := 0, 0
	done := make(chan struct{})
	w := &bus.BatchWorker[feedmill.Entry]{Name: "sink-test", From: bus.Items, Attempts: 1,
		Write: func(_ context.Context, batch []feedmill.Entry) error {
			mu.Lock()
			defer mu.Unlock()
			if calls++; calls <= 4 { // a whole batch and its first half, twice
				return errors.New("database is down")
			}
			if stored += len(batch); stored == 3 {
				close(done)
			}
			return nil
		}}
	runUntil(t, done, func(ctx context.Context) error { return w.Run(ctx, b) })
	if err := b.DeadLetters(t.Context(), func(d bus.DeadLetter) bool {
		t.Errorf("a store that is down made a dead letter: %+v", d)
		return true
	}); err != nil {
		t.Fatal(err)
	}
}
