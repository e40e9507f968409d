package fetcher

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/feedmill/feedmill"
)

// Secret is a set of header fields that prove who asks: a login, cookies, keys. It shows its name and nothing else, whatever
// prints, logs or encodes it.
type Secret struct {
	name   string
	fields http.Header
}

// NewSecret returns a secret of that name with the given fields. The error says which field cannot be sent, without its
// value, and without what is no name of a field, for that may be a value too.
func NewSecret(name string, fields map[string]string) (*Secret, error) {
	s := &Secret{name: name, fields: http.Header{}}
	for field, value := range fields {
		field = textproto.CanonicalMIMEHeaderKey(field)
		switch {
		case !httpguts.ValidHeaderFieldName(field):
			return nil, errors.New("one of its headers has no valid name; write letters, digits and -, without the colon (RFC 9110 §5.1)")
		case slices.Contains(ownFields, field):
			return nil, fmt.Errorf("the header field %s is the client's own business", field)
		case !httpguts.ValidHeaderFieldValue(value):
			return nil, fmt.Errorf("the value of %s cannot stand in a header: it has a line break or another control character", field)
		}
		s.fields.Set(field, value)
	}
	return s, nil
}

// ownFields are those that a secret may not set: they belong to the connection, the body or the conditions of a request.
var ownFields = []string{
	"Host", "Connection", "Content-Length", "Content-Type", "Transfer-Encoding", "Te", "Trailer", "Upgrade", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection",
	"Accept-Encoding", "Range", "If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since", "If-Range", "A-Im", "User-Agent", "Expect",
}

// Name is what the secret is called.
func (s *Secret) Name() string {
	if s == nil {
		return ""
	}
	return s.name
}

// String returns the name alone.
func (s *Secret) String() string { return s.Name() }

// GoString returns the name alone.
func (s *Secret) GoString() string { return fmt.Sprintf("fetcher.Secret(%q)", s.Name()) }

// LogValue returns the name alone.
func (s *Secret) LogValue() slog.Value { return slog.StringValue(s.Name()) }

// MarshalJSON returns the name alone.
func (s *Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.Name()) }

// sameParty tells whether a redirect stays with whom a secret is for: the same host and port, the same scheme or https in
// the place of http.
func sameParty(from, to *target) bool {
	if !strings.EqualFold(from.url.Hostname(), to.url.Hostname()) {
		return false
	}
	port := func(t *target) string { return cmp.Or(t.url.Port(), defaultPort(t.url.Scheme)) }
	if from.url.Scheme == to.url.Scheme {
		return port(from) == port(to)
	}
	return from.url.Scheme == "http" && to.url.Scheme == "https" && port(from) == "80" && port(to) == "443"
}

// SameParty tells whether two URLs are of one host and port, the second of the same scheme or of https in the place of http:
// what proves who asks may be sent to the second where it is meant for the first.
func SameParty(first, second string) bool {
	from, err := parseTarget(first)
	if err != nil {
		return false
	}
	to, err := parseTarget(second)
	return err == nil && sameParty(from, to)
}

// JudgeLogin is the verdict on a request that was made with a secret: a 401 or 403 says that the login was refused, and the
// reason names the secret. Other verdicts stay as they are.
func JudgeLogin(v Verdict, r Request, page *feedmill.Page) Verdict {
	if r.Secret == nil || page == nil || v.Status != http.StatusUnauthorized && v.Status != http.StatusForbidden || v.Class != ClassStatus {
		return v
	}
	v.Outcome, v.Class = feedmill.OutcomeLoginRefused, ClassLogin
	v.Reason = fmt.Sprintf("%s: the server refuses the login with the secret %q", statusText(v.Status), r.Secret.name)
	if from, err := parseTarget(r.URL); err == nil {
		if to, err := parseTarget(page.BaseURL()); err == nil && !sameParty(from, to) {
			v.Reason = fmt.Sprintf("%s by %s, to which the URL redirects: the secret %q was not sent there, since it is for %s; use the URL there instead",
				statusText(v.Status), to.origin(), r.Secret.name, from.origin())
		}
	}
	return v
}
