package registry

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
)

// TestBackoffByClass polls feeds that fail in different ways: the waits, in minutes, of the first failures in a row.
func TestBackoffByClass(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, class string
		status      int
		want        []int
	}{
		{"no class", "", 0, []int{10, 20, 40, 80, 160, 320, 640, 1000, 1000}},
		{"time-out", "timeout", 0, []int{10, 20, 40, 80, 160, 320, 640, 1000, 1000}},
		{"server error", "status", 500, []int{10, 20, 40, 80, 160, 320, 640, 1000, 1000}},
		{"too many requests", "status", 429, []int{10, 20, 40, 80}},
		{"not found", "status", 404, []int{40, 160, 640, 1000, 1000}},
		{"forbidden", "status", 403, []int{40, 160, 640, 1000, 1000}},
		{"no such host", "dns", 0, []int{40, 160, 640, 1000, 1000}},
		{"certificate", "tls", 0, []int{40, 160, 640, 1000, 1000}},
		{"forbidden address", "refused", 0, []int{40, 160, 640, 1000, 1000}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st := feedmill.FeedState{ID: "f", Class: tt.class, Status: tt.status}
			var got []int
			for range tt.want {
				st.Failures++
				got = append(got, int(backoff(10*time.Minute, &st, 1000*time.Minute)/time.Minute))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("waits %v, want %v", got, tt.want)
			}
			st.Failures = math.MaxInt
			if got := backoff(10*time.Minute, &st, 1000*time.Minute); got != 1000*time.Minute {
				t.Errorf("in the end %v, want the limit", got)
			}
			if got := backoff(10*time.Minute, &st, time.Minute); got != 10*time.Minute {
				t.Errorf("below the interval: %v", got)
			}
		})
	}
}
