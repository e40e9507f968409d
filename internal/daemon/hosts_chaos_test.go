//go:build chaos

package daemon_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill/internal/daemon"
)

// TestChaosASlowHostDelaysNoOther is TestASlowHostDelaysNoOther with the items of a large archive.
func TestChaosASlowHostDelaysNoOther(t *testing.T) {
	slowHost(t, 10_000)
}

// TestChaosThreeFetchersKeepOneHostsSpacing polls 500 feeds of one host with three fetcher processes, kills each of them
// in turn and starts it again: the host never sees more requests at once than are allowed, nor closer to each other than
// its delay, and the polls go on after each kill.
func TestChaosThreeFetchersKeepOneHostsSpacing(t *testing.T) {
	const feeds, perHost, delay = 500, 2, 200 * time.Millisecond
	host := &hostLog{}
	host.respond = func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(300 * time.Millisecond) // the host's: two requests overlap
		send(w, "application/rss+xml", feedDoc(guidItem("of "+r.URL.Path)))
	}
	server := httptest.NewServer(host)
	defer server.Close()
	all := childArgs{NATS: []string{startNATS(t)}, Concurrency: 16, PerHost: perHost, HostDelay: delay}
	addr := netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://"))
	var fetchers []childArgs
	var running []*exec.Cmd
	for range 3 {
		a := all.of(t.TempDir(), daemon.StageFetcher).fetching(addr, nil)
		fetchers = append(fetchers, a)
		running = append(running, startChild(t, a))
	}
	rest := startChild(t, all.of(t.TempDir(), daemon.StageParser, daemon.StageEnricher, daemon.StageSink))
	cfg := testConfig(t.TempDir())
	cfg.NATS.URLs, cfg.Fetch.Contact = all.NATS, "mailto:editor@example.org"
	client, err := daemon.Open(t.Context(), cfg, testLogger(t))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for i := range feeds {
		url := fmt.Sprintf("%s/%d.xml", server.URL, i)
		waitFor(t, time.Minute, "the subscription of "+url, func() bool {
			_, _, err := client.Subscribe(t.Context(), url, nil)
			return err == nil
		})
	}
	count := func() int {
		host.mu.Lock()
		defer host.mu.Unlock()
		return len(host.starts)
	}
	goOn := func(what string, n int) {
		t.Helper()
		want := count() + n
		waitFor(t, 2*time.Minute, what, func() bool { return count() >= want })
	}
	goOn("the first polls", 30)
	for i := range running {
		if err := running[i].Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = running[i].Wait() // it was killed
		at := time.Now()
		running[i] = startChild(t, fetchers[i])
		goOn(fmt.Sprintf("polls after fetcher %d was killed", i), 30)
		t.Logf("fetcher %d killed: 30 more polls took %v", i, time.Since(at).Round(time.Millisecond))
	}
	for _, c := range append(running, rest) {
		stopChild(t, c, nil)
	}
	host.mu.Lock()
	defer host.mu.Unlock()
	if host.most > perHost {
		t.Errorf("%d requests at once, want %d", host.most, perHost)
	}
	least, close, burst := time.Hour, 0, time.Hour
	const window = 5
	for i := 1; i < len(host.starts); i++ {
		gap := host.starts[i].Sub(host.starts[i-1])
		least = min(least, gap)
		if gap < delay*3/4 {
			close++
		}
		if i >= window {
			burst = min(burst, host.starts[i].Sub(host.starts[i-window]))
		}
	}
	t.Logf("%d requests, %d at once at most; the shortest gap was %v, the shortest time of %d gaps %v, %d gaps below 3/4 of the delay", len(host.starts), host.most, least, window, burst, close)
	// When a request arrives depends on the machine, too; what was sent too early shows in every window that it is in.
	if burst < window*delay*9/10 {
		t.Errorf("%d requests within %v, want %v between any two", window+1, burst, delay)
	}
}
