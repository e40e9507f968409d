package fetcher

import (
	"net/http"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
)

// maxFresh is the longest lifetime that is believed.
const maxFresh = 365 * 24 * time.Hour

// FreshUntil returns the time until which the server says its answer stays good, as a private cache reads it (RFC 9111
// §4.2): Cache-Control max-age, else Expires against Date, both less Age. It holds for a 304 as for a 200. The time is
// zero where nothing is said, where no-cache, no-store or a past time says that nothing is good for long, and where the
// directive cannot be read. The answer's age is counted from page.FetchedAt, or from now where that is unknown; clocks
// that differ are not corrected for max-age. The caller bounds the result.
func FreshUntil(page *feedmill.Page, now time.Time) time.Time {
	received := now
	if !page.FetchedAt.IsZero() {
		received = page.FetchedAt
	}
	lifetime := freshFor(http.Header(page.Header), received)
	if age, ok := seconds(strings.TrimSpace(page.HeaderValue("Age"))); ok {
		lifetime -= age
	}
	if lifetime <= 0 {
		return time.Time{}
	}
	return received.Add(min(lifetime, maxFresh))
}

// Freshness is FreshUntil for a client that keeps answers: kept is the max-age, in seconds, of the answer that a 304 speaks
// for. Where the 304 states no lifetime of its own, that one begins anew (RFC 9111 §4.3.4). The second result is what to
// keep for the next 304: 0 where no max-age is stated.
func Freshness(page *feedmill.Page, kept int, now time.Time) (until time.Time, maxAge int) {
	if page.Status == http.StatusNotModified && page.HeaderValue("Cache-Control") == "" && page.HeaderValue("Expires") == "" {
		if kept <= 0 {
			return time.Time{}, 0
		}
		if !page.FetchedAt.IsZero() {
			now = page.FetchedAt
		}
		return now.Add(min(time.Duration(kept)*time.Second, maxFresh)), kept
	}
	if stated, ok := statedAge(http.Header(page.Header)); ok {
		maxAge = int(min(stated, maxFresh) / time.Second)
	}
	return FreshUntil(page, now), maxAge
}

func freshFor(h http.Header, received time.Time) time.Duration {
	if lifetime, ok := statedAge(h); ok {
		return lifetime
	}
	expires, err := http.ParseTime(value(h, "Expires"))
	if err != nil {
		return 0
	}
	from, err := http.ParseTime(value(h, "Date"))
	if err != nil {
		from = received
	}
	return expires.Sub(from)
}

// statedAge is the lifetime that Cache-Control states, 0 where it says that nothing is good for long.
func statedAge(h http.Header) (lifetime time.Duration, ok bool) {
	var maxAge string
	stated := false
	for name, value := range directives(h) {
		switch name {
		case "no-store", "no-cache":
			// no-cache with field names (§5.2.2.4) speaks of those fields only.
			if value == "" {
				return 0, true
			}
		case "max-age":
			if !stated { // the first of several counts (§4.2.1)
				maxAge, stated = value, true
			}
		}
	}
	if stated {
		lifetime, _ = seconds(maxAge) // unreadable is stale (§4.2.1)
	}
	return lifetime, stated
}

// value returns the first value of a field in any spelling of its name.
func value(h http.Header, name string) string {
	p := feedmill.Page{Header: h}
	return p.HeaderValue(name)
}

// directives yields the Cache-Control directives: names in lower case, arguments without quotation marks.
func directives(h http.Header) func(yield func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		for key, lines := range h {
			if !strings.EqualFold(key, "Cache-Control") {
				continue
			}
			for _, line := range lines {
				for line != "" {
					var d string
					d, line = cutDirective(line)
					name, arg, _ := strings.Cut(d, "=")
					name = strings.ToLower(strings.TrimSpace(name))
					if name != "" && !yield(name, strings.Trim(strings.TrimSpace(arg), `"`)) {
						return
					}
				}
			}
		}
	}
}

// cutDirective cuts a list at the first comma that is not within quotation marks.
func cutDirective(s string) (first, rest string) {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}
