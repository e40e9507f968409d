package daemon

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/fetcher"
)

// again is after how long a page is looked at once more when it has been looked at for the nth time, 0 for the first; 0
// where it is not.
func again(holds *Applied, n int) time.Duration {
	if n >= len(holds.Revisit) {
		return 0
	}
	return distances(holds.Revisit)[n]
}

// distances are the times between looks, of times after the first one.
func distances[D ~int64](after []D) []time.Duration {
	all := make([]time.Duration, len(after))
	for i, d := range after {
		all[i] = time.Duration(d)
		if i > 0 {
			all[i] -= time.Duration(after[i-1])
		}
	}
	return all
}

// revisits read the pages again at the distances of fetch.revisit, and put what is due for another look among the visits.
func (p *pipeline) revisits() []*bus.Follower {
	lags := distances(p.cfg.Fetch.Revisit)
	for i := range p.cfg.Settings {
		lags = append(lags, distances(p.cfg.Settings[i].Revisit)...)
	}
	slices.Sort(lags)
	var all []*bus.Follower
	for _, lag := range slices.Compact(lags) {
		all = append(all, &bus.Follower{Name: "revisit-" + lag.String(), Stream: bus.StreamPage, Lag: lag, Mine: p.leases.First,
			Handle: func(m *bus.Stored, out *bus.Outbox) {
				if m.Again == lag {
					bus.Put(out, bus.Visits, feedmill.Entry{ID: m.ID, URL: m.URL, Host: fetcher.HostKey(m.URL), FoundAt: m.Time.UTC(), Again: m.Seq})
				}
			}})
	}
	return all
}

// lookAgain asks whether an article's page was edited since it was last looked at. Whatever comes of it, one page goes on
// the stream, and the look after this one goes by that: a look that fails is not repeated, and the next one is made.
func (p *pipeline) lookAgain(ctx context.Context, e feedmill.Entry, out *bus.Outbox) error {
	m, err := p.Bus.Stored(ctx, bus.StreamPage, e.Again)
	if feedmill.IsPermanent(err) {
		return nil // the stream has dropped the page meanwhile
	}
	if err != nil {
		return err
	}
	before, err := bus.Value(ctx, p.Bus, bus.Pages, m)
	if err != nil {
		return err
	}
	if before.ID != e.ID || before.Visit == nil || before.Feed == nil {
		return nil // of another stream
	}
	holds, err := p.forPage(ctx, before.Feed, before.URL)
	if err != nil || !holds.FullText {
		return err
	}
	if canonical, err := feedmill.CanonicalURL(before.URL); err == nil {
		owner, known, err := p.Registry.Resolve(ctx, canonical)
		if err != nil {
			return err
		}
		if known && owner != e.ID {
			return nil // it turned out to be another article, which is looked at by itself
		}
	}
	known := before.Visit.Validators
	if len(before.Body) > 0 && !before.Rendered {
		known = fetcher.ValidatorsOf(before)
	}
	req := holds.Request(fetcher.Request{URL: before.URL, Kind: fetcher.KindArticle, Robots: true, Validators: known})
	page, err := p.fetch(ctx, req, e.Slot, nil)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if off, ok := errors.AsType[*putOff](err); ok {
		visitAgain(out, e, off)
		return nil
	}
	now := time.Now()
	v := holds.Judge(req, page, err, now)
	if v.Outcome == feedmill.OutcomeFetched && known.BodyHash != "" && fetcher.ValidatorsOf(page).BodyHash == known.BodyHash {
		v.Outcome, known = feedmill.OutcomeUnchanged, fetcher.ValidatorsOf(page)
	}
	p.metrics.PageFetched(v.Outcome)
	if err := p.holdHost(ctx, v, now); err != nil {
		return err
	}
	if page == nil {
		page = &feedmill.Page{URL: before.URL, Status: v.Status}
	}
	if page.FetchedAt.IsZero() {
		page.FetchedAt = now.UTC()
	}
	page.ID, page.Feed, page.Item = e.ID, before.Feed, before.Item
	page.Visit = &feedmill.Visit{Number: before.Visit.Number + 1, Gone: before.IsGone()}
	page.Visit.Again = again(&holds, page.Visit.Number)
	switch v.Outcome {
	case feedmill.OutcomeFetched:
		if page.Visit.Validators, err = p.render(ctx, page); err != nil {
			return err
		}
		if err := p.parts(ctx, page, out); err != nil {
			return err
		}
	case feedmill.OutcomeUnchanged:
		page.Body, page.Visit.Validators = nil, fetcher.RefreshValidators(known, page)
	default:
		page.Body, page.Failure, page.Visit.Validators = nil, v.Reason, known
	}
	p.event(out, feedmill.Event{Outcome: v.Outcome, URL: before.URL, Feed: before.Feed.ID, ID: e.ID, Status: v.Status, Reason: v.Reason})
	bus.Put(out, bus.Pages, page)
	return nil
}

// standing is the record of a look that brought no text: it says whether the page still stands, where that is news.
func standing(page *feedmill.Page) *feedmill.Record {
	a := feedmill.Article{ID: page.ID, SeenAt: page.FetchedAt}
	a.URL, _ = feedmill.CanonicalURL(page.URL) // unknown, it is merged by its id all the same
	switch {
	case page.IsGone() && !page.Visit.Gone:
		a.State = feedmill.State{Value: feedmill.StateGone, Since: page.FetchedAt}
	case page.Failure == "" && page.Visit.Gone:
		a.State = feedmill.State{Value: feedmill.StateLive, Since: page.FetchedAt}
	}
	return feedmill.NewRecord(&a)
}
