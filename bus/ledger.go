package bus

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// ledger knows which messages a worker has handled already, from what their handling published. A killed server forgets
// the acknowledgements of its last tenth of a second, and a killed worker may have published and not acknowledged; what
// has an effect outside, such as a request to a site, is not done again for these.
type ledger struct {
	bus    *Bus
	worker string
	stream string

	mu     sync.Mutex
	since  time.Time // zero: nothing read yet
	next   uint64    // first sequence not read yet
	causes map[string]struct{}
}

func newLedger(b *Bus, worker, stream string) *ledger {
	return &ledger{bus: b, worker: worker, stream: stream, causes: map[string]struct{}{}}
}

// cover makes sure that the ledger knows what was published from the given time on.
func (l *ledger) cover(ctx context.Context, since time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.since.IsZero() && !since.Before(l.since) {
		return nil
	}
	if err := l.read(ctx, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &since}); err != nil {
		return err
	}
	l.since = since
	return nil
}

// has tells whether the message was handled. For one that was delivered before, it looks at what came since.
func (l *ledger) has(ctx context.Context, c Cause) (bool, error) {
	id := c.id(l.worker)
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.causes[id]; ok || c.Delivered <= 1 {
		return ok, nil
	}
	if err := l.read(ctx, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: max(1, l.next)}); err != nil {
		return false, err
	}
	_, ok := l.causes[id]
	return ok, nil
}

// maxCauses bounds the ledger; what is forgotten is at worst done again.
const maxCauses = 1 << 20

func (l *ledger) read(ctx context.Context, cfg jetstream.OrderedConsumerConfig) error {
	fail := func(err error) error { return fmt.Errorf("read back %s: %w", l.bus.streamName(l.stream), err) }
	s, err := l.bus.js.Stream(ctx, l.bus.streamName(l.stream))
	if err != nil {
		return fail(err)
	}
	last := s.CachedInfo().State.LastSeq
	if s.CachedInfo().State.Msgs == 0 || last < l.next {
		l.next = last + 1
		return nil
	}
	cfg.HeadersOnly = true
	cons, err := s.OrderedConsumer(ctx, cfg)
	if err != nil {
		return fail(err)
	}
	if info := cons.CachedInfo(); info != nil && info.NumPending == 0 {
		l.next = last + 1
		return nil
	}
	it, err := cons.Messages()
	if err != nil {
		return fail(err)
	}
	defer it.Stop()
	if len(l.causes) > maxCauses {
		clear(l.causes)
	}
	for {
		msg, err := it.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fail(err)
		}
		if id := msg.Headers().Get(jetstream.MsgIDHeader); strings.HasPrefix(id, l.worker+":") {
			l.causes[id[:strings.LastIndexByte(id, ':')]] = struct{}{}
		}
		meta, err := msg.Metadata()
		if err != nil {
			return fail(err)
		}
		l.next = meta.Sequence.Stream + 1
		if meta.NumPending == 0 || meta.Sequence.Stream >= last {
			return nil
		}
	}
}
