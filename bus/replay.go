package bus

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
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

// Selection says which messages of a stored stream are meant. All conditions must hold; zero fields hold always.
type Selection struct {
	Stream string `json:"stream"` // without prefix
	// Subject is one subject of the stream or a pattern of several, without prefix.
	Subject string    `json:"subject,omitempty"`
	Host    string    `json:"host,omitempty"` // of the article's URL
	Feed    string    `json:"feed,omitempty"` // feed id
	ID      string    `json:"id,omitempty"`   // article id
	Since   time.Time `json:"since,omitzero"` // stored at or after
	Until   time.Time `json:"until,omitzero"` // stored before
}

// Stored is a message of a stream. Its value is read with Value.
type Stored struct {
	Stream string
	Seq    uint64
	Time   time.Time
	ID     string // article id
	Feed   string // feed id

	header nats.Header
	data   []byte
}

// Value decodes the value of a stored message. The family is that of the message's stream.
func Value[T any](ctx context.Context, b *Bus, _ Subject[T], m *Stored) (T, error) {
	var v T
	return v, b.decode(ctx, m.header, m.data, &v)
}

// Select calls f for the selected messages that are in the stream now, oldest first, until f returns false. Without
// bodies, f gets what the headers say and no value.
func (b *Bus) Select(ctx context.Context, sel Selection, bodies bool, f func(*Stored) bool) error {
	fail := func(err error) error { return fmt.Errorf("read %s: %w", b.streamName(sel.Stream), err) }
	s, err := b.js.Stream(ctx, b.streamName(sel.Stream))
	if err != nil {
		return fail(err)
	}
	last := s.CachedInfo().State.LastSeq
	cfg := jetstream.OrderedConsumerConfig{HeadersOnly: !bodies}
	if sub := sel.filter(); sub != "" {
		cfg.FilterSubjects = []string{b.prefix + sub}
	}
	if !sel.Since.IsZero() {
		cfg.DeliverPolicy, cfg.OptStartTime = jetstream.DeliverByStartTimePolicy, &sel.Since
	}
	cons, err := s.OrderedConsumer(ctx, cfg)
	if err != nil {
		return fail(err)
	}
	if cons.CachedInfo().NumPending == 0 {
		return nil
	}
	it, err := cons.Messages()
	if err != nil {
		return fail(err)
	}
	defer it.Stop()
	for {
		msg, err := it.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fail(err)
		}
		meta, err := msg.Metadata()
		if err != nil {
			return fail(err)
		}
		if meta.Sequence.Stream > last || !sel.Until.IsZero() && !meta.Timestamp.Before(sel.Until) {
			return nil
		}
		h := msg.Headers()
		m := &Stored{Stream: sel.Stream, Seq: meta.Sequence.Stream, Time: meta.Timestamp, ID: h.Get(headerID), Feed: h.Get(headerFeed), header: h, data: msg.Data()}
		if (sel.ID == "" || sel.ID == m.ID) && (sel.Feed == "" || sel.Feed == m.Feed) && !f(m) {
			return nil
		}
		if meta.NumPending == 0 {
			return nil
		}
	}
}

// filter is the subject filter of a selection, without prefix.
func (s *Selection) filter() string {
	if s.Subject != "" || s.Host == "" {
		return s.Subject
	}
	return map[string]string{StreamPage: "page.article.", StreamArticle: "article.", StreamRecord: "record.", StreamItem: "item.*."}[s.Stream] + hostToken(s.Host)
}

// Replay is one run of stored messages through a stage again.
type Replay struct {
	ID      string    `json:"id"`
	Stage   string    `json:"stage"`
	Select  Selection `json:"select"`
	Workers []string  `json:"workers"` // that read the pointers
	Started time.Time `json:"started"`
	// Published counts the pointers, one a message and worker; Pending those that are not handled yet.
	Published int  `json:"published"`
	Pending   int  `json:"pending"`
	Complete  bool `json:"complete"` // all that was selected has been published
	Cancelled bool `json:"cancelled,omitempty"`
}

// ErrNoReplay says that there is no replay of that id.
var ErrNoReplay = errors.New("no such replay")

const (
	headerPointer = "Fm-Pointer" // the stream and sequence that a pointer points to
	replaySubject = "replay."
)

// StartReplay publishes a pointer to each selected message for each of the workers, at most rate a second (0: as fast as
// it goes), and returns when all are published. Workers take live work first. Each, where it is not nil, is called with
// the number published so far.
func (b *Bus) StartReplay(ctx context.Context, stage string, workers []string, sel Selection, rate int, each func(int)) (*Replay, error) {
	r := &Replay{ID: strings.ToLower(rand.Text()[:8]), Stage: stage, Select: sel, Workers: workers, Started: time.Now().UTC()}
	if err := b.saveReplay(ctx, r); err != nil {
		return nil, err
	}
	const batch = 256
	var msgs []*nats.Msg
	flush := func() error {
		if err := b.publish(ctx, msgs, nil); err != nil {
			return err
		}
		r.Published += len(msgs)
		msgs = msgs[:0]
		if each != nil {
			each(r.Published)
		}
		return nil
	}
	var err error
	size := batch
	if rate > 0 {
		size = min(batch, max(1, rate/4))
	}
	begin := time.Now()
	stop := b.Select(ctx, sel, false, func(m *Stored) bool {
		for _, w := range workers {
			p := m.Stream + ":" + strconv.FormatUint(m.Seq, 10)
			msg := &nats.Msg{Subject: b.prefix + replaySubject + token(w) + "." + r.ID, Header: nats.Header{}}
			msg.Header.Set(headerPointer, p)
			msg.Header.Set(headerRun, r.ID)
			msg.Header.Set(headerID, m.ID)
			msg.Header.Set(jetstream.MsgIDHeader, r.ID+":"+w+":"+p)
			msgs = append(msgs, msg)
		}
		if len(msgs) < size {
			return true
		}
		if err = flush(); err != nil {
			return false
		}
		if rate > 0 {
			due := begin.Add(time.Duration(r.Published) * time.Second / time.Duration(rate))
			select {
			case <-ctx.Done():
				err = ctx.Err()
			case <-time.After(time.Until(due)):
			}
		}
		return err == nil
	})
	if err = cmp.Or(err, stop); err == nil {
		err = flush()
	}
	r.Complete = err == nil
	return r, errors.Join(err, b.saveReplay(context.WithoutCancel(ctx), r))
}

func (b *Bus) replays(ctx context.Context) (jetstream.KeyValue, error) {
	kv, err := b.js.KeyValue(ctx, b.bucketName("replays"))
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = b.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: b.bucketName("replays"), Description: "feedmill replays",
			TTL: 90 * day, Replicas: max(1, b.opts.Replicas)})
	}
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", b.bucketName("replays"), err)
	}
	return kv, nil
}

func (b *Bus) saveReplay(ctx context.Context, r *Replay) error {
	kv, err := b.replays(ctx)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if _, err := kv.Put(ctx, r.ID, raw); err != nil {
		return fmt.Errorf("replay %s: %w", r.ID, err)
	}
	return nil
}

// Replay returns one replay, or ErrNoReplay.
func (b *Bus) Replay(ctx context.Context, id string) (*Replay, error) {
	kv, err := b.replays(ctx)
	if err != nil {
		return nil, err
	}
	e, err := kv.Get(ctx, token(id))
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrInvalidKey) {
		return nil, fmt.Errorf("%w: %s", ErrNoReplay, id)
	}
	if err != nil {
		return nil, fmt.Errorf("replay %s: %w", id, err)
	}
	r := &Replay{}
	if err := json.Unmarshal(e.Value(), r); err != nil {
		return nil, fmt.Errorf("replay %s: %w", id, err)
	}
	s, err := b.js.Stream(ctx, b.streamName(StreamReplay))
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", b.streamName(StreamReplay), err)
	}
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(b.prefix+replaySubject+"*."+r.ID))
	if err != nil {
		return nil, fmt.Errorf("replay %s: %w", id, err)
	}
	r.Pending = 0
	for _, n := range info.State.Subjects {
		r.Pending += int(n)
	}
	return r, nil
}

// Replays returns all replays of the last 90 days, newest first.
func (b *Bus) Replays(ctx context.Context) ([]*Replay, error) {
	kv, err := b.replays(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := kv.ListKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("list replays: %w", err)
	}
	var all []*Replay
	for id := range keys.Keys() {
		r, err := b.Replay(ctx, id)
		if errors.Is(err, ErrNoReplay) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(x, y *Replay) int { return y.Started.Compare(x.Started) })
	return all, nil
}

// CancelReplay drops the pointers of a replay that are not handled yet. What was handled stays.
func (b *Bus) CancelReplay(ctx context.Context, id string) (*Replay, error) {
	r, err := b.Replay(ctx, id)
	if err != nil {
		return nil, err
	}
	s, err := b.js.Stream(ctx, b.streamName(StreamReplay))
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", b.streamName(StreamReplay), err)
	}
	for _, w := range r.Workers {
		if err := s.Purge(ctx, jetstream.WithPurgeSubject(b.prefix+replaySubject+token(w)+"."+r.ID)); err != nil {
			return nil, fmt.Errorf("cancel replay %s: %w", id, err)
		}
	}
	r.Cancelled = true
	return r, b.saveReplay(ctx, r)
}

// pointed returns the message that a pointer points to, as if it had been delivered, and its cause. A message that is no
// longer there is feedmill.Permanent.
func (b *Bus) pointed(ctx context.Context, h nats.Header) (*Stored, Cause, error) {
	stream, num, _ := strings.Cut(h.Get(headerPointer), ":")
	seq, err := strconv.ParseUint(num, 10, 64)
	if err != nil {
		return nil, Cause{}, feedmill.Permanent("pointer", fmt.Errorf("pointer %q: want STREAM:SEQUENCE", h.Get(headerPointer)))
	}
	s, err := b.js.Stream(ctx, b.streamName(stream))
	if err != nil {
		return nil, Cause{}, fmt.Errorf("stream %s: %w", b.streamName(stream), err)
	}
	m, err := s.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, Cause{}, feedmill.Permanent("gone", fmt.Errorf("%s %d is no longer in the stream; its age or size limit has passed", b.streamName(stream), seq))
	}
	if err != nil {
		return nil, Cause{}, fmt.Errorf("read %s %d: %w", b.streamName(stream), seq, err)
	}
	st := &Stored{Stream: stream, Seq: seq, Time: m.Time, ID: m.Header.Get(headerID), Feed: m.Header.Get(headerFeed), header: m.Header, data: m.Data}
	return st, Cause{Stream: stream, Seq: seq, Time: m.Time, Delivered: 1, Run: h.Get(headerRun)}, nil
}
