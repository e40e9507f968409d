package fetcher

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// The pool: enough kept connections for the hosts that are asked again soon, and not one for every host ever asked.
const (
	maxIdleConns    = 128
	idleConnTimeout = 30 * time.Second
)

// newTransport makes the connections of a Fetcher. There is no proxy unless one is asked for, since a proxy resolves names
// behind the guard's back, and no transparent decompression, for body limits count the bytes as sent.
func newTransport(o Options, p *proxies) *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	t := &http.Transport{
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs},
		TLSHandshakeTimeout:    o.ConnectTimeout,
		ResponseHeaderTimeout:  o.HeaderTimeout,
		MaxResponseHeaderBytes: o.MaxHeaderBytes,
		DisableCompression:     true,
		MaxIdleConns:           max(maxIdleConns, 2*o.IdlePerHost),
		MaxIdleConnsPerHost:    o.IdlePerHost,
		IdleConnTimeout:        idleConnTimeout,
		Protocols:              &protocols,
	}
	if p == nil {
		t.DialContext = (&net.Dialer{Timeout: o.ConnectTimeout, ControlContext: o.guard().control}).DialContext
	} else {
		t.Proxy, t.DialContext, t.OnProxyConnectResponse = p.forRequest, p.dialer(o), connected
	}
	return t
}
