package bus

import (
	"sync"
	"sync/atomic"
	"time"
)

// Result is how the handling of a message ended.
type Result string

// The results.
const (
	ResultOK    Result = "ok"    // handled, what came of it is published, acknowledged
	ResultKnown Result = "known" // handled before; see Worker.Once
	ResultRetry Result = "retry" // it failed, or asked to be put off, and comes again
	ResultDead  Result = "dead"  // given up: a dead letter
	// ResultFailed is that of a message that comes again through no fault of its own: the bus, the registry or the store
	// did not answer, or the process stops.
	ResultFailed Result = "failed"
)

// Handling is what became of one message in a worker of this process.
type Handling struct {
	Worker string
	Result Result
	// Took is the time from delivery to acknowledgement; in a batch, the message's part of the time of its writing.
	Took time.Duration
	// Published counts the messages that came of it.
	Published int
	// Redelivered says that the message had been delivered before.
	Redelivered bool
}

// Observer is told of every handling. It is called concurrently, between two messages, and must be quick.
type Observer interface {
	Handled(h Handling)
}

func (b *Bus) observe(h Handling) {
	if b.opts.Observer != nil {
		b.opts.Observer.Handled(h)
	}
}

// Loop is a loop in which a worker of this process takes messages from a consumer. It waits two seconds for them at most,
// and longer only where all places are taken by messages in hand.
type Loop struct {
	Worker string
	// Consumer is what it reads, with its stream: ITEM/page-p07.
	Consumer string
	// Turned is when it last came round.
	Turned time.Time
}

// pulse is when the loops of this process's workers last came round, and when the bus last did not answer.
type pulse struct {
	mu       sync.Mutex
	loops    map[*Loop]bool
	silentAt atomic.Int64 // Unix nanoseconds
}

// begin enters a loop; turn is to be called each time it comes round, and end when it has ended.
func (p *pulse) begin(worker, stream, consumer string) (turn, end func()) {
	l := &Loop{Worker: worker, Consumer: stream + "/" + consumer, Turned: time.Now()}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.loops[l] = true
	return func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			l.Turned = time.Now()
		}, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			delete(p.loops, l)
		}
}

// silent notes that the bus has not answered.
func (p *pulse) silent() { p.silentAt.Store(time.Now().UnixNano()) }

// Loops returns the loops of this process's workers, in no order. A worker that has none has no consumer (yet).
func (b *Bus) Loops() []Loop {
	b.pulse.mu.Lock()
	defer b.pulse.mu.Unlock()
	all := make([]Loop, 0, len(b.pulse.loops))
	for l := range b.pulse.loops {
		all = append(all, *l)
	}
	return all
}

// Silent tells when the bus last did not answer: now while there is no connection, the zero time where it always has.
func (b *Bus) Silent() time.Time {
	if !b.Connected() {
		return time.Now()
	}
	if at := b.pulse.silentAt.Load(); at > 0 {
		return time.Unix(0, at)
	}
	return time.Time{}
}

// Connected tells whether there is a connection to a server now.
func (b *Bus) Connected() bool { return b.nc.IsConnected() }
