package daemon

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/registry"
)

// reconcile puts every feed on the agenda that this process should poll, and that stands neither there nor on the calendar
// nor among the polls that are due. It creates only: what is there is left alone. What is wrong with feeds is counted on
// the way.
func (p *pipeline) reconcile(ctx context.Context) error {
	problems := map[string]int{"none": 0}
	for _, name := range registry.Problems() {
		problems[string(name)] = 0
	}
	err := p.fillAgenda(ctx, func(uint8) bool { return true }, func(st *feedmill.FeedState) {
		problem, _ := registry.Diagnose(st, time.Now())
		problems[cmp.Or(string(problem), "none")]++
	})
	if err == nil {
		p.metrics.Feeds(problems)
	}
	return err
}

// fillAgenda puts the feeds of partitions on the agenda that stand nowhere, as far as the partitions are held. Each is
// called for every feed of any partition.
func (p *pipeline) fillAgenda(ctx context.Context, of func(part uint8) bool, each func(*feedmill.FeedState)) error {
	defer p.idle.fill()()
	there, err := p.planned(ctx)
	if err != nil {
		return err
	}
	added := false
	now := time.Now()
	for e, err := range p.Registry.Encoded(ctx) {
		if err != nil {
			return err
		}
		v, err := e.Version()
		if err != nil {
			p.log.Error("a feed's state cannot be read; it is not polled", "feed", e.ID, "error", err)
			continue
		}
		st := &v.State
		each(st)
		if part := partition(st); !st.Paused && !st.Gone && !there[st.ID] && of(part) {
			added = p.idle.add(e, part, p.dueAgain(st, now)) || added
		}
	}
	if !added {
		return nil
	}
	// Those that have gone to the calendar meanwhile were at neither place when each was looked at.
	since, err := p.planned(ctx)
	if err != nil {
		return err
	}
	for id := range since {
		if !there[id] {
			p.idle.yield(id)
		}
	}
	return nil
}

// planned are the feeds on the calendar and those that are due.
func (p *pipeline) planned(ctx context.Context) (map[string]bool, error) {
	held, err := p.Bus.Scheduled(ctx, bus.SchedulePolls)
	if err != nil {
		return nil, err
	}
	due, err := p.Bus.Waiting(ctx)
	if err != nil {
		return nil, err
	}
	there := make(map[string]bool, len(held)+len(due))
	for _, s := range append(held, due...) {
		there[s[strings.LastIndexByte(s, '.')+1:]] = true
	}
	return there, nil
}

// dueAgain is when a feed is polled that is found in the registry alone. The polls of a time in which nobody polled are
// spread over as long a time, and over poll.min at least and poll.spread at most: mostly that no more than doubles the
// usual number of requests.
func (p *pipeline) dueAgain(st *feedmill.FeedState, now time.Time) time.Time {
	switch {
	case st.Due.After(now):
		return st.Due
	case st.LastPoll.IsZero():
		return now
	case st.Due.IsZero():
		return registry.Spread(st.ID, p.policy.Spread, now)
	}
	return registry.Spread(st.ID, min(p.policy.Spread, max(p.policy.Min, now.Sub(st.Due))), now)
}

// wanted are the partitions whose feeds are to be looked for in the registry.
type wanted struct {
	mu    sync.Mutex
	parts map[uint8]bool
	wake  chan struct{}
}

func (w *wanted) signal() chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wake == nil {
		w.wake = make(chan struct{}, 1)
	}
	return w.wake
}

func (w *wanted) add(part uint8) {
	w.mu.Lock()
	if w.parts == nil {
		w.parts = map[uint8]bool{}
	}
	w.parts[part] = true
	w.mu.Unlock()
	select {
	case w.signal() <- struct{}{}:
	default:
	}
}

func (w *wanted) take() map[uint8]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	parts := w.parts
	w.parts = nil
	return parts
}

// wantedPause is how long is waited for further partitions that are wanted: mostly there are several at once.
const wantedPause = 100 * time.Millisecond

// lookAtWanted looks for the feeds of wanted partitions until ctx ends.
func (p *pipeline) lookAtWanted(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wanted.signal():
		}
		if !sleep(ctx, wantedPause) {
			return
		}
		parts := p.wanted.take()
		err := p.fillAgenda(ctx, func(part uint8) bool { return parts[part] }, func(*feedmill.FeedState) {})
		if err == nil || ctx.Err() != nil {
			continue
		}
		p.log.Warn("cannot look for the feeds that are to be polled; trying again", "error", err)
		sleep(ctx, agendaPause)
		for part := range parts {
			p.wanted.add(part)
		}
	}
}

// look reads again what somebody has changed: one feed, or the feeds of a partition.
func (p *pipeline) look(ctx context.Context, poll *feedmill.Poll) error {
	switch {
	case p.once != nil: // a pass has looked at all feeds
		return nil
	case poll.Feed != "":
		missing, err := p.idle.look(ctx, poll.Feed)
		if !missing || err != nil {
			return err
		}
	}
	p.wanted.add(uint8(bus.PartitionOf(poll.Host)))
	return nil
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
