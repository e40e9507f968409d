package daemon_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/bus/bustest"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
)

// TestPythonExample has the example of docs/external-enrichers.md annotate a record, over the server of a data directory. It
// needs python3 and nats-py.
func TestPythonExample(t *testing.T) {
	t.Parallel()
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", "import nats").CombinedOutput(); err != nil {
		t.Skipf("python3 with nats-py is absent (%v): %.200s", err, out)
	}
	dir := t.TempDir()
	b := bustest.New(t, &bus.Options{Dir: dir, Daemon: true})
	raw, err := os.ReadFile(filepath.Join(dir, "bus.json"))
	if err != nil {
		t.Fatal(err)
	}
	var at struct{ URL, User, Password string }
	if err := json.Unmarshal(raw, &at); err != nil {
		t.Fatal(err)
	}
	url := strings.Replace(at.URL, "nats://", fmt.Sprintf("nats://%s:%s@", at.User, at.Password), 1)
	script := exec.CommandContext(t.Context(), "python3", "../../docs/examples/addresses.py", url)
	script.Stdout, script.Stderr = t.Output(), t.Output()
	if err := script.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = script.Process.Kill()
		_ = script.Wait() // it was killed
	})
	cfg := config.Default()
	cfg.Data = dir
	cfg.Enrich.Steps = []string{"sentences"}
	cfg.Enrich.External = []config.External{{Name: "addresses", Subject: "enrich.addresses"}}
	chain, err := daemon.Chain(cfg, testLogger(t), b)
	if err != nil {
		t.Fatal(err)
	}
	r := &feedmill.Record{}
	waitFor(t, time.Minute, "the example to answer", func() bool {
		r = &feedmill.Record{}
		r.ID, r.Text = "x", "Schöne Grüße 🙂. Write to Desk@example.com before noon, or to desk@example.com."
		if err := chain.Enrich(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		return len(r.External) == 1 || len(r.Warnings) > 0 && !strings.Contains(r.Warnings[0], "nobody listens")
	})
	if len(r.Warnings) > 0 {
		t.Fatalf("warnings: %q", r.Warnings)
	}
	if len(r.Entities) != 1 || r.Entities[0].Name != "Desk@example.com" || len(r.Entities[0].Mentions) != 2 || r.Entities[0].Mentions[0].Start != 25 || len(r.KeySentences) != 1 {
		t.Errorf("entities %+v, key sentences %v", r.Entities, r.KeySentences)
	}
	if r.External[0] != (feedmill.ExternalEnricher{Name: "addresses", Version: "1"}) {
		t.Errorf("external %+v", r.External)
	}
}
