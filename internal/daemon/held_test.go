package daemon_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/sink"
)

// TestASinkMayWaitForTheFullText has one article whose page comes with the second try, and one whose page never does: of the
// first a sink that waits long has the full text alone, of the second one that waits for a while has the feed's words in the
// end.
func TestASinkMayWaitForTheFullText(t *testing.T) {
	t.Parallel()
	_, addr := startScripted(t, 3, func(w http.ResponseWriter, path string, n int) {
		if path == "/1" || path == "/2" && n == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, articlePage("Article "+path, "all that is whole"))
	})
	dir := t.TempDir()
	cfg := testConfig(dir)
	cfg.Fetch.Revisit, cfg.Fetch.ArticleTries = nil, 2
	cfg.Sinks = []config.Sink{
		{Name: "patient", Type: "sqlite", WaitFullText: config.Duration(time.Hour)},
		{Name: "brief", Type: "sqlite", Path: filepath.Join(dir, "brief.db"), WaitFullText: config.Duration(2 * time.Second)},
	}
	var mu sync.Mutex
	written := map[string]int{} // by both sinks
	runUntil(t, daemon.Options{Config: cfg, Also: addr, Feeds: []string{"http://" + addr.String() + "/feed.xml"},
		OnRecords: func(recs []*feedmill.Record) {
			mu.Lock()
			defer mu.Unlock()
			for _, r := range recs {
				if r.Rendition != "" {
					written[fmt.Sprint(strings.TrimPrefix(r.URL, "http://"+addr.String()), " ", r.HasWarning(feedmill.WarnFeedOnly))]++
				}
			}
		}}, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return written["/0 false"] == 2 && written["/2 false"] == 2 && written["/1 true"] == 1
	})
	all := records(t, dir, sink.Query{Revisions: sink.RevisionsAll})
	if len(all) != 2 {
		t.Errorf("the patient sink has %d records, want two", len(all))
	}
	for _, path := range []string{"/0", "/2"} {
		if rs := byPath(t, all, path); len(rs) != 1 || rs[0].HasWarning(feedmill.WarnFeedOnly) {
			t.Errorf("%s: %d revisions, want the full text alone", path, len(rs))
		}
	}
	client, err := daemon.Open(t.Context(), cfg, testLogger(t))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for name, want := range map[string]int{"patient": 2, "brief": 0} {
		held, err := client.Bus.Scheduled(t.Context(), bus.ScheduleHeld(name))
		if err != nil || len(held) != want {
			t.Errorf("%s holds %d records back, %v; want %d", name, len(held), err, want)
		}
	}
}
