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

// HostKey returns the host that politeness is counted by: the registrable domain of a URL (example.co.uk for all its
// subdomains), or host and port where there is none, as for an address or localhost. It is "" for what is no URL.
func HostKey(rawURL string) string {
	u, err := url.Parse(strings.TrimSpace(rawURL))
	if err != nil || u.Hostname() == "" {
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
	// Delay is the time between the starts of two requests to one host. Zero is none: slots are at once.
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
	started time.Time     // when the last of them was started
	used    time.Time     // last mention
}

const (
	// hostIdle is how long after its last use a host is kept; a Crawl-delay must be set again after that.
	hostIdle = 10 * time.Minute
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
// booked already and after any block. Whoever books a slot uses it or lets it pass; there is no way to give it back.
func (h *Hosts) Reserve(host string, now time.Time) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.state(host, now)
	slot := latest(now, s.next, s.blocked)
	s.next = slot.Add(s.delay)
	return slot
}

// Taken tells of a slot that was booked before, by this process or an earlier one, so that no other is booked too close
// behind it.
func (h *Hosts) Taken(host string, slot time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.state(host, time.Time{})
	s.next = latest(s.next, slot.Add(s.delay))
}

// Acquire counts one request to a host as started now and under way until release is called. ok is false, and release
// nil, when as many as allowed are under way, or when the last one started less than the host's delay ago: a slot that
// was booked by another process does not break the spacing that this one keeps. A second call of release does nothing.
func (h *Hosts) Acquire(host string, now time.Time) (release func(), ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.state(host, now)
	if s.flying >= h.perHost || !s.started.IsZero() && now.Sub(s.started) < s.delay {
		return nil, false
	}
	s.flying++
	s.started = now
	return sync.OnceFunc(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		s.flying--
	}), true
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
	s.next = s.next.Add(max(0, delay-s.delay)) // the slot booked last, if any, is the first to be followed at the new distance
	s.delay = delay
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
		if s.flying == 0 && h.clock.Sub(latest(s.used, s.next, s.blocked)) > hostIdle {
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
