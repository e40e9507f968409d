// Package bustest gives each test a bus of its own: an embedded server in the test's directory, no port.
package bustest

import (
	"log/slog"
	"testing"

	"github.com/feedmill/feedmill/bus"
)

// New starts a bus over a directory of the test and closes it when the test ends. Opts may be nil.
func New(t testing.TB, opts *bus.Options) *bus.Bus {
	t.Helper()
	var o bus.Options
	if opts != nil {
		o = *opts
	}
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo}))
	}
	b, err := bus.Connect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close the bus: %v", err)
		}
	})
	return b
}
