package daemon

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/feedmill/feedmill/registry"
)

// poll fetches a feed that is due. A body goes on as a page, and the worker that reads it commits what it means; here
// only outcomes without a body are committed. The next poll is on the calendar before this one is acknowledged.
func (p *pipeline) poll(ctx context.Context, poll feedmill.Poll, out *bus.Outbox) error {
	st, err := p.Registry.Get(ctx, poll.Feed)
	if errors.Is(err, registry.ErrNotFound) || err == nil && (st.Paused || st.Gone) {
		return nil
	}
	if err != nil {
		return err
	}
	now := time.Now()
	if p.once != nil && !p.once.mayPoll(st.ID, out.Cause().Seq) {
		p.plan(out, &st, registry.Next(&st, p.policy, now))
		return nil
	}
	if p.once == nil && p.policy.Spread > 0 && now.Sub(poll.Due) > p.policy.Spread {
		at := registry.Spread(st.ID, p.policy.Spread, now)
		p.plan(out, &st, at)
		p.event(out, feedmill.Event{Outcome: feedmill.OutcomePostponed, Feed: st.ID, URL: st.PollURL(), Reason: "overdue polls are spread", Next: at})
		return nil
	}
	release, slot := p.turn(ctx, st.PollURL(), poll.Slot)
	if release == nil {
		if p.once != nil && p.heldBack(st.PollURL()) {
			p.settle(out, &st, now, func(s *feedmill.FeedState) {
				s.Outcome, s.RetryAt = feedmill.OutcomeRateLimited, slot
				s.Error = "not asked: its host wants no requests before " + slot.UTC().Format(time.RFC3339)
			})
			return nil
		}
		p.once.putOff(st.ID)
		poll.Slot, poll.Due = slot, slot
		bus.At(out, slot, bus.Polls, poll)
		return nil
	}
	p.metrics.PollBegun(time.Since(poll.Due))
	page, err := p.fetcher.Fetch(ctx, fetcher.Request{URL: st.PollURL(), Kind: fetcher.KindFeed, Validators: p.validators(&st, now)})
	release()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	now = time.Now()
	v := fetcher.Judge(fetcher.KindFeed, page, err, now)
	if v.Outcome == feedmill.OutcomeFetched && st.Validators.BodyHash != "" && fetcher.ValidatorsOf(page).BodyHash == st.Validators.BodyHash {
		v.Outcome = feedmill.OutcomeUnchanged
	}
	if err := p.holdHost(ctx, v, now); err != nil {
		return err
	}

	if v.Outcome == feedmill.OutcomeFetched {
		ref := st.Ref()
		page.Feed = &ref
		bus.Put(out, bus.FeedPages, page)
		out.Then(func(context.Context) error {
			p.once.gotDocument(st.ID)
			return nil
		})
		after := st
		after.Failures, after.RetryAt, after.Fresh = 0, time.Time{}, fetcher.FreshUntil(page, now)
		p.plan(out, &after, registry.Next(&after, p.policy, now))
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
	p.settle(out, &st, now, change)
	return nil
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
	after.Due = registry.Next(&after, p.policy, now)
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

// plan puts a feed's next poll on the calendar.
func (p *pipeline) plan(out *bus.Outbox, st *feedmill.FeedState, at time.Time) {
	if at.IsZero() {
		return
	}
	bus.At(out, at, bus.Polls, pollOf(st, at))
}

const (
	// soon is how long a worker waits for a host's turn itself; for longer waits the work goes back on the calendar, so
	// that a busy host does not keep others waiting.
	soon = 250 * time.Millisecond
	// busyPause is how long work waits at least on the calendar for a host that has all its connections in use.
	busyPause = time.Second
	// patience is the longest pause asked for by a host that a pass waits out.
	patience = 30 * time.Second
)

// heldBack tells whether the host wants no requests for so long that a pass does not wait for it.
func (p *pipeline) heldBack(url string) bool {
	now := time.Now()
	return p.hosts.Blocked(fetcher.HostKey(url), now).Sub(now) > patience
}

// turn waits for the host's turn. It returns the function that ends the turn, or none and the time to come again.
func (p *pipeline) turn(ctx context.Context, url string, slot time.Time) (release func(), at time.Time) {
	host := fetcher.HostKey(url)
	now := time.Now()
	if slot.IsZero() {
		slot = p.hosts.Reserve(host, now)
	} else if p.hosts.Taken(host, slot); !p.hosts.Blocked(host, now).IsZero() {
		slot = p.hosts.Reserve(host, now)
	}
	if wait := slot.Sub(now); wait > soon {
		return nil, slot
	} else if wait > 0 && !sleep(ctx, wait) {
		return nil, slot
	}
	for deadline := time.Now().Add(soon); ; {
		if release, ok := p.hosts.Acquire(host, time.Now()); ok {
			return release, slot
		}
		if time.Now().After(deadline) || !sleep(ctx, 5*time.Millisecond) {
			// A slot of its own: where many have missed theirs, as after a halt, they come back one by one.
			now, slot := time.Now(), p.hosts.Reserve(host, time.Now())
			if least := now.Add(busyPause); slot.Before(least) {
				slot = least
			}
			return nil, slot
		}
	}
}

// holdHost binds a host to the pause that it asked for, beyond the life of this process. One that has too many requests
// and names no time gets the shortest pause that a feed has.
func (p *pipeline) holdHost(ctx context.Context, v fetcher.Verdict, now time.Time) error {
	if !v.HostWide {
		return nil
	}
	until := v.RetryAt
	if until.IsZero() {
		until = now.Add(time.Duration(p.cfg.Poll.Min))
	}
	p.hosts.Block(v.Host, until)
	return p.Registry.HoldHost(ctx, v.Host, until)
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
