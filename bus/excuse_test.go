package bus_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/bus/bustest"
)

// A message that is put off many times has not taken its process down, and is not given up as if it had.
func TestAMessagePutOffOftenIsNotGivenUp(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	send(t, b, "1", entry(1))
	done := make(chan struct{})
	n := 0
	w := &bus.Worker[feedmill.Entry]{Name: "page", From: bus.Items, Concurrency: 1,
		Handle: func(context.Context, feedmill.Entry, *bus.Outbox) error {
			if n++; n < 70 {
				return feedmill.RetryAfter(time.Now(), errors.New("not now"))
			}
			close(done)
			return nil
		}}
	runUntil(t, done, func(ctx context.Context) error { return w.Run(ctx, b) })
	if st, err := b.Stream(t.Context(), bus.StreamDead); err != nil || st.Messages > 0 {
		t.Errorf("%d dead letters, %v, want none", st.Messages, err)
	}
}
