//go:build chaos

package daemon_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/sink"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// startCluster runs three nats-servers as one JetStream cluster on loopback.
func startCluster(t *testing.T) (urls []string, servers map[string]*exec.Cmd) {
	t.Helper()
	bin := buildNATS(t)
	servers = map[string]*exec.Cmd{}
	ports := freePorts(t, 6)
	var routes []string
	for i := range 3 {
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", ports[3+i]))
	}
	for i := range 3 {
		name := fmt.Sprintf("n%d", i)
		cmd := exec.CommandContext(t.Context(), bin, "-js", "-n", name, "-a", "127.0.0.1", "-p", fmt.Sprint(ports[i]), "-sd", filepath.Join(t.TempDir(), name),
			"-cluster_name", "feedmill", "-cluster", fmt.Sprintf("nats://127.0.0.1:%d", ports[3+i]), "-routes", strings.Join(routes, ","))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait() // it was killed
		})
		servers[name] = cmd
		urls = append(urls, fmt.Sprintf("nats://127.0.0.1:%d", ports[i]))
	}
	return urls, servers
}

// freePorts finds loopback ports that are free now.
func freePorts(t *testing.T, n int) []int {
	t.Helper()
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// TestChaosClusterLeader runs the stages in two processes over three replicas and kills the leader of the PAGE stream in
// mid-run: nothing is lost, and nothing is stored twice.
func TestChaosClusterLeader(t *testing.T) {
	const articles = 300
	_, addr, feeds := startNewsroom(t, &newsroom.GenerateOptions{Feeds: 10, Items: articles / 10, PageBytes: 8 << 10, Latency: 20 * time.Millisecond})
	urls, servers := startCluster(t)
	nc, err := nats.Connect(urls[0]+","+urls[1]+","+urls[2], nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, 30*time.Second, "the cluster to elect a leader", func() bool {
		_, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: "READY", Subjects: []string{"ready"}, Replicas: 3})
		return err == nil
	})
	dir := t.TempDir()
	var children []*exec.Cmd
	for _, stages := range [][]string{{daemon.StageParser, daemon.StageEnricher, daemon.StageSink}, {daemon.StageFetcher}} {
		children = append(children, startChild(t, childArgs{Dir: dir, Addr: addr, Feeds: feeds, Stages: stages, NATS: urls, Replicas: 3}))
	}
	var leader string
	waitFor(t, time.Minute, "the first pages", func() bool {
		s, err := js.Stream(t.Context(), "FM_"+bus.StreamPage)
		if err != nil || s.CachedInfo().State.Msgs < articles/10 || s.CachedInfo().Cluster == nil {
			return false
		}
		leader = s.CachedInfo().Cluster.Leader
		return leader != ""
	})
	t.Logf("killing %s, the leader of FM_PAGE", leader)
	if err := servers[leader].Process.Kill(); err != nil {
		t.Fatal(err)
	}
	db := filepath.Join(dir, "feedmill.db")
	defer func() {
		if t.Failed() {
			logStreams(t, js)
		}
	}()
	waitFor(t, 2*time.Minute, "all records", func() bool {
		if _, err := os.Stat(db); err != nil {
			return false
		}
		return len(storedURLs(t, db)) >= articles
	})
	for _, c := range children {
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := c.Wait(); err != nil {
			t.Errorf("a daemon ended with %v", err)
		}
	}
	if all := records(t, dir, sink.Query{}); len(all) != articles {
		t.Errorf("%d records, want %d", len(all), articles)
	}
}

// logStreams tells where messages are stuck.
func logStreams(t *testing.T, js jetstream.JetStream) {
	for _, name := range []string{"WORK", "FEED", "ITEM", "PAGE", "ARTICLE", "RECORD", "DEAD"} {
		s, err := js.Stream(context.WithoutCancel(t.Context()), "FM_"+name)
		if err != nil {
			t.Logf("%s: %v", name, err)
			continue
		}
		t.Logf("%s: %d messages, cluster %+v", name, s.CachedInfo().State.Msgs, s.CachedInfo().Cluster)
		for c := range s.ListConsumers(context.WithoutCancel(t.Context())).Info() {
			if c.NumPending > 0 || c.NumAckPending > 0 {
				t.Logf("  %s: %d pending, %d unacked, %d redelivered, waiting %d", c.Name, c.NumPending, c.NumAckPending, c.NumRedelivered, c.NumWaiting)
			}
		}
	}
}
