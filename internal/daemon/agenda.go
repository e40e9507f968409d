package daemon

import (
	"bytes"
	"container/heap"
	"context"
	"sync"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/registry"
)

// agenda is when the idle feeds of the partitions that this process holds are due. It is made of the registry, where each
// feed's next poll stands, whenever a partition is taken, and nothing of it is written: the calendar of the bus has only
// what one process tells another, and polls after others than idle ones. Its fields are guarded by idle.mu.
type agenda struct {
	order dueOrder
	held  [bus.Partitions]bool
	// polling are the feeds whose poll is under way, with their partition; idled is signalled when one ends.
	polling map[string]uint8
	idled   sync.Cond
	// wake has a token when what is due first may have changed.
	wake chan struct{}
	// fills counts the readings of the registry that are under way, and looked has the revisions of the feeds that were
	// looked at meanwhile: what was read of them before is old.
	fills  int
	looked map[string]uint64
}

func newAgenda() agenda {
	return agenda{polling: map[string]uint8{}, wake: make(chan struct{}, 1), looked: map[string]uint64{}}
}

// fill begins to put feeds on the agenda as they are read in the registry; the function that it returns ends that.
func (d *idle) fill() (end func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fills++
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.fills--; d.fills == 0 {
			clear(d.looked)
		}
	}
}

// dueOrder is a heap of feeds by when they are due.
type dueOrder []*idleFeed

func (o dueOrder) Len() int           { return len(o) }
func (o dueOrder) Less(i, j int) bool { return o[i].due < o[j].due }
func (o dueOrder) Swap(i, j int) {
	o[i], o[j] = o[j], o[i]
	o[i].place, o[j].place = int32(i), int32(j)
}

func (o *dueOrder) Push(x any) {
	f := x.(*idleFeed)
	f.place = int32(len(*o))
	*o = append(*o, f)
}

func (o *dueOrder) Pop() any {
	n := len(*o) - 1
	f := (*o)[n]
	(*o)[n] = nil
	*o = (*o)[:n]
	f.place = -1
	return f
}

// place puts a feed where its due time belongs. The caller holds mu.
func (d *idle) place(f *idleFeed) {
	if f.place >= 0 {
		heap.Fix(&d.order, int(f.place))
	} else {
		heap.Push(&d.order, f)
	}
	if f.place == 0 {
		d.signal()
	}
}

// unplace takes a feed from the agenda. The caller holds mu.
func (d *idle) unplace(f *idleFeed) {
	if f.place >= 0 {
		heap.Remove(&d.order, int(f.place))
	}
}

func (d *idle) signal() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// holds tells whether the polls of a partition are this process's.
func (d *idle) holds(part uint8) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.held[part]
}

// hold begins with a partition. What an earlier holding left in memory may be old.
func (d *idle) hold(part uint8) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, f := range d.feeds {
		if f.part == part && !d.dirty[id] {
			d.drop(f)
		}
	}
	d.held[part] = true
}

// letGo ends with a partition: when it returns none of its polls is under way, and all of them are written down.
func (d *idle) letGo(ctx context.Context, part uint8) error {
	d.mu.Lock()
	d.held[part] = false
	for d.under(part) {
		d.idled.Wait()
	}
	var ids []string
	for id, f := range d.feeds {
		if f.part != part {
			continue
		}
		d.unplace(f)
		if d.dirty[id] {
			ids = append(ids, id)
		}
	}
	d.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, lastFlush)
	defer cancel()
	d.writing.Lock()
	defer d.writing.Unlock()
	d.mu.Lock()
	failed := d.failed
	d.mu.Unlock()
	answered := false
	var err error
	if !failed { // else the bus is away, and all partitions would wait for it in turn
		answered, err = d.write(ctx, ids)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failed = !answered
	for id, f := range d.feeds {
		if f.part == part && !d.dirty[id] && !d.held[part] {
			d.drop(f)
		}
	}
	return err
}

// under tells whether a poll of the partition is under way. The caller holds mu.
func (d *idle) under(part uint8) bool {
	for _, p := range d.polling {
		if p == part {
			return true
		}
	}
	return false
}

// add puts a feed on the agenda that is in the registry and nowhere else; at says when. It tells whether it did.
func (d *idle) add(e registry.Encoded, part uint8, at time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.feeds[e.ID]
	if _, polling := d.polling[e.ID]; polling || !d.held[part] || f != nil && f.place >= 0 || e.Revision < d.looked[e.ID] {
		return false
	}
	if f == nil {
		f = &idleFeed{id: e.ID, place: -1}
		d.feeds[e.ID] = f
	}
	if !d.dirty[e.ID] {
		f.revision, f.base = e.Revision, e.Revision
		if f.state != nil || d.states < maxIdle {
			d.keep(f, bytes.Clone(e.State)) // what it is part of may be larger
		}
	}
	f.part, f.due, f.slot, f.putOff = part, at.UnixNano(), 0, false
	d.place(f)
	return true
}

// yield takes a feed from the agenda that was added and not polled since: it stands on the calendar.
func (d *idle) yield(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f := d.feeds[id]; f != nil && f.place >= 0 && f.polled == 0 && !d.dirty[id] {
		d.drop(f)
	}
}

// next returns the first feed, if it is due, as a poll that is under way from now on; or when one will be, the zero time
// where none is known.
func (d *idle) next(now time.Time) (poll *feedmill.Poll, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.order) == 0 || d.failed {
		return nil, time.Time{}
	}
	f := d.order[0]
	for !d.held[f.part] { // about to be let go
		d.unplace(f)
		if len(d.order) == 0 {
			return nil, time.Time{}
		}
		f = d.order[0]
	}
	if at = time.Unix(0, f.due); at.After(now) {
		return nil, at
	}
	heap.Pop(&d.order)
	d.polling[f.id] = f.part
	poll = &feedmill.Poll{Feed: f.id, Due: at, PutOff: f.putOff}
	if f.slot != 0 {
		poll.Slot = time.Unix(0, f.slot)
	}
	return poll, at
}

// end ends a poll that next began. A feed that did not come back to the agenda is forgotten.
func (d *idle) end(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.polling, id)
	if f := d.feeds[id]; f != nil && f.place < 0 && !d.dirty[id] {
		d.drop(f)
	}
	d.idled.Broadcast()
}

// later puts a feed back on the agenda for another time than its state says, and tells whether it could: the feed must be
// in memory, and its partition be held.
func (d *idle) later(poll *feedmill.Poll, at time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.feeds[poll.Feed]
	if f == nil || !d.held[f.part] {
		return false
	}
	f.due, f.putOff, f.slot = at.UnixNano(), poll.PutOff, 0
	if !poll.Slot.IsZero() {
		f.slot = poll.Slot.UnixNano()
	}
	d.place(f)
	return true
}

// claim takes a feed from the agenda for a poll that a message asks for. Busy says that its poll is under way, and known
// that there was one since the message's was due and the next is on the agenda.
func (d *idle) claim(poll *feedmill.Poll) (busy, known bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, busy = d.polling[poll.Feed]; busy {
		return true, false
	}
	f := d.feeds[poll.Feed]
	if f == nil || f.place < 0 {
		return false, false
	}
	if f.polled > poll.Due.UnixNano() && f.due > time.Now().UnixNano() {
		return false, true
	}
	if d.unplace(f); !d.dirty[f.id] {
		d.drop(f) // who asks may have changed it
	}
	return false, false
}
