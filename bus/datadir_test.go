package bus_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/bus/bustest"
)

// A daemon that was killed leaves its address behind; a command that holds the directory after it does not let others
// take that address for a running daemon's.
func TestTheAddressOfAKilledDaemonIsForgotten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	left := filepath.Join(dir, "bus.json")
	if err := os.WriteFile(left, []byte(`{"url":"nats://127.0.0.1:1","user":"u","password":"p","pid":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	bustest.New(t, &bus.Options{Dir: dir})
	if _, err := os.Stat(left); err == nil {
		t.Error("the address of the killed daemon is still there while a command holds its directory")
	}
}
