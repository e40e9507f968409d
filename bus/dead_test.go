package bus_test

import (
	"context"
	"errors"
	"testing"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/bus/bustest"
)

func TestDrop(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	send(t, b, "1", entry(1))
	send(t, b, "2", entry(2))
	done := make(chan struct{})
	n := 0
	w := &bus.Worker[feedmill.Entry]{
		Name: "page", From: bus.Items, Concurrency: 1,
		Handle: func(_ context.Context, e feedmill.Entry, out *bus.Outbox) error {
			bus.Bury(out, bus.Visits, e, 6, &feedmill.PermanentError{Class: "status", Err: errors.New("500")})
			out.Then(func(context.Context) error {
				if n++; n == 2 {
					close(done)
				}
				return nil
			})
			return nil
		},
	}
	runUntil(t, done, func(ctx context.Context) error { return w.Run(ctx, b) })
	if err := b.Drop(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	var left []uint64
	if err := b.DeadLetters(t.Context(), func(d bus.DeadLetter) bool { left = append(left, d.Seq); return true }); err != nil {
		t.Fatal(err)
	}
	if len(left) != 1 || left[0] != 2 {
		t.Errorf("dead letters %v are left, want 2", left)
	}
	for _, seq := range []uint64{1, 7} {
		if err := b.Drop(t.Context(), seq); !errors.Is(err, bus.ErrNoDeadLetter) {
			t.Errorf("Drop(%d) = %v, want ErrNoDeadLetter", seq, err)
		}
	}
}
