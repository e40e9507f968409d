package bus

import (
	"maps"
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

// pulse is when the loops of this process's workers last came round, by consumer, and when the bus last did not answer.
type pulse struct {
	mu       sync.Mutex
	loops    map[string]time.Time
	silentAt atomic.Int64 // Unix nanoseconds
}

// begin enters a loop, whose function turn is called each time it comes round, and end when it has ended.
func (p *pulse) begin(loop string) (turn, end func()) {
	turn = func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.loops[loop] = time.Now()
	}
	turn()
	return turn, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.loops, loop)
	}
}

// silent notes that the bus has not answered.
func (p *pulse) silent() { p.silentAt.Store(time.Now().UnixNano()) }

// Loops tells when each loop of this process's workers last came round: the name is that of its consumer, which it has,
// with its stream: PAGE/article. A loop waits half a second for messages, two seconds where there are many of its kind,
// and longer only where all places are taken by messages in hand.
func (b *Bus) Loops() map[string]time.Time {
	b.pulse.mu.Lock()
	defer b.pulse.mu.Unlock()
	return maps.Clone(b.pulse.loops)
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
