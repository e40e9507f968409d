package daemon

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/fetcher"
)

const (
	// soon is how far away a host's slot may be for a worker to wait for it itself; work whose slot is later goes back on
	// the calendar, so that a busy host does not keep others waiting.
	soon = 500 * time.Millisecond
	// turnPatience is how long a worker waits at its slot for one of the host's connections.
	turnPatience = time.Second
	// followPatience is how long, beside twice the host's delay, a request waits that another led to.
	followPatience = 10 * time.Second
	// busyPause is how long work waits at least on the calendar for a host that has all its connections in use.
	busyPause = time.Second
	// patience is the longest pause asked for by a host that a pass waits out.
	patience = 30 * time.Second
)

// putOff is the error of a fetch for which the host's turn has not come: at is when to come again. Held says that the host
// wants no requests for so long that a pass does not wait for it.
type putOff struct {
	at   time.Time
	held bool
}

func (e *putOff) Error() string {
	return fmt.Sprintf("%v; again at %s", fetcher.ErrPostponed, e.at.UTC().Format(time.RFC3339))
}

func (e *putOff) Unwrap() error { return fetcher.ErrPostponed }

// visitAgain puts a page for which its host's turn has not come on the calendar. Where the host is held back it is put off
// like a retry, for which no pass waits.
func visitAgain(out *bus.Outbox, e feedmill.Entry, off *putOff) {
	if e.Slot = off.at; off.held {
		e.Slot = time.Time{}
	}
	bus.At(out, off.at, bus.Visits, e)
}

// fetch makes a request when its host's turn has come, and so each further one that it leads to: robots.txt, redirects.
// Slot is the one that was booked before, zero where none was. Began, where it is not nil, is called when the first
// request is made. Where the turn is too far away the error is a putOff.
func (p *pipeline) fetch(ctx context.Context, req fetcher.Request, slot time.Time, began func()) (*feedmill.Page, error) {
	if err := p.learnHolds(ctx); err != nil {
		return nil, err
	}
	host := fetcher.HostKey(req.URL)
	now := time.Now()
	if slot.IsZero() {
		slot = p.hosts.Reserve(host, now)
	} else if p.hosts.Taken(host, slot); !p.hosts.Blocked(host, now).IsZero() {
		slot = p.hosts.Reserve(host, now)
	}
	wait := slot.Sub(now)
	if wait > soon {
		return nil, &putOff{slot, p.heldBack(host)}
	}
	leave := p.waiting.enter(host, p.cfg.Fetch.Concurrency/2, max(3*p.cfg.Fetch.Concurrency/8, p.cfg.Fetch.PerHost))
	if leave == nil {
		return nil, p.comeAgain(host)
	}
	defer leave() // twice does no harm
	if wait > 0 && !sleep(ctx, wait) {
		return nil, ctx.Err()
	}
	first := true
	asked := host
	req.Turn = func(ctx context.Context, url string) (*fetcher.Turn, error) {
		host := asked
		if url != req.URL {
			host = fetcher.HostKey(url)
		}
		if delay := p.fetcher.CrawlDelay(url); delay > 0 {
			p.hosts.SetDelay(host, delay)
		}
		if !first {
			// What was begun is ended: it goes before whatever waits for that host.
			acquire, done := p.hosts.Hurry(host)
			defer done()
			return p.turn(ctx, host, followPatience+2*p.hosts.Delay(host), acquire)
		}
		first = false
		turn, err := p.turn(ctx, host, turnPatience, func(now time.Time) (*fetcher.Turn, time.Time) { return p.hosts.Acquire(host, now) })
		leave()
		if err == nil && began != nil {
			began()
		}
		return turn, err
	}
	page, err := p.fetcher.Fetch(ctx, req)
	if _, known := errors.AsType[*putOff](err); errors.Is(err, fetcher.ErrPostponed) && !known {
		err = p.comeAgain(host)
	}
	return page, err
}

// turn waits for a place among the requests to a host.
func (p *pipeline) turn(ctx context.Context, host string, patience time.Duration, acquire func(time.Time) (*fetcher.Turn, time.Time)) (_ *fetcher.Turn, err error) {
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		freed := p.hosts.Freed(host)
		now := time.Now()
		if until := p.hosts.Blocked(host, now); !until.IsZero() {
			return nil, &putOff{p.hosts.Reserve(host, now), p.heldBack(host)}
		}
		turn, again := acquire(now)
		if turn != nil {
			return turn, nil
		}
		wait := patience // for the end of another request
		if !again.IsZero() {
			wait = again.Sub(now)
		}
		due := time.NewTimer(wait)
		select {
		case <-freed:
		case <-due.C:
		case <-late.C:
			err = p.comeAgain(host)
		case <-ctx.Done():
			err = ctx.Err()
		}
		due.Stop()
		if err != nil {
			return nil, err
		}
	}
}

// comeAgain books another slot of a host whose connections are all in use. It is a slot of its own: where many have missed
// theirs, as after a halt, they come back one by one.
func (p *pipeline) comeAgain(host string) error {
	now := time.Now()
	slot := p.hosts.Reserve(host, now)
	if least := now.Add(busyPause); slot.Before(least) {
		slot = least
	}
	return &putOff{slot, false}
}

// heldBack tells whether the host wants no requests for so long that a pass does not wait for it.
func (p *pipeline) heldBack(host string) bool {
	now := time.Now()
	return p.hosts.Blocked(host, now).Sub(now) > patience
}

// holdHost binds a host to the pause that it asked for, beyond the life of this process. One that has too many requests
// and names no time gets the shortest pause that a feed has.
func (p *pipeline) holdHost(ctx context.Context, v fetcher.Verdict, now time.Time) error {
	if !v.HostWide {
		return nil
	}
	until := v.RetryAt
	if until.IsZero() {
		until = now.Add(time.Duration(p.cfg.Poll.Min))
	}
	p.hosts.Block(v.Host, until)
	return p.Registry.HoldHost(ctx, v.Host, until)
}

// holds is how far this process knows the pauses that hosts asked for.
type holds struct {
	mu     sync.Mutex
	loaded bool
	taken  int64 // partitions taken when they were read
}

// learnHolds reads the pauses that hosts have asked other processes for, at the start and whenever partitions were taken
// over since.
func (p *pipeline) learnHolds(ctx context.Context) error {
	p.holds.mu.Lock()
	defer p.holds.mu.Unlock()
	taken := p.leases.Taken()
	if p.holds.loaded && p.holds.taken == taken {
		return nil
	}
	held, err := p.Registry.HeldHosts(ctx, time.Now())
	if err != nil {
		return err
	}
	for host, until := range held {
		p.hosts.Block(host, until)
	}
	p.holds.loaded, p.holds.taken = true, taken
	return nil
}

// waiting counts the workers that wait for hosts, so that those of a few busy hosts do not take all places.
type waiting struct {
	mu    sync.Mutex
	all   int
	hosts map[string]int
}

// enter counts one more worker that waits for a host, unless there are as many as may be in all or for this host; then it
// returns nil. Leave ends the wait.
func (w *waiting) enter(host string, most, mostOfHost int) (leave func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	// One that waits alone for its host is no crowd.
	if n := w.hosts[host]; n >= mostOfHost || n > 0 && w.all >= most {
		return nil
	}
	if w.hosts == nil {
		w.hosts = map[string]int{}
	}
	w.all++
	w.hosts[host]++
	return sync.OnceFunc(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.all--
		if w.hosts[host]--; w.hosts[host] == 0 {
			delete(w.hosts, host)
		}
	})
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
