package bus

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// handover keeps the values that this process has published for its own workers, which need not decode them then. It
// changes nothing of what a message means: a value is given out once, and only for a message that has the very bytes it
// was encoded to; any other delivery is decoded.
//
// It is also what keeps a stage from running ahead of the next one: while as many values wait as it keeps, whoever fills
// their stream waits. So pages are not fetched faster than they are parsed, and memory holds few of them.
type handover struct {
	mu      sync.Mutex
	streams map[string]*handing
	values  map[string]*handed
	taken   chan struct{} // closed and made anew when a value has gone
	cleared time.Time     // when the values that nobody comes for were last looked for
}

// handing is a stream with values on their way.
type handing struct {
	readers        int // workers of this process
	waiting, bytes int
	stuck          bool // its values got too old, and none has been asked for since
}

func (s *handing) full() bool { return s.waiting >= handMost || s.bytes >= handBytes }

// handed is a value on its way.
type handed struct {
	stream string
	data   []byte
	value  any
	size   int
	at     time.Time
}

const (
	// handMost and handBytes are how many values of a stream wait, and how large they are, when its writers wait too. What
	// those have in hand then may come on top, up to four times as much.
	handMost  = 256
	handBytes = 4 << 20
	// handAge is how long a value waits for its message: one that is older will not be asked for.
	handAge = 5 * time.Second
	// handLast is how long a value is kept while there is room. The message of one that is older has failed, or was
	// there before and is not delivered again.
	handLast = time.Minute
)

func newHandover() *handover {
	return &handover{streams: map[string]*handing{}, values: map[string]*handed{}, taken: make(chan struct{})}
}

func (h *handover) stream(name string) *handing {
	s := h.streams[name]
	if s == nil {
		s = &handing{}
		h.streams[name] = s
	}
	return s
}

// reads notes that a worker of this process reads a stream, until end is called.
func (h *handover) reads(stream string) (end func()) {
	if h == nil {
		return func() {}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stream(stream).readers++
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.stream(stream).readers--
	}
}

// put keeps the value of a message that is about to be published.
func (h *handover) put(stream string, msg *nats.Msg, value any, size int) {
	if h == nil || len(msg.Data) == 0 {
		return
	}
	if p, ok := value.(*feedmill.Page); ok {
		sent := uncoded(p)
		sent.Parts = slices.Clone(p.Parts)
		for i, part := range sent.Parts {
			sent.Parts[i] = uncoded(part)
		}
		value = sent
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clear()
	s := h.stream(stream)
	if s.readers == 0 || s.stuck || s.waiting >= 4*handMost || s.bytes >= 4*handBytes {
		return
	}
	id := msg.Header.Get(jetstream.MsgIDHeader)
	h.drop(id)
	h.values[id] = &handed{stream: stream, data: msg.Data, value: value, size: size, at: time.Now()}
	s.waiting++
	s.bytes += size
}

// uncoded returns a copy of a page that does not hold its body twice.
func uncoded(p *feedmill.Page) *feedmill.Page {
	sent := *p
	sent.Coded, sent.Coding = nil, ""
	return &sent
}

// take gives out the value of a delivered message of a stream, nil where it has none.
func (h *handover) take(stream string, header nats.Header, data []byte) any {
	if h == nil {
		return nil
	}
	id := header.Get(jetstream.MsgIDHeader)
	h.mu.Lock()
	h.stream(stream).stuck = false
	v := h.drop(id)
	h.mu.Unlock()
	if v == nil || !bytes.Equal(v.data, data) {
		return nil
	}
	return v.value
}

// full waits a moment while as many values of one of the streams wait as are kept, and tells whether it did.
func (h *handover) full(ctx context.Context, streams []string) bool {
	if h == nil {
		return false
	}
	h.mu.Lock()
	full := h.isFull(streams)
	if full {
		h.sweep()
		full = h.isFull(streams)
	}
	taken := h.taken
	h.mu.Unlock()
	if !full {
		return false
	}
	wait := time.NewTimer(handAge / 10)
	defer wait.Stop()
	select {
	case <-taken:
	case <-wait.C:
	case <-ctx.Done():
	}
	return true
}

func (h *handover) isFull(streams []string) bool {
	return slices.ContainsFunc(streams, func(s string) bool { return h.stream(s).full() })
}

// sweep forgets values that are too old. Their stream's reader does not come on, and nobody waits for it here: how far
// it may fall behind is for back-pressure to say.
func (h *handover) sweep() {
	for id, v := range h.values {
		if time.Since(v.at) > handAge {
			h.drop(id)
			h.stream(v.stream).stuck = true
		}
	}
}

// clear forgets the values that nobody comes for. It looks for them once in handLast.
func (h *handover) clear() {
	if time.Since(h.cleared) < handLast {
		return
	}
	h.cleared = time.Now()
	for id, v := range h.values {
		if time.Since(v.at) > handLast {
			h.drop(id)
		}
	}
}

func (h *handover) drop(id string) *handed {
	v := h.values[id]
	if v == nil {
		return nil
	}
	delete(h.values, id)
	s := h.stream(v.stream)
	s.waiting--
	s.bytes -= v.size
	close(h.taken)
	h.taken = make(chan struct{})
	return v
}
