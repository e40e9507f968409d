package daemon_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/feedmill/feedmill/internal/buildtest"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
)

// childArgs, as JSON in the environment variable childEnv, make the test binary a daemon.
type childArgs struct {
	Dir    string
	Addr   netip.AddrPort
	Feeds  []string
	Stages []string
	NATS   []string
	// Prefix begins the subjects, DSN names a Postgres to store into in place of SQLite; both may be empty.
	Prefix, DSN string
	// Replicas of each stream; 0 is 1.
	Replicas int
	// Loopback admits every loopback address and port, Concurrency bounds the requests at once; 0 is the default.
	Loopback    bool
	Concurrency int
	// PerHost and HostDelay bound the requests to one host; 0 is what testConfig says.
	PerHost   int
	HostDelay time.Duration
	// Stories has records placed in stories.
	Stories bool
}

const childEnv = "FEEDMILL_TEST_DAEMON"

func TestMain(m *testing.M) {
	if raw := os.Getenv(childEnv); raw != "" {
		if err := child([]byte(raw)); err != nil {
			fmt.Fprintln(os.Stderr, "daemon:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func child(raw []byte) error {
	var a childArgs
	if err := json.Unmarshal(raw, &a); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	cfg := testConfig(a.Dir)
	cfg.NATS.URLs, cfg.NATS.Replicas = a.NATS, max(1, a.Replicas)
	cfg.Stories.Enabled = a.Stories
	if a.Prefix != "" {
		cfg.NATS.Prefix = a.Prefix
	}
	if a.DSN != "" {
		cfg.Sinks = []config.Sink{{Name: "main", Type: "postgres", DSN: a.DSN}}
	}
	if a.Concurrency > 0 {
		cfg.Fetch.Concurrency = a.Concurrency
	}
	if a.PerHost > 0 {
		cfg.Fetch.PerHost = a.PerHost
	}
	if a.HostDelay > 0 {
		cfg.Fetch.HostDelay = config.Duration(a.HostDelay)
	}
	if a.Loopback {
		cfg.Fetch.AllowCIDRs, cfg.Fetch.AllowPorts = []string{"127.0.0.0/8"}, []int{0}
	}
	_, err := daemon.Run(ctx, daemon.Options{Config: cfg, Also: a.Addr, Feeds: a.Feeds, Stages: a.Stages, Logger: stderrLogger()})
	return err
}

// startChild starts a daemon as a process of its own.
func startChild(t *testing.T, a childArgs) *exec.Cmd {
	t.Helper()
	raw, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(raw))
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// buildNATS builds nats-server from its module.
func buildNATS(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := buildtest.Programs(t.Context(), dir, "github.com/nats-io/nats-server/v2"); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "nats-server")
}

// startNATS builds nats-server from its module and runs it with JetStream on a free loopback port until the test ends.
func startNATS(t *testing.T) string {
	t.Helper()
	dir, bin := t.TempDir(), buildNATS(t)
	cmd := exec.CommandContext(t.Context(), bin, "-js", "-a", "127.0.0.1", "-p", "-1", "-sd", filepath.Join(dir, "store"), "-ports_file_dir", dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	var url string
	waitFor(t, 20*time.Second, "nats-server to listen", func() bool {
		files, err := filepath.Glob(filepath.Join(dir, "*.ports"))
		if err != nil || len(files) == 0 {
			return false
		}
		raw, err := os.ReadFile(files[0])
		var ports struct{ Nats []string }
		if err != nil || json.Unmarshal(raw, &ports) != nil || len(ports.Nats) == 0 {
			return false
		}
		url = ports.Nats[0]
		return true
	})
	return url
}

func waitFor(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("waited %v for %s", limit, what)
		}
		<-time.After(20 * time.Millisecond)
	}
}
