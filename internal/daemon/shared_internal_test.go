package daemon

import (
	"testing"
	"time"

	"github.com/feedmill/feedmill"
)

// TestAnswersAreShared polls three feeds, of which two have moved to the URL of the third.
func TestAnswersAreShared(t *testing.T) {
	t.Parallel()
	const url, age = "https://example.org/feed", time.Minute
	a := &feedmill.FeedState{ID: "a", URL: "http://example.org/feed", MovedTo: url}
	b := &feedmill.FeedState{ID: "b", URL: "http://example.org/rss", MovedTo: url}
	c := &feedmill.FeedState{ID: "c", URL: url}
	start := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	tag := feedmill.Validators{URL: url, ETag: `"1"`}
	var s shared
	// poll tells whether a feed has to ask; what it is told then is kept.
	poll := func(st *feedmill.FeedState, sent feedmill.Validators, after time.Duration, body string) bool {
		now := start.Add(after)
		page := s.find(st, sent, age, now)
		if page != nil {
			s.keep(st, sent, page, now)
			return false
		}
		s.keep(st, sent, &feedmill.Page{URL: url, Body: []byte(body), FetchedAt: now}, now)
		return true
	}
	var none feedmill.Validators
	for i, step := range []struct {
		st    *feedmill.FeedState
		sent  feedmill.Validators
		after time.Duration
		body  string
		asks  bool
	}{
		{c, none, 0, "x", true},
		{a, none, 1, "x", true}, // nobody knew that there are several
		{b, none, 2, "x", true},
		{c, none, 3, "x", false},
		{a, none, 4, "x", false},
		{b, none, 5, "", true}, // its own answer is none to share
		{b, tag, 100, "", true},
		{a, tag, 101, "", false},
		{c, none, 102, "x", true}, // a 304 to another's validators says nothing
		{a, tag, 300, "", true},
	} {
		if got := poll(step.st, step.sent, step.after*time.Second, step.body); got != step.asks {
			t.Errorf("step %d, feed %s: asks %t, want %t", i, step.st.ID, got, step.asks)
		}
	}
	big := make([]byte, maxShared/2+1)
	for i, u := range []string{"https://example.org/1", "https://example.org/2", "https://example.org/3"} {
		one, two := *a, *b
		one.MovedTo, two.MovedTo = u, u
		now := start.Add(time.Hour)
		s.find(&one, none, age, now)
		s.find(&two, none, age, now)
		s.keep(&two, none, &feedmill.Page{URL: u, Body: big, FetchedAt: now.Add(time.Duration(i))}, now)
	}
	if s.size > maxShared {
		t.Errorf("%d bytes are kept", s.size)
	}
	sum := 0
	for _, a := range s.answers {
		sum += len(a.page.Body)
	}
	if sum != s.size {
		t.Errorf("%d bytes are kept, and counted as %d", sum, s.size)
	}
}
