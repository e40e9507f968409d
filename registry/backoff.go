package registry

import (
	"net/http"
	"time"

	"github.com/feedmill/feedmill"
)

// backoff is the wait of a feed that has failed st.Failures times in a row, up to limit but never below d.
//
// A failure that may be over soon (a time-out, a 5xx, a broken connection) doubles the wait with each one after the
// first. One that is seldom over soon doubles it twice, from the first on: a name without an address, a certificate that
// is not valid, an address that may not be asked, a 404 and most other refusals by status. No feed is given up.
func backoff(d time.Duration, st *feedmill.FeedState, limit time.Duration) time.Duration {
	limit = max(limit, d)
	doublings := min(st.Failures, 64) - 1
	if lasting(st) {
		doublings = 2 * (doublings + 1)
	}
	for range doublings {
		if d >= limit/2 {
			return limit
		}
		d *= 2
	}
	return d
}

// lasting tells whether the last failure is of a class that seldom ends by itself. The classes are those of package
// fetcher.
func lasting(st *feedmill.FeedState) bool {
	switch st.Class {
	case "refused", "dns", "tls", "redirect", "type", "login":
		return true
	case "status":
		return st.Status >= 400 && st.Status <= 499 && st.Status != http.StatusRequestTimeout &&
			st.Status != http.StatusTooManyRequests && st.Status != http.StatusTooEarly
	}
	return false
}
