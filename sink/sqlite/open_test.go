package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/sqlite"
)

// TestTheFileIsForItsOwnerAlone looks at the modes of a new file and its journal, and that an old file keeps its own.
func TestTheFileIsForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "feedmill.db")
	open := func() *sqlite.Store {
		s, err := sqlite.Open(t.Context(), path, nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	mode := func(path string) os.FileMode {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Perm()
	}
	s := open()
	for _, file := range []string{path, path + "-wal"} {
		if got := mode(file); got != 0o600 {
			t.Errorf("%s has mode %o, want 600", filepath.Base(file), got)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := open().Close(); err != nil {
		t.Fatal(err)
	}
	if got := mode(path); got != 0o640 {
		t.Errorf("an old file has mode %o now, want 640 as before", got)
	}
}

// TestOldSchema opens a database of the first schema, which knew no times of use: what it holds stays, and gives way to
// what comes with a time.
func TestOldSchema(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "feedmill.db")
	s := open(t, path, nil)
	if err := s.Write(t.Context(), articles(0, 3, 50)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db := raw(t, path)
	for _, statement := range []string{
		"ALTER TABLE rendition DROP COLUMN parser_since", "ALTER TABLE rendition DROP COLUMN enricher_since",
		"ALTER TABLE result DROP COLUMN parser_since", "ALTER TABLE result DROP COLUMN enricher_since",
		"DROP INDEX article_story", "ALTER TABLE article DROP COLUMN story",
		"DELETE FROM goose_db_version WHERE version_id >= 3",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, nil)
	again := articles(0, 3, 50)
	for _, r := range again {
		r.Title = "Read again"
		r.Provenance.Pipeline.Rules, r.Provenance.Pipeline.ParserSince = "a", seen
	}
	if err := s.Write(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	n := 0
	for r, err := range s.Query(t.Context(), sink.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; r.Title != "Read again" || r.Revision != 1 {
			t.Errorf("%s: %q, revision %d", r.ID, r.Title, r.Revision)
		}
	}
	if n != 3 {
		t.Errorf("%d records, want 3", n)
	}
}
