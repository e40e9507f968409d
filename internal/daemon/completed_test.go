package daemon_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/sink"
)

// TestAnIllSiteIsCompletedWhenItHeals has a site answer 503 for five in a hundred of its articles until the second or
// third time, once with a Retry-After. Each of those has a record of the feed's own words at once, and its full text in the
// end, which is no edit; none is asked for more often than fetch.article_tries, and a healthy one once.
func TestAnIllSiteIsCompletedWhenItHeals(t *testing.T) {
	t.Parallel()
	const articles, tries = 60, 4
	ill := func(path string) bool { return path == "/7" || path == "/27" || path == "/47" }
	site, addr := startScripted(t, articles, func(w http.ResponseWriter, path string, n int) {
		if ill(path) && (n == 1 || n == 2 && path != "/27") {
			if path == "/7" {
				w.Header().Set("Retry-After", "1")
			}
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, articlePage("Article "+path, "all that is whole"))
	})
	dir := t.TempDir()
	cfg := testConfig(dir)
	cfg.Fetch.ArticleTries, cfg.Fetch.Revisit = tries, nil
	var mu sync.Mutex
	stored := map[string][]bool{} // by path, whether each record was of the feed alone
	full := 0
	runUntil(t, daemon.Options{Config: cfg, Also: addr, Feeds: []string{"http://" + addr.String() + "/feed.xml"},
		OnRecords: func(recs []*feedmill.Record) {
			mu.Lock()
			defer mu.Unlock()
			for _, r := range recs {
				if r.Rendition == "" {
					continue
				}
				path := strings.TrimPrefix(r.URL, "http://"+addr.String())
				stored[path] = append(stored[path], r.HasWarning(feedmill.WarnFeedOnly))
				if !r.HasWarning(feedmill.WarnFeedOnly) {
					full++
				}
			}
		}}, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return full == articles
	})
	revs := records(t, dir, sink.Query{Revisions: sink.RevisionsAll})
	if len(revs) != articles {
		t.Errorf("%d records, want %d", len(revs), articles)
	}
	for i := range articles {
		path := fmt.Sprintf("/%d", i)
		n, rs := len(site.requests(path)), byPath(t, revs, path)
		last := rs[len(rs)-1]
		if last.HasWarning(feedmill.WarnFeedOnly) || !strings.Contains(last.Text, "all that is whole") {
			t.Errorf("%s has no full text: %v", path, last.Quality.Warnings)
		}
		switch {
		case !ill(path):
			if n != 1 || len(rs) != 1 {
				t.Errorf("%s: %d requests and %d revisions, want one of each", path, n, len(rs))
			}
		case n > tries:
			t.Errorf("%s was asked for %d times, more than the %d tries", path, n, tries)
		case !stored[path][0]:
			t.Errorf("%s: no record of the feed's words was stored at once", path)
		case len(rs) != 2 || !rs[0].HasWarning(feedmill.WarnFeedOnly) || last.Change == nil || last.Change.Class != feedmill.ChangeCompleted:
			t.Errorf("%s: %d revisions, the last with change %+v; want the feed's words and then completed", path, len(rs), last.Change)
		}
	}
}

// TestARefusedPageIsStoredFromItsFeed has robots.txt forbid one page at first, and the address guard another for good: both
// have a record at once. The first is completed when robots.txt allows it; the other is never asked for.
func TestARefusedPageIsStoredFromItsFeed(t *testing.T) {
	t.Parallel()
	elsewhere := 0
	site, addr := startScripted(t, 1, func(w http.ResponseWriter, path string, _ int) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, articlePage("Article "+path, "what was forbidden"))
	})
	answer := site.answer
	site.answer = func(w http.ResponseWriter, path string, n int) {
		switch {
		case path == "/robots.txt" && n == 1:
			fmt.Fprint(w, "User-agent: *\nDisallow: /0\n")
		case path == "/two.xml":
			fmt.Fprintf(w, `<rss version="2.0"><channel><title>Two</title><item><title>Inside</title><link>http://127.0.0.77:%d/inside</link><description>The feed says this.</description></item></channel></rss>`, addr.Port())
		case path == "/inside":
			elsewhere++
		default:
			answer(w, path, n)
		}
	}
	dir := t.TempDir()
	cfg := testConfig(dir)
	cfg.Fetch.Revisit = nil
	cfg.Fetch.RobotsMaxAge = cfg.Poll.Min // asked for again after half that time
	cfg.Poll.BackoffMax = cfg.Poll.Min
	var mu sync.Mutex
	var inside, forbidden, completed bool
	runUntil(t, daemon.Options{Config: cfg, Also: addr, Feeds: []string{"http://" + addr.String() + "/feed.xml", "http://" + addr.String() + "/two.xml"},
		OnRecords: func(recs []*feedmill.Record) {
			mu.Lock()
			defer mu.Unlock()
			for _, r := range recs {
				switch feedOnly := r.HasWarning(feedmill.WarnFeedOnly); {
				case r.Rendition == "":
				case strings.HasSuffix(r.URL, "/inside"):
					inside = feedOnly
				case feedOnly:
					forbidden = true
				default:
					completed = true
				}
			}
		}}, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return inside && forbidden && completed
	})
	if elsewhere > 0 || len(site.requests("/0")) != 1 {
		t.Errorf("%d requests for the refused address, %d for the page that was forbidden; want none and one", elsewhere, len(site.requests("/0")))
	}
}
