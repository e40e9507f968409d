package fetcher

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// ProxyEnvironment is the value of [Options.Proxy] that takes the proxy from HTTP_PROXY, HTTPS_PROXY and NO_PROXY, or their
// names in lower case.
const ProxyEnvironment = "environment"

// readProxy reads the URL of a proxy. The error holds nothing of it, for a password may stand in it.
func readProxy(proxy string) (*url.URL, error) {
	u, err := url.Parse(proxy)
	if err != nil {
		return nil, errors.New("no URL")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" && u.Scheme != "socks5h":
		return nil, errors.New("its scheme is none of http, https and socks5")
	case u.Hostname() == "":
		return nil, errors.New("it names no host")
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("it has more than scheme, user, host and port")
	}
	return u, nil
}

// proxies says by which proxy a URL is asked. Nil asks all directly.
type proxies struct {
	of    func(*url.URL) (*url.URL, error)
	guard guard
	// at holds the addresses, host:port, of the proxies: who named them wants them asked, whatever the guard says.
	at     map[string]bool
	lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	wait   time.Duration
}

// newProxies reads [Options.Proxy]; nil for none.
func newProxies(o Options, g guard) *proxies {
	p := &proxies{guard: g, at: map[string]bool{}, wait: o.ConnectTimeout, lookup: func(ctx context.Context, host string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}}
	switch o.Proxy {
	case "":
		return nil
	case ProxyEnvironment:
		env := httpproxy.FromEnvironment()
		if err := checkEnvironment(env); err != nil {
			p.of = func(*url.URL) (*url.URL, error) { return nil, err }
			return p
		}
		p.of = env.ProxyFunc()
		for _, scheme := range []string{"http", "https"} {
			// Of a host that nobody excepts, as far as can be told.
			if u, err := p.of(&url.URL{Scheme: scheme, Host: "proxy.invalid"}); err == nil && u != nil {
				p.at[addressOf(u)] = true
			}
		}
	default:
		u, err := readProxy(o.Proxy)
		if err != nil {
			err = fmt.Errorf("the proxy cannot be used: %w", err)
			p.of = func(*url.URL) (*url.URL, error) { return nil, err }
			return p
		}
		p.of = func(*url.URL) (*url.URL, error) { return u, nil }
		p.at[addressOf(u)] = true
	}
	return p
}

// checkEnvironment refuses an environment that names no proxy, or one that cannot be read: whoever asks for a proxy is not to
// be served without one. The error holds no value, for a password may stand in it.
func checkEnvironment(env *httpproxy.Config) error {
	if env.HTTPProxy == "" && env.HTTPSProxy == "" {
		return errors.New("fetch.proxy is environment, and neither HTTP_PROXY nor HTTPS_PROXY is set; set one, or name the proxy in fetch.proxy")
	}
	for name, value := range map[string]string{"HTTP_PROXY": env.HTTPProxy, "HTTPS_PROXY": env.HTTPSProxy} {
		if value == "" {
			continue
		}
		if !strings.Contains(value, "://") {
			value = "http://" + value
		}
		if _, err := readProxy(value); err != nil {
			return fmt.Errorf("%s cannot be used as a proxy: %w", name, err)
		}
	}
	return nil
}

// addressOf is the host and port of a proxy as they are dialled.
func addressOf(u *url.URL) string {
	port := u.Port()
	if port == "" {
		switch u.Scheme {
		case "https":
			port = "443"
		case "http":
			port = "80"
		default:
			port = "1080"
		}
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// forRequest is an http.Transport's Proxy. What goes by way of a proxy is judged before: the dialer sees the proxy alone.
func (p *proxies) forRequest(r *http.Request) (*url.URL, error) {
	u, err := p.of(r.URL)
	if err != nil {
		return nil, &Error{ClassConnect, fmt.Errorf("proxy: %w", err)}
	}
	if u == nil {
		if p.at[addressOf(r.URL)] {
			return nil, refused(errors.New("the URL is that of the proxy"))
		}
		return nil, nil
	}
	return u, p.judge(r.Context(), r.URL)
}

// judge refuses a target as far as can be told from here: by its port, by its address, and by the addresses that its name
// has here. What the proxy takes the name for is the proxy's own business, and a name that has no address here is left to it.
func (p *proxies) judge(ctx context.Context, u *url.URL) error {
	port := u.Port()
	if port == "" {
		port = defaultPort(u.Scheme)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return refused(fmt.Errorf("port %s is not allowed", port))
	}
	host := u.Hostname()
	if addr, err := netip.ParseAddr(host); err == nil {
		return p.guard.check(netip.AddrPortFrom(addr, uint16(n)))
	}
	within, cancel := context.WithTimeout(ctx, p.wait)
	defer cancel()
	addrs, err := p.lookup(within, host)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil || len(addrs) == 0 {
		if h := strings.TrimSuffix(strings.ToLower(host), "."); h == "localhost" || strings.HasSuffix(h, ".localhost") {
			return refused(fmt.Errorf("%s is neither public nor allowed", host))
		}
		if !p.guard.allowPort(netip.Addr{}, uint16(n)) {
			return refused(fmt.Errorf("port %d of %s is not allowed", n, host))
		}
		return nil
	}
	for _, a := range addrs {
		if err := p.guard.check(netip.AddrPortFrom(a.Unmap(), uint16(n))); err != nil {
			return err
		}
	}
	return nil
}

// by tells whether a URL is asked by way of a proxy.
func (p *proxies) by(u *url.URL) bool {
	if p == nil {
		return false
	}
	proxy, err := p.of(u)
	return err == nil && proxy != nil
}

// dialer returns what makes the connections: those to a proxy unguarded, all others by the guard.
func (p *proxies) dialer(o Options) func(ctx context.Context, network, address string) (net.Conn, error) {
	guarded := &net.Dialer{Timeout: o.ConnectTimeout, ControlContext: p.guard.control}
	free := &net.Dialer{Timeout: o.ConnectTimeout}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if p.at[address] {
			c, err := free.DialContext(ctx, network, address)
			if err != nil {
				err = fmt.Errorf("proxy: %w", err)
			}
			return c, err
		}
		return guarded.DialContext(ctx, network, address)
	}
}

// connected sees the answer of a proxy that was asked for a tunnel.
func connected(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if isSuccess(answer.StatusCode) {
		return nil
	}
	what := ""
	if answer.StatusCode == http.StatusProxyAuthRequired {
		what = "; set user and password in fetch.proxy"
	}
	return &Error{ClassConnect, fmt.Errorf("the proxy %s makes no connection: %s%s", proxy.Host, statusText(answer.StatusCode), what)}
}
