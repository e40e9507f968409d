package parser

import "strings"

// isClean tells a fragment that the article policy gives back as it is, byte for byte: one that is made of elements that
// may stay and have no attributes, of links and pictures with plain web URLs, and of text, all written as the sanitizer
// writes them. That is what most bodies are; what this does not know may be clean all the same.
func isClean(fragment string) bool {
	for i := 0; i < len(fragment); {
		switch c := fragment[i]; c {
		case '<':
			n := cleanTag(fragment[i:])
			if n == 0 {
				return false
			}
			i += n
		case '&':
			n := escapeLength(fragment[i:])
			if n == 0 {
				return false
			}
			i += n
		case '>', '"', '\'', '\r', 0:
			return false
		default:
			for i++; i < len(fragment) && isPlainByte[fragment[i]]; i++ {
			}
		}
	}
	return true
}

// isPlainByte tells the bytes of text that are written as they are.
var isPlainByte = func() (plain [256]bool) {
	for c := range plain {
		plain[c] = !strings.ContainsRune("<>&\"'\r\x00", rune(c))
	}
	return plain
}()

// escapes are what the sanitizer writes for signs that markup is made of.
var escapes = [...]string{"&amp;", "&#34;", "&#39;", "&lt;", "&gt;"}

// escapeLength is the length of the escape that s begins with, 0 where it begins with none.
func escapeLength(s string) int {
	for _, e := range escapes {
		if strings.HasPrefix(s, e) {
			return len(e)
		}
	}
	return 0
}

// cleanTag is the length of the tag that s begins with, 0 where it is none that stays.
func cleanTag(s string) int {
	switch {
	case strings.HasPrefix(s, `<a href="`):
		n := cleanURL(s[len(`<a href="`):])
		if n == 0 {
			return 0
		}
		n += len(`<a href="`)
		if !strings.HasPrefix(s[n:], `">`) {
			return 0
		}
		return n + len(`">`)
	case strings.HasPrefix(s, `<img src="`):
		n := cleanURL(s[len(`<img src="`):])
		if n == 0 {
			return 0
		}
		n += len(`<img src="`)
		if !strings.HasPrefix(s[n:], `" alt="`) {
			return 0
		}
		n += len(`" alt="`)
		end := strings.IndexByte(s[n:], '"')
		if end < 0 || !isCleanValue(s[n:n+end]) {
			return 0
		}
		n += end + 1
		for _, name := range [...]string{` width="`, ` height="`} {
			if rest, ok := strings.CutPrefix(s[n:], name); ok {
				digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
				if digits == 0 || digits > 6 || !strings.HasPrefix(rest[digits:], `"`) {
					return 0
				}
				n += len(name) + digits + 1
			}
		}
		if !strings.HasPrefix(s[n:], ">") {
			return 0
		}
		return n + 1
	}
	end := strings.IndexByte(s[:min(len(s), 16)], '>')
	if end < 0 {
		return 0
	}
	switch strings.TrimPrefix(s[1:end], "/") {
	case "p", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "ul", "ol", "li", "table", "tr", "td", "figure", "figcaption", "small",
		"strong", "em", "code", "sub", "sup", "s", "del", "ins", "mark", "q", "cite":
		return end + 1
	case "a":
		if s[1] == '/' {
			return end + 1
		}
	case "br":
		if s[1] != '/' {
			return end + 1
		}
	}
	return 0
}

// isCleanValue tells the value of an attribute that is written as the sanitizer writes it.
func isCleanValue(s string) bool {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '&':
			n := escapeLength(s[i:])
			if n == 0 {
				return false
			}
			i += n - 1
		case '<', '>', '"', '\'', '\r', 0:
			return false
		}
	}
	return true
}

// cleanURL is the length of the http or https URL that s begins with, up to the quote that ends it: one of a host name and
// what a path and a query may hold, which reading and writing it as a URL does not change (RFC 3986). 0 where it is another.
func cleanURL(s string) int {
	rest, ok := strings.CutPrefix(s, "http")
	rest, ok2 := strings.CutPrefix(strings.TrimPrefix(rest, "s"), "://")
	if !ok || !ok2 {
		return 0
	}
	at := len(s) - len(rest)
	host := at
	for host < len(s) && (isWordByte(s[host]) || s[host] == '.' || s[host] == '-') {
		host++
	}
	if host == at || host < len(s) && strings.IndexByte(`/?"`, s[host]) < 0 {
		return 0
	}
	for i := host; i < len(s); i++ {
		switch c := s[i]; {
		case isWordByte(c):
		case c == '"':
			return i
		case c == '%':
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return 0
			}
		case c == '&':
			if !strings.HasPrefix(s[i:], "&amp;") {
				return 0
			}
		case strings.IndexByte("/-_.~!$()*+,;=:@?", c) < 0:
			return 0
		}
	}
	return 0
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }
