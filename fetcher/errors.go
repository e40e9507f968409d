package fetcher

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"

	"github.com/feedmill/feedmill"
)

// The classes of errors and of failed answers: one short word each, for counting and grouping.
const (
	ClassRefused    = "refused"    // the address guard, the scheme, the port or the URL itself
	ClassDisallowed = "disallowed" // robots.txt forbids the page
	ClassOptedOut   = "opted_out"  // the site declines such use
	ClassRobots     = "robots"     // robots.txt cannot be had for now
	ClassDNS        = "dns"        // the name has no address
	ClassConnect    = "connect"    // no connection, or one that broke
	ClassTLS        = "tls"        // handshake or certificate
	ClassTimeout    = "timeout"    // connecting, the header or the whole request took too long
	ClassSlow       = "slow"       // the body came slower than the minimum rate
	ClassTooLarge   = "too_large"  // the body, as sent or decoded, is over its limit
	ClassTruncated  = "truncated"  // the body ended before its stated end
	ClassDecode     = "decode"     // the body is not what its Content-Encoding says, or that is unknown
	ClassRedirect   = "redirect"   // a loop, too many hops, or a Location that is no URL
	ClassType       = "type"       // media of a kind that cannot be what was asked for
	ClassProtocol   = "protocol"   // not HTTP as it should be; also a header over its limit
	ClassStatus     = "status"     // an answer, but an HTTP status without the document
	ClassLogin      = "login"      // 401 or 403 to a request that was made with a secret
	ClassEmpty      = "empty"      // a successful answer without a body
	ClassPostponed  = "postponed"  // the host's turn has not come
	ClassCanceled   = "canceled"   // the caller's context ended
)

var (
	// ErrDisallowed is the reason of an error of Fetch where robots.txt forbids the page.
	ErrDisallowed = errors.New("disallowed by robots.txt")
	// ErrRobotsUnreachable is the reason of an error of Fetch where robots.txt could not be had, so that nothing may be
	// asked for now (RFC 9309 §2.3.1.4). The error carries a time to try again, see [feedmill.RetryTime].
	ErrRobotsUnreachable = errors.New("robots.txt unreachable")
	// ErrPostponed is the reason of an error of Fetch where a host's turn has not come, see [Request.Turn]. Wrapped in
	// [feedmill.RetryAfter] it says when to come again.
	ErrPostponed = errors.New("the host's turn has not come")
)

// Error is an error of Fetch with its class.
type Error struct {
	Class string // one of the Class constants
	Err   error
}

func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Class returns the class of an error of Fetch, "" for nil.
func Class(err error) string {
	if err == nil {
		return ""
	}
	if errors.Is(err, ErrPostponed) {
		return ClassPostponed
	}
	if errors.Is(err, ErrDisallowed) {
		return ClassDisallowed
	}
	if errors.Is(err, ErrRobotsUnreachable) {
		return ClassRobots
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	if e, ok := errors.AsType[*feedmill.PermanentError](err); ok {
		return e.Class
	}
	return networkClass(err)
}

// refused marks err as a refusal: the same request will be refused again.
func refused(err error) error { return feedmill.Permanent(ClassRefused, err) }

func isRefused(err error) bool {
	e, ok := errors.AsType[*feedmill.PermanentError](err)
	return ok && e.Class == ClassRefused
}

// networkClass tells what kind of failure the network, TLS or HTTP library reports.
func networkClass(err error) string {
	if errors.Is(err, context.Canceled) {
		return ClassCanceled
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return ClassTimeout
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return ClassDNS
	}
	if isTLS(err) {
		return ClassTLS
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return ClassTruncated
	}
	if _, ok := errors.AsType[*net.OpError](err); ok || errors.Is(err, io.EOF) {
		return ClassConnect
	}
	return ClassProtocol
}

func isTLS(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	// An alert, sent or received, is an unexported type under this operation.
	e, ok := errors.AsType[*net.OpError](err)
	return ok && (e.Op == "remote error" || e.Op == "local error")
}
