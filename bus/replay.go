package bus

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
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
	Run    string // the replay run that it came of, "" for none
	// Again and URL are of a page that is to be looked at again: how long after it was stored, and where.
	Again time.Duration
	URL   string
	// Full is of a record that was made from a page, not from its feed alone.
	Full bool
	// Note and State are of a record: what PutNoted noted, and the state of the article where it is stated.
	Note, State string

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
	last, err := b.lastOf(ctx, sel.Stream)
	if err != nil {
		return err
	}
	return b.read(ctx, sel, 0, last, bodies, func(m *Stored) bool { return !sel.has(m) || f(m) })
}

// Stored returns the message of a sequence on a stored stream. One that is no longer there is feedmill.Permanent.
func (b *Bus) Stored(ctx context.Context, stream string, seq uint64) (*Stored, error) {
	s, err := b.js.Stream(ctx, b.streamName(stream))
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", b.streamName(stream), err)
	}
	m, err := s.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, feedmill.Permanent("gone", fmt.Errorf("%s %d is no longer in the stream; its age or size limit has passed", b.streamName(stream), seq))
	}
	if err != nil {
		return nil, fmt.Errorf("read %s %d: %w", b.streamName(stream), seq, err)
	}
	return &Stored{Stream: stream, Seq: seq, Time: m.Time, ID: m.Header.Get(headerID), Feed: m.Header.Get(headerFeed), header: m.Header, data: m.Data}, nil
}

// lastOf is the sequence of a stream's last message.
func (b *Bus) lastOf(ctx context.Context, stream string) (uint64, error) {
	s, err := b.js.Stream(ctx, b.streamName(stream))
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", b.streamName(stream), err)
	}
	return s.CachedInfo().State.LastSeq, nil
}

// read calls f for the messages of a selection's subjects and time, whether it has them or not (see has), from a sequence
// on (0: the first) up to another, both inclusive.
func (b *Bus) read(ctx context.Context, sel Selection, from, last uint64, bodies bool, f func(*Stored) bool) error {
	fail := func(err error) error { return fmt.Errorf("read %s: %w", b.streamName(sel.Stream), err) }
	s, err := b.js.Stream(ctx, b.streamName(sel.Stream))
	if err != nil {
		return fail(err)
	}
	if from > last {
		return nil
	}
	// The consumer goes soon after it was last read by: servers take 1,000 for a stream.
	cfg := jetstream.OrderedConsumerConfig{HeadersOnly: !bodies, InactiveThreshold: 15 * time.Second}
	if sub := sel.filter(); sub != "" {
		cfg.FilterSubjects = []string{b.prefix + sub}
	}
	switch {
	case from > 0:
		cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, from
	case !sel.Since.IsZero():
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
		m := storedOf(sel.Stream, meta.Sequence.Stream, meta.Timestamp, msg.Headers(), msg.Data())
		if !f(m) {
			return nil
		}
		if meta.NumPending == 0 {
			return nil
		}
	}
}

// storedOf is a stored message with what its headers say.
func storedOf(stream string, seq uint64, at time.Time, h nats.Header, data []byte) *Stored {
	m := &Stored{Stream: stream, Seq: seq, Time: at, ID: h.Get(headerID), Feed: h.Get(headerFeed), Run: h.Get(headerRun),
		Full: h.Get(headerText) == textFull, Note: h.Get(headerNote), State: h.Get(headerState), header: h, data: data}
	if again := h.Get(headerAgain); again != "" {
		m.Again, _ = time.ParseDuration(again) // what is none is not to be looked at again
		m.URL, _ = url.PathUnescape(h.Get(headerURL))
	}
	return m
}

// has tells whether a message that read finds is selected.
func (s *Selection) has(m *Stored) bool {
	return !m.Time.Before(s.Since) && (s.ID == "" || s.ID == m.ID) && (s.Feed == "" || s.Feed == m.Feed)
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
	// Rate is how many pointers are sent a second at most; 0 is as fast as it goes.
	Rate    int       `json:"rate,omitempty"`
	Started time.Time `json:"started"`
	// Since is after every moment at which a version of the stage came into use before, see InUse. Workers find it in
	// Cause.Since.
	Since time.Time `json:"since"`
	// Published counts the pointers, one a message and worker; Pending those that are not handled yet.
	Published int `json:"published"`
	Pending   int `json:"pending"`
	// Next is the first sequence of the stream that was not looked at yet (0: none was), Last the last one to look at:
	// what was stored after the start is not replayed.
	Next uint64 `json:"next,omitempty"`
	Last uint64 `json:"last"`
	// Beat is when whoever sends the pointers was last heard of.
	Beat      time.Time `json:"beat"`
	Complete  bool      `json:"complete"` // all that was selected has been published
	Cancelled bool      `json:"cancelled,omitempty"`
}

// beatTimeout is after how long without a sign whoever sent the pointers is gone.
const beatTimeout = 15 * time.Second

// Sending tells whether somebody still sends pointers; a replay that is neither complete nor being sent was broken off,
// and ResumeReplay goes on with it.
func (r *Replay) Sending(now time.Time) bool {
	return !r.Complete && !r.Cancelled && now.Sub(r.Beat) < beatTimeout
}

var (
	// ErrNoReplay says that there is no replay of that id.
	ErrNoReplay = errors.New("no such replay")
	// ErrReplayCancelled says that a replay was cancelled while its pointers were being sent.
	ErrReplayCancelled = errors.New("the replay was cancelled")
	// ErrReplayHeld says that a replay cannot be resumed: it is over, or somebody sends its pointers.
	ErrReplayHeld = errors.New("the replay cannot be resumed")
)

const (
	headerPointer = "Fm-Pointer" // the stream and sequence that a pointer points to
	headerSince   = "Fm-Since"   // Replay.Since, of a pointer
	replaySubject = "replay."

	// sendBatch is how many pointers are published at once.
	sendBatch = 256
	// beatEvery is the longest time between two signs of whoever sends pointers.
	beatEvery = 3 * time.Second
)

// StartReplay publishes a pointer to each selected message for each of the workers, at most rate a second (0: as fast as
// it goes), and returns when all are published. Workers take live work first. Each, where it is not nil, is called with
// the number published so far. Where it fails the replay is returned too if it was begun; ResumeReplay goes on with it.
func (b *Bus) StartReplay(ctx context.Context, stage string, workers []string, sel Selection, rate int, each func(int)) (*Replay, error) {
	last, err := b.lastOf(ctx, sel.Stream)
	if err != nil {
		return nil, err
	}
	since, err := b.moment(ctx, stage)
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC()
	r := &Replay{ID: strings.ToLower(rand.Text()[:8]), Stage: stage, Select: sel, Workers: workers, Rate: rate, Started: now,
		Since: since, Last: last, Beat: now}
	kv, err := b.replays(ctx)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	revision, err := kv.Create(ctx, r.ID, raw)
	if err != nil {
		return nil, fmt.Errorf("replay %s: %w", r.ID, err)
	}
	return r, b.send(ctx, &sender{Replay: r, kv: kv, revision: revision, each: each})
}

// ResumeReplay goes on sending the pointers of a replay that was broken off, from where its sender was last heard of.
func (b *Bus) ResumeReplay(ctx context.Context, id string, each func(int)) (*Replay, error) {
	kv, err := b.replays(ctx)
	if err != nil {
		return nil, err
	}
	r, revision, err := stored(ctx, kv, id)
	switch now := time.Now().UTC(); {
	case err != nil:
		return nil, err
	case r.Cancelled:
		return r, fmt.Errorf("%w: it was cancelled", ErrReplayHeld)
	case r.Complete:
		return r, fmt.Errorf("%w: all of it was sent", ErrReplayHeld)
	case r.Sending(now):
		return r, fmt.Errorf("%w: another process sends it; it was heard of %s ago", ErrReplayHeld, now.Sub(r.Beat).Round(time.Second))
	}
	return r, b.send(ctx, &sender{Replay: r, kv: kv, revision: revision, each: each})
}

// sender is at work on the pointers of one replay. The bucket's revision makes it the only one.
type sender struct {
	*Replay
	kv       jetstream.KeyValue
	revision uint64
	each     func(int)
	msgs     []*nats.Msg
	at       uint64 // what Next is when msgs are published
}

// send publishes the pointers that are still to be sent.
func (b *Bus) send(ctx context.Context, s *sender) error {
	size := sendBatch
	if s.Rate > 0 {
		size = min(size, max(1, s.Rate/4))
	}
	s.at = s.Next
	begin, sent := time.Now(), s.Published
	var failed error
	err := b.read(ctx, s.Select, s.Next, s.Last, false, func(m *Stored) bool {
		if s.Select.has(m) {
			for _, w := range s.Workers {
				s.msgs = append(s.msgs, s.pointer(b, m, w))
			}
		}
		s.at = m.Seq + 1
		if len(s.msgs) < size && time.Since(s.Beat) < beatEvery {
			return true // and with no sign for long, few may be selected
		}
		if failed = b.flush(ctx, s); failed != nil {
			return false
		}
		for s.Rate > 0 && failed == nil {
			due := time.Until(begin.Add(time.Duration(s.Published-sent) * time.Second / time.Duration(s.Rate)))
			if due <= 0 {
				break
			}
			select {
			case <-ctx.Done():
				failed = ctx.Err()
			case <-time.After(min(due, beatEvery)):
				if due > beatEvery {
					failed = b.flush(ctx, s) // a sign of life, and a look at whether it was cancelled
				}
			}
		}
		return failed == nil
	})
	if err = cmp.Or(failed, err); err == nil {
		s.Complete = true
		err = b.flush(ctx, s)
	}
	if err == nil || errors.Is(err, ErrReplayCancelled) {
		return err
	}
	s.Complete = false
	if !errors.Is(err, ErrReplayHeld) { // so that it can be resumed at once
		s.Beat, s.msgs = time.Time{}, nil
		err = errors.Join(err, s.save(context.WithoutCancel(ctx)))
	}
	return fmt.Errorf("replay %s: %w", s.ID, err)
}

// pointer is the message that has a worker handle a stored one again.
func (r *Replay) pointer(b *Bus, m *Stored, worker string) *nats.Msg {
	p := m.Stream + ":" + strconv.FormatUint(m.Seq, 10)
	msg := &nats.Msg{Subject: b.prefix + replaySubject + token(worker) + "." + r.ID, Header: nats.Header{}}
	msg.Header.Set(headerPointer, p)
	msg.Header.Set(headerRun, r.ID)
	msg.Header.Set(headerSince, r.Since.Format(time.RFC3339Nano))
	msg.Header.Set(headerID, m.ID)
	msg.Header.Set(jetstream.MsgIDHeader, r.ID+":"+worker+":"+p)
	return msg
}

// flush publishes the pointers that were gathered and notes how far the replay is. Where it was cancelled meanwhile the
// pointers are taken back.
func (b *Bus) flush(ctx context.Context, s *sender) error {
	if err := b.publish(ctx, s.msgs, nil); err != nil {
		return err
	}
	s.Published += len(s.msgs)
	s.msgs, s.Next = s.msgs[:0], s.at
	s.Beat = time.Now().UTC()
	err := s.save(ctx)
	if err == nil && s.each != nil {
		s.each(s.Published)
	}
	if err == nil || !overtaken(err) {
		return err
	}
	now, _, err := stored(ctx, s.kv, s.ID)
	switch {
	case err != nil:
		return err
	case now.Cancelled:
		s.Cancelled, s.Complete = true, false
		return errors.Join(ErrReplayCancelled, b.purge(ctx, s.Replay))
	}
	return fmt.Errorf("%w: another process sends it", ErrReplayHeld)
}

// save notes how far the replay is, unless somebody else has written meanwhile.
func (s *sender) save(ctx context.Context) error {
	raw, err := json.Marshal(s.Replay)
	if err != nil {
		return err
	}
	revision, err := s.kv.Update(ctx, s.ID, raw, s.revision)
	if err == nil {
		s.revision = revision
	}
	return err
}

func (b *Bus) replays(ctx context.Context) (jetstream.KeyValue, error) {
	return b.bucket(ctx, "replays", "feedmill replays", 90*day)
}

// stored reads what is kept of a replay.
func stored(ctx context.Context, kv jetstream.KeyValue, id string) (*Replay, uint64, error) {
	e, err := kv.Get(ctx, token(id))
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrInvalidKey) {
		return nil, 0, fmt.Errorf("%w: %s", ErrNoReplay, id)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("replay %s: %w", id, err)
	}
	r := &Replay{}
	if err := json.Unmarshal(e.Value(), r); err != nil {
		return nil, 0, fmt.Errorf("replay %s: %w", id, err)
	}
	return r, e.Revision(), nil
}

// Replay returns one replay, or ErrNoReplay.
func (b *Bus) Replay(ctx context.Context, id string) (*Replay, error) {
	kv, err := b.replays(ctx)
	if err != nil {
		return nil, err
	}
	r, _, err := stored(ctx, kv, id)
	if err != nil {
		return nil, err
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

// CancelReplay drops the pointers of a replay that are not handled yet, and has whoever still sends some end. What was
// handled stays. It returns the replay as it was.
func (b *Bus) CancelReplay(ctx context.Context, id string) (*Replay, error) {
	kv, err := b.replays(ctx)
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		r, err := b.Replay(ctx, id)
		if err != nil {
			return nil, err
		}
		now, revision, err := stored(ctx, kv, id)
		if err != nil {
			return nil, err
		}
		now.Cancelled = true
		raw, err := json.Marshal(now)
		if err != nil {
			return nil, err
		}
		// First the mark, then the purge: whoever sends sees the mark and takes back what came after the purge.
		if _, err = kv.Update(ctx, now.ID, raw, revision); err == nil {
			r.Cancelled = true
			return r, b.purge(ctx, r)
		}
		if !overtaken(err) || try == swapTries {
			return nil, fmt.Errorf("cancel replay %s: %w", id, err)
		}
	}
}

// purge drops the pointers of a replay.
func (b *Bus) purge(ctx context.Context, r *Replay) error {
	s, err := b.js.Stream(ctx, b.streamName(StreamReplay))
	if err != nil {
		return fmt.Errorf("stream %s: %w", b.streamName(StreamReplay), err)
	}
	for _, w := range r.Workers {
		if err := s.Purge(ctx, jetstream.WithPurgeSubject(b.prefix+replaySubject+token(w)+"."+r.ID)); err != nil {
			return fmt.Errorf("cancel replay %s: %w", r.ID, err)
		}
	}
	return nil
}

// pointed returns the message that a pointer points to, as if it had been delivered, and its cause. A message that is no
// longer there is feedmill.Permanent.
func (b *Bus) pointed(ctx context.Context, h nats.Header) (*Stored, Cause, error) {
	stream, num, _ := strings.Cut(h.Get(headerPointer), ":")
	seq, err := strconv.ParseUint(num, 10, 64)
	if err != nil {
		return nil, Cause{}, feedmill.Permanent("pointer", fmt.Errorf("pointer %q: want STREAM:SEQUENCE", h.Get(headerPointer)))
	}
	st, err := b.Stored(ctx, stream, seq)
	if err != nil {
		return nil, Cause{}, err
	}
	since, err := time.Parse(time.RFC3339Nano, h.Get(headerSince))
	if err != nil {
		since = time.Time{} // a pointer of an older version
	}
	return st, Cause{Stream: stream, Seq: seq, Time: st.Time, Delivered: 1, Run: h.Get(headerRun), Since: since}, nil
}
