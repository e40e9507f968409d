package daemon

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/feedmill/feedmill/registry"
)

const (
	// idleEvery is how long a poll that found nothing new may wait to be written down.
	idleEvery = time.Second
	// maxIdle is how many feeds' states are kept in memory; of more feeds it is only known when they are due.
	maxIdle = 1 << 18
	// lastFlush is how long the last states have to be written when the process ends.
	lastFlush = 5 * time.Second
)

// idle holds the feeds whose last poll found nothing new: their states, which it writes down behind the polls, many at a
// time, and when they are due (see agenda). What is lost with a killed process is when the polls of the last second were.
// Whoever polls those feeds next finds in the registry when they were due before.
//
// A state that somebody else changes meanwhile is found out when it is written, by its revision: then what the poll found is
// added to the newer one.
type idle struct {
	registry *registry.Registry
	log      *slog.Logger

	writing sync.Mutex // one flush at a time

	mu    sync.Mutex
	feeds map[string]*idleFeed
	dirty map[string]bool
	// states counts the feeds whose state is in memory.
	states int
	failed bool // the last flush
	agenda
}

// idleFeed is a feed in memory. There are very many of them.
type idleFeed struct {
	id       string
	state    []byte // as it is stored; nil: it is to be read
	revision uint64
	base     uint64 // the revision that was read, from which on all others are of this process
	due      int64  // Unix nanoseconds, as all times here
	slot     int64  // that was booked with its host; 0: none
	polled   int64
	changes  int32 // since it was read
	place    int32 // in the agenda; -1: it does not stand there
	part     uint8 // partition of the host that is asked
	putOff   bool  // it was overdue and has been put off once
}

func newIdle(r *registry.Registry, log *slog.Logger) *idle {
	d := &idle{registry: r, log: log, feeds: map[string]*idleFeed{}, dirty: map[string]bool{}, agenda: newAgenda()}
	d.idled.L = &d.mu
	return d
}

// version returns a feed's state as the last poll left it.
func (d *idle) version(ctx context.Context, id string) (registry.Version, error) {
	d.mu.Lock()
	f := d.feeds[id]
	if f == nil || f.state == nil {
		d.mu.Unlock()
		return d.registry.Version(ctx, id)
	}
	e := registry.Encoded{ID: f.id, State: f.state, Revision: f.revision}
	d.mu.Unlock()
	return e.Version()
}

// put takes what a poll made of a version of a feed's state. The feed stands on the agenda then, where its partition is
// this process's to poll.
func (d *idle) put(v registry.Version, part uint8) error {
	e, err := registry.Encode(&v)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.feeds[e.ID]
	if f == nil {
		f = &idleFeed{id: e.ID, base: e.Revision, place: -1}
		d.feeds[e.ID] = f
	}
	if f.revision = max(f.revision, e.Revision); e.Revision < f.base {
		f.revision = e.Revision // somebody has changed the feed since: what the poll found is merged
	}
	d.keep(f, e.State)
	f.part, f.due, f.slot, f.polled, f.putOff = part, v.State.Due.UnixNano(), 0, v.State.LastPoll.UnixNano(), false
	f.changes++
	d.dirty[e.ID] = true
	if d.held[part] {
		d.place(f)
	}
	return nil
}

// partition is the one whose holder polls a feed.
func partition(st *feedmill.FeedState) uint8 {
	return uint8(bus.PartitionOf(fetcher.HostKey(st.PollURL())))
}

// keep keeps a feed's state in memory, and makes room where there are too many. The caller holds mu.
func (d *idle) keep(f *idleFeed, state []byte) {
	if f.state == nil && state != nil {
		if d.states >= maxIdle {
			d.makeRoom()
		}
		d.states++
	}
	f.state = state
}

// makeRoom drops an eighth of the states, any of them that are written down. The caller holds mu.
func (d *idle) makeRoom() {
	left := maxIdle / 8
	for id, f := range d.feeds {
		if left == 0 {
			return
		}
		if f.state != nil && !d.dirty[id] {
			f.state = nil
			d.states--
			left--
		}
	}
}

// drop forgets a feed. The caller holds mu.
func (d *idle) drop(f *idleFeed) {
	d.unplace(f)
	if f.state != nil {
		d.states--
	}
	delete(d.feeds, f.id)
	delete(d.dirty, f.id)
}

// settle writes a feed's state down, where it is not, and forgets it: what comes next is committed to the registry, and its
// next poll is on the calendar of the bus.
func (d *idle) settle(ctx context.Context, id string) error {
	d.writing.Lock()
	defer d.writing.Unlock()
	err := d.write(ctx, []string{id})
	d.mu.Lock()
	defer d.mu.Unlock()
	if f := d.feeds[id]; err == nil && f != nil {
		d.drop(f)
	}
	return err
}

// look reads a feed again that somebody has changed. Missing says that it is in memory nowhere, and may belong on the agenda:
// it is to be looked for.
func (d *idle) look(ctx context.Context, id string) (missing bool, err error) {
	d.writing.Lock()
	defer d.writing.Unlock()
	if err := d.write(ctx, []string{id}); err != nil {
		return false, err
	}
	v, err := d.registry.Version(ctx, id)
	if err != nil && !errors.Is(err, registry.ErrNotFound) {
		return false, err
	}
	gone := err != nil || v.State.Paused || v.State.Gone
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fills > 0 {
		d.looked[id] = v.Revision
		if err != nil {
			d.looked[id] = math.MaxUint64
		}
	}
	f := d.feeds[id]
	switch {
	case f == nil:
		return !gone && (d.fills > 0 || mayIdle(&v.State)), nil
	case d.dirty[id]:
		return false, nil
	case gone:
		d.drop(f)
		return false, nil
	}
	return false, d.refresh(f, v)
}

// mayIdle tells whether a feed's next poll stands on the agenda by rule: it is new, or had nothing new.
func mayIdle(st *feedmill.FeedState) bool {
	return st.Outcome == "" || st.Outcome == feedmill.OutcomeUnchanged
}

// refresh takes a state that somebody else has written. The caller holds mu.
func (d *idle) refresh(f *idleFeed, v registry.Version) error {
	e, err := registry.Encode(&v)
	if err != nil {
		return err
	}
	d.keep(f, e.State)
	f.revision, f.base = e.Revision, e.Revision
	if f.place >= 0 && v.State.Due.UnixNano() != f.due && !v.State.Due.IsZero() {
		f.due, f.slot = v.State.Due.UnixNano(), 0
		d.place(f)
	}
	return nil
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
		d.log.Warn("the states of some feeds without news are not written down; they are polled when they were due before", "error", err)
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
	err := d.write(ctx, ids)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failed = err != nil
	return err
}

// write writes down the feeds that are not. Errors of single ones leave them for the next time. The caller holds writing.
func (d *idle) write(ctx context.Context, ids []string) error {
	var all []registry.Encoded
	var changes []int32
	d.mu.Lock()
	for _, id := range ids {
		if f := d.feeds[id]; f != nil && d.dirty[id] {
			all, changes = append(all, registry.Encoded{ID: f.id, State: f.state, Revision: f.revision}), append(changes, f.changes)
		}
	}
	d.mu.Unlock()
	if len(all) == 0 {
		return nil
	}
	var failed error
	for i, w := range d.registry.PutEncoded(ctx, all) {
		id := all[i].ID
		if errors.Is(w.Err, registry.ErrConflict) {
			w.Err = d.merge(ctx, all[i], changes[i])
		} else if w.Err == nil {
			d.mu.Lock()
			if f := d.feeds[id]; f != nil {
				f.revision = w.Revision
				if f.changes == changes[i] {
					delete(d.dirty, id)
				}
			}
			d.mu.Unlock()
		}
		if failed == nil {
			failed = w.Err
		}
	}
	return failed
}

// merge adds what a poll found to a state that somebody else has changed, and goes on from there. A feed that is not to be
// polled any more is forgotten.
func (d *idle) merge(ctx context.Context, e registry.Encoded, changes int32) error {
	found, err := e.Version()
	if err != nil {
		return err
	}
	st := &found.State
	err = d.registry.Update(ctx, e.ID, func(s *feedmill.FeedState) error {
		if s.Paused || s.Gone || !st.LastPoll.After(s.LastPoll) {
			return nil // a later poll is known
		}
		s.LastPoll, s.LastSuccess, s.Outcome, s.Status, s.Class, s.Error = st.LastPoll, st.LastSuccess, st.Outcome, st.Status, st.Class, st.Error
		s.Failures, s.RetryAt, s.New, s.Fresh, s.MaxAge, s.Due, s.LastBody = st.Failures, st.RetryAt, st.New, st.Fresh, st.MaxAge, st.Due, st.LastBody
		return nil
	})
	var now registry.Version
	if err == nil {
		now, err = d.registry.Version(ctx, e.ID)
	}
	if err != nil && !errors.Is(err, registry.ErrNotFound) {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.feeds[e.ID]
	switch {
	case f == nil:
		return nil
	case err != nil || now.State.Paused || now.State.Gone:
		d.drop(f)
		return nil
	case f.changes != changes:
		return nil // polled again: that is merged next
	}
	delete(d.dirty, e.ID)
	return d.refresh(f, now)
}
