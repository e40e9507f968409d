package bus

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
)

// TestAStoreThatCouldNotBeWrittenComesBack puts something in the way of the store of one stream, as a full disk is, and
// takes it away again: what is published meanwhile waits, and gets there.
func TestAStoreThatCouldNotBeWrittenComesBack(t *testing.T) {
	t.Parallel()
	began := time.Now()
	dir := t.TempDir()
	told := &listener{want: "the bus cannot be brought back yet", heard: make(chan struct{})}
	log := slog.New(slog.NewTextHandler(io.MultiWriter(t.Output(), told), nil))
	b, err := Connect(t.Context(), Options{Dir: dir, MaxStore: 16 << 20, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	// The stream begins a second file after some 4 MiB, and cannot.
	obstacle := filepath.Join(dir, "nats", "jetstream", "$G", "streams", "FM_EVENT", "msgs", "2.blk")
	if err := os.Mkdir(obstacle, 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var events, tending sync.WaitGroup
	defer tending.Wait()
	defer events.Wait()
	defer cancel()
	const n = 16
	for i := range n {
		events.Go(func() {
			err := b.Send(ctx, "test", string(rune('a'+i)), func(o *Outbox) {
				o.Event(feedmill.Event{URL: "http://example.com/", Reason: noise(480_000)})
			})
			if err != nil {
				t.Errorf("send: %v", err)
			}
		})
	}
	for b.server.look() == "" {
		pause(t, began, 5*time.Millisecond)
	}
	tending.Go(func() {
		if err := b.tend(ctx, 0, 10*time.Millisecond); err != nil {
			t.Errorf("tend: %v", err)
		}
	})
	for b.StoreProblem() == "" {
		pause(t, began, 5*time.Millisecond)
	}
	if !strings.Contains(b.StoreProblem(), "FM_EVENT") {
		t.Errorf("the problem is %q, want it to name the stream", b.StoreProblem())
	}
	select { // a restart does not help yet, and loses nothing
	case <-told.heard:
	case <-time.After(time.Minute):
		t.Fatal("nothing says that the restart did not help")
	}
	sent := make(chan struct{})
	go func() {
		events.Wait()
		close(sent)
	}()
	for done := false; !done; {
		_ = syscall.Rmdir(obstacle) // again, where it was put back with what the stream holds; a file is not removed
		select {
		case <-sent:
			done = true
		default:
			pause(t, began, 20*time.Millisecond)
		}
	}
	if st, err := b.Stream(t.Context(), StreamEvent); err != nil || st.Messages != n {
		t.Errorf("%d messages in the stream, %v, want %d", st.Messages, err, n)
	}
}

// TestWorkersWaitForRoomOnTheDisk asks for more free space than any disk has, and then for less.
func TestWorkersWaitForRoomOnTheDisk(t *testing.T) {
	t.Parallel()
	began := time.Now()
	b, err := Connect(t.Context(), Options{Dir: t.TempDir(), Reserve: 1 << 62})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	err = b.tend(t.Context(), time.Millisecond, 5*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "free disk space") {
		t.Errorf("got %v, want an error that says what to do", err)
	}
	if err := b.Send(t.Context(), "test", "1", func(o *Outbox) {
		Put(o, Records, &feedmill.Record{Article: feedmill.Article{ID: "a", URL: "http://a.example/"}})
	}); err != nil {
		t.Fatal(err)
	}
	var handled atomic.Int32
	w := &BatchWorker[*feedmill.Record]{Name: "sink", From: Records, Write: func(context.Context, []*feedmill.Record) error {
		handled.Add(1)
		return nil
	}}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() {
		if err := w.Run(ctx, b); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	var first time.Time
	for {
		if loops := b.Loops(); len(loops) > 0 && first.IsZero() {
			first = loops[0].Turned
		} else if len(loops) > 0 && loops[0].Turned.After(first.Add(pressureAge)) {
			break // it came round, with nothing taken
		}
		pause(t, began, time.Millisecond)
	}
	if n := handled.Load(); n != 0 {
		t.Errorf("%d batches were handled while the disk was full, want 0", n)
	}
	cancel()
	running.Wait()
	b.opts.Reserve = 1
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	running.Go(func() {
		if err := w.Run(ctx, b); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	running.Go(func() {
		if err := b.tend(ctx, 0, 5*time.Millisecond); err != nil {
			t.Errorf("tend: %v", err)
		}
	})
	for handled.Load() == 0 {
		pause(t, began, time.Millisecond)
	}
}

// pause waits between two looks at something that is to happen within a minute of the time that the test began.
func pause(t *testing.T, began time.Time, d time.Duration) {
	t.Helper()
	if time.Since(began) > time.Minute {
		t.Fatal("nothing happens")
	}
	<-time.After(d)
}

// TestTendEndsWithItsContext looks at a server that does not say how it is.
func TestTendEndsWithItsContext(t *testing.T) {
	t.Parallel()
	e := &embedded{}
	e.mu.Lock() // and never unlocked: whoever asks hangs
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (&Bus{server: e}).tend(ctx, 0, time.Hour); err != nil {
		t.Errorf("tend: %v", err)
	}
	if _, err := e.broken(t.Context(), time.Millisecond); !errors.Is(err, errHung) {
		t.Errorf("broken: %v, want that it hangs", err)
	}
	if err := e.restart(time.Millisecond); !errors.Is(err, errHung) {
		t.Errorf("restart: %v, want that it hangs", err)
	}
}

func TestReserve(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reserve, free, all int64
		want               string
	}{
		{0, 65 << 20, 100 << 30, ""},
		{0, 63 << 20, 100 << 30, "only 63 MiB of the disk are free, and 64 MiB are kept free"},
		{0, 6 << 20, 100 << 20, ""},
		{0, 0, 0, ""}, // unknown
		{1 << 30, 1 << 29, 100 << 30, "only 512 MiB of the disk are free, and 1.0 GiB are kept free"},
	} {
		b := &Bus{opts: Options{Reserve: test.reserve}}
		if got := b.low(test.free, test.all); got != test.want {
			t.Errorf("reserve %d, %d of %d free: %q, want %q", test.reserve, test.free, test.all, got, test.want)
		}
	}
}

// listener is told of a line that it waits for.
type listener struct {
	want  string
	once  sync.Once
	heard chan struct{}
}

func (l *listener) Write(p []byte) (int, error) {
	if strings.Contains(string(p), l.want) {
		l.once.Do(func() { close(l.heard) })
	}
	return len(p), nil
}

// noise is text of about n bytes that does not compress well.
func noise(n int) string {
	raw := make([]byte, n*3/4)
	rand.NewChaCha8([32]byte{}).Read(raw)
	return base64.StdEncoding.EncodeToString(raw)
}
