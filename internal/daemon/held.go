package daemon

import (
	"context"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
)

// storePause is after how long a record that was held back is tried again at a store that did not take it.
const storePause = 5 * time.Second

// holdBack puts the records whose full text may still come on the calendar, as far as the sink waits for that, and returns
// the others.
func (p *pipeline) holdBack(ctx context.Context, s *namedSink, recs []*feedmill.Record) ([]*feedmill.Record, error) {
	if s.wait <= 0 {
		return recs, nil
	}
	now := make([]*feedmill.Record, 0, len(recs))
	for _, r := range recs {
		due := r.SeenAt.Add(s.wait)
		if !awaitsText(r) || !due.After(time.Now()) {
			now = append(now, r)
			continue
		}
		err := p.Bus.Send(ctx, sinkWorker+s.name, "held:"+r.Rendition+":"+due.UTC().Format(time.RFC3339Nano), func(out *bus.Outbox) {
			bus.At(out, due, bus.Held(s.name), r)
		})
		if err != nil {
			return nil, feedmill.RetryAfter(time.Now().Add(time.Second), err)
		}
	}
	return now, nil
}

// awaitsText tells whether a record was made from the feed because its page could not be had, and may be had yet.
func awaitsText(r *feedmill.Record) bool {
	return r.Rendition != "" && r.HasWarning(feedmill.WarnFeedOnly) && r.Provenance.Page.Failure != "" &&
		(r.State.Value == "" || r.State.Value == feedmill.StateLive) && r.Provenance.Pipeline.Run == ""
}

// release returns what is done with a record that was held back: it is stored, unless the full text came meanwhile.
func (p *pipeline) release(s *namedSink) func(context.Context, *feedmill.Record, *bus.Outbox) error {
	return func(ctx context.Context, r *feedmill.Record, _ *bus.Outbox) error {
		full := false
		err := p.Bus.Select(ctx, bus.Selection{Stream: bus.StreamRecord, Host: feedmill.Host(r.URL), ID: r.ID, Since: r.SeenAt}, false, func(m *bus.Stored) bool {
			full = m.Full && m.Run == ""
			return !full
		})
		if err == nil && !full {
			err = p.writeNow(ctx, s, []*feedmill.Record{r})
		}
		if err != nil && !feedmill.IsPermanent(err) {
			return feedmill.RetryAfter(time.Now().Add(storePause), err)
		}
		return err
	}
}
