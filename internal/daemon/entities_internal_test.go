package daemon

import (
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/feedmill/feedmill/bus/bustest"
	"github.com/feedmill/feedmill/enricher/entityfile"
	"github.com/feedmill/feedmill/internal/config"
)

// TestEntitiesAreTakenUp imports entities beside an enricher at work: they are in use with its next look, as another version;
// a damaged file changes nothing.
func TestEntitiesAreTakenUp(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	cfg := config.Default()
	cfg.Data = t.TempDir()
	chain, err := Chain(cfg, log, b)
	if err != nil {
		t.Fatal(err)
	}
	e := &enriching{read: stateOfEntities(cfg)}
	if err := e.use(t.Context(), b, cfg, chain); err != nil {
		t.Fatal(err)
	}
	first := e.now.Load()
	look := func() *annotator {
		t.Helper()
		if err := e.follow(t.Context(), b, cfg, log); err != nil {
			t.Fatal(err)
		}
		return e.now.Load()
	}
	if got := look(); got.Model() != first.Model() {
		t.Errorf("nothing was imported, and the model is %s", got.Model())
	}
	if err := entityfile.Write(cfg.EntitiesPath(), []*entityfile.Entity{{ID: "Q9000001", Label: "Kim Kwan-jin", Type: "person"}}); err != nil {
		t.Fatal(err)
	}
	second := look()
	if !strings.HasPrefix(second.Model(), first.Model()+"+entities-") || second.version == first.version || !second.since.After(first.since) {
		t.Errorf("the model is %s since %s, before %s since %s", second.Model(), second.since, first.Model(), first.since)
	}
	if err := os.WriteFile(cfg.EntitiesPath(), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := look(); got.Model() != second.Model() {
		t.Errorf("with a damaged file the model is %s", got.Model())
	}
	if _, err := Chain(cfg, log, b); err == nil || !strings.Contains(err.Error(), "make it anew with feedmill entities import") {
		t.Errorf("a start with a damaged file: %v", err)
	}
	if err := os.Remove(cfg.EntitiesPath()); err != nil {
		t.Fatal(err)
	}
	if got := look(); got.Model() != first.Model() {
		t.Errorf("with the file removed the model is %s", got.Model())
	}
}
