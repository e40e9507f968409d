//go:build unix

package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// shared starts the server of [New], once for a test binary.
var shared = sync.OnceValues(func() (*Server, error) {
	s, err := newServer()
	if err != nil {
		return nil, err
	}
	return s, s.start()
})

var databases atomic.Int64

// New returns the DSN of a fresh database, which is dropped at the end of the test. Its user is a superuser, its encoding
// UTF-8, its locale C.
func New(tb testing.TB) string {
	tb.Helper()
	s, err := shared()
	if err != nil {
		skipOrFail(tb, err)
	}
	return s.Database(tb)
}

// Start returns a server of the test's own, running. It ends with the test.
func Start(tb testing.TB) *Server {
	tb.Helper()
	s, err := newServer()
	if err != nil {
		skipOrFail(tb, err)
	}
	tb.Cleanup(s.remove)
	s.Start(tb)
	return s
}

func skipOrFail(tb testing.TB, err error) {
	tb.Helper()
	if err == errNoBinaries {
		tb.Skipf("%v; to run this test: apt-get install postgresql", err)
	}
	tb.Fatal(err)
}

// Database returns the DSN of a fresh database of the server, as New does.
func (s *Server) Database(tb testing.TB) string {
	tb.Helper()
	name := fmt.Sprintf("test%d", databases.Add(1))
	s.Exec(tb, "CREATE DATABASE "+name)
	tb.Cleanup(func() {
		if s.running() {
			s.Exec(tb, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
		}
	})
	return s.DSN(superuser, "", name)
}

// DSN returns the connection string for a user and a database. The password is asked for only of users of the role
// [NeedsPassword].
func (s *Server) DSN(user, password, database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(user), Path: "/" + database, RawQuery: url.Values{"host": {s.dir}}.Encode()}
	if password != "" {
		u.User = url.UserPassword(user, password)
	}
	return u.String()
}

// Exec runs a statement as the superuser, in the database postgres.
func (s *Server) Exec(tb testing.TB, statement string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // in cleanups too
	defer cancel()
	conn, err := pgx.Connect(ctx, s.DSN(superuser, "", "postgres"))
	if err != nil {
		tb.Fatalf("%v\n%s", err, s.log.tail())
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		tb.Fatalf("%s: %v", statement, err)
	}
}

// Start starts the server again.
func (s *Server) Start(tb testing.TB) {
	tb.Helper()
	if err := s.start(); err != nil {
		tb.Fatal(err)
	}
}

// Stop ends the server at once, as a crash does; what was committed is kept.
func (s *Server) Stop(tb testing.TB) {
	tb.Helper()
	if err := s.stop("keep\n"); err != nil {
		tb.Fatal(err)
	}
}

// output keeps what the server says and tells when it says that it is ready.
type output struct {
	mu    sync.Mutex
	text  strings.Builder
	ready chan struct{}
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(b)
	if o.ready != nil && strings.Contains(o.text.String(), "ready to accept connections") {
		close(o.ready)
		o.ready = nil
	}
	return len(b), nil
}

func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := o.text.String()
	return text[max(0, len(text)-2000):]
}

// temporary makes a directory whose path is short enough for a socket's.
func temporary() (string, error) {
	parent := os.TempDir()
	if len(parent) > 60 {
		parent = "/tmp"
	}
	return os.MkdirTemp(parent, "feedmill-pg-")
}
