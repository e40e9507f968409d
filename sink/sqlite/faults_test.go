package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/sinktest"
	"github.com/feedmill/feedmill/sink/sqlite"
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

func count(t *testing.T, s *sqlite.Store) int {
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

// raw opens the file behind the store's back.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// wantPlain checks that an error blames the store, in these words.
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
}

func TestLocked(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "records.db")
	s := open(t, path, &sqlite.Options{BusyTimeout: 50 * time.Millisecond})
	if err := s.Write(t.Context(), articles(0, 3, 50)); err != nil {
		t.Fatal(err)
	}
	other, err := raw(t, path).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	wantPlain(t, s.Write(t.Context(), articles(3, 3, 50)), path, "locked by another process", "50ms")
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("a locked database held the batch for %v", took)
	}
	if n := count(t, s); n != 3 {
		t.Errorf("%d records are read beside a writer, want 3", n)
	}
	if _, err := other.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), articles(3, 3, 50)); err != nil {
		t.Errorf("Write after the lock is gone: %v", err)
	}
	if n := count(t, s); n != 6 {
		t.Errorf("%d records, want 6", n)
	}
}

func TestLockedWaitEndsWithContext(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "records.db")
	s := open(t, path, &sqlite.Options{BusyTimeout: time.Hour})
	other, err := raw(t, path).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Write(ctx, articles(0, 1, 50)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Write: %v, want the deadline", err)
	}
	if _, err := other.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), articles(0, 1, 50)); err != nil {
		t.Errorf("Write after the lock is gone: %v", err)
	}
}

func TestFull(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "records.db")
	s := open(t, path, &sqlite.Options{MaxPages: 200})
	stored := 0
	var full error
	for full == nil && stored < 10_000 {
		if full = s.Write(t.Context(), articles(stored, 10, 300)); full == nil {
			stored += 10
		}
	}
	wantPlain(t, full, path, "database is full", "raise the limit")
	if stored == 0 {
		t.Fatal("nothing could be stored")
	}
	wantPlain(t, s.Write(t.Context(), articles(stored, 10, 300)), "database is full")
	if n := count(t, s); n != stored {
		t.Errorf("%d records after the disk was full, want the %d that were stored", n, stored)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, &sqlite.Options{MaxPages: 4000})
	if err := s.Write(t.Context(), articles(stored, 10, 300)); err != nil {
		t.Errorf("Write after the limit was raised: %v", err)
	}
	if n := count(t, s); n != stored+10 {
		t.Errorf("%d records, want %d", n, stored+10)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name string, prepare func(path string)) string {
		path := filepath.Join(dir, name)
		prepare(path)
		return path
	}
	exec := func(path, statement string) {
		if _, err := raw(t, path).ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	newer := file("newer.db", func(path string) {
		open(t, path, nil)
		exec(path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)")
	})
	foreign := file("foreign.db", func(path string) { exec(path, "CREATE TABLE notes (text TEXT)") })
	marked := file("marked.db", func(path string) { exec(path, "PRAGMA application_id = 7") })
	text := file("text.db", func(path string) {
		if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	empty := file("empty.db", func(path string) {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	})
	for _, test := range []struct {
		path     string
		readOnly bool
		want     string
	}{
		{newer, false, "written by a newer feedmill (schema 99, this one knows "},
		{newer, true, "written by a newer feedmill (schema 99, this one knows "},
		{foreign, false, "the database of another program"},
		{foreign, true, "the database of another program"},
		{marked, false, "the database of another program"},
		{text, false, "not a SQLite database"},
		{text, true, "not a SQLite database"},
		{empty, true, "has an older schema (0, this feedmill needs "},
		{filepath.Join(dir, "absent.db"), true, "nothing has been stored there yet"},
		{filepath.Join(dir, "absent", "records.db"), false, "the directory must exist"},
		{dir, false, "cannot be opened"},
	} {
		_, err := sqlite.Open(t.Context(), test.path, &sqlite.Options{ReadOnly: test.readOnly})
		wantPlain(t, err, "open "+test.path, test.want)
	}
	if _, err := sqlite.Open(t.Context(), filepath.Join(dir, "absent.db"), &sqlite.Options{ReadOnly: true}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an absent file gives %v, want fs.ErrNotExist", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "absent.db")); err == nil {
		t.Error("opening for reading made the file")
	}
	open(t, empty, nil) // an empty file is as good as none
}

func TestOpenAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "records.db")
	const n = 4
	errs := make(chan error, n)
	for i := range n {
		go func() {
			s, err := sqlite.Open(t.Context(), path, nil)
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
	if got := count(t, open(t, path, nil)); got != n {
		t.Errorf("%d records, want %d", got, n)
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "odd name?mode=memory&x=1#%41.db")
	w := open(t, path, nil)
	if err := w.Write(t.Context(), articles(0, 5, 50)); err != nil {
		t.Fatal(err)
	}
	r := open(t, path, &sqlite.Options{ReadOnly: true})
	if n := count(t, r); n != 5 {
		t.Errorf("beside a writer %d records are read, want 5", n)
	}
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
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if n := count(t, open(t, path, &sqlite.Options{ReadOnly: true})); n != 10 {
		t.Errorf("without a writer %d records are read, want 10", n)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the file is not where it was asked for: %v", err)
	}
}

// TestKilled takes the files as a killed process leaves them: the batch stands in the journal only.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "alive.db"), nil)
	if err := s.Write(t.Context(), articles(0, 5, 50)); err != nil {
		t.Fatal(err)
	}
	for _, o := range []*sqlite.Options{{ReadOnly: true}, nil} {
		for _, suffix := range []string{"", "-wal"} {
			b, err := os.ReadFile(filepath.Join(dir, "alive.db"+suffix))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "killed.db"+suffix), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		killed := open(t, filepath.Join(dir, "killed.db"), o)
		if n := count(t, killed); n != 5 {
			t.Errorf("%+v: %d records after the kill, want 5", o, n)
		}
		if err := killed.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStats(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "records.db"), nil)
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
