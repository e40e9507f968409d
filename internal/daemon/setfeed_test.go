package daemon_test

import (
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/daemon"
)

// TestSetFeedKeepsTheBackOff: a feed that fails is asked again sooner only where what is sent is another, and then not
// sooner than poll.min after the last time. One that was never polled keeps its place.
func TestSetFeedKeepsTheBackOff(t *testing.T) {
	t.Parallel()
	cfg := shortly(t.TempDir())
	cfg.Poll.Min = cfg.Poll.BackoffMax * 2
	c, err := daemon.Open(t.Context(), cfg, testLogger(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	last := time.Now().Add(-time.Second).Round(0)
	soon, due := last.Add(time.Duration(cfg.Poll.Min)), last.Add(1000*time.Hour)
	set := func(settings feedmill.Settings) func(*feedmill.FeedState) {
		return func(s *feedmill.FeedState) { s.Settings = &settings }
	}
	for name, tt := range map[string]struct {
		new    bool
		change func(*feedmill.FeedState)
		want   time.Time
	}{
		"tags":           {change: func(s *feedmill.FeedState) { s.Tags = []string{"news"} }, want: due},
		"rules":          {change: set(feedmill.Settings{Rules: "wide"}), want: due},
		"user agent":     {change: set(feedmill.Settings{UserAgent: "reader/7"}), want: soon},
		"secret":         {change: set(feedmill.Settings{Secret: "paper-login"}), want: soon},
		"interval, new":  {new: true, change: set(feedmill.Settings{Interval: 3600}), want: due},
		"user agent,new": {new: true, change: set(feedmill.Settings{UserAgent: "reader/7"}), want: due},
	} {
		st, _, err := c.Registry.Add(t.Context(), "https://example.org/"+name, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = c.Registry.Update(t.Context(), st.ID, func(s *feedmill.FeedState) error {
			if s.Due = due; !tt.new {
				s.LastPoll, s.Outcome, s.Failures = last, feedmill.OutcomeFailed, 4
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.SetFeed(t.Context(), &st, func(s *feedmill.FeedState) error { tt.change(s); return nil }); err != nil {
			t.Fatal(err)
		}
		if !st.Due.Equal(tt.want) {
			t.Errorf("%s: due at %v, want %v", name, st.Due, tt.want)
		}
	}
}
