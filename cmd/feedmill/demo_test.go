package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/feedmill/feedmill/internal/newsroom"
)

// start starts a site as the demo does and closes it with the test.
func start(t *testing.T, asked, file string) (string, error) {
	t.Helper()
	site := newsroom.New(nil)
	base, err := startSite(t.Context(), site, asked, file)
	if err == nil {
		t.Cleanup(func() {
			if err := site.Close(t.Context()); err != nil && t.Context().Err() == nil {
				t.Error(err)
			}
		})
	}
	return strings.TrimPrefix(base, "http://"), err
}

// taken is an address at which somebody listens until the test ends.
func taken(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

func TestDemoAddress(t *testing.T) {
	t.Parallel()

	t.Run("is remembered", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "data", "demo.json")
		var first string
		t.Run("first", func(t *testing.T) {
			var err error
			if first, err = start(t, "127.0.0.1:0", file); err != nil {
				t.Fatal(err)
			}
		})
		for _, asked := range []string{"", "127.0.0.1:0", first} {
			t.Run("asked "+asked, func(t *testing.T) {
				if got, err := start(t, asked, file); got != first || err != nil {
					t.Errorf("address %s, %v, want %s again", got, err, first)
				}
			})
		}
		_, err := start(t, "127.0.0.1:1", file)
		if err == nil || !strings.Contains(err.Error(), "leave --demo-listen out") {
			t.Errorf("another address: error %v, want one that says what to do", err)
		}
	})

	t.Run("is remembered but taken", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "demo.json")
		if err := rememberAddress(file, taken(t)); err != nil {
			t.Fatal(err)
		}
		if _, err := start(t, "", file); err == nil || !strings.Contains(err.Error(), "is taken now") {
			t.Errorf("error %v, want that the address is taken", err)
		}
	})

	t.Run("is asked for but taken", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "demo.json")
		if _, err := start(t, taken(t), file); err == nil {
			t.Error("no error for an address that is taken")
		}
		if _, err := os.Stat(file); err == nil {
			t.Error("an address that could not be had is remembered")
		}
	})

	t.Run("cannot be read", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "demo.json")
		if err := os.WriteFile(file, []byte("8687"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := start(t, "", file); err == nil || !strings.Contains(err.Error(), "remove the file") {
			t.Errorf("error %v, want one that says what to do", err)
		}
	})
}
