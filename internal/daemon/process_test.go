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

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/sqlite"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// childArgs, as JSON in the environment variable childEnv, make the test binary a daemon.
type childArgs struct {
	Dir    string
	Addr   netip.AddrPort
	Feeds  []string
	Stages []string
	NATS   []string
	// Replicas of each stream; 0 is 1.
	Replicas int
	// Loopback admits every loopback address and port, Concurrency bounds the requests at once; 0 is the default.
	Loopback    bool
	Concurrency int
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
	if a.Concurrency > 0 {
		cfg.Fetch.Concurrency = a.Concurrency
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
	bin := filepath.Join(t.TempDir(), "nats-server")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "github.com/nats-io/nats-server/v2").CombinedOutput(); err != nil {
		t.Fatalf("build nats-server: %v\n%s", err, out)
	}
	return bin
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

// TestTwoProcessesGiveTheSameRecordsAsOne runs the spine as two processes over an external nats-server.
func TestTwoProcessesGiveTheSameRecordsAsOne(t *testing.T) {
	t.Parallel()
	_, addr, feeds := startNewsroom(t, &newsroom.GenerateOptions{Feeds: 4, Items: 10, PageBytes: 8 << 10})
	one := t.TempDir()
	runOnce(t, one, addr, feeds)
	want := records(t, one, sink.Query{})
	if len(want) != 40 {
		t.Fatalf("one process stored %d records, want 40", len(want))
	}

	url := startNATS(t)
	two := t.TempDir()
	back := startChild(t, childArgs{Dir: two, Stages: []string{daemon.StageParser, daemon.StageEnricher, daemon.StageSink}, NATS: []string{url}})
	front := startChild(t, childArgs{Dir: t.TempDir(), Addr: addr, Feeds: feeds, Stages: []string{daemon.StageFetcher}, NATS: []string{url}})
	waitFor(t, time.Minute, "all records", func() bool {
		s, err := sqlite.Open(t.Context(), filepath.Join(two, "feedmill.db"), &sqlite.Options{ReadOnly: true})
		if err != nil {
			return false // not made yet
		}
		defer s.Close()
		stats, err := s.Stats(t.Context())
		return err == nil && stats.Records == int64(len(want))
	})
	got := records(t, two, sink.Query{})
	for name, cmd := range map[string]*exec.Cmd{"fetcher": front, "parser,enricher,sink": back} {
		start := time.Now()
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s took %v to end", name, took)
		}
	}
	times := cmp.Options{
		cmpopts.IgnoreFields(feedmill.Article{}, "SeenAt"),
		cmpopts.IgnoreFields(feedmill.Record{}, "FirstSeenAt", "Cursor"),
		cmpopts.IgnoreFields(feedmill.Mention{}, "FirstSeen", "LastSeen"),
		cmpopts.IgnoreFields(feedmill.PageProvenance{}, "FetchedAt", "Seq", "Addr"),
		cmpopts.IgnoreFields(feedmill.Pipeline{}, "Run"),
	}
	if diff := cmp.Diff(want, got, times); diff != "" {
		t.Errorf("two processes differ from one (-one +two):\n%s", diff)
	}
}
