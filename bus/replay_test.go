package bus_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/bus/bustest"
	"golang.org/x/sync/errgroup"
)

func pages(t *testing.T, b *bus.Bus, from, to int) {
	t.Helper()
	if err := b.Send(t.Context(), "test", fmt.Sprint(from), func(o *bus.Outbox) {
		for i := from; i < to; i++ {
			bus.Put(o, bus.Pages, &feedmill.Page{ID: fmt.Sprintf("id%d", i), URL: fmt.Sprintf("http://h%d.example/%d", i%3, i),
				Feed: &feedmill.FeedRef{ID: fmt.Sprintf("f%d", i%2)}, Body: []byte("x")})
		}
	}); err != nil {
		t.Fatal(err)
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	pages(t, b, 0, 6)
	between := time.Now()
	pages(t, b, 6, 9)
	for name, c := range map[string]struct {
		sel  bus.Selection
		want string
	}{
		"all":     {bus.Selection{}, "012345678"},
		"host":    {bus.Selection{Host: "h1.example"}, "147"},
		"subject": {bus.Selection{Subject: "page.article.h2-example"}, "258"},
		"feed":    {bus.Selection{Feed: "f1"}, "1357"},
		"id":      {bus.Selection{ID: "id4"}, "4"},
		"since":   {bus.Selection{Since: between}, "678"},
		"until":   {bus.Selection{Until: between, Feed: "f0"}, "024"},
		"none":    {bus.Selection{Host: "nobody.example"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.sel.Stream = bus.StreamPage
			got := ""
			if err := b.Select(t.Context(), c.sel, true, func(m *bus.Stored) bool {
				p, err := bus.Value(t.Context(), b, bus.Pages, m)
				if err != nil || p.ID != m.ID || string(p.Body) != "x" {
					t.Errorf("value %+v, %v", p, err)
				}
				got += m.ID[2:]
				return true
			}); err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("selected %q, want %q", got, c.want)
			}
		})
	}
}

func TestReplayHandlesStoredMessagesOnceMoreAfterLiveWork(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	pages(t, b, 0, 10)
	var mu sync.Mutex
	live, again := 0, map[string]int{}
	phase := make(chan struct{})
	w := &bus.Worker[*feedmill.Page]{Name: "article", From: bus.Pages, Replay: true, Concurrency: 1,
		Handle: func(_ context.Context, p *feedmill.Page, out *bus.Outbox) error {
			mu.Lock()
			defer mu.Unlock()
			if run := out.Cause().Run; run == "" {
				live++
			} else {
				again[p.ID]++
				if out.Cause().Stream != bus.StreamPage {
					t.Errorf("the cause of a replayed message is in %s", out.Cause().Stream)
				}
			}
			bus.Put(out, bus.Articles, &feedmill.Article{ID: p.ID, URL: p.URL})
			out.Event(feedmill.Event{URL: p.URL})
			if live == 10 && len(again) == 10 {
				close(phase)
			}
			return nil
		}}
	var published int
	r, err := b.StartReplay(t.Context(), "parser", []string{"article"}, bus.Selection{Stream: bus.StreamPage}, 0, func(n int) { published = n })
	if err != nil {
		t.Fatal(err)
	}
	if r.Published != 10 || published != 10 || !r.Complete {
		t.Errorf("replay %+v, told %d; want 10 published", r, published)
	}
	runUntil(t, phase, func(ctx context.Context) error { return w.Run(ctx, b) })
	for id, n := range again {
		if n != 1 {
			t.Errorf("%s was replayed %d times", id, n)
		}
	}
	for stream, want := range map[string]uint64{bus.StreamArticle: 20, bus.StreamEvent: 10} {
		st, err := b.Stream(t.Context(), stream)
		if err != nil || st.Messages != want {
			t.Errorf("%s holds %d messages, %v; want %d: outputs of a replay are new, its events are not told again", stream, st.Messages, err, want)
		}
	}
	if r, err = b.Replay(t.Context(), r.ID); err != nil || r.Pending != 0 {
		t.Errorf("after all: %+v, %v", r, err)
	}
}

func TestReplayOfWhatIsGoneAndCancel(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	pages(t, b, 0, 3)
	r, err := b.StartReplay(t.Context(), "parser", []string{"article"}, bus.Selection{Stream: bus.StreamPage}, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := b.JetStream().Stream(t.Context(), "FM_PAGE")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteMsg(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	n := 0
	done := make(chan struct{})
	w := &bus.Worker[*feedmill.Page]{Name: "article", From: bus.Pages, Replay: true,
		Handle: func(_ context.Context, p *feedmill.Page, _ *bus.Outbox) error {
			mu.Lock()
			defer mu.Unlock()
			if n++; n == 4 { // two live, two replayed
				close(done)
			}
			return nil
		}}
	runUntil(t, done, func(ctx context.Context) error { return w.Run(ctx, b) })
	var dead []bus.DeadLetter
	if err := b.DeadLetters(t.Context(), func(d bus.DeadLetter) bool { dead = append(dead, d); return true }); err != nil {
		t.Fatal(err)
	}
	if len(dead) != 1 || dead[0].Class != "gone" {
		t.Errorf("dead letters %+v, want one of class gone", dead)
	}

	if r, err = b.StartReplay(t.Context(), "parser", []string{"article"}, bus.Selection{Stream: bus.StreamPage}, 0, nil); err != nil {
		t.Fatal(err)
	}
	if r, err = b.CancelReplay(t.Context(), r.ID); err != nil || !r.Cancelled {
		t.Fatalf("cancel: %+v, %v", r, err)
	}
	if r, err = b.Replay(t.Context(), r.ID); err != nil || r.Pending != 0 || r.Published != 2 {
		t.Errorf("after cancelling: %+v, %v", r, err)
	}
	if all, err := b.Replays(t.Context()); err != nil || len(all) != 2 || all[0].ID != r.ID {
		t.Errorf("replays %v, %v; want two, the newest first", all, err)
	}
	if _, err := b.Replay(t.Context(), "nosuch"); !errors.Is(err, bus.ErrNoReplay) {
		t.Errorf("got %v, want ErrNoReplay", err)
	}
}

// TestReplayThatIsBrokenOff is cut in the middle, resumed, and cut for good: every message has one pointer, whoever sent
// it, and none is left of what was cancelled.
func TestReplayThatIsBrokenOff(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	pages(t, b, 0, 40)
	stop := errors.New("enough")
	cut, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	r, err := b.StartReplay(cut, "parser", []string{"article"}, bus.Selection{Stream: bus.StreamPage}, 40, func(n int) {
		if n >= 10 {
			cancel(stop)
		}
	})
	if err == nil || r == nil || r.Published < 10 || r.Published >= 40 {
		t.Fatalf("cut: %+v, %v", r, err)
	}
	sent := r.Published
	pages(t, b, 40, 45) // stored after the start
	bus.Beat(t, b, r.ID, time.Now())
	if _, err := b.ResumeReplay(t.Context(), r.ID, nil); !errors.Is(err, bus.ErrReplayHeld) {
		t.Errorf("resumed while its sender may be alive: %v", err)
	}
	bus.Beat(t, b, r.ID, time.Now().Add(-time.Minute))
	if r, err = b.ResumeReplay(t.Context(), r.ID, nil); err != nil || !r.Complete {
		t.Fatalf("resumed: %+v, %v", r, err)
	}
	now, err := b.Replay(t.Context(), r.ID)
	if err != nil || now.Published != 40 || now.Pending != 40 || sent >= 40 {
		t.Errorf("after %d and the rest: %+v, %v; want 40 pointers", sent, now, err)
	}
	if _, err := b.ResumeReplay(t.Context(), r.ID, nil); !errors.Is(err, bus.ErrReplayHeld) {
		t.Errorf("resumed after its end: %v", err)
	}
	if _, err := b.ResumeReplay(t.Context(), "nosuch", nil); !errors.Is(err, bus.ErrNoReplay) {
		t.Errorf("resumed what there is not: %v", err)
	}

	// Cancelled by another process while it is being sent.
	var once sync.Once
	r, err = b.StartReplay(t.Context(), "parser", []string{"article"}, bus.Selection{Stream: bus.StreamPage}, 40, func(n int) {
		once.Do(func() {
			all, err := b.Replays(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := b.CancelReplay(t.Context(), all[0].ID); err != nil {
				t.Error(err)
			}
		})
	})
	if !errors.Is(err, bus.ErrReplayCancelled) || r == nil || !r.Cancelled {
		t.Fatalf("cancelled while it was sent: %+v, %v", r, err)
	}
	if now, err := b.Replay(t.Context(), r.ID); err != nil || now.Pending != 0 || !now.Cancelled || now.Complete {
		t.Errorf("after cancelling: %+v, %v", now, err)
	}
	if _, err := b.ResumeReplay(t.Context(), r.ID, nil); !errors.Is(err, bus.ErrReplayHeld) {
		t.Errorf("resumed after it was cancelled: %v", err)
	}
}

// TestReplayThatSelectsLittleGivesSignsOfLife looks through a stream that has nothing of the selection.
func TestReplayThatSelectsLittleGivesSignsOfLife(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	pages(t, b, 0, 10)
	signs := 0
	r, err := b.StartReplay(t.Context(), "parser", []string{"article"}, bus.Selection{Stream: bus.StreamPage, ID: "nosuch"}, 0, func(int) { signs++ })
	if err != nil || signs != 1 {
		t.Fatalf("%+v, %v, %d signs of life; want the one of its end", r, err, signs)
	}
	bus.Reopen(t, b, r.ID, time.Now().Add(-time.Minute))
	r, err = b.ResumeReplay(t.Context(), r.ID, func(int) { signs++ })
	if err != nil || !r.Complete || r.Published != 0 || signs != 3 {
		t.Errorf("%+v, %v, %d signs of life; want one more while it looks, and that of its end", r, err, signs)
	}
}

// TestReplaySince: workers learn of a replay's moment, which is after all at which a version came into use before and
// before those after, and what comes of a replayed message in the next stage knows of the run alone.
func TestReplaySince(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	pages(t, b, 0, 1)
	before, err := b.InUse(t.Context(), "parser", "one")
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.StartReplay(t.Context(), "parser", []string{"article"}, bus.Selection{Stream: bus.StreamPage}, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if after, err := b.InUse(t.Context(), "parser", "two"); err != nil || !r.Since.After(before) || !after.After(r.Since) {
		t.Errorf("in use at %v, replayed at %v, in use at %v, %v", before, r.Since, after, err)
	}
	var mu sync.Mutex
	var since []time.Time
	var runs []string
	done := make(chan struct{})
	article := &bus.Worker[*feedmill.Page]{Name: "article", From: bus.Pages, Replay: true,
		Handle: func(_ context.Context, p *feedmill.Page, out *bus.Outbox) error {
			mu.Lock()
			defer mu.Unlock()
			since = append(since, out.Cause().Since)
			bus.Put(out, bus.Articles, &feedmill.Article{ID: p.ID, URL: p.URL})
			return nil
		}}
	enrich := &bus.Worker[*feedmill.Article]{Name: "enrich", From: bus.Articles, Replay: true,
		Handle: func(_ context.Context, _ *feedmill.Article, out *bus.Outbox) error {
			mu.Lock()
			defer mu.Unlock()
			if runs = append(runs, out.Cause().Run); !out.Cause().Since.IsZero() {
				t.Error("the next stage is not replayed, and has a moment of its own")
			}
			if len(runs) == 2 {
				close(done)
			}
			return nil
		}}
	runUntil(t, done, func(ctx context.Context) error {
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error { return article.Run(ctx, b) })
		group.Go(func() error { return enrich.Run(ctx, b) })
		return group.Wait()
	})
	if len(since) != 2 || !since[0].IsZero() || !since[1].Equal(r.Since) {
		t.Errorf("moments %v, want none for live work and %v", since, r.Since)
	}
	if len(runs) != 2 || !slices.Contains(runs, "") || !slices.Contains(runs, r.ID) { // handled side by side
		t.Errorf("runs %q, want none and %s", runs, r.ID)
	}
}
