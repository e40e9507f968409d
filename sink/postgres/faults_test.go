package postgres_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/postgres"
	"github.com/feedmill/feedmill/sink/postgres/pgtest"
	"github.com/feedmill/feedmill/sink/sinktest"
)

var seen = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// article makes the i-th of as many records as a test needs, with so many words of text.
func article(i, words int) *feedmill.Record {
	name := fmt.Sprintf("article-%d", i)
	var b strings.Builder
	for w := range words {
		fmt.Fprintf(&b, "word%d ", (i*31+w*w)%5000)
		if w%60 == 59 {
			b.WriteString("\n\n")
		}
	}
	return sinktest.Record(name, "Title of "+name, strings.TrimSpace(b.String()), name, seen.Add(time.Duration(i)*time.Second),
		feedmill.Pipeline{Parser: 1, Enricher: 1})
}

func articles(from, n, words int) []*feedmill.Record {
	recs := make([]*feedmill.Record, n)
	for i := range recs {
		recs[i] = article(from+i, words)
	}
	return recs
}

func count(t *testing.T, s *postgres.Store) int {
	t.Helper()
	n := 0
	for _, err := range s.Query(t.Context(), sink.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// raw runs a statement behind the store's back.
func raw(t *testing.T, dsn, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

const password = "hunter2"

// wantPlain checks that an error blames the store, in these words, and does not tell the password.
func wantPlain(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one that says %q", words)
	}
	if feedmill.IsPermanent(err) {
		t.Errorf("%v blames the record", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
	if strings.Contains(err.Error(), password) || strings.Contains(err.Error(), "ter2") {
		t.Errorf("%q tells the password", err)
	}
}

func TestBadDSN(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{
		"postgres://ann:hunter2/x@localhost/db",
		"postgres://ann:hun@ter2@localhost/db",
		"postgres://ann:hunter2@localhost:port/db",
		"postgres://ann:hunter2%zz@localhost/db",
		"postgres://ann:hunter2@localhost/db?sslmode=perhaps",
		"postgres://ann:hunter2@localhost/db?pool_max_conns=many",
		"host=localhost password=hunter2 hunter2 user=ann",
		"host=localhost password='hunter2",
		"mysql://ann:hunter2@localhost/db",
		"ann:hunter2@localhost/db",
	} {
		_, err := postgres.Open(t.Context(), dsn, nil)
		wantPlain(t, err, "the DSN cannot be read", "write one such as postgres://")
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	for _, statement := range []string{
		"CREATE ROLE " + pgtest.NeedsPassword,
		"CREATE ROLE ann LOGIN PASSWORD 'right' IN ROLE " + pgtest.NeedsPassword,
		"CREATE ROLE bob LOGIN",
		"CREATE ROLE full_up LOGIN CONNECTION LIMIT 0",
		"CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0",
	} {
		server.Exec(t, statement)
	}
	database := func(statements ...string) string {
		dsn := server.Database(t)
		for _, statement := range statements {
			raw(t, dsn, statement)
		}
		return dsn
	}
	newer := database()
	open(t, newer, nil)
	raw(t, newer, "INSERT INTO feedmill.goose_db_version (version_id, is_applied) VALUES (99, true)")
	foreign := database("CREATE SCHEMA feedmill", "CREATE TABLE feedmill.notes ()")

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		dsn      string
		readOnly bool
		want     []string
	}{
		{"postgres://ann:hunter2@" + nobody + "/db?sslmode=disable", false, []string{"PostgreSQL database db at " + nobody, "cannot be reached: check that it runs"}},
		{"postgres://ann:hunter2@/db?host=/no/such/directory", false, []string{"database db at /no/such/directory", "cannot be reached"}},
		{server.DSN("ann", password, "postgres"), false, []string{"refuses the user ann or the password: check both"}},
		{server.DSN("carl", password, "postgres"), false, []string{"refuses the user carl"}},
		{server.DSN("bob", password, "absent"), false, []string{"database absent at", "no such database: create it with createdb"}},
		{server.DSN("bob", password, "postgres"), false, []string{"the user bob lacks a right", `CREATE SCHEMA feedmill AUTHORIZATION "bob"`}},
		{server.DSN("full_up", password, "postgres"), false, []string{"too many connections: raise"}},
		{server.DSN("feedmill", password, "ascii"), false, []string{"encoding SQL_ASCII", "createdb -T template0 -E UTF8"}},
		{database() + "&default_transaction_read_only=on", false, []string{"only be read", "name the primary"}},
		{newer, false, []string{"written by a newer feedmill (schema 99, this one knows "}},
		{newer, true, []string{"written by a newer feedmill (schema 99, this one knows "}},
		{foreign, false, []string{"schema feedmill is another program's: name another database"}},
		{database(), true, []string{"nothing has been stored there yet"}},
	} {
		_, err := postgres.Open(t.Context(), test.dsn, &postgres.Options{ReadOnly: test.readOnly})
		wantPlain(t, err, append(test.want, "open PostgreSQL database")...)
	}
	// An administrator may make the schema for a user who may not.
	given := database("CREATE SCHEMA feedmill AUTHORIZATION bob")
	open(t, strings.Replace(given, "feedmill@", "bob@", 1), nil)
}

func TestOpenAtOnce(t *testing.T) {
	t.Parallel()
	dsn := pgtest.New(t)
	const n = 4
	errs := make(chan error, n)
	for i := range n {
		go func() {
			s, err := postgres.Open(t.Context(), dsn, nil)
			if err == nil {
				err = errors.Join(s.Write(t.Context(), articles(i, 1, 20)), s.Close())
			}
			errs <- err
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if got := count(t, open(t, dsn, nil)); got != n {
		t.Errorf("%d records, want %d", got, n)
	}
}

// TestServerStops stops the server under a writer, who writes each batch again until it is stored.
func TestServerStops(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	s := open(t, server.Database(t), nil)
	const batches, size = 40, 5
	half, down, up := make(chan struct{}), make(chan error, 1), make(chan struct{})
	stored := make(chan error, 1)
	go func() {
		waited := false
		for i := range batches {
			if i == batches/2 {
				close(half)
			}
			for {
				err := s.Write(t.Context(), articles(i*size, size, 100))
				if err == nil {
					break
				}
				if feedmill.IsPermanent(err) || waited {
					stored <- err
					return
				}
				waited = true
				down <- err
				<-up
			}
		}
		stored <- nil
	}()
	<-half
	server.Stop(t)
	var fault error
	select {
	case fault = <-down:
	case err := <-stored:
		t.Fatalf("the writer ended while the server was stopped: %v", err)
	}
	wantPlain(t, fault, "write PostgreSQL database")
	wantPlain(t, s.Write(t.Context(), articles(0, 1, 10)), "the server cannot be reached: check that it runs")
	for _, err := range s.Query(t.Context(), sink.Query{}) {
		wantPlain(t, err, "query PostgreSQL database", "the server cannot be reached")
	}
	if _, err := s.Stats(t.Context()); err == nil {
		t.Error("Stats of a stopped server gives no error")
	}
	server.Start(t)
	close(up)
	if err := <-stored; err != nil {
		t.Errorf("after the server came back: %v", err)
	}
	if n := count(t, s); n != batches*size {
		t.Errorf("%d records are stored, want %d", n, batches*size)
	}
	st, err := s.Stats(t.Context())
	if err != nil || st.Cursor != batches*size || st.Revisions != batches*size {
		t.Errorf("Stats %+v, %v: want %d revisions, and cursors for each once", st, err, batches*size)
	}
}

func TestRecordAtFault(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.New(t), nil)
	noise := make([]byte, 8000)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*feedmill.Record){
		"id with NUL":  func(r *feedmill.Record) { r.ID = "a\x00b" },
		"endless id":   func(r *feedmill.Record) { r.ID = hex.EncodeToString(noise) },
		"endless feed": func(r *feedmill.Record) { r.Feeds[0].Feed = hex.EncodeToString(noise) },
	} {
		bad := article(1, 10)
		spoil(bad)
		if err := s.Write(t.Context(), []*feedmill.Record{article(0, 10), bad}); !feedmill.IsPermanent(err) {
			t.Errorf("%s: %v, want an error that blames the record", name, err)
		}
	}
	long := article(2, 10)
	long.AltURLs = []string{"https://news.example/?" + hex.EncodeToString(noise)}
	if err := s.Write(t.Context(), []*feedmill.Record{article(0, 10), long}); err != nil {
		t.Fatal(err)
	}
	found := 0
	for rec, err := range s.Query(t.Context(), sink.Query{URL: long.AltURLs[0]}) {
		if err != nil || rec.ID != long.ID {
			t.Errorf("a long URL leads to %v, %v", rec, err)
		}
		found++
	}
	if found != 1 {
		t.Errorf("a long URL leads to %d records, want 1", found)
	}
}

// TestCancelledLetsGo cancels a write that waits for another's lock: it ends, and holds nothing afterwards.
func TestCancelledLetsGo(t *testing.T) {
	t.Parallel()
	dsn := pgtest.New(t)
	s := open(t, dsn, nil)
	if err := s.Write(t.Context(), articles(0, 2, 10)); err != nil {
		t.Fatal(err)
	}
	other, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(t.Context())
	tx, err := other.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "SELECT FROM feedmill.article WHERE id = $1 FOR UPDATE", article(1, 10).ID); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Write(ctx, articles(0, 2, 20)); !errors.Is(err, context.DeadlineExceeded) || feedmill.IsPermanent(err) {
		t.Errorf("Write: %v, want the plain deadline", err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec(t.Context(), "SET lock_timeout = '5s'; SELECT FROM feedmill.article FOR UPDATE"); err != nil {
		t.Errorf("after a cancelled write: %v", err)
	}
	if err := s.Write(t.Context(), articles(0, 2, 20)); err != nil {
		t.Error(err)
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	dsn := pgtest.New(t)
	w := open(t, dsn, nil)
	if err := w.Write(t.Context(), articles(0, 5, 50)); err != nil {
		t.Fatal(err)
	}
	r := open(t, dsn, &postgres.Options{ReadOnly: true, MaxConns: 1})
	// A reader in the middle of its rows does not hold up the writer, and sees the store as it was.
	n := 0
	for _, err := range r.Query(t.Context(), sink.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 1 {
			if err := w.Write(t.Context(), articles(5, 5, 50)); err != nil {
				t.Errorf("Write beside a reader: %v", err)
			}
		}
	}
	if n != 5 {
		t.Errorf("a reader that began before the batch saw %d records, want 5", n)
	}
	if n := count(t, r); n != 10 {
		t.Errorf("after the batch %d records are read, want 10", n)
	}
	wantPlain(t, r.Write(t.Context(), articles(0, 1, 10)), "opened for reading only")
}

// TestQueryIsLeft leaves loops early, more often than there are connections.
func TestQueryIsLeft(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.New(t), &postgres.Options{MaxConns: 1})
	if err := s.Write(t.Context(), articles(0, 60, 1500)); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for _, err := range s.Query(t.Context(), sink.Query{}) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	if n := count(t, s); n != 60 {
		t.Errorf("%d records, want 60", n)
	}
}

func TestStats(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.New(t), nil)
	st, err := s.Stats(t.Context())
	if err != nil || st.Records != 0 || !st.Newest.IsZero() || st.Bytes == 0 {
		t.Errorf("Stats of an empty store: %+v, %v", st, err)
	}
	recs := articles(0, 3, 50)
	edited := article(1, 60)
	edited.Provenance.Page.SHA256 = strings.Repeat("0", 64)
	edited.SeenAt = seen.Add(time.Hour)
	if err := s.Write(t.Context(), append(recs, edited, sinktest.Merged("article-2", "article-0", seen))); err != nil {
		t.Fatal(err)
	}
	st, err = s.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	st.Bytes = 0
	want := sink.Stats{Records: 2, Revisions: 3, Merged: 1, Oldest: recs[0].SeenAt, Newest: edited.SeenAt, Cursor: 3}
	if st != want {
		t.Errorf("Stats: %+v, want %+v", st, want)
	}
}

// TestColumns holds what the package says of the columns that others may read.
func TestColumns(t *testing.T) {
	t.Parallel()
	dsn := pgtest.New(t)
	s := open(t, dsn, nil)
	rec := article(0, 10)
	rec.Title = "A title with \x00 in it"
	rec.Published.UTC = seen.Add(-time.Hour)
	gone := sinktest.Stated("article-0", feedmill.StateGone, seen.Add(time.Hour))
	if err := s.Write(t.Context(), []*feedmill.Record{rec, gone}); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	type row struct {
		ID, URL, Host, Title, Language, State, Source, Feed string
		Published, SortAt, SeenAt                           time.Time
	}
	var got row
	err = conn.QueryRow(t.Context(), `SELECT a.id, a.url, a.host, a.title, a.language, a.state, v.source, m.feed, a.published, a.sort_at, v.seen_at
		FROM feedmill.article a JOIN feedmill.revision v ON v.article = a.id AND v.number = a.revisions
		JOIN feedmill.rendition r ON r.article = a.id AND r.source = v.source JOIN feedmill.mention m ON m.article = a.id
		WHERE a.root = ''`).
		Scan(&got.ID, &got.URL, &got.Host, &got.Title, &got.Language, &got.State, &got.Source, &got.Feed, &got.Published, &got.SortAt, &got.SeenAt)
	if err != nil {
		t.Fatal(err)
	}
	want := row{
		rec.ID, rec.URL, "news.example", "A title with \ufffd in it", "en", feedmill.StateGone, rec.Provenance.Page.SHA256, "main",
		seen.Add(-time.Hour), seen.Add(-time.Hour), seen,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("columns (-want +got):\n%s", d)
	}
}
