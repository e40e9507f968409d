package daemon_test

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/sink/postgres/pgtest"
)

// lines is a log that may be read while it is written.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

// with returns the lines that hold a text.
func (l *lines) with(text string) (found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.all.String()) {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}

// TestADaemonStartsWithoutItsPostgres starts a daemon with two sinks, one of which is a Postgres that is stopped, or that
// refuses the password. The other sink gets everything meanwhile, what is wrong is told with what to do about it, and when
// somebody has done that, all is in both.
func TestADaemonStartsWithoutItsPostgres(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	server.Exec(t, "CREATE ROLE "+pgtest.NeedsPassword)
	server.Exec(t, "CREATE ROLE ann LOGIN SUPERUSER PASSWORD 'old' IN ROLE "+pgtest.NeedsPassword)
	for _, test := range []struct {
		name, user string
		begin      func()
		mend       func()
		told       []string
	}{
		{"away", "feedmill", func() { server.Stop(t) }, func() { server.Start(t) }, []string{"cannot be reached", "check that it runs"}},
		{"refused", "ann:new-secret", func() {}, func() { server.Exec(t, "ALTER ROLE ann PASSWORD 'new-secret'") }, []string{"refuses the user ann or the password", "pg_hba.conf"}},
	} {
		t.Run(test.name, func(t *testing.T) { // one after the other: they share the server
			_, addr, feeds := startNewsroom(t, &newsroom.GenerateOptions{Feeds: 2, Items: 10, PageBytes: 4 << 10})
			const all = 20
			dsn := server.Database(t)
			test.begin()
			dir := t.TempDir()
			cfg := listening(t, dir, "127.0.0.1:0")
			cfg.Sinks = append(cfg.Sinks, config.Sink{Name: "warehouse", Type: "postgres", DSN: strings.Replace(dsn, "feedmill@", test.user+"@", 1)})
			listens, clients := make(chan string, 1), make(chan *daemon.Client, 1)
			log := &lines{}
			stop := start(t, daemon.Options{Config: cfg, Also: addr, Feeds: feeds, Logger: slog.New(slog.NewTextHandler(log, nil)),
				OnListen: func(url string) { listens <- url }, OnReady: func(c *daemon.Client) { clients <- c }})
			url, client := <-listens, <-clients

			local := sqliteStore(filepath.Join(dir, "feedmill.db"))
			waitFor(t, time.Minute, "all records in SQLite", func() bool { return local.count(t) == all })
			if h, status := ask(t, url+"/readyz"); status != 503 || len(h.Problems) != 1 || h.Problems[0].Name != "sink warehouse" {
				t.Errorf("/readyz: %d %+v, want the sink's name", status, h)
			}
			told := log.with("a sink cannot be opened; the rest goes on, its records wait on the bus")
			if len(told) != 1 {
				t.Fatalf("told %d times that the sink cannot be opened: %s", len(told), told)
			}
			for _, want := range append(test.told, "sink=warehouse") {
				if !strings.Contains(told[0], want) {
					t.Errorf("%s does not say %q", told[0], want)
				}
			}
			if leaks := log.with("new-secret"); len(leaks) > 0 {
				t.Errorf("the password is told: %s", leaks)
			}
			waitFor(t, 20*time.Second, "the lag of the sink", func() bool { return lag(t, client, "sink-warehouse") == all })

			test.mend()
			remote := postgresStore(dsn)
			waitFor(t, time.Minute, "all records in Postgres", func() bool { return remote.count(t) == all })
			waitFor(t, 20*time.Second, "readiness", func() bool { _, status := ask(t, url+"/readyz"); return status == 200 })
			// A write may find the sink open before the one who waits for it does.
			waitFor(t, time.Minute, "the word of it", func() bool { return len(log.with("the sink is open now")) > 0 })
			if told := log.with("the sink is open now"); len(told) != 1 {
				t.Errorf("told %d times that the sink is open: %s", len(told), told)
			}
			stop()
			compareRecords(t, local.all(t), remote.all(t))
		})
	}
}

// lag is how many messages a worker has before it.
func lag(t *testing.T, client *daemon.Client, worker string) int {
	t.Helper()
	streams, err := client.Bus.Streams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, s := range streams {
		for _, c := range s.Consumers {
			if c.Name == worker {
				n += int(c.Pending) + c.Unacked
			}
		}
	}
	return n
}

// TestWhatNoWaitingMends ends at once, with what to do: a DSN that cannot be read, and one pass into a store that is away.
func TestWhatNoWaitingMends(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, dsn string
		once      bool
		told      []string
	}{
		{"unreadable", "postgres://ann:se@cret@:x/db", false, []string{"sink main: ", "the DSN cannot be read: write one such as postgres://user:password@host:5432/database"}},
		{"one pass", "postgres://ann:secret@127.0.0.1:1/db", true, []string{"sink main: ", "the server cannot be reached: check that it runs"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cfg := testConfig(t.TempDir())
			cfg.Sinks = []config.Sink{{Name: "main", Type: "postgres", DSN: test.dsn}}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_, err := daemon.Run(ctx, daemon.Options{Config: cfg, Once: test.once, Logger: testLogger(t)})
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.told {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v does not say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "cret") {
				t.Errorf("%v tells the password", err)
			}
		})
	}
}
