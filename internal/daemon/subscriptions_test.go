package daemon_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/registry"
)

// TestListAndSettingsByHand reads a list in YAML again and again beside what is set by hand: the list counts where it says
// something, and takes back what it said itself.
func TestListAndSettingsByHand(t *testing.T) {
	t.Parallel()
	c, err := daemon.Open(t.Context(), testConfig(t.TempDir()), testLogger(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	const feed = "https://a.example/f"
	path := filepath.Join(t.TempDir(), "l.yaml")
	// read reads a list and returns what the feed has then, with the revision of its state.
	read := func(text string) (*feedmill.Settings, uint64) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := c.SyncLists(t.Context(), []string{path}); err != nil {
			t.Fatal(err)
		}
		v, err := c.Registry.Version(t.Context(), feedmill.FeedID(feed))
		if err != nil {
			t.Fatal(err)
		}
		return v.State.Settings, v.Revision
	}
	check := func(what string, want, got *feedmill.Settings) {
		t.Helper()
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	got, _ := read("- " + feed)
	check("a list that says nothing", nil, got)
	st, err := c.Registry.Find(t.Context(), feed)
	if err != nil {
		t.Fatal(err)
	}
	byHand := &feedmill.Settings{Secret: "paper-login"}
	if err := c.SetFeed(t.Context(), &st, func(s *feedmill.FeedState) error { return registry.Set(setOf(s), "secret", "paper-login") }); err != nil {
		t.Fatal(err)
	}
	got, _ = read("# again\n- " + feed)
	check("it says nothing still", byHand, got)

	listed := &feedmill.Settings{Interval: 300, From: path + ":1"}
	got, before := read("- {url: " + feed + ", interval: 5m}")
	check("it says something", listed, got)
	got, after := read("# moved\n- {url: " + feed + ", interval: 5m}")
	check("its lines moved", listed, got)
	if before != after {
		t.Errorf("the feed was written again, since a line moved: revision %d, then %d", before, after)
	}
	got, _ = read("- " + feed)
	check("it says nothing more", nil, got)
}

// setOf are the settings of a feed, to be changed.
func setOf(s *feedmill.FeedState) *feedmill.Settings {
	if s.Settings == nil {
		s.Settings = &feedmill.Settings{}
	}
	return s.Settings
}
