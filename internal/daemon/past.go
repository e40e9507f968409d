package daemon

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/feedmill/feedmill/registry"
)

// Where a feed's document has nothing in common with the one before, items may have come and gone in between. What the
// feed itself names as its past is then read back to the items that are known: its archives (RFC 5005 §4) or, where it has
// none, its further pages (§3). Each document is a request of its own, by the worker of polls, and comes to the reader of
// feeds like any other; its items have the same ids as in the feed, so that none is stored twice.

const (
	// pastTries is how often a document of the past is asked for.
	pastTries = 3
	// sinceSlack is how much older than the newest known item an item of the past may be: dates are not that exact.
	sinceSlack = time.Hour
)

// earlier is the next document of a feed's past after page, nil where there is none to be asked for.
func (p *pipeline) earlier(st *feedmill.FeedState, page *feedmill.Page, about *feedmill.Feed) *feedmill.Poll {
	back := feedmill.Back{Page: 1, Since: st.Posting.Newest}
	if page.Back != nil {
		back.Page, back.Since = page.Back.Page+1, page.Back.Since
	}
	link := about.Next
	if about.PrevArchive != "" {
		link, back.Archive = about.PrevArchive, true
	}
	if link == "" {
		return nil
	}
	base, err := url.Parse(page.BaseURL())
	if err != nil {
		return nil
	}
	u, err := base.Parse(link)
	if err != nil || u.Host == "" || back.Archive && u.String() == st.Archive || u.String() == page.URL {
		return nil
	}
	if back.Page > p.cfg.Fetch.ArchivePages {
		p.log.Info("the known items of a feed are further back than fetch.archive_pages allows to look", "feed", st.URL, "pages", p.cfg.Fetch.ArchivePages)
		return nil
	}
	return &feedmill.Poll{Feed: st.ID, URL: u.String(), Host: fetcher.HostKey(u.String()), Due: time.Now(), Back: &back}
}

// goBack has a document of a feed's past fetched.
func (p *pipeline) goBack(out *bus.Outbox, poll *feedmill.Poll) {
	p.once.back(poll.Feed, true)
	bus.At(out, poll.Due, bus.Polls, *poll)
}

// pollPast fetches a document of a feed's past. One that cannot be had is tried again, and then left: the feed itself is
// polled all the same.
func (p *pipeline) pollPast(ctx context.Context, poll *feedmill.Poll, out *bus.Outbox) error {
	st, err := p.Registry.Get(ctx, poll.Feed)
	if errors.Is(err, registry.ErrNotFound) || err == nil && (st.Paused || st.Gone) {
		p.once.back(poll.Feed, false)
		return nil
	}
	if err != nil {
		return err
	}
	holds := p.overrides.Load().For(&st, poll.URL)
	req := holds.Request(fetcher.Request{URL: poll.URL, Kind: fetcher.KindFeed})
	page, err := p.fetch(ctx, req, poll.Slot, nil)
	if off, ok := errors.AsType[*putOff](err); ok {
		if p.once != nil && off.held {
			p.once.back(poll.Feed, false) // it stays on the calendar
		}
		poll.Slot, poll.Due = off.at, off.at
		bus.At(out, off.at, bus.Polls, *poll)
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	now := time.Now()
	v := holds.Judge(req, page, err, now)
	if err := p.holdHost(ctx, v, now); err != nil {
		return err
	}
	if v.Outcome == feedmill.OutcomeFetched {
		ref := st.Ref()
		page.Feed, page.Back = &ref, poll.Back
		bus.Put(out, bus.FeedPages, page)
		return nil
	}
	p.once.back(poll.Feed, false) // a pass does not wait for another try
	e := feedmill.Event{Time: now, Outcome: v.Outcome, Feed: st.ID, URL: poll.URL, Status: v.Status, Reason: "the feed's past: " + v.Reason}
	if poll.Back.Try++; poll.Back.Try < pastTries && v.Outcome != feedmill.OutcomeGone && v.Outcome != feedmill.OutcomeRefused {
		poll.Slot, poll.Due = time.Time{}, latest(v.RetryAt, now.Add(time.Duration(p.cfg.Poll.Min)))
		e.Next = poll.Due
		bus.At(out, poll.Due, bus.Polls, *poll)
	}
	out.Event(e) // it counts as no poll of the feed
	return nil
}

// past reads a document of a feed's past: items that are new go on, and what the feed says of itself and when it is polled
// stays as it is.
func (p *pipeline) past(ctx context.Context, page *feedmill.Page, out *bus.Outbox) error {
	p.once.back(page.Feed.ID, true) // also after a start
	st, err := p.Registry.Get(ctx, page.Feed.ID)
	if errors.Is(err, registry.ErrNotFound) {
		p.once.back(page.Feed.ID, false)
		return nil
	}
	if err != nil {
		return err
	}
	now := time.Now()
	e := feedmill.Event{Time: page.FetchedAt, Outcome: feedmill.OutcomeArchive, Feed: st.ID, URL: page.URL, Status: page.Status}
	about, all, err := parseFeed(page, p.cfg.Fetch.MaxItems)
	if err != nil {
		if !feedmill.IsPermanent(err) {
			return err
		}
		p.once.back(st.ID, false)
		e.Outcome, e.Reason = feedmill.OutcomeNotFeed, "the feed's past: "+err.Error()
		out.Event(e)
		return nil
	}
	seen, rev, err := p.Registry.Seen(ctx, st.ID)
	if err != nil {
		return err
	}
	registry.DropFrontPages(&about, all)
	met := len(all) == 0
	var items []feedmill.Item
	for _, it := range all {
		if since := page.Back.Since; !since.IsZero() && !it.Published.IsZero() && it.Published.Before(since.Add(-sinceSlack)) {
			met = true
			continue
		}
		items = append(items, it)
	}
	found := seen.Further(st.URL, items, now)
	rules := p.filters.Load().For(&st)
	fresh, dropped := 0, 0
	for _, f := range found {
		if says(&f.Item) == "" {
			continue
		}
		if rule, reason := rules.Drops(&f.Item); rule != nil {
			seen.Drop(&f)
			dropped++
			p.event(out, feedmill.Event{Outcome: feedmill.OutcomeDropped, Feed: st.ID, ID: f.ID, URL: f.Item.Link, Rule: rule.Name, Reason: reason})
			continue
		}
		fresh++
		if err := p.item(ctx, out, *page.Feed, f, page.FetchedAt, false); err != nil {
			return err
		}
	}
	// The oldest item decides: the first ones of a further page may have moved there since the page before was read.
	if len(found) == 0 || !sameItem(&found[len(found)-1].Item, &items[len(items)-1]) {
		met = true
	}
	var next *feedmill.Poll
	if !met {
		next = p.earlier(&st, page, &about)
	}
	if e.Items, e.New, e.Dropped = len(all), fresh, dropped; next != nil {
		e.Next = next.Due
		p.goBack(out, next)
	}
	p.log.Info("a document of a feed's past was read after a gap", "feed", st.URL, "url", page.URL, "new", fresh, "more", next != nil)
	p.event(out, e)
	out.Then(func(ctx context.Context) error {
		if seen.Changed() {
			seen.Rests.Item = max(seen.Rests.Item, out.Last(bus.StreamItem))
			if _, err := p.Registry.PutSeen(ctx, st.ID, seen, rev); err != nil {
				return err
			}
		}
		err := p.Registry.Update(ctx, st.ID, func(s *feedmill.FeedState) error {
			s.Total, s.Recovered = s.Total+fresh, s.Recovered+fresh
			if page.Back.Archive && page.Back.Page == 1 {
				s.Archive = page.URL
			}
			s.Rests.Item = max(s.Rests.Item, out.Last(bus.StreamItem))
			return nil
		})
		if err != nil && !errors.Is(err, registry.ErrNotFound) {
			return err
		}
		if next == nil {
			p.once.back(st.ID, false)
		}
		return nil
	})
	return nil
}

// sameItem tells whether two items of one document are the same one.
func sameItem(a, b *feedmill.Item) bool {
	return a.Link == b.Link && a.GUID == b.GUID && a.Title == b.Title && a.Summary == b.Summary
}

// pastReason says for people what is read of a feed's past.
func pastReason(poll *feedmill.Poll) string {
	const gap = "none of the items was there at the last poll: some may have been missed"
	if poll == nil {
		return gap
	}
	what := "further pages"
	if poll.Back.Archive {
		what = "archives"
	}
	return fmt.Sprintf("%s; the feed's %s are read back to the known items", gap, what)
}
