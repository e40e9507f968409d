package bus_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/bus/bustest"
)

func entry(i int) feedmill.Entry {
	return feedmill.Entry{ID: fmt.Sprintf("id%d", i), URL: fmt.Sprintf("http://h%d.example/%d", i%7, i), Item: feedmill.Item{Title: "t"}}
}

// send publishes entries as live items.
func send(t *testing.T, b *bus.Bus, id string, entries ...feedmill.Entry) {
	t.Helper()
	if err := b.Send(t.Context(), "test", id, func(o *bus.Outbox) {
		for _, e := range entries {
			bus.Put(o, bus.Items, e)
		}
	}); err != nil {
		t.Fatal(err)
	}
}

// runUntil runs a worker until done is closed and fails the test where the worker fails.
func runUntil(t *testing.T, done <-chan struct{}, run func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	select {
	case <-done:
	case err := <-ended:
		t.Fatalf("worker ended early: %v", err)
	case <-time.After(30 * time.Second):
		t.Error("worker is not done within 30 s")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

func TestWorkerHandlesEachMessageAndPublishes(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	const n = 300
	var all []feedmill.Entry
	for i := range n {
		all = append(all, entry(i))
	}
	send(t, b, "1", all...)
	send(t, b, "1", all...) // the same again: the streams know the ids

	var seen sync.Map
	var count atomic.Int32
	done := make(chan struct{})
	w := &bus.Worker[feedmill.Entry]{Name: "page", From: bus.Items, Into: []string{bus.StreamPage}, Concurrency: 8,
		Handle: func(_ context.Context, e feedmill.Entry, out *bus.Outbox) error {
			bus.Put(out, bus.Pages, &feedmill.Page{ID: e.ID, URL: e.URL, Body: []byte("<p>" + e.ID)})
			out.Then(func(context.Context) error {
				if _, twice := seen.LoadOrStore(e.ID, true); twice {
					t.Errorf("%s handled twice", e.ID)
				}
				if count.Add(1) == n {
					close(done)
				}
				return nil
			})
			return nil
		}}
	runUntil(t, done, func(ctx context.Context) error { return w.Run(ctx, b) })
	st, err := b.Stream(t.Context(), bus.StreamPage)
	if err != nil || st.Messages != n {
		t.Fatalf("PAGE holds %d messages, %v; want %d", st.Messages, err, n)
	}
}

func TestWorkerErrors(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	send(t, b, "1", entry(0), entry(1), entry(2), entry(3))
	var tries [4]atomic.Int32
	done := make(chan struct{})
	var finished sync.WaitGroup
	finished.Add(2)
	go func() { finished.Wait(); close(done) }()
	w := &bus.Worker[feedmill.Entry]{Name: "page", From: bus.Items, Attempts: 2,
		Handle: func(_ context.Context, e feedmill.Entry, _ *bus.Outbox) error {
			i := int(e.ID[2] - '0')
			n := tries[i].Add(1)
			switch {
			case i == 0:
				return feedmill.Permanent("parse", errors.New("not\nHTML"))
			case i == 1:
				panic("boom")
			case i == 2 && n == 1:
				return errors.New("once")
			case i == 3 && n == 1:
				return feedmill.RetryAfter(time.Now().Add(10*time.Millisecond), errors.New("later"))
			}
			finished.Done()
			return nil
		}}
	runUntil(t, done, func(ctx context.Context) error { return w.Run(ctx, b) })

	var dead []bus.DeadLetter
	if err := b.DeadLetters(t.Context(), func(d bus.DeadLetter) bool { dead = append(dead, d); return true }); err != nil {
		t.Fatal(err)
	}
	if len(dead) != 2 {
		t.Fatalf("%d dead letters, want 2: %+v", len(dead), dead)
	}
	for _, d := range dead {
		if d.Stage != "page" || !strings.Contains(string(d.Payload), `"item"`) || d.Attempts != 1 {
			t.Errorf("dead letter %+v with payload %s", d, d.Payload)
		}
	}
	classes := dead[0].Class + " " + dead[1].Class
	if classes != "parse panic" && classes != "panic parse" {
		t.Errorf("classes %q", classes)
	}

	// A retried dead letter is handled again and gone from the list.
	if err := b.Retry(t.Context(), dead[0].Seq); err != nil {
		t.Fatal(err)
	}
	if _, err := b.DeadLetter(t.Context(), dead[0].Seq); !errors.Is(err, bus.ErrNoDeadLetter) {
		t.Errorf("after its retry: %v, want ErrNoDeadLetter", err)
	}
	again := make(chan struct{})
	w.Handle = func(context.Context, feedmill.Entry, *bus.Outbox) error { close(again); return nil }
	runUntil(t, again, func(ctx context.Context) error { return w.Run(ctx, b) })
}

func TestScheduleReplacesAndFires(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	poll := feedmill.Poll{Feed: "f1", URL: "http://a.example/feed", Due: time.Now()}
	if err := b.Send(t.Context(), "test", "1", func(o *bus.Outbox) {
		bus.At(o, time.Now().Add(time.Hour), bus.Polls, poll)
	}); err != nil {
		t.Fatal(err)
	}
	held, err := b.Scheduled(t.Context(), bus.SchedulePolls)
	if err != nil || len(held) != 1 || held[0] != "sched.feed.f1" {
		t.Fatalf("scheduled %v, %v", held, err)
	}
	if err := b.Send(t.Context(), "test", "2", func(o *bus.Outbox) {
		bus.At(o, time.Now().Add(300*time.Millisecond), bus.Polls, poll)
	}); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	w := &bus.Worker[feedmill.Poll]{Name: "poll", From: bus.Polls,
		Handle: func(_ context.Context, p feedmill.Poll, _ *bus.Outbox) error {
			if p.Feed != "f1" {
				t.Errorf("poll %+v", p)
			}
			close(done)
			return nil
		}}
	runUntil(t, done, func(ctx context.Context) error { return w.Run(ctx, b) })
	if held, err = b.Scheduled(t.Context(), bus.SchedulePolls); err != nil || len(held) != 0 {
		t.Errorf("still scheduled %v, %v", held, err)
	}
}

func TestLargeValuesGoByReference(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	body := make([]byte, 3<<20)
	x := uint64(1)
	for i := range body { // bytes that zstd cannot shrink
		x = x*6364136223846793005 + 1442695040888963407
		body[i] = byte(x >> 56)
	}
	page := &feedmill.Page{ID: "big", URL: "http://a.example/big", Body: body}
	if err := b.Send(t.Context(), "test", "1", func(o *bus.Outbox) { bus.Put(o, bus.Pages, page) }); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	w := &bus.Worker[*feedmill.Page]{Name: "article", From: bus.Pages,
		Handle: func(_ context.Context, p *feedmill.Page, _ *bus.Outbox) error {
			if string(p.Body) != string(body) || p.ID != "big" {
				t.Error("the page came out changed")
			}
			close(done)
			return nil
		}}
	runUntil(t, done, func(ctx context.Context) error { return w.Run(ctx, b) })
	st, err := b.Stream(t.Context(), bus.StreamPage)
	if err != nil || st.Bytes > 4<<10 {
		t.Errorf("PAGE holds %d bytes, %v: the value is not by reference", st.Bytes, err)
	}
}

// TestAnItemEditedRetriedAndCompletedWithinASecond shows that ids name their cause: three messages about one article,
// published within one dedupe window, all arrive.
func TestAnItemEditedRetriedAndCompletedWithinASecond(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	send(t, b, "feed 1", entry(0))
	send(t, b, "feed 2", entry(0)) // edited
	retry := entry(0)
	retry.Attempt = 1
	if err := b.Send(t.Context(), "page", "retry", func(o *bus.Outbox) { bus.At(o, time.Now(), bus.Visits, retry) }); err != nil {
		t.Fatal(err)
	}
	var pages atomic.Int32
	handle := func(_ context.Context, e feedmill.Entry, out *bus.Outbox) error {
		bus.Put(out, bus.Pages, &feedmill.Page{ID: e.ID, URL: e.URL, Body: []byte("same")})
		return nil
	}
	items := &bus.Worker[feedmill.Entry]{Name: "page", From: bus.Items, Handle: handle, Once: bus.StreamPage}
	visits := &bus.Worker[feedmill.Entry]{Name: "visit", From: bus.Visits, Handle: handle, Once: bus.StreamPage}
	done := make(chan struct{})
	articles := &bus.Worker[*feedmill.Page]{Name: "article", From: bus.Pages,
		Handle: func(context.Context, *feedmill.Page, *bus.Outbox) error {
			if pages.Add(1) == 3 {
				close(done)
			}
			return nil
		}}
	runUntil(t, done, func(ctx context.Context) error {
		var wg sync.WaitGroup
		errs := make([]error, 3)
		wg.Go(func() { errs[0] = items.Run(ctx, b) })
		wg.Go(func() { errs[1] = visits.Run(ctx, b) })
		wg.Go(func() { errs[2] = articles.Run(ctx, b) })
		wg.Wait()
		return errors.Join(errs...)
	})
}
