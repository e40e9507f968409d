package daemon

import (
	"context"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/registry"
)

// SetFeed changes what an operator says of a feed, its tags and settings. Where that makes its interval another one, its
// next poll comes when it would have come had this been said before the last one, at once at the earliest. Where the last
// one failed, and what is sent is another now, the login or the user agent, what was wrong may be mended: then it comes as
// soon as poll.min after the last one.
func (c *Client) SetFeed(ctx context.Context, st *feedmill.FeedState, change func(*feedmill.FeedState) error) error {
	moved := false
	err := c.Registry.Update(ctx, st.ID, func(s *feedmill.FeedState) error {
		was := c.holds(s)
		if err := change(s); err != nil {
			return err
		}
		if s.Settings.IsZero() {
			s.Settings = nil
		}
		now := c.holds(s)
		other := was.Interval != now.Interval || was.MinInterval != now.MinInterval
		mended := s.Failures > 0 && (was.UserAgent != now.UserAgent || was.said("secret") != now.said("secret"))
		if moved = (other || mended) && !s.LastPoll.IsZero(); moved && !s.Paused && !s.Gone {
			policy := now.Policy(Policy(c.cfg))
			at := registry.Next(s, policy, s.LastPoll)
			if mended {
				at = s.LastPoll.Add(policy.Min)
			}
			s.Due = later(later(time.Now(), at), s.RetryAt)
		}
		*st = *s
		return nil
	})
	if err != nil || st.Paused || st.Gone {
		return err
	}
	if moved && !mayIdle(st) {
		if err := c.schedule(ctx, st, st.Due); err != nil {
			return err
		}
	}
	return c.tellPoller(ctx, st)
}

// holds is what holds for a feed, as far as the interval goes: without secrets.
func (c *Client) holds(st *feedmill.FeedState) Applied {
	o := c.overrides.Load()
	if o == nil {
		o = &Overrides{cfg: c.cfg}
	}
	return o.For(st, st.PollURL())
}

// PollNow schedules a feed's next poll for now, or for the end of a Retry-After that its server still asks for. It returns
// that time.
func (c *Client) PollNow(ctx context.Context, st *feedmill.FeedState) (time.Time, error) {
	at := later(time.Now(), st.RetryAt)
	return at, c.schedule(ctx, st, at)
}

// Policy is a policy for a feed for which something special holds.
func (a *Applied) Policy(p *registry.Policy) *registry.Policy {
	if a.Interval == 0 && a.MinInterval == 0 {
		return p
	}
	own := *p
	own.Fixed = a.Interval
	if a.MinInterval > 0 {
		own.Min = a.MinInterval
	}
	return &own
}
