package fetcher

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
)

// MaxRetryAfter is the longest Retry-After that is believed.
const MaxRetryAfter = 7 * 24 * time.Hour

// Verdict is what one request comes to.
type Verdict struct {
	Outcome feedmill.Outcome
	// RetryAt is the time before which the server, or robots.txt, does not want to be asked again; zero where nothing
	// was said.
	RetryAt time.Time
	// HostWide says that the answer binds the whole host and not only the URL: until RetryAt, or for a while of the
	// caller's choice where that is zero (see [Hosts.Block]).
	HostWide bool
	// Host is the host whose pause RetryAt is, as [HostKey] names it: that of the URL that answered, after redirects.
	Host string
	// Permanent says that asking again is useless: the document is gone, or may never be asked for.
	Permanent bool
	// Class is one of the Class constants, "" for a success; Reason a sentence for people.
	Class  string
	Reason string
	// Status is the HTTP status, 0 where there was no answer.
	Status int
}

// Judge says what the page and the error that [Fetcher.Fetch] returned come to. It reads no clock: now is the time of
// the answer where the page does not say.
//
// A 429, and a Retry-After of a 503, binds the host, also where robots.txt was answered so.
//
// A success with a body, or a 226 with the part of a feed that is new, is fetched, a 304 unchanged, a 410 gone, and so is a 404 for an article. 429, and 503 with a
// Retry-After, are rate_limited; every other status and error is failed, save for refused, disallowed
// and postponed, which is no outcome of a request but that none was made. Whether the
// body is a feed or a page at all is for the parser to say.
func Judge(kind Kind, page *feedmill.Page, err error, now time.Time) Verdict {
	if err != nil {
		return judgeError(page, err)
	}
	if page == nil {
		return Verdict{Outcome: feedmill.OutcomeFailed, Class: ClassProtocol, Reason: "no answer"}
	}
	v := Verdict{Status: page.Status}
	switch s := page.Status; {
	case s == http.StatusNotModified:
		v.Outcome = feedmill.OutcomeUnchanged
		return v
	case isSuccess(s) && s != http.StatusPartialContent && (s != http.StatusIMUsed || kind == KindFeed && Delta(page)):
		if len(page.Body) > 0 {
			v.Outcome = feedmill.OutcomeFetched
			return v
		}
		v.Outcome, v.Class, v.Reason = feedmill.OutcomeFailed, ClassEmpty, statusText(s)+" without a body"
		return v
	case s == http.StatusGone || s == http.StatusNotFound && kind == KindArticle:
		v.Outcome, v.Permanent = feedmill.OutcomeGone, true
	default:
		v.Outcome = feedmill.OutcomeFailed
		v.Permanent = kind == KindArticle && s >= 400 && s <= 499 && !passing(s)
	}
	v.Class, v.Reason = ClassStatus, statusText(page.Status)
	if v.Permanent {
		return v
	}
	v.RetryAt = retryAfter(page, now)
	switch {
	case page.Status == http.StatusTooManyRequests,
		page.Status == http.StatusServiceUnavailable && !v.RetryAt.IsZero():
		v.Outcome = feedmill.OutcomeRateLimited
		v.HostWide, v.Host = true, HostKey(page.BaseURL())
	}
	return v
}

// Delta tells whether an answer holds no more of a feed than what is new since the answer that the request named: a 226 with
// the instance manipulation "feed" alone (RFC 3229 §10.4.1, and its use for feeds).
func Delta(page *feedmill.Page) bool {
	return page.Status == http.StatusIMUsed && strings.EqualFold(strings.TrimSpace(page.HeaderValue("IM")), "feed")
}

// passing tells the client errors that may be over soon from those that say that the page is not for us.
func passing(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusMisdirectedRequest, http.StatusLocked,
		http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return false
}

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

func judgeError(page *feedmill.Page, err error) Verdict {
	v := Verdict{Outcome: feedmill.OutcomeFailed, Class: Class(err), Reason: err.Error(), Permanent: feedmill.IsPermanent(err)}
	if page != nil {
		v.Status = page.Status
	}
	switch {
	case errors.Is(err, ErrPostponed):
		v.Outcome = feedmill.OutcomePostponed
	case errors.Is(err, ErrDisallowed), errors.Is(err, ErrOptedOut):
		v.Outcome, v.Permanent = feedmill.OutcomeDisallowed, true
	case isRefused(err):
		v.Outcome = feedmill.OutcomeRefused
	}
	v.RetryAt, _ = feedmill.RetryTime(err)
	if e, ok := errors.AsType[*robotsPauseError](err); ok {
		v.HostWide, v.Host = true, e.host
	}
	return v
}

// retryAfter reads a Retry-After (RFC 9110 §10.2.3): seconds, or an HTTP date in any of its three forms. A date is taken
// relative to the server's own Date where there is one, so that a wrong clock does no harm. Without a readable one the
// time is zero; one in the past is now.
func retryAfter(page *feedmill.Page, now time.Time) time.Time {
	value := strings.TrimSpace(page.HeaderValue("Retry-After"))
	if !page.FetchedAt.IsZero() {
		now = page.FetchedAt
	}
	wait, ok := seconds(value)
	if !ok {
		at, err := http.ParseTime(value)
		if err != nil {
			return time.Time{}
		}
		from := now
		if date, err := http.ParseTime(page.HeaderValue("Date")); err == nil {
			from = date
		}
		wait = at.Sub(from)
	}
	return now.Add(min(max(0, wait), MaxRetryAfter))
}

// seconds reads a delta-seconds (RFC 9111 §1.2.2): digits only. What overflows is as long as an int32 can say.
func seconds(s string) (time.Duration, bool) {
	const most = 1<<31 - 1
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > most {
		n = most
	}
	return time.Duration(n) * time.Second, true
}
