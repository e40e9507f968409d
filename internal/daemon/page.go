package daemon

import (
	"context"
	"errors"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/fetcher"
)

// page fetches an item's article page. Where that fails, the record is made from the feed's own words at once, and the
// page is tried again on the calendar until it completes the record or fetch.article_tries are used up.
func (p *pipeline) page(ctx context.Context, e feedmill.Entry, out *bus.Outbox) error {
	if gone, err := p.Registry.Denied(ctx, e.ID); gone || err != nil {
		return err
	}
	if e.Again > 0 {
		return p.lookAgain(ctx, e, out)
	}
	holds, err := p.forPage(ctx, &e.Feed, e.URL)
	if err != nil {
		return err
	}
	if e.URL == "" || !holds.FullText {
		bus.Put(out, bus.Pages, feedOnly(&e, nil, ""))
		return nil
	}
	if !e.Changed && e.Attempt == 0 {
		// The feed may have been read twice, as after a kill: what was made of the page by then is not fetched again.
		canonical, err := feedmill.CanonicalURL(e.URL)
		if err == nil {
			_, known, err := p.Registry.Resolve(ctx, canonical)
			if err != nil {
				return err
			}
			if known {
				bus.Put(out, bus.Records, mention(&e, canonical))
				return nil
			}
		}
	}
	fetched, err := p.recent.begin(ctx, e.ID)
	if err != nil {
		return err
	}
	var got time.Time
	defer func() { p.recent.end(e.ID, got) }()
	if !fetched.Before(e.FoundAt) && e.Attempt == 0 {
		// The page was fetched for another feed after this item was found: nothing newer is to be had.
		if canonical, err := feedmill.CanonicalURL(e.URL); err == nil {
			bus.Put(out, bus.Records, mention(&e, canonical))
			return nil
		}
	}
	req := holds.Request(fetcher.Request{URL: e.URL, Kind: fetcher.KindArticle, Robots: true})
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
	p.metrics.PageFetched(v.Outcome)
	if err := p.holdHost(ctx, v, now); err != nil {
		return err
	}
	event := feedmill.Event{Outcome: v.Outcome, URL: e.URL, Feed: e.Feed.ID, ID: e.ID, Status: v.Status, Reason: v.Reason}

	if v.Outcome == feedmill.OutcomeFetched {
		page.ID, page.Feed, page.Item = e.ID, &e.Feed, &e.Item
		fetched, err := p.render(ctx, page)
		if err != nil {
			return err
		}
		if err := p.parts(ctx, page, out); err != nil {
			return err
		}
		if !e.Changed {
			page.Visit = &feedmill.Visit{Again: again(&holds, 0), Validators: fetched}
		}
		got = page.FetchedAt
		bus.Put(out, bus.Pages, page)
		return nil
	}
	tries := e.Attempt + 1
	if tries == 1 && !e.Changed { // what is known of a changed item is not to be replaced by less
		bus.Put(out, bus.Pages, feedOnly(&e, page, v.Reason))
	}
	refused := v.Outcome == feedmill.OutcomeDisallowed || v.Outcome == feedmill.OutcomeRefused
	switch {
	case v.Permanent && !refused, refused && tries >= p.cfg.Fetch.ArticleTries:
	case tries >= p.cfg.Fetch.ArticleTries:
		given := e
		given.Attempt, given.Slot, given.Changed = 0, time.Time{}, true // a retry asks for the page, whatever is known
		bus.Bury(out, bus.Visits, given, tries, &feedmill.PermanentError{Class: v.Class, Err: errors.New(v.Reason)})
	default:
		e.Attempt, e.LastError, e.Slot, e.Later = tries, v.Reason, time.Time{}, refused
		event.Next = p.retryTime(v.Class, tries, v.RetryAt, now)
		bus.At(out, event.Next, bus.Visits, e)
	}
	p.event(out, event)
	return nil
}

// retryTime is when a page is tried again after its nth failure: four times later each time, never above
// poll.backoff_max, and not before the server allows it. The first pause is a fifth of poll.min where a site is ill, poll.min
// where its name or certificate is at fault, and poll.backoff_max where robots.txt or the address guard refuses the page:
// those last.
func (p *pipeline) retryTime(class string, n int, allowed, now time.Time) time.Time {
	pause := time.Duration(p.cfg.Poll.Min) / 5
	switch class {
	case fetcher.ClassDNS, fetcher.ClassTLS:
		pause = time.Duration(p.cfg.Poll.Min)
	case fetcher.ClassDisallowed, fetcher.ClassRefused:
		pause = time.Duration(p.cfg.Poll.BackoffMax)
	}
	for range n - 1 {
		pause = min(4*pause, time.Duration(p.cfg.Poll.BackoffMax))
	}
	at := now.Add(max(pause, 100*time.Millisecond))
	if allowed.After(at) {
		return allowed
	}
	return at
}

// feedOnly is the page of an item without a page: what the feed says is its source. Answer is what came instead, if
// anything.
func feedOnly(e *feedmill.Entry, answer *feedmill.Page, failure string) *feedmill.Page {
	page := &feedmill.Page{ID: e.ID, URL: e.URL, FetchedAt: e.FoundAt, Feed: &e.Feed, Item: &e.Item, Failure: failure}
	if page.URL == "" {
		page.URL = e.Feed.URL
	}
	if answer != nil {
		page.Status, page.Robots, page.Addr, page.Redirects = answer.Status, answer.Robots, answer.Addr, answer.Redirects
	}
	return page
}
