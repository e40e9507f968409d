package bus

import (
	"context"
	"fmt"
	"time"
)

// pressureAge is how long one look at a stream serves all workers of this process.
const pressureAge = 500 * time.Millisecond

// byteShare is the part of a stream's size limit that unhandled messages may fill.
const byteShare = 0.5

// pressure is the last look at one stream.
type pressure struct {
	at     time.Time
	sent   int               // messages that this process has published since
	reason string            // why the stream takes no more; "" while it does
	lost   map[string]uint64 // by consumer
}

// full tells why the workers that fill a stream should wait: one of its consumers is too far behind. Limits retention
// drops the oldest messages at the size limit, handled or not, so that limit must never be reached by unhandled ones.
func (b *Bus) full(ctx context.Context, stream string) string {
	b.pressureMu.Lock()
	defer b.pressureMu.Unlock()
	p := b.pressure[stream]
	if p == nil {
		p = &pressure{lost: map[string]uint64{}}
		b.pressure[stream] = p
	}
	if time.Since(p.at) < pressureAge && p.sent < b.opts.HighWater/4 {
		return p.reason
	}
	st, err := b.Stream(ctx, stream)
	if err != nil {
		return p.reason // the worker's own calls will say what is wrong
	}
	p.at, p.sent = time.Now(), 0
	reason := ""
	for _, c := range st.Consumers {
		if c.Lost > p.lost[c.Name] {
			b.log.Error("stream dropped messages before they were handled: its size or age limit is too small",
				"stream", stream, "consumer", c.Name, "lost", c.Lost)
			p.lost[c.Name] = c.Lost
		}
		behind := c.Pending + uint64(c.Unacked)
		switch {
		case behind > uint64(b.opts.HighWater):
			reason = fmt.Sprintf("%s is %d messages behind on %s", c.Name, behind, stream)
		case st.MaxBytes > 0 && st.Messages > 0 &&
			float64(behind)*float64(st.Bytes)/float64(st.Messages) > byteShare*float64(st.MaxBytes):
			reason = fmt.Sprintf("%s has left more than half of %s's %d bytes unread", c.Name, stream, st.MaxBytes)
		}
	}
	if reason != "" && p.reason == "" {
		b.log.Info("back-pressure: waiting", "stream", stream, "reason", reason)
	}
	if reason == "" && p.reason != "" {
		b.log.Info("back-pressure: going on", "stream", stream)
	}
	p.reason = reason
	return reason
}

// sent counts what was published, so that a fast worker looks again in time.
func (b *Bus) sent(acks map[string]int) {
	b.pressureMu.Lock()
	defer b.pressureMu.Unlock()
	for stream, n := range acks {
		if p := b.pressure[b.plainName(stream)]; p != nil {
			p.sent += n
		}
	}
}
