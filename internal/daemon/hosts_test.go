package daemon_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
)

// hostLog notes what a host was asked, and how many requests were under way at once.
type hostLog struct {
	mu      sync.Mutex
	flying  int
	most    int
	paths   []string
	starts  []time.Time
	ends    []time.Time
	respond http.HandlerFunc
}

func (h *hostLog) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.flying++
	h.most = max(h.most, h.flying)
	h.paths = append(h.paths, r.URL.RequestURI())
	h.starts = append(h.starts, time.Now())
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.flying--
		h.ends = append(h.ends, time.Now())
	}()
	h.respond(w, r)
}

// rssOf is a feed of numbered items of a site.
func rssOf(site string, items int) string {
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel><title>` + site + `</title>`)
	for i := range items {
		fmt.Fprintf(&b, "<item><title>Item %d</title><link>%s/item/%[1]d</link></item>", i, site)
	}
	b.WriteString("</channel></rss>")
	return b.String()
}

const shortArticle = `<!DOCTYPE html><html lang="en"><head><title>%s</title></head><body><article><h1>%[1]s</h1>
<p>The council voted on Tuesday to rebuild the old harbour wall before the winter storms begin, at a cost of four million.</p>
<p>Work is to start in May, said the mayor, and will take two summers if the weather allows it.</p></article></body></html>`

// until runs a daemon until done, which is asked after every event and every batch of records, is true.
func until(t testing.TB, cfg *config.Config, feeds []string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	look := func() {
		if done() {
			cancel()
		}
	}
	_, err := daemon.Run(ctx, daemon.Options{Config: cfg, Feeds: feeds, Logger: testLogger(t),
		OnEvent: func(feedmill.Event) { look() }, OnRecords: func([]*feedmill.Record) { look() }})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if !done() {
		t.Fatal("it did not come to its end within two minutes")
	}
}

// untilStored runs a daemon until done is true of the records that were stored.
func untilStored(t testing.TB, cfg *config.Config, feeds []string, done func([]*feedmill.Record) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	ended := false
	_, err := daemon.Run(ctx, daemon.Options{Config: cfg, Feeds: feeds, Logger: testLogger(t), OnRecords: func(rs []*feedmill.Record) {
		if done(rs) {
			ended = true
			cancel()
		}
	}})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if !ended {
		t.Fatal("it did not come to its end within two minutes")
	}
}

// onLoopback is a configuration that admits every loopback address and port.
func onLoopback(t testing.TB) *config.Config {
	cfg := testConfig(t.TempDir())
	cfg.Fetch.AllowCIDRs, cfg.Fetch.AllowPorts = []string{"127.0.0.0/8"}, []int{0}
	cfg.Fetch.TDMRep = false
	return cfg
}

// TestNewItemsOfOneFeedAreFetchedSideBySide: 20 items of a host that takes 50 ms go over its four connections without a
// pause between them. The span is told, and what makes it short is asserted: four at once, robots.txt first, and none of
// them put back on the calendar.
func TestNewItemsOfOneFeedAreFetchedSideBySide(t *testing.T) {
	t.Parallel()
	const items, latency = 20, 50 * time.Millisecond
	site := &hostLog{}
	site.respond = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/feed.xml" {
			time.Sleep(latency) // the site's, not the test's
		}
		switch r.URL.Path {
		case "/feed.xml":
			_, _ = w.Write([]byte(rssOf("http://"+r.Host, items)))
		case "/robots.txt":
			http.NotFound(w, r)
		default:
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, shortArticle, r.URL.Path)
		}
	}
	server := httptest.NewServer(site)
	defer server.Close()
	cfg := onLoopback(t)
	cfg.Fetch.PerHost, cfg.Fetch.HostDelay = 4, 0
	cfg.Poll.Min, cfg.Poll.Default, cfg.Poll.Max = config.Duration(time.Minute), config.Duration(time.Hour), config.Duration(time.Hour)
	until(t, cfg, []string{server.URL + "/feed.xml"}, func() bool {
		site.mu.Lock()
		defer site.mu.Unlock()
		return len(site.ends) >= items+2
	})
	site.mu.Lock()
	defer site.mu.Unlock()
	if len(site.paths) != items+2 || site.paths[1] != "/robots.txt" || site.most > 4 {
		t.Errorf("%d requests, %d at once: %v", len(site.paths), site.most, site.paths)
	}
	span := site.ends[len(site.ends)-1].Sub(site.starts[1])
	t.Logf("%d pages and robots.txt within %v, %d at once", items, span.Round(time.Millisecond), site.most)
	if site.most < 4 {
		t.Errorf("%d requests at once, want the four that are allowed", site.most)
	}
}

// TestEveryRequestKeepsItsDistance: robots.txt, redirects and what comes after them are requests to the host like all
// others, and one at a time where the configuration says so.
func TestEveryRequestKeepsItsDistance(t *testing.T) {
	t.Parallel()
	const items, delay = 3, 200 * time.Millisecond
	site := &hostLog{}
	site.respond = func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case path == "/feed.xml":
			_, _ = w.Write([]byte(rssOf("http://"+r.Host, items)))
		case path == "/robots.txt":
			http.NotFound(w, r)
		case strings.HasPrefix(path, "/item/"):
			http.Redirect(w, r, "/moved"+path, http.StatusFound)
		default:
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, shortArticle, r.URL.Path)
		}
	}
	server := httptest.NewServer(site)
	defer server.Close()
	cfg := onLoopback(t)
	cfg.Fetch.PerHost, cfg.Fetch.HostDelay = 1, config.Duration(delay)
	cfg.Poll.Min, cfg.Poll.Default, cfg.Poll.Max = config.Duration(time.Minute), config.Duration(time.Hour), config.Duration(time.Hour)
	const want = 2 + 2*items
	until(t, cfg, []string{server.URL + "/feed.xml"}, func() bool {
		site.mu.Lock()
		defer site.mu.Unlock()
		return len(site.ends) >= want
	})
	site.mu.Lock()
	defer site.mu.Unlock()
	if len(site.paths) != want || site.most > 1 {
		t.Errorf("%d requests, %d at once, want %d, one at a time: %v", len(site.paths), site.most, want, site.paths)
	}
	// A single gap depends on when the machine lets the server look; all together do not.
	if span := site.starts[want-1].Sub(site.starts[0]); span < (want-1)*delay*9/10 {
		t.Errorf("%d requests within %v, want %v between any two", want, span, delay)
	}
}

func TestASlowHostDelaysNoOther(t *testing.T) {
	t.Parallel()
	slowHost(t, 500)
}

// slowHost sends many items of one host that does not answer and, after them, ten of each of 20 other hosts: those are
// served while the first host is at its beginning.
func slowHost(t *testing.T, slowItems int) {
	const hosts, items = 20, 10
	slow := &hostLog{}
	gate := make(chan struct{})
	slow.respond = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/feed.xml" {
			_, _ = w.Write([]byte(rssOf("http://"+r.Host, slowItems)))
			return
		}
		select { // it never answers while the others are served
		case <-gate:
		case <-r.Context().Done():
		}
	}
	slowServer := httptest.NewServer(slow)
	defer slowServer.Close()
	defer close(gate)
	feeds := []string{slowServer.URL + "/feed.xml"}
	quick := &hostLog{}
	quick.respond = func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/feed.xml":
			// Not before the slow host's items are on their way.
			for begun := false; !begun; time.Sleep(time.Millisecond) {
				slow.mu.Lock()
				begun = len(slow.paths) > 1
				slow.mu.Unlock()
			}
			_, _ = w.Write([]byte(rssOf("http://"+r.Host, items)))
		case "/robots.txt":
			http.NotFound(w, r)
		default:
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, shortArticle, r.URL.Path)
		}
	}
	for range hosts {
		s := httptest.NewServer(quick)
		defer s.Close()
		feeds = append(feeds, s.URL+"/feed.xml")
	}
	cfg := onLoopback(t)
	cfg.Fetch.PerHost, cfg.Fetch.HostDelay, cfg.Enrich.Enabled = 2, 0, false
	cfg.Poll.Min, cfg.Poll.Default, cfg.Poll.Max = config.Duration(time.Minute), config.Duration(time.Hour), config.Duration(time.Hour)
	began := time.Now()
	until(t, cfg, feeds, func() bool {
		quick.mu.Lock()
		defer quick.mu.Unlock()
		return len(quick.ends) >= hosts*(items+2)
	})
	slow.mu.Lock()
	defer slow.mu.Unlock()
	if slow.most > 2 {
		t.Errorf("%d requests to the slow host at once, want 2 at most", slow.most)
	}
	quick.mu.Lock()
	defer quick.mu.Unlock()
	t.Logf("%d hosts were served within %v, while the slow one got %d requests", hosts, time.Since(began).Round(time.Millisecond), len(slow.paths))
	if n := len(slow.paths); n > 1+20 {
		t.Errorf("the slow host got %d requests meanwhile", n)
	}
}
