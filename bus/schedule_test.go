package bus_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/bus/bustest"
)

// An article that two feeds name waits for its host's turn once for each of them: the second entry is not to take the
// place of the first, whose mention would be lost.
func TestEntriesOfOneArticleAreScheduledApart(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	soon := time.Now().Add(300 * time.Millisecond)
	later := time.Now().Add(time.Hour)
	first, second := entry(1), entry(1)
	first.Feed.ID, second.Feed.ID = "f1", "f2"
	first.Slot, second.Slot = soon, soon
	failed, again := entry(2), entry(2)
	failed.Attempt, again.Attempt = 1, 2
	if err := b.Send(t.Context(), "test", "1", func(o *bus.Outbox) {
		bus.At(o, soon, bus.Visits, first)
		bus.At(o, soon, bus.Visits, second)
		bus.At(o, later, bus.Visits, failed)
		bus.At(o, later, bus.Visits, again)
	}); err != nil {
		t.Fatal(err)
	}
	retries, err := b.Scheduled(t.Context(), bus.ScheduleRetries)
	if err != nil || len(retries) != 1 {
		t.Errorf("retries of one page: %v, %v, want one", retries, err)
	}
	var mu sync.Mutex
	got := map[string]bool{}
	done := make(chan struct{})
	w := &bus.Worker[feedmill.Entry]{Name: "visit", From: bus.Visits,
		Handle: func(_ context.Context, e feedmill.Entry, _ *bus.Outbox) error {
			mu.Lock()
			defer mu.Unlock()
			if got[e.Feed.ID] = true; len(got) == 2 {
				close(done)
			}
			return nil
		}}
	runUntil(t, done, func(ctx context.Context) error { return w.Run(ctx, b) })
	if err := b.CancelArticle(t.Context(), failed.ID); err != nil {
		t.Fatal(err)
	}
	if retries, err = b.Scheduled(t.Context(), bus.ScheduleRetries); err != nil || len(retries) != 0 {
		t.Errorf("retries after cancelling: %v, %v", retries, err)
	}
}

// What is scheduled for an article is cancelled for every feed that names it.
func TestCancelArticleDropsTheEntriesOfAllFeeds(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	later := time.Now().Add(time.Hour)
	first, second := entry(1), entry(1)
	first.Feed.ID, second.Feed.ID = "f1", "f2"
	first.Slot, second.Slot = later, later
	if err := b.Send(t.Context(), "test", "1", func(o *bus.Outbox) {
		bus.At(o, later, bus.Visits, first)
		bus.At(o, later, bus.Visits, second)
	}); err != nil {
		t.Fatal(err)
	}
	if held, err := b.Scheduled(t.Context(), bus.ScheduleSlots); err != nil || len(held) != 2 {
		t.Fatalf("scheduled %v, %v, want two", held, err)
	}
	if err := b.CancelArticle(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	if held, err := b.Scheduled(t.Context(), bus.ScheduleSlots); err != nil || len(held) != 0 {
		t.Errorf("still scheduled %v, %v", held, err)
	}
}
