package daemon

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/registry"
)

// reconcile gives every feed that should be polled, and stands neither on the calendar nor among the polls that are
// due, a place on the calendar. It creates only: a schedule that is there is left alone. What is wrong with feeds is counted on
// the way.
func (p *pipeline) reconcile(ctx context.Context) error {
	problems := map[string]int{"none": 0}
	for _, name := range registry.Problems() {
		problems[string(name)] = 0
	}
	err := p.Client.reconcile(ctx, func(st *feedmill.FeedState) {
		problem, _ := registry.Diagnose(st, time.Now())
		problems[cmp.Or(string(problem), "none")]++
	})
	if err == nil {
		p.metrics.Feeds(problems)
	}
	return err
}

// reconcile calls each for every feed, whether it has a place or not.
func (c *Client) reconcile(ctx context.Context, each func(*feedmill.FeedState)) error {
	held, err := c.Bus.Scheduled(ctx, bus.SchedulePolls)
	if err != nil {
		return err
	}
	due, err := c.Bus.Waiting(ctx)
	if err != nil {
		return err
	}
	there := make(map[string]bool, len(held)+len(due))
	for _, s := range append(held, due...) {
		there[s[strings.LastIndexByte(s, '.')+1:]] = true
	}
	var missing []feedmill.FeedState
	now := time.Now()
	for st, err := range c.Registry.Feeds(ctx, nil) {
		if err != nil {
			return err
		}
		each(&st)
		if there[st.ID] || st.Paused || st.Gone {
			continue
		}
		missing = append(missing, feedmill.FeedState{ID: st.ID, URL: st.URL, MovedTo: st.MovedTo, Failures: st.Failures, Due: st.Due, LastPoll: st.LastPoll})
	}
	err = c.scheduleAll(ctx, missing, func(st *feedmill.FeedState) time.Time {
		switch {
		case st.Due.After(now):
			return st.Due
		case st.LastPoll.IsZero():
			return now
		}
		return registry.Spread(st.ID, time.Duration(c.cfg.Poll.Spread), now)
	})
	if err == nil && len(missing) > 0 {
		c.log.Info("feeds put on the calendar", "feeds", len(missing))
	}
	return err
}

// forgetLost finds the feeds whose validators and seen marks rest on messages that the streams no longer reach, as after
// a power cut that took the last second, and forgets those marks: the feed is then read again from the start.
func (c *Client) forgetLost(ctx context.Context) error {
	feed, err := c.Bus.Stream(ctx, bus.StreamFeed)
	if err != nil {
		return err
	}
	item, err := c.Bus.Stream(ctx, bus.StreamItem)
	if err != nil {
		return err
	}
	for st, err := range c.Registry.Feeds(ctx, nil) {
		if err != nil {
			return err
		}
		if st.Rests.Feed <= feed.LastSeq && st.Rests.Item <= item.LastSeq {
			continue
		}
		err := c.Registry.Update(ctx, st.ID, func(s *feedmill.FeedState) error {
			s.Validators, s.Rests, s.Reread = feedmill.Validators{}, feedmill.Rests{}, true
			return nil
		})
		if err != nil && !errors.Is(err, registry.ErrNotFound) {
			return err
		}
		c.log.Warn("the stream is shorter than what this feed's marks rest on; it is read again", "feed", st.URL)
	}
	return nil
}
