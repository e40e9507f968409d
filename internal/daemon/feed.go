package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/feedmill/feedmill/parser"
	"github.com/feedmill/feedmill/registry"
)

// feed reads a fetched feed document. New and changed items are published first; then, in this order, the seen set and
// the feed's state with its validators are committed: a crash between any two finds the items again, and loses none.
func (p *pipeline) feed(ctx context.Context, page *feedmill.Page, out *bus.Outbox) error {
	if page.Back != nil {
		return p.past(ctx, page, out)
	}
	st, err := p.Registry.Get(ctx, page.Feed.ID)
	if errors.Is(err, registry.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	now := time.Now()
	stale := out.Cause().Seq <= st.Rests.Feed // a later document was committed already
	limit := p.cfg.Fetch.MaxItems
	about, items, err := parseFeed(page, limit+1)
	if err != nil {
		if !feedmill.IsPermanent(err) {
			return err
		}
		if page.Pushed { // no news but that there is some
			p.plan(out, &st, latest(now, st.LastPoll.Add(time.Duration(p.cfg.Poll.Min))))
			return nil
		}
		p.settle(out, &st, now, func(s *feedmill.FeedState) {
			if stale {
				return
			}
			s.LastPoll, s.Outcome, s.Status, s.Error = page.FetchedAt, feedmill.OutcomeNotFeed, page.Status, err.Error()
			s.Class = string(feedmill.OutcomeNotFeed)
			s.Failures++
		})
		return nil
	}
	about.Truncated = about.Truncated || page.Truncated
	var cut string
	if about.Truncated {
		cut = "the document breaks off; its whole items are taken"
	}
	if len(items) > limit {
		cut = fmt.Sprintf("the feed has more than %d items; the first ones are taken, see fetch.max_items", limit)
		items = items[:limit]
	}
	seen, rev, err := p.Registry.Seen(ctx, st.ID)
	if errors.Is(err, registry.ErrSeenFormat) {
		p.log.Warn("the marks of what was seen of this feed cannot be read; it is read again", "feed", st.URL, "error", err)
	} else if err != nil {
		return err
	}
	if st.LastSuccess.IsZero() && st.LastPush.IsZero() && !st.Reread {
		seen = &registry.SeenSet{} // left from a subscription before this one
	}
	reread := st.Reread || p.beyond(st.ID, seen.Rests.Item)
	if reread {
		seen = &registry.SeenSet{}
	}
	known := *page.Feed
	known.Title, known.Link, known.Language = about.Title, about.Link, about.Language
	registry.DropFrontPages(&about, items)
	found := seen.Unseen(st.URL, items, now)
	partial := page.Pushed || fetcher.Delta(page) // it has what is new alone
	missed := !reread && !stale && !partial && registry.Missed(&st.Posting, seen, items)
	dates := postingDates(&st, items, found, reread)
	if st.Baseline {
		found = nil // marked as seen, and no more
	}
	rules := p.filters.Load().For(&st)
	fresh, dropped := 0, 0
	for _, f := range found {
		if says(&f.Item) == "" || stale && f.Changed {
			continue // an entry without a word in it, or an older word on a newer one
		}
		if rule, reason := rules.Drops(&f.Item); rule != nil {
			seen.Drop(&f)
			dropped++
			p.event(out, feedmill.Event{Outcome: feedmill.OutcomeDropped, Feed: st.ID, ID: f.ID, URL: f.Item.Link, Rule: rule.Name, Reason: reason})
			continue
		}
		if !f.Changed {
			fresh++
		}
		if err := p.item(ctx, out, known, f, page.FetchedAt, reread); err != nil {
			return err
		}
	}

	articles := p.read.take(st.ID)
	hubless := !page.Pushed && !stale && p.wantPushes(ctx, &st, page, &about, !partial && !about.Truncated)
	change := func(s *feedmill.FeedState) {
		if stale {
			return
		}
		if page.Pushed {
			s.LastPush, s.Total = page.FetchedAt, s.Total+fresh
			if fresh > 0 {
				s.LastNew = page.FetchedAt
			}
			s.Rests = feedmill.Rests{Feed: out.Cause().Seq, Item: max(s.Rests.Item, out.Last(bus.StreamItem))}
			return
		}
		s.Title, s.Link, s.Language = about.Title, about.Link, about.Language
		s.TTL, s.SkipHours, s.SkipDays, s.UpdatePeriod = about.TTL, about.SkipHours, about.SkipDays, about.UpdatePeriod
		s.LastPoll, s.LastSuccess = page.FetchedAt, page.FetchedAt
		s.Class = ""
		s.Outcome, s.Status, s.Error, s.Failures, s.RetryAt, s.Reread = feedmill.OutcomeFetched, page.Status, "", 0, time.Time{}, false
		if s.New, s.Dropped = fresh, dropped; !partial {
			s.Items = len(items)
		}
		s.Total += fresh
		if fresh > 0 {
			s.LastNew = page.FetchedAt
		}
		if missed {
			s.Gaps, s.LastGap = s.Gaps+1, page.FetchedAt
		}
		if s.Baseline = false; hubless {
			s.PushedUntil = time.Time{}
		}
		registry.CountArticles(s, articles.n, articles.short)
		registry.Observe(&s.Posting, dates, page.FetchedAt, missed)
		marks := fetcher.ValidatorsOf(page)
		if about.Truncated {
			marks = feedmill.Validators{} // half a document is not to be confirmed by a 304
		}
		if untrue(s, &marks) && fresh > 0 {
			s.Unconditional = page.FetchedAt.Add(time.Duration(p.cfg.Poll.Unconditional))
		}
		s.Validators, s.LastBody = marks, page.FetchedAt
		s.Fresh, s.MaxAge = fetcher.Freshness(page, 0, page.FetchedAt)
		moved(s, page)
		s.Rests = feedmill.Rests{Feed: out.Cause().Seq, Item: max(s.Rests.Item, out.Last(bus.StreamItem))}
	}
	after := st
	change(&after)
	due, outcome := p.next(&after, now), feedmill.OutcomeFetched
	if page.Pushed {
		due, outcome = st.Due, feedmill.OutcomePushed
	} else {
		p.plan(out, &after, due)
	}
	if missed {
		back := p.earlier(&st, page, &about)
		if back != nil {
			p.goBack(out, back)
		}
		p.log.Warn("none of the feed's items was there at the last poll: some may have been missed", "feed", st.URL, "items", len(items), "last_poll", st.LastPoll, "next_poll", due)
		p.event(out, feedmill.Event{Time: page.FetchedAt, Outcome: feedmill.OutcomeGap, Feed: st.ID, URL: st.PollURL(), Items: len(items), Next: due,
			Reason: pastReason(back)})
	}
	p.event(out, feedmill.Event{Time: page.FetchedAt, Outcome: outcome, Feed: st.ID, URL: st.PollURL(), Status: page.Status, Items: len(items), New: len(found) - dropped, Dropped: dropped, Reason: cut, Next: due})
	out.Then(func(ctx context.Context) error {
		if seen.Changed() && !stale {
			seen.Rests = feedmill.Rests{Feed: out.Cause().Seq, Item: max(seen.Rests.Item, out.Last(bus.StreamItem))}
			if _, err := p.Registry.PutSeen(ctx, st.ID, seen, rev); err != nil {
				return err
			}
		}
		err := p.Registry.Update(ctx, st.ID, func(s *feedmill.FeedState) error {
			change(s)
			if !page.Pushed {
				s.Due = due
			}
			return nil
		})
		if err != nil && !errors.Is(err, registry.ErrNotFound) {
			return err
		}
		if !page.Pushed {
			p.once.polled(st.ID, feedmill.OutcomeFetched)
		}
		return nil
	})
	return nil
}

// untrue tells whether a server gives another body under the marks of the one before, so that its 304s mean nothing.
func untrue(s *feedmill.FeedState, marks *feedmill.Validators) bool {
	was := &s.Validators
	return (was.ETag != "" || was.LastModified != "") && *marks != *was &&
		marks.URL == was.URL && marks.ETag == was.ETag && marks.LastModified == was.LastModified
}

// postingDates are the dates of publication that a document adds to what is known of the feed's posting: those of its new
// items, or of all where nothing is known yet, and of none where the feed is read again.
func postingDates(st *feedmill.FeedState, items []feedmill.Item, found []registry.Found, reread bool) (dates []time.Time) {
	switch {
	case st.Posting.Until.IsZero():
		for i := range items {
			dates = append(dates, items[i].Published)
		}
	case !reread:
		for i := range found {
			if !found[i].Changed {
				dates = append(dates, found[i].Item.Published)
			}
		}
	}
	return dates
}

// parseFeed reads so many items of a feed document; a panic of the parser is an error of the document.
func parseFeed(page *feedmill.Page, items int) (about feedmill.Feed, list []feedmill.Item, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = feedmill.Permanent("panic", fmt.Errorf("reading the feed: panic: %v\n%s", p, debug.Stack()))
		}
	}()
	return parser.ParseFeedOptions(page, &parser.FeedOptions{MaxItems: items})
}

// item sends a new or changed item on its way: to its page, or, where the article came by another feed before, to the
// record as one more place where it was seen.
// Reread is set where what was sent before may be lost.
func (p *pipeline) item(ctx context.Context, out *bus.Outbox, ref feedmill.FeedRef, f registry.Found, at time.Time, reread bool) error {
	e := feedmill.Entry{ID: f.ID, Feed: ref, Item: f.Item, Changed: f.Changed || reread, FoundAt: at}
	canonical, err := feedmill.CanonicalURL(f.Item.Link)
	if err == nil {
		e.URL, e.Host = f.Item.Link, fetcher.HostKey(f.Item.Link)
		owner, ok, err := p.Registry.Resolve(ctx, canonical)
		if err != nil {
			return err
		}
		if ok {
			e.ID = owner
			if !f.Changed && !reread {
				if gone, err := p.Registry.Denied(ctx, e.ID); gone || err != nil {
					return err
				}
				bus.Put(out, bus.Records, mention(&e, canonical))
				return nil
			}
		}
	}
	if gone, err := p.Registry.Denied(ctx, e.ID); gone || err != nil {
		return err
	}
	bus.Put(out, bus.Items, e)
	return nil
}

// says returns something that an item says, "" where it says nothing at all.
func says(it *feedmill.Item) string {
	return cmp.Or(it.Link, it.GUID, it.Title, it.Summary, it.Content)
}

// mention is the record that says only that a known article was seen in one more feed.
func mention(e *feedmill.Entry, canonical string) *feedmill.Record {
	return feedmill.NewRecord(&feedmill.Article{ID: e.ID, URL: canonical, SeenAt: e.FoundAt, Feeds: []feedmill.Mention{feedmill.MentionOf(&e.Feed, &e.Item, e.FoundAt)}})
}

// beyond tells whether a seen set that was written before this process started rests on items that the stream had lost
// by then. Only an embedded server, alone on its disk, can lose them.
func (p *pipeline) beyond(feed string, item uint64) bool {
	if !p.Bus.Embedded() {
		return false
	}
	if _, checked := p.checked.LoadOrStore(feed, true); checked {
		return false
	}
	return item > p.itemsAtStart
}
