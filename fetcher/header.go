package fetcher

import (
	"net/http"
	"strings"
	"unicode/utf8"
)

// pageHeader is a response header in the form that a page carries. Pages and validators travel as JSON, which holds no
// bytes but those of UTF-8, while a field may hold any (RFC 9110 §5.5). So that a validator comes back to its server
// byte by byte, ETag and Last-Modified are read as ISO 8859-1, one character a byte; wireValue is the way back. Other
// fields are read so only where they are not UTF-8. What would let a reader of the page act as who asked for it, cookies that
// answer a login and the like, is left out: pages are stored.
func pageHeader(h http.Header) map[string][]string {
	page := make(map[string][]string, len(h))
	for name, values := range h {
		switch name {
		case "Set-Cookie", "Set-Cookie2", "Authentication-Info", "Proxy-Authentication-Info", "Www-Authenticate", "Proxy-Authenticate":
			continue
		}
		opaque := name == "Etag" || name == "Last-Modified"
		texts := make([]string, len(values))
		for i, v := range values {
			if opaque || !utf8.ValidString(v) {
				v = fromLatin1(v)
			}
			texts[i] = v
		}
		page[name] = texts
	}
	return page
}

func fromLatin1(s string) string {
	if isASCII(s) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

// wireValue returns the bytes of a validator as its server sent them. What no server can have sent in this form is left
// as it is.
func wireValue(s string) string {
	if isASCII(s) {
		return s
	}
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return s
		}
		b = append(b, byte(r))
	}
	return string(b)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
