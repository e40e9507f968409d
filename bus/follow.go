package bus

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Follower reads a stored stream a second time: each message a fixed time after it was stored, by its headers alone. What
// Handle puts into the outbox is published, and then the place that was reached is kept, so that a start goes on from
// there. It is one reader for any number of messages that wait, where a calendar would need an entry for each.
//
// A Follower that is new begins with the messages that are due from now on. One message may be handled again after a
// crash; what it publishes has the same id as before.
type Follower struct {
	// Name is the name under which the place is kept.
	Name string
	// Stream is the stream's name, without prefix; Lag how long after its storing a message is handled.
	Stream string
	Lag    time.Duration
	Handle func(m *Stored, out *Outbox)
	// Mine tells whether it is this process that reads, where several could; nil: it is.
	Mine func() bool
}

const (
	// followBatch is how many messages are handled before the place is kept.
	followBatch = 256
	// followAside is how often one that does not read looks whether it is to.
	followAside = 2 * time.Second
)

// reached is how far a Follower has come: the next sequence, or, before the first message, the time from which on it
// reads.
type reached struct {
	Next  uint64    `json:"next,omitempty"`
	Since time.Time `json:"since,omitzero"`
}

// Run reads until ctx ends. A bus that does not answer is waited for.
func (f *Follower) Run(ctx context.Context, b *Bus) error {
	for ctx.Err() == nil {
		pause := followAside
		if f.Mine == nil || f.Mine() {
			next, err := f.CatchUp(ctx, b)
			if err != nil {
				if ctx.Err() == nil {
					b.warnSeldom("cannot read a stream again; trying again", "reader", f.Name, "error", err)
				}
				next = time.Now().Add(retryFirst)
			}
			if pause = time.Until(next); f.Mine != nil && !b.Embedded() {
				pause = min(pause, followAside) // another may have read in this one's place meanwhile
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	return nil
}

// CatchUp handles all that is due, and returns when the next message is.
func (f *Follower) CatchUp(ctx context.Context, b *Bus) (next time.Time, err error) {
	for {
		var more bool
		if next, more, err = f.round(ctx, b); !more || err != nil {
			return next, err
		}
	}
}

// round handles one batch. More says that another is due.
func (f *Follower) round(ctx context.Context, b *Bus) (next time.Time, more bool, err error) {
	fail := func(err error) (time.Time, bool, error) {
		return time.Time{}, false, fmt.Errorf("reader %s: %w", f.Name, err)
	}
	kv, err := b.bucket(ctx, "readers", "feedmill: how far streams were read again", 0)
	if err != nil {
		return fail(err)
	}
	now := time.Now()
	at, revision, err := f.place(ctx, kv, now)
	if err != nil {
		return fail(err)
	}
	last, err := b.lastOf(ctx, f.Stream)
	if err != nil {
		return fail(err)
	}
	from := min(at.Next, last+1) // a stream that was made anew, or has lost its end, is shorter
	to := reached{Next: last + 1}
	next = now.Add(f.Lag)
	var msgs []*nats.Msg
	var failed error
	handled := 0
	err = b.read(ctx, Selection{Stream: f.Stream, Since: at.Since}, from, last, false, func(m *Stored) bool {
		if due := m.Time.Add(f.Lag); due.After(now) {
			next, to.Next = due, m.Seq
			return false
		}
		o := &Outbox{bus: b, stage: f.Name, id: Cause{Stream: m.Stream, Seq: m.Seq, Time: m.Time}.id(f.Name), ctx: ctx}
		f.Handle(m, o)
		if failed = o.err; failed != nil {
			return false
		}
		msgs = append(msgs, o.msgs...)
		if handled++; handled == followBatch {
			more, to.Next = true, m.Seq+1
		}
		return !more
	})
	if err := cmp.Or(failed, err); err != nil {
		return fail(err)
	}
	if err := b.publish(ctx, msgs, nil); err != nil {
		return fail(err)
	}
	if to == at {
		return next, more, nil
	}
	raw, err := json.Marshal(to)
	if err != nil {
		return fail(err)
	}
	if _, err = kv.Update(ctx, token(f.Name), raw, revision); err != nil && !overtaken(err) {
		return fail(err)
	}
	return next, more, nil
}

// place returns how far the reading has come, with the revision of what says so. A new reader begins with what becomes
// due from now on.
func (f *Follower) place(ctx context.Context, kv jetstream.KeyValue, now time.Time) (at reached, revision uint64, err error) {
	e, err := kv.Get(ctx, token(f.Name))
	if err == nil {
		err = json.Unmarshal(e.Value(), &at)
		return at, e.Revision(), err
	}
	if !errors.Is(err, jetstream.ErrKeyNotFound) {
		return at, 0, err
	}
	at.Since = now.Add(-f.Lag).UTC()
	raw, err := json.Marshal(at)
	if err != nil {
		return at, 0, err
	}
	revision, err = kv.Create(ctx, token(f.Name), raw)
	return at, revision, err
}
