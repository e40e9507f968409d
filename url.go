package feedmill

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// CanonicalURL puts a URL into the one form that identities are made from, by rules that keep its case and meaning and
// need no network:
//
//   - scheme and host in lower case, a host's name in its ASCII form, no default port, no user information;
//   - dot segments resolved (RFC 3986 §5.2.4), no ";jsessionid=…" in the path, an empty path is "/";
//   - percent-encoding in one form (§6.2.2): upper-case digits, nothing encoded that need not be, all encoded that must be;
//   - the query without [TrackingParameters], empty parameters and an empty "?";
//   - no fragment, save one that begins with "!" or "/" and so names another page of a site made of scripts.
//
// Path case, the order of the other parameters, trailing and double slashes, "www." and the scheme stay: they may mean
// something. White space around the URL and line breaks within are dropped, and a "%" that encodes nothing is a "%".
// Only http and https URLs with a host have a canonical form; it is its own.
func CanonicalURL(raw string) (string, error) {
	s := strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, strings.TrimSpace(raw))
	scheme, rest, ok := strings.Cut(s, "://")
	if scheme = strings.ToLower(scheme); !ok || scheme != "http" && scheme != "https" {
		return "", fmt.Errorf("url %q: scheme is not http or https", clip(raw))
	}
	rest, fragment, _ := strings.Cut(rest, "#")
	rest, query, _ := strings.Cut(rest, "?")
	authority, path := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	host, err := canonicalHost(scheme, authority)
	if err != nil {
		return "", fmt.Errorf("url %q: %w", clip(raw), err)
	}
	var b strings.Builder
	b.Grow(len(s) + 1)
	b.WriteString(scheme)
	b.WriteString("://")
	b.WriteString(host)
	b.WriteString(withoutDots(withoutSession(normalEscapes(path))))
	if q := withoutTracking(normalEscapes(query)); q != "" {
		b.WriteByte('?')
		b.WriteString(q)
	}
	if strings.HasPrefix(fragment, "!") || strings.HasPrefix(fragment, "/") {
		b.WriteByte('#')
		b.WriteString(normalEscapes(fragment))
	}
	return b.String(), nil
}

// clip is the beginning of a text, for an error.
func clip(s string) string { return strings.ToValidUTF8(s[:min(len(s), 200)], "") }

// canonicalHost is the host of an authority with its port, where that is not the scheme's own.
func canonicalHost(scheme, authority string) (string, error) {
	host := authority[strings.LastIndexByte(authority, '@')+1:]
	port := ""
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.Contains(host[i:], "]") {
		host, port = host[:i], host[i+1:]
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		addr, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		if err != nil || !addr.Is6() || addr.Zone() != "" || !strings.HasSuffix(inner, "]") {
			return "", fmt.Errorf("%q is no IPv6 address", clip(host))
		}
		host = "[" + addr.String() + "]"
	} else {
		name, err := url.PathUnescape(host)
		if err != nil {
			name = host
		}
		if name, err = asciiHost(strings.ToLower(name)); err != nil {
			return "", err
		}
		host = strings.TrimRight(name, ".")
		if host == "" {
			return "", fmt.Errorf("no host")
		}
		for i := range len(host) {
			if !isUnreserved(host[i]) {
				return "", fmt.Errorf("%q cannot stand in a host", host[i])
			}
		}
	}
	if port == "" {
		return host, nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", fmt.Errorf("%q is no port", clip(port))
	}
	if scheme == "http" && n == 80 || scheme == "https" && n == 443 {
		return host, nil
	}
	return host + ":" + strconv.FormatUint(n, 10), nil
}

// withoutSession drops the session id that Java servers write into a path: "/story;jsessionid=0A1B".
func withoutSession(path string) string {
	const mark = ";jsessionid="
	i := indexFold(path, mark)
	if i < 0 {
		return path
	}
	var b strings.Builder
	for ; i >= 0; i = indexFold(path, mark) {
		b.WriteString(path[:i])
		path = strings.TrimLeftFunc(path[i+1:], func(r rune) bool { return r != ';' && r != '/' })
	}
	b.WriteString(path)
	return b.String()
}

// indexFold is strings.Index without regard to the case of ASCII letters; mark is in lower case.
func indexFold(s, mark string) int {
	for i := 0; i+len(mark) <= len(s); i++ {
		if s[i] == mark[0] && strings.EqualFold(s[i:i+len(mark)], mark) {
			return i
		}
	}
	return -1
}

// withoutDots resolves the "." and ".." segments of a path (RFC 3986 §5.2.4). Empty segments stay.
func withoutDots(path string) string {
	if path == "" {
		return "/"
	}
	if !strings.Contains(path, "/.") {
		return path
	}
	segments := strings.Split(path[1:], "/")
	kept := segments[:0:len(segments)]
	for i, s := range segments {
		last := i == len(segments)-1
		switch s {
		case ".", "..":
			if s == ".." && len(kept) > 0 {
				kept = kept[:len(kept)-1]
			}
			if last {
				kept = append(kept, "")
			}
		default:
			kept = append(kept, s)
		}
	}
	return "/" + strings.Join(kept, "/")
}

func withoutTracking(query string) string {
	if query == "" {
		return ""
	}
	var keep []string
	for part := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(part, "=")
		if dec, err := url.QueryUnescape(name); err == nil {
			name = dec
		}
		if part != "" && !isTracking(name) {
			keep = append(keep, part)
		}
	}
	return strings.Join(keep, "&")
}

// normalEscapes writes a path, query or fragment with its percent-encoding in one form: escapes have upper-case digits;
// unreserved characters have none; reserved ones stay as they are, encoded or not, since that may be a difference
// (RFC 3986 §2.2); what may not stand in a URL is encoded, and so is a "%" that begins no escape.
func normalEscapes(s string) string {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = s[i] != '%' && mayStand(s[i])
	}
	if plain {
		return s
	}
	const digits = "0123456789ABCDEF"
	b := make([]byte, 0, len(s)+16)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			if v := unhex(s[i+1])<<4 | unhex(s[i+2]); isUnreserved(v) {
				b = append(b, v)
			} else {
				b = append(b, '%', digits[v>>4], digits[v&15])
			}
			i += 2
		case mayStand(c):
			b = append(b, c)
		default:
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return string(b)
}

// mayStand tells whether a byte may stand unencoded in a query, as RFC 3986 §3.4 has it; a path has no more.
func mayStand(c byte) bool {
	return isUnreserved(c) || c != '%' && strings.IndexByte("!$&'()*+,;=:@/?", c) >= 0
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}

func isUnreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

// Host returns the host name of a URL in lower case, without port; "" where there is none.
func Host(rawURL string) string {
	u, err := url.Parse(strings.TrimSpace(rawURL))
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}
