package registry

import (
	"math"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
)

// every returns n dates, so far apart, of which the last one is at end.
func every(d time.Duration, n int, end time.Time) []time.Time {
	var dates []time.Time
	for i := range n {
		dates = append(dates, end.Add(-time.Duration(n-1-i)*d))
	}
	return dates
}

// mean is the number of items a day that are expected.
func mean(p *feedmill.Posting, now time.Time) float64 {
	perHour := rates(p, time.Hour, now)
	sum := 0.0
	for _, n := range perHour {
		sum += n
	}
	return sum
}

// TestObserveFirst: the dates in a feed's first document say how often it posts, where they can.
func TestObserveFirst(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, tt := range []struct {
		name     string
		dates    []time.Time
		min, max float64 // items a day that are expected
	}{
		{"one a day", every(day, 30, testDay), .9, 1.2},
		{"one a minute", every(time.Minute, 100, testDay), 300, 600},
		{"old ones alone", every(day, 30, testDay.AddDate(-1, 0, 0)), 0, .1},
		{"old ones and a new one", append(every(day, 30, testDay.AddDate(-1, 0, 0)), testDay.Add(-time.Hour)), 0, .1},
		{"those of the document", []time.Time{testDay, testDay, testDay, testDay, testDay, testDay}, 12, 12},
		{"none", make([]time.Time, 20), 12, 12}, // as one that is polled once an hour
		{"of the future", every(-day, 30, testDay.AddDate(0, 0, 1)), 12, 12},
		{"no item", nil, 12, 12},
	} {
		var p feedmill.Posting
		Observe(&p, tt.dates, testDay, false)
		if got := mean(&p, testDay); got < tt.min*.999 || got > tt.max*1.001 {
			t.Errorf("%s: %.2f items a day, want %v to %v", tt.name, got, tt.min, tt.max)
		}
	}
}

// TestObserve: the rate follows what documents bring and falls while none comes; the hours of the day are known after a
// while; a gap makes the past count for less.
func TestObserve(t *testing.T) {
	t.Parallel()
	var p feedmill.Posting
	Observe(&p, nil, testDay, false)
	now := testDay
	for range 20 { // five items each noon, and a document then and at midnight
		now = now.Add(12 * time.Hour)
		Observe(&p, nil, now, false)
		now = now.Add(12 * time.Hour)
		Observe(&p, every(time.Minute, 5, now), now, false)
	}
	if got := mean(&p, now); got < 4.5 || got > 5.5 {
		t.Errorf("%.2f items a day, want 5", got)
	}
	perHour := rates(&p, time.Hour, now)
	noon := perHour[12] + perHour[11]
	if noon < 3 || perHour[3] > .1 {
		t.Errorf("%.2f items at noon, %.2f at 3: %v", noon, perHour[3], perHour)
	}
	if !p.Newest.Equal(now) {
		t.Errorf("newest %v, want %v", p.Newest, now)
	}
	before := p
	if got := mean(&p, now.AddDate(0, 0, 100)); got > 1 {
		t.Errorf("after 100 silent days %.2f items a day", got)
	}
	burst := every(time.Minute, 100, now.Add(2*time.Hour))
	missed := before
	Observe(&p, burst, now.Add(2*time.Hour), false)
	Observe(&missed, burst, now.Add(2*time.Hour), true)
	if with, without := mean(&missed, now.Add(2*time.Hour)), mean(&p, now.Add(2*time.Hour)); with < 2*without {
		t.Errorf("%.0f items a day after a gap, %.0f without", with, without)
	}
	// The same document again, as after a crash, changes nothing; nor does an older one.
	again := p
	Observe(&again, burst, now.Add(2*time.Hour), false)
	Observe(&again, burst, now, false)
	if got, want := mean(&again, now), mean(&p, now); math.Abs(got-want) > 1e-9 {
		t.Errorf("observed twice: %v items a day, once %v", got, want)
	}
}

// TestNextAdapts: a feed that posts often is polled more often than a silent one, both within the bounds.
func TestNextAdapts(t *testing.T) {
	t.Parallel()
	policy := &Policy{Min: 5 * time.Minute, Default: time.Hour, Max: 24 * time.Hour, Spread: time.Nanosecond}
	wait := func(dates []time.Time, items int, added time.Time, change ...func(*feedmill.FeedState)) time.Duration {
		st := feedmill.FeedState{ID: "f", Items: items, Added: added}
		Observe(&st.Posting, dates, testDay, false)
		for _, c := range change {
			c(&st)
		}
		return Next(&st, policy, testDay).Sub(testDay)
	}
	longAgo := testDay.AddDate(-1, 0, 0)
	busy := wait(every(2*time.Minute, 400, testDay), 400, longAgo)
	hourly := wait(every(119*time.Minute, 400, testDay), 400, longAgo)
	daily := wait(every(25*time.Hour, 50, testDay), 50, longAgo)
	asleep := wait(every(24*time.Hour, 50, longAgo), 50, longAgo)
	if busy < 5*time.Minute || busy > 12*time.Minute || hourly < 50*time.Minute || hourly > 70*time.Minute ||
		daily < 3*time.Hour || daily > 8*time.Hour || asleep < 18*time.Hour || asleep > 24*time.Hour {
		t.Errorf("waits: busy %v, hourly %v, daily %v, asleep %v", busy, hourly, daily, asleep)
	}
	for name, tt := range map[string]struct{ got, min, max time.Duration }{
		"a small document is polled before it overflows": {wait(every(2*time.Minute, 400, testDay), 5, longAgo), 5 * time.Minute, 7 * time.Minute},
		"a new feed is not slowed by old dates":          {wait(every(24*time.Hour, 50, longAgo), 50, testDay), time.Hour, time.Hour},
		"a feed of a day is slowed to a quarter of it":   {wait(every(24*time.Hour, 50, longAgo), 50, testDay.AddDate(0, 0, -1)), 5 * time.Hour, 6 * time.Hour},
		"a feed is not polled within its period": {wait(every(2*time.Minute, 400, testDay), 400, longAgo,
			func(st *feedmill.FeedState) { st.UpdatePeriod = 3600 }), time.Hour, time.Hour},
		"a silent feed beyond its period": {wait(every(24*time.Hour, 50, longAgo), 50, longAgo,
			func(st *feedmill.FeedState) { st.UpdatePeriod = 3600 }), 18 * time.Hour, 24 * time.Hour},
	} {
		if tt.got < tt.min || tt.got > tt.max {
			t.Errorf("%s: %v, want %v to %v", name, tt.got, tt.min, tt.max)
		}
	}
}

// TestNextDaily: a feed that posts at one time of the day is polled more often then.
func TestNextDaily(t *testing.T) {
	t.Parallel()
	st := feedmill.FeedState{ID: "f", Items: 100, Added: testDay.AddDate(-1, 0, 0)}
	var dates []time.Time
	for day := range 30 { // ten items between 12:00 and 13:00
		dates = append(dates, every(5*time.Minute, 10, testDay.AddDate(0, 0, day-30).Add(50*time.Minute))...)
	}
	Observe(&st.Posting, dates, testDay, false)
	noon := Next(&st, nil, testDay.Add(5*time.Minute)).Sub(testDay.Add(5 * time.Minute))
	night := Next(&st, nil, testDay.Add(10*time.Hour)).Sub(testDay.Add(10 * time.Hour))
	if noon > time.Hour || night < 3*time.Hour || night > 15*time.Hour {
		t.Errorf("the wait is %v at noon, %v at night", noon, night)
	}
}

func TestMissed(t *testing.T) {
	t.Parallel()
	at := func(link string, published time.Time) feedmill.Item {
		return feedmill.Item{Link: "https://example.org/" + link, Title: link, Published: published}
	}
	day := func(n int) time.Time { return testDay.AddDate(0, 0, n) }
	first := []feedmill.Item{at("a", day(-5)), at("b", day(-4))}
	for name, tt := range map[string]struct {
		second []feedmill.Item
		want   bool
	}{
		"nothing in common":                  {[]feedmill.Item{at("c", day(-2)), at("d", day(-1))}, true},
		"one in common":                      {[]feedmill.Item{at("b", day(-4)), at("d", day(-1))}, false},
		"nothing in common, without dates":   {[]feedmill.Item{at("c", time.Time{})}, true},
		"the same items under other links":   {[]feedmill.Item{at("x", day(-5)), at("y", day(-4))}, false},
		"an empty document":                  {nil, false},
		"only items older than those before": {[]feedmill.Item{at("z", day(-90))}, false},
	} {
		seen, p := &SeenSet{}, &feedmill.Posting{}
		seen.Unseen(testFeed, first, testDay)
		if Missed(p, seen, first) {
			t.Errorf("%s: the first document of all has missed something", name)
		}
		Observe(p, []time.Time{first[0].Published, first[1].Published}, testDay, false)
		seen.Unseen(testFeed, tt.second, testDay)
		if got := Missed(p, seen, tt.second); got != tt.want {
			t.Errorf("%s: missed is %v", name, got)
		}
	}
}
