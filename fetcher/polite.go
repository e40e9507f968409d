package fetcher

import (
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// MaxDelay is the longest spacing that a Crawl-delay can ask for. A site that wants more than this between two requests
// is better left alone by its operator's own rule.
const MaxDelay = 2 * time.Minute

// maxHostname is more than the bytes of any host's name, in whatever script: DNS has room for 253 characters. The encoding
// of longer ones takes time that grows with the square of their length.
const maxHostname = 4 * 253

// HostKey returns the host that politeness is counted by: the registrable domain of a URL (example.co.uk for all its
// subdomains), or host and port where there is none, as for an address or localhost. It is "" for what is no URL, and where
// the name is longer than any can be.
func HostKey(rawURL string) string {
	u, err := url.Parse(strings.TrimSpace(rawURL))
	if err != nil || u.Hostname() == "" || len(u.Hostname()) > maxHostname {
		return ""
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	}
	if _, err := netip.ParseAddr(host); err != nil {
		if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
			return domain
		}
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" {
		return host + ":" + port
	}
	return host + ":" + defaultPort(strings.ToLower(u.Scheme))
}

// HostOptions are the settings of Hosts.
type HostOptions struct {
	// Delay is the time between the starts of two requests to one host. Zero is none.
	Delay time.Duration
	// PerHost is how many requests to one host may be under way at once; default 2.
	PerHost int
}

// Hosts keeps the calendar of each host for one process: when the next request may start and how many are under way.
// Times are given, never read. It may be used from many goroutines. Hosts that have been idle for a while are forgotten,
// so that its size follows the hosts in use and not those ever seen.
type Hosts struct {
	delay   time.Duration
	perHost int

	mu    sync.Mutex
	hosts map[string]*hostState
	sweep int       // number of hosts at which the idle ones are looked for
	clock time.Time // the latest time given
}

type hostState struct {
	next    time.Time     // the next free slot
	blocked time.Time     // no request before
	delay   time.Duration // spacing
	flying  int           // requests under way
	hurried int           // those who hurry, see Hurry
	started time.Time     // when the last of them was sent
	service time.Duration // how long a request takes, on a running average that falls faster than it rises; 0: not known
	used    time.Time     // last mention
	freed   chan struct{} // closed when a place is free again; nil: nobody waits
}

// free tells those who wait. The caller holds the lock.
func (s *hostState) free() {
	if s.freed != nil {
		close(s.freed)
		s.freed = nil
	}
}

const (
	// hostIdle is how long after its last use a host is kept; a Crawl-delay must be set again after that.
	hostIdle = 10 * time.Minute
	// assumedService is how long a request is taken to last until one was seen.
	assumedService = 50 * time.Millisecond
	// minSweep is the number of hosts below which nobody looks for idle ones.
	minSweep = 1024
)

// NewHosts returns an empty calendar. A nil o means defaults.
func NewHosts(o *HostOptions) *Hosts {
	if o == nil {
		o = &HostOptions{}
	}
	h := &Hosts{delay: o.Delay, perHost: o.PerHost, hosts: map[string]*hostState{}, sweep: minSweep}
	if h.perHost <= 0 {
		h.perHost = 2
	}
	return h
}

// Reserve books the next free slot of a host and returns it: now where the host is free, else after the slots that are
// booked already and after any block. Slots are as far apart as the host's delay, or as its own speed allows with so many
// requests at once, whichever is more: who comes at his slot mostly finds a place. Whoever books a slot uses it or lets
// it pass; there is no way to give it back.
func (h *Hosts) Reserve(host string, now time.Time) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.state(host, now)
	slot := latest(now, s.next, s.blocked)
	s.next = slot.Add(h.spacing(s))
	return slot
}

// spacing is the distance of two slots of a host.
func (h *Hosts) spacing(s *hostState) time.Duration {
	service := s.service
	if service == 0 {
		service = assumedService
	}
	return max(s.delay, service/time.Duration(h.perHost))
}

// Taken tells of a slot that was booked before, by this process or an earlier one, so that no other is booked too close
// behind it.
func (h *Hosts) Taken(host string, slot time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.state(host, time.Time{})
	s.next = latest(s.next, slot.Add(h.spacing(s)))
}

// Turn is one request to a host that is under way, see [Hosts.Acquire].
type Turn struct {
	hosts *Hosts
	host  *hostState
	begun time.Time
	ended bool
}

// Acquire counts one request to a host as started now and under way until [Turn.Done] is called. The turn is nil when as
// many as allowed are under way, or when the last one was sent less than the host's delay ago, whoever booked the slot;
// again is then the time to ask again, zero where that hangs on the end of another request.
func (h *Hosts) Acquire(host string, now time.Time) (turn *Turn, again time.Time) {
	return h.acquire(host, now, false)
}

func (h *Hosts) acquire(host string, now time.Time, hurried bool) (turn *Turn, again time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.state(host, now)
	if s.flying >= h.perHost || s.hurried > 0 && !hurried {
		return nil, time.Time{}
	}
	if next := s.started.Add(s.delay); !s.started.IsZero() && now.Before(next) {
		return nil, next
	}
	s.flying++
	s.started = now
	return &Turn{hosts: h, host: s, begun: now}, now
}

// Sent says when the request went out, for a connection may take its time: the next one is as far behind that.
func (t *Turn) Sent(now time.Time) {
	t.hosts.mu.Lock()
	defer t.hosts.mu.Unlock()
	t.host.started = latest(t.host.started, now)
}

// Done says that the answer was read, or that there will be none. A second call does nothing.
func (t *Turn) Done(now time.Time) {
	t.hosts.mu.Lock()
	defer t.hosts.mu.Unlock()
	if t.ended {
		return
	}
	t.ended = true
	s := t.host
	s.flying--
	s.free()
	took := max(now.Sub(t.begun), time.Microsecond)
	switch {
	case s.service == 0:
		s.service = took
	case took < s.service: // what the host can do is learnt sooner than what keeps it from it
		s.service += (took - s.service) / 2
	default:
		s.service += (took - s.service) / 8
	}
}

// Freed returns a channel that is closed when the next of a host's requests is done. Take it before [Hosts.Acquire], and
// wait for it where that gives neither a turn nor a time.
func (h *Hosts) Freed(host string) <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.state(host, time.Time{})
	if s.freed == nil {
		s.freed = make(chan struct{})
	}
	return s.freed
}

// Block says that a host does not want any request before until. Slots that are booked already are not moved: see
// [Hosts.Blocked]. An earlier block that lasts longer stays.
func (h *Hosts) Block(host string, until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.state(host, time.Time{})
	s.blocked = latest(s.blocked, until)
}

// Blocked returns the end of the block that a host is under, zero where there is none. Ask before a request is made
// whose slot was booked earlier, and book anew where it is blocked.
func (h *Hosts) Blocked(host string, now time.Time) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.hosts[host]; s != nil && s.blocked.After(now) {
		return s.blocked
	}
	return time.Time{}
}

// SetDelay raises the spacing of a host to what its robots.txt asks for, up to MaxDelay and never below the configured
// one. It holds for slots booked from now on.
func (h *Hosts) SetDelay(host string, crawlDelay time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delay := max(h.delay, min(crawlDelay, MaxDelay))
	s := h.hosts[host]
	if s == nil {
		if delay == h.delay {
			return
		}
		s = h.state(host, time.Time{})
	}
	before := h.spacing(s)
	s.delay = delay
	s.next = s.next.Add(max(0, h.spacing(s)-before)) // the slot booked last, if any, is the first to be followed at the new distance
}

// Delay returns the spacing of a host.
func (h *Hosts) Delay(host string) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.hosts[host]; s != nil {
		return s.delay
	}
	return h.delay
}

// Hurry gives the next turns of a host to those who hurry: until done is called, [Hosts.Acquire] refuses whoever does not,
// and acquire stands in its place. It is for a request that ends what was begun, such as the target of a redirect.
func (h *Hosts) Hurry(host string) (acquire func(now time.Time) (turn *Turn, again time.Time), done func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.state(host, time.Time{})
	s.hurried++
	acquire = func(now time.Time) (*Turn, time.Time) { return h.acquire(host, now, true) }
	return acquire, sync.OnceFunc(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		s.hurried--
		s.free()
	})
}

// state returns the host's state, made where it is missing. A zero now is no news of the time.
func (h *Hosts) state(host string, now time.Time) *hostState {
	h.clock = latest(h.clock, now)
	s := h.hosts[host]
	if s == nil {
		if len(h.hosts) >= h.sweep {
			h.forgetIdle()
		}
		s = &hostState{delay: h.delay}
		h.hosts[host] = s
	}
	s.used = h.clock
	return s
}

// forgetIdle drops the hosts with nothing booked, blocked or under way. It runs whenever the number of hosts has doubled
// since, so that its cost is spread.
func (h *Hosts) forgetIdle() {
	for key, s := range h.hosts {
		if s.flying == 0 && s.hurried == 0 && h.clock.Sub(latest(s.used, s.next, s.blocked)) > hostIdle {
			delete(h.hosts, key)
		}
	}
	h.sweep = max(minSweep, 2*len(h.hosts))
}

func latest(t time.Time, more ...time.Time) time.Time {
	for _, m := range more {
		if m.After(t) {
			t = m
		}
	}
	return t
}
