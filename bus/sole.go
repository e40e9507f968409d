package bus

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// leasesUsage describes the bucket of leases.
const leasesUsage = "feedmill: which process fetches for which hosts, and which does what only one may"

// sole runs f in one process at a time, of all that call it with that name; with an embedded server there is one. It waits
// for its turn, telling turn that it does, and again when f has returned before ctx ended. The context of f ends with ctx,
// and when the process may not have its turn any more: it was cut off from the bus for too long. Who is killed is followed
// by another within leaseTTL and leaseBeat. Who has lost its turn stops at its next leaseBeat, and the cause of the context's end
// is errTurnLost: there is no time left to finish anything.
func (b *Bus) sole(ctx context.Context, name string, turn func(), f func(ctx context.Context) error) error {
	if b.server != nil {
		return f(ctx)
	}
	l := &soleLease{bus: b, key: "sole." + name, id: rand.Text()[:12]}
	for ctx.Err() == nil {
		turn()
		taken, err := l.take(ctx)
		if err != nil && ctx.Err() == nil {
			b.warnSeldom("cannot tell whose turn it is; trying again", "worker", name, "error", err)
		}
		if taken {
			if err := l.run(ctx, f); err != nil {
				return err
			}
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(leaseBeat):
		}
	}
	return nil
}

var errTurnLost = errors.New("another process has the turn")

// soleLease is a turn of one process.
type soleLease struct {
	bus      *Bus
	key, id  string
	kv       jetstream.KeyValue
	revision uint64
}

func (l *soleLease) take(ctx context.Context) (bool, error) {
	if l.kv == nil {
		kv, err := l.bus.bucket(ctx, "leases", leasesUsage, leaseTTL)
		if err != nil {
			return false, err
		}
		l.kv = kv
	}
	revision, err := l.kv.Create(ctx, l.key, []byte(l.id))
	if err == nil {
		l.revision = revision
		return true, nil
	}
	if overtaken(err) {
		return false, nil
	}
	return false, err
}

// run runs f while the lease is renewed, and then gives it back.
func (l *soleLease) run(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		last := time.Now()
		tick := time.NewTicker(leaseBeat)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			start := time.Now()
			within, done := context.WithTimeout(ctx, leaseTTL-leaseBeat)
			revision, err := l.kv.Update(within, l.key, []byte(l.id), l.revision)
			done()
			switch {
			case err == nil:
				l.revision, last = revision, start
			case ctx.Err() != nil:
			case overtaken(err) || time.Since(last) > leaseTTL-leaseBeat:
				cancel(errTurnLost)
			}
		}
	}()
	err := f(ctx)
	cancel(nil)
	<-renewed
	if errors.Is(context.Cause(ctx), errTurnLost) {
		l.bus.log.Warn("another process goes on in this one's place", "lease", l.key)
		return err
	}
	after, done := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer done()
	if err := l.kv.Delete(after, l.key, jetstream.LastRevision(l.revision)); err != nil {
		l.bus.log.Debug("a lease was not given back; it runs out", "lease", l.key, "error", err)
	}
	return err
}

// HeaderWorker reads the headers of a stream in its order, in one process at a time: it is the consumer of a stage that must
// see everything, and whose knowledge of what came before decides what comes of the next. That knowledge is in memory;
// Begin builds it, whenever this process becomes the one that reads.
//
// A batch is acknowledged when Handle has returned. What was in hand in a process that was killed is handled again, after
// later messages: Handle must not depend on the order of what is close together.
type HeaderWorker struct {
	// Name is the durable consumer's name.
	Name string
	// Stream is the stream's name, without prefix.
	Stream string
	// Since is how far back a consumer begins that is new.
	Since time.Duration
	// Begin is called before the first message. Of what the stream holds by then some comes yet, and not only the last of it.
	Begin func(ctx context.Context) error
	// Handle handles messages of headers alone. It is called by one goroutine at a time. An error is that of the bus: the batch
	// is tried again.
	Handle func(ctx context.Context, batch []*Stored) error
}

const (
	headerBatch = 200
	// headerLinger is how long a batch waits for more once it has begun.
	headerLinger = 20 * time.Millisecond
	// headerAckWait is how long the batch of a process that was killed waits for another.
	headerAckWait = 10 * time.Second
	// forgottenAfter is after how long the server drops the consumer that nobody reads from any more: as long as it is there,
	// whoever fills the stream waits for it.
	forgottenAfter = 10 * time.Minute
)

// Run works until ctx ends; a batch in hand is finished first, unless another process has the turn.
func (w *HeaderWorker) Run(ctx context.Context, b *Bus) error {
	turn, end := b.pulse.begin(w.Name, w.Stream, w.Name)
	defer end()
	for ctx.Err() == nil {
		err := b.sole(ctx, w.Name, turn, func(ctx context.Context) error { return w.read(ctx, b, turn) })
		if errors.Is(err, jetstream.ErrConsumerDeleted) || errors.Is(err, jetstream.ErrConsumerNotFound) {
			continue // nobody has read for long, or all of the bus was made anew: begin again
		}
		if err != nil && ctx.Err() == nil {
			b.warnSeldom("cannot begin; trying again", "worker", w.Name, "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(retryFirst):
			}
		}
	}
	return nil
}

func (w *HeaderWorker) read(ctx context.Context, b *Bus, turn func()) error {
	if err := w.bind(ctx, b); err != nil {
		return err
	}
	if err := w.Begin(ctx); err != nil {
		return err
	}
	p, err := b.puller(w.Stream, w.Name, headerBatch)
	if err != nil {
		return err
	}
	defer p.close()
	work, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() {
		if cause := context.Cause(ctx); errors.Is(cause, errTurnLost) {
			cancel(cause)
			return
		}
		time.AfterFunc(drainWait, func() { cancel(nil) })
	})()
	for ctx.Err() == nil {
		turn()
		if b.wait(ctx, nil) {
			continue
		}
		batch, err := w.pull(ctx, p)
		switch err := b.pullFailed(ctx, w.Name, err); {
		case err != nil:
			return fmt.Errorf("worker %s: %w", w.Name, err)
		case len(batch) > 0 && ctx.Err() == nil:
			w.handle(work, b, batch)
		}
	}
	return nil
}

// bind looks for the consumer, and makes it where it is missing.
func (w *HeaderWorker) bind(ctx context.Context, b *Bus) error {
	_, err := b.js.Consumer(ctx, b.streamName(w.Stream), w.Name)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		since := time.Now().Add(-w.Since)
		_, err = b.js.CreateOrUpdateConsumer(ctx, b.streamName(w.Stream), jetstream.ConsumerConfig{
			Durable:           w.Name,
			DeliverPolicy:     jetstream.DeliverByStartTimePolicy,
			OptStartTime:      &since,
			AckPolicy:         jetstream.AckExplicitPolicy,
			AckWait:           headerAckWait,
			MaxDeliver:        -1,
			MaxAckPending:     4 * headerBatch,
			HeadersOnly:       true,
			InactiveThreshold: forgottenAfter,
			Metadata:          map[string]string{ours: "worker"},
		})
	}
	if err != nil {
		return fmt.Errorf("consumer %s on %s: %w", w.Name, b.streamName(w.Stream), err)
	}
	return nil
}

// headed is a message of a batch with its acknowledgement.
type headed struct {
	*Stored
	ack         func() error
	redelivered bool
}

func (w *HeaderWorker) pull(ctx context.Context, p *puller) (batch []headed, err error) {
	take := func(most int, wait time.Duration) error {
		return p.pull(ctx, most, wait, func(m *nats.Msg) {
			meta, err := m.Metadata()
			if err != nil {
				p.bus.log.Error("message without metadata", "worker", w.Name, "error", err)
				return
			}
			batch = append(batch, headed{storedOf(w.Stream, meta.Sequence.Stream, meta.Timestamp, m.Header, nil), func() error { return m.Ack() }, meta.NumDelivered > 1})
		})
	}
	if err := take(headerBatch, 0); len(batch) > 0 || err != nil {
		return batch, err
	}
	if err := take(1, pullWait); len(batch) == 0 || err != nil {
		return batch, err
	}
	return batch, take(headerBatch-1, headerLinger)
}

// handle handles a batch until it is done, or ctx ends.
func (w *HeaderWorker) handle(ctx context.Context, b *Bus, batch []headed) {
	all := make([]*Stored, len(batch))
	for i := range batch {
		all[i] = batch[i].Stored
	}
	start := time.Now()
	result := ResultOK
	for pause := retryFirst; ; pause = min(2*pause, time.Minute) {
		err := w.Handle(ctx, all)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			result = ResultFailed
			break
		}
		b.pulse.silent()
		b.warnSeldom("cannot finish; trying again", "worker", w.Name, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	took := time.Since(start) / time.Duration(len(batch))
	for i := range batch {
		if result == ResultOK {
			b.settle(batch[i].ack(), w.Name)
		}
		b.observe(Handling{Worker: w.Name, Result: result, Took: took, Redelivered: batch[i].redelivered})
	}
}
