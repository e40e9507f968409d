package daemon_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/sqlite"
	"github.com/google/go-cmp/cmp"
)

// runReplay starts a replay of a stage over a directory at rest, and runs a daemon until its pointers are handled.
func runReplay(t *testing.T, dir, stage string) *bus.Replay {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var r *bus.Replay
	_, err := daemon.Run(ctx, daemon.Options{Config: testConfig(dir), Logger: testLogger(t),
		OnReady: func(c *daemon.Client) {
			go func() {
				defer cancel()
				var err error
				if r, err = c.StartReplay(ctx, stage, bus.Selection{}, 0, nil); err != nil {
					t.Error(err)
					return
				}
				for {
					now, err := c.Bus.Replay(ctx, r.ID)
					records, err2 := c.Bus.Stream(ctx, bus.StreamRecord)
					articles, err3 := c.Bus.Stream(ctx, bus.StreamArticle)
					if err != nil || err2 != nil || err3 != nil {
						t.Error(err, err2, err3)
						return
					}
					left := now.Pending
					for _, s := range append(records.Consumers, articles.Consumers...) {
						left += int(s.Pending) + s.Unacked
					}
					if left == 0 {
						return
					}
					<-time.After(20 * time.Millisecond)
				}
			}()
		}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func dryReplay(t *testing.T, dir, stage string) *daemon.DryReplay {
	t.Helper()
	client, err := daemon.Open(t.Context(), testConfig(dir), testLogger(t))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, "feedmill.db"), &sqlite.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	sum, err := client.DryReplay(t.Context(), stage, bus.Selection{}, store, nil)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// TestReplayThroughTheSamePipelineChangesNothing replays every stage, dry and for real: not a row changes, not even a
// cursor, and no page is fetched.
func TestReplayThroughTheSamePipelineChangesNothing(t *testing.T) {
	t.Parallel()
	site, addr, feeds := startNewsroom(t, &newsroom.GenerateOptions{Feeds: 2, Items: 15, PageBytes: 8 << 10})
	dir := t.TempDir()
	runOnce(t, dir, addr, feeds)
	want := records(t, dir, sink.Query{Revisions: sink.RevisionsAll})
	asked := len(site.Requests())
	for _, stage := range []string{daemon.StageParser, daemon.StageEnricher, daemon.StageSink} {
		dry := dryReplay(t, dir, stage)
		if dry.Messages < 30 || dry.Unchanged != 30 || dry.Unchanged+dry.Repeated != dry.Messages {
			t.Errorf("%s, dry: %+v, want all unchanged", stage, dry)
		}
		// What the replay of a stage publishes stands in the next stage's stream beside what was there.
		if r := runReplay(t, dir, stage); r.Published != dry.Messages {
			t.Errorf("%s: %+v, want %d published", stage, r, dry.Messages)
		}
		if diff := cmp.Diff(want, records(t, dir, sink.Query{Revisions: sink.RevisionsAll})); diff != "" {
			t.Errorf("%s: the replay changed records (-before +after):\n%s", stage, diff)
		}
	}
	for _, r := range site.Requests()[asked:] {
		if r.Status != 304 {
			t.Errorf("the replay fetched %s (%d)", r.Path, r.Status)
		}
	}
}
