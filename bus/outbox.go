package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	headerID   = "Fm-Id"   // the article's id
	headerFeed = "Fm-Feed" // the feed's id
	headerRun  = "Fm-Run"  // the replay run that a message belongs to
	// Of a page that is to be looked at again: after how long, and its URL, percent-encoded.
	headerAgain = "Fm-Again"
	headerURL   = "Fm-Url"
	// Of a record that was made from a page, not from its feed alone.
	headerText = "Fm-Text"
	textFull   = "full"
	// Of a record that states its article's state, and what was noted of a value for those who read headers alone.
	headerState = "Fm-State"
	headerNote  = "Fm-Note"

	headerSchedule       = "Nats-Schedule"
	headerScheduleTarget = "Nats-Schedule-Target"

	publishTimeout = 10 * time.Second
)

// Cause is the message that is being handled.
type Cause struct {
	Stream string // without prefix
	Seq    uint64
	Time   time.Time // when it was stored
	// Delivered counts the deliveries of the message, this one included.
	Delivered uint64
	// Run is the replay run that the message belongs to; empty for live work.
	Run string
	// Since is Replay.Since where the message is handled again in a replay of this very stage; else zero.
	Since time.Time
}

// id names the cause in the ids of the messages that come of it. The time is part of it because a stream that was made
// anew counts from one again.
func (c Cause) id(worker string) string {
	return worker + ":" + c.Stream + ":" + strconv.FormatUint(c.Seq, 10) + ":" + strconv.FormatInt(c.Time.UnixNano(), 36) + ":" + c.Run
}

// Outbox gathers what the handling of one message publishes. All of it is published, and acknowledged by the streams,
// before the message handled is; then the functions given to Then run. It belongs to one handling and is not safe for
// concurrent use.
type Outbox struct {
	bus   *Bus
	id    string // names the cause
	stage string
	cause Cause
	msgs  []*nats.Msg
	// values are those that workers of this process can be given instead of msgs, at the same places.
	values []handable
	// Messages to the stream once prove that the cause was handled; proofs are their places in msgs.
	once   string
	proofs []int
	then   []func(context.Context) error
	last   map[string]uint64
	size   int // of the value added last, before compression
	err    error
	ctx    context.Context
}

// handable is a value with its stream and its size in bytes; the zero one is none.
type handable struct {
	stream string
	value  any
	size   int
}

// Cause returns the message that is being handled.
func (o *Outbox) Cause() Cause { return o.cause }

// Put adds a value to what is published.
func Put[T any](o *Outbox, s Subject[T], v T) {
	n := len(o.msgs)
	o.add(s.of(v), v, s.header(v))
	if len(o.msgs) == n {
		return
	}
	if s.Stream == o.once {
		o.proofs = append(o.proofs, n)
	}
	if s.handed {
		o.values[n] = handable{s.Stream, v, o.size}
	}
}

// PutNoted is Put with a note, one line, for those who read the stream's headers alone.
func PutNoted[T any](o *Outbox, s Subject[T], v T, note string) {
	n := len(o.msgs)
	Put(o, s, v)
	if len(o.msgs) > n {
		o.msgs[n].Header.Set(headerNote, note)
	}
}

// At adds a value that is published at the given time, or at once where that has passed. One value of a kind is
// scheduled for each feed or article: a later At replaces an earlier one.
func At[T any](o *Outbox, t time.Time, s Subject[T], v T) {
	h := s.header(v)
	h.Set(headerSchedule, "@at "+t.UTC().Format(time.RFC3339Nano))
	h.Set(headerScheduleTarget, o.bus.prefix+s.of(v))
	name := strings.Join(s.schedule(v), ".")
	n := len(o.msgs)
	o.add("sched."+name, v, h)
	if strings.HasPrefix(name, "feed.") && len(o.msgs) > n {
		// The next poll of a feed takes the place of the one before, so that sent twice is sent once; the stream would keep
		// its id in memory for a while, of every poll.
		o.msgs[n].Header.Del(jetstream.MsgIDHeader)
	}
}

// header names what a value is about.
func (s Subject[T]) header(v T) nats.Header {
	h := nats.Header{}
	article, feed := s.ids(v)
	if article != "" {
		h.Set(headerID, article)
	}
	if feed != "" {
		h.Set(headerFeed, feed)
	}
	if s.notes != nil {
		s.notes(v, h)
	}
	return h
}

// Event adds an event. Its stage and, where it is zero, its time are filled in. In a replay nothing is added.
func (o *Outbox) Event(e feedmill.Event) {
	if o.cause.Run != "" {
		return // a replay repeats what was told when it happened
	}
	e.Stage = o.stage
	if e.Time.IsZero() {
		e.Time = time.Now().UTC()
	}
	Put(o, Events, e)
}

// Then adds what is to be done after publishing and before the message handled is acknowledged, such as marking items
// as seen. It may be done again after a crash.
func (o *Outbox) Then(f func(context.Context) error) { o.then = append(o.then, f) }

func (o *Outbox) add(subject string, v any, extra nats.Header) {
	if o.err != nil {
		return
	}
	data, h, size, err := o.bus.encode(o.ctx, v)
	if err != nil {
		o.err = fmt.Errorf("publish %s: %w", subject, err)
		return
	}
	for k, vals := range extra {
		h[k] = vals
	}
	if o.cause.Run != "" {
		h.Set(headerRun, o.cause.Run)
	}
	h.Set(jetstream.MsgIDHeader, o.id+":"+strconv.Itoa(len(o.msgs)))
	o.values = append(o.values, handable{})
	o.size = size
	o.msgs = append(o.msgs, &nats.Msg{Subject: o.bus.prefix + subject, Header: h, Data: data})
}

// publish sends everything and waits until the streams have it. What proves that the cause was handled goes last: were it
// there first, and the process killed or the bus away before the rest is, the rest would never be published.
func (o *Outbox) publish(ctx context.Context) error {
	if o.err != nil {
		return o.err
	}
	if len(o.msgs) == 0 {
		return nil
	}
	o.last = map[string]uint64{}
	var proofs, others []*nats.Msg
	for i, m := range o.msgs {
		if v := &o.values[i]; v.value != nil {
			o.bus.handover.put(v.stream, m, v.value, v.size)
		}
		if slices.Contains(o.proofs, i) {
			proofs = append(proofs, m)
		} else {
			others = append(others, m)
		}
	}
	if err := o.bus.publish(ctx, others, o.last); err != nil {
		return err
	}
	return o.bus.publish(ctx, proofs, o.last)
}

// Last returns the highest sequence that a stream (a name without prefix) gave to what was published, 0 for none. It is
// for functions given to Then.
func (o *Outbox) Last(stream string) uint64 { return o.last[o.bus.streamName(stream)] }

// finish runs what was given to Then.
func (o *Outbox) finish(ctx context.Context) error {
	for _, f := range o.then {
		if err := f(ctx); err != nil {
			return err
		}
	}
	return nil
}

// publish sends messages, all at once, and waits for every acknowledgement. What fails is sent again with the same id
// until ctx ends: a bus that does not answer is no fault of the message. The highest sequences go to last, by stream.
func (b *Bus) publish(ctx context.Context, msgs []*nats.Msg, last map[string]uint64) error {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		failed, err := b.publishOnce(ctx, msgs, last)
		if len(failed) == 0 {
			return nil
		}
		if api, ok := errors.AsType[*jetstream.APIError](err); ok && api.Code == 400 {
			return fmt.Errorf("publish %s: %w", failed[0].Subject, err)
		}
		b.pulse.silent()
		b.warnSeldom("publishing failed; trying again", "subject", failed[0].Subject, "messages", len(failed), "error", explain(err))
		select {
		case <-ctx.Done():
			return fmt.Errorf("publish %s: %w", failed[0].Subject, errors.Join(ctx.Err(), err))
		case <-time.After(wait):
		}
		msgs = failed
	}
}

func (b *Bus) publishOnce(ctx context.Context, msgs []*nats.Msg, last map[string]uint64) (failed []*nats.Msg, err error) {
	acks := make([]jetstream.PubAckFuture, len(msgs))
	for i, m := range msgs {
		acks[i], err = b.js.PublishMsgAsync(m, jetstream.WithStallWait(30*time.Second), jetstream.WithRetryAttempts(3))
		if err != nil {
			failed = append(failed, msgs[i:]...)
			break
		}
	}
	counts := map[string]int{}
	defer func() { b.sent(counts) }()
	timeout := time.NewTimer(publishTimeout)
	defer timeout.Stop()
	for i, ack := range acks {
		if ack == nil {
			break
		}
		select {
		case a := <-ack.Ok():
			counts[a.Stream]++
			if last != nil {
				last[a.Stream] = max(last[a.Stream], a.Sequence)
			}
		case e := <-ack.Err():
			failed, err = append(failed, msgs[i]), e
		case <-timeout.C:
			return append(failed, msgs[i:]...), errors.New("no acknowledgement within 10 s")
		case <-ctx.Done():
			return append(failed, msgs[i:]...), ctx.Err()
		}
	}
	return failed, err
}

// explain adds the next step to errors that an operator can mend.
func explain(err error) error {
	api, ok := errors.AsType[*jetstream.APIError](err)
	if !ok {
		return err
	}
	switch api.ErrorCode {
	case 10023, 10047, 10028, 10077, 10122: // insufficient or exceeded resources, stream at its limit
		return fmt.Errorf("%w; the store is full: free disk space, raise nats.max_store, or raise the server's limits; nothing is lost meanwhile", err)
	}
	if api.ErrorCode == 10065 { // subjects overlap with those of another stream
		return fmt.Errorf("%w: a stream that is not feedmill's holds such subjects; choose another nats.prefix", err)
	}
	return err
}

// Send publishes what fill puts into an outbox, outside of any worker. The id names this call: sending again with the
// same id within the dedupe window publishes nothing.
func (b *Bus) Send(ctx context.Context, stage, id string, fill func(*Outbox)) error {
	o := &Outbox{bus: b, id: stage + ":" + id, stage: stage, ctx: ctx}
	fill(o)
	if err := o.publish(ctx); err != nil {
		return err
	}
	return o.finish(ctx)
}

// Cancel drops the schedule that holds back the value, if there is one.
func Cancel[T any](ctx context.Context, b *Bus, s Subject[T], v T) error {
	st, err := b.js.Stream(ctx, b.streamName(s.Stream))
	if err != nil {
		return fmt.Errorf("stream %s: %w", b.streamName(s.Stream), err)
	}
	sub := b.prefix + "sched." + strings.Join(s.schedule(v), ".")
	if err := st.Purge(ctx, jetstream.WithPurgeSubject(sub)); err != nil {
		return fmt.Errorf("cancel %s: %w", sub, err)
	}
	return nil
}
