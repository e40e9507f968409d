package bus_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/bus/bustest"
)

// TestAWorkerOfTheSameProcessIsGivenTheValueItself holds that a value does not go through its encoding within a process,
// and that it does where the message is read by a later one.
func TestAWorkerOfTheSameProcessIsGivenTheValueItself(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sent := &feedmill.Article{ID: "a", URL: "https://news.example/a", Title: "Title"}
	read := func(b *bus.Bus, also func()) (got *feedmill.Article) {
		done := make(chan struct{})
		w := &bus.Worker[*feedmill.Article]{Name: "enrich", From: bus.Articles, Into: []string{bus.StreamRecord},
			Handle: func(_ context.Context, a *feedmill.Article, out *bus.Outbox) error {
				got = a
				out.Then(func(context.Context) error { close(done); return nil })
				return nil
			}}
		runUntil(t, done, func(ctx context.Context) error {
			go also()
			return w.Run(ctx, b)
		})
		return got
	}
	put := func(b *bus.Bus, id string) {
		if err := b.Send(t.Context(), "test", id, func(o *bus.Outbox) { bus.Put(o, bus.Articles, sent) }); err != nil {
			t.Error(err)
		}
	}
	t.Run("published while the worker runs", func(t *testing.T) {
		b := bustest.New(t, &bus.Options{Dir: dir})
		got := read(b, func() {
			for len(b.Loops()) == 0 {
				runtime.Gosched()
			}
			put(b, "1")
		})
		if got != sent {
			t.Errorf("got a copy, %v", got)
		}
	})
	t.Run("published before", func(t *testing.T) {
		b := bustest.New(t, &bus.Options{Dir: dir})
		put(b, "2")
		got := read(b, func() {})
		if got == nil || got == sent || got.ID != sent.ID || got.Title != sent.Title {
			t.Errorf("got %v, want a copy of %v", got, sent)
		}
	})
}
