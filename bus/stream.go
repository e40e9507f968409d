package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The streams' names, without prefix.
const (
	StreamWork    = "WORK"    // schedules and the polls and visits that they turn into
	StreamFeed    = "FEED"    // fetched feed documents
	StreamItem    = "ITEM"    // new and changed items
	StreamPage    = "PAGE"    // fetched article pages
	StreamArticle = "ARTICLE" // articles before annotation
	StreamRecord  = "RECORD"  // records
	StreamReplay  = "REPLAY"  // pointers to stored messages that go through a stage again
	StreamDead    = "DEAD"    // dead letters
	StreamEvent   = "EVENT"   // what happened and is not data
)

const (
	day = 24 * time.Hour
	// dedupeWindow is how long a stream remembers message ids, at 0.35 KB of memory an id.
	dedupeWindow = 10 * time.Minute
	// ours marks the consumers of workers, in their metadata.
	ours = "feedmill"
	// minStream is the smallest size limit of a stream: some of the largest messages must fit.
	minStream = 16 << 20
)

// Retention holds the ages at which streams drop their messages; zero fields take the defaults, those below zero are for
// ever.
type Retention struct {
	Pages  time.Duration // FEED, ITEM, PAGE, ARTICLE; 7 days
	Events time.Duration // EVENT; 7 days
	Dead   time.Duration // DEAD; 90 days
}

const recordAge = 30 * day

// plan is one stream as feedmill wants it. share is its part of the bytes for all streams.
type plan struct {
	name     string
	subjects []string
	age      time.Duration
	share    float64
	queue    bool
}

func plans(r Retention) []plan {
	pages, events, dead := or(r.Pages, 7*day), or(r.Events, 7*day), or(r.Dead, 90*day)
	return []plan{
		{name: StreamWork, subjects: []string{"sched.>", Polls.filter(), Visits.filter(), "held.>"}, queue: true},
		{name: StreamFeed, subjects: []string{FeedPages.filter()}, age: pages, share: .10},
		{name: StreamItem, subjects: []string{Items.filter()}, age: pages, share: .07},
		{name: StreamPage, subjects: []string{Pages.filter()}, age: pages, share: .45},
		{name: StreamArticle, subjects: []string{Articles.filter()}, age: pages, share: .13},
		{name: StreamRecord, subjects: []string{Records.filter()}, age: recordAge, share: .17},
		{name: StreamReplay, subjects: []string{replaySubject + ">"}, queue: true},
		{name: StreamDead, subjects: []string{"dead.>"}, age: dead, share: .05},
		{name: StreamEvent, subjects: []string{Events.filter()}, age: events, share: .03},
	}
}

// or is an age limit as a stream has it: 0 is none.
func or(d, def time.Duration) time.Duration {
	return max(cmp.Or(d, def), 0)
}

// bodyAge is how long large values are kept: twice the longest stream's age, so that a value never goes before the
// last message that names it. 0 is for ever.
func bodyAge(r Retention) time.Duration {
	longest := recordAge
	for _, p := range plans(r) {
		if p.age == 0 && !p.queue {
			return 0
		}
		longest = max(longest, p.age)
	}
	return 2 * longest
}

// createStreams makes the streams and the bucket of large values that are missing. What exists is left as it is.
func (b *Bus) createStreams(ctx context.Context) error {
	for _, p := range plans(b.opts.Retention) {
		s, err := b.js.Stream(ctx, b.streamName(p.name))
		if err == nil {
			if err := b.fits(ctx, p, s.CachedInfo().Config); err != nil {
				return err
			}
			continue
		} else if !errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("look up stream %s: %w", b.streamName(p.name), err)
		}
		cfg := b.newConfig(p, 0)
		if _, err := b.js.CreateStream(ctx, cfg); err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return fmt.Errorf("create stream %s: %w", cfg.Name, explain(err))
		}
	}
	store, err := b.js.ObjectStore(ctx, b.bucketName("bodies"))
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		store, err = b.js.CreateObjectStore(ctx, b.bodiesConfig(b.opts.Replicas))
	}
	if err != nil {
		return fmt.Errorf("bucket %s: %w", b.bucketName("bodies"), err)
	}
	b.bodies = store
	return nil
}

// fits tells whether a stream that is there can be worked with: it is ours and holds our subjects. Limits may differ. On
// the embedded server, which is nobody else's, a stream of an older version is given the subjects of this one.
func (b *Bus) fits(ctx context.Context, p plan, have jetstream.StreamConfig) error {
	want := b.config(p, 0, 0)
	for _, c := range differences(have, want, 0) {
		switch {
		case c.Field == "description", c.Field == "retention":
			return fmt.Errorf("stream %s: %s is %q, want %q: %s", have.Name, c.Field, c.From, c.To, c.Reason)
		case c.Field == "subjects" && b.server != nil:
			have.Subjects = want.Subjects
			if _, err := b.js.UpdateStream(ctx, have); err != nil {
				return fmt.Errorf("stream %s: subjects: %w", have.Name, explain(err))
			}
		case c.Field == "subjects":
			return fmt.Errorf("stream %s holds the subjects %s, and this version wants %s: run feedmill bus apply", have.Name, c.From, c.To)
		}
	}
	return nil
}

// bodiesConfig is the bucket of large values.
func (b *Bus) bodiesConfig(replicas int) jetstream.ObjectStoreConfig {
	return jetstream.ObjectStoreConfig{
		Bucket:      b.bucketName("bodies"),
		Description: "feedmill values too large for a message, by SHA-256",
		TTL:         bodyAge(b.opts.Retention),
		Storage:     jetstream.FileStorage,
		Replicas:    max(1, replicas),
	}
}

// config is the configuration of a planned stream. MaxStore is for all streams; 0 is no limit.
func (b *Bus) config(p plan, replicas int, maxStore int64) jetstream.StreamConfig {
	cfg := jetstream.StreamConfig{
		Name:        b.streamName(p.name),
		Description: "feedmill " + strings.ToLower(p.name),
		Retention:   jetstream.LimitsPolicy,
		Storage:     jetstream.FileStorage,
		Discard:     jetstream.DiscardOld,
		MaxAge:      p.age,
		MaxBytes:    -1,
		Duplicates:  dedupeWindow,
		Replicas:    max(1, replicas),
		AllowDirect: true,
	}
	for _, s := range p.subjects {
		cfg.Subjects = append(cfg.Subjects, b.prefix+s)
	}
	if p.share > 0 && maxStore > 0 {
		cfg.MaxBytes = max(minStream, int64(p.share*float64(maxStore)))
	}
	if p.queue {
		cfg.Retention = jetstream.WorkQueuePolicy
	}
	if p.name == StreamWork {
		cfg.AllowMsgSchedules, cfg.AllowMsgTTL = true, true
	}
	if p.age > 0 && cfg.Duplicates > p.age {
		cfg.Duplicates = p.age
	}
	return cfg
}

// streamName is a stream's name on the server: FM_PAGE for PAGE under the prefix "fm.".
func (b *Bus) streamName(name string) string {
	p := strings.ToUpper(strings.Trim(strings.ReplaceAll(b.prefix, ".", "_"), "_"))
	if p == "" {
		return name
	}
	return p + "_" + name
}

// bucketName is a bucket's name on the server: fm_feeds for feeds under the prefix "fm.".
func (b *Bus) bucketName(name string) string { return BucketPrefix(b.prefix) + name }

// BucketPrefix is what the names of the buckets under a subject prefix begin with: "fm_" for "fm.".
func BucketPrefix(prefix string) string {
	p := strings.Trim(strings.ReplaceAll(prefix, ".", "_"), "_")
	if p == "" {
		return ""
	}
	return p + "_"
}

// StreamState is what a stream holds and how far its consumers are behind.
type StreamState struct {
	Name      string          `json:"name"` // without prefix
	Messages  uint64          `json:"messages"`
	Bytes     uint64          `json:"bytes"`
	MaxBytes  int64           `json:"max_bytes"` // -1: no limit
	MaxAge    time.Duration   `json:"max_age"`   // nanoseconds; 0: no limit
	FirstSeq  uint64          `json:"first_seq"`
	LastSeq   uint64          `json:"last_seq"`
	FirstTime time.Time       `json:"first_time,omitzero"`
	LastTime  time.Time       `json:"last_time,omitzero"`
	Consumers []ConsumerState `json:"consumers,omitempty"`
}

// ConsumerState is one consumer's position.
type ConsumerState struct {
	Name        string `json:"name"`
	Pending     uint64 `json:"pending"` // not delivered yet
	Unacked     int    `json:"unacked"` // delivered, not acknowledged
	Redelivered int    `json:"redelivered"`
	Floor       uint64 `json:"floor"` // stream sequence up to which all is acknowledged
	// Lost counts messages that the stream dropped before this consumer had handled them.
	Lost uint64 `json:"lost,omitempty"`
	// Oldest is when the oldest message that is not handled was stored. Only [Bus.Backlog] fills it in.
	Oldest time.Time `json:"oldest,omitzero"`
}

// Stream returns the state of one stream (a name without prefix) and its consumers.
func (b *Bus) Stream(ctx context.Context, name string) (StreamState, error) {
	return b.stream(ctx, name, false)
}

// stream looks at a stream, and where aged is set at the oldest message that each consumer has not handled.
func (b *Bus) stream(ctx context.Context, name string, aged bool) (StreamState, error) {
	s, err := b.js.Stream(ctx, b.streamName(name))
	if err != nil {
		return StreamState{}, fmt.Errorf("stream %s: %w", b.streamName(name), err)
	}
	info := s.CachedInfo()
	st := StreamState{Name: name, Messages: info.State.Msgs, Bytes: info.State.Bytes, MaxBytes: info.Config.MaxBytes, MaxAge: info.Config.MaxAge,
		FirstSeq: info.State.FirstSeq, LastSeq: info.State.LastSeq, FirstTime: info.State.FirstTime, LastTime: info.State.LastTime}
	list := s.ListConsumers(ctx)
	for c := range list.Info() {
		if c.Config.Metadata[ours] == "" {
			continue // an outsider's; nobody waits for it
		}
		cs := ConsumerState{Name: c.Name, Pending: c.NumPending, Unacked: c.NumAckPending, Redelivered: c.NumRedelivered, Floor: c.AckFloor.Stream}
		if aged {
			if cs.Oldest, err = oldest(ctx, s, c); err != nil {
				return st, err
			}
		}
		if base, ok := ofPartition(c.Name); ok {
			// One worker's partitions are shown as one. What they lost cannot be told: a floor says nothing of the others.
			cs.Name, cs.Floor = base, 0
			if i := slices.IndexFunc(st.Consumers, func(o ConsumerState) bool { return o.Name == base }); i >= 0 {
				o := &st.Consumers[i]
				o.Pending, o.Unacked, o.Redelivered = o.Pending+cs.Pending, o.Unacked+cs.Unacked, o.Redelivered+cs.Redelivered
				if o.Oldest.IsZero() || !cs.Oldest.IsZero() && cs.Oldest.Before(o.Oldest) {
					o.Oldest = cs.Oldest
				}
				continue
			}
		} else if info.Config.Retention == jetstream.LimitsPolicy && cs.Floor+1 < st.FirstSeq && c.AckFloor.Consumer > 0 {
			cs.Lost = st.FirstSeq - cs.Floor - 1
		}
		st.Consumers = append(st.Consumers, cs)
	}
	if err := list.Err(); err != nil {
		return st, fmt.Errorf("list consumers of %s: %w", b.streamName(name), err)
	}
	return st, nil
}

// oldest is when the oldest message was stored that a consumer has not handled; the zero time where it has handled all.
// It is the next one of the consumer's after its floor, which the server finds without a scan.
func oldest(ctx context.Context, s jetstream.Stream, c *jetstream.ConsumerInfo) (time.Time, error) {
	if c.NumPending == 0 && c.NumAckPending == 0 {
		return time.Time{}, nil
	}
	m, err := s.GetMsg(ctx, max(c.AckFloor.Stream+1, s.CachedInfo().State.FirstSeq), jetstream.WithGetMsgSubject(c.Config.FilterSubject))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return time.Time{}, nil // handled meanwhile
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("oldest message of %s: %w", c.Name, err)
	}
	return m.Time, nil
}

// ofPartition cuts the partition from a consumer's name: page of page-p07.
func ofPartition(consumer string) (worker string, ok bool) {
	i := strings.LastIndex(consumer, "-p")
	if i < 0 || len(consumer) != i+4 {
		return "", false
	}
	n, err := strconv.Atoi(consumer[i+2:])
	return consumer[:i], err == nil && n < Partitions
}

// Streams returns the state of every stream, in the order of an item's way.
func (b *Bus) Streams(ctx context.Context) ([]StreamState, error) { return b.streams(ctx, false) }

// Backlog is Streams with the age of what waits. It reads one message for each consumer that is behind.
func (b *Bus) Backlog(ctx context.Context) ([]StreamState, error) { return b.streams(ctx, true) }

func (b *Bus) streams(ctx context.Context, aged bool) ([]StreamState, error) {
	var all []StreamState
	for _, p := range plans(b.opts.Retention) {
		st, err := b.stream(ctx, p.name, aged)
		if err != nil {
			return all, err
		}
		all = append(all, st)
	}
	return all, nil
}

// Scheduled returns the subjects (without prefix) of the pending schedules of a kind: SchedulePolls, ScheduleRetries or
// ScheduleSlots. The third token of each is the id of the feed or article that is held back.
func (b *Bus) Scheduled(ctx context.Context, kind string) ([]string, error) {
	return b.subjects(ctx, StreamWork, kind+".>")
}

// HoldsBack tells whether records of a sink are on the calendar, or due and not yet handled.
func (b *Bus) HoldsBack(ctx context.Context, sink string) (bool, error) {
	for _, filter := range []string{ScheduleHeld(sink) + ".>", Held(sink).filter()} {
		if found, err := b.subjects(ctx, StreamWork, filter); len(found) > 0 || err != nil {
			return true, err
		}
	}
	return false, nil
}

// Waiting returns the subjects (without prefix) of the polls that are due and not yet handled. Those that end in a feed's id
// are of its own polls; documents of its past and looks at it have others.
func (b *Bus) Waiting(ctx context.Context) ([]string, error) {
	return b.subjects(ctx, StreamWork, Polls.filter())
}

func (b *Bus) subjects(ctx context.Context, stream, filter string) ([]string, error) {
	s, err := b.js.Stream(ctx, b.streamName(stream))
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", b.streamName(stream), err)
	}
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(b.prefix+filter))
	if err != nil {
		return nil, fmt.Errorf("subjects %s: %w", b.prefix+filter, err)
	}
	out := make([]string, 0, len(info.State.Subjects))
	for sub := range info.State.Subjects {
		out = append(out, strings.TrimPrefix(sub, b.prefix))
	}
	return out, nil
}
