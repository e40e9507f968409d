package daemon

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
)

const (
	// pollDrain is how long polls under way may go on when the process is to end.
	pollDrain = 2 * time.Second
	// agendaPause is how long the agenda waits where nothing wakes it, and a feed whose poll failed in an unforeseen way.
	agendaPause = 2 * time.Second
)

// keepAgenda polls the feeds of the agenda when they are due, and follows the partitions that are taken and let go, until
// ctx ends.
func (p *pipeline) keepAgenda(ctx context.Context) error {
	if p.once != nil {
		return nil
	}
	var rest sync.WaitGroup
	defer rest.Wait()
	rest.Go(func() { p.lookAtWanted(ctx) })
	rest.Go(func() {
		p.leases.Each(ctx, func(ctx context.Context, n int) {
			p.idle.hold(uint8(n))
			p.wanted.add(uint8(n))
			<-ctx.Done()
			if err := p.idle.letGo(context.WithoutCancel(ctx), uint8(n)); err != nil {
				p.log.Warn("the states of some feeds without news are not written down; they are polled when they were due before", "error", err)
			}
		})
	})
	p.pollDue(ctx)
	return nil
}

// pollDue polls what is due, as many feeds at once as there are places.
func (p *pipeline) pollDue(ctx context.Context) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(pollDrain, cancel) })
	var under sync.WaitGroup
	defer func() {
		under.Wait()
		stop()
		cancel()
	}()
	for ctx.Err() == nil {
		if p.Bus.Wait(ctx, bus.StreamFeed) {
			continue
		}
		if !p.leases.Valid() {
			sleep(ctx, agendaPause)
			continue
		}
		select {
		case p.polls <- struct{}{}:
		case <-ctx.Done():
			return
		}
		poll, at := p.idle.next(time.Now())
		if poll != nil {
			under.Go(func() {
				defer func() { <-p.polls }()
				p.pollAgain(work, poll)
			})
			continue
		}
		<-p.polls
		wait := agendaPause
		if !at.IsZero() {
			wait = min(wait, time.Until(at))
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-p.idle.wake:
		case <-t.C:
		}
		t.Stop()
	}
}

// pollAgain polls a feed of the agenda. Where that fails in a way that no outcome stands for, the poll goes to the
// calendar: its worker tries again, and gives up with a dead letter.
func (p *pipeline) pollAgain(ctx context.Context, poll *feedmill.Poll) {
	defer p.idle.end(poll.Feed)
	id := poll.Feed + ":" + strconv.FormatInt(poll.Due.UnixNano(), 36)
	err := p.Bus.Do(ctx, "poll", id, func(ctx context.Context, out *bus.Outbox) error {
		return p.pollFeed(ctx, *poll, out)
	})
	if err == nil || ctx.Err() != nil {
		return
	}
	p.log.Warn("handling failed; trying again", "worker", "poll", "feed", poll.Feed, "error", err)
	at := time.Now().Add(agendaPause)
	st, err := p.Registry.Get(ctx, poll.Feed)
	if err == nil {
		err = p.schedule(ctx, &st, at)
	}
	if err != nil && ctx.Err() == nil {
		p.idle.later(poll, at)
	}
}
