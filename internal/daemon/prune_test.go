package daemon_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/postgres"
	"github.com/feedmill/feedmill/sink/postgres/pgtest"
	"github.com/feedmill/feedmill/sink/sinktest"
	"github.com/feedmill/feedmill/sink/sqlite"
)

// TestOldRecordsAreDropped puts records of two days ago and of now into SQLite and Postgres, more than one batch of them,
// and runs a daemon that keeps them for a day, and then a pass that keeps them for ever.
func TestOldRecordsAreDropped(t *testing.T) {
	t.Parallel()
	dir, dsn := t.TempDir(), pgtest.New(t)
	now := time.Now().UTC().Truncate(time.Second)
	const old, young = 230, 5
	var recs []*feedmill.Record
	for i := range old + young {
		at := now.Add(-48 * time.Hour)
		if i >= old {
			at = now.Add(-time.Hour)
		}
		name := fmt.Sprintf("article-%d", i)
		recs = append(recs, sinktest.Record(name, "Title of "+name, "Text of "+name, name, at, feedmill.Pipeline{Parser: 1}))
	}
	secret := sinktest.Stated("article-0", feedmill.StateWithdrawn, now.Add(-47*time.Hour))
	local, err := sqlite.Open(t.Context(), filepath.Join(dir, "feedmill.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	remote, err := postgres.Open(t.Context(), dsn, nil)
	if err != nil {
		t.Fatal(err)
	}
	stores := map[string]queryStore{"SQLite": local, "Postgres": remote}
	for name, s := range stores {
		defer s.Close()
		if err := s.Write(t.Context(), append(recs, secret)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	count := func(s queryStore) int {
		st, err := s.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return int(st.Records)
	}

	cfg := testConfig(dir)
	cfg.Sinks = append(cfg.Sinks, config.Sink{Name: "warehouse", Type: "postgres", DSN: dsn}, config.Sink{Name: "lake", Type: "file", Format: "jsonl", Dir: filepath.Join(dir, "lake")})
	forEver := *cfg
	if _, err := daemon.Run(t.Context(), daemon.Options{Config: &forEver, Once: true, Logger: testLogger(t)}); err != nil {
		t.Fatal(err)
	}
	for name, s := range stores {
		if n := count(s); n != old+young-1 {
			t.Errorf("%s: %d records after a pass that keeps all, want %d", name, n, old+young-1)
		}
	}
	cfg.Retention.Records = config.Duration(24 * time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	clients := make(chan *daemon.Client, 1)
	stop := start(t, daemon.Options{Config: cfg, Stages: []string{daemon.StageSink}, Logger: testLogger(t), OnReady: func(c *daemon.Client) { clients <- c }})
	client := <-clients
	for name, s := range stores {
		waitFor(t, time.Minute, name+" to drop what is old", func() bool { return count(s) <= young })
	}
	for _, st := range client.Stores(ctx, nil) {
		if want := cfg.Retention.Records; st.Type != "file" && (time.Duration(want) != st.Retention || st.Stats == nil || st.Stats.Records != young || st.Bytes == 0) {
			t.Errorf("status of %s: %+v, want %d records kept for %v", st.Name, st, young, want)
		}
	}
	stop()
	for name, s := range stores {
		if n := count(s); n != young {
			t.Errorf("%s: %d records, want the %d of today", name, n, young)
		}
		for r, err := range s.Query(t.Context(), sink.Query{ID: recs[0].ID}) {
			if err != nil || r.State.Value != feedmill.StateWithdrawn {
				t.Errorf("%s: what was withdrawn is %v, %v", name, r, err)
			}
		}
	}
}
