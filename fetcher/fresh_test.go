package fetcher

import (
	"testing"
	"time"

	"github.com/feedmill/feedmill"
)

// TestFreshness follows a feed that states its lifetime on the 200 and not always on the 304.
func TestFreshness(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		status  int
		control string
		kept    int
		fresh   time.Duration
		keep    int
	}{
		{"200", 200, "max-age=300", 0, 5 * time.Minute, 300},
		{"200 that says nothing", 200, "", 300, 0, 0},
		{"200 that takes it back", 200, "no-cache", 300, 0, 0},
		{"304 that says nothing", 304, "", 300, 5 * time.Minute, 300},
		{"304 after an answer that said nothing", 304, "", 0, 0, 0},
		{"304 of its own", 304, "max-age=60", 300, time.Minute, 60},
		{"304 that takes it back", 304, "no-store", 300, 0, 0},
		{"304 with another directive", 304, "public", 300, 0, 0},
	} {
		page := &feedmill.Page{Status: tt.status, Header: map[string][]string{}, FetchedAt: clock}
		if tt.control != "" {
			page.Header["Cache-Control"] = []string{tt.control}
		}
		want := time.Time{}
		if tt.fresh > 0 {
			want = clock.Add(tt.fresh)
		}
		if got, keep := Freshness(page, tt.kept, clock); !got.Equal(want) || keep != tt.keep {
			t.Errorf("%s: fresh until %v, keep %d; want %v, %d", tt.name, got, keep, want, tt.keep)
		}
	}
}

func TestFreshUntil(t *testing.T) {
	t.Parallel()
	type h = map[string][]string
	const at10, at11 = "Fri, 17 May 2024 10:00:00 GMT", "Fri, 17 May 2024 11:00:00 GMT"
	tests := []struct {
		name   string
		header h
		want   time.Duration // from clock; 0: none
	}{
		{"nothing said", nil, 0},
		{"max-age", h{"Cache-Control": {"public, max-age=300"}}, 5 * time.Minute},
		{"spelling", h{"cache-control": {`Max-Age = "300" , private`}}, 5 * time.Minute},
		{"several fields", h{"Cache-Control": {"public", "max-age=300"}}, 5 * time.Minute},
		{"first of two", h{"Cache-Control": {"max-age=300, max-age=9"}}, 5 * time.Minute},
		{"age", h{"Cache-Control": {"max-age=300"}, "Age": {"100"}}, 200 * time.Second},
		{"older than its lifetime", h{"Cache-Control": {"max-age=300"}, "Age": {"301"}}, 0},
		{"malformed age", h{"Cache-Control": {"max-age=300"}, "Age": {"-1"}}, 5 * time.Minute},
		{"max-age before expires", h{"Cache-Control": {"max-age=300"}, "Expires": {at11}}, 5 * time.Minute},
		{"max-age 0", h{"Cache-Control": {"max-age=0"}, "Expires": {at11}}, 0},
		{"s-maxage is for shared caches", h{"Cache-Control": {"s-maxage=300"}}, 0},
		{"no-cache", h{"Cache-Control": {"no-cache, max-age=300"}}, 0},
		{"no-store", h{"Cache-Control": {"max-age=300, No-Store"}}, 0},
		{"no-cache of a field", h{"Cache-Control": {`no-cache="set-cookie, vary", max-age=300`}}, 5 * time.Minute},
		{"malformed max-age", h{"Cache-Control": {"max-age=soon"}, "Expires": {at11}}, 0},
		{"negative max-age", h{"Cache-Control": {"max-age=-1"}}, 0},
		{"empty max-age", h{"Cache-Control": {"max-age"}}, 0},
		{"quoted max-age of another directive", h{"Cache-Control": {`x="max-age=300"`}}, 0},
		{"absurd max-age", h{"Cache-Control": {"max-age=99999999999999999999"}}, maxFresh},
		{"expires without date", h{"Expires": {at11}}, time.Hour},
		{"expires against date", h{"Expires": {"Fri, 17 May 2024 09:30:00 GMT"}, "Date": {"Fri, 17 May 2024 09:00:00 GMT"}}, 30 * time.Minute},
		{"expires in the past", h{"Expires": {"Thu, 16 May 2024 10:00:00 GMT"}, "Date": {at10}}, 0},
		{"expires 0", h{"Expires": {"0"}, "Date": {at10}}, 0},
		{"expires in RFC 850 form", h{"Expires": {"Friday, 17-May-24 11:00:00 GMT"}}, time.Hour},
		{"broken list", h{"Cache-Control": {`,,=,"max-age=5`}}, 0},
	}
	for _, tt := range tests {
		for _, status := range []int{200, 304} {
			got := FreshUntil(&feedmill.Page{Status: status, Header: tt.header, FetchedAt: clock}, clock.Add(time.Hour))
			want := clock.Add(tt.want)
			if tt.want == 0 {
				want = time.Time{}
			}
			if !got.Equal(want) {
				t.Errorf("%s, status %d: %v, want %v", tt.name, status, got, want)
			}
		}
	}
	p := &feedmill.Page{Header: h{"Cache-Control": {"max-age=60"}}}
	if got := FreshUntil(p, clock); !got.Equal(clock.Add(time.Minute)) {
		t.Errorf("without a fetch time: %v", got)
	}
}
