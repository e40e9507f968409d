package daemon

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/parser"
)

// driftBatch is how many samples of a site a process gathers before it adds them to the site's history. Those that it has
// in hand when it ends are lost.
const driftBatch = 5

// drift watches whether sites are read otherwise than before, see parser.SiteHistory.
type drift struct {
	notes *bus.Notes
	mu    sync.Mutex
	held  map[string][]parser.Sample // by host
}

// SiteDrift is a site that is read otherwise than before.
type SiteDrift struct {
	Host   string `json:"host"`
	Reason string `json:"reason"`
}

// siteNote is what is kept of a site.
type siteNote struct {
	Host string `json:"host"`
	parser.SiteHistory
}

const driftNotes = "drift"

func newDrift(ctx context.Context, b *bus.Bus) (*drift, error) {
	notes, err := b.Notes(ctx, driftNotes)
	return &drift{notes: notes, held: map[string][]parser.Sample{}}, err
}

// add adds a sample of a site, and returns what is told of the site where that has changed; "" for nothing any more.
func (d *drift) add(ctx context.Context, host string, s parser.Sample) (reason string, changed bool, err error) {
	d.mu.Lock()
	d.held[host] = append(d.held[host], s)
	batch := d.held[host]
	if len(batch) < driftBatch {
		d.mu.Unlock()
		return "", false, nil
	}
	delete(d.held, host)
	d.mu.Unlock()
	err = d.notes.Change(ctx, host, func(old []byte) ([]byte, error) {
		var h siteNote
		if old != nil && json.Unmarshal(old, &h) != nil {
			h = siteNote{} // of another version: begun anew
		}
		h.Host = host
		before := h.Drift
		for _, s := range batch {
			h.Add(s)
		}
		reason, changed = h.Drift, (h.Drift == "") != (before == "")
		return json.Marshal(h)
	})
	return reason, changed && err == nil, err
}

// watchDrift adds a page to what is known of its site. It is no reason to fail.
func (p *pipeline) watchDrift(ctx context.Context, page *feedmill.Page, a *feedmill.Article, s *parser.Sample, out *bus.Outbox) {
	host := feedmill.Host(page.BaseURL())
	if s == nil || host == "" || out.Cause().Run != "" || p.drift == nil {
		return
	}
	reason, changed, err := p.drift.add(ctx, host, *s)
	switch {
	case err != nil:
		p.log.Warn("cannot note how a site is read", "host", host, "error", err)
	case changed && reason != "":
		p.log.Warn("a site is read otherwise than before; a site rule may be due", "host", host, "reason", reason)
		p.event(out, feedmill.Event{Outcome: feedmill.OutcomeDrift, URL: page.URL, ID: a.ID, Reason: reason})
	case changed:
		p.log.Info("a site is read as before again", "host", host)
		p.event(out, feedmill.Event{Outcome: feedmill.OutcomeDriftOver, URL: page.URL, ID: a.ID})
	}
}

// Drifting lists the sites that are read otherwise than before, sorted by host.
func (c *Client) Drifting(ctx context.Context) ([]SiteDrift, error) {
	notes, err := c.Bus.Notes(ctx, driftNotes)
	if err != nil {
		return nil, err
	}
	var all []SiteDrift
	for _, value := range notes.All(ctx) {
		var h siteNote
		if json.Unmarshal(value, &h) == nil && h.Drift != "" {
			all = append(all, SiteDrift{Host: h.Host, Reason: h.Drift})
		}
	}
	slices.SortFunc(all, func(a, b SiteDrift) int { return strings.Compare(a.Host, b.Host) })
	return all, ctx.Err()
}
