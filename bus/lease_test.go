package bus_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/bus/bustest"
)

// fetcher is one process that fetches, as far as leases go: a connection of its own and a worker of partitions.
type fetcher struct {
	leases *bus.Leases
	stop   context.CancelFunc
	ended  chan struct{}
}

func startFetcher(t *testing.T, dir, name string, handle func(fetcher string, e feedmill.Entry)) *fetcher {
	t.Helper()
	b := bustest.New(t, &bus.Options{Dir: dir})
	if b.Embedded() {
		t.Fatal("leases need a server that others use too")
	}
	ctx, stop := context.WithCancel(t.Context())
	leases, err := b.NewLeases(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := &fetcher{leases: leases, stop: stop, ended: make(chan struct{})}
	w := &bus.Worker[feedmill.Entry]{Name: "page", From: bus.Items, Leases: leases,
		Handle: func(_ context.Context, e feedmill.Entry, _ *bus.Outbox) error {
			handle(name, e)
			return nil
		}}
	go func() {
		defer close(f.ended)
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := leases.Run(ctx); err != nil {
				t.Errorf("%s: leases: %v", name, err)
			}
		})
		wg.Go(func() {
			if err := w.Run(ctx, b); err != nil {
				t.Errorf("%s: worker: %v", name, err)
			}
		})
		wg.Wait()
	}()
	t.Cleanup(func() { stop(); <-f.ended })
	return f
}

func eventually(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("waited %v for %s", limit, what)
		}
		<-time.After(50 * time.Millisecond)
	}
}

// TestLeasesAreShared joins a second fetcher to a first, and takes it away again: each has its share within 15 s, a host
// is never served by both, and every item is handled once.
func TestLeasesAreShared(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	daemon := bustest.New(t, &bus.Options{Dir: dir, Daemon: true})
	var mu sync.Mutex
	handled := map[string]int{}
	owner := map[string]string{} // of a host, since the last look
	both := 0
	handle := func(name string, e feedmill.Entry) {
		mu.Lock()
		defer mu.Unlock()
		handled[e.ID]++
		if o := owner[e.Host]; o != "" && o != name {
			both++
		}
		owner[e.Host] = name
	}
	first := startFetcher(t, dir, "first", handle)
	eventually(t, 15*time.Second, "the first to hold all", func() bool { return first.leases.Held() == bus.Partitions })
	sent := 0
	items := func() {
		t.Helper()
		var all []feedmill.Entry
		for range 100 {
			host := fmt.Sprintf("h%d.example", sent%40)
			all = append(all, feedmill.Entry{ID: fmt.Sprint(sent), URL: "http://" + host + "/", Host: host})
			sent++
		}
		send(t, daemon, fmt.Sprint(sent), all...)
		eventually(t, 40*time.Second, "all items", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(handled) == sent
		})
	}
	settled := func() {
		mu.Lock()
		defer mu.Unlock()
		clear(owner)
	}
	items()

	second := startFetcher(t, dir, "second", handle)
	eventually(t, 15*time.Second, "equal shares", func() bool {
		return first.leases.Held() == bus.Partitions/2 && second.leases.Held() == bus.Partitions/2
	})
	settled()
	items()
	mu.Lock()
	split := map[string]int{}
	for _, o := range owner {
		split[o]++
	}
	if both > 0 || split["first"] < 5 || split["second"] < 5 {
		t.Errorf("hosts are split %v, and %d changed hands without need", split, both)
	}
	mu.Unlock()

	second.stop()
	<-second.ended
	eventually(t, 15*time.Second, "the first to hold all again", func() bool { return first.leases.Held() == bus.Partitions })
	settled()
	items()
	mu.Lock()
	defer mu.Unlock()
	for id, n := range handled {
		if n != 1 {
			t.Errorf("item %s was handled %d times", id, n)
		}
	}
}
