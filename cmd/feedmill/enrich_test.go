package main

import (
	"testing"
	"time"

	"github.com/feedmill/feedmill"
)

func TestPlacedAt(t *testing.T) {
	t.Parallel()
	now := time.Date(2011, 1, 10, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct{ seen, published, want time.Time }{
		{want: time.Time{}},
		{seen: now.Add(-time.Hour), published: now.Add(-2 * time.Hour), want: now.Add(-time.Hour)},
		{published: now.Add(-2 * time.Hour), want: now.Add(-2 * time.Hour)},
		{published: now.AddDate(900, 0, 0), want: now},
		{seen: now.AddDate(1, 0, 0), want: now},
	} {
		r := &feedmill.Record{}
		r.SeenAt, r.Published.UTC = tt.seen, tt.published
		if got := placedAt(r, now); !got.Equal(tt.want) {
			t.Errorf("seen %v, published %v: placed at %v, want %v", tt.seen, tt.published, got, tt.want)
		}
	}
}
