package daemon_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
)

// TestAFeedMaySendWhatIsNewAlone has a server answer 226 with the entry that is new: it is stored, the ETag that came with
// it goes with the next request, and nobody takes the entries that are not in it for missed.
func TestAFeedMaySendWhatIsNewAlone(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var tags []string
	item := func(name string) string {
		return fmt.Sprintf("<item><title>%s</title><link>http://%%[1]s/%s</link><description>%s, says the feed.</description></item>", name, name, name)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/feed.xml":
			tag := r.Header.Get("If-None-Match")
			mu.Lock()
			tags = append(tags, tag+" "+r.Header.Get("A-IM"))
			mu.Unlock()
			items := item("old") + item("older")
			switch tag {
			case `"1"`:
				w.Header().Set("ETag", `"2"`)
				w.Header().Set("IM", "feed")
				w.WriteHeader(http.StatusIMUsed)
				items = item("new")
			case `"2"`:
				w.WriteHeader(http.StatusNotModified)
				return
			default:
				w.Header().Set("ETag", `"1"`)
			}
			fmt.Fprintf(w, "<rss version=\"2.0\"><channel><title>Delta</title>"+items+"</channel></rss>", r.Host)
		case "/robots.txt":
			http.NotFound(w, r)
		default:
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, articlePage("Article "+r.URL.Path, "a feed"))
		}
	}))
	t.Cleanup(server.Close)
	cfg := testConfig(t.TempDir())
	cfg.Fetch.Revisit = nil
	cfg.Poll.Default, cfg.Poll.Max = cfg.Poll.Min, config.Duration(cfg.Poll.Min)
	stored, gaps := map[string]bool{}, 0
	runUntil(t, daemon.Options{Config: cfg, Also: netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://")), Feeds: []string{server.URL + "/feed.xml"},
		OnEvent: func(e feedmill.Event) {
			mu.Lock()
			defer mu.Unlock()
			if e.Outcome == feedmill.OutcomeGap {
				gaps++
			}
		},
		OnRecords: func(recs []*feedmill.Record) {
			mu.Lock()
			defer mu.Unlock()
			for _, r := range recs {
				stored[strings.TrimPrefix(r.URL, server.URL)] = true
			}
		}}, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(tags) >= 3 && stored["/new"] && stored["/old"] && stored["/older"]
	})
	if gaps > 0 || tags[0] != " " || tags[1] != `"1" feed` || tags[2] != `"2" feed` {
		t.Errorf("%d gaps; requests with %q", gaps, tags)
	}
}
