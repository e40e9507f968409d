package fetcher

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzParseTarget holds what every URL that may be asked must keep to, whatever a feed or a Location says.
func FuzzParseTarget(f *testing.F) {
	for _, s := range []string{
		"http://example.org/", "HTTP://EXAMPLE.org:80?a=%zz#b", "https://a@b:c@[2001:db8::1]:443/ü |%2f", "http://a//b?\x00 \xff",
		"http://a\\@b/", "http://a%00b/", "http://[::1%25eth0]/", "javascript://a/%0aalert(1)", "http:/a", "http://뉴스.example/뉴스",
	} {
		f.Add(s, "../b?c#d")
	}
	f.Add("http://a.example/b", "//x@c.example:8080/%2f|")
	f.Add("http://a.example/b", "HTTPS:\\\\c.example")
	f.Add("http://a.example/b%", "c:d\xff")
	f.Fuzz(func(t *testing.T, raw, location string) {
		HostKey(raw) // of any text, in bounded time
		from, err := parseTarget(raw)
		if err != nil {
			if Class(err) != ClassRefused {
				t.Errorf("class %q", Class(err))
			}
			return
		}
		checkTarget(t, from)
		to, err := from.redirect(location)
		if err != nil {
			if c := Class(err); c != ClassRefused && c != ClassRedirect {
				t.Errorf("class %q", c)
			}
			return
		}
		checkTarget(t, to)
		if to.user != nil {
			t.Error("a redirect gives out credentials")
		}
		if !utf8.ValidString(to.raw) {
			t.Errorf("%q is not text", to.raw)
		}
	})
}

func checkTarget(t *testing.T, got *target) {
	t.Helper()
	uri := got.url.RequestURI()
	if uri != got.path {
		t.Errorf("%q: net/http asks for %q, robots.txt for %q", got.raw, uri, got.path)
	}
	if !strings.HasPrefix(uri, "/") || strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		t.Errorf("%q: request line of %q", got.raw, uri)
	}
	if s := got.url.Scheme; s != "http" && s != "https" {
		t.Errorf("scheme %q", s)
	}
	if strings.Contains(got.raw, "#") {
		t.Errorf("%q has a fragment", got.raw)
	}
	again, err := parseTarget(got.raw)
	if err != nil || again.raw != got.raw || again.path != got.path || again.url.Host != got.url.Host {
		t.Errorf("%q is read again as %+v, %v", got.raw, again, err)
	}
	// net/url, where it takes the URL, goes to the same host in the form of DNS.
	if u, err := url.Parse(got.raw); err == nil && checkHost(u) == nil && u.Host != got.url.Host {
		t.Errorf("%q leads to %q, net/url says %q", got.raw, got.url.Host, u.Host)
	}
}
