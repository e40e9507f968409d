package daemon

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/feedmill/feedmill/registry"
)

// again is after how long a page is looked at once more when it has been looked at for the nth time, 0 for the first; 0
// where it is not.
func (p *pipeline) again(ctx context.Context, feed *feedmill.FeedRef, page string, n int) (time.Duration, error) {
	if n >= len(p.cfg.Fetch.Revisit) {
		return 0, nil
	}
	off, err := p.named(ctx, p.cfg.Fetch.RevisitOff, feed, page)
	if off || err != nil {
		return 0, err
	}
	return distances(p.cfg.Fetch.Revisit)[n], nil
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

// named tells whether a list names a page: by its host or a domain above it, or by its feed's URL or tag.
func (p *pipeline) named(ctx context.Context, list []string, feed *feedmill.FeedRef, page string) (bool, error) {
	if len(list) == 0 {
		return false, nil
	}
	host := ""
	if u, err := url.Parse(page); err == nil {
		host = strings.ToLower(u.Hostname())
	}
	if slices.ContainsFunc(list, func(s string) bool {
		s = strings.ToLower(s)
		return host != "" && (host == s || strings.HasSuffix(host, "."+s))
	}) || slices.Contains(list, feed.URL) {
		return true, nil
	}
	st, err := p.Registry.Get(ctx, feed.ID)
	if errors.Is(err, registry.ErrNotFound) {
		return false, nil
	}
	return slices.ContainsFunc(list, func(tag string) bool { return registry.HasTag(&st, tag) }), err
}

// revisits read the pages again at the distances of fetch.revisit, and put what is due for another look among the visits.
func (p *pipeline) revisits() []*bus.Follower {
	lags := distances(p.cfg.Fetch.Revisit)
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
	if before.ID != e.ID || before.Visit == nil || before.Feed == nil || !p.cfg.Fetch.Articles {
		return nil // of another stream
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
	page, err := p.fetch(ctx, fetcher.Request{URL: before.URL, Kind: fetcher.KindArticle, Robots: true, Validators: known}, e.Slot, nil)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if off, ok := errors.AsType[*putOff](err); ok {
		visitAgain(out, e, off)
		return nil
	}
	now := time.Now()
	v := fetcher.Judge(fetcher.KindArticle, page, err, now)
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
	if page.Visit.Again, err = p.again(ctx, before.Feed, before.URL, page.Visit.Number); err != nil {
		return err
	}
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
