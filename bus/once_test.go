package bus_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/bus/bustest"
)

// What proves that an input was handled is published after all else that came of it: a process that ends between the two
// leaves no proof, and the input is handled again.
func TestTheProofOfAHandlingIsPublishedLast(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	send(t, b, "1", entry(1))
	work, err := b.JetStream().Stream(t.Context(), "FM_WORK")
	if err != nil {
		t.Fatal(err)
	}
	// WORK takes nothing for now.
	open := work.CachedInfo().Config
	closed := open
	closed.MaxMsgSize = 1
	if _, err := b.JetStream().UpdateStream(t.Context(), closed); err != nil {
		t.Fatal(err)
	}
	var tries atomic.Int32
	tried := make(chan struct{}, 10)
	worker := func() *bus.Worker[feedmill.Entry] {
		return &bus.Worker[feedmill.Entry]{Name: "page", From: bus.Items, Once: bus.StreamPage,
			Handle: func(_ context.Context, e feedmill.Entry, out *bus.Outbox) error {
				tries.Add(1)
				bus.Put(out, bus.Pages, &feedmill.Page{ID: e.ID, URL: e.URL, Failure: "503"})
				e.Attempt = 1
				bus.At(out, time.Now().Add(time.Hour), bus.Visits, e)
				tried <- struct{}{}
				return nil
			}}
	}
	first := make(chan struct{})
	go func() {
		defer close(first)
		<-tried
		<-time.After(300 * time.Millisecond) // for a worker that would publish the page all the same
	}()
	runUntil(t, first, func(ctx context.Context) error { return worker().Run(ctx, b) })
	if _, err := b.JetStream().UpdateStream(t.Context(), open); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && t.Context().Err() == nil; <-time.After(20 * time.Millisecond) {
			if held, err := b.Scheduled(t.Context(), bus.ScheduleRetries); err != nil || len(held) > 0 {
				return
			}
		}
	}()
	runUntil(t, done, func(ctx context.Context) error { return worker().Run(ctx, b) })
	if held, err := b.Scheduled(t.Context(), bus.ScheduleRetries); err != nil || len(held) != 1 {
		t.Errorf("scheduled %v, %v after %d tries, want the retry", held, err, tries.Load())
	}
	if st, err := b.Stream(t.Context(), bus.StreamPage); err != nil || st.Messages != 1 {
		t.Errorf("%d pages, %v, want one", st.Messages, err)
	}
}
