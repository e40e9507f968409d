package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/parser"
)

const (
	// driftBatch is how many samples of a site a process gathers before it adds them to the site's history. Those that it
	// has in hand when it ends are lost.
	driftBatch = 5
	// driftHeld is how many samples of a site are held while they cannot be added; the oldest go.
	driftHeld = 4 * driftBatch
	// driftSites is of how many sites samples are held; beyond it those of any one site go.
	driftSites = 1 << 14
)

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
	// Told is whether it was told last that the site has drifted, Tellings how often something was told of it.
	Told     bool `json:"told,omitempty"`
	Tellings int  `json:"tellings,omitempty"`
}

// untold tells whether there is something to tell.
func (n *siteNote) untold() bool { return (n.Drift != "") != n.Told }

const driftNotes = "drift"

func newDrift(ctx context.Context, b *bus.Bus) (*drift, error) {
	notes, err := b.Notes(ctx, driftNotes)
	return &drift{notes: notes, held: map[string][]parser.Sample{}}, err
}

// hold holds a sample of a site. As soon as there is a batch it is returned, and held no more.
func (d *drift) hold(host string, s parser.Sample) []parser.Sample {
	d.mu.Lock()
	defer d.mu.Unlock()
	list, ok := d.held[host]
	if !ok && len(d.held) >= driftSites {
		for other := range d.held {
			delete(d.held, other)
			break
		}
	}
	list = append(list, s)
	list = list[max(0, len(list)-driftHeld):]
	if len(list) >= driftBatch {
		delete(d.held, host)
		return list
	}
	d.held[host] = list
	return nil
}

// unhold holds a batch again that could not be added.
func (d *drift) unhold(host string, batch []parser.Sample) {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := append(batch, d.held[host]...)
	d.held[host] = list[max(0, len(list)-driftHeld):]
}

// change changes what is kept of a site, and returns it.
func (d *drift) change(ctx context.Context, host string, f func(*siteNote)) (*siteNote, error) {
	var n siteNote
	err := d.notes.Change(ctx, host, func(old []byte) ([]byte, error) {
		n = siteNote{}
		if old != nil && json.Unmarshal(old, &n) != nil {
			n = siteNote{} // of another version: begun anew
		}
		n.Host = host
		f(&n)
		return json.Marshal(&n)
	})
	return &n, err
}

// add adds a sample of a site, and returns what is kept of the site where that has changed, else nil.
func (d *drift) add(ctx context.Context, host string, s parser.Sample) (*siteNote, error) {
	batch := d.hold(host, s)
	if batch == nil {
		return nil, nil
	}
	n, err := d.change(ctx, host, func(n *siteNote) {
		for _, s := range batch {
			n.Add(s)
		}
	})
	if err != nil {
		d.unhold(host, batch)
		return nil, err
	}
	return n, nil
}

// told notes what was told of a site, and returns false where somebody else told the same.
func (d *drift) told(ctx context.Context, n *siteNote) (first bool, err error) {
	_, err = d.change(ctx, n.Host, func(now *siteNote) {
		if first = now.Tellings == n.Tellings; first {
			now.Told = n.Drift != ""
			now.Tellings++
		}
	})
	return first && err == nil, err
}

// watchDrift adds a page to what is known of its site, once what was read of it is published. It is no reason to fail.
func (p *pipeline) watchDrift(page *feedmill.Page, a *feedmill.Article, s *parser.Sample, out *bus.Outbox) {
	host := feedmill.Host(page.BaseURL())
	if s == nil || host == "" || out.Cause().Run != "" || p.drift == nil {
		return
	}
	out.Then(func(ctx context.Context) error {
		n, err := p.drift.add(ctx, host, *s)
		if err == nil && n != nil && n.untold() {
			err = p.tellDrift(ctx, n, feedmill.Event{URL: page.URL, ID: a.ID})
		}
		if err != nil {
			p.log.Warn("cannot note how a site is read; trying again with its next pages", "host", host, "error", err)
		}
		return nil
	})
}

// tellDrift tells that a site has drifted, or has no more. It is noted as told after it was: what a crash comes between is
// told again, by whoever adds to the site's history next.
func (p *pipeline) tellDrift(ctx context.Context, n *siteNote, e feedmill.Event) error {
	e.Outcome, e.Reason = feedmill.OutcomeDriftOver, n.Drift
	if n.Drift != "" {
		e.Outcome = feedmill.OutcomeDrift
	}
	id := fmt.Sprintf("drift:%s:%d", n.Host, n.Tellings)
	if err := p.Bus.Send(ctx, "article", id, func(o *bus.Outbox) { o.Event(e) }); err != nil {
		return err
	}
	if first, err := p.drift.told(ctx, n); err != nil || !first {
		return err
	}
	if n.Drift != "" {
		p.log.Warn("a site is read otherwise than before; a site rule may be due", "host", n.Host, "reason", n.Drift)
	} else {
		p.log.Info("a site is read as before again", "host", n.Host)
	}
	p.count(&e)
	if p.onEvent != nil {
		p.onEvent(e)
	}
	return nil
}

// Drifting lists the sites that are read otherwise than before, sorted by host.
func (c *Client) Drifting(ctx context.Context) ([]SiteDrift, error) {
	notes, err := c.Bus.Notes(ctx, driftNotes)
	if err != nil {
		return nil, err
	}
	var all []SiteDrift
	for value, err := range notes.All(ctx) {
		if err != nil {
			return nil, err
		}
		var h siteNote
		if json.Unmarshal(value, &h) == nil && h.Drift != "" {
			all = append(all, SiteDrift{Host: h.Host, Reason: h.Drift})
		}
	}
	slices.SortFunc(all, func(a, b SiteDrift) int { return strings.Compare(a.Host, b.Host) })
	return all, nil
}
