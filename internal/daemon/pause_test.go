package daemon_test

import (
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/daemon"
)

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	c, err := daemon.Open(t.Context(), testConfig(t.TempDir()), testLogger(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	st, _, err := c.Subscribe(t.Context(), "https://example.com/feed.xml", nil)
	if err != nil {
		t.Fatal(err)
	}
	// planned counts the polls that are on the calendar or due.
	planned := func() int {
		held, err := c.Bus.Scheduled(t.Context(), bus.SchedulePolls)
		if err != nil {
			t.Fatal(err)
		}
		due, err := c.Bus.Waiting(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(held) + len(due)
	}
	// A Retry-After that has not ended holds a resumed feed back, so that its poll can be seen to stand on the calendar.
	later := time.Now().Add(time.Hour).Round(0)
	if err := c.Registry.Update(t.Context(), st.ID, func(s *feedmill.FeedState) error {
		s.RetryAt, s.Gone, s.Failures = later, true, 3
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if st, err = c.Registry.Get(t.Context(), st.ID); err != nil {
		t.Fatal(err)
	}
	if err := c.Pause(t.Context(), &st); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Registry.Get(t.Context(), st.ID); err != nil || !got.Paused {
		t.Errorf("after Pause: paused %v, %v", got.Paused, err)
	}
	before := planned()
	at, err := c.Resume(t.Context(), &st)
	if err != nil || !at.Equal(later) {
		t.Errorf("Resume = %v, %v; want %v", at, err, later)
	}
	got, err := c.Registry.Get(t.Context(), st.ID)
	if err != nil || got.Paused || got.Gone || got.Failures != 0 || !got.Due.Equal(later) {
		t.Errorf("after Resume: %+v, %v", got, err)
	}
	if n := planned(); n != before+1 {
		t.Errorf("%d polls planned after Resume, %d before", n, before)
	}
	if err := c.Pause(t.Context(), &st); err != nil {
		t.Fatal(err)
	}
	if n := planned(); n != before {
		t.Errorf("%d polls planned after the second Pause, want %d", n, before)
	}
}
