package main

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("KST", 9*60*60)
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, zone)
	for _, test := range []struct {
		in   string
		want time.Time
	}{
		{"", time.Time{}},
		{"24h", now.Add(-24 * time.Hour)},
		{"7d", now.Add(-7 * 24 * time.Hour)},
		{"2026-01-31", time.Date(2026, 1, 31, 0, 0, 0, 0, zone)},
		{"2026-01-31 15:04:05", time.Date(2026, 1, 31, 15, 4, 5, 0, zone)},
		{"2026-01-31T15:04", time.Date(2026, 1, 31, 15, 4, 0, 0, zone)},
		{"2026-01-31T15:04:05z", time.Date(2026, 1, 31, 15, 4, 5, 0, time.UTC)},
	} {
		if got, err := parseTime("--since", test.in, now); err != nil || !got.Equal(test.want) {
			t.Errorf("parseTime(%q) = %v, %v, want %v", test.in, got, err, test.want)
		}
	}
	for _, in := range []string{"yesterday", "2026-13-01", "-3h", "7"} {
		if _, err := parseTime("--since", in, now); exitCode(err) != exitUsage {
			t.Errorf("parseTime(%q): error %v, want one of usage", in, err)
		}
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 59 * time.Second: "59s", 90 * time.Second: "1m", 47 * time.Hour: "47h", 49 * time.Hour: "2d",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%v) = %q, want %q", d, got, want)
		}
	}
}
