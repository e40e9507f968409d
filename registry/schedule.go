package registry

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
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
	// Fixed, where it is above 0, is the time between two polls whatever the feed posts, also below Min. What the publisher
	// asks for makes it longer, up to Max. Default: none.
	Fixed time.Duration
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
	p.Max = max(p.Max, p.Min, p.Fixed)
	p.Default = min(max(p.Default, p.Min), p.Max)
	return p
}

// Next returns when to poll a feed again, given the state in which the poll that ended at now left it. It returns the zero
// time for a feed that is not to be polled: one that is paused, or gone (410).
//
// After a success the wait is the feed's interval, see below, not less than RSS's ttl and the period in which the feed says
// that it is updated (sy:updatePeriod and sy:updateFrequency), and not before the freshness of its last answer ends (RFC
// 9111 §4.2), all between Min and Max. After failures the interval grows with each one, by the class of the last, up to
// BackoffMax, and never becomes shorter. To both a jitter is added that is fixed for the feed, at most a tenth of the wait and at most Spread, so
// that feeds of one host drift apart.
//
// The interval of a feed of which nothing is known is Default, or the period that it states. Later it follows from what is
// known of when the feed posts ([Observe]): a feed that posts one item in two Defaults is polled once in each, another
// more or less often by the square root of its rate, hour of the day by hour of the day. Of all ways to spend a number of
// requests over many feeds, this one finds an item soonest on average (Sia, Cho and Cho, Efficient Monitoring Algorithm
// for Fast News Alerts, IEEE TKDE 2007; Azar et al., Tractable near-optimal policies for crawling, PNAS 2018). A poll
// comes at the latest when half of the feed's document is expected to be new. A feed is slowed only as far as its silence
// has been watched: to a quarter of the time since it was subscribed to.
//
// A feed whose hub sends what is new (PushedUntil) is polled once in six Defaults, within Max, and as others once that ends.
//
// Two things go beyond Max: the end of a Retry-After (up to 14 days, with a jitter of at most Spread), and the hours and
// days on which the feed asks not to be polled (RSS's skipHours and skipDays, in GMT), unless it names all of them.
func Next(st *feedmill.FeedState, o *Policy, now time.Time) time.Time {
	if st.Paused || st.Gone {
		return time.Time{}
	}
	p := o.withDefaults()
	wait := interval(st, &p, now)
	if st.Failures > 0 {
		wait = backoff(wait, st, p.BackoffMax)
	} else if fresh := st.Fresh.Sub(now); fresh > wait {
		wait = min(fresh, p.Max)
	}
	if pushed := st.PushedUntil.Sub(now); st.Failures == 0 && pushed > wait {
		wait = max(wait, min(pushed, p.Max, pushedShare*p.Default))
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

const (
	// pushedShare: a feed whose hub sends what is new is polled once in so many Defaults at the most, in case the hub has
	// gone.
	pushedShare = 6
	// perItem is how many Defaults lie between two items of a feed that is polled once in each Default.
	perItem = 2
	// watched is the part of the time since a feed was subscribed to that it may be slowed to: dates in its first document
	// make it faster at once, but slower only as its silence is seen.
	watched = 4
)

// interval is the time between two successful polls, between p.Min and p.Max.
func interval(st *feedmill.FeedState, p *Policy, now time.Time) time.Duration {
	def, asked := p.Default, time.Duration(0)
	if st.UpdatePeriod > 0 {
		def = bounded(st.UpdatePeriod, time.Second)
		asked = def
	}
	if st.TTL > 0 {
		asked = max(asked, bounded(st.TTL, time.Minute))
	}
	if p.Fixed > 0 {
		return min(max(p.Fixed, asked), p.Max)
	}
	d := def
	if !st.Posting.Until.IsZero() {
		d = expected(st, p.Default, p.Max, now)
		if !st.Added.IsZero() {
			d = min(d, max(def, now.Sub(st.Added)/watched))
		}
	}
	return min(max(d, p.Min, asked), p.Max)
}

// expected is how long from now on, at most limit, the rate at which the feed posts allows to wait.
func expected(st *feedmill.FeedState, def, limit time.Duration, now time.Time) time.Duration {
	perHour := rates(&st.Posting, def, now)
	window := math.Inf(1) // items until half of the document is new
	if st.Items > 1 {
		window = float64(st.Items) / 2
	}
	due := 1.0 // polls until the next one
	for t := now; t.Sub(now) < limit; {
		end := t.Truncate(time.Hour).Add(time.Hour)
		rate := perHour[t.UTC().Hour()]
		polls := math.Sqrt(perItem * rate / def.Hours())
		left := min(due/polls, window/rate)
		if step := end.Sub(t).Hours(); left > step {
			due, window, t = due-polls*step, window-rate*step, end
			continue
		}
		return min(t.Add(time.Duration(left*float64(time.Hour))).Sub(now), limit)
	}
	return limit
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
