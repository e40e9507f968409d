package daemon

import (
	"context"
	"errors"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/web"
)

// counted is what counts the handlings of this process.
type counted struct{ metrics *web.Metrics }

// Handled counts a handling.
func (c counted) Handled(h bus.Handling) {
	c.metrics.Handled(h.Worker, string(h.Result), h.Took, h.Published, h.Redelivered)
}

// count counts an event of a feed, or of an item that a rule dropped. What happens to a page is counted where it is
// fetched.
func (p *pipeline) count(e *feedmill.Event) {
	switch {
	case e.Outcome == feedmill.OutcomeDropped:
		p.metrics.ItemDropped(e.Rule)
	case e.Outcome == feedmill.OutcomeGap:
		p.metrics.FeedGap()
	case e.Outcome == feedmill.OutcomePushed, e.Outcome == feedmill.OutcomeArchive: // no polls
	case e.Outcome == feedmill.OutcomeDrift:
		p.metrics.SiteDrifted()
	case e.ID == "":
		p.metrics.Polled(e.Outcome)
	}
}

// look returns the state of the bus, for metrics. Consumers of others are among them; nobody counts those.
func (h *health) look(ctx context.Context) (*web.State, error) {
	h.mu.Lock()
	b, leases := h.bus, h.leases
	h.mu.Unlock()
	if b == nil || !b.Connected() {
		return nil, errors.New("not connected")
	}
	streams, err := b.Backlog(ctx)
	if err != nil {
		return nil, err
	}
	dead, err := b.CountDead(ctx)
	if err != nil {
		return nil, err
	}
	s := &web.State{Partitions: -1}
	if leases != nil {
		s.Partitions = leases.Held()
	}
	for i := range streams {
		st := &streams[i]
		s.Streams = append(s.Streams, web.StreamState{Stream: st.Name, Messages: st.Messages, Bytes: st.Bytes, MaxBytes: st.MaxBytes})
		for _, c := range st.Consumers {
			s.Workers = append(s.Workers, web.WorkerState{Worker: c.Name, Stream: st.Name, Pending: c.Pending, InHand: c.Unacked,
				Redelivered: c.Redelivered, Lost: c.Lost, Oldest: c.Oldest})
		}
	}
	for _, d := range dead {
		s.Dead = append(s.Dead, web.DeadLetters{Worker: d.Stage, Class: d.Class, Messages: d.Messages})
	}
	return s, nil
}
