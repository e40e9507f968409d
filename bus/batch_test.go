package bus_test

import (
	"context"
	"errors"
	"slices"
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

// A store that goes down in the middle of a batch, and says so, is asked once a round, and no record is blamed for it.
func TestBatchWorkerAsksAStoreThatIsDownOnceARound(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	send(t, b, "1", entry(0), entry(1), entry(2), entry(3))
	var sizes []int // of the batches tried, in order
	stored := map[string]bool{}
	done := make(chan struct{})
	w := &bus.BatchWorker[feedmill.Entry]{Name: "sink-test", From: bus.Items, Attempts: 1,
		Write: func(_ context.Context, batch []feedmill.Entry) error {
			sizes = append(sizes, len(batch))
			switch len(sizes) {
			case 1: // the whole batch: something is wrong with it
				return errors.New("store does not say why")
			case 3, 4, 5: // after its first half
				return feedmill.RetryAfter(time.Now(), errors.New("store is down"))
			}
			for _, e := range batch {
				if stored[e.ID] {
					t.Errorf("%s is written again", e.ID)
				}
				stored[e.ID] = true
			}
			if len(stored) == 4 {
				close(done)
			}
			return nil
		}}
	runUntil(t, done, func(ctx context.Context) error { return w.Run(ctx, b) })
	if want := []int{4, 2, 2, 2, 2, 2}; !slices.Equal(sizes, want) {
		t.Errorf("batches of %v were tried, want %v", sizes, want)
	}
	if st, err := b.Stream(t.Context(), bus.StreamDead); err != nil || st.Messages != 0 {
		t.Errorf("%d dead letters, %v; want none", st.Messages, err)
	}
}

// What the second half of a batch fails with counts, where the first failed without a reason: down is down, and a value
// at fault is looked for.
func TestBatchWorkerHeedsTheSecondHalf(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		second error
		want   []int // batches tried, up to the first one after a pause
		dead   uint64
	}{
		"down":      {feedmill.RetryAfter(time.Now(), errors.New("store is down")), []int{4, 2, 1, 1, 2, 4}, 0},
		"permanent": {feedmill.Permanent("record", errors.New("bad record")), []int{4, 2, 1, 1, 2, 2, 1, 1}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bustest.New(t, nil)
			send(t, b, "1", entry(0), entry(1), entry(2), entry(3))
			var sizes []int
			settled := make(chan struct{})
			w := &bus.BatchWorker[feedmill.Entry]{Name: "sink-test", From: bus.Items,
				Write: func(_ context.Context, batch []feedmill.Entry) error {
					sizes = append(sizes, len(batch))
					switch n := len(sizes); {
					case n <= 4:
						return errors.New("store does not say why")
					case n == 5:
						return test.second
					case test.dead > 0 && batch[len(batch)-1].ID == "id3":
						return test.second
					}
					return nil
				}}
			go func() {
				defer close(settled)
				for t.Context().Err() == nil {
					st, err := b.Stream(t.Context(), bus.StreamItem)
					if err != nil || len(st.Consumers) > 0 && st.Consumers[0].Floor == st.LastSeq {
						return
					}
					<-time.After(10 * time.Millisecond)
				}
			}()
			runUntil(t, settled, func(ctx context.Context) error { return w.Run(ctx, b) })
			if len(sizes) < len(test.want) || !slices.Equal(sizes[:len(test.want)], test.want) {
				t.Errorf("batches of %v were tried, want %v", sizes, test.want)
			}
			if st, err := b.Stream(t.Context(), bus.StreamDead); err != nil || st.Messages != test.dead {
				t.Errorf("%d dead letters, %v; want %d", st.Messages, err, test.dead)
			}
		})
	}
}

// A record that fails with an error of the store's kind holds up nothing, wherever it stands in the batch: others can be
// written, so it is at fault.
func TestBatchWorkerIsNotHeldUpByOneRecord(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]int{"first": 0, "alone, before the others": -1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bustest.New(t, nil)
			bad := entry(0)
			all := []feedmill.Entry{bad, entry(1), entry(2), entry(3), entry(4), entry(5)}
			if at < 0 {
				send(t, b, "1", bad)
				all = all[1:]
			} else {
				send(t, b, "1", all...)
			}
			stored := map[string]bool{}
			alone := make(chan struct{})
			var once sync.Once
			done := make(chan struct{})
			w := &bus.BatchWorker[feedmill.Entry]{Name: "sink-test", From: bus.Items, Attempts: 2,
				Write: func(_ context.Context, batch []feedmill.Entry) error {
					for _, e := range batch {
						if e.ID == bad.ID {
							once.Do(func() { close(alone) })
							return errors.New("store does not say why")
						}
					}
					for _, e := range batch {
						stored[e.ID] = true
					}
					return nil
				}}
			go func() {
				defer close(done)
				if <-alone; at < 0 {
					send(t, b, "2", all...)
				}
				for t.Context().Err() == nil {
					if st, err := b.Stream(t.Context(), bus.StreamDead); err != nil || st.Messages > 0 {
						return
					}
					<-time.After(10 * time.Millisecond)
				}
			}()
			runUntil(t, done, func(ctx context.Context) error { return w.Run(ctx, b) })
			if len(stored) != 5 {
				t.Errorf("%d records stored, want the five others", len(stored))
			}
			if st, err := b.Stream(t.Context(), bus.StreamDead); err != nil || st.Messages != 1 {
				t.Errorf("%d dead letters, %v, want the one that cannot be written", st.Messages, err)
			}
		})
	}
}
