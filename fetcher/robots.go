package fetcher

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"
)

// maxRobotsBytes is how much of a robots.txt is read; RFC 9309 §2.5 asks for 500 KiB at least. The rest is ignored.
const maxRobotsBytes = 512 << 10

// Robots is what one robots.txt says to one product token (RFC 9309).
type Robots struct {
	rules []robotsRule
	delay time.Duration
}

// robotsRule is an allow or disallow line. The pattern is in normal form, without the final "$" of an anchored one.
type robotsRule struct {
	pattern  string
	anchored bool
	allow    bool
}

// ParseRobots reads a robots.txt as the client with the given product token has to: the groups that name the token (in
// any case) together, else the groups for "*" together, else nothing is forbidden. Lines that are not understood are
// skipped, and neither they nor Crawl-delay or Sitemap end a group. Whatever the input, there is a result.
func ParseRobots(body []byte, agent string) *Robots {
	agent = productToken(agent)
	if len(body) >= maxRobotsBytes {
		// Without the last line: the beginning of a path forbids more than the path.
		body = body[:maxRobotsBytes]
		body = body[:bytes.LastIndexAny(body, "\r\n")+1]
	}
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	var own, all Robots
	named := false               // some group names the agent
	inOwn, inAll := false, false // the group being read speaks to the agent, to all
	rulesBegun := true           // the next user-agent line begins a new group
	for line := range lines(body) {
		key, val, ok := directive(line)
		if !ok {
			continue
		}
		switch key {
		case "user-agent":
			if rulesBegun {
				inOwn, inAll, rulesBegun = false, false, false
			}
			switch token := productToken(val); {
			case token != "" && strings.EqualFold(token, agent):
				inOwn, named = true, true
			case val == "*" || strings.HasPrefix(val, "* "):
				inAll = true
			}
		case "allow", "disallow":
			rulesBegun = true
			if val == "" {
				continue
			}
			rule := newRule(val, key == "allow")
			if inOwn {
				own.rules = append(own.rules, rule)
			}
			if inAll {
				all.rules = append(all.rules, rule)
			}
		case "crawl-delay":
			delay := crawlDelay(val)
			if inOwn {
				own.delay = max(own.delay, delay)
			}
			if inAll {
				all.delay = max(all.delay, delay)
			}
		}
	}
	if named {
		return &own
	}
	return &all
}

// lines yields the lines of a text, whatever ends them: LF, CR or both.
func lines(body []byte) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for len(body) > 0 {
			i := bytes.IndexAny(body, "\r\n")
			if i < 0 {
				yield(string(body))
				return
			}
			if !yield(string(body[:i])) {
				return
			}
			body = body[i+1:]
		}
	}
}

// directive splits "Key: value # comment" and gives the key in lower case.
func directive(line string) (key, value string, ok bool) {
	line, _, _ = strings.Cut(line, "#")
	key, value, ok = strings.Cut(line, ":")
	return strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value), ok
}

// productToken is the name at the start of a user agent: "feedmill" of "feedmill/1.0 (+https://…)".
func productToken(s string) string {
	i := strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	})
	if i < 0 {
		return s
	}
	return s[:i]
}

func crawlDelay(s string) time.Duration {
	sec, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(sec) || sec <= 0 {
		return 0
	}
	return time.Duration(min(sec, MaxDelay.Seconds()) * float64(time.Second))
}

func newRule(pattern string, allow bool) robotsRule {
	r := robotsRule{allow: allow}
	pattern, r.anchored = strings.CutSuffix(pattern, "$")
	p, query, has := strings.Cut(pattern, "?")
	r.pattern = normalPath(p, true, false)
	if has {
		r.pattern += "?" + normalPath(query, true, true)
	}
	return r
}

// Delay is the Crawl-delay, at most MaxDelay; zero where there is none. It is no part of RFC 9309.
func (r *Robots) Delay() time.Duration { return r.delay }

// Allowed tells whether a URL may be asked for, whatever its host. The longest pattern that matches its path and query
// decides, allow before disallow where both are as long; without one it may. robots.txt itself always may.
func (r *Robots) Allowed(rawURL string) bool {
	t, err := parseTarget(rawURL)
	return err == nil && r.allowed(t.path)
}

func (r *Robots) allowed(path string) bool {
	p, query, has := strings.Cut(path, "?")
	p = normalPath(p, false, false)
	if p == "/robots.txt" {
		return true
	}
	if has {
		p += "?" + normalPath(query, false, true)
	}
	longest, allowed := -1, true
	for _, rule := range r.rules {
		n := len(rule.pattern)
		if rule.anchored {
			n++
		}
		if n > longest || n == longest && rule.allow && !allowed {
			if rule.matches(p) {
				longest, allowed = n, rule.allow
			}
		}
	}
	return allowed
}

// matches tells whether the pattern matches from the start of path. Each stretch between two "*" is looked for once,
// from where the one before it ended: the leftmost place leaves the most for the rest, so nothing is ever tried again.
func (r robotsRule) matches(path string) bool {
	part, rest, more := strings.Cut(r.pattern, "*")
	path, ok := strings.CutPrefix(path, part)
	if !ok {
		return false
	}
	for more {
		part, rest, more = strings.Cut(rest, "*")
		if !more && r.anchored {
			return strings.HasSuffix(path, part)
		}
		i := strings.Index(path, part)
		if i < 0 {
			return false
		}
		path = path[i+len(part):]
	}
	return !r.anchored || path == ""
}

// normalPath puts a path or query into the one form in which patterns and URLs are compared (RFC 9309 §2.2.2): escapes
// in capitals, unreserved characters unescaped, everything outside ASCII escaped. In a query an escaped ":" or "/" is
// the same as a plain one. A "*" of a pattern is its wild card; any other "*" or "$" is written as an escape.
func normalPath(s string, pattern, query bool) string {
	plain := true
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '%' || c == '*' || c == '$' {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	const digits = "0123456789ABCDEF"
	b := make([]byte, 0, len(s)+8)
	escape := func(c byte) { b = append(b, '%', digits[c>>4], digits[c&15]) }
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			v := unhex(s[i+1])<<4 | unhex(s[i+2])
			if isUnreserved(v) || query && (v == '/' || v == ':') {
				b = append(b, v)
			} else {
				escape(v)
			}
			i += 2
		case c == '*' && pattern:
			b = append(b, c)
		case c <= ' ' || c >= 0x7f || c == '*' || c == '$':
			escape(c)
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// isUnreserved tells the characters that mean the same escaped and not (RFC 3986 §2.3).
func isUnreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
