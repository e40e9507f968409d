//go:build unix

package deploy_test

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/postgres"
	"github.com/feedmill/feedmill/sink/postgres/pgtest"
)

// TestPostgres stores the demo's articles as deploy/feedmill.yaml says, with the password that keys.sh made.
func TestPostgres(t *testing.T) {
	t.Parallel()
	cfg, err := config.Load("feedmill.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	if keys := cfg.Pending(); len(keys) > 0 {
		t.Errorf("feedmill.yaml sets %v, which have no effect", keys)
	}
	if !slices.Equal(cfg.NATS.URLs, []string{"nats://nats:4222"}) || len(cfg.Sinks) != 1 || cfg.Sinks[0].Type != "postgres" {
		t.Fatalf("feedmill.yaml: NATS at %v, sinks %v", cfg.NATS.URLs, cfg.Sinks)
	}

	server := pgtest.Start(t)
	s := newSite(t)
	password, err := os.ReadFile(filepath.Join(s.dir, "postgres-password"))
	if err != nil {
		t.Fatal(err)
	}
	server.Exec(t, "CREATE DATABASE feedmill")
	server.Exec(t, "ALTER ROLE feedmill PASSWORD '"+string(password)+"'")
	server.Exec(t, "CREATE ROLE "+pgtest.NeedsPassword)
	server.Exec(t, "GRANT "+pgtest.NeedsPassword+" TO feedmill")

	// The same DSN, but for where the server and the file are.
	dsn, err := url.Parse(cfg.Sinks[0].DSN)
	if err != nil {
		t.Fatal(err)
	}
	here, err := url.Parse(server.DSN("feedmill", "", "feedmill"))
	if err != nil {
		t.Fatal(err)
	}
	q := dsn.Query()
	if q.Get("passfile") != "/run/secrets/pgpass" {
		t.Errorf("the DSN reads the password from %q", q.Get("passfile"))
	}
	q.Set("host", here.Query().Get("host"))
	dsn.Host = ""
	without := *dsn
	q.Del("passfile")
	without.RawQuery = q.Encode()
	q.Set("passfile", filepath.Join(s.dir, "pgpass"))
	dsn.RawQuery = q.Encode()
	if _, err := postgres.Open(t.Context(), without.String()+"&passfile=/dev/null", nil); err == nil {
		t.Error("the server asks for no password, so this test proves nothing")
	}
	store, err := postgres.Open(t.Context(), dsn.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })

	_, stop := s.stages(t, `FEEDMILL_SINKS=[{name: main, type: postgres, dsn: "`+dsn.String()+`"}]`)
	stored := func() (n int) {
		for r, err := range store.Query(t.Context(), sink.Query{}) {
			if err != nil {
				t.Fatal(err)
			}
			if r.Title == "" {
				t.Errorf("%s has no title", r.URL)
			}
			n++
		}
		return n
	}
	waitFor(t, 2*time.Minute, "all records", func() bool { return stored() >= articles })
	stop()
	if n := stored(); n != articles {
		t.Errorf("%d records, want %d", n, articles)
	}
	if refused := s.refused(t); len(refused) > 0 {
		t.Errorf("refused:\n%s", strings.Join(refused, "\n"))
	}
}
