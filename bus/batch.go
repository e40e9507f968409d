package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/nats-io/nats.go"
)

// BatchWorker writes messages away in batches: it is the consumer that a sink runs in.
//
// Write stores a batch or fails as a whole. An error with a feedmill.RetryTime says that the store takes nothing before
// that time: the batch is tried again, with growing pauses, for as long as it takes. Any other failed batch is halved until
// the value at fault is alone. An error that is feedmill.Permanent blames the value, which becomes a dead letter. The
// rest blame the store as long as nothing can be written, and the batch is tried again; where others can be written and
// one cannot, that one becomes a dead letter after Attempts; it holds up none that come after it.
type BatchWorker[In any] struct {
	Name string
	From Subject[In]
	// Write stores all values or none. It is called by one goroutine at a time and must be idempotent.
	Write func(ctx context.Context, batch []In) error
	// Size is the largest batch; default 200.
	Size int
	// Attempts is how often a value is tried that alone cannot be written; default 5.
	Attempts int
}

// received is a message of a batch with its value.
type received[In any] struct {
	msg   *nats.Msg
	cause Cause
	value In
}

// Run works until ctx ends; a batch in hand is finished first. It fails only where the consumer cannot be had or goes
// away.
func (w *BatchWorker[In]) Run(ctx context.Context, b *Bus) error {
	if w.Size == 0 {
		w.Size = 200
	}
	if w.Attempts == 0 {
		w.Attempts = 5
	}
	live, err := w.open(ctx, b, w.From.Stream, w.From.filter())
	if err != nil {
		return err
	}
	defer live.close()
	replays, err := w.open(ctx, b, StreamReplay, replaySubject+token(w.Name)+".>")
	if err != nil {
		return err
	}
	defer replays.close()
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(drainWait, cancel) })
	defer stop()

	attempts := newAttempts()
	down := outage{log: b.log, sink: w.Name}
	defer b.handover.reads(w.From.Stream)()
	turn, end := b.pulse.begin(w.Name, w.From.Stream, w.Name)
	defer end()
	for ctx.Err() == nil {
		turn()
		if b.wait(ctx, nil) {
			continue
		}
		msgs, err := w.pull(ctx, live, replays)
		if err := b.pullFailed(ctx, w.Name, err); err != nil {
			return err
		}
		batch := w.decode(work, b, msgs)
		for pause := retryFirst; len(batch) > 0; pause = min(2*pause, storeRetryMax) {
			start := time.Now()
			awake := w.keep(work, batch, turn)
			left, err := w.write(work, batch)
			awake()
			took := time.Since(start) / time.Duration(len(batch))
			w.settle(b, batch, left, took)
			if len(left) < len(batch) {
				down.over()
			}
			if len(left) == 0 {
				break
			}
			if work.Err() != nil || ctx.Err() != nil {
				for i := range left {
					b.settle(left[i].msg.Nak(), w.Name)
					w.tell(b, &left[i], ResultFailed, took)
				}
				return nil
			}
			at, isDown := feedmill.RetryTime(err)
			if !isDown && (len(left) < len(batch) || feedmill.IsPermanent(err) || attempts.knowAll(w.causes(left))) {
				awake := w.keep(work, left, turn)
				left = w.blame(work, b, left, err, attempts, took)
				awake()
				pause = retryFirst
			} else {
				for i := range left {
					w.tell(b, &left[i], ResultFailed, took)
				}
			}
			batch = left
			if len(batch) == 0 {
				break
			}
			pause = max(pause, time.Until(at))
			down.goesOn(err, len(batch), pause)
			w.hold(ctx, batch, pause, turn)
			if n := w.Size - len(batch); n > 0 && ctx.Err() == nil {
				// What came meanwhile goes along: if it can be written, the store is not at fault.
				more, err := w.take(ctx, live, n, 0)
				if err := b.pullFailed(ctx, w.Name, err); err != nil {
					return err
				}
				batch = append(batch, w.decode(work, b, more)...)
			}
		}
	}
	return nil
}

func (w *BatchWorker[In]) open(ctx context.Context, b *Bus, stream, filter string) (*puller, error) {
	if _, err := b.consumer(ctx, w.Name, stream, filter, 2*w.Size); err != nil {
		return nil, err
	}
	return b.puller(stream, w.Name, w.Size)
}

// linger is how long a batch waits for more once it has begun. Writing has a cost of its own, and news can wait that long.
const linger = 200 * time.Millisecond

// pull takes a batch: of live messages, or of pointers of replays where there are none. Where there is neither it waits
// for a live message.
func (w *BatchWorker[In]) pull(ctx context.Context, live, replays *puller) ([]*nats.Msg, error) {
	if msgs, err := w.take(ctx, live, w.Size, linger); len(msgs) > 0 || err != nil {
		return msgs, err
	}
	if msgs, err := w.take(ctx, replays, w.Size, 0); len(msgs) > 0 || err != nil {
		return msgs, err
	}
	first, err := w.take(ctx, live, 1, pullWait)
	if len(first) == 0 || err != nil {
		return nil, err
	}
	rest, err := w.take(ctx, live, w.Size-1, linger)
	return append(first, rest...), err
}

func (w *BatchWorker[In]) take(ctx context.Context, p *puller, most int, wait time.Duration) (msgs []*nats.Msg, err error) {
	err = p.pull(ctx, most, wait, func(m *nats.Msg) { msgs = append(msgs, m) })
	return msgs, err
}

func (w *BatchWorker[In]) decode(ctx context.Context, b *Bus, msgs []*nats.Msg) []received[In] {
	batch := make([]received[In], 0, len(msgs))
	for _, m := range msgs {
		r := received[In]{msg: m}
		var err error
		if r.cause, err = b.cause(m); err != nil {
			b.log.Error("message without metadata", "worker", w.Name, "error", err)
			continue
		}
		h, data := m.Header, m.Data
		if r.cause.Stream == StreamReplay {
			var st *Stored
			if st, _, err = b.pointed(ctx, h); err == nil {
				h, data = st.header, st.data
			}
		}
		if err == nil {
			var ok bool
			if r.value, ok = b.handover.take(w.From.Stream, h, data).(In); !ok {
				err = b.decode(ctx, h, data, &r.value)
			}
		}
		switch {
		case err == nil:
			batch = append(batch, r)
		case feedmill.IsPermanent(err):
			w.tell(b, &r, b.bury(ctx, w.Name, m, r.cause, 1, err), 0)
		default:
			b.log.Warn("cannot read a message; trying again", "worker", w.Name, "error", err)
			b.settle(m.NakWithDelay(retryFirst), w.Name)
			w.tell(b, &r, ResultFailed, 0)
		}
	}
	return batch
}

// write stores a batch, halving what fails, and returns what could not be stored and the last error.
func (w *BatchWorker[In]) write(ctx context.Context, batch []received[In]) ([]received[In], error) {
	values := make([]In, len(batch))
	for i, r := range batch {
		values[i] = r.value
	}
	err := w.try(ctx, values)
	if err == nil {
		return nil, nil
	}
	if _, down := feedmill.RetryTime(err); down || len(batch) == 1 || ctx.Err() != nil {
		return batch, err
	}
	mid := len(batch) / 2
	left, err1 := w.write(ctx, batch[:mid])
	if _, down := feedmill.RetryTime(err1); down {
		return append(left[:len(left):len(left)], batch[mid:]...), err1
	}
	if len(left) == mid && !feedmill.IsPermanent(err1) {
		// Nothing of the first half went in. If the other half does not either, in one try, the store is at fault, and
		// asking it for every record would only hurt it.
		err2 := w.try(ctx, values[mid:])
		if err2 == nil {
			return left, err1
		}
		if _, down := feedmill.RetryTime(err2); down {
			return batch, err2
		}
		if !feedmill.IsPermanent(err2) {
			return batch, err1
		}
	}
	left2, err2 := w.write(ctx, batch[mid:])
	if err2 == nil {
		err2 = err1
	}
	return append(left[:len(left):len(left)], left2...), err2
}

func (w *BatchWorker[In]) try(ctx context.Context, values []In) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = feedmill.Permanent("panic", fmt.Errorf("panic: %v", p))
		}
	}()
	return w.Write(ctx, values)
}

// settle acknowledges what is stored; the last one is waited for, and with it, on one connection, all before it.
func (w *BatchWorker[In]) settle(b *Bus, batch, left []received[In], took time.Duration) {
	missing := make(map[uint64]bool, len(left))
	for _, r := range left {
		missing[r.cause.Seq] = true
	}
	var last *nats.Msg
	for i := range batch {
		r := &batch[i]
		if missing[r.cause.Seq] {
			continue
		}
		if last != nil {
			b.settle(last.Ack(), w.Name)
		}
		last = r.msg
		w.tell(b, r, ResultOK, took)
	}
	if last != nil {
		b.settle(doubleAck(last), w.Name)
	}
}

// knowAll tells whether a failure of every one of the messages was counted: each has failed where others went in.
func (a *attempts) knowAll(causes []Cause) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !slices.ContainsFunc(causes, func(c Cause) bool {
		_, ok := a.n[place{c.Stream, c.Seq}]
		return !ok
	})
}

func (w *BatchWorker[In]) causes(batch []received[In]) []Cause {
	causes := make([]Cause, len(batch))
	for i := range batch {
		causes[i] = batch[i].cause
	}
	return causes
}

// blame counts a failure of each value left and buries those that have used up their attempts.
func (w *BatchWorker[In]) blame(ctx context.Context, b *Bus, left []received[In], err error, attempts *attempts, took time.Duration) []received[In] {
	var again []received[In]
	down := false
	for _, r := range left {
		n := attempts.count(r.cause)
		if !down && (feedmill.IsPermanent(err) || n >= w.Attempts) {
			// The error is that of the last value; each one is asked for its own.
			own := w.try(ctx, []In{r.value})
			if own == nil {
				b.settle(r.msg.Ack(), w.Name)
				attempts.forget(r.cause)
				w.tell(b, &r, ResultOK, took)
				continue
			}
			if _, down = feedmill.RetryTime(own); !down && (feedmill.IsPermanent(own) || n >= w.Attempts) {
				w.tell(b, &r, b.bury(ctx, w.Name, r.msg, r.cause, n, own), took)
				attempts.forget(r.cause)
				continue
			}
		}
		w.tell(b, &r, ResultRetry, took)
		again = append(again, r)
	}
	return again
}

// tell tells the observer what became of a message. A further try is no further delivery.
func (w *BatchWorker[In]) tell(b *Bus, r *received[In], result Result, took time.Duration) {
	b.observe(Handling{Worker: w.Name, Result: result, Took: took, Redelivered: r.cause.Delivered > 1})
	r.cause.Delivered = 0
}

// writeMost is how long a batch may be at the store before it looks as if its worker had stopped.
const writeMost = 10 * time.Minute

// keep does while a batch is being written what hold does while it waits; the function that it returns ends that.
func (w *BatchWorker[In]) keep(ctx context.Context, batch []received[In], turn func()) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	late := time.AfterFunc(ackWait/3, func() {
		defer close(done)
		w.hold(ctx, batch, writeMost, turn)
	})
	return func() {
		cancel()
		if !late.Stop() {
			<-done
		}
	}
}

// hold waits, telling the server meanwhile that the messages are in hand, and turn that the loop goes on.
func (w *BatchWorker[In]) hold(ctx context.Context, batch []received[In], pause time.Duration, turn func()) {
	tick := time.NewTicker(ackWait / 3)
	defer tick.Stop()
	end := time.NewTimer(pause)
	defer end.Stop()
	for {
		turn()
		for _, r := range batch {
			if err := r.msg.InProgress(); err != nil && !errors.Is(err, nats.ErrMsgAlreadyAckd) {
				return // the connection is gone; the messages come again
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-end.C:
			return
		case <-tick.C:
		}
	}
}
