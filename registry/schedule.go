package registry

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
)

// Policy is the operator's bounds on polling. Nil is the zero value, and a zero field its default.
type Policy struct {
	// Min is the shortest time between two polls of a feed. Default 5 minutes.
	Min time.Duration
	// Default is the time between two polls where the publisher says nothing. Default 1 hour.
	Default time.Duration
	// Max is the longest time that a publisher's hints or freshness can put off a poll. Default 24 hours.
	Max time.Duration
	// BackoffMax is the longest time between two polls of a feed that fails. Default 24 hours.
	BackoffMax time.Duration
	// Spread bounds the jitter, and is the window over which polls are spread that all became due at one moment.
	// Default 10 minutes.
	Spread time.Duration
}

const (
	// maxRetryAfter is how far into the future a server's Retry-After is believed. It is longer than any that is meant,
	// and keeps a feed from being lost to a wrong date.
	maxRetryAfter = 14 * 24 * time.Hour
	// jitterShare: the jitter of an interval is at most this part of it.
	jitterShare = 10
)

// withDefaults returns a policy whose bounds are in order: 0 < Min <= Default <= Max.
func (o *Policy) withDefaults() Policy {
	var p Policy
	if o != nil {
		p = *o
	}
	orDefault := func(d *time.Duration, def time.Duration) {
		if *d <= 0 {
			*d = def
		}
	}
	orDefault(&p.Min, 5*time.Minute)
	orDefault(&p.Default, time.Hour)
	orDefault(&p.Max, 24*time.Hour)
	orDefault(&p.BackoffMax, 24*time.Hour)
	orDefault(&p.Spread, 10*time.Minute)
	p.Max = max(p.Max, p.Min)
	p.Default = min(max(p.Default, p.Min), p.Max)
	return p
}

// Next returns when to poll a feed again, given the state in which the poll that ended at now left it. It returns the zero
// time for a feed that is not to be polled: one that is paused, or gone (410).
//
// After a success the wait is the feed's interval: Default or what the feed says of its own rhythm (sy:updatePeriod and
// sy:updateFrequency), not less than RSS's ttl and not before the freshness of its last answer ends (RFC 9111 §4.2), all
// between Min and Max. After failures the interval grows with each one, by the class of the last, up to BackoffMax, and
// never becomes shorter. To both a jitter is added that is fixed for the feed, at most a tenth of the wait and at most Spread, so
// that feeds of one host drift apart.
//
// Two things go beyond Max: the end of a Retry-After (up to 14 days, with a jitter of at most Spread), and the hours and
// days on which the feed asks not to be polled (RSS's skipHours and skipDays, in GMT), unless it names all of them.
func Next(st *feedmill.FeedState, o *Policy, now time.Time) time.Time {
	if st.Paused || st.Gone {
		return time.Time{}
	}
	p := o.withDefaults()
	wait := interval(st, &p)
	if st.Failures > 0 {
		wait = backoff(wait, st, p.BackoffMax)
	} else if fresh := st.Fresh.Sub(now); fresh > wait {
		wait = min(fresh, p.Max)
	}
	next := now.Add(wait + fraction(st.ID, min(wait/jitterShare, p.Spread)))
	if st.RetryAt.After(now) {
		pause := min(st.RetryAt.Sub(now), maxRetryAfter)
		// All feeds of the host wait for this moment; the jitter keeps them from coming at once.
		if at := now.Add(pause + fraction(st.ID, min(pause, p.Spread))); at.After(next) {
			next = at
		}
	}
	return outOfSkipped(st, next)
}

// Spread returns the time for a poll that is found to be overdue after a halt, when many others are too: a moment within
// the window after now, fixed for the feed.
func Spread(id string, window time.Duration, now time.Time) time.Time {
	return now.Add(fraction(id, window))
}

// interval is the time between two successful polls, between p.Min and p.Max. A feed's own rate of new items, once it is
// measured, belongs here in the place of p.Default.
func interval(st *feedmill.FeedState, p *Policy) time.Duration {
	d := p.Default
	if st.UpdatePeriod > 0 {
		d = bounded(st.UpdatePeriod, time.Second)
	}
	if st.TTL > 0 {
		d = max(d, bounded(st.TTL, time.Minute))
	}
	return min(max(d, p.Min), p.Max)
}

// bounded returns n units, at most a year: hints come from outside, and a product must not overflow.
func bounded(n int, unit time.Duration) time.Duration {
	const year = 365 * 24 * time.Hour
	return time.Duration(min(int64(n), int64(year/unit))) * unit
}

// outOfSkipped moves t to the first hour from t on that the feed does not ask to skip, with the minutes it has. Eight days
// of hours cover every combination; if all are skipped, the hints make no sense and t stays.
func outOfSkipped(st *feedmill.FeedState, t time.Time) time.Time {
	if len(st.SkipHours) == 0 && len(st.SkipDays) == 0 {
		return t
	}
	for i := range 8 * 24 {
		if at := t.Add(time.Duration(i) * time.Hour); !skipped(st, at) {
			return at
		}
	}
	return t
}

func skipped(st *feedmill.FeedState, t time.Time) bool {
	t = t.UTC()
	// RSS 0.91 counts the hours from 1 to 24, where 24 is midnight.
	if h := t.Hour(); slices.Contains(st.SkipHours, h) || h == 0 && slices.Contains(st.SkipHours, 24) {
		return true
	}
	return slices.ContainsFunc(st.SkipDays, func(name string) bool {
		return strings.EqualFold(strings.TrimSpace(name), t.Weekday().String())
	})
}

// fraction is the part of d, from 0 up to but not including d, that is fixed for a feed; 0 if d is not above 0. It grows
// with d.
func fraction(id string, d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	sum := sha256.Sum256([]byte(id))
	part, _ := bits.Mul64(binary.BigEndian.Uint64(sum[:]), uint64(d))
	return time.Duration(part)
}
