package fetcher

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

// clock is the time at which tests happen.
var clock = time.Date(2024, 5, 17, 10, 0, 0, 0, time.UTC)

func TestJudge(t *testing.T) {
	t.Parallel()
	page := func(status int, body string, header ...string) *feedmill.Page {
		p := &feedmill.Page{URL: "https://news.example.com/a", Status: status, Body: []byte(body), FetchedAt: clock, Header: map[string][]string{}}
		for i := 0; i+1 < len(header); i += 2 {
			p.Header[header[i]] = []string{header[i+1]}
		}
		return p
	}
	in := func(d time.Duration) time.Time { return clock.Add(d) }
	tests := []struct {
		name string
		kind Kind
		page *feedmill.Page
		err  error
		want Verdict
	}{
		{"200", KindFeed, page(200, "x"), nil, Verdict{Outcome: "fetched", Status: 200}},
		{"203", KindFeed, page(203, "x"), nil, Verdict{Outcome: "fetched", Status: 203}},
		{"200 empty", KindFeed, page(200, ""), nil, Verdict{Outcome: "failed", Class: "empty", Reason: "200 OK without a body", Status: 200}},
		{"204", KindFeed, page(204, ""), nil, Verdict{Outcome: "failed", Class: "empty", Reason: "204 No Content without a body", Status: 204}},
		{"206", KindFeed, page(206, "x"), nil, Verdict{Outcome: "failed", Class: "status", Reason: "206 Partial Content", Status: 206}},
		{"304", KindFeed, page(304, ""), nil, Verdict{Outcome: "unchanged", Status: 304}},
		{"301 without location", KindFeed, page(301, "x"), nil, Verdict{Outcome: "failed", Class: "status", Reason: "301 Moved Permanently", Status: 301}},
		{"410 feed", KindFeed, page(410, "x"), nil, Verdict{Outcome: "gone", Permanent: true, Class: "status", Reason: "410 Gone", Status: 410}},
		{"404 feed", KindFeed, page(404, "x"), nil, Verdict{Outcome: "failed", Class: "status", Reason: "404 Not Found", Status: 404}},
		{"404 article", KindArticle, page(404, "x"), nil, Verdict{Outcome: "gone", Permanent: true, Class: "status", Reason: "404 Not Found", Status: 404}},
		{"403 feed", KindFeed, page(403, "x"), nil, Verdict{Outcome: "failed", Class: "status", Reason: "403 Forbidden", Status: 403}},
		{"403 article", KindArticle, page(403, "x"), nil, Verdict{Outcome: "failed", Permanent: true, Class: "status", Reason: "403 Forbidden", Status: 403}},
		{"408 article", KindArticle, page(408, "x"), nil, Verdict{Outcome: "failed", Class: "status", Reason: "408 Request Timeout", Status: 408}},
		{"500", KindArticle, page(500, "x"), nil, Verdict{Outcome: "failed", Class: "status", Reason: "500 Internal Server Error", Status: 500}},
		{"500 later", KindFeed, page(500, "x", "Retry-After", "60"), nil, Verdict{Outcome: "failed", RetryAt: in(time.Minute), Class: "status", Reason: "500 Internal Server Error", Status: 500}},
		{"unknown status", KindFeed, page(799, "x"), nil, Verdict{Outcome: "failed", Class: "status", Reason: "799", Status: 799}},
		{"429", KindFeed, page(429, ""), nil, Verdict{Outcome: "rate_limited", HostWide: true, Host: "example.com", Class: "status", Reason: "429 Too Many Requests", Status: 429}},
		{"429 later", KindArticle, page(429, "", "retry-after", "3"), nil, Verdict{Outcome: "rate_limited", RetryAt: in(3 * time.Second), HostWide: true, Host: "example.com", Class: "status", Reason: "429 Too Many Requests", Status: 429}},
		{"503", KindFeed, page(503, ""), nil, Verdict{Outcome: "failed", Class: "status", Reason: "503 Service Unavailable", Status: 503}},
		{"503 later", KindFeed, page(503, "", "Retry-After", "Fri, 17 May 2024 10:00:30 GMT"), nil, Verdict{Outcome: "rate_limited", RetryAt: in(30 * time.Second), HostWide: true, Host: "example.com", Class: "status", Reason: "503 Service Unavailable", Status: 503}},
		{"nothing", KindFeed, nil, nil, Verdict{Outcome: "failed", Class: "protocol", Reason: "no answer"}},
		{"timeout", KindFeed, nil, fmt.Errorf("fetch: %w", &Error{ClassTimeout, errors.New("late")}), Verdict{Outcome: "failed", Class: "timeout", Reason: "fetch: late"}},
		{"refused", KindFeed, nil, refused(errors.New("no")), Verdict{Outcome: "refused", Permanent: true, Class: "refused", Reason: "no"}},
		{"wrong type", KindArticle, nil, wrongType(KindArticle, "image/png"), Verdict{Outcome: "failed", Permanent: true, Class: "type", Reason: "image/png is not a type of article"}},
		{"disallowed", KindArticle, &feedmill.Page{Robots: "disallowed"}, fmt.Errorf("fetch: %w", ErrDisallowed), Verdict{Outcome: "disallowed", Permanent: true, Class: "disallowed", Reason: "fetch: disallowed by robots.txt"}},
		{"robots", KindArticle, &feedmill.Page{}, feedmill.RetryAfter(in(time.Hour), ErrRobotsUnreachable), Verdict{Outcome: "failed", RetryAt: in(time.Hour), Class: "robots", Reason: "robots.txt unreachable (retry after 2024-05-17T11:00:00Z)"}},
		{"canceled", KindFeed, nil, context.Canceled, Verdict{Outcome: "failed", Class: "canceled", Reason: "context canceled"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(tt.want, Judge(tt.kind, tt.page, tt.err, clock)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, value, date string
		want              time.Duration // from clock; negative: none
	}{
		{"seconds", "120", "", 2 * time.Minute},
		{"zero", "0", "", 0},
		{"white space", " 5 ", "", 5 * time.Second},
		{"IMF-fixdate", "Fri, 17 May 2024 10:01:00 GMT", "", time.Minute},
		{"RFC 850", "Friday, 17-May-24 10:01:00 GMT", "", time.Minute},
		{"asctime", "Fri May 17 10:01:00 2024", "", time.Minute},
		{"past", "Fri, 17 May 2024 09:00:00 GMT", "", 0},
		{"server's clock is slow", "Fri, 17 May 2024 09:01:00 GMT", "Fri, 17 May 2024 09:00:00 GMT", time.Minute},
		{"server's clock is fast", "Sat, 18 May 2024 10:01:00 GMT", "Sat, 18 May 2024 10:00:00 GMT", time.Minute},
		{"absurd", "99999999999999999999999", "", MaxRetryAfter},
		{"absurd date", "Fri, 17 May 9999 10:01:00 GMT", "", MaxRetryAfter},
		{"missing", "", "", -1},
		{"negative", "-5", "", -1},
		{"fraction", "1.5", "", -1},
		{"words", "soon", "", -1},
	} {
		p := &feedmill.Page{FetchedAt: clock, Header: map[string][]string{"Retry-After": {tt.value}, "Date": {tt.date}}}
		want := clock.Add(tt.want)
		if tt.want < 0 {
			want = time.Time{}
		}
		if got := retryAfter(p, clock.Add(time.Hour)); !got.Equal(want) {
			t.Errorf("%s: %v, want %v", tt.name, got, want)
		}
	}
	p := &feedmill.Page{Header: http.Header{"Retry-After": {"7"}}}
	if got := retryAfter(p, clock); !got.Equal(clock.Add(7 * time.Second)) {
		t.Errorf("without a fetch time: %v", got)
	}
}
