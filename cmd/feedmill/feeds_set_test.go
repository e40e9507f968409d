package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
)

func TestListedSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lists := map[string]string{
		"a.yaml": "- https://bare.example/f\n- {url: https://a.example/f, interval: 5m}\n- ftp://wrong.example/f\n",
		"b.txt":  "https://plain.example/f\n",
	}
	cfg := &config.Config{Feeds: []string{filepath.Join(dir, "none.yaml")}}
	for name, text := range lists {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg.Feeds = append(cfg.Feeds, path)
	}
	list := filepath.Join(dir, "a.yaml")
	want := map[string]listPlace{feedmill.FeedID("https://a.example/f"): {list, list + ":2"}}
	if d := cmp.Diff(want, listedSettings(cfg), cmp.AllowUnexported(listPlace{})); d != "" {
		t.Error(d)
	}
}
