package bus

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/feedmill/feedmill"
)

// TestLostTurn has another process take the turn of a worker while that handles: it is told to stop at once, while a worker that
// is to end may finish.
func TestLostTurn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func(daemon bool) *Bus {
		b, err := Connect(t.Context(), Options{Dir: dir, Daemon: daemon, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		})
		return b
	}
	open(true)
	b := open(false)
	if b.server != nil {
		t.Fatal("the worker must be one of several")
	}
	r := feedmill.NewRecord(&feedmill.Article{ID: "a"})
	if err := b.Send(t.Context(), "test", "a", func(out *Outbox) { PutNoted(out, Records, r, "note") }); err != nil {
		t.Fatal(err)
	}
	kv, err := b.bucket(t.Context(), "leases", leasesUsage, leaseTTL)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var cause error
	w := &HeaderWorker{Name: "test", Stream: StreamRecord, Since: leaseTTL * 100, Begin: func(context.Context) error { return nil },
		Handle: func(work context.Context, _ []*Stored) error {
			if _, err := kv.Put(t.Context(), "sole.test", []byte("another")); err != nil {
				t.Error(err)
			}
			<-work.Done()
			cause = context.Cause(work)
			stop()
			return work.Err()
		}}
	if err := w.Run(ctx, b); err != nil {
		t.Error(err)
	}
	if !errors.Is(cause, errTurnLost) {
		t.Errorf("the handling ended for %v, want that the turn was lost", cause)
	}
}
