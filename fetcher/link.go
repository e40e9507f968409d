package fetcher

import (
	"net/url"
	"slices"
	"strings"

	"github.com/feedmill/feedmill"
)

// LinkOf returns the target of the first link with a relation in a page's Link fields (RFC 8288 §3), as an absolute URL,
// or "" where there is none. Relations are told apart without regard to case.
func LinkOf(page *feedmill.Page, rel string) string {
	base, err := url.Parse(page.BaseURL())
	if err != nil {
		return ""
	}
	for name, lines := range page.Header {
		if !strings.EqualFold(name, "Link") {
			continue
		}
		for _, line := range lines {
			for line != "" {
				target, params, rest, ok := cutLink(line)
				if !ok {
					break // what comes after it cannot be told from it
				}
				line = rest
				if !hasRelation(params, rel) {
					continue
				}
				if u, err := base.Parse(target); err == nil && u.Host != "" {
					return u.String()
				}
			}
		}
	}
	return ""
}

// cutLink cuts the first link of a field: its target, its parameters, and the links after it.
func cutLink(s string) (target string, params []string, rest string, ok bool) {
	s = strings.TrimLeft(s, " \t,")
	if !strings.HasPrefix(s, "<") {
		return "", nil, "", false
	}
	target, s, ok = strings.Cut(s[1:], ">")
	if !ok {
		return "", nil, "", false
	}
	start, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case quoted:
		case s[i] == ';':
			params = append(params, s[start:i])
			start = i + 1
		case s[i] == ',':
			return strings.TrimSpace(target), append(params, s[start:i]), s[i+1:], true
		}
	}
	return strings.TrimSpace(target), append(params, s[min(start, len(s)):]), "", true
}

// hasRelation tells whether the first rel of a link's parameters has a relation among its words.
func hasRelation(params []string, rel string) bool {
	for _, p := range params {
		name, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "rel") {
			return slices.ContainsFunc(strings.Fields(strings.Trim(strings.TrimSpace(value), `"`)), func(r string) bool { return strings.EqualFold(r, rel) })
		}
	}
	return false
}
