package sqlite_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/sinktest"
	"github.com/feedmill/feedmill/sink/sqlite"
)

func TestContract(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sinktest.Run(t, func(t *testing.T) sink.Sink {
		return open(t, filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "_")), nil)
	})
}

// open opens the store at path, and closes it at the end of the test.
func open(t *testing.T, path string, o *sqlite.Options) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
