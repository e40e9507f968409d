package bus

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestKeptStreams removes a stream while its server starts, as the server does, and kills a start.
func TestKeptStreams(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a [b]*") // nothing in the name is a pattern
	file := func(stream, name string) string {
		return filepath.Join(dir, "jetstream", "$G", "streams", stream, "msgs", name)
	}
	put := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check := func(path, want string) {
		t.Helper()
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v, want %q", path, got, err, want)
		}
	}
	do := func(f func(string) error) {
		t.Helper()
		if err := f(dir); err != nil {
			t.Fatal(err)
		}
	}
	do(keepStreams) // there is nothing yet
	put(file("A", "1.blk"), "a")
	put(file("B", "1.blk"), "b")
	for range 2 { // the second time after a start that was killed
		do(keepStreams)
		if err := os.RemoveAll(filepath.Dir(filepath.Dir(file("A", "1.blk")))); err != nil {
			t.Fatal(err)
		}
		put(file("B", "2.blk"), "more") // written by the server
		lost, err := lostStreams(dir)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{filepath.Join("$G", "streams", "A")}, lost); diff != "" {
			t.Errorf("lost (-want +got):\n%s", diff)
		}
	}
	do(restoreStreams)
	check(file("A", "1.blk"), "a")
	check(file("B", "1.blk"), "b")
	check(file("B", "2.blk"), "more")
	if _, err := os.Stat(filepath.Join(dir, keepDir)); !os.IsNotExist(err) {
		t.Errorf("the links are still there: %v", err)
	}
}
