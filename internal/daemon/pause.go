package daemon

import (
	"context"
	"time"

	"github.com/feedmill/feedmill"
)

// Pause keeps a feed with all that is known of it, and takes its next poll from the calendar.
func (c *Client) Pause(ctx context.Context, st *feedmill.FeedState) error {
	err := c.Registry.Update(ctx, st.ID, func(s *feedmill.FeedState) error {
		s.Paused = true
		return nil
	})
	if err != nil {
		return err
	}
	return c.cancel(ctx, st)
}

// Resume ends the pause of a feed, or takes up one again that was gone, and schedules its next poll: for now, or for the
// end of a Retry-After that its server still asks for. It returns that time.
func (c *Client) Resume(ctx context.Context, st *feedmill.FeedState) (time.Time, error) {
	at := time.Now()
	if st.RetryAt.After(at) {
		at = st.RetryAt
	}
	err := c.Registry.Update(ctx, st.ID, func(s *feedmill.FeedState) error {
		s.Paused, s.Gone, s.Failures, s.Due = false, false, 0, at
		return nil
	})
	if err != nil {
		return at, err
	}
	return at, c.schedule(ctx, st, at)
}
