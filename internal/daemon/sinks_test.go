package daemon_test

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/postgres"
	"github.com/feedmill/feedmill/sink/postgres/pgtest"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestPostgresHoldsWhatSQLiteHolds stores into both at once and compares them record by record.
func TestPostgresHoldsWhatSQLiteHolds(t *testing.T) {
	t.Parallel()
	dsn := pgtest.New(t)
	_, addr, feeds := startDemo(t)
	dir := t.TempDir()
	cfg := testConfig(dir)
	cfg.Sinks = append(cfg.Sinks, config.Sink{Name: "warehouse", Type: "postgres", DSN: dsn})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := daemon.Run(ctx, daemon.Options{Config: cfg, Also: addr, Feeds: feeds, Once: true, Logger: testLogger(t)}); err != nil {
		t.Fatal(err)
	}
	store, err := postgres.Open(t.Context(), dsn, &postgres.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	got := map[string][]*feedmill.Record{}
	for r, err := range store.Query(t.Context(), sink.Query{Revisions: sink.RevisionsAll}) {
		if err != nil {
			t.Fatal(err)
		}
		got[r.ID] = append(got[r.ID], r)
	}
	want := records(t, dir, sink.Query{Revisions: sink.RevisionsAll})
	if len(want) == 0 {
		t.Fatal("SQLite holds nothing")
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(feedmill.Record{}, "Cursor")); diff != "" {
		t.Errorf("the stores differ (-sqlite +postgres):\n%s", diff)
	}
}

// TestSinksAreClosedWhenAnotherCannotBeOpened: a daemon that cannot start leaves nothing open, so the next one can.
func TestSinksAreClosedWhenAnotherCannotBeOpened(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := testConfig(dir)
	if err := os.Mkdir(filepath.Join(dir, "taken"), 0o700); err != nil {
		t.Fatal(err)
	}
	files := config.Sink{Name: "lake", Type: "file", Format: "jsonl", Dir: filepath.Join(dir, "out")}
	cfg.Sinks = []config.Sink{files, {Name: "main", Type: "sqlite", Path: filepath.Join(dir, "taken")}}
	options := daemon.Options{Config: cfg, Once: true, Logger: testLogger(t)}
	if _, err := daemon.Run(t.Context(), options); err == nil {
		t.Fatal("a directory was opened as a database")
	}
	cfg.Sinks = []config.Sink{files}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := daemon.Run(ctx, options); err != nil {
		t.Errorf("after a start that failed: %v", err)
	}
}

// TestTwoSinksGetEveryRecord stores into SQLite and into files of JSON lines at once, each at its own pace.
func TestTwoSinksGetEveryRecord(t *testing.T) {
	t.Parallel()
	_, addr, feeds := startNewsroom(t, &newsroom.GenerateOptions{Feeds: 2, Items: 10, PageBytes: 8 << 10})
	dir := t.TempDir()
	cfg := testConfig(dir)
	cfg.Sinks = append(cfg.Sinks, config.Sink{Name: "lake", Type: "file", Dir: filepath.Join(dir, "lake")})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := daemon.Run(ctx, daemon.Options{Config: cfg, Also: addr, Feeds: feeds, Once: true, Logger: testLogger(t)}); err != nil {
		t.Fatal(err)
	}
	inFiles := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(dir, "lake", "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no file was finished: %v, %v", files, err)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<24)
		for lines.Scan() {
			var r feedmill.Record
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			inFiles[r.ID] = true
		}
	}
	stored := records(t, dir, sink.Query{})
	if len(stored) != 20 || len(inFiles) != 20 {
		t.Errorf("%d records in SQLite and %d in files, want 20 in each", len(stored), len(inFiles))
	}
	for id := range stored {
		if !inFiles[id] {
			t.Errorf("%s is in SQLite alone", id)
		}
	}
}
