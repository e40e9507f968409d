package bus_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/bus/bustest"
)

func TestOneServerForADataDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	daemon := bustest.New(t, &bus.Options{Dir: dir, Daemon: true})
	if !daemon.Embedded() {
		t.Fatal("the daemon has no embedded server")
	}
	info, err := os.Stat(filepath.Join(dir, "bus.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("bus.json: %v, mode %v; want 0600", err, info.Mode())
	}

	_, err = bus.Connect(t.Context(), bus.Options{Dir: dir, Daemon: true})
	if !errors.Is(err, bus.ErrInUse) || !strings.Contains(err.Error(), "--data") {
		t.Errorf("second daemon: %v, want ErrInUse with the next step", err)
	}

	// A command joins the daemon's server and sees its streams.
	command := bustest.New(t, &bus.Options{Dir: dir})
	if command.Embedded() {
		t.Error("a command opened a second server")
	}
	send(t, command, "1", entry(0))
	st, err := daemon.Stream(t.Context(), bus.StreamItem)
	if err != nil || st.Messages != 1 {
		t.Errorf("the daemon sees %d messages, %v; want 1", st.Messages, err)
	}
}

func TestACommandHoldsTheDirectoryUnheard(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	command, err := bus.Connect(t.Context(), bus.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "bus.json")); err == nil {
		t.Error("a command announced its server")
	}
	// A daemon waits for the command to end.
	time.AfterFunc(200*time.Millisecond, func() {
		if err := command.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	daemon := bustest.New(t, &bus.Options{Dir: dir, Daemon: true})
	if !daemon.Embedded() {
		t.Error("the daemon has no embedded server")
	}
}

func TestDataDirectoryOfANewerVersion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "format"), []byte("99\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := bus.Connect(t.Context(), bus.Options{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "newer feedmill") {
		t.Errorf("got %v, want an error about a newer feedmill", err)
	}
}

// TestPublishedInputsAreNotHandledAgain kills a handling between publishing and acknowledging, as far as one process can:
// the input comes again, and is known by what was published.
func TestPublishedInputsAreNotHandledAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b, err := bus.Connect(t.Context(), bus.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	send(t, b, "1", entry(0), entry(1))
	var fetches atomic.Int32
	handle := func(_ context.Context, e feedmill.Entry, out *bus.Outbox) error {
		fetches.Add(1)
		bus.Put(out, bus.Pages, &feedmill.Page{ID: e.ID, URL: e.URL, Body: []byte("x")})
		return nil
	}
	published := make(chan struct{})
	var n atomic.Int32
	w := &bus.Worker[feedmill.Entry]{Name: "page", From: bus.Items, Once: bus.StreamPage,
		Handle: func(ctx context.Context, e feedmill.Entry, out *bus.Outbox) error {
			out.Then(func(context.Context) error {
				if n.Add(1) == 2 {
					close(published)
				}
				return errors.New("killed before the acknowledgement")
			})
			return handle(ctx, e, out)
		}}
	runUntil(t, published, func(ctx context.Context) error { return w.Run(ctx, b) })
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	first := fetches.Load()

	again := bustest.New(t, &bus.Options{Dir: dir})
	w.Handle = handle
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			st, err := again.Stream(ctx, bus.StreamItem)
			if err != nil {
				return
			}
			for _, c := range st.Consumers {
				if c.Pending == 0 && c.Unacked == 0 {
					return
				}
			}
			<-time.After(20 * time.Millisecond)
		}
	}()
	runUntil(t, done, func(ctx context.Context) error { return w.Run(ctx, again) })
	if got := fetches.Load(); got != first {
		t.Errorf("handled %d times after the restart, want 0", got-first)
	}
	st, err := again.Stream(t.Context(), bus.StreamPage)
	if err != nil || st.Messages != 2 {
		t.Errorf("PAGE holds %d messages, %v; want 2", st.Messages, err)
	}
}

// TestBackPressureKeepsUnreadMessages fills a stream whose consumer stands still: the worker that fills it stops, and
// nothing unread is dropped at the size limit.
func TestBackPressureKeepsUnreadMessages(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, &bus.Options{MaxStore: 4 << 20, HighWater: 20})
	// The reader of pages exists but does not read: a worker that is ended at once leaves its consumer.
	ended, cancel := context.WithCancel(t.Context())
	reader := &bus.Worker[*feedmill.Page]{Name: "article", From: bus.Pages, Concurrency: 1,
		Handle: func(context.Context, *feedmill.Page, *bus.Outbox) error { return nil }}
	time.AfterFunc(100*time.Millisecond, cancel)
	if err := reader.Run(ended, b); err != nil {
		t.Fatal(err)
	}
	var all []feedmill.Entry
	for i := range 200 {
		all = append(all, entry(i))
	}
	send(t, b, "1", all...)
	w := &bus.Worker[feedmill.Entry]{Name: "page", From: bus.Items, Into: []string{bus.StreamPage}, Concurrency: 4,
		Handle: func(_ context.Context, e feedmill.Entry, out *bus.Outbox) error {
			bus.Put(out, bus.Pages, &feedmill.Page{ID: e.ID, URL: e.URL, Body: []byte("x")})
			return nil
		}}
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Second)
	defer stop()
	if err := w.Run(ctx, b); err != nil {
		t.Fatal(err)
	}
	st, err := b.Stream(t.Context(), bus.StreamPage)
	if err != nil {
		t.Fatal(err)
	}
	if st.Messages < 20 || st.Messages >= 200 || st.FirstSeq != 1 {
		t.Fatalf("PAGE holds %d messages from %d on; want the filling to stop early and nothing dropped", st.Messages, st.FirstSeq)
	}
	// Once the reader reads, all arrives.
	var read atomic.Int32
	done := make(chan struct{})
	reader.Handle = func(context.Context, *feedmill.Page, *bus.Outbox) error {
		if read.Add(1) == 200 {
			close(done)
		}
		return nil
	}
	runUntil(t, done, func(ctx context.Context) error {
		errs := make(chan error, 2)
		go func() { errs <- reader.Run(ctx, b) }()
		go func() { errs <- w.Run(ctx, b) }()
		return errors.Join(<-errs, <-errs)
	})
}
