package fetcher

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"
)

// maxURLBytes bounds the URLs that are asked. It is what web servers commonly take.
const maxURLBytes = 8 << 10

// target is one URL to ask.
type target struct {
	// raw is the URL as given, without user information, fragment and surrounding white space.
	raw string
	// url is the same for net/http. Where its path would come out of net/url in another spelling, Opaque holds the path.
	url *url.URL
	// path is the path and query of the request line.
	path string
	// user is the user information, nil where there is none.
	user *url.Userinfo
}

// origin is scheme, host and port in lower case: what one robots.txt speaks for.
func (t *target) origin() string {
	host := strings.ToLower(t.url.Host)
	if t.url.Port() == "" {
		host = strings.TrimSuffix(host, ":") + ":" + defaultPort(t.url.Scheme)
	}
	return t.url.Scheme + "://" + host
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

// parseTarget reads a URL. The path and the query stay as they are, byte by byte, save for the bytes that no request
// line can hold: white space, control characters and what is not ASCII are percent-encoded. Errors are refusals.
func parseTarget(raw string) (*target, error) {
	t, err := splitTarget(raw)
	if err != nil {
		return nil, refused(err)
	}
	return t, nil
}

func splitTarget(raw string) (*target, error) {
	raw, _, _ = strings.Cut(strings.TrimSpace(raw), "#")
	if len(raw) > maxURLBytes {
		return nil, fmt.Errorf("url of %d bytes is over the limit of %d", len(raw), maxURLBytes)
	}
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return nil, errors.New("url is not absolute")
	}
	if s := strings.ToLower(scheme); s != "http" && s != "https" {
		return nil, fmt.Errorf("scheme %q is neither http nor https", scheme)
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	authority, after := rest[:end], rest[end:]
	u, err := url.Parse(scheme + "://" + authority)
	if err != nil {
		return nil, errors.New("url has a malformed host")
	}
	if err := checkHost(u); err != nil {
		return nil, err
	}
	t := &target{raw: scheme + "://" + authority[strings.LastIndexByte(authority, '@')+1:] + after, url: u, user: u.User}
	u.User = nil
	p, query, hasQuery := strings.Cut(after, "?")
	p, query = requestSafe(p), requestSafe(query)
	u.RawQuery, u.ForceQuery = query, hasQuery && query == ""
	if err := setPath(u, p); err != nil {
		return nil, err
	}
	if p == "" {
		p = "/"
	}
	t.path = p
	if hasQuery {
		t.path += "?" + query
	}
	return t, nil
}

func checkHost(u *url.URL) error {
	host := u.Hostname()
	if host == "" {
		return errors.New("url has no host")
	}
	if !utf8.ValidString(host) {
		return errors.New("url has a malformed host")
	}
	if addr, err := netip.ParseAddr(host); err == nil && (addr.Zone() != "" || addr.Is4In6()) {
		return fmt.Errorf("address %s is neither public nor allowed", addr)
	}
	return nil
}

// setPath puts an escaped path into u so that it is sent in this very spelling.
func setPath(u *url.URL, escaped string) error {
	decoded, err := url.PathUnescape(escaped)
	if err == nil {
		u.Path, u.RawPath = decoded, escaped
		if u.EscapedPath() == escaped {
			return nil
		}
	}
	if strings.HasPrefix(escaped, "//") { // net/url would take it for a host
		return errors.New("url has a malformed path")
	}
	u.Path, u.RawPath, u.Opaque = decoded, "", escaped
	return nil
}

// requestSafe percent-encodes what may not stand in a request line.
func requestSafe(s string) string {
	safe := func(c byte) bool { return c > ' ' && c < 0x7f }
	n := 0
	for i := range len(s) {
		if !safe(s[i]) {
			n++
		}
	}
	if n == 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 2*n)
	for i := range len(s) {
		if safe(s[i]) {
			b.WriteByte(s[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", s[i])
		}
	}
	return b.String()
}

// redirect returns the target that a Location value points at. User information in it is dropped: a redirect hands out
// no credentials. An error is a refusal where the Location is a URL that may not be asked, plain where it is none.
func (t *target) redirect(location string) (*target, error) {
	location = strings.TrimSpace(location)
	switch {
	case location == "":
		return nil, &Error{ClassRedirect, errors.New("redirect without a location")}
	case strings.HasPrefix(location, "//"):
		location = t.url.Scheme + ":" + location
	case strings.HasPrefix(location, "/"):
		location = t.url.Scheme + "://" + t.url.Host + location
	case !hasScheme(location):
		base, err := url.Parse(t.raw)
		if err != nil {
			return nil, &Error{ClassRedirect, errors.New("redirect relative to a malformed url")}
		}
		to, err := base.Parse(requestSafe(location))
		if err != nil {
			return nil, &Error{ClassRedirect, errors.New("redirect to a malformed location")}
		}
		location = to.String()
	}
	to, err := parseTarget(location)
	if err != nil {
		return nil, err
	}
	to.user = nil
	// The target is kept and asked again later: in a form that any storage holds.
	to.raw = to.url.Scheme + "://" + to.url.Host + to.path
	return to, nil
}

// hasScheme tells whether a reference begins with a scheme (RFC 3986 §3.1).
func hasScheme(ref string) bool {
	i := strings.IndexAny(ref, ":/?#")
	return i > 0 && ref[i] == ':'
}
