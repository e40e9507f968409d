//go:build chaos

package daemon_test

import (
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// TestChaosScaleOut fetches pages of 64 hosts that take 50 ms each with 1, 2 and 4 fetchers of four connections, and
// wants each doubling to give at least 1.8 times the pages a second. What the processes themselves need must leave the
// cores room: on fewer than four cores the last doubling is only printed.
func TestChaosScaleOut(t *testing.T) {
	rate := map[int]float64{}
	for _, fetchers := range []int{1, 2, 4} {
		rate[fetchers] = fetchRate(t, fetchers, 200*fetchers)
		t.Logf("%d fetchers: %.0f pages/s", fetchers, rate[fetchers])
	}
	if r := rate[2] / rate[1]; r < 1.8 {
		t.Errorf("2 fetchers give %.2f times the pages of 1, want 1.8", r)
	}
	if r := rate[4] / rate[2]; r < 1.8 && runtime.NumCPU() >= 4 {
		t.Errorf("4 fetchers give %.2f times the pages of 2, want 1.8", r)
	}
}

// fetchRate measures the pages a second that a number of fetchers bring, from the first page on, once each of them holds
// its share of the hosts.
func fetchRate(t *testing.T, fetchers, pages int) float64 {
	t.Helper()
	const hosts = 64
	site, addr, feeds := startNewsroom(t, &newsroom.GenerateOptions{Feeds: hosts, Items: pages / hosts, Hosts: hosts, Latency: 50 * time.Millisecond})
	urls := []string{startNATS(t)}
	var children []*exec.Cmd
	stop := func() {
		for _, c := range children {
			if err := c.Process.Signal(syscall.SIGTERM); err != nil {
				t.Error(err)
			}
		}
		for _, c := range children {
			if err := c.Wait(); err != nil {
				t.Errorf("a daemon ended with %v", err)
			}
		}
	}
	defer stop()
	for range fetchers {
		children = append(children, startChild(t, childArgs{Dir: t.TempDir(), Addr: addr, Loopback: true, Stages: []string{daemon.StageFetcher}, NATS: urls, Concurrency: 4}))
	}
	nc, err := nats.Connect(urls[0])
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, 30*time.Second, "the leases to be shared", func() bool {
		kv, err := js.KeyValue(t.Context(), "fm_leases")
		if err != nil {
			return false
		}
		keys, err := kv.ListKeys(t.Context())
		if err != nil {
			return false
		}
		share := map[string]int{}
		for key := range keys.Keys() {
			if e, err := kv.Get(t.Context(), key); err == nil && strings.HasPrefix(key, "part.") {
				share[string(e.Value())]++
			}
		}
		for _, n := range share {
			if n != bus.Partitions/fetchers {
				return false
			}
		}
		return len(share) == fetchers
	})
	// The parser comes last, so that all fetchers are there when its items come.
	children = append(children, startChild(t, childArgs{Dir: t.TempDir(), Addr: addr, Loopback: true, Feeds: nil, Stages: []string{daemon.StageParser, daemon.StageEnricher, daemon.StageSink}, NATS: urls}))
	cfg := testConfig(t.TempDir())
	cfg.NATS.URLs = urls
	client, err := daemon.Open(t.Context(), cfg, testLogger(t))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, url := range feeds {
		if _, _, err := client.Subscribe(t.Context(), url, nil); err != nil {
			t.Fatal(err)
		}
	}
	want := pages / hosts * hosts
	var articles []time.Time
	waitFor(t, 2*time.Minute, "all pages", func() bool {
		articles = articles[:0]
		for _, r := range site.Requests() {
			if r.Status == 200 && strings.Contains(r.Path, "article") {
				articles = append(articles, r.Time)
			}
		}
		return len(articles) >= want
	})
	// The middle half of the run: neither its start nor the last pages of single hosts.
	a, b := articles[want/4], articles[want*3/4]
	return float64(want/2) / b.Sub(a).Seconds()
}
