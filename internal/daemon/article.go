package daemon

import (
	"context"
	"slices"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/enricher"
	"github.com/feedmill/feedmill/fetcher"
)

// article takes the article out of a page, and claims the URLs that led to it. Where one of them belongs to another
// article already, both are one: this one is merged into the other, which was there first.
func (p *pipeline) article(ctx context.Context, page *feedmill.Page, out *bus.Outbox) error {
	if page.Unread() {
		if gone, err := p.Registry.Denied(ctx, page.ID); gone || err != nil {
			return err
		}
		if r := standing(page); r.State.Value != "" {
			bus.Put(out, bus.Records, r)
		}
		return nil
	}
	with := p.parsing.now.Load()
	a, sample, err := with.Sampled(page)
	if err != nil {
		return err
	}
	if p.cfg.Fetch.ObeyAIOptOut && page.Failure == "" && page.Item != nil && declines(&a.Rights) {
		// The fetcher saw what stands beside the page; this stands in it.
		page = unread(page)
		if a, sample, err = with.Sampled(page); err != nil {
			return err
		}
	}
	a.Provenance.Pipeline.ParserSince = later(with.since, out.Cause().Since)
	if gone, err := p.Registry.Denied(ctx, a.ID); gone || err != nil {
		return err
	}
	if page.IsGone() {
		a.State = feedmill.State{Value: feedmill.StateGone, Since: a.SeenAt}
	}
	a.Provenance.Page.Stream, a.Provenance.Page.Seq = out.Cause().Stream, out.Cause().Seq
	owner, err := p.claim(ctx, a)
	if err != nil {
		return err
	}
	if owner != a.ID {
		a.State = feedmill.State{Value: feedmill.StateMerged, Since: a.SeenAt, MergedInto: owner}
	}
	p.watchDrift(page, a, sample, out)
	if out.Cause().Run == "" {
		p.read.add(a)
	}
	bus.Put(out, bus.Articles, a)
	if a.HasWarning(feedmill.WarnFeedOnly) && page.Item != nil {
		p.event(out, feedmill.Event{Outcome: feedmill.OutcomeFeedOnly, URL: page.URL, ID: a.ID, Status: page.Status, Reason: page.Failure})
	}
	return nil
}

// claim makes the article the owner of its URLs, as far as they have none, and returns the id that owns them: its own,
// or that of the article that claimed one of them first.
func (p *pipeline) claim(ctx context.Context, a *feedmill.Article) (string, error) {
	urls := []string{a.URL}
	// What a page that is no article redirects to says nothing about identity.
	if a.Text != "" && !a.HasWarning(feedmill.WarnConsentWall) && !a.HasWarning(feedmill.WarnSoft404) && !a.HasWarning(feedmill.WarnFeedOnly) {
		for _, u := range a.AltURLs {
			if c, err := feedmill.CanonicalURL(u); err == nil && !slices.Contains(urls, c) {
				urls = append(urls, c)
			}
		}
	}
	owner := a.ID
	for _, u := range urls {
		if u == "" {
			continue
		}
		got, err := p.Registry.Claim(ctx, u, a.ID, time.Now())
		if err != nil {
			return "", err
		}
		if got != a.ID && owner == a.ID {
			owner = got
		}
	}
	return owner, nil
}

// enrich annotates an article.
func (p *pipeline) enrich(ctx context.Context, a *feedmill.Article, out *bus.Outbox) error {
	r, err := p.annotate(ctx, a)
	if err != nil {
		return err
	}
	r.Provenance.Pipeline.Run = out.Cause().Run
	r.Provenance.Pipeline.EnricherSince = later(p.enriching.now.Load().since, out.Cause().Since)
	p.putRecord(out, r)
	return nil
}

// annotate makes an article's record. What makes it is named in it: the same versions, the same rendition.
func (p *pipeline) annotate(ctx context.Context, a *feedmill.Article) (*feedmill.Record, error) {
	r := feedmill.NewRecord(a)
	if p.cfg.Enrich.Enabled {
		with := p.enriching.now.Load()
		if err := with.Enrich(ctx, r); err != nil {
			return nil, err
		}
		r.Provenance.Pipeline.Enricher, r.Provenance.Pipeline.Model = enricher.Version, with.Model()
	}
	r.Rendition = feedmill.RenditionID(r.ID, r.Provenance.Page.SHA256, r.Provenance.Pipeline)
	return r, nil
}

// declines tells whether an article's publisher declines its use for machine learning or text and data mining.
func declines(r *feedmill.Rights) bool {
	return r.AIOptOut != nil && *r.AIOptOut || r.TDMReservation != nil && *r.TDMReservation
}

// unread is a page without what is not to be used of it.
func unread(page *feedmill.Page) *feedmill.Page {
	p := *page
	p.Body, p.Parts, p.Failure = nil, nil, fetcher.ErrOptedOut.Error()
	return &p
}
