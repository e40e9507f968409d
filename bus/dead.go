package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	headerReason   = "Fm-Reason"
	headerAttempts = "Fm-Attempts"
	headerOrigin   = "Fm-Origin"  // stream and sequence of the message that was given up
	headerSubject  = "Fm-Subject" // its subject, without prefix
)

// DeadLetter is a message that was given up, with its reason. Seq is its number on the DEAD stream, by which it is shown
// and retried.
type DeadLetter struct {
	Seq      uint64    `json:"seq"`
	Time     time.Time `json:"time"`
	Stage    string    `json:"stage"`
	Class    string    `json:"class"`
	Reason   string    `json:"reason"`
	Attempts int       `json:"attempts"`
	Origin   string    `json:"origin"`
	Subject  string    `json:"subject"`
	// Payload is the value as it was published, decoded to JSON (a page: its first line).
	Payload []byte `json:"-"`
}

// carried are the headers that a message keeps when it becomes a dead letter, and when that is retried.
var carried = []string{headerID, headerFeed, headerEncoding, headerBody, headerRun, headerPointer, headerSince}

// ErrNoDeadLetter says that there is no dead letter of that number.
var ErrNoDeadLetter = errors.New("no such dead letter")

// bury publishes the dead letter of a message and ends the message. Where that fails the message comes again.
func (b *Bus) bury(ctx context.Context, worker string, msg *nats.Msg, c Cause, attempts int, cause error) Result {
	class := "failed"
	if p, ok := errors.AsType[*feedmill.PermanentError](cause); ok && p.Class != "" {
		class = p.Class
	}
	h := nats.Header{}
	for _, k := range carried {
		if v := msg.Header.Get(k); v != "" {
			h.Set(k, v)
		}
	}
	h.Set(headerReason, oneLine(cause.Error()))
	h.Set(headerAttempts, strconv.Itoa(attempts))
	h.Set(headerOrigin, c.Stream+":"+strconv.FormatUint(c.Seq, 10))
	h.Set(headerSubject, msg.Subject[len(b.prefix):])
	h.Set(jetstream.MsgIDHeader, c.id(worker)+":dead")
	dead := &nats.Msg{Subject: b.prefix + "dead." + token(worker) + "." + token(class), Header: h, Data: msg.Data}
	if err := b.publish(ctx, []*nats.Msg{dead}, nil); err != nil {
		b.settle(msg.NakWithDelay(retryFirst), worker)
		return ResultFailed
	}
	b.log.Error("given up; see `feedmill dlq list`", "worker", worker, "class", class, "attempts", attempts, "error", cause)
	b.settle(b.term(msg, class), worker)
	return ResultDead
}

// Bury puts a value among the dead letters that its handler itself has given up, after all its tries. The dead letter
// is retried by publishing the value again.
func Bury[T any](o *Outbox, s Subject[T], v T, attempts int, cause *feedmill.PermanentError) {
	n := len(o.msgs)
	o.add("dead."+token(o.stage)+"."+token(cause.Class), v, s.header(v))
	if o.err != nil || len(o.msgs) == n {
		return
	}
	h := o.msgs[n].Header
	h.Set(headerReason, oneLine(cause.Error()))
	h.Set(headerAttempts, strconv.Itoa(attempts))
	h.Set(headerOrigin, o.cause.Stream+":"+strconv.FormatUint(o.cause.Seq, 10))
	h.Set(headerSubject, s.of(v))
}

// oneLine makes a text fit for a header.
func oneLine(s string) string {
	const most = 4 << 10
	b := []byte(s)
	if len(b) > most {
		b = b[:most]
	}
	for i, c := range b {
		if c < ' ' {
			b[i] = ' '
		}
	}
	return string(b)
}

// DeadLetters calls f for each dead letter, oldest first, until it returns false.
func (b *Bus) DeadLetters(ctx context.Context, f func(DeadLetter) bool) error {
	s, err := b.js.Stream(ctx, b.streamName(StreamDead))
	if err != nil {
		return fmt.Errorf("stream %s: %w", b.streamName(StreamDead), err)
	}
	left := s.CachedInfo().State.Msgs
	if left == 0 {
		return nil
	}
	cons, err := s.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return fmt.Errorf("read dead letters: %w", err)
	}
	it, err := cons.Messages()
	if err != nil {
		return fmt.Errorf("read dead letters: %w", err)
	}
	defer it.Stop()
	for ; left > 0; left-- {
		msg, err := it.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("read dead letters: %w", err)
		}
		meta, err := msg.Metadata()
		if err != nil {
			return fmt.Errorf("read dead letters: %w", err)
		}
		d := b.deadLetter(ctx, meta.Sequence.Stream, meta.Timestamp, msg.Subject(), msg.Headers(), msg.Data())
		if !f(d) || meta.NumPending == 0 {
			return nil
		}
	}
	return nil
}

// DeadCount is how many dead letters there are of a stage (a worker's name) and class.
type DeadCount struct {
	Stage    string `json:"stage"`
	Class    string `json:"class"`
	Messages uint64 `json:"messages"`
}

// CountDead counts the dead letters by stage and class, in that order, without reading them.
func (b *Bus) CountDead(ctx context.Context) ([]DeadCount, error) {
	s, err := b.js.Stream(ctx, b.streamName(StreamDead))
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", b.streamName(StreamDead), err)
	}
	prefix := b.prefix + "dead."
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(prefix+">"))
	if err != nil {
		return nil, fmt.Errorf("count dead letters: %w", err)
	}
	all := make([]DeadCount, 0, len(info.State.Subjects))
	for sub, n := range info.State.Subjects {
		stage, class := split(sub[len(prefix):])
		all = append(all, DeadCount{Stage: stage, Class: class, Messages: n})
	}
	slices.SortFunc(all, func(a, b DeadCount) int {
		return cmp.Or(cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Class, b.Class))
	})
	return all, nil
}

func (b *Bus) deadLetter(ctx context.Context, seq uint64, at time.Time, subject string, h nats.Header, data []byte) DeadLetter {
	d := DeadLetter{Seq: seq, Time: at, Reason: h.Get(headerReason), Origin: h.Get(headerOrigin), Subject: h.Get(headerSubject)}
	d.Attempts, _ = strconv.Atoi(h.Get(headerAttempts)) // always written as a number
	d.Stage, d.Class = split(subject[len(b.prefix)+len("dead."):])
	raw, err := b.payload(ctx, h, data)
	if err != nil {
		raw = []byte(strconv.Quote("unreadable: " + err.Error()))
	}
	d.Payload = raw
	return d
}

func split(s string) (stage, class string) {
	for i := range len(s) {
		if s[i] == '.' {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// DeadLetter returns one dead letter, or ErrNoDeadLetter.
func (b *Bus) DeadLetter(ctx context.Context, seq uint64) (DeadLetter, error) {
	m, err := b.deadMsg(ctx, seq)
	if err != nil {
		return DeadLetter{}, err
	}
	return b.deadLetter(ctx, m.Sequence, m.Time, m.Subject, m.Header, m.Data), nil
}

func (b *Bus) deadMsg(ctx context.Context, seq uint64) (*jetstream.RawStreamMsg, error) {
	s, err := b.js.Stream(ctx, b.streamName(StreamDead))
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", b.streamName(StreamDead), err)
	}
	m, err := s.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, fmt.Errorf("%w: %d", ErrNoDeadLetter, seq)
	}
	if err != nil {
		return nil, fmt.Errorf("dead letter %d: %w", seq, err)
	}
	return m, nil
}

// Retry publishes a dead letter's value again where it came from, and then drops the dead letter.
func (b *Bus) Retry(ctx context.Context, seq uint64) error {
	m, err := b.deadMsg(ctx, seq)
	if err != nil {
		return err
	}
	again := &nats.Msg{Subject: b.prefix + m.Header.Get(headerSubject), Header: nats.Header{}, Data: m.Data}
	for _, k := range carried {
		if v := m.Header.Get(k); v != "" {
			again.Header.Set(k, v)
		}
	}
	again.Header.Set(jetstream.MsgIDHeader, fmt.Sprintf("retry:%d:%s", seq, strconv.FormatInt(m.Time.UnixNano(), 36)))
	if err := b.publish(ctx, []*nats.Msg{again}, nil); err != nil {
		return err
	}
	if err := b.Drop(ctx, seq); err != nil && !errors.Is(err, ErrNoDeadLetter) {
		return fmt.Errorf("after its retry: %w", err)
	}
	return nil
}

// Drop deletes a dead letter, or returns ErrNoDeadLetter.
func (b *Bus) Drop(ctx context.Context, seq uint64) error {
	s, err := b.js.Stream(ctx, b.streamName(StreamDead))
	if err != nil {
		return fmt.Errorf("stream %s: %w", b.streamName(StreamDead), err)
	}
	err = s.DeleteMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) || errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) {
		return fmt.Errorf("%w: %d", ErrNoDeadLetter, seq)
	}
	if err != nil {
		return fmt.Errorf("drop dead letter %d: %w", seq, err)
	}
	return nil
}
