//go:build chaos

package daemon_test

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/sink/postgres/pgtest"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestChaosKillProcesses runs four processes over a nats-server of their own into Postgres, and kills one of them, picked
// by the seed, at each of twenty seeded moments; each is started again at once. A feed is subscribed to before every
// kill, so that there is work whenever one falls; half of the kills wait (20 s at most) until work goes on after the one
// before, the others come on top of it. In the end the records are those of one process with SQLite: none is lost, none is there
// twice, no article has a revision too many. Nothing was given up but the demo's page that fails on purpose, and no page
// was asked for again once its record was stored.
func TestChaosKillProcesses(t *testing.T) {
	const kills, items = 20, 60
	site, addr, generated := startNewsroom(t, &newsroom.GenerateOptions{Feeds: kills + 1, Items: items, PageBytes: 12 << 10, Latency: 100 * time.Millisecond})
	feeds := site.Feeds("http://" + addr.String())
	one := t.TempDir()
	runOnce(t, one, addr, feeds)
	want := sqliteStore(filepath.Join(one, "feedmill.db")).all(t)
	if len(want) < (kills+1)*items {
		t.Fatalf("one process stored %d records, want %d and the demo's", len(want), (kills+1)*items)
	}
	for _, seed := range []uint64{1, 2, 3} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, seed))
			dsn := pgtest.New(t)
			store := postgresStore(dsn)
			all := childArgs{NATS: []string{startNATS(t)}, DSN: dsn, Concurrency: 8}
			processes := []childArgs{
				all.of(t.TempDir(), daemon.StageFetcher).fetching(addr, nil),
				all.of(t.TempDir(), daemon.StageParser, daemon.StageEnricher),
				all.of(t.TempDir(), daemon.StageParser, daemon.StageEnricher),
				all.of(t.TempDir(), daemon.StageSink),
			}
			var running []*exec.Cmd
			for _, a := range processes {
				running = append(running, startChild(t, a))
			}
			cfg := testConfig(t.TempDir())
			cfg.NATS.URLs = all.NATS
			client, err := daemon.Open(t.Context(), cfg, testLogger(t))
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			subscribe := func(urls ...string) {
				for _, url := range urls {
					waitFor(t, time.Minute, "the subscription of "+url, func() bool { // a machine at its limit may not answer in time
						_, _, err := client.Subscribe(t.Context(), url, nil)
						return err == nil
					})
				}
			}
			subscribe(feeds[:len(feeds)-len(generated)+1]...) // the demo's, and the first

			began := len(site.Requests())
			type kill struct {
				Process  int
				Stored   int
				requests int // length of the newsroom's log at the kill
				urls     map[string]bool
			}
			var log []kill
			for n := range kills {
				subscribe(generated[n+1])
				if rnd.IntN(2) == 0 {
					before, end := store.count(t), time.Now().Add(20*time.Second)
					for store.count(t) == before && time.Now().Before(end) {
						time.Sleep(20 * time.Millisecond)
					}
				}
				time.Sleep(time.Duration(100+rnd.IntN(2500)) * time.Millisecond) // the moment of the kill is what is tested
				i := rnd.IntN(len(processes))
				if err := running[i].Process.Kill(); err != nil {
					t.Fatal(err)
				}
				err := running[i].Wait()
				if running[i].ProcessState.ExitCode() != -1 {
					t.Fatalf("%v ended by itself: %v", processes[i].Stages, err)
				}
				k := kill{Process: i, urls: map[string]bool{}}
				if store.count(t) > 0 {
					for _, rs := range store.all(t) {
						if r := rs[0]; !r.HasWarning("feed_only") {
							k.urls[r.URL] = true
						}
					}
				}
				k.Stored, k.requests = len(k.urls), len(site.Requests())
				log = append(log, k)
				running[i] = startChild(t, processes[i])
			}
			for _, k := range log {
				t.Logf("killed %v with %d records stored", processes[k.Process].Stages, k.Stored)
			}
			done := func() bool { return store.count(t) >= len(want) && idle(t, client.Bus) }
			waitFor(t, 5*time.Minute, "all records", func() bool { return done() && done() })
			for i, cmd := range running {
				stopChild(t, cmd, processes[i].Stages)
			}

			compareRecords(t, want, store.all(t), anyFeedFirst)
			err = client.Bus.DeadLetters(t.Context(), func(d bus.DeadLetter) bool {
				if !strings.Contains(string(d.Payload), "market-hall-roof") {
					t.Errorf("given up in %s: %s", d.Stage, d.Reason)
				}
				return true
			})
			if err != nil {
				t.Error(err)
			}
			for i, k := range log {
				for _, r := range site.Requests()[k.requests:] {
					if url := "http://" + addr.String() + r.Path; k.urls[url] {
						t.Errorf("kill %d: %s was stored, and asked for again", i, url)
					}
				}
			}
			asked := map[string]int{}
			for _, r := range site.Requests()[began:] {
				if strings.Contains(r.Path, "/article-") {
					asked[r.Path]++
				}
			}
			again := 0
			for _, n := range asked {
				again += n - 1
			}
			t.Logf("%d pages asked for, %d requests more for pages that were in hand at a kill", len(asked), again)
		})
	}
}

// anyFeedFirst leaves open by which of its feeds an article came first: the demo has one in two of them.
var anyFeedFirst = cmp.Options{
	cmpopts.SortSlices(func(a, b feedmill.Mention) bool { return a.Feed < b.Feed }),
	cmpopts.IgnoreFields(feedmill.Timestamp{}, "Raw"),
}

// idle tells whether no message waits for a worker or is in hand, on any stream.
func idle(t *testing.T, b *bus.Bus) bool {
	t.Helper()
	streams, err := b.Streams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range streams {
		for _, c := range s.Consumers {
			if s.Name != bus.StreamWork && c.Pending+uint64(c.Unacked) > 0 {
				return false
			}
		}
	}
	return true
}
