package daemon

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/registry"
)

const (
	// idleEvery is how long a poll that found nothing new may wait to be written down.
	idleEvery = time.Second
	// maxIdle is how many feeds' states are kept in memory.
	maxIdle = 1 << 18
	// lastFlush is how long the last states have to be written when the process ends.
	lastFlush = 5 * time.Second
)

// idle holds the states of feeds whose last poll found nothing new, and writes them down behind the polls, many at a time.
// What is lost with a killed process is when such a poll was; the next one is on the calendar.
//
// A state that somebody else changes meanwhile is found out when it is written, by its revision: then it is forgotten
// here, and what the poll found is added to the newer one.
type idle struct {
	registry *registry.Registry
	log      *slog.Logger
	// stale is called for a feed that was polled although it was paused or removed meanwhile.
	stale func(context.Context, *feedmill.FeedState) error

	writing sync.Mutex // one flush at a time

	mu    sync.Mutex
	feeds map[string]*idleFeed
	dirty map[string]bool
}

type idleFeed struct {
	registry.Version
	changes int // since it was read
}

func newIdle(r *registry.Registry, log *slog.Logger, stale func(context.Context, *feedmill.FeedState) error) *idle {
	return &idle{registry: r, log: log, stale: stale, feeds: map[string]*idleFeed{}, dirty: map[string]bool{}}
}

// version returns a feed's state as the last poll left it.
func (d *idle) version(ctx context.Context, id string) (registry.Version, error) {
	d.mu.Lock()
	f := d.feeds[id]
	if f != nil {
		defer d.mu.Unlock()
		return f.Version, nil
	}
	d.mu.Unlock()
	return d.registry.Version(ctx, id)
}

// put takes what a poll made of a version of a feed's state.
func (d *idle) put(v registry.Version) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.feeds[v.State.ID]
	if f == nil {
		if len(d.feeds) >= maxIdle {
			d.forget()
		}
		f = &idleFeed{Version: v}
		d.feeds[v.State.ID] = f
	}
	f.State = v.State // its revision may have become a later one
	f.changes++
	d.dirty[v.State.ID] = true
}

// forget makes room: it drops an eighth of the states, any of them that are written down.
func (d *idle) forget() {
	left := maxIdle / 8
	for id := range d.feeds {
		if left == 0 {
			return
		}
		if !d.dirty[id] {
			delete(d.feeds, id)
			left--
		}
	}
}

// forgetWritten drops all states that are written down.
func (d *idle) forgetWritten() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id := range d.feeds {
		if !d.dirty[id] {
			delete(d.feeds, id)
		}
	}
}

// settle writes a feed's state down, where it is not, and forgets it: what comes next is committed to the registry.
func (d *idle) settle(ctx context.Context, id string) error {
	d.writing.Lock()
	defer d.writing.Unlock()
	err := d.write(ctx, []string{id})
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		delete(d.feeds, id)
		delete(d.dirty, id)
	}
	return err
}

// run writes states down until ctx ends, and then those that are left.
func (d *idle) run(ctx context.Context) error {
	tick := time.NewTicker(idleEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := d.flush(ctx); err != nil && ctx.Err() == nil {
				d.log.Warn("the states of feeds without news cannot be written down; trying again", "error", err)
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// close writes down what is left, when nobody polls any more.
func (d *idle) close() {
	ctx, cancel := context.WithTimeout(context.Background(), lastFlush)
	defer cancel()
	if err := d.flush(ctx); err != nil {
		d.log.Warn("the states of some feeds without news are not written down; they are polled when they are due all the same", "error", err)
	}
}

func (d *idle) flush(ctx context.Context) error {
	d.writing.Lock()
	defer d.writing.Unlock()
	d.mu.Lock()
	ids := make([]string, 0, len(d.dirty))
	for id := range d.dirty {
		ids = append(ids, id)
	}
	d.mu.Unlock()
	return d.write(ctx, ids)
}

// write writes down the feeds that are not. Errors of single ones leave them for the next time.
func (d *idle) write(ctx context.Context, ids []string) error {
	var all []registry.Version
	var changes []int
	d.mu.Lock()
	for _, id := range ids {
		if f := d.feeds[id]; f != nil && d.dirty[id] {
			all, changes = append(all, f.Version), append(changes, f.changes)
		}
	}
	d.mu.Unlock()
	var errs []error
	for i, w := range d.registry.PutVersions(ctx, all) {
		id := all[i].State.ID
		if errors.Is(w.Err, registry.ErrConflict) {
			w.Err = d.merge(ctx, &all[i].State)
			d.mu.Lock()
			if w.Err == nil {
				delete(d.feeds, id)
				delete(d.dirty, id)
			}
			d.mu.Unlock()
		} else if w.Err == nil {
			d.mu.Lock()
			if f := d.feeds[id]; f != nil {
				f.Revision = w.Revision
				if f.changes == changes[i] {
					delete(d.dirty, id)
				}
			}
			d.mu.Unlock()
		}
		if w.Err != nil {
			errs = append(errs, w.Err)
		}
	}
	if len(errs) > 0 {
		return errs[0]
	}
	return nil
}

// merge adds what a poll found to a state that somebody else has changed.
func (d *idle) merge(ctx context.Context, st *feedmill.FeedState) error {
	var now feedmill.FeedState
	err := d.registry.Update(ctx, st.ID, func(s *feedmill.FeedState) error {
		if now = *s; s.Paused || s.Gone || !st.LastPoll.After(s.LastPoll) {
			return nil // a later poll is known
		}
		s.LastPoll, s.LastSuccess, s.Outcome, s.Status, s.Class, s.Error = st.LastPoll, st.LastSuccess, st.Outcome, st.Status, st.Class, st.Error
		s.Failures, s.RetryAt, s.New, s.Fresh, s.MaxAge, s.Due, s.LastBody = st.Failures, st.RetryAt, st.New, st.Fresh, st.MaxAge, st.Due, st.LastBody
		return nil
	})
	if errors.Is(err, registry.ErrNotFound) || err == nil && (now.Paused || now.Gone) {
		return d.stale(ctx, st)
	}
	return err
}
