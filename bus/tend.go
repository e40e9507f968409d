package bus

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/nats-io/nats-server/v2/server"
)

const (
	// tendEvery is how often a daemon looks at the store of its embedded server.
	tendEvery = 2 * time.Second
	// restartMost is the longest pause after a restart that did not help.
	restartMost = time.Minute
	// hungAfter is how long the server may take to say how its store does.
	hungAfter = 30 * time.Second
	// mostReserve is the room that is kept free on a large disk.
	mostReserve = 64 << 20
)

// store is how the store of the embedded server does.
type store struct {
	problem atomic.Pointer[string] // why workers wait; nil where they need not
	hung    atomic.Bool
}

// StoreProblem says why the store of the embedded server takes no more work, "" where it does and where the server is
// another's.
func (b *Bus) StoreProblem() string {
	if p := b.room.problem.Load(); p != nil {
		return *p
	}
	return ""
}

// Tend looks after the store of the embedded server until ctx ends; where the server is another's it returns at once.
//
// A nats-server that meets a full disk refuses all further writes to a stream until it is started again, and may hang. So
// workers wait before it comes to that, while less than Options.Reserve is free. Where a write failed nevertheless, the
// server is started again as soon as there is room: workers and commands see a short loss of the connection, and what was
// not acknowledged is published again.
//
// It fails where the server hangs, and where the store has taken no work for longer than patience (0: for ever). The
// process has to end then; what is on the disk is complete.
func (b *Bus) Tend(ctx context.Context, patience time.Duration) error {
	if b.server == nil {
		return nil
	}
	return b.tend(ctx, patience, tendEvery)
}

func (b *Bus) tend(ctx context.Context, patience, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	var since, next time.Time // since the store takes no work; of the next restart
	pause := every
	for {
		broken, err := b.server.broken(ctx, hungAfter)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			b.room.hung.Store(true)
			return err
		}
		low := b.low(Disk(b.opts.Dir))
		switch {
		case broken == "" && low == "":
			if b.room.problem.Swap(nil) != nil {
				b.log.Info("the bus takes work again")
			}
			since, pause = time.Time{}, every
		case since.IsZero():
			since = time.Now()
			b.log.Error("the bus takes no more work; all waits and nothing is lost: free disk space", "data", b.opts.Dir, "reason", reason(broken, low))
			fallthrough
		default:
			r := reason(broken, low)
			b.room.problem.Store(&r)
			b.pulse.silent()
			if patience > 0 && time.Since(since) > patience {
				return fmt.Errorf("data directory %s: %s; free disk space, or choose another directory with --data", b.opts.Dir, r)
			}
		}
		if broken != "" && low == "" && !time.Now().Before(next) {
			err := b.server.restart(hungAfter)
			if errors.Is(err, errHung) {
				b.room.hung.Store(true)
				return err
			}
			if err != nil {
				b.log.Error("the bus cannot be brought back yet", "error", err)
			}
			next = time.Now().Add(pause)
			pause = min(2*pause, restartMost)
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func reason(broken, low string) string {
	if broken != "" && low != "" {
		return low + "; " + broken
	}
	return low + broken
}

// low says that too little of the disk is free, "" where enough is or where that cannot be told.
func (b *Bus) low(free, all int64) string {
	want := b.opts.Reserve
	if want == 0 {
		want = min(mostReserve, all/20)
	}
	if all == 0 || free >= want {
		return ""
	}
	return fmt.Sprintf("only %s of the disk are free, and %s are kept free", humanize.IBytes(uint64(max(0, free))), humanize.IBytes(uint64(want)))
}

var errHung = errors.New("the embedded nats-server hangs, as after a write to a full disk: look at the disk, and start feedmill again; nothing is lost")

// broken says why the server takes no writes, "" where it does. It fails where the server does not say so within limit.
func (e *embedded) broken(ctx context.Context, limit time.Duration) (string, error) {
	answer := make(chan string, 1)
	go func() { answer <- e.look() }() // a server that hangs keeps it for ever
	select {
	case reason := <-answer:
		return reason, nil
	case <-ctx.Done():
		return "", ctx.Err()
	case <-time.After(limit):
		return "", errHung
	}
}

func (e *embedded) look() string {
	s := e.current()
	switch {
	case !s.Running():
		return "the server could not be started again"
	case !s.JetStreamEnabled():
		return "JetStream was stopped"
	}
	for _, problem := range s.Healthz(&server.HealthzOptions{Details: true}).Errors {
		if problem.Type == server.HealthzErrorStream {
			return problem.Error
		}
	}
	return ""
}

// restart ends the server and starts another over the same store, at the same address. It fails with errHung where the
// first has not ended within limit.
func (e *embedded) restart(limit time.Duration) error {
	ended := make(chan struct{})
	go func() { // a server that hangs keeps it for ever
		defer close(ended)
		e.stop()
	}()
	select {
	case <-ended:
	case <-time.After(limit):
		return errHung
	}
	s, err := e.launch()
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.server = s
	return nil
}
