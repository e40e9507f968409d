package daemon

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/feedmill/feedmill/registry"
)

// poll does what a message says: it polls a feed that is due, or looks at what somebody has changed.
func (p *pipeline) poll(ctx context.Context, poll feedmill.Poll, out *bus.Outbox) error {
	if poll.Look {
		return p.look(ctx, &poll)
	}
	if poll.Back == nil && p.once == nil {
		busy, known := p.idle.claim(&poll)
		if known {
			return nil
		}
		if busy {
			poll.Due = time.Now().Add(unreadPause)
			bus.At(out, poll.Due, bus.Polls, poll)
			return nil
		}
	}
	select {
	case p.polls <- struct{}{}:
		defer func() { <-p.polls }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if poll.Back != nil {
		return p.pollPast(ctx, &poll, out)
	}
	return p.pollFeed(ctx, poll, out)
}

// pollFeed fetches a feed that is due. A body goes on as a page, and the worker that reads it commits what it means; here
// only outcomes without a body are committed. The next poll is on the calendar, or on the agenda, before this one is done.
func (p *pipeline) pollFeed(ctx context.Context, poll feedmill.Poll, out *bus.Outbox) error {
	known, err := p.idle.version(ctx, poll.Feed)
	st := known.State
	if errors.Is(err, registry.ErrNotFound) || err == nil && (st.Paused || st.Gone) {
		return nil
	}
	if err != nil {
		return err
	}
	now := time.Now()
	if p.once != nil && !p.once.mayPoll(st.ID, out.Cause().Seq) {
		p.plan(out, &st, p.next(&st, now))
		return nil
	}
	if at := p.reading.since(&st); now.Sub(at) < unreadPatience {
		// Its last document is not read yet: what it says of validators and of the next poll is not known.
		p.pollLater(out, &st, poll, now.Add(unreadPause))
		return nil
	}
	if p.once == nil && !poll.PutOff && now.Sub(poll.Due) > max(p.policy.Spread, lateness) {
		at := registry.Spread(st.ID, p.policy.Spread, now)
		poll.PutOff = true
		p.pollLater(out, &st, poll, at)
		p.event(out, feedmill.Event{Outcome: feedmill.OutcomePostponed, Feed: st.ID, URL: st.PollURL(), Reason: "overdue polls are spread", Next: at})
		return nil
	}
	sent := p.validators(&st, now)
	holds := p.overrides.Load().For(&st, st.PollURL())
	req := holds.Request(fetcher.Request{URL: st.PollURL(), Kind: fetcher.KindFeed, Validators: sent})
	var page *feedmill.Page
	if !holds.alone() {
		page = p.shared.find(&st, sent, time.Duration(p.cfg.Poll.Min), now)
	}
	if page == nil {
		page, err = p.fetch(ctx, req, poll.Slot,
			func() { p.metrics.PollBegun(time.Since(poll.Due)) })
	}
	if off, ok := errors.AsType[*putOff](err); ok {
		if p.once != nil && off.held {
			p.settle(out, &st, now, func(s *feedmill.FeedState) {
				s.Outcome, s.RetryAt = feedmill.OutcomeRateLimited, off.at
				s.Error = "not asked: its host wants no requests before " + off.at.UTC().Format(time.RFC3339)
			})
			return nil
		}
		p.once.putOff(st.ID)
		poll.Slot = off.at
		p.pollLater(out, &st, poll, off.at)
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	now = time.Now()
	v := holds.Judge(req, page, err, now)
	if v.Outcome == feedmill.OutcomeFetched && st.Validators.BodyHash != "" && fetcher.ValidatorsOf(page).BodyHash == st.Validators.BodyHash {
		v.Outcome = feedmill.OutcomeUnchanged
	}
	if err := p.holdHost(ctx, v, now); err != nil {
		return err
	}
	if !holds.alone() && (v.Outcome == feedmill.OutcomeFetched || v.Outcome == feedmill.OutcomeUnchanged) {
		p.shared.keep(&st, sent, page, now)
	}

	if v.Outcome == feedmill.OutcomeFetched {
		if err := p.idle.settle(ctx, st.ID); err != nil {
			return err
		}
		ref := st.Ref()
		page.Feed = &ref
		bus.Put(out, bus.FeedPages, page)
		p.reading.begin(st.ID, page.FetchedAt)
		out.Then(func(context.Context) error {
			p.once.gotDocument(st.ID)
			return nil
		})
		after := st
		after.Failures, after.RetryAt, after.Fresh = 0, time.Time{}, fetcher.FreshUntil(page, now)
		p.plan(out, &after, p.next(&after, now))
		return nil
	}
	change := func(s *feedmill.FeedState) {
		s.LastPoll, s.Outcome, s.Status, s.Class, s.Error, s.RetryAt = now, v.Outcome, v.Status, v.Class, "", v.RetryAt
		switch v.Outcome {
		case feedmill.OutcomeUnchanged:
			s.Failures, s.LastSuccess, s.New = 0, now, 0
			s.Validators = fetcher.RefreshValidators(s.Validators, page)
			if page.Status != http.StatusNotModified {
				s.Validators, s.LastBody = fetcher.ValidatorsOf(page), now // the body that was read, under new marks or none
			}
			if s.LastBody.IsZero() {
				s.LastBody = now // not known: counted from here
			}
			s.Fresh, s.MaxAge = fetcher.Freshness(page, s.MaxAge, now)
			moved(s, page)
		case feedmill.OutcomeGone:
			s.Gone, s.Error = true, v.Reason
		default:
			s.Failures++
			s.Error = v.Reason
		}
	}
	if v.Outcome == feedmill.OutcomeUnchanged {
		p.unchanged(out, known, now, change)
		return nil
	}
	if err := p.idle.settle(ctx, st.ID); err != nil {
		return err
	}
	p.settle(out, &st, now, change)
	return nil
}

// unchanged puts a feed that has nothing new on the agenda again, and leaves what was found to be written down with that
// of others. It is an event where it was not so the last time, too.
func (p *pipeline) unchanged(out *bus.Outbox, v registry.Version, now time.Time, change func(*feedmill.FeedState)) {
	was := v.State.Outcome
	before := marksOf(&v.State)
	change(&v.State)
	st := &v.State
	st.Due = p.next(st, now)
	part := partition(st)
	if p.once == nil && !p.idle.holds(part) {
		p.plan(out, st, st.Due)
	}
	e := feedmill.Event{Time: now, Outcome: st.Outcome, Feed: st.ID, URL: st.PollURL(), Status: st.Status, Next: st.Due}
	if was != st.Outcome {
		p.event(out, e)
	} else {
		p.tell(e)
	}
	out.Then(func(context.Context) error {
		if err := p.idle.put(v, part, before); err != nil {
			return err
		}
		p.once.polled(st.ID, st.Outcome)
		return nil
	})
}

// validators are what the next request for a feed carries. Now and then, and for a while after a 304 of the server was
// found to be untrue, it carries none: a server whose 304s are wrong would hide its items for ever.
func (p *pipeline) validators(st *feedmill.FeedState, now time.Time) feedmill.Validators {
	every := time.Duration(p.cfg.Poll.Unconditional)
	if now.Before(st.Unconditional) || every > 0 && !st.LastBody.IsZero() && now.Sub(st.LastBody) >= every {
		return feedmill.Validators{}
	}
	return st.Validators
}

// moved keeps the target of a permanent redirect at which the feed was read, and forgets it where the subscribed URL
// answers itself again.
func moved(s *feedmill.FeedState, page *feedmill.Page) {
	if to := fetcher.PermanentTarget(page); to != "" {
		s.MovedTo = to
	} else if page.URL == s.URL {
		s.MovedTo = ""
	}
}

// settle commits a poll without a new body, plans the next one and says what happened.
func (p *pipeline) settle(out *bus.Outbox, st *feedmill.FeedState, now time.Time, change func(*feedmill.FeedState)) {
	after := *st
	change(&after)
	after.Due = p.next(&after, now)
	if !after.Due.IsZero() {
		p.plan(out, &after, after.Due)
	}
	p.event(out, feedmill.Event{Time: now, Outcome: after.Outcome, Feed: st.ID, URL: st.PollURL(), Status: after.Status, Reason: after.Error, Next: after.Due})
	out.Then(func(ctx context.Context) error {
		err := p.Registry.Update(ctx, st.ID, func(s *feedmill.FeedState) error {
			change(s)
			s.Due = after.Due
			return nil
		})
		if err != nil && !errors.Is(err, registry.ErrNotFound) {
			return err
		}
		p.once.polled(st.ID, after.Outcome)
		return nil
	})
}

// pollLater puts a poll off: on the agenda, where the feed stood there, or on the calendar.
func (p *pipeline) pollLater(out *bus.Outbox, st *feedmill.FeedState, poll feedmill.Poll, at time.Time) {
	if p.once == nil && p.idle.later(&poll, at) {
		return
	}
	again := pollOf(st, at)
	again.Slot, again.PutOff = poll.Slot, poll.PutOff
	bus.At(out, at, bus.Polls, again)
}

// plan puts a feed's next poll on the calendar.
func (p *pipeline) plan(out *bus.Outbox, st *feedmill.FeedState, at time.Time) {
	if at.IsZero() {
		return
	}
	bus.At(out, at, bus.Polls, pollOf(st, at))
}

const (
	// lateness is how late a poll may always come before it counts as overdue: the calendar strikes four times a second.
	lateness = time.Second
	// A poll waits for the reading of the feed's last document, in steps of unreadPause and not longer than unreadPatience.
	unreadPause    = 500 * time.Millisecond
	unreadPatience = time.Minute
)

// reading holds the feeds whose last document, fetched by this process, was not read when it was last looked.
type reading struct {
	mu    sync.Mutex
	feeds map[string]time.Time // when it was fetched
}

func (r *reading) begin(feed string, fetched time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.feeds == nil {
		r.feeds = map[string]time.Time{}
	}
	r.feeds[feed] = fetched
}

// since returns when the feed's unread document was fetched, zero where all is read.
func (r *reading) since(st *feedmill.FeedState) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	fetched, ok := r.feeds[st.ID]
	if ok && !st.LastPoll.Before(fetched) {
		delete(r.feeds, st.ID)
		return time.Time{}
	}
	return fetched
}
