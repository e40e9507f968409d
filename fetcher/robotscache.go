package fetcher

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/feedmill/feedmill"
)

// The values of Page.Robots.
const (
	robotsAllowed     = "allowed"
	robotsDisallowed  = "disallowed"
	robotsUnreachable = "unreachable"
)

const (
	// robotsRedirects is how many redirects of robots.txt are followed (RFC 9309 §2.3.1.2).
	robotsRedirects = 5
	// minRobotsAge is how long a copy is used at least, whatever its Cache-Control says: many servers send max-age=0
	// with every static file.
	minRobotsAge = time.Hour
	// maxRobotsCost bounds the copies of all origins together, in bytes. The one unused for longest goes first.
	maxRobotsCost = 32 << 20
	// robotsBaseCost is what a copy costs without its rules.
	robotsBaseCost = 512
)

// robotsCopy is what is known of one origin's robots.txt.
type robotsCopy struct {
	origin string
	rules  *Robots   // nil: never had
	fresh  time.Time // ask again after
	until  time.Time // the rules may be relied on so long
	err    error     // why the last try failed
	fails  int       // tries that failed in a row
	ai     []aiRules // of those who gather texts for machine learning
	signal bool      // a Content-Signal declines that
	tdm    tdmFile
	extra  int // what tdm's rules cost, see charge
}

// robotsPauseError says that a host answered its robots.txt with a pause for all requests.
type robotsPauseError struct {
	host string
	err  error
}

func (e *robotsPauseError) Error() string { return e.err.Error() }
func (e *robotsPauseError) Unwrap() error { return e.err }

func (c *robotsCopy) cost() int {
	n := robotsBaseCost + c.extra
	count := func(rules *Robots) {
		for _, r := range rules.rules {
			n += len(r.pattern) + 24
		}
	}
	if c.rules != nil {
		count(c.rules)
	}
	for _, a := range c.ai {
		count(a.rules)
	}
	return n
}

// robotsCache holds the copies, each origin asked by one request at a time.
type robotsCache struct {
	mu      sync.Mutex
	copies  map[string]*list.Element // of *robotsCopy
	order   *list.List               // newest use first
	cost    int
	pending map[string]chan struct{} // closed when the request for an origin has ended
}

func newRobotsCache() *robotsCache {
	return &robotsCache{copies: map[string]*list.Element{}, order: list.New(), pending: map[string]chan struct{}{}}
}

// get returns the copy of an origin. If it is not fresh, either leader is true and the caller must ask for a new one and
// call put, or another does so already and wait is closed when that has ended.
func (c *robotsCache) get(origin string, now time.Time) (have *robotsCopy, leader bool, wait <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.copies[origin]; e != nil {
		c.order.MoveToFront(e)
		have = e.Value.(*robotsCopy)
		if now.Before(have.fresh) {
			return have, false, nil
		}
	}
	if ch := c.pending[origin]; ch != nil {
		return have, false, ch
	}
	c.pending[origin] = make(chan struct{})
	return have, true, nil
}

// put ends what get began. A nil copy leaves what was there.
func (c *robotsCache) put(origin string, got *robotsCopy) {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.pending[origin])
	delete(c.pending, origin)
	if got == nil {
		return
	}
	c.drop(c.copies[origin])
	c.copies[origin] = c.order.PushFront(got)
	c.cost += got.cost()
	c.trim()
}

// charge adds what a copy has come to hold since it was put.
func (c *robotsCache) charge(of *robotsCopy, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.copies[of.origin]; e == nil || e.Value.(*robotsCopy) != of {
		return // it is there no more
	}
	of.extra += n
	c.cost += n
	c.trim()
}

func (c *robotsCache) trim() {
	for c.cost > maxRobotsCost && c.order.Len() > 1 {
		c.drop(c.order.Back())
	}
}

func (c *robotsCache) drop(e *list.Element) {
	if e == nil {
		return
	}
	old := c.order.Remove(e).(*robotsCopy)
	c.cost -= old.cost()
	delete(c.copies, old.origin)
}

func (c *robotsCache) peek(origin string) *robotsCopy {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.copies[origin]; e != nil {
		return e.Value.(*robotsCopy)
	}
	return nil
}

// CrawlDelay returns the Crawl-delay that the robots.txt of a URL's origin asks for, at most [MaxDelay]; zero where it
// asks for none or was not read yet. It makes no request. Give it to [Hosts.SetDelay].
func (f *Fetcher) CrawlDelay(rawURL string) time.Duration {
	t, err := parseTarget(rawURL)
	if err != nil {
		return 0
	}
	if c := f.robots.peek(t.origin()); c != nil && c.rules != nil {
		return c.rules.Delay()
	}
	return 0
}

// Robots asks what the robots.txt of a URL's host says to it: "allowed", "disallowed" or "unreachable", as in a page. An
// error means that it was not asked, for the URL is refused or ctx has ended. Nothing but robots.txt is fetched, and that
// only where there is no copy.
func (f *Fetcher) Robots(ctx context.Context, rawURL string) (verdict string, err error) {
	t, err := parseTarget(rawURL)
	if err != nil {
		return "", fmt.Errorf("robots.txt of %q: %w", redacted(rawURL), err)
	}
	page := &feedmill.Page{}
	if err := f.permit(ctx, t, page, nil); err != nil && page.Robots == "" {
		return "", fmt.Errorf("robots.txt of %s: %w", t.raw, err)
	}
	return page.Robots, nil
}

// permit asks the robots.txt of a target's origin and notes its verdict in page.
func (f *Fetcher) permit(ctx context.Context, t *target, page *feedmill.Page, turn turnFunc) error {
	c, err := f.robotsOf(ctx, t, turn)
	if err != nil {
		return err
	}
	now := time.Now()
	switch {
	case c.rules != nil && now.Before(c.until):
		if !c.rules.allowed(t.path) {
			page.Robots = robotsDisallowed
			return ErrDisallowed
		}
		page.Robots = robotsAllowed
		page.OptOut = c.optOut(t.path)
		if !f.opts.ObeyOptOut {
			return nil
		}
		if page.OptOut, err = f.tdmOptOut(ctx, t, c, page.OptOut, turn); err != nil {
			return err
		}
		return f.obey(page.OptOut)
	case isRefused(c.err):
		return c.err
	}
	page.Robots = robotsUnreachable
	return feedmill.RetryAfter(c.fresh, fmt.Errorf("%w: %w", ErrRobotsUnreachable, c.err))
}

// robotsWait is how long a fetch that can be put off waits for the robots.txt that another one is asking for.
const robotsWait = 250 * time.Millisecond

// robotsOf returns a fresh copy of the robots.txt of a target's origin.
func (f *Fetcher) robotsOf(ctx context.Context, t *target, turn turnFunc) (*robotsCopy, error) {
	origin := t.origin()
	var late <-chan time.Time
	for {
		have, leader, wait := f.robots.get(origin, time.Now())
		switch {
		case leader:
			return f.askRobots(ctx, origin, have, turn)
		case wait == nil:
			return have, nil
		}
		if turn != nil && late == nil {
			timer := time.NewTimer(robotsWait)
			defer timer.Stop()
			late = timer.C
		}
		select {
		case <-wait:
		case <-late:
			return nil, feedmill.RetryAfter(time.Now(), fmt.Errorf("%w: its robots.txt is being asked for", ErrPostponed))
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// askRobots fetches robots.txt of an origin and stores what came of it. If the caller gives up, or its turn has not come,
// the next one asks anew.
func (f *Fetcher) askRobots(ctx context.Context, origin string, have *robotsCopy, turn turnFunc) (got *robotsCopy, err error) {
	defer func() { f.robots.put(origin, got) }()
	t, err := parseTarget(origin + "/robots.txt")
	if err != nil {
		return nil, err
	}
	page := &feedmill.Page{URL: t.raw}
	runErr := f.run(ctx, t, job{
		accept:    "text/plain, */*;q=0.1",
		turn:      turn,
		redirects: robotsRedirects,
		limits:    limits{sent: f.opts.MaxBodyBytes, decoded: maxRobotsBytes, ratio: f.opts.MaxRatio, cut: true},
	}, page)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if errors.Is(runErr, ErrPostponed) {
		return nil, runErr
	}
	return f.robotsFrom(origin, page, runErr, have, time.Now()), nil
}

// robotsFrom judges an answer for robots.txt (RFC 9309 §2.3.1).
func (f *Fetcher) robotsFrom(origin string, page *feedmill.Page, err error, have *robotsCopy, now time.Time) *robotsCopy {
	c := &robotsCopy{origin: origin, until: now.Add(f.opts.RobotsMaxAge), err: err}
	c.fresh = now.Add(f.opts.RobotsMaxAge / 2)
	if stated := FreshUntil(page, now); !stated.IsZero() && stated.Before(c.fresh) {
		c.fresh = latest(stated, now.Add(min(minRobotsAge, f.opts.RobotsMaxAge/2)))
	}
	tooFar := Class(err) == ClassRedirect && !isRefused(err)
	switch s := page.Status; {
	case err == nil && isSuccess(s):
		c.rules = ParseRobots(page.Body, f.opts.RobotsAgent)
		c.ai, c.signal = parseOptOut(page.Body)
		return c
	case err == nil && s < 500 && s != http.StatusTooManyRequests, tooFar:
		// Unavailable (§2.3.1.3), or redirected too often (§2.3.1.2): nothing is forbidden.
		c.rules, c.err = &Robots{}, nil
		return c
	case err == nil:
		c.err = fmt.Errorf("status %s", statusText(s))
	case isRefused(err) && len(page.Redirects) > 0:
		// The origin itself may be asked; only its robots.txt is not to be had.
		c.err = &Error{ClassRobots, fmt.Errorf("robots.txt redirects to what is refused: %v", err)}
	}
	c.fails = 1
	if have != nil {
		c.fails += have.fails
	}
	c.fresh = now.Add(min(f.opts.RobotsRetry<<min(c.fails-1, 10), max(f.opts.RobotsRetry, f.opts.RobotsMaxAge)))
	if at := retryAfter(page, now); err == nil && !at.IsZero() {
		if at.After(c.fresh) {
			c.fresh = earliest(at, now.Add(24*time.Hour))
		}
		if page.Status == http.StatusTooManyRequests || page.Status == http.StatusServiceUnavailable {
			c.err = &robotsPauseError{HostKey(page.BaseURL()), c.err}
		}
	}
	if have != nil && have.rules != nil && now.Before(have.until) {
		// The copy at hand stays in force for as long as it would have, and the new one is tried again meanwhile.
		c.rules, c.until, c.ai, c.signal = have.rules, have.until, have.ai, have.signal
		c.fresh = earliest(c.fresh, have.until)
	}
	return c
}

func earliest(t, u time.Time) time.Time {
	if u.Before(t) {
		return u
	}
	return t
}
