package fetcher

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// The ranges of the IANA IPv4 and IPv6 special-purpose address registries, of multicast and of what is reserved, with
// their first and last addresses.
func TestNotPublic(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
		"192.0.0.0/29", "192.0.0.8/32", "192.0.0.9/32", "192.0.0.10/32", "192.0.0.170/31", "192.0.2.0/24", "192.31.196.0/24",
		"192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32", "169.254.169.254/32",
		"::/128", "::1/128", "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64",
		"2001::/23", "2001::/32", "2001:1::1/128", "2001:1::2/128", "2001:2::/48", "2001:3::/32", "2001:4:112::/48", "2001:10::/28",
		"2001:20::/28", "2001:30::/28", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7",
		"fe80::/10", "fec0::/10", "ff00::/8", "4000::/3", "8000::/3", "e000::/4", "::ffff:8.8.8.8/128", "64:ff9b::808:808/128", "2a00:1450::5efe:a01:203/128", "2a00:1450::200:5efe:808:808/128", "2002:808:808::/48",
	} {
		p := netip.MustParsePrefix(s)
		for _, a := range []netip.Addr{p.Masked().Addr(), last(p)} {
			if Public(a) {
				t.Errorf("%s of %s is public", a, s)
			}
		}
	}
	for _, a := range []netip.Addr{{}, netip.MustParseAddr("2606:4700::1").WithZone("eth0"), netip.MustParseAddr("fe80::1%1")} {
		if Public(a) {
			t.Errorf("%s is public", a)
		}
	}
}

func last(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

func TestPublic(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
		"169.253.255.255", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "198.17.255.255", "198.20.0.0", "223.255.255.255",
		"2001:200::1", "2001:4860:4860::8888", "2003::1", "2606:4700::1111", "2a00:1450::1", "2620:4f:8001::1",
	} {
		if !Public(netip.MustParseAddr(s)) {
			t.Errorf("%s is not public", s)
		}
	}
}

func TestAllowCIDRs(t *testing.T) {
	t.Parallel()
	allow := AllowCIDRs([]netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00:1::/32")})
	for s, want := range map[string]bool{
		"10.1.2.3": true, "10.2.0.0": false, "8.8.8.8": true, "127.0.0.1": false, "fd00:1::5": true, "fd00:2::5": false, "::ffff:10.1.2.3": false,
	} {
		if got := allow(netip.MustParseAddr(s)); got != want {
			t.Errorf("%s: %t, want %t", s, got, want)
		}
	}
}

func TestControl(t *testing.T) {
	t.Parallel()
	g := guard{allow: Public, allowPort: webPort}
	for _, tt := range []struct {
		network, address string
		ok               bool
	}{
		{"tcp4", "8.8.8.8:80", true},
		{"tcp6", "[2606:4700::1111]:443", true},
		{"tcp4", "8.8.8.8:22", false},
		{"tcp4", "127.0.0.1:80", false},
		{"tcp6", "[::ffff:8.8.8.8]:80", false},
		{"tcp6", "[2606:4700::1111%eth0]:443", false},
		{"udp4", "8.8.8.8:80", false},
		{"unix", "/run/docker.sock", false},
		{"tcp4", "8.8.8.8", false},
	} {
		err := g.control(t.Context(), tt.network, tt.address, nil)
		if (err == nil) != tt.ok || err != nil && Class(err) != ClassRefused {
			t.Errorf("%s %s: %v, want ok %t", tt.network, tt.address, err, tt.ok)
		}
	}
}

// The default refuses loopback, however it is spelled, and whatever asks for it.
func TestDefaultRefusesLocal(t *testing.T) {
	t.Parallel()
	asked := false
	base := serve(t, func(http.ResponseWriter, *http.Request) { asked = true })
	port := base[strings.LastIndexByte(base, ':'):]
	f := New(&Options{AllowPort: func(netip.Addr, uint16) bool { return true }})
	for _, u := range []string{
		base, "http://localhost" + port, "http://LOCALHOST" + port, "http://example.org@127.0.0.1" + port + "/",
		"http://127.0.0.1:80@127.0.0.1" + port, "http://[::1]" + port, "http://0.0.0.0" + port, "http://[::]" + port,
	} {
		for _, robots := range []bool{false, true} {
			_, err := f.Fetch(t.Context(), Request{URL: u, Robots: robots})
			if Class(err) != ClassRefused || !feedmill.IsPermanent(err) {
				t.Errorf("%s: %v, want a refusal", u, err)
			}
			if v := Judge(KindFeed, nil, err, clock); v.Outcome != feedmill.OutcomeRefused || !v.Permanent {
				t.Errorf("%s: judged %+v", u, v)
			}
		}
	}
	if asked {
		t.Error("the server was asked")
	}
}

func TestRedirectToForbiddenAddress(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skip("no second loopback address here: ", err)
	}
	asked := false
	inner := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true })}}
	inner.Start()
	t.Cleanup(inner.Close)
	outer := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/robots.txt", "/moved":
			http.Redirect(w, r, inner.URL+"/secret", http.StatusFound)
		}
	})
	f := local(t, Options{Allow: AllowCIDRs([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")})})
	if _, err := f.Fetch(t.Context(), Request{URL: outer + "/moved"}); Class(err) != ClassRefused || !feedmill.IsPermanent(err) {
		t.Errorf("%v, want a refusal", err)
	}
	// A robots.txt that leads there is one that cannot be had; the page itself is not refused for ever.
	_, err = f.Fetch(t.Context(), Request{URL: outer + "/page", Robots: true})
	if _, later := feedmill.RetryTime(err); Class(err) != ClassRobots || !later || feedmill.IsPermanent(err) {
		t.Errorf("%v, want robots.txt unreachable", err)
	}
	if asked {
		t.Error("the forbidden server was asked")
	}
}

func TestAllowPort(t *testing.T) {
	t.Parallel()
	base := serve(t, func(http.ResponseWriter, *http.Request) {})
	loopback := func(netip.Addr) bool { return true }
	f := New(&Options{Allow: loopback})
	if _, err := f.Fetch(t.Context(), Request{URL: base}); Class(err) != ClassRefused {
		t.Errorf("%v, want the port refused", err)
	}
	own := netip.MustParseAddrPort(strings.TrimPrefix(base, "http://"))
	f = New(&Options{Allow: loopback, AllowPort: func(a netip.Addr, port uint16) bool { return netip.AddrPortFrom(a, port) == own }})
	t.Cleanup(f.Close)
	if _, err := f.Fetch(t.Context(), Request{URL: base}); err != nil {
		t.Error(err)
	}
}

func TestNoProxyFromTheEnvironment(t *testing.T) {
	t.Parallel()
	if tr := New(nil).opts.Transport.(*http.Transport); tr.Proxy != nil {
		t.Error("the transport asks for a proxy")
	}
}
