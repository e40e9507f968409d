package fetcher

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

const feedXML = `<rss version="2.0"><channel><title>t</title></channel></rss>`

// local returns a Fetcher that may connect to loopback addresses.
func local(t *testing.T, o Options) *Fetcher {
	t.Helper()
	if o.Allow == nil {
		o.Allow = AllowCIDRs([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
	}
	o.AllowPort = func(netip.Addr, uint16) bool { return true }
	f := New(&o)
	t.Cleanup(f.Close)
	return f
}

// serve starts a server on loopback and returns its base URL.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// raw starts a server that answers every connection's first request with the given bytes and hangs up.
func raw(t *testing.T, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				buf := make([]byte, 4096)
				if _, err := c.Read(buf); err != nil {
					return
				}
				if _, err := io.WriteString(c, answer); err != nil {
					return
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return "http://" + l.Addr().String()
}

// roundTrip is a transport of one function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(r *http.Request, status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Request: r, ContentLength: -1, Body: io.NopCloser(strings.NewReader(body))}
}

func TestFetchFillsThePage(t *testing.T) {
	t.Parallel()
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/feed", http.StatusFound)
			return
		}
		w.Header().Set("Etag", `"1"`)
		w.Header()["Date"] = nil
		w.Header().Set("Content-Type", "text/xml")
		io.WriteString(w, feedXML)
	})
	page, err := local(t, Options{}).Fetch(t.Context(), Request{URL: base + "/old"})
	if err != nil {
		t.Fatal(err)
	}
	if since := time.Since(page.FetchedAt); since < 0 || since > time.Minute {
		t.Errorf("fetched at %v, want now", page.FetchedAt)
	}
	page.FetchedAt = time.Time{}
	want := &feedmill.Page{
		URL: base + "/old", FinalURL: base + "/feed", Status: 200, Body: []byte(feedXML), Addr: strings.TrimPrefix(base, "http://"), Protocol: "HTTP/1.1", Sent: int64(len(feedXML)),
		Header: map[string][]string{
			"Etag": {`"1"`}, "Content-Type": {"text/xml"}, "Content-Length": {fmt.Sprint(len(feedXML))},
		},
		Redirects: []feedmill.Redirect{{URL: base + "/old", Status: 302, To: base + "/feed"}},
	}
	if d := cmp.Diff(want, page); d != "" {
		t.Error(d)
	}
}

func TestEveryStatusGivesAPage(t *testing.T) {
	t.Parallel()
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var status int
		fmt.Sscanf(r.URL.Path, "/%d", &status)
		w.WriteHeader(status)
		if status != 204 {
			io.WriteString(w, "words")
		}
	})
	f := local(t, Options{})
	for _, status := range []int{200, 204, 300, 400, 401, 403, 404, 410, 429, 500, 503} {
		page, err := f.Fetch(t.Context(), Request{URL: fmt.Sprintf("%s/%d", base, status)})
		if err != nil {
			t.Errorf("%d: %v", status, err)
			continue
		}
		if page.Status != status {
			t.Errorf("status %d, want %d", page.Status, status)
		}
	}
}

func TestRequestHeader(t *testing.T) {
	t.Parallel()
	var got http.Header
	f := New(&Options{Contact: "https://example.org/bot", Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		got = r.Header
		return answer(r, 200, "<p>", "Set-Cookie", "a=b", "Content-Type", "text/html"), nil
	})})
	for range 2 { // the second would carry the cookie
		if _, err := f.Fetch(t.Context(), Request{URL: "http://example.org/", Kind: KindArticle}); err != nil {
			t.Fatal(err)
		}
	}
	want := http.Header{
		"User-Agent":      {"feedmill/" + version() + " (+https://example.org/bot)"},
		"Accept":          {"text/html, application/xhtml+xml, */*;q=0.1"},
		"Accept-Encoding": {"gzip, br, zstd, deflate"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	f.opts.UserAgent = printable("mine/1\r\nCookie: a")
	if _, err := f.Fetch(t.Context(), Request{URL: "http://example.org/"}); err != nil {
		t.Fatal(err)
	}
	if got.Get("User-Agent") != "mine/1Cookie: a" {
		t.Errorf("user agent %q", got.Get("User-Agent"))
	}
	if !strings.Contains(got.Get("Accept"), "application/rss+xml") {
		t.Errorf("accept of a feed: %q", got.Get("Accept"))
	}
}

// On the wire nothing is added to the header either.
func TestRequestOnTheWire(t *testing.T) {
	t.Parallel()
	var got []string
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for name := range r.Header {
			got = append(got, name)
		}
		io.WriteString(w, feedXML)
	})
	if _, err := local(t, Options{}).Fetch(t.Context(), Request{URL: base}); err != nil {
		t.Fatal(err)
	}
	for _, name := range got {
		switch name {
		case "User-Agent", "Accept", "Accept-Encoding":
		default:
			t.Errorf("header %s was sent", name)
		}
	}
}

func TestURLIsAskedAsGiven(t *testing.T) {
	t.Parallel()
	var got string
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.RequestURI
		io.WriteString(w, feedXML)
	})
	f := local(t, Options{})
	for given, want := range map[string]string{
		"":                          "/",
		"?q":                        "/?q",
		"/feed":                     "/feed",
		"/feed?":                    "/feed?",
		"/feed?a=b&&a=c;d=%2f%2F+e": "/feed?a=b&&a=c;d=%2f%2F+e",
		"/a//b/../c/./d/":           "/a//b/../c/./d/",
		"//a":                       "//a",
		"/a%2fb|c%7Cd":              "/a%2fb|c%7Cd",
		"/a[1]'(2)!*;x=,":           "/a[1]'(2)!*;x=,",
		"/{id}\"<>^`":               "/{id}\"<>^`",
		"/뉴스?q=뉴스 1":                "/%EB%89%B4%EC%8A%A4?q=%EB%89%B4%EC%8A%A4%201",
		"/a b":                      "/a%20b",
		"/a#fragment":               "/a",
		"/a?b=http://c@d/?e":        "/a?b=http://c@d/?e",
		"/a@b":                      "/a@b",
	} {
		page, err := f.Fetch(t.Context(), Request{URL: base + given})
		if err != nil {
			t.Errorf("%q: %v", given, err)
			continue
		}
		if got != want {
			t.Errorf("%q was asked as %q, want %q", given, got, want)
		}
		wantFinal, _, _ := strings.Cut(base+given, "#")
		if page.FinalURL != wantFinal {
			t.Errorf("final url %q, want %q", page.FinalURL, wantFinal)
		}
	}
}

// Broken escapes are the server's to make sense of.
func TestBrokenEscapesAreAskedAsGiven(t *testing.T) {
	t.Parallel()
	var got string
	f := New(&Options{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		got = r.URL.RequestURI()
		return answer(r, 200, feedXML), nil
	})})
	for _, path := range []string{"/%41%zz/100%", "/%", "/a?%zz=%"} {
		if _, err := f.Fetch(t.Context(), Request{URL: "http://example.org" + path}); err != nil || got != path {
			t.Errorf("%s was asked as %s, error %v", path, got, err)
		}
	}
}

func TestRefusedURLs(t *testing.T) {
	t.Parallel()
	f := New(&Options{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		t.Errorf("%s was asked", r.URL)
		return nil, errors.New("no")
	})})
	for _, u := range []string{
		"", "feed", "/feed", "//example.org/feed", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/",
		"feed://example.org/", "javascript:alert(1)", "http://", "http:///feed", "http://:80/", "http://a b/", "http://[::1",
		"http://example.org:port/", "http://[fe80::1%25eth0]/", "http://[::ffff:8.8.8.8]/", "http://[::ffff:7f00:1]/",
		"http://exa\x00mple.org/", "http://example.org/" + strings.Repeat("a", maxURLBytes),
	} {
		_, err := f.Fetch(t.Context(), Request{URL: u})
		if !feedmill.IsPermanent(err) || Class(err) != ClassRefused {
			t.Errorf("%.40q: %v, want a refusal", u, err)
		}
	}
	_, err := f.Fetch(t.Context(), Request{URL: "ftp://me:secret@example.org/"})
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("the error tells the password: %v", err)
	}
}

func TestConditionalRequests(t *testing.T) {
	t.Parallel()
	const etag, modified = `W/"a,b; \x'"`, "Saturday, 31-Nov-94 25:00:00 XYZ"
	ask := func(v feedmill.Validators, target string) (sent [][2]string, page *feedmill.Page, err error) {
		f := New(&Options{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			sent = append(sent, [2]string{r.Header.Get("If-None-Match"), r.Header.Get("If-Modified-Since")})
			switch {
			case r.URL.Path == "/moved":
				return answer(r, 302, "", "Location", "/feed"), nil
			case len(r.Header["If-None-Match"])+len(r.Header["If-Modified-Since"]) > 0:
				return answer(r, 304, ""), nil
			}
			return answer(r, 200, feedXML, "ETag", etag, "Last-Modified", modified), nil
		})})
		page, err = f.Fetch(t.Context(), Request{URL: "http://example.org" + target, Validators: v})
		return sent, page, err
	}
	none, both := [2]string{}, [2]string{etag, modified}
	of := func(path string) feedmill.Validators {
		return feedmill.Validators{URL: "http://example.org" + path, ETag: etag, LastModified: modified}
	}
	tests := []struct {
		name   string
		v      feedmill.Validators
		target string
		sent   [][2]string
		status int
	}{
		{"none known", feedmill.Validators{}, "/feed", [][2]string{none}, 200},
		{"echoed exactly", of("/feed"), "/feed", [][2]string{both}, 304},
		{"etag alone", feedmill.Validators{URL: "http://example.org/feed", ETag: etag}, "/feed", [][2]string{{etag, ""}}, 304},
		{"last-modified alone", feedmill.Validators{URL: "http://example.org/feed", LastModified: modified}, "/feed", [][2]string{{"", modified}}, 304},
		{"of another url", of("/other"), "/feed", [][2]string{none}, 200},
		{"of another host", feedmill.Validators{URL: "http://www.example.org/feed", ETag: etag}, "/feed", [][2]string{none}, 200},
		{"of no url", feedmill.Validators{ETag: etag, LastModified: modified}, "/feed", [][2]string{none}, 200},
		{"dropped at a redirect", of("/moved"), "/moved", [][2]string{both, none}, 200},
		{"kept for the target of a redirect", of("/feed"), "/moved", [][2]string{none, both}, 304},
		{"what no header can hold", feedmill.Validators{URL: "http://example.org/feed", ETag: "a\x01b"}, "/feed", [][2]string{none}, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sent, page, err := ask(tt.v, tt.target)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.sent, sent); d != "" {
				t.Error(d)
			}
			if page.Status != tt.status {
				t.Errorf("status %d, want %d", page.Status, tt.status)
			}
		})
	}
}

func TestValidatorsSurviveTheWire(t *testing.T) {
	t.Parallel()
	const etag = "W/\"\xfc\xb9 'x' \\\""
	var sent []string
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		sent = r.Header["If-None-Match"]
		w.Header().Set("ETag", etag)
		if len(sent) > 0 {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		io.WriteString(w, feedXML)
	})
	f := local(t, Options{})
	first, err := f.Fetch(t.Context(), Request{URL: base + "/f"})
	if err != nil {
		t.Fatal(err)
	}
	second, err := f.Fetch(t.Context(), Request{URL: base + "/f", Validators: ValidatorsOf(first)})
	if err != nil {
		t.Fatal(err)
	}
	if second.Status != 304 || len(sent) != 1 || sent[0] != etag {
		t.Errorf("status %d, sent %q, want 304 and %q", second.Status, sent, etag)
	}
}

func TestUnasked304IsAnError(t *testing.T) {
	t.Parallel()
	f := New(&Options{Transport: roundTrip(func(r *http.Request) (*http.Response, error) { return answer(r, 304, ""), nil })})
	if _, err := f.Fetch(t.Context(), Request{URL: "http://example.org/"}); Class(err) != ClassProtocol {
		t.Errorf("error %v, want one of class protocol", err)
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	web := map[string][2]string{ // URL: status, location
		"http://a.example/rel":       {"301", "sub/../feed?x#frag"},
		"http://a.example/abs":       {"308", "https://b.example/feed"},
		"http://a.example/scheme":    {"307", "//b.example/f%2fg|h"},
		"http://a.example/root":      {"303", "/a%2fb|c"},
		"http://a.example/space":     {"302", " /with space "},
		"http://a.example/query":     {"302", "?page=2"},
		"http://a.example/userinfo":  {"302", "http://me:pw@b.example/"},
		"http://a.example/loop":      {"302", "/loop2"},
		"http://a.example/loop2":     {"302", "/loop"},
		"http://a.example/self":      {"301", "http://a.example/self"},
		"http://a.example/ftp":       {"302", "ftp://b.example/"},
		"http://a.example/bad":       {"302", "http://[b/"},
		"http://a.example/mapped":    {"302", "http://[::ffff:127.0.0.1]/"},
		"http://a.example/file":      {"302", "file:///etc/passwd"},
		"http://a.example/colon":     {"302", "./a:b"},
		"http://a.example/several":   {"300", "/feed"},
		"http://a.example/nowhere":   {"302", ""},
		"http://a.example/d/e/chain": {"301", "../chain2"},
		"http://a.example/d/chain2":  {"302", "/chain3"},
		"http://a.example/chain3":    {"308", "/feed"},
	}
	f := New(&Options{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("Authorization") != "" || r.Header.Get("Referer") != "" {
			t.Errorf("%s was sent %v", r.URL, r.Header)
		}
		if hop, ok := web[r.URL.String()]; ok {
			var status int
			fmt.Sscan(hop[0], &status)
			if hop[1] == "" {
				return answer(r, status, ""), nil
			}
			return answer(r, status, "", "Location", hop[1]), nil
		}
		return answer(r, 200, feedXML), nil
	})})
	tests := []struct{ path, final, permanent, class string }{
		{"/rel", "http://a.example/feed?x", "http://a.example/feed?x", ""},
		{"/abs", "https://b.example/feed", "https://b.example/feed", ""},
		{"/scheme", "http://b.example/f%2fg|h", "", ""},
		{"/root", "http://a.example/a%2fb|c", "", ""},
		{"/space", "http://a.example/with%20space", "", ""},
		{"/query", "http://a.example/query?page=2", "", ""},
		{"/userinfo", "http://b.example/", "", ""},
		{"/colon", "http://a.example/a:b", "", ""},
		{"/several", "http://a.example/several", "", ""},
		{"/nowhere", "http://a.example/nowhere", "", ""},
		{"/d/e/chain", "http://a.example/feed", "", ""},
		{"/loop", "", "", ClassRedirect},
		{"/self", "", "", ClassRedirect},
		{"/ftp", "", "", ClassRefused},
		{"/bad", "", "", ClassRefused},
		{"/mapped", "", "", ClassRefused},
		{"/file", "", "", ClassRefused},
	}
	for _, tt := range tests {
		page, err := f.Fetch(t.Context(), Request{URL: "http://a.example" + tt.path})
		if Class(err) != tt.class {
			t.Errorf("%s: error %v, want class %q", tt.path, err, tt.class)
			continue
		}
		if err != nil {
			continue
		}
		if page.FinalURL != tt.final {
			t.Errorf("%s: final %q, want %q", tt.path, page.FinalURL, tt.final)
		}
		if got := PermanentTarget(page); got != tt.permanent {
			t.Errorf("%s: permanent target %q, want %q", tt.path, got, tt.permanent)
		}
	}
}

func TestRedirectLimit(t *testing.T) {
	t.Parallel()
	chain := roundTrip(func(r *http.Request) (*http.Response, error) {
		var n int
		fmt.Sscanf(r.URL.Path, "/%d", &n)
		if n == 0 {
			return answer(r, 200, feedXML), nil
		}
		return answer(r, 301, "", "Location", fmt.Sprintf("/%d", n-1)), nil
	})
	for _, tt := range []struct {
		limit, hops int
		class       string
	}{
		{0, 10, ""}, {0, 11, ClassRedirect}, {3, 3, ""}, {3, 4, ClassRedirect}, {-1, 0, ""}, {-1, 1, ClassRedirect},
	} {
		f := New(&Options{MaxRedirects: tt.limit, Transport: chain})
		_, err := f.Fetch(t.Context(), Request{URL: fmt.Sprintf("http://example.org/%d", tt.hops)})
		if Class(err) != tt.class {
			t.Errorf("limit %d, %d hops: %v, want class %q", tt.limit, tt.hops, err, tt.class)
		}
	}
}

func TestUserInformation(t *testing.T) {
	t.Parallel()
	var got []string
	f := New(&Options{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		user, pw, _ := r.BasicAuth()
		got = append(got, r.URL.String()+" "+user+" "+pw)
		if r.URL.Path == "/moved" {
			return answer(r, 302, "", "Location", "/feed"), nil
		}
		return answer(r, 200, "<p>x", "ETag", "1", "Content-Type", "text/html"), nil
	})})
	for _, r := range []Request{
		{URL: "http://me:p%40w@example.org/feed"},
		{URL: "http://me:pw@example.org/moved"},
		{URL: "http://me:pw@example.org/page", Kind: KindArticle},
		{URL: "http://example.com@evil.example/"},
	} {
		page, err := f.Fetch(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(page.FinalURL, "@") {
			t.Errorf("final url %q holds user information", page.FinalURL)
		}
	}
	want := []string{
		"http://example.org/feed me p@w",
		"http://example.org/moved me pw", "http://example.org/feed  ",
		"http://example.org/page  ",
		"http://evil.example/ example.com ",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind        Kind
		contentType string
		body        string
		ok          bool
	}{
		{KindArticle, "text/html; charset=euc-kr", "<p>", true},
		{KindArticle, "TEXT/HTML", "<p>", true},
		{KindArticle, "application/xhtml+xml", "<p>", true},
		{KindArticle, "text/plain", "words", true},
		{KindArticle, "", "<html>", true},
		{KindArticle, "application/octet-stream", "<html>", true},
		{KindArticle, "html", "<html>", true},
		{KindArticle, "", "\x89PNG\r\n\x1a\n\x00\x00", false},
		{KindArticle, "application/octet-stream", "%PDF-1.4 \x00\x01", false},
		{KindArticle, "application/pdf", "%PDF", false},
		{KindArticle, "image/png", "x", false},
		{KindArticle, "video/mp4", "x", false},
		{KindArticle, "application/zip", "x", false},
		{KindArticle, "application/json", "{}", false},
		{KindFeed, "text/html", feedXML, true},
		{KindFeed, "application/octet-stream", feedXML, true},
		{KindFeed, "application/json", "{}", true},
		{KindFeed, "", feedXML, true},
		{KindFeed, "audio/mpeg", "x", false},
		{KindFeed, "image/gif", "x", false},
	}
	for _, tt := range tests {
		f := New(&Options{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if tt.contentType == "" {
				return answer(r, 200, tt.body), nil
			}
			return answer(r, 200, tt.body, "Content-Type", tt.contentType), nil
		})})
		_, err := f.Fetch(t.Context(), Request{URL: "http://example.org/", Kind: tt.kind})
		if (err == nil) != tt.ok {
			t.Errorf("%s as %q: %v, want ok %t", tt.kind, tt.contentType, err, tt.ok)
		}
		if err != nil && (Class(err) != ClassType || feedmill.IsPermanent(err) != (tt.kind == KindArticle)) {
			t.Errorf("%s as %q: class %q, permanent %t", tt.kind, tt.contentType, Class(err), feedmill.IsPermanent(err))
		}
	}
}

func TestHeaderFlood(t *testing.T) {
	t.Parallel()
	flood := "HTTP/1.1 200 OK\r\n" + strings.Repeat("X-Flood: "+strings.Repeat("x", 1000)+"\r\n", 100) + "\r\n"
	for name, head := range map[string]string{
		"many fields":    flood,
		"one long field": "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 100_000) + "\r\n\r\n",
		"endless line":   "HTTP/1.1 200 " + strings.Repeat("x", 100_000),
		"interim floods": strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n", 5000) + "HTTP/1.1 200 OK\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := local(t, Options{MaxHeaderBytes: 16 << 10}).Fetch(t.Context(), Request{URL: raw(t, head)})
			if c := Class(err); c != ClassProtocol && c != ClassConnect {
				t.Errorf("%v (class %q), want an error of the protocol", err, c)
			}
		})
	}
}

func TestNoUsableAnswer(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	tlsServer := httptest.NewUnstartedServer(http.NotFoundHandler())
	tlsServer.Config.ErrorLog = quiet()
	tlsServer.StartTLS()
	t.Cleanup(tlsServer.Close)
	oldTLS := httptest.NewUnstartedServer(http.NotFoundHandler())
	oldTLS.Config.ErrorLog = quiet()
	oldTLS.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	oldTLS.StartTLS()
	t.Cleanup(oldTLS.Close)
	for name, tt := range map[string]struct{ url, class string }{
		"tls too old":         {oldTLS.URL, ClassTLS},
		"nobody listens":      {"http://" + closed.Addr().String(), ClassConnect},
		"hangs up":            {raw(t, ""), ClassConnect},
		"not http":            {raw(t, "SSH-2.0-OpenSSH_9.6\r\n"), ClassProtocol},
		"unknown certificate": {tlsServer.URL, ClassTLS},
		"no tls":              {strings.Replace(raw(t, "HTTP/1.1 400 Bad Request\r\n\r\n"), "http:", "https:", 1), ClassTLS},
		"truncated":           {raw(t, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<rss>"), ClassTruncated},
		"truncated chunks":    {raw(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n"), ClassTruncated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, err := local(t, Options{}).Fetch(t.Context(), Request{URL: tt.url, Kind: KindArticle})
			if Class(err) != tt.class || page != nil {
				t.Errorf("%v (class %q), page %v, want class %q and no page", err, Class(err), page, tt.class)
			}
			if feedmill.IsPermanent(err) {
				t.Error("the error is permanent")
			}
		})
	}
	dns := New(&Options{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}}
	})})
	if _, err := dns.Fetch(t.Context(), Request{URL: "http://x.example/"}); Class(err) != ClassDNS {
		t.Errorf("class %q, want dns", Class(err))
	}
}

// TestTruncatedFeed: what came of a feed is worth having, but no mark of it is kept.
func TestTruncatedFeed(t *testing.T) {
	t.Parallel()
	var coded bytes.Buffer
	z := gzip.NewWriter(&coded)
	if _, err := io.WriteString(z, "<rss>"); err != nil {
		t.Fatal(err)
	}
	if err := z.Flush(); err != nil {
		t.Fatal(err)
	}
	for name, answer := range map[string]string{
		"gzip":   "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Encoding: gzip\r\nContent-Length: 1000\r\n\r\n" + coded.String(),
		"length": "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 1000\r\n\r\n<rss>",
		"chunks": "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, err := local(t, Options{}).Fetch(t.Context(), Request{URL: raw(t, answer)})
			if err != nil || !page.Truncated || string(page.Body) != "<rss>" {
				t.Fatalf("page %+v, error %v, want what came", page, err)
			}
			if v := ValidatorsOf(page); v != (feedmill.Validators{}) {
				t.Errorf("validators %+v of half an answer", v)
			}
		})
	}
}

// An error answer is known by its status, whatever becomes of its body.
func TestTruncatedErrorAnswer(t *testing.T) {
	t.Parallel()
	base := raw(t, "HTTP/1.1 500 Oops\r\nContent-Length: 1000\r\nContent-Encoding: gzip\r\n\r\nsorry")
	page, err := local(t, Options{}).Fetch(t.Context(), Request{URL: base})
	if err != nil || page.Status != 500 {
		t.Errorf("page %v, error %v, want status 500", page, err)
	}
}

func TestHeaderTimeout(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	base := serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	_, err := local(t, Options{HeaderTimeout: 20 * time.Millisecond}).Fetch(t.Context(), Request{URL: base})
	if Class(err) != ClassTimeout {
		t.Errorf("%v (class %q), want a timeout", err, Class(err))
	}
}

func TestSilentServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(&Options{Timeout: 7 * time.Second, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})})
		start := time.Now()
		_, err := f.Fetch(t.Context(), Request{URL: "http://example.org/"})
		if Class(err) != ClassTimeout || time.Since(start) != 7*time.Second {
			t.Errorf("%v (class %q) after %s, want a timeout after 7s", err, Class(err), time.Since(start))
		}
		if errors.Is(err, context.DeadlineExceeded) {
			t.Error("the error looks like the caller's own deadline")
		}
	})
}

// The time limit is for the chain of redirects, not for each.
func TestTimeoutSpansRedirects(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		f := New(&Options{Timeout: 10 * time.Second, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			n++
			select {
			case <-r.Context().Done():
				return nil, r.Context().Err()
			case <-time.After(4 * time.Second):
				return answer(r, 302, "", "Location", fmt.Sprintf("/%d", n)), nil
			}
		})})
		start := time.Now()
		_, err := f.Fetch(t.Context(), Request{URL: "http://example.org/"})
		if Class(err) != ClassTimeout || time.Since(start) != 10*time.Second {
			t.Errorf("%v after %s, want a timeout after 10s", err, time.Since(start))
		}
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(&Options{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := f.Fetch(ctx, Request{URL: "http://example.org/", Robots: true})
		if !errors.Is(err, context.Canceled) || Class(err) != ClassCanceled {
			t.Errorf("%v (class %q), want the caller's own end", err, Class(err))
		}
	})
}

func TestHTTP2(t *testing.T) {
	t.Parallel()
	var proto int
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proto = r.ProtoMajor
		if r.RequestURI == "/flood" {
			for i := range 100 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 1000))
			}
		}
		io.WriteString(w, r.RequestURI)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	f := local(t, Options{RootCAs: pool, MaxHeaderBytes: 16 << 10})
	page, err := f.Fetch(t.Context(), Request{URL: s.URL + "/a%2fb|c?d"})
	if err != nil {
		t.Fatal(err)
	}
	if proto != 2 || string(page.Body) != "/a%2fb|c?d" || page.Addr == "" {
		t.Errorf("HTTP/%d, asked %s, address %q", proto, page.Body, page.Addr)
	}
	if _, err := f.Fetch(t.Context(), Request{URL: s.URL + "/flood"}); err == nil {
		t.Error("a header over the limit was taken")
	}
}
