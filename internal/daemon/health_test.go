package daemon_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/internal/web"
	"github.com/google/go-cmp/cmp"
)

// listening is the tests' configuration with a listener that was asked for.
func listening(t *testing.T, dir, address string) *config.Config {
	t.Helper()
	cfg := testConfig(dir)
	if err := cfg.Set("http.listen", address, "test"); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// start runs a daemon in this process. Stop ends it and returns how long that took.
func start(t *testing.T, o daemon.Options) (stop func() time.Duration) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := daemon.Run(ctx, o)
		ended <- err
	}()
	stop = func() time.Duration {
		begin := time.Now()
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) { // canceled: it was still starting
			t.Errorf("daemon: %v", err)
		}
		ended <- nil
		return time.Since(begin)
	}
	t.Cleanup(func() { stop() })
	return stop
}

// ask returns the answer of a health check, and its status.
func ask(t *testing.T, url string) (h web.Health, status int) {
	t.Helper()
	res, err := http.Get(url) //nolint:noctx // on loopback
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&h); err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	return h, res.StatusCode
}

func TestHealthBeforeWhileAndAfter(t *testing.T) {
	t.Parallel()
	_, addr, feeds := startNewsroom(t, &newsroom.GenerateOptions{Feeds: 1, Items: 2, PageBytes: 4 << 10})
	var url string
	var before web.Health
	var beforeStatus, liveBefore int
	listened := make(chan struct{})
	stop := start(t, daemon.Options{Config: listening(t, t.TempDir(), "127.0.0.1:0"), Also: addr, Feeds: feeds, Logger: testLogger(t),
		OnListen: func(u string) {
			defer close(listened)
			url = u
			before, beforeStatus = ask(t, u+"/readyz")
			_, liveBefore = ask(t, u+"/livez")
		}})
	<-listened
	want := web.Health{Problems: []web.Problem{
		{Name: "nats", Reason: "not connected yet"},
		{Name: "stages", Reason: "not prepared yet"},
		{Name: "sink main", Reason: "not open yet"},
	}}
	if diff := cmp.Diff(want, before); diff != "" || beforeStatus != 503 || liveBefore != 200 {
		t.Errorf("before: /readyz %d, want 503, /livez %d, want 200 (-want +got):\n%s", beforeStatus, liveBefore, diff)
	}
	waitFor(t, 30*time.Second, "readiness", func() bool { _, status := ask(t, url+"/readyz"); return status == 200 })
	if h, status := ask(t, url+"/livez"); !h.OK || status != 200 {
		t.Errorf("/livez: %d %+v", status, h)
	}
	if took := stop(); took > 15*time.Second {
		t.Errorf("the end took %v", took)
	}
	if _, err := net.Dial("tcp", strings.TrimPrefix(url, "http://")); err == nil {
		t.Error("somebody still listens after the end")
	}
}

func TestEveryStageTellsItsHealth(t *testing.T) {
	t.Parallel()
	for _, stage := range daemon.Stages() {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			urls := make(chan string, 1)
			start(t, daemon.Options{Config: listening(t, t.TempDir(), "127.0.0.1:0"), Stages: []string{stage}, Logger: testLogger(t),
				OnListen: func(url string) { urls <- url }})
			url := <-urls
			waitFor(t, 30*time.Second, "readiness of "+stage, func() bool { _, status := ask(t, url+"/readyz"); return status == 200 })
		})
	}
}

func TestATakenAddress(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	address := l.Addr().String()

	// Where it was asked for, it is an error that says what to do.
	_, err = daemon.Run(t.Context(), daemon.Options{Config: listening(t, t.TempDir(), address), Logger: testLogger(t)})
	if err == nil || !strings.Contains(err.Error(), "http.listen (test)") || !strings.Contains(err.Error(), address) || !strings.Contains(err.Error(), "write another address") {
		t.Errorf("error %v, want one that names the key, the address and what to do", err)
	}

	// Where nobody asked for it, as with the default, the daemon goes on without.
	cfg := testConfig(t.TempDir())
	cfg.HTTP.Listen = address
	ready := make(chan struct{})
	start(t, daemon.Options{Config: cfg, Logger: testLogger(t),
		OnReady:  func(*daemon.Client) { close(ready) },
		OnListen: func(url string) { t.Errorf("listens at %s, which is taken", url) }})
	select {
	case <-ready:
	case <-time.After(30 * time.Second):
		t.Error("the daemon does not start")
	}
}

// TestAPassListensOnlyWhereAsked: the default address may well be that of a daemon beside it.
func TestAPassListensOnlyWhereAsked(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t.TempDir())
	cfg.HTTP.Listen = "127.0.0.1:0"
	heard := 0
	listened := func(string) { heard++ }
	if _, err := daemon.Run(t.Context(), daemon.Options{Config: cfg, Once: true, OnListen: listened, Logger: testLogger(t)}); err != nil || heard != 0 {
		t.Errorf("listened %d times, %v; want not", heard, err)
	}
	cfg = listening(t, t.TempDir(), "127.0.0.1:0")
	if _, err := daemon.Run(t.Context(), daemon.Options{Config: cfg, Once: true, OnListen: listened, Logger: testLogger(t)}); err != nil || heard != 1 {
		t.Errorf("listened %d times, %v; want once", heard, err)
	}
}
