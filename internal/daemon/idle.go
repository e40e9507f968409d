package daemon

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"slices"
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
	// writeTries is how often a feed is tried to be written that fails alone, before it is forgotten.
	writeTries = 5
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
	failed bool // the last flush: the store took nothing, and no feed of the agenda is polled until it does
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
	was      *marks // those of the state that was read, where a poll that is not written has changed them
	changes  int32  // since it was read
	place    int32  // in the agenda; -1: it does not stand there
	part     uint8  // partition of the host that is asked
	putOff   bool   // it was overdue and has been put off once
	tries    int8   // to write it that failed while others were written
}

// marks are what an idle poll may change of what the next request for a feed is.
type marks struct {
	validators feedmill.Validators
	movedTo    string
}

func marksOf(st *feedmill.FeedState) marks { return marks{st.Validators, st.MovedTo} }

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

// put takes what a poll made of a version of a feed's state, whose marks were those of was. The feed stands on the agenda then, where its partition is
// this process's to poll.
func (d *idle) put(v registry.Version, part uint8, was marks) error {
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
	if !d.dirty[e.ID] {
		f.was = nil
	}
	if f.was == nil && was != marksOf(&v.State) {
		f.was = &was
	}
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
	_, err := d.write(ctx, []string{id})
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
	if _, err := d.write(ctx, []string{id}); err != nil {
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

// refresh takes a state that somebody else has written. The feed moves on the agenda where that says anew when the next poll
// is, and not to before a time that this one was put off to, for its host or to spread what is overdue. The caller holds mu.
func (d *idle) refresh(f *idleFeed, v registry.Version) error {
	e, err := registry.Encode(&v)
	if err != nil {
		return err
	}
	moves := d.moves(f, &v.State)
	d.keep(f, e.State)
	f.revision, f.base = e.Revision, e.Revision
	if moves {
		f.due, f.slot = v.State.Due.UnixNano(), 0
		d.place(f)
	}
	return nil
}

// moves tells whether a feed is due at another time by a state than by the one that is known. The caller holds mu.
func (d *idle) moves(f *idleFeed, st *feedmill.FeedState) bool {
	place := time.Unix(0, f.due)
	if f.place < 0 || st.Due.IsZero() || st.Due.Equal(place) || !mayIdle(st) {
		return false
	}
	known, err := registry.Encoded{ID: f.id, State: f.state}.Version()
	if err != nil { // it was dropped to make room
		return st.Due.After(time.Now())
	}
	putOff := place.After(known.State.Due)
	return !st.Due.Equal(known.State.Due) && (st.Due.After(place) || !putOff)
}

// run writes states down until ctx ends, and then those that are left.
func (d *idle) run(ctx context.Context) error {
	tick := time.NewTicker(idleEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := d.flush(ctx); err != nil && ctx.Err() == nil {
				d.log.Warn("the states of feeds without news cannot be written down; no feed of this process is polled on the agenda until they can; trying again", "error", err)
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

// flush writes down what is not. Its error says that the store takes nothing; those of single feeds are logged.
func (d *idle) flush(ctx context.Context) error {
	d.writing.Lock()
	defer d.writing.Unlock()
	d.mu.Lock()
	ids := make([]string, 0, len(d.dirty))
	for id := range d.dirty {
		ids = append(ids, id)
	}
	d.mu.Unlock()
	answered, err := d.write(ctx, ids)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed = !answered; answered {
		return nil
	}
	return err
}

// unwritten is a feed as it is to be written.
type unwritten struct {
	registry.Encoded
	changes int32
	was     *marks
}

// write writes down the feeds that are not, and tells whether the store answered for any; so it does where there are none.
// One that fails beside others is left for the next time, up to writeTries times. The caller holds writing.
func (d *idle) write(ctx context.Context, ids []string) (answered bool, err error) {
	all := d.unwritten(ids)
	if len(all) == 0 {
		return true, nil
	}
	encoded := make([]registry.Encoded, len(all))
	for i := range all {
		encoded[i] = all[i].Encoded
	}
	results := d.registry.PutEncoded(ctx, encoded)
	answered = slices.ContainsFunc(results, func(w registry.Written) bool { return w.Err == nil || errors.Is(w.Err, registry.ErrConflict) })
	for i, w := range results {
		if errors.Is(w.Err, registry.ErrConflict) {
			w.Err = d.merge(ctx, &all[i])
		} else if w.Err == nil {
			d.written(&all[i], w.Revision)
		}
		if w.Err != nil && answered && ctx.Err() == nil {
			d.refused(all[i].ID, w.Err)
		}
		if err == nil {
			err = w.Err
		}
	}
	return answered, err
}

// unwritten returns those of the feeds that are to be written. Where the store took nothing the last time, or not one of
// them, another feed goes with them, as it is: it shows whether the store or a feed is at fault.
func (d *idle) unwritten(ids []string) (all []unwritten) {
	d.mu.Lock()
	defer d.mu.Unlock()
	doubt := d.failed
	for _, id := range ids {
		if f := d.feeds[id]; f != nil && d.dirty[id] {
			all = append(all, unwritten{registry.Encoded{ID: f.id, State: f.state, Revision: f.revision}, f.changes, f.was})
			doubt = doubt || f.tries > 0
		}
	}
	if len(all) == 0 || !doubt {
		return all
	}
	for id, f := range d.feeds {
		if f.state != nil && !d.dirty[id] {
			return append(all, unwritten{registry.Encoded{ID: f.id, State: f.state, Revision: f.revision}, f.changes, nil})
		}
	}
	return all
}

// written notes that a feed is written.
func (d *idle) written(u *unwritten, revision uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.feeds[u.ID]
	if f == nil {
		return
	}
	f.revision, f.tries = revision, 0
	if f.changes == u.changes {
		delete(d.dirty, u.ID)
	}
}

// refused notes that a feed alone could not be written, and forgets one that cannot be again and again.
func (d *idle) refused(id string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.feeds[id]
	if f == nil {
		return
	}
	switch f.tries++; f.tries {
	case 1:
		d.log.Warn("what a poll of a feed found cannot be written down; trying again", "feed", id, "error", err)
	case writeTries:
		d.log.Error("what a poll of a feed found cannot be written down; it is left, and the feed is polled as it stands in the registry when that is next looked through",
			"feed", id, "error", err)
		d.drop(f)
	}
}

// merge adds what a poll found to a state that somebody else has changed, and goes on from there. A feed that is not to be
// polled any more is forgotten.
func (d *idle) merge(ctx context.Context, e *unwritten) error {
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
		if e.was != nil && *e.was == marksOf(s) {
			s.Validators, s.MovedTo = st.Validators, st.MovedTo
		}
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
	case f.changes != e.changes:
		return nil // polled again: that is merged next
	}
	f.tries = 0
	delete(d.dirty, e.ID)
	return d.refresh(f, now)
}
