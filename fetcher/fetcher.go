package fetcher

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/feedmill/feedmill"
)

// Kind is what a request expects. It chooses the Accept header and which media types are refused unread.
type Kind int

// The kinds of requests.
const (
	KindFeed    Kind = iota // a feed document in any of its formats
	KindArticle             // an HTML page
)

func (k Kind) String() string {
	if k == KindArticle {
		return "article"
	}
	return "feed"
}

// Request is one document to ask for.
type Request struct {
	// URL is asked exactly as it is given. User information in it becomes Basic authentication for a feed, at this URL
	// only.
	URL  string
	Kind Kind
	// Validators are sent only to the URL that they name, whether it is URL or what URL redirects to.
	Validators feedmill.Validators
	// Robots says that robots.txt must allow the URL, and every URL that it redirects to. It is for articles: a feed is
	// published to be polled.
	Robots bool
	// UserAgent takes the place of Options.UserAgent, but for robots.txt.
	UserAgent string
	// Secret, where it is set, is sent with the request, and with those that redirects lead to as long as they stay at the
	// same host and port and do not fall from https to http. It is not sent for robots.txt.
	Secret *Secret
	// Turn, where it is set, is called before each request that the fetch makes, robots.txt and redirects included, with
	// the URL that is to be asked. It may wait; that counts to no time limit. Its error ends the fetch; with
	// [ErrPostponed] in it, it says that the host's turn has not come. The turn, which may be nil, is told when the request
	// was sent and when its answer was read.
	Turn func(ctx context.Context, url string) (*Turn, error)
}

type turnFunc = func(ctx context.Context, url string) (*Turn, error)

// Options are the settings of a Fetcher. A zero field is its default.
type Options struct {
	// ConnectTimeout is for the TCP connection and, again, the TLS handshake; default 10 s.
	ConnectTimeout time.Duration
	// HeaderTimeout is from the request sent to the header received; default 15 s.
	HeaderTimeout time.Duration
	// Timeout is for a whole request with its redirects, and again for robots.txt where it must be asked; default 60 s.
	Timeout time.Duration
	// MinRate is how many bytes a second a body must bring, on average over each RateWindow; default 1 KiB, negative:
	// no such limit. RateWindow is 5 s by default.
	MinRate    int64
	RateWindow time.Duration
	// MaxHeaderBytes bounds the response header, default 256 KiB; MaxBodyBytes the body as sent, default 16 MiB;
	// MaxDecodedBytes the body after content decoding, default 32 MiB.
	MaxHeaderBytes  int64
	MaxBodyBytes    int64
	MaxDecodedBytes int64
	// MaxRatio bounds the decoded size by the size as sent, for bodies over 1 MiB: beyond it they are decompression bombs.
	// Default 500, which no text comes near, not even one made by a template.
	MaxRatio int64
	// MaxRedirects is how many redirects of one request are followed; default 10, negative: none.
	MaxRedirects int
	// UserAgent is the whole header; default "feedmill/<version> (+<Contact>)".
	UserAgent string
	// RobotsAgent is the product token that robots.txt may name: letters, "_" and "-" (RFC 9309 §2.2.1); default
	// "feedmill".
	RobotsAgent string
	// Contact is a URL or mail address by which the operator of a site can reach the operator of this client; default
	// the project's page.
	Contact string
	// RobotsMaxAge is how long a copy of robots.txt may be relied on; default and most 24 h. A copy is asked for again
	// after half that time, or earlier if its Cache-Control says so.
	RobotsMaxAge time.Duration
	// RobotsRetry is when a robots.txt that could not be had is asked for again, twice as long after each further
	// failure, up to RobotsMaxAge; default 5 min.
	RobotsRetry time.Duration
	// IdlePerHost is how many connections to one host are kept for later requests: as many as are used at once. Default 2.
	IdlePerHost int
	// Allow says which addresses may be connected to; default [Public]. See [AllowCIDRs].
	Allow func(netip.Addr) bool
	// AllowPort says which ports of an allowed address; default 80 and 443. The address is the zero one where only a proxy
	// knows it.
	AllowPort func(addr netip.Addr, port uint16) bool
	// Proxy is the URL of a proxy (http, https or socks5) by which all is asked, or [ProxyEnvironment]; default none, whatever
	// the environment says. A proxy is connected to wherever it is. What is asked by way of it is judged by its port, its
	// address, and the addresses that its name has here; what the proxy itself takes the name for cannot be seen, and a
	// page then has no Addr.
	Proxy string
	// RootCAs are the certificate authorities that are trusted; default the system's.
	RootCAs *x509.CertPool
	// TDMRep has /.well-known/tdmrep.json asked for, once for each copy of a robots.txt, for articles under robots.txt.
	TDMRep bool
	// ObeyOptOut refuses articles whose use for machine learning or text and data mining is declined ([ErrOptedOut]): by
	// robots.txt and tdmrep.json before they are asked for, by the header before they are read. Otherwise it is only
	// noted in the page. What the page itself says is for its reader.
	ObeyOptOut bool
	// Logger gets one debug line per answer; default none.
	Logger *slog.Logger
	// Transport replaces the Fetcher's own connections, for tests. Allow, AllowPort, Proxy, RootCAs, ConnectTimeout,
	// HeaderTimeout and MaxHeaderBytes are then its own business.
	Transport http.RoundTripper
}

func (o Options) withDefaults() Options {
	o.ConnectTimeout = cmp.Or(o.ConnectTimeout, 10*time.Second)
	o.HeaderTimeout = cmp.Or(o.HeaderTimeout, 15*time.Second)
	o.Timeout = cmp.Or(o.Timeout, time.Minute)
	o.MinRate = cmp.Or(o.MinRate, 1<<10)
	o.RateWindow = cmp.Or(o.RateWindow, 5*time.Second)
	o.MaxHeaderBytes = cmp.Or(o.MaxHeaderBytes, 256<<10)
	o.MaxBodyBytes = cmp.Or(o.MaxBodyBytes, 16<<20)
	o.MaxDecodedBytes = cmp.Or(o.MaxDecodedBytes, 32<<20)
	o.MaxRatio = cmp.Or(o.MaxRatio, 500)
	o.MaxRedirects = max(0, cmp.Or(o.MaxRedirects, 10))
	o.RobotsAgent = cmp.Or(o.RobotsAgent, "feedmill")
	o.Contact = cmp.Or(o.Contact, "https://github.com/feedmill/feedmill")
	o.UserAgent = printable(cmp.Or(o.UserAgent, "feedmill/"+version()+" (+"+o.Contact+")"))
	o.RobotsMaxAge = min(cmp.Or(o.RobotsMaxAge, 24*time.Hour), 24*time.Hour)
	o.RobotsRetry = cmp.Or(o.RobotsRetry, 5*time.Minute)
	o.IdlePerHost = cmp.Or(o.IdlePerHost, 2)
	if o.Allow == nil {
		o.Allow = Public
	}
	if o.AllowPort == nil {
		o.AllowPort = webPort
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o *Options) guard() guard { return guard{allow: o.Allow, allowPort: o.AllowPort} }

// version is the version of feedmill in this binary.
func version() string {
	const module = "github.com/feedmill/feedmill"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	mods := append([]*debug.Module{&info.Main}, info.Deps...)
	i := slices.IndexFunc(mods, func(m *debug.Module) bool { return m.Path == module })
	if i < 0 || mods[i].Version == "" || mods[i].Version == "(devel)" {
		return "devel"
	}
	return strings.TrimPrefix(mods[i].Version, "v")
}

// printable drops what may not stand in a header field.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

// Fetcher asks for documents. It may be used from many goroutines at once, and one should serve the whole process: it
// holds the connections and the robots.txt copies.
type Fetcher struct {
	opts     Options
	proxies  *proxies // nil: none
	robots   *robotsCache
	decoders decoders
}

// New returns a Fetcher. A nil o means defaults.
func New(o *Options) *Fetcher {
	if o == nil {
		o = &Options{}
	}
	f := &Fetcher{opts: o.withDefaults(), robots: newRobotsCache()}
	if f.opts.Transport == nil {
		f.proxies = newProxies(f.opts, f.opts.guard())
		f.opts.Transport = newTransport(f.opts, f.proxies)
	}
	return f
}

// Close closes the connections that are kept for later requests.
func (f *Fetcher) Close() {
	if t, ok := f.opts.Transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// Fetch asks for one document and follows redirects to it. Every HTTP answer gives a page, a 304, 404 or 500 too; the
// body of an answer that is no success may be cut short, for it is read by nobody but people. A feed whose body ended
// early is given as far as it came, marked Truncated.
//
// An error means that there is no usable answer; [Class] says why. An error of class "refused" is permanent
// ([feedmill.IsPermanent]): the address, port, scheme or URL is not allowed. Where robots.txt forbids the page the error
// is [ErrDisallowed], where robots.txt cannot be had it is [ErrRobotsUnreachable] with a time to try again; with both
// comes a page without a body that tells how far the request got.
func (f *Fetcher) Fetch(ctx context.Context, r Request) (*feedmill.Page, error) {
	t, err := parseTarget(r.URL)
	if err != nil {
		return nil, fmt.Errorf("fetch %q: %w", redacted(r.URL), err)
	}
	page := &feedmill.Page{URL: r.URL}
	if err := f.follow(ctx, t, r, page); err != nil {
		if page.Robots != "" && page.Robots != robotsAllowed {
			return page, fmt.Errorf("fetch %s: %w", t.raw, err)
		}
		return nil, fmt.Errorf("fetch %s: %w", t.raw, err)
	}
	return page, nil
}

// redacted is a URL for an error message: without what may be a password.
func redacted(raw string) string {
	if scheme, rest, ok := strings.Cut(raw, "://"); ok {
		if i := strings.LastIndexByte(rest, '@'); i >= 0 {
			rest = rest[i+1:]
		}
		raw = scheme + "://" + rest
	}
	return raw[:min(len(raw), 200)]
}

// follow asks for t and whatever it redirects to, and fills page.
func (f *Fetcher) follow(ctx context.Context, t *target, r Request, page *feedmill.Page) error {
	job := job{
		accept:     accept(r.Kind),
		delta:      r.Kind == KindFeed,
		validators: r.Validators,
		redirects:  f.opts.MaxRedirects,
		limits:     limits{sent: f.opts.MaxBodyBytes, decoded: f.opts.MaxDecodedBytes, ratio: f.opts.MaxRatio},
		partial:    r.Kind == KindFeed,
		check: func(h http.Header) error {
			if err := checkType(r.Kind, h.Get("Content-Type")); err != nil || !r.Robots {
				return err
			}
			page.OptOut = headerOptOut(page.OptOut, h)
			return f.obey(page.OptOut)
		},
	}
	if v := &job.validators; v.URL == r.URL {
		v.URL = t.raw
	}
	if r.Kind != KindFeed {
		t.user = nil
	}
	job.turn, job.userAgent, job.secret = r.Turn, printable(r.UserAgent), r.Secret
	if r.Robots {
		job.permit = func(t *target) error { return f.permit(ctx, t, page, r.Turn) }
	}
	if err := f.run(ctx, t, job, page); err != nil {
		return err
	}
	if r.Kind != KindArticle || !isSuccess(page.Status) {
		return nil
	}
	if err := sniffType(page); err != nil {
		return err
	}
	if r.Robots && !f.opts.ObeyOptOut {
		return f.noteTDM(ctx, r, page)
	}
	return nil
}

// noteTDM adds to a page that was had what the tdmrep.json of its origin says. It is no reason to lose the page.
func (f *Fetcher) noteTDM(ctx context.Context, r Request, page *feedmill.Page) error {
	t, err := parseTarget(page.FinalURL)
	if err != nil {
		return nil // of a form that was asked, but is not asked again
	}
	if c := f.robots.peek(t.origin()); c != nil {
		if o, err := f.tdmOptOut(ctx, t, c, page.OptOut, r.Turn); err == nil {
			page.OptOut = o
		}
	}
	return ctx.Err()
}

// obey refuses what is declined, where that is to be obeyed.
func (f *Fetcher) obey(o *feedmill.OptOut) error {
	if f.opts.ObeyOptOut && o.Declines() {
		return feedmill.Permanent(ClassOptedOut, fmt.Errorf("%w (%s)", ErrOptedOut, strings.Join(o.From, ", ")))
	}
	return nil
}

// job is how one document is asked for.
type job struct {
	accept     string
	validators feedmill.Validators
	// delta says that new entries alone will do where the server knows what we have (RFC 3229).
	delta     bool
	redirects int
	limits    limits
	// partial keeps what came of a body that ended early.
	partial bool
	// permit is asked before each hop; nil permits all. It runs outside the job's own time limit.
	permit func(*target) error
	// turn is Request.Turn, userAgent Request.UserAgent, secret Request.Secret until a redirect leads away.
	turn      turnFunc
	userAgent string
	secret    *Secret
	// check sees the header of a successful answer before its body is read; nil takes all.
	check func(http.Header) error
}

// run makes the requests of a job until an answer is no redirect, and fills page.
func (f *Fetcher) run(ctx context.Context, t *target, j job, page *feedmill.Page) error {
	seen := map[string]bool{}
	var spent time.Duration
	for {
		if seen[t.raw] {
			return &Error{ClassRedirect, fmt.Errorf("redirect loop at %s", t.raw)}
		}
		seen[t.raw] = true
		if j.permit != nil {
			if err := j.permit(t); err != nil {
				return err
			}
		}
		var turn *Turn
		if j.turn != nil {
			var err error
			if turn, err = j.turn(ctx, t.raw); err != nil {
				return err
			}
		}
		start := time.Now()
		location, err := f.ask(ctx, f.opts.Timeout-spent, t, j, page, turn)
		spent += time.Since(start)
		if turn != nil {
			turn.Done(time.Now())
		}
		if err != nil {
			return err
		}
		if location == "" {
			page.FinalURL = t.raw
			return nil
		}
		if len(page.Redirects) >= j.redirects {
			return &Error{ClassRedirect, fmt.Errorf("more than %d redirects", j.redirects)}
		}
		to, err := t.redirect(location)
		if err != nil {
			return fmt.Errorf("redirect of %s: %w", t.raw, err)
		}
		if !sameParty(t, to) {
			j.secret = nil
		}
		page.Redirects = append(page.Redirects, feedmill.Redirect{URL: t.raw, Status: page.Status, To: to.raw})
		t = to
	}
}

// ask makes one request. It returns the Location of a redirect, or fills page with a final answer.
func (f *Fetcher) ask(ctx context.Context, left time.Duration, t *target, j job, page *feedmill.Page, turn *Turn) (location string, err error) {
	outer := ctx
	ctx, cancelTime := context.WithTimeoutCause(ctx, left,
		&Error{ClassTimeout, fmt.Errorf("no whole answer within %s", f.opts.Timeout)})
	defer cancelTime()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	var addr string
	trace := &httptrace.ClientTrace{
		GotConn: func(c httptrace.GotConnInfo) { addr = c.Conn.RemoteAddr().String() },
	}
	if turn != nil {
		trace.WroteRequest = func(httptrace.WroteRequestInfo) { turn.Sent(time.Now()) }
	}
	ctx = httptrace.WithClientTrace(ctx, trace)
	req, conditional := f.newRequest(ctx, t, j)
	resp, err := f.opts.Transport.RoundTrip(req)
	if err != nil {
		return "", f.why(outer, ctx, err)
	}
	defer resp.Body.Close()
	if f.proxies.by(t.url) {
		addr = "" // that of the proxy
	}
	page.Status, page.Header, page.Addr, page.Protocol = resp.StatusCode, pageHeader(resp.Header), addr, resp.Proto
	page.FetchedAt = time.Now().UTC().Round(0) // the clock's time alone, as it travels
	f.opts.Logger.Debug("answer", "url", t.raw, "status", resp.StatusCode, "addr", addr, "proto", resp.Proto)

	if isRedirect(resp.StatusCode) && resp.Header.Get("Location") != "" {
		return resp.Header.Get("Location"), nil
	}
	if resp.StatusCode == http.StatusNotModified && !conditional {
		return "", &Error{ClassProtocol, errors.New("304 to a request without validators")}
	}
	lim := j.limits
	if !isSuccess(resp.StatusCode) {
		lim.sent, lim.decoded, lim.cut = min(lim.sent, maxErrorBody), min(lim.decoded, maxErrorBody), true
	} else if j.check != nil {
		if err := j.check(resp.Header); err != nil {
			return "", err
		}
	}
	got, sent, err := f.readBody(ctx, cancel, resp, lim)
	page.Body, page.Coded, page.Coding, page.Sent = got.body, got.coded, got.coding, sent
	if j.partial && Class(err) == ClassTruncated && outer.Err() == nil && len(page.Body) > 0 {
		page.Truncated = true
		return "", nil
	}
	if err != nil && (isSuccess(resp.StatusCode) || outer.Err() != nil) {
		return "", f.why(outer, ctx, err)
	}
	return "", nil
}

// maxErrorBody is how much is read of the body of an answer that is no success.
const maxErrorBody = 64 << 10

// why returns what ended a request: the caller's context, a limit of ours, or the network's own error.
func (f *Fetcher) why(outer, ctx context.Context, err error) error {
	if outer.Err() != nil {
		return outer.Err()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (f *Fetcher) newRequest(ctx context.Context, t *target, j job) (req *http.Request, conditional bool) {
	req = (&http.Request{Method: http.MethodGet, URL: t.url, Host: t.url.Host, Header: http.Header{}}).WithContext(ctx)
	req.Header.Set("User-Agent", cmp.Or(j.userAgent, f.opts.UserAgent))
	req.Header.Set("Accept", j.accept)
	req.Header.Set("Accept-Encoding", acceptEncoding)
	if t.user != nil {
		password, _ := t.user.Password()
		req.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(t.user.Username()+":"+password)))
	}
	if j.secret != nil {
		maps.Copy(req.Header, j.secret.fields)
	}
	if j.validators.URL != t.raw {
		return req, false
	}
	set := func(name, value string) {
		value = wireValue(value)
		if value != "" && httpguts.ValidHeaderFieldValue(value) {
			req.Header.Set(name, value)
			conditional = true
		}
	}
	set("If-None-Match", j.validators.ETag)
	if conditional && j.delta {
		req.Header.Set("A-IM", "feed")
	}
	set("If-Modified-Since", j.validators.LastModified)
	return req, conditional
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

func isSuccess(status int) bool { return status >= 200 && status <= 299 }
