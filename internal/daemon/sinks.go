package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/file"
	"github.com/feedmill/feedmill/sink/postgres"
	"github.com/feedmill/feedmill/sink/sqlite"
)

// sinkWorker begins the name of a sink's worker; its own name follows.
const sinkWorker = "sink-"

type namedSink struct {
	name string
	sink.Sink
	// wait is how long records of the feed alone are held back; holds says that some may be, now or from before.
	wait  time.Duration
	holds bool
}

// openSinks opens the stores. One that is on another machine need not be there yet, or may refuse us until somebody has
// set that right: a daemon goes on without it, its records wait on the bus, and it is opened as soon as it can be. A pass
// would wait for it in vain, so there it is an error like that of a store on this machine.
func (p *pipeline) openSinks(ctx context.Context, once bool) error {
	if err := os.MkdirAll(p.cfg.Data, 0o700); err != nil {
		return fmt.Errorf("data directory %s: %w; choose another with --data", p.cfg.Data, err)
	}
	for i := range p.cfg.Sinks {
		s := &p.cfg.Sinks[i]
		store, err := p.openSink(ctx, s)
		reason := ""
		if err != nil {
			if once || s.Type != "postgres" || errors.Is(err, postgres.ErrDSN) || ctx.Err() != nil {
				return fmt.Errorf("sink %s: %w", s.Name, err)
			}
			p.log.Warn("a sink cannot be opened; the rest goes on, its records wait on the bus, and it is tried again", "sink", s.Name, "error", err)
			store = &lateSink{open: func(ctx context.Context) (sink.Sink, error) { return p.openSink(ctx, s) }, failed: err, failedAt: time.Now()}
			reason = "cannot be opened; the log says why"
		}
		named := namedSink{name: s.Name, Sink: store, wait: time.Duration(s.WaitFullText)}
		if once {
			named.wait = 0 // there is no later to wait for
		}
		p.sinks = append(p.sinks, named)
		if named.holds = s.WaitFullText > 0; !named.holds {
			if named.holds, err = p.Bus.HoldsBack(ctx, s.Name); err != nil {
				return err
			}
		}
		p.sinks[len(p.sinks)-1] = named
		p.health.sink(s.Name, reason)
	}
	return p.dismissSinks(ctx)
}

// openSink is the table of stores.
func (p *pipeline) openSink(ctx context.Context, s *config.Sink) (sink.Sink, error) {
	switch {
	case s.Type == "sqlite":
		return sqlite.Open(ctx, p.cfg.SQLitePath(s), &sqlite.Options{Logger: p.log})
	case s.Type == "postgres":
		return postgres.Open(ctx, s.DSN, &postgres.Options{Logger: p.log})
	case s.Type == "file" && s.Format != "parquet":
		return file.Open(s.Dir, &file.Options{Name: s.Name, RotateSize: int64(s.Rotate.Size), RotateAge: time.Duration(s.Rotate.Age), Logger: p.log})
	case s.Type == "file":
		return nil, fmt.Errorf("format %s is not in this version; use jsonl", s.Format)
	}
	return nil, fmt.Errorf("type %s is not in this version; use sqlite, postgres or file", s.Type)
}

// dismissSinks drops the positions of sinks that stand in the configuration no more: nobody would ever read on from
// them, and everybody would wait for them. On a server of its own this process knows all sinks; on another it does not.
func (p *pipeline) dismissSinks(ctx context.Context) error {
	if !p.Bus.Embedded() {
		return nil
	}
	names, err := p.Bus.Dismiss(ctx, bus.StreamRecord, func(worker string) bool {
		name, ok := strings.CutPrefix(worker, sinkWorker)
		return ok && !slices.ContainsFunc(p.sinks, func(s namedSink) bool { return s.name == name })
	})
	if len(names) > 0 {
		p.log.Warn("sinks that stand in the configuration no more are forgotten; put back, they read the records that are kept on the bus again", "workers", names)
	}
	return err
}

// storeRecords is a sink's worker.
func (p *pipeline) storeRecords(ctx context.Context, s namedSink) error {
	if late, ok := s.Sink.(*lateSink); ok {
		var opening sync.WaitGroup
		defer opening.Wait()
		opening.Go(func() { p.openInTime(ctx, s.name, late) })
	}
	w := &bus.BatchWorker[*feedmill.Record]{Name: sinkWorker + s.name, From: bus.Records, Write: p.write(s)}
	return w.Run(ctx, p.Bus)
}

const (
	// writeTimeout is how long one batch may take. A server that vanishes without a word would hold it for much longer.
	writeTimeout = 2 * time.Minute
	// openPauseMax is the longest pause between two tries to open a sink.
	openPauseMax = 30 * time.Second
)

// write stores a batch, but for the records that are held back.
func (p *pipeline) write(s namedSink) func(context.Context, []*feedmill.Record) error {
	return func(ctx context.Context, recs []*feedmill.Record) error {
		now, err := p.holdBack(ctx, &s, recs)
		if err != nil || len(now) == 0 && len(recs) > 0 {
			return err
		}
		return p.writeNow(ctx, &s, now)
	}
}

// writeNow writes a batch and notes how the sink does.
func (p *pipeline) writeNow(ctx context.Context, s *namedSink, recs []*feedmill.Record) error {
	within, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := s.Write(within, recs); err != nil {
		if within.Err() != nil && ctx.Err() == nil && !feedmill.IsPermanent(err) {
			err = sink.Down(fmt.Errorf("not written within %s: %w", writeTimeout, err))
		}
		if !feedmill.IsPermanent(err) {
			p.health.sink(s.name, "its last write failed; the log says why")
		}
		return err
	}
	p.health.sink(s.name, "")
	if p.onRecords != nil {
		p.onRecords(recs)
	}
	return nil
}

// openInTime opens a sink, whether there is something to write or not.
func (p *pipeline) openInTime(ctx context.Context, name string, l *lateSink) {
	since := time.Now()
	for pause := time.Second; sleep(ctx, pause); pause = min(2*pause, openPauseMax) {
		if _, err := l.get(ctx); err == nil {
			p.health.sink(name, "")
			p.log.Info("the sink is open now", "sink", name, "after", time.Since(since).Round(time.Second))
			return
		}
	}
}

// lateSink is a sink that could not be opened yet.
type lateSink struct {
	open func(context.Context) (sink.Sink, error)

	mu       sync.Mutex
	store    sink.Sink // nil: not open yet
	closed   bool
	failed   error // of the last try
	failedAt time.Time
}

// failureAge is how long a failed try answers for further ones.
const failureAge = time.Second

// get returns the store, which it opens if it is not open yet.
func (l *lateSink) get(ctx context.Context) (sink.Sink, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return nil, sink.ErrClosed
	case l.store != nil:
		return l.store, nil
	case time.Since(l.failedAt) < failureAge:
		return nil, l.failed
	}
	store, err := l.open(ctx)
	if err != nil {
		l.failed, l.failedAt = err, time.Now()
		return nil, err
	}
	l.store = store
	return store, nil
}

// Write opens the store if it is not open yet, and writes.
func (l *lateSink) Write(ctx context.Context, recs []*feedmill.Record) error {
	store, err := l.get(ctx)
	if err != nil {
		return sink.Down(err)
	}
	return store.Write(ctx, recs)
}

// Prune drops what is old once the store is open.
func (l *lateSink) Prune(ctx context.Context, before time.Time, limit int) (int, error) {
	l.mu.Lock()
	store := l.store
	l.mu.Unlock()
	if p, ok := store.(sink.Pruner); ok {
		return p.Prune(ctx, before, limit)
	}
	return 0, nil
}

// Close closes the store if it was opened.
func (l *lateSink) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.store == nil {
		return nil
	}
	return l.store.Close()
}
