package daemon

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/registry"
)

// Summary is what one pass over all feeds did.
type Summary struct {
	Feeds    int                         `json:"feeds"`
	Outcomes map[feedmill.Outcome]int    `json:"outcomes"` // of the feeds
	Failed   map[string]feedmill.Outcome `json:"failed,omitempty"`
	// Retries counts the article pages left on the calendar for another try.
	Retries int `json:"retries"`
	// DeadLetters counts the messages that were given up in this pass.
	DeadLetters int `json:"dead_letters"`
}

// Partial tells whether something was left undone: a feed failed, or pages wait for another try.
func (s *Summary) Partial() bool { return len(s.Failed) > 0 || s.Retries > 0 }

// pass is one pass over all feeds. Its methods may be called on nil: then there is no pass.
type pass struct {
	mu       sync.Mutex
	feeds    map[string]string // id to URL
	outcomes map[string]feedmill.Outcome
	fetched  map[string]bool   // feeds whose document is on its way
	backs    map[string]bool   // feeds whose past is being read
	polling  map[string]uint64 // feed to the sequence of the message that is its poll
	dead     uint64            // last sequence of DEAD when the pass began
	deadSeen uint64            // last sequence of DEAD that was looked at for feeds whose poll was given up
}

// beginPass puts every feed's poll on the calendar for now.
func (p *pipeline) beginPass(ctx context.Context) (*pass, error) {
	ps := &pass{feeds: map[string]string{}, outcomes: map[string]feedmill.Outcome{}, fetched: map[string]bool{}, backs: map[string]bool{}, polling: map[string]uint64{}}
	dead, err := p.Bus.Stream(ctx, bus.StreamDead)
	if err != nil {
		return nil, err
	}
	ps.dead, ps.deadSeen = dead.LastSeq, dead.LastSeq
	for _, f := range p.revisits() {
		if _, err := f.CatchUp(ctx, p.Bus); err != nil {
			return nil, err
		}
	}
	now := time.Now()
	feeds, err := p.Feeds(ctx, "")
	if err != nil {
		return nil, err
	}
	for part := range slices.Chunk(feeds, atOnce) {
		err := p.Bus.Send(ctx, "calendar", "pass", func(o *bus.Outbox) {
			for i := range part {
				if st := &part[i]; !st.Paused && !st.Gone {
					ps.feeds[st.ID] = st.URL
					bus.At(o, now, bus.Polls, pollOf(st, now))
				}
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return ps, nil
}

// mayPoll tells whether this poll, the message of that sequence, is the pass's poll of the feed: it has no outcome yet, no
// document on its way, and no other message for its poll.
func (ps *pass) mayPoll(feed string, seq uint64) bool {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	_, done := ps.outcomes[feed]
	if other, polling := ps.polling[feed]; done || ps.fetched[feed] || polling && other != seq {
		return false
	}
	ps.polling[feed] = seq
	return true
}

// putOff notes that the feed's poll went back on the calendar: another message will be its poll.
func (ps *pass) putOff(feed string) {
	if ps == nil {
		return
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	delete(ps.polling, feed)
}

// gotDocument notes that a document of the feed is on its way to the worker that will give the outcome.
func (ps *pass) gotDocument(feed string) {
	if ps == nil {
		return
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.fetched[feed] = true
}

// done tells whether the feed has an outcome.
func (ps *pass) done(feed string) bool {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	_, done := ps.outcomes[feed]
	return done
}

func (ps *pass) polled(feed string, outcome feedmill.Outcome) {
	if ps == nil {
		return
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.outcomes[feed] = outcome
}

// back notes that documents of a feed's past are being read, or no longer.
func (ps *pass) back(feed string, reading bool) {
	if ps == nil {
		return
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if reading {
		ps.backs[feed] = true
	} else {
		delete(ps.backs, feed)
	}
}

// reading are the feeds whose past is being read.
func (ps *pass) reading() map[string]bool {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return maps.Clone(ps.backs)
}

// open counts the feeds without an outcome, and names one.
func (ps *pass) open() (n int, id, url string) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for i, u := range ps.feeds {
		if _, ok := ps.outcomes[i]; !ok {
			n, id, url = n+1, i, u
		}
	}
	return n, id, url
}

// leave takes a feed out of the pass.
func (ps *pass) leave(feed string) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	delete(ps.feeds, feed)
}

// giveUp looks at a feed without an outcome that will never have one: it was removed or paused since the pass began, or a
// message of its poll became a dead letter.
func (p *pipeline) giveUp(ctx context.Context, feed string) error {
	st, err := p.Registry.Get(ctx, feed)
	if errors.Is(err, registry.ErrNotFound) || err == nil && (st.Paused || st.Gone) {
		p.once.leave(feed)
		return nil
	}
	if err != nil {
		return err
	}
	dead, err := p.Bus.Stream(ctx, bus.StreamDead)
	if err != nil || dead.LastSeq == p.once.deadSeen {
		return err
	}
	for _, worker := range []string{"poll", "feed"} {
		err := p.Bus.Select(ctx, bus.Selection{Stream: bus.StreamDead, Subject: "dead." + worker + ".>"}, false, func(m *bus.Stored) bool {
			if m.Seq > p.once.deadSeen && !p.once.done(m.Feed) {
				p.once.polled(m.Feed, feedmill.OutcomeFailed)
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	p.once.deadSeen = dead.LastSeq
	return nil
}

// tellEvery is how often a long pass says what it waits for.
const tellEvery = 10 * time.Second

// endOfPass waits until every feed has an outcome, no page waits for its host's turn, and two looks in a row, front to
// back, find every consumer with nothing pending and nothing in hand. Retries on the calendar are left.
func (p *pipeline) endOfPass(ctx context.Context) (*Summary, error) {
	told := time.Now()
	for quiet := 0; quiet < 2; {
		if !sleep(ctx, 50*time.Millisecond) {
			return nil, fmt.Errorf("the pass was broken off; start again to go on where it stopped: %w", ctx.Err())
		}
		left, err := p.left(ctx)
		if err != nil {
			return nil, err
		}
		if quiet++; left != "" {
			quiet = 0
		}
		if left != "" && time.Since(told) > tellEvery {
			p.log.Info("the pass goes on", "left", left)
			told = time.Now()
		}
	}
	retries, err := p.Bus.Scheduled(ctx, bus.ScheduleRetries)
	if err != nil {
		return nil, err
	}
	sum := &Summary{Feeds: len(p.once.feeds), Outcomes: map[feedmill.Outcome]int{}, Failed: map[string]feedmill.Outcome{}, Retries: len(retries)}
	for id, outcome := range p.once.outcomes {
		sum.Outcomes[outcome]++
		if outcome != feedmill.OutcomeFetched && outcome != feedmill.OutcomeUnchanged {
			sum.Failed[p.once.feeds[id]] = outcome
		}
	}
	err = p.Bus.DeadLetters(ctx, func(d bus.DeadLetter) bool {
		if d.Seq > p.once.dead {
			sum.DeadLetters++
		}
		return true
	})
	return sum, err
}

// left says what is still under way, looking in the order of an item's way; "" where nothing is.
func (p *pipeline) left(ctx context.Context) (string, error) {
	if n, id, url := p.once.open(); n > 0 {
		return fmt.Sprintf("%d feeds, such as %s", n, url), p.giveUp(ctx, id)
	}
	if reading := p.once.reading(); len(reading) > 0 {
		held, err := p.Bus.Scheduled(ctx, bus.SchedulePolls)
		if err != nil {
			return "", err
		}
		for _, s := range held {
			if id, past := bus.OfPast(s); past && reading[id] {
				return "the past of feeds, such as " + id, nil
			}
		}
	}
	slots, err := p.Bus.Scheduled(ctx, bus.ScheduleSlots)
	if err != nil {
		return "", err
	}
	if len(slots) > 0 {
		return fmt.Sprintf("%d pages that wait for their host's turn", len(slots)), nil
	}
	streams, err := p.Bus.Streams(ctx)
	if err != nil {
		return "", err
	}
	placing := !p.cfg.Stories.Enabled
	for _, s := range streams {
		for _, c := range s.Consumers {
			placing = placing || c.Name == storyWorker
			if n := c.Pending + uint64(c.Unacked); n > 0 {
				return fmt.Sprintf("%d messages for %s", n, c.Name), nil
			}
		}
	}
	if !placing {
		return "the placing of stories, which has not begun", nil
	}
	return "", nil
}
