package registry

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
)

// TestNext gives the wait without jitter; the jitter may add a tenth, 10 minutes at most.
func TestNext(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 6, 22, 30, 0, 0, time.UTC) // a Friday
	const h, m = time.Hour, time.Minute
	policy := &Policy{Min: 10 * m, Default: h, Max: 12 * h, BackoffMax: 48 * h}
	hours := func(except ...int) (all []int) {
		for i := range 24 {
			if !slices.Contains(except, i) {
				all = append(all, i)
			}
		}
		return all
	}
	week := []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	tests := []struct {
		name string
		st   feedmill.FeedState
		want time.Duration
	}{
		{"no hints", feedmill.FeedState{}, h},
		{"ttl", feedmill.FeedState{TTL: 180}, 3 * h},
		{"ttl is no invitation", feedmill.FeedState{TTL: 15}, h},
		{"ttl above max", feedmill.FeedState{TTL: 100_000}, 12 * h},
		{"absurd ttl", feedmill.FeedState{TTL: math.MaxInt}, 12 * h},
		{"negative hints", feedmill.FeedState{TTL: -5, UpdatePeriod: -5}, h},
		{"period", feedmill.FeedState{UpdatePeriod: 4 * 3600}, 4 * h},
		{"short period", feedmill.FeedState{UpdatePeriod: 20 * 60}, 20 * m},
		{"period below min", feedmill.FeedState{UpdatePeriod: 1}, 10 * m},
		{"period and ttl", feedmill.FeedState{UpdatePeriod: 20 * 60, TTL: 30}, 30 * m},
		{"fresh", feedmill.FeedState{Fresh: now.Add(5 * h)}, 5 * h},
		{"fresh for less than the interval", feedmill.FeedState{Fresh: now.Add(m)}, h},
		{"fresh no more", feedmill.FeedState{Fresh: now.Add(-5 * h)}, h},
		{"fresh for a year", feedmill.FeedState{Fresh: now.AddDate(1, 0, 0)}, 12 * h},
		{"pushed", feedmill.FeedState{PushedUntil: now.Add(9 * 24 * h)}, 6 * h},
		{"pushed for a little longer", feedmill.FeedState{PushedUntil: now.Add(2 * h)}, 2 * h},
		{"pushed no more", feedmill.FeedState{PushedUntil: now.Add(-h)}, h},
		{"pushed, and failing", feedmill.FeedState{PushedUntil: now.Add(9 * 24 * h), Failures: 1}, h},
		{"one failure", feedmill.FeedState{Failures: 1}, h},
		{"two failures", feedmill.FeedState{Failures: 2}, 2 * h},
		{"five failures", feedmill.FeedState{Failures: 5}, 16 * h},
		{"many failures", feedmill.FeedState{Failures: 50}, 48 * h},
		{"countless failures", feedmill.FeedState{Failures: math.MaxInt}, 48 * h},
		{"failure of a slow feed", feedmill.FeedState{Failures: 2, TTL: 300}, 10 * h},
		{"retry after", feedmill.FeedState{Failures: 1, RetryAt: now.Add(3 * h)}, 3 * h},
		{"retry after, beyond max", feedmill.FeedState{Failures: 1, RetryAt: now.Add(72 * h)}, 72 * h},
		{"retry after, shorter than the back-off", feedmill.FeedState{Failures: 3, RetryAt: now.Add(m)}, 4 * h},
		{"retry after, long past", feedmill.FeedState{RetryAt: now.Add(-72 * h)}, h},
		{"retry after, absurd", feedmill.FeedState{RetryAt: now.AddDate(100, 0, 0)}, 14 * 24 * h},
		{"retry after, on success", feedmill.FeedState{RetryAt: now.Add(3 * h)}, 3 * h},
		{"skipped hour", feedmill.FeedState{SkipHours: []int{23}}, 2 * h},
		{"skipped hours over midnight", feedmill.FeedState{SkipHours: []int{22, 23, 24, 1, 2}}, 5 * h}, // 24 is 0
		{"skipped midnight, as 24", feedmill.FeedState{SkipHours: []int{23, 24}}, 3 * h},
		{"other hours skipped", feedmill.FeedState{SkipHours: []int{3, 4}}, h},
		{"only one hour allowed", feedmill.FeedState{SkipHours: hours(21)}, 23 * h},
		{"all hours skipped", feedmill.FeedState{SkipHours: hours()}, h},
		{"nonsense hours", feedmill.FeedState{SkipHours: []int{-1, 99}}, h},
		{"weekend", feedmill.FeedState{SkipDays: []string{"saturday", " Sunday "}, TTL: 120}, 50 * h},
		{"weekend and Monday morning", feedmill.FeedState{SkipDays: week[5:], SkipHours: []int{0, 1}, TTL: 120}, 52 * h},
		{"all days skipped", feedmill.FeedState{SkipDays: week}, h},
		{"nonsense day", feedmill.FeedState{SkipDays: []string{"Caturday", ""}}, h},
		{"failure in a skipped hour", feedmill.FeedState{Failures: 1, SkipHours: []int{23}}, 2 * h},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.st.ID = "f"
			got := Next(&tt.st, policy, now).Sub(now)
			if jitter := min(tt.want/jitterShare, 10*m); tt.st.RetryAt.After(now) {
				if got < tt.want || got > tt.want+10*m {
					t.Errorf("wait %v, want %v and at most 10m", got, tt.want)
				}
			} else if got < tt.want || got > tt.want+jitter {
				t.Errorf("wait %v, want %v and at most %v", got, tt.want, jitter)
			}
		})
	}
}

func TestNextNever(t *testing.T) {
	t.Parallel()
	for _, st := range []feedmill.FeedState{{Gone: true}, {Paused: true}, {Gone: true, Failures: 3, RetryAt: time.Now()}} {
		if got := Next(&st, nil, time.Now()); !got.IsZero() {
			t.Errorf("next poll of %+v: %v, want none", st, got)
		}
	}
}

func TestPolicyDefaults(t *testing.T) {
	t.Parallel()
	want := Policy{Min: 5 * time.Minute, Default: time.Hour, Max: 24 * time.Hour, BackoffMax: 24 * time.Hour, Spread: 10 * time.Minute}
	if got := (*Policy)(nil).withDefaults(); got != want {
		t.Errorf("nil policy: %+v, want %+v", got, want)
	}
	short := &Policy{Min: 2 * time.Second, Default: time.Second, Max: time.Second}
	if got := short.withDefaults(); got.Min != 2*time.Second || got.Default != got.Min || got.Max != got.Min {
		t.Errorf("bounds out of order become %+v, want all to be the shortest wait", got)
	}
}

// TestNextProperties tries states and policies at random.
func TestNextProperties(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(3, 4))
	days := []string{"Monday", "tuesday", "WEDNESDAY", "Thursday", "Friday", "Saturday", "Sunday"}
	upTo := func(d time.Duration) time.Duration { return time.Duration(rnd.Int64N(int64(d))) }
	for range 5_000 {
		now := time.Unix(rnd.Int64N(4e9), rnd.Int64N(1e9))
		policy := &Policy{
			Min: upTo(2 * time.Hour), Default: upTo(6 * time.Hour), Max: upTo(48 * time.Hour),
			BackoffMax: upTo(72 * time.Hour), Spread: upTo(time.Hour),
		}
		p := policy.withDefaults()
		st := feedmill.FeedState{ID: fmt.Sprintf("%016x", rnd.Uint64())}
		if rnd.IntN(2) == 0 {
			st.TTL = rnd.IntN(5000)
		}
		if rnd.IntN(2) == 0 {
			st.UpdatePeriod = rnd.IntN(100_000)
		}
		if rnd.IntN(2) == 0 {
			st.Fresh = now.Add(upTo(96*time.Hour) - 24*time.Hour)
		}
		for range rnd.IntN(4) {
			st.SkipHours = append(st.SkipHours, rnd.IntN(24))
			st.SkipDays = append(st.SkipDays, days[rnd.IntN(len(days))])
		}
		if rnd.IntN(3) == 0 {
			st.SkipHours, st.SkipDays = nil, nil
		}
		at := Next(&st, policy, now)
		if again := Next(&st, policy, now); !again.Equal(at) {
			t.Fatalf("the same state gives %v and %v", at, again)
		}
		if at.Before(now.Add(p.Min)) {
			t.Fatalf("%+v polled after %v, before the minimum %v", st, at.Sub(now), p.Min)
		}
		ttl := min(time.Duration(st.TTL)*time.Minute, p.Max)
		if wait := at.Sub(now); wait < ttl {
			t.Fatalf("%+v polled after %v, within its ttl", st, wait)
		}
		if at.Before(st.Fresh) && at.Before(now.Add(p.Max)) {
			t.Fatalf("%+v polled after %v, while it is fresh", st, at.Sub(now))
		}
		latest := now.Add(p.Max + min(p.Max/jitterShare, p.Spread))
		if skipped(&st, at) {
			t.Fatalf("%+v polled at %v, which it asks to skip", st, at.UTC())
		}
		// What is later than the maximum is so because every hour from there on is skipped.
		for late := at.Add(-time.Hour); late.After(latest); late = late.Add(-time.Hour) {
			if !skipped(&st, late) {
				t.Fatalf("%+v polled after %v, want at most %v or the first hour allowed after", st, at.Sub(now), latest.Sub(now))
			}
		}

		// A failure is never sooner than a success, and each further one not sooner than the last.
		st.Fresh, st.SkipHours, st.SkipDays = time.Time{}, nil, nil
		last := Next(&st, policy, now)
		for st.Failures = 1; st.Failures < 20; st.Failures++ {
			at := Next(&st, policy, now)
			if at.Before(last) {
				t.Fatalf("%+v: failure %d waits %v, the one before %v", st, st.Failures, at.Sub(now), last.Sub(now))
			}
			if limit := max(p.BackoffMax, p.Max); at.Sub(now) > limit+min(limit/jitterShare, p.Spread) {
				t.Fatalf("%+v waits %v, more than the maximum", st, at.Sub(now))
			}
			last = at
		}
		st.RetryAt = now.Add(upTo(14 * 24 * time.Hour))
		if at := Next(&st, policy, now); at.Before(st.RetryAt) {
			t.Fatalf("%+v polled at %v, before the server's Retry-After", st, at)
		}
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 6, 22, 30, 0, 0, time.UTC)
	const window, feeds, parts = 10 * time.Minute, 6000, 10
	var got [parts]int
	for i := range feeds {
		at := Spread(fmt.Sprintf("%016x", i), window, now)
		if at.Before(now) || !at.Before(now.Add(window)) {
			t.Fatalf("feed %d comes after %v, want less than %v", i, at.Sub(now), window)
		}
		got[at.Sub(now)*parts/window]++
	}
	for i, n := range got {
		if n < feeds/parts*8/10 || n > feeds/parts*12/10 {
			t.Errorf("part %d of the window has %d polls, want about %d: %v", i, n, feeds/parts, got)
		}
	}
	if got := Spread("f", 0, now); !got.Equal(now) {
		t.Errorf("no window: %v, want now", got)
	}
}

// TestJitterParts: feeds of one host that were polled at one moment are not polled at one moment again.
func TestJitterParts(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC)
	at := map[time.Time]int{}
	for i := range 100 {
		at[Next(&feedmill.FeedState{ID: fmt.Sprint(i)}, nil, now).Truncate(time.Second)]++
	}
	if len(at) < 80 {
		t.Errorf("100 feeds come in %d different seconds, want at least 80", len(at))
	}
}
