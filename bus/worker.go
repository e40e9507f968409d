package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	ackWait = 30 * time.Second
	// pullWait is how long a pull waits for messages: a worker that is told to stop ends at most that much later.
	pullWait = 500 * time.Millisecond
	// A worker of partitions pulls from each of them a few messages at a time, and waits longer: there are many.
	partitionWait  = 2 * time.Second
	partitionBatch = 4
	// drainWait is how long the handlings under way may go on after a worker is told to stop.
	drainWait = 2 * time.Second
	// maxDeliveries ends a message that takes its process down every time. Ordinary failures are counted apart, and hours
	// of a bus that is away stay below it.
	maxDeliveries = 300

	retryFirst = time.Second
	retryMax   = 5 * time.Minute
)

// Worker is the one consumer that a stage runs in. It pulls messages, keeps a number of them in hand, and for each one
// runs: Handle, publish what Handle put into the outbox, run what it gave to Outbox.Then, acknowledge.
//
// An error of Handle decides what follows: feedmill.RetryAfter puts the message off until that time,
// feedmill.Permanent (or a panic) makes it a dead letter at once, any other is tried again with growing pauses until
// Attempts are used up.
type Worker[In any] struct {
	// Name is the durable consumer's name; one per stage. Several processes that run a worker of one name share the work.
	Name string
	// From is what the worker reads.
	From Subject[In]
	// Handle does the stage's work. It may be called concurrently, and again for the same message.
	Handle func(ctx context.Context, in In, out *Outbox) error
	// Into names the streams that the worker publishes to; it waits while their consumers are too far behind.
	Into []string
	// Once names the stream whose messages prove that an input was handled. A worker that sets it does not handle such an
	// input again, even where the acknowledgement was lost with a killed process.
	Once string
	// Leases, where it is set, makes the worker read only the partitions that this process holds. From is then a family
	// whose subjects begin with a partition.
	Leases *Leases
	// Replay makes the worker handle the pointers of replays too, whenever there is no live work.
	Replay bool
	// Below names the streams that are filled by those who read Into, and so on. A replay goes on only while little waits
	// in Into and Below: live work stands in the same line there.
	Below []string
	// Concurrency is how many messages are in hand at once; default 4.
	Concurrency int
	// Attempts is how often a message is tried before it becomes a dead letter; default 5.
	Attempts int
}

// running is a worker at work.
type running[In any] struct {
	*Worker[In]
	bus *Bus
	// work is the context of handlings: they outlive the worker's own by drainWait, so that a fetch under way can end well.
	work     context.Context
	slots    chan struct{} // one place for each message in hand: being handled, or next
	busy     chan struct{} // one place for each message that is being handled
	attempts *attempts
	done     *ledger
	inHand   sync.WaitGroup
}

// Run works until ctx ends, then finishes what is in hand and returns nil. It fails only where the consumer cannot be
// had or goes away.
func (w *Worker[In]) Run(ctx context.Context, b *Bus) error {
	w.Concurrency, w.Attempts = cmp.Or(w.Concurrency, 4), cmp.Or(w.Attempts, 5)
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(drainWait, cancel) })
	defer stop()
	r := &running[In]{Worker: w, bus: b, work: work, attempts: newAttempts(),
		slots: make(chan struct{}, 2*w.Concurrency), busy: make(chan struct{}, w.Concurrency)}
	if w.Once != "" {
		r.done = newLedger(b, w.Name, w.Once)
	}
	defer r.inHand.Wait()
	if w.Replay {
		var replaying sync.WaitGroup
		defer replaying.Wait()
		replaying.Go(func() {
			if err := r.pullReplays(ctx); err != nil {
				fail(err)
			}
		})
	}
	if w.Leases == nil || b.server != nil {
		if err := r.pullAll(ctx); err != nil {
			fail(err)
			return err
		}
		return failure(ctx)
	}
	w.Leases.Each(ctx, func(ctx context.Context, n int) {
		if err := r.pullPartition(ctx, n); err != nil {
			fail(err)
		}
	})
	return failure(ctx)
}

// failure is what ended ctx, if that was not its end in good order.
func failure(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// pullAll reads everything from one consumer. It asks for many messages at once, and again while some are left to begin
// with: a request costs as much as a small message.
func (r *running[In]) pullAll(ctx context.Context) error {
	p, err := r.open(ctx, r.Name, r.From.filter(), cap(r.slots))
	if err != nil {
		return err
	}
	defer p.close()
	defer r.bus.handover.reads(r.From.Stream)()
	turn, end := r.bus.pulse.begin(r.Name, r.From.Stream, r.Name)
	defer end()
	for ctx.Err() == nil {
		turn()
		if r.bus.wait(ctx, r.Into) || r.bus.handover.full(ctx, r.Into) {
			continue
		}
		free, ok := take(ctx, r.slots, (r.Concurrency+1)/2)
		if !ok {
			break
		}
		err := p.pull(ctx, free, pullWait, func(msg *nats.Msg) {
			free--
			r.start(ctx, msg)
		})
		for range free {
			<-r.slots
		}
		if err := r.bus.pullFailed(ctx, r.Name, err); err != nil {
			return err
		}
	}
	return nil
}

// pullPartition reads one partition while it is held. Places are shared with the other partitions, so it takes one for
// each message that it has got, and asks for no more until all have one.
func (r *running[In]) pullPartition(ctx context.Context, n int) error {
	name := r.Name + "-" + partitionToken(n)
	p, err := r.open(ctx, name, r.From.partFilter(n), partitionBatch)
	if err != nil {
		return fmt.Errorf("partition %d: %w", n, err)
	}
	defer p.close()
	var mine, waiting sync.WaitGroup
	defer mine.Wait() // the partition is let go when nothing of it is in hand
	turn, end := r.bus.pulse.begin(r.Name, r.From.Stream, name)
	defer end()
	for ctx.Err() == nil {
		turn()
		if r.bus.wait(ctx, r.Into) {
			continue
		}
		err := p.pull(ctx, partitionBatch, partitionWait, func(msg *nats.Msg) {
			mine.Add(1)
			waiting.Add(1)
			r.inHand.Go(func() {
				defer mine.Done()
				alive := keepAlive(msg)
				defer alive.Stop()
				placed := r.place(ctx, r.busy, msg)
				waiting.Done()
				if placed {
					defer func() { <-r.busy }()
					r.handle(r.work, msg)
				}
			})
		})
		waiting.Wait()
		if err := r.bus.pullFailed(ctx, name, err); err != nil {
			return err
		}
	}
	return nil
}

// pullReplays handles pointers of replays while the worker's own stream has nothing waiting.
func (r *running[In]) pullReplays(ctx context.Context) error {
	if _, err := r.bus.consumer(ctx, r.Name, StreamReplay, replaySubject+token(r.Name)+".>", 2*r.Concurrency); err != nil {
		return err
	}
	p, err := r.bus.puller(StreamReplay, r.Name, 2*r.Concurrency)
	if err != nil {
		return err
	}
	defer p.close()
	var waiting sync.WaitGroup
	turn, end := r.bus.pulse.begin(r.Name, StreamReplay, r.Name)
	defer end()
	for ctx.Err() == nil {
		turn()
		if r.bus.wait(ctx, r.Into) || r.bus.behind(ctx, r.From.Stream, r.Name) || r.bus.inLine(ctx, slices.Concat(r.Into, r.Below)) {
			continue
		}
		err := p.pull(ctx, 2*r.Concurrency, partitionWait, func(msg *nats.Msg) {
			waiting.Add(1)
			r.inHand.Go(func() {
				alive := keepAlive(msg)
				placed := r.place(ctx, r.slots, msg)
				alive.Stop()
				waiting.Done()
				if placed {
					r.start(ctx, msg)
				}
			})
		})
		waiting.Wait()
		if err := r.bus.pullFailed(ctx, r.Name, err); err != nil {
			return err
		}
	}
	return nil
}

// behind waits a moment where a worker has live work waiting, and tells whether it has.
func (b *Bus) behind(ctx context.Context, stream, worker string) bool {
	cons, err := b.js.Consumer(ctx, b.streamName(stream), worker)
	if err != nil || cons.CachedInfo().NumPending == 0 {
		return false
	}
	select {
	case <-ctx.Done():
	case <-time.After(100 * time.Millisecond):
	}
	return true
}

// replayAhead is how many messages of a replay, or of anything else, may wait before each consumer further down while more
// of a replay are handled: what a live message that comes now has to wait for there.
const replayAhead = 32

// inLine waits a moment where more than replayAhead messages wait in one of the streams, and tells whether they do.
func (b *Bus) inLine(ctx context.Context, streams []string) bool {
	for _, name := range streams {
		st, err := b.Stream(ctx, name)
		if err != nil {
			continue // the worker's own calls will say what is wrong
		}
		for _, c := range st.Consumers {
			if c.Pending > replayAhead {
				select {
				case <-ctx.Done():
				case <-time.After(50 * time.Millisecond):
				}
				return true
			}
		}
	}
	return false
}

// open binds a consumer, and knows then what was handled of what it may deliver again.
func (r *running[In]) open(ctx context.Context, name, filter string, most int) (*puller, error) {
	cons, err := r.bus.consumer(ctx, name, r.From.Stream, filter, 2*r.Concurrency)
	if err != nil {
		return nil, err
	}
	if r.done != nil {
		since, err := r.bus.unackedSince(ctx, r.From.Stream, cons)
		if err != nil {
			return nil, err
		}
		if err := r.done.cover(ctx, since); err != nil {
			return nil, err
		}
	}
	return r.bus.puller(r.From.Stream, name, most)
}

// start handles a message, for which a place among the slots has been taken, as soon as fewer than Concurrency are being
// handled. One that has not begun when ctx ends goes back.
func (r *running[In]) start(ctx context.Context, msg *nats.Msg) {
	r.inHand.Go(func() {
		defer func() { <-r.slots }()
		alive := keepAlive(msg)
		defer alive.Stop()
		select {
		case r.busy <- struct{}{}:
		default:
			select {
			case r.busy <- struct{}{}:
			case <-ctx.Done():
				r.bus.settle(msg.Nak(), r.Name)
				return
			}
		}
		defer func() { <-r.busy }()
		r.handle(r.work, msg)
	})
}

// place takes one of places for a message, and tells whether it has. When ctx ends the message goes back instead.
func (r *running[In]) place(ctx context.Context, places chan struct{}, msg *nats.Msg) bool {
	select {
	case places <- struct{}{}:
		if ctx.Err() == nil {
			return true
		}
		<-places
	case <-ctx.Done():
	}
	r.bus.settle(msg.Nak(), r.Name)
	return false
}

// take fills free places of slots: it waits for the least number and takes the others that are free now.
func take(ctx context.Context, slots chan struct{}, least int) (int, bool) {
	n := 0
	for ; n < least; n++ {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			for range n {
				<-slots
			}
			return 0, false
		}
	}
	for {
		select {
		case slots <- struct{}{}:
			n++
		default:
			return n, true
		}
	}
}

// wait pauses while one of the streams is full, or the disk, and tells whether it did.
func (b *Bus) wait(ctx context.Context, streams []string) bool {
	if b.StoreProblem() != "" {
		select {
		case <-ctx.Done():
		case <-time.After(pressureAge):
		}
		return true
	}
	for _, s := range streams {
		if b.full(ctx, s) != "" {
			select {
			case <-ctx.Done():
			case <-time.After(pressureAge / 2):
			}
			return true
		}
	}
	return false
}

// pullFailed judges an error of a pull: those that pass are logged and waited out, the others end the worker.
func (b *Bus) pullFailed(ctx context.Context, worker string, err error) error {
	switch {
	case err == nil, ctx.Err() != nil,
		errors.Is(err, jetstream.ErrNoHeartbeat), errors.Is(err, jetstream.ErrNoMessages):
		return nil
	case errors.Is(err, jetstream.ErrConsumerDeleted), errors.Is(err, jetstream.ErrConsumerNotFound):
		return fmt.Errorf("worker %s: %w; it was deleted while in use: start feedmill again to create it", worker, err)
	}
	b.pulse.silent()
	b.warnSeldom("pull failed; trying again", "worker", worker, "error", err)
	select {
	case <-ctx.Done():
	case <-time.After(time.Second):
	}
	return nil
}

func (r *running[In]) handle(ctx context.Context, msg *nats.Msg) {
	b, w := r.bus, r.Worker
	cause, err := b.cause(msg)
	if err != nil {
		b.log.Error("message without metadata", "worker", w.Name, "error", err)
		return
	}
	if w.Leases != nil && !w.Leases.Valid() {
		r.again(msg, cause, leaseTTL)
		return
	}
	start := time.Now()
	out := &Outbox{bus: b, stage: w.Name, id: cause.id(w.Name), cause: cause, once: w.Once, ctx: ctx}
	result := r.deal(ctx, msg, cause, out)
	h := Handling{Worker: w.Name, Result: result, Took: time.Since(start), Redelivered: cause.Delivered > 1}
	if result == ResultOK {
		h.Published = len(out.msgs)
	}
	b.observe(h)
}

// deal handles a message, publishes what comes of it, and acknowledges it or has it come again.
func (r *running[In]) deal(ctx context.Context, msg *nats.Msg, cause Cause, out *Outbox) Result {
	b, w := r.bus, r.Worker
	if r.done != nil && cause.Stream != StreamReplay {
		known, err := r.done.has(ctx, cause)
		if err != nil {
			b.log.Warn("cannot look up what was handled; trying again", "worker", w.Name, "error", err)
			r.again(msg, cause, retryFirst)
			return ResultFailed
		}
		if known {
			b.settle(msg.Ack(), w.Name)
			return ResultKnown
		}
	}
	var err error
	if n := r.attempts.unfinished(cause); n >= maxDeliveries {
		err = feedmill.Permanent("crash", fmt.Errorf("delivered %d times and never finished", n))
	} else {
		err = w.run(ctx, b, msg, out)
	}
	if err == nil {
		if err = out.publish(ctx); err == nil {
			err = out.finish(ctx)
		}
		if err == nil {
			r.attempts.forget(cause)
			b.settle(msg.Ack(), w.Name)
			return ResultOK
		}
		// The bus or the registry does not answer: no fault of the message, so the try does not count.
		if ctx.Err() != nil || !feedmill.IsPermanent(err) {
			if ctx.Err() == nil {
				b.warnSeldom("cannot finish; trying again", "worker", w.Name, "error", err)
			}
			r.again(msg, cause, awayPause(cause))
			return ResultFailed
		}
	}
	if ctx.Err() != nil {
		b.settle(msg.Nak(), w.Name)
		return ResultFailed
	}
	if at, ok := feedmill.RetryTime(err); ok {
		r.again(msg, cause, max(time.Until(at), 0))
		return ResultRetry
	}
	if passing(err) {
		// The bus or the registry does not answer: no fault of the message, so the try does not count.
		b.warnSeldom("the bus does not answer in time; trying again", "worker", w.Name, "error", err)
		r.again(msg, cause, awayPause(cause))
		return ResultFailed
	}
	n := r.attempts.count(cause)
	if !feedmill.IsPermanent(err) && n < w.Attempts {
		pause := backoff(n)
		b.log.Warn("handling failed; trying again", "worker", w.Name, "attempt", n, "in", pause, "error", err)
		r.again(msg, cause, pause)
		return ResultRetry
	}
	defer r.attempts.forget(cause)
	return b.bury(ctx, w.Name, msg, cause, n, err)
}

// again has a message come again after a pause.
func (r *running[In]) again(msg *nats.Msg, c Cause, pause time.Duration) {
	r.attempts.end(c)
	r.bus.settle(msg.NakWithDelay(pause), r.Name)
}

// run decodes and handles one message; a panic becomes a permanent error.
func (w *Worker[In]) run(ctx context.Context, b *Bus, msg *nats.Msg, out *Outbox) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = feedmill.Permanent("panic", fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	h, data := msg.Header, msg.Data
	if out.cause.Stream == StreamReplay {
		m, cause, err := b.pointed(ctx, h)
		if err != nil {
			return err
		}
		h, data = m.header, m.data
		out.cause, out.id = cause, cause.id(w.Name)
	}
	in, ok := b.handover.take(w.From.Stream, h, data).(In)
	if !ok {
		if err := b.decode(ctx, h, data, &in); err != nil {
			return err
		}
	}
	return w.Handle(ctx, in, out)
}

// settle logs an acknowledgement that could not be sent; the message will be delivered again.
func (b *Bus) settle(err error, worker string) {
	if err != nil {
		b.log.Warn("cannot acknowledge", "worker", worker, "error", err)
	}
}

func (b *Bus) cause(msg *nats.Msg) (Cause, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return Cause{}, err
	}
	return Cause{Stream: b.plainName(meta.Stream), Seq: meta.Sequence.Stream, Time: meta.Timestamp, Delivered: meta.NumDelivered,
		Run: msg.Header.Get(headerRun)}, nil
}

// plainName is a stream's name without prefix.
func (b *Bus) plainName(stream string) string { return stream[len(b.streamName("")):] }

// keepAlive tells the server at intervals that the message is still being handled.
func keepAlive(msg *nats.Msg) *time.Timer {
	var t *time.Timer
	var mu sync.Mutex
	mu.Lock()
	defer mu.Unlock()
	t = time.AfterFunc(ackWait/3, func() {
		mu.Lock()
		defer mu.Unlock()
		if msg.InProgress() == nil {
			t.Reset(ackWait / 3)
		}
	})
	return t
}

// awayPause is how long a message waits that could not be finished because the bus or the registry is away.
func awayPause(c Cause) time.Duration {
	return min(retryFirst<<min(max(c.Delivered, 1)-1, 6), time.Minute)
}

// backoff is the pause after the nth failure.
func backoff(n int) time.Duration {
	return min(retryFirst<<min(n-1, 20), retryMax)
}

// consumer makes or binds the durable consumer of a worker.
func (b *Bus) consumer(ctx context.Context, name, stream, filter string, inHand int) (jetstream.Consumer, error) {
	cfg := jetstream.ConsumerConfig{
		Durable:       name,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       ackWait,
		MaxDeliver:    -1,
		FilterSubject: b.prefix + filter,
		MaxAckPending: max(1024, inHand),
		Metadata:      map[string]string{ours: "worker"},
	}
	cons, err := b.js.CreateOrUpdateConsumer(ctx, b.streamName(stream), cfg)
	if err == nil && b.server != nil && cons.CachedInfo().NumAckPending > 0 {
		cons, err = b.orphans(ctx, stream, cfg)
	}
	if err != nil {
		return nil, fmt.Errorf("consumer %s on %s: %w", name, b.streamName(stream), err)
	}
	return cons, nil
}

// orphans gives back at once what an earlier process had in hand when it was killed. With an embedded server nobody else
// can be at work on it, so there is no need to wait until ackWait is over: for a moment, it is short.
func (b *Bus) orphans(ctx context.Context, stream string, cfg jetstream.ConsumerConfig) (jetstream.Consumer, error) {
	short := cfg
	short.AckWait = time.Millisecond
	if _, err := b.js.UpdateConsumer(ctx, b.streamName(stream), short); err != nil {
		return nil, err
	}
	// The server looks 100 ms after the change.
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(200 * time.Millisecond):
	}
	return b.js.UpdateConsumer(ctx, b.streamName(stream), cfg)
}

// unackedSince returns the time of the oldest message that the consumer may deliver again; now where there is none.
func (b *Bus) unackedSince(ctx context.Context, stream string, cons jetstream.Consumer) (time.Time, error) {
	info, err := cons.Info(ctx)
	if err != nil {
		return time.Time{}, fmt.Errorf("consumer %s: %w", cons.CachedInfo().Name, err)
	}
	if info.NumPending == 0 && info.NumAckPending == 0 {
		return time.Now(), nil
	}
	s, err := b.js.Stream(ctx, b.streamName(stream))
	if err != nil {
		return time.Time{}, fmt.Errorf("stream %s: %w", b.streamName(stream), err)
	}
	for seq := max(info.AckFloor.Stream+1, s.CachedInfo().State.FirstSeq); seq <= s.CachedInfo().State.LastSeq; seq++ {
		msg, err := s.GetMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return time.Time{}, fmt.Errorf("read %s %d: %w", b.streamName(stream), seq, err)
		}
		return msg.Time, nil
	}
	return time.Now(), nil
}

// attempts counts the failures of the messages in hand, and the deliveries of them that ended in good order. It is per
// process: a message that moves to another one may be tried a few times more.
type attempts struct {
	mu sync.Mutex
	n  map[place]tally
}

type tally struct {
	failed int
	ended  uint64
}

// place is where a message is stored.
type place struct {
	stream string
	seq    uint64
}

func newAttempts() *attempts { return &attempts{n: map[place]tally{}} }

// count adds a failure and returns how many there are.
func (a *attempts) count(c Cause) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.n[place{c.Stream, c.Seq}]
	t.failed++
	a.n[place{c.Stream, c.Seq}] = t
	return t.failed
}

// end adds a delivery that ended with the message put off.
func (a *attempts) end(c Cause) {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.n[place{c.Stream, c.Seq}]
	t.ended++
	a.n[place{c.Stream, c.Seq}] = t
}

// unfinished returns how many deliveries of the message, this one included, have no end known here: their process may
// have been taken down by it.
func (a *attempts) unfinished(c Cause) uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return c.Delivered - min(c.Delivered, a.n[place{c.Stream, c.Seq}].ended)
}

func (a *attempts) forget(c Cause) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.n, place{c.Stream, c.Seq})
}
