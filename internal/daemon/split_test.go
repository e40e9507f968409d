package daemon_test

import (
	"context"
	"net/netip"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/feedmill/feedmill"

	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/postgres"
	"github.com/feedmill/feedmill/sink/postgres/pgtest"
	"github.com/feedmill/feedmill/sink/sqlite"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// timeless compares records of two runs: without their times, their places on the bus, run and story.
var timeless = cmp.Options{
	cmpopts.IgnoreFields(feedmill.Article{}, "SeenAt"),
	cmpopts.IgnoreFields(feedmill.Record{}, "FirstSeenAt", "Cursor", "Story"),
	cmpopts.IgnoreFields(feedmill.Mention{}, "FirstSeen", "LastSeen"),
	cmpopts.IgnoreFields(feedmill.PageProvenance{}, "FetchedAt", "Seq", "Addr"),
	cmpopts.IgnoreFields(feedmill.Pipeline{}, "Run"),
}

// TestSeveralProcessesGiveTheSameRecordsAsOne runs the stages apart over an external nats-server: two processes into
// SQLite, and four into Postgres.
func TestSeveralProcessesGiveTheSameRecordsAsOne(t *testing.T) {
	t.Parallel()
	_, addr, feeds := startNewsroom(t, &newsroom.GenerateOptions{Feeds: 4, Items: 10, PageBytes: 8 << 10})
	one := t.TempDir()
	runOnce(t, one, addr, feeds)
	want := records(t, one, sink.Query{Revisions: sink.RevisionsAll})
	if len(want) != 40 {
		t.Fatalf("one process stored %d records, want 40", len(want))
	}
	url := startNATS(t)

	t.Run("two into SQLite", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		all := childArgs{NATS: []string{url}, Prefix: "two."}
		compareProcesses(t, want, sqliteStore(filepath.Join(dir, "feedmill.db")), []childArgs{
			all.of(t.TempDir(), daemon.StageFetcher).fetching(addr, feeds),
			all.of(dir, daemon.StageParser, daemon.StageEnricher, daemon.StageSink),
		})
	})
	t.Run("four into Postgres", func(t *testing.T) {
		t.Parallel()
		dsn := pgtest.New(t)
		all := childArgs{NATS: []string{url}, Prefix: "four.", DSN: dsn}
		compareProcesses(t, want, postgresStore(dsn), []childArgs{
			all.of(t.TempDir(), daemon.StageFetcher).fetching(addr, feeds),
			all.of(t.TempDir(), daemon.StageParser, daemon.StageEnricher),
			all.of(t.TempDir(), daemon.StageParser, daemon.StageEnricher),
			all.of(t.TempDir(), daemon.StageSink),
		})
	})
}

// of returns the same daemon for other stages, in a directory of its own.
func (a childArgs) of(dir string, stages ...string) childArgs {
	a.Dir, a.Stages = dir, stages
	return a
}

// fetching returns the same daemon with feeds to read.
func (a childArgs) fetching(addr netip.AddrPort, feeds []string) childArgs {
	a.Addr, a.Feeds = addr, feeds
	return a
}

// compareProcesses starts the processes, waits until they have stored as many records as are wanted, stops them, and
// compares.
func compareProcesses(t *testing.T, want map[string][]*feedmill.Record, store *reader, processes []childArgs) {
	t.Helper()
	var running []*exec.Cmd
	for _, a := range processes {
		running = append(running, startChild(t, a))
	}
	waitFor(t, time.Minute, "all records", func() bool { return store.count(t) == len(want) })
	for i, cmd := range running {
		stopChild(t, cmd, processes[i].Stages)
	}
	compareRecords(t, want, store.all(t))
}

// compareRecords compares all revisions of all records, article by article.
func compareRecords(t *testing.T, want, got map[string][]*feedmill.Record, also ...cmp.Option) {
	t.Helper()
	opts := append(cmp.Options{timeless}, also...)
	for id, rs := range want {
		if diff := cmp.Diff(rs, got[id], opts); diff != "" {
			t.Errorf("%s %s differs from one process's (-one +several):\n%s", id, rs[0].URL, diff)
		}
	}
	for id, rs := range got {
		if want[id] == nil {
			t.Errorf("%s %s is there, and one process does not have it", id, rs[0].URL)
		}
	}
}

// stopChild asks a daemon to end and checks that it does so in good order.
func stopChild(t *testing.T, cmd *exec.Cmd, stages []string) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %v", stages, err)
	}
}

// queryStore is a store that can be asked and closed.
type queryStore interface {
	sink.Sink
	sink.Querier
	sink.Statter
}

// reader reads a store that others write; it opens it as soon as it is there.
type reader struct {
	open  func(context.Context) (queryStore, error)
	store queryStore
}

func sqliteStore(path string) *reader {
	return &reader{open: func(ctx context.Context) (queryStore, error) {
		return sqlite.Open(ctx, path, &sqlite.Options{ReadOnly: true})
	}}
}

func postgresStore(dsn string) *reader {
	return &reader{open: func(ctx context.Context) (queryStore, error) {
		return postgres.Open(ctx, dsn, &postgres.Options{ReadOnly: true, MaxConns: 1})
	}}
}

// get returns the store, nil where it cannot be read yet.
func (r *reader) get(t *testing.T) queryStore {
	t.Helper()
	if r.store == nil {
		s, err := r.open(t.Context())
		if err != nil {
			return nil // being made
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		r.store = s
	}
	return r.store
}

// count counts the articles that the store lists; 0 where it cannot be read now.
func (r *reader) count(t *testing.T) int {
	t.Helper()
	s := r.get(t)
	if s == nil {
		return 0
	}
	st, err := s.Stats(t.Context())
	if err != nil {
		return 0 // away
	}
	return int(st.Records)
}

// all returns all revisions of all records by id.
func (r *reader) all(t *testing.T) map[string][]*feedmill.Record {
	t.Helper()
	s := r.get(t)
	if s == nil {
		t.Fatal("there is no store")
	}
	all := map[string][]*feedmill.Record{}
	for r, err := range s.Query(t.Context(), sink.Query{Revisions: sink.RevisionsAll}) {
		if err != nil {
			t.Fatal(err)
		}
		all[r.ID] = append(all[r.ID], r)
	}
	return all
}
