package registry

import (
	"sort"
	"time"

	"github.com/feedmill/feedmill"
)

// Simulation is what polling a feed would have done.
type Simulation struct {
	Polls int
	// Found counts the items that were found, Missed those that had left the document before a poll.
	Found, Missed int
	// Delay is the sum of the times between the posting of the items that were found and the poll that found them.
	Delay time.Duration
}

// Simulate polls a feed from one time to another that posts at the given times, in order, and whose document has the
// latest window items. Next gives the time of the next poll, as [Next] does under a policy. Every answer comes at once,
// and is a document only where there is something new. Items posted before the start are in the first document and count
// for nothing else.
func Simulate(id string, posts []time.Time, window int, from, to time.Time, next func(*feedmill.FeedState, time.Time) time.Time) Simulation {
	var sim Simulation
	st := feedmill.FeedState{ID: id, Added: from}
	posted := func(t time.Time) int { return sort.Search(len(posts), func(i int) bool { return posts[i].After(t) }) }
	known := -1
	for now := from; now.Before(to); now = next(&st, now) {
		sim.Polls++
		end := posted(now)
		begin := max(0, end-window)
		switch {
		case known < 0:
			Observe(&st.Posting, posts[begin:end], now, false)
		case end > known:
			gap := begin > known
			if gap {
				sim.Missed += begin - known
			}
			begin = max(begin, known)
			for _, t := range posts[begin:end] {
				sim.Found++
				sim.Delay += now.Sub(t)
			}
			Observe(&st.Posting, posts[begin:end], now, gap)
		}
		st.Items, known = min(end, window), end
	}
	return sim
}
