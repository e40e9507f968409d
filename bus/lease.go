package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"crypto/rand"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// leaseTTL is how long a lease outlives its holder, leaseBeat how often a holder renews it.
	leaseTTL  = 6 * time.Second
	leaseBeat = 1500 * time.Millisecond
)

// Leases shares the partitions of the hosts among the processes that fetch: each holds at most its equal part, lets go
// of the surplus when another joins, and takes over what a dead one held once its leases have run out. With an embedded
// server there is one process, and it holds all.
//
// A lease is renewed well before it ends, and what is fetched under it asks first whether it still holds (Held), so that
// a process that was stopped for longer than a lease does not go on beside its successor.
type Leases struct {
	bus   *Bus
	kv    jetstream.KeyValue
	id    string
	delay time.Duration

	mu      sync.Mutex
	held    map[int]*lease
	renewed time.Time
	taken   int64
	changed chan struct{} // closed and replaced whenever held changes

	releasing sync.WaitGroup
}

// lease is one partition that is held.
type lease struct {
	revision uint64
	// from is when the first request may be made: a new holder does not know when the one before made its last.
	from time.Time
	// users counts the workers that read the partition; it is let go when they have stopped.
	users sync.WaitGroup
	// gone is closed when the partition is to be let go.
	gone chan struct{}
}

// NewLeases joins the processes that fetch. Delay is the spacing of requests to a host: a partition that is taken over is
// left alone for so long. Run keeps the leases.
func (b *Bus) NewLeases(ctx context.Context, delay time.Duration) (*Leases, error) {
	l := &Leases{bus: b, id: rand.Text()[:12], delay: delay, held: map[int]*lease{}, changed: make(chan struct{})}
	if b.server != nil {
		return l, nil
	}
	var err error
	l.kv, err = b.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket:      b.bucketName("leases"),
		Description: leasesUsage,
		TTL:         leaseTTL,
		Replicas:    max(1, b.opts.Replicas),
	})
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", b.bucketName("leases"), err)
	}
	return l, nil
}

// Run renews the leases until ctx ends, and then gives them back, once the workers that used them have stopped.
func (l *Leases) Run(ctx context.Context) error {
	if l.kv == nil {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(leaseBeat)
	defer tick.Stop()
	for {
		if err := l.beat(ctx); err != nil && ctx.Err() == nil {
			l.bus.log.Warn("cannot renew the leases of hosts; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return l.leave(context.WithoutCancel(ctx))
		case <-tick.C:
		}
	}
}

// leave gives everything back.
func (l *Leases) leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, partitionWait+drainWait+time.Second)
	defer cancel()
	for n := range Partitions {
		l.release(ctx, n)
	}
	l.releasing.Wait()
	return l.kv.Delete(ctx, "member."+l.id)
}

// beat renews what is held, gives the surplus back and takes what is free, up to this process's part.
func (l *Leases) beat(ctx context.Context) error {
	if _, err := l.kv.PutString(ctx, "member."+l.id, strconv.FormatInt(time.Now().Unix(), 10)); err != nil {
		return err
	}
	members, taken, err := l.look(ctx)
	if err != nil {
		return err
	}
	quota := (Partitions + members - 1) / members
	start := time.Now()
	l.mu.Lock()
	mine := make([]int, 0, len(l.held))
	for n := range l.held {
		mine = append(mine, n)
	}
	l.mu.Unlock()
	for i, n := range mine {
		if i >= quota {
			l.release(ctx, n)
			continue
		}
		if err := l.renew(ctx, n); err != nil {
			return err
		}
	}
	l.mu.Lock()
	l.renewed = start
	have := len(l.held)
	l.mu.Unlock()
	for n := 0; n < Partitions && have < quota; n++ {
		if taken[n] {
			continue
		}
		ok, err := l.take(ctx, n)
		if err != nil {
			return err
		}
		if ok {
			have++
		}
	}
	return nil
}

// look counts the live processes and tells which partitions are held.
func (l *Leases) look(ctx context.Context) (members int, taken [Partitions]bool, err error) {
	keys, err := l.kv.ListKeys(ctx)
	if err != nil {
		return 0, taken, err
	}
	for key := range keys.Keys() {
		if strings.HasPrefix(key, "member.") {
			members++
		} else if n, err := strconv.Atoi(strings.TrimPrefix(key, "part.")); err == nil && n >= 0 && n < Partitions {
			taken[n] = true
		}
	}
	return max(1, members), taken, ctx.Err()
}

func partKey(n int) string { return "part." + strconv.Itoa(n) }

func (l *Leases) take(ctx context.Context, n int) (bool, error) {
	rev, err := l.kv.Create(ctx, partKey(n), []byte(l.id))
	if errors.Is(err, jetstream.ErrKeyExists) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken++
	l.held[n] = &lease{revision: rev, from: time.Now().Add(l.delay), gone: make(chan struct{})}
	l.signal()
	return true, nil
}

func (l *Leases) renew(ctx context.Context, n int) error {
	l.mu.Lock()
	h := l.held[n]
	l.mu.Unlock()
	rev, err := l.kv.Update(ctx, partKey(n), []byte(l.id), h.revision)
	if err == nil {
		h.revision = rev
		return nil
	}
	api, ok := errors.AsType[*jetstream.APIError](err)
	if ok && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
		// It ran out and another has it: stop at once.
		l.drop(n)
		return nil
	}
	return err
}

// drop stops the workers of a partition.
func (l *Leases) drop(n int) *lease {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.held[n]
	if h != nil {
		delete(l.held, n)
		close(h.gone)
		l.signal()
	}
	return h
}

// release stops the workers of a partition and lets it go once they have stopped, which takes less than a lease lasts.
// What fails runs out by itself.
func (l *Leases) release(ctx context.Context, n int) {
	h := l.drop(n)
	if h == nil {
		return
	}
	ctx = context.WithoutCancel(ctx)
	l.releasing.Go(func() {
		h.users.Wait()
		if err := l.kv.Delete(ctx, partKey(n), jetstream.LastRevision(h.revision)); err != nil {
			l.bus.log.Debug("a lease was not given back; it runs out", "partition", n, "error", err)
		}
	})
}

// signal tells the workers that held has changed. The caller holds mu.
func (l *Leases) signal() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// Held returns how many partitions this process holds.
func (l *Leases) Held() int {
	if l.kv == nil {
		return Partitions
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.held)
}

// First tells whether this process holds the first partition: of the processes that fetch, the one that does what one of
// them is to do for all.
func (l *Leases) First() bool {
	if l.kv == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held[0] != nil && time.Since(l.renewed) < leaseTTL-leaseBeat
}

// Taken returns how many partitions this process has taken so far: where the number grows, what others know of their hosts
// is to be learnt.
func (l *Leases) Taken() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.taken
}

// Valid tells whether the leases still hold by this process's own clock.
func (l *Leases) Valid() bool {
	if l.kv == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Since(l.renewed) < leaseTTL-leaseBeat
}

// Each runs f for every partition as long as it is held, until ctx ends. The context of f ends when the partition is to
// be let go; it is let go when f has returned. With an embedded server all are held, and f is never run.
func (l *Leases) Each(ctx context.Context, f func(ctx context.Context, partition int)) {
	var wg sync.WaitGroup
	defer wg.Wait()
	running := map[int]*lease{}
	for {
		l.mu.Lock()
		changed := l.changed
		for n, h := range running {
			if l.held[n] != h {
				delete(running, n)
			}
		}
		for n, h := range l.held {
			if running[n] == h {
				continue
			}
			running[n] = h
			h.users.Add(1)
			wg.Go(func() {
				defer h.users.Done()
				ctx, cancel := context.WithCancel(ctx)
				defer cancel()
				stop := make(chan struct{})
				defer close(stop)
				go func() {
					select {
					case <-h.gone:
						cancel()
					case <-stop:
					}
				}()
				select {
				case <-ctx.Done():
				case <-time.After(time.Until(h.from)):
					f(ctx, n)
				}
			})
		}
		l.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}
