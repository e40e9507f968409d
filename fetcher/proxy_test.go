package fetcher

import (
	"context"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
)

// testProxy passes requests and tunnels on to one server, whatever name they are for, and remembers what it was asked.
type testProxy struct {
	url    string
	to     string // host:port of the server
	status int    // answered in the place of the server, if not 0

	mu    sync.Mutex
	asked []string
	auth  []string
}

func newTestProxy(t *testing.T, server string) *testProxy {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	p := &testProxy{to: u.Host}
	p.url = serve(t, p.handle)
	return p
}

func (p *testProxy) handle(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.RequestURI)
	p.auth = append(p.auth, r.Header.Get("Proxy-Authorization"))
	p.mu.Unlock()
	if p.status != 0 {
		w.WriteHeader(p.status)
		return
	}
	there, err := net.Dial("tcp", p.to)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer there.Close()
	if r.Method != http.MethodConnect {
		resp, err := (&http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return there, nil }, DisableKeepAlives: true}).RoundTrip(r)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body)
		return
	}
	here, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer here.Close()
	_, _ = io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
	splice(here, buffered, there)
}

// splice carries bytes both ways until one side ends.
func splice(here net.Conn, from io.Reader, there net.Conn) {
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _ = io.Copy(there, from)
		there.Close()
	})
	_, _ = io.Copy(here, there)
	here.Close()
	wg.Wait()
}

func (p *testProxy) log() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

// unresolved gives a Fetcher's proxies names that have no address here.
func unresolved(f *Fetcher) *Fetcher {
	f.proxies.lookup = func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("no such host") }
	return f
}

func TestProxy(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, feedXML+r.Host) })
	proxy := newTestProxy(t, server)
	// The guard lets nothing pass but public addresses; the proxy is on loopback, and is asked all the same.
	f := New(&Options{Proxy: strings.Replace(proxy.url, "http://", "http://jan:secret@", 1)})
	t.Cleanup(f.Close)
	page, err := unresolved(f).Fetch(t.Context(), Request{URL: "http://feeds.example.com/a?b=c"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(page.Body), feedXML+"feeds.example.com"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if page.Addr != "" {
		t.Errorf("the page has the address %s, which is the proxy's", page.Addr)
	}
	if got := proxy.log(); !slices.Equal(got, []string{"GET http://feeds.example.com/a?b=c"}) {
		t.Errorf("the proxy was asked %q", got)
	}
	if proxy.auth[0] != "Basic amFuOnNlY3JldA==" {
		t.Errorf("the proxy was told %q", proxy.auth[0])
	}
}

func TestProxyTunnel(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, feedXML) }))
	t.Cleanup(server.Close)
	proxy := newTestProxy(t, server.URL)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	f := New(&Options{Proxy: proxy.url, RootCAs: roots})
	t.Cleanup(f.Close)
	if _, err := unresolved(f).Fetch(t.Context(), Request{URL: "https://example.com/feed"}); err != nil {
		t.Fatal(err)
	}
	if got := proxy.log(); !slices.Equal(got, []string{"CONNECT example.com:443"}) {
		t.Errorf("the proxy was asked %q", got)
	}
}

func TestProxyRefusesTheTunnel(t *testing.T) {
	t.Parallel()
	proxy := newTestProxy(t, "http://127.0.0.1:1")
	proxy.status = http.StatusProxyAuthRequired
	f := New(&Options{Proxy: strings.Replace(proxy.url, "http://", "http://jan:hunter2@", 1)})
	t.Cleanup(f.Close)
	_, err := unresolved(f).Fetch(t.Context(), Request{URL: "https://example.com/feed"})
	if err == nil || Class(err) != ClassConnect || !strings.Contains(err.Error(), "407") {
		t.Errorf("%v, want an error of class connect that says 407", err)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error holds the password: %v", err)
	}
}

func TestProxySOCKS(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, feedXML) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	asked := make(chan string, 1)
	wg.Go(func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		// RFC 1928: greeting, then a request for a name.
		head := make([]byte, 2)
		_, _ = io.ReadFull(c, head)
		_, _ = io.ReadFull(c, make([]byte, head[1]))
		_, _ = c.Write([]byte{5, 0})
		head = make([]byte, 5)
		_, _ = io.ReadFull(c, head)
		name := make([]byte, int(head[4])+2)
		_, _ = io.ReadFull(c, name)
		asked <- string(name[:head[4]])
		if binary.BigEndian.Uint16(name[head[4]:]) != 80 {
			return
		}
		_, _ = c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		there, err := net.Dial("tcp", strings.TrimPrefix(server, "http://"))
		if err != nil {
			return
		}
		splice(c, c, there)
	})
	f := New(&Options{Proxy: "socks5://" + l.Addr().String()})
	t.Cleanup(func() { f.Close(); l.Close(); wg.Wait() })
	if _, err := unresolved(f).Fetch(t.Context(), Request{URL: "http://example.com/feed"}); err != nil {
		t.Fatal(err)
	}
	if got := <-asked; got != "example.com" {
		t.Errorf("asked for %q", got)
	}
}

// What is known here of a target is judged before the proxy is asked.
func TestGuardBehindAProxy(t *testing.T) {
	t.Parallel()
	proxy := newTestProxy(t, "http://127.0.0.1:1")
	f := New(&Options{Proxy: proxy.url})
	t.Cleanup(f.Close)
	f.proxies.lookup = func(_ context.Context, host string) ([]netip.Addr, error) {
		if host == "inside.example.com" {
			return []netip.Addr{netip.MustParseAddr("93.184.216.34"), netip.MustParseAddr("::ffff:10.0.0.7")}, nil
		}
		return nil, errors.New("no such host")
	}
	for _, u := range []string{
		"http://10.0.0.1/", "http://169.254.169.254/latest", "http://[::1]/", "http://localhost/", "https://a.localhost./",
		"http://inside.example.com/", "http://example.com:22/", "http://2130706433.example.com:8080/", proxy.url,
		"http://１６９.254.169.254/latest", "https://１６９.254.169.254/", "http://127。0。0。1/", "http://2130706433/", "http://0x7f.1/", "http://127.0.0.1./",
	} {
		if _, err := f.Fetch(t.Context(), Request{URL: u}); Class(err) != ClassRefused || !feedmill.IsPermanent(err) {
			t.Errorf("%s: %v, want a refusal", u, err)
		}
	}
	if got := proxy.log(); len(got) > 0 {
		t.Errorf("the proxy was asked %q", got)
	}
}

// Not parallel: it sets the environment.
func TestProxyOfTheEnvironment(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, feedXML) })
	proxy := newTestProxy(t, server)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY"} {
		t.Setenv(name, proxy.url)
	}
	t.Setenv("NO_PROXY", "direct.example.com")
	f := New(&Options{Proxy: ProxyEnvironment, ConnectTimeout: 5 * time.Second})
	t.Cleanup(f.Close)
	if _, err := unresolved(f).Fetch(t.Context(), Request{URL: "http://example.com/feed"}); err != nil {
		t.Fatal(err)
	}
	if f.proxies.by(&url.URL{Scheme: "http", Host: "direct.example.com"}) {
		t.Error("NO_PROXY is not kept to")
	}
	// A URL that is asked directly is not the way round the guard to the proxy's own address.
	t.Setenv("NO_PROXY", "*")
	f = New(&Options{Proxy: ProxyEnvironment})
	t.Cleanup(f.Close)
	f.proxies.at[strings.TrimPrefix(proxy.url, "http://")] = true
	if _, err := f.Fetch(t.Context(), Request{URL: proxy.url}); Class(err) != ClassRefused {
		t.Errorf("%v, want a refusal", err)
	}
	if got := proxy.log(); len(got) != 1 {
		t.Errorf("the proxy was asked %q", got)
	}
}

func TestEnvironmentWithoutAProxy(t *testing.T) {
	for _, test := range []struct{ http, https, want string }{
		{"", "", "neither HTTP_PROXY nor HTTPS_PROXY"}, {"http://u:hunter2@[::1", "", "HTTP_PROXY cannot be used"}, {"", "ftp://p", "HTTPS_PROXY cannot be used"},
	} {
		for _, name := range []string{"http_proxy", "https_proxy"} {
			t.Setenv(name, "")
		}
		t.Setenv("HTTP_PROXY", test.http)
		t.Setenv("HTTPS_PROXY", test.https)
		f := New(&Options{Proxy: ProxyEnvironment})
		_, err := f.Fetch(t.Context(), Request{URL: "http://example.com/"})
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%+v: %v", test, err)
		}
		f.Close()
	}
}

func TestReadProxy(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"http://proxy:3128", "https://u:p@proxy.example.com", "socks5://127.0.0.1:1080", "http://proxy/"} {
		if _, err := readProxy(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"proxy:3128", "ftp://proxy", "http://", "http://proxy/path", "env", "http://a:b@[::1"} {
		if _, err := readProxy(bad); err == nil || strings.Contains(err.Error(), "a:b") {
			t.Errorf("%s: %v, want an error without the user", bad, err)
		}
	}
}
