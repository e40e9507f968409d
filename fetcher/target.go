package fetcher

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
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

// checkHost refuses hosts that nobody may be asked at, and brings a name that is not ASCII into the form of DNS. It is done
// here, once: what the guard judges is then what is connected to, by whatever way, also of 169.254.169.254 in full-width
// figures.
func checkHost(u *url.URL) error {
	host := u.Hostname()
	if host == "" {
		return errors.New("url has no host")
	}
	ascii := host
	if strings.IndexFunc(host, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0 {
		var err error
		if ascii, err = idna.Lookup.ToASCII(host); err != nil || !utf8.ValidString(host) {
			return errors.New("url has a malformed host")
		}
		u.Host = ascii
		if port := u.Port(); port != "" {
			u.Host += ":" + port
		}
	}
	addr, err := netip.ParseAddr(ascii)
	switch {
	case err == nil && (addr.Zone() != "" || addr.Is4In6()):
		return fmt.Errorf("address %s is neither public nor allowed", addr)
	case err == nil && ascii != host:
		return fmt.Errorf("address %s is written in letters of another script", addr)
	case err != nil && endsInNumber(ascii):
		// A proxy or a resolver may take 2130706433 or 0x7f.1 for an address.
		return errors.New("url has a host that ends in a number and is no address")
	}
	return nil
}

// endsInNumber is the check of that name in the URL standard (WHATWG, host parsing).
func endsInNumber(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == "" {
		return false
	}
	if strings.Trim(last, "0123456789") == "" {
		return true
	}
	hex, ok := strings.CutPrefix(last, "0x")
	return ok && strings.Trim(hex, "0123456789abcdef") == ""
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
