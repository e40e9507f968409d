package config

import "regexp"

const masked = "xxxxx"

var (
	// urlPassword is the password of user:password@host; an @ inside it is part of it.
	urlPassword = regexp.MustCompile(`^([a-zA-Z][a-zA-Z0-9+.-]*://[^/?#:@]*:)[^/?#]*@`)
	// natsToken is a user without a password before a host: NATS takes it for a token.
	natsToken = regexp.MustCompile(`^((?:nats|tls|wss?)://)[^/?#:@]+@`)
	// namedPassword is password=… of a key-value DSN or of a URL's query, quoted or not.
	namedPassword = regexp.MustCompile(`(?i)((?:password|passwd|pwd|sslpassword|token|secret)\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&']+)`)
)

// maskText hides what must not be shown: passwords in URLs and DSNs, and a key's seed written in place of its file.
func maskText(s string) string {
	if nkeySeed.MatchString(s) {
		return masked
	}
	s = urlPassword.ReplaceAllString(s, "${1}"+masked+"@")
	s = natsToken.ReplaceAllString(s, "${1}"+masked+"@")
	return namedPassword.ReplaceAllString(s, "${1}"+masked)
}
