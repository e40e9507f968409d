package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

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
