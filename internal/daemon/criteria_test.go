//go:build criteria

package daemon_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
)

// criterion is one rule of a good feed client, and a site on a loopback address of its own that puts it to the test.
type criterion struct {
	name string
	// feeds are subscribed to: paths of the site, or URLs with {site}, {port} and {forbidden} in them. None is /feed.xml.
	feeds []string
	// serve answers the nth request for a path; what it leaves unanswered is the default site's.
	serve func(w http.ResponseWriter, r *http.Request, n int) bool
	// done tells that there is enough to look at.
	done  func(c *trial) bool
	check func(t *testing.T, c *trial)
}

// asking is one request as the site saw it.
type asking struct {
	uri    string
	header http.Header
	at     time.Time
}

// trial is a criterion while it is tried.
type trial struct {
	*criterion
	site, forbidden string // URLs
	ids             map[string]string

	mu      sync.Mutex
	count   map[string]int
	asks    []asking
	flying  int
	most    int
	events  []feedmill.Event
	records []*feedmill.Record
	states  map[string]feedmill.FeedState // by path
}

func (c *trial) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.count[r.URL.Path]++
	n := c.count[r.URL.Path]
	c.asks = append(c.asks, asking{r.RequestURI, r.Header.Clone(), time.Now()})
	c.flying++
	c.most = max(c.most, c.flying)
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.flying--
	}()
	if c.serve != nil && c.serve(w, r, n) {
		return
	}
	switch {
	case r.URL.Path == "/feed.xml":
		send(w, "application/rss+xml", feedDoc(guidItem("one")))
	case strings.HasPrefix(r.URL.Path, "/article/"):
		send(w, "text/html; charset=utf-8", fmt.Sprintf(shortArticle, r.URL.Path))
	default:
		http.NotFound(w, r)
	}
}

// to returns the requests for a path so far, whatever their query.
func (c *trial) to(path string) (all []asking) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.asks {
		if p, _, _ := strings.Cut(a.uri, "?"); p == path {
			all = append(all, a)
		}
	}
	return all
}

// times are the times of the requests for a path.
func (c *trial) times(path string) (all []time.Time) {
	for _, a := range c.to(path) {
		all = append(all, a.at)
	}
	return all
}

// asked tells whether so many requests for the path came.
func asked(path string, n int) func(*trial) bool {
	return func(c *trial) bool { return len(c.to(path)) >= n }
}

// after tells whether so much time has passed since the first request.
func after(d time.Duration) func(*trial) bool {
	return func(c *trial) bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.asks) > 0 && time.Since(c.asks[0].at) >= d
	}
}

func (c *trial) outcomes() (all []feedmill.Outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.events {
		if e.ID == "" && e.Outcome != feedmill.OutcomePostponed {
			all = append(all, e.Outcome)
		}
	}
	return all
}

// saw tells whether polls had this outcome, with this word in its reason.
func saw(outcome feedmill.Outcome, reason string) func(*trial) bool {
	return func(c *trial) bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return slices.ContainsFunc(c.events, func(e feedmill.Event) bool {
			return e.Outcome == outcome && strings.Contains(e.Reason, reason)
		})
	}
}

// stored gives the last record of each article, by title.
func (c *trial) stored() map[string]*feedmill.Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := map[string]*feedmill.Record{}
	for _, r := range c.records {
		last[r.ID] = r
	}
	byTitle := map[string]*feedmill.Record{}
	for _, r := range last {
		if r.Title != "" {
			byTitle[r.Title] = r
		}
	}
	return byTitle
}

// has tells whether articles of these titles are stored.
func has(titles ...string) func(*trial) bool {
	return func(c *trial) bool {
		all := c.stored()
		for _, title := range titles {
			if all[title] == nil {
				return false
			}
		}
		return true
	}
}

func both(conditions ...func(*trial) bool) func(*trial) bool {
	return func(c *trial) bool {
		for _, ok := range conditions {
			if !ok(c) {
				return false
			}
		}
		return true
	}
}

// criteriaConfig has short times and small limits: a minute of it shows what a week of the defaults does.
func criteriaConfig(dir string, port int) *config.Config {
	const second = config.Duration(time.Second)
	cfg := config.Default()
	cfg.Data, cfg.HTTP.Listen = dir, ""
	cfg.Poll = config.Poll{Min: second, Default: second, Max: 3 * second, BackoffMax: 4 * second, Spread: second / 5, Unconditional: cfg.Poll.Unconditional}
	f := &cfg.Fetch
	f.ConnectTimeout, f.HeaderTimeout, f.Timeout = 5*second, 5*second, 8*second
	f.MinRateWindow, f.MaxHeaderBytes, f.MaxBodyBytes, f.MaxDecodedBytes = 2*second, 16<<10, 1<<20, 2<<20
	f.MaxItems, f.HostDelay, f.ArticleTries, f.Revisit = 50, second/50, 3, nil
	f.AllowCIDRs, f.AllowPorts = []string{"127.0.2.0/24"}, []int{port}
	f.Contact, f.RobotsAgent = "https://example.org/about-our-fetcher", "harbourbot"
	return cfg
}

// TestCriteria runs one daemon over a site for each criterion, all at once, until each has shown itself, and then looks at
// what the sites were asked and what was stored.
func TestCriteria(t *testing.T) {
	t.Parallel()
	all := slices.Concat(httpCriteria(), pollCriteria(), redirectCriteria(), requestCriteria(), addressCriteria(), limitCriteria(),
		readingCriteria(), identityCriteria(), articleCriteria())
	if len(all) > 250 {
		t.Fatal("there are not so many addresses")
	}
	listen := func(addr string) net.Listener {
		var lc net.ListenConfig
		l, err := lc.Listen(t.Context(), "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	// What no request may reach.
	var trespass []string
	var mu sync.Mutex
	first := listen("127.0.3.1:0")
	port := first.Addr().(*net.TCPAddr).Port
	serveOn := func(l net.Listener, h http.Handler) {
		s := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
		go func() { _ = s.Serve(l) }()
		t.Cleanup(func() { s.Close() })
	}
	fence := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		trespass = append(trespass, "http://"+r.Host+r.RequestURI)
	})
	serveOn(first, fence)
	other := listen("127.0.2.1:0") // an address that is allowed, at a port that is not
	serveOn(other, fence)
	var trials []*trial
	byFeed := map[string]*trial{}
	var feeds []string
	for i, crit := range all {
		c := &trial{criterion: &crit, site: fmt.Sprintf("http://127.0.2.%d:%d", i+1, port), forbidden: "http://" + first.Addr().String(),
			ids: map[string]string{}, count: map[string]int{}, states: map[string]feedmill.FeedState{}}
		serveOn(listen(strings.TrimPrefix(c.site, "http://")), c)
		if len(c.feeds) == 0 {
			c.feeds = []string{"/feed.xml"}
		}
		for _, f := range c.feeds {
			url := c.fill(f, other)
			if strings.HasPrefix(url, "/") {
				url = c.site + url
			}
			c.ids[feedmill.FeedID(url)] = f
			byFeed[feedmill.FeedID(url)] = c
			feeds = append(feeds, url)
		}
		trials = append(trials, c)
	}
	cfg := criteriaConfig(t.TempDir(), port)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			open := 0
			for _, c := range trials {
				if !c.done(c) {
					open++
				}
			}
			if open == 0 {
				cancel()
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	_, err := daemon.Run(ctx, daemon.Options{Config: cfg, Feeds: feeds, Logger: stderrLogger(),
		OnEvent: func(e feedmill.Event) {
			if c := byFeed[e.Feed]; c != nil {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.events = append(c.events, e)
			}
		},
		OnRecords: func(rs []*feedmill.Record) {
			for _, r := range rs {
				told := map[*trial]bool{}
				for _, m := range r.Feeds {
					if c := byFeed[m.Feed]; c != nil && !told[c] {
						told[c] = true
						c.mu.Lock()
						c.records = append(c.records, r)
						c.mu.Unlock()
					}
				}
			}
		}})
	if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	client, err := daemon.Open(t.Context(), cfg, testLogger(t))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for st, err := range client.Registry.Feeds(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if c := byFeed[st.ID]; c != nil {
			c.states[c.ids[st.ID]] = st
		}
	}
	for _, c := range trials {
		t.Run(c.name, func(t *testing.T) {
			if !c.done(c) {
				t.Errorf("did not show itself within the time; outcomes %v, states %+v", c.outcomes(), c.states)
				for _, a := range c.asks {
					t.Logf("%s %s %v", a.at.Format("05.000"), a.uri, a.header)
				}
				return
			}
			c.check(t, c)
		})
	}
	mu.Lock()
	defer mu.Unlock()
	if len(trespass) > 0 {
		t.Errorf("forbidden addresses were asked: %q", trespass)
	}
}

// fill puts the addresses of this run into a text.
func (c *trial) fill(s string, other net.Listener) string {
	ap := netip.MustParseAddrPort(strings.TrimPrefix(c.site, "http://"))
	return strings.NewReplacer("{site}", strings.TrimPrefix(c.site, "http://"), "{forbidden}", strings.TrimPrefix(c.forbidden, "http://"),
		"{other}", other.Addr().String(), "{port}", strconv.Itoa(int(ap.Port()))).Replace(s)
}

// apart wants that no request for the path came sooner than the time after the one before, from the nth on.
func apart(t *testing.T, c *trial, path string, from int, least time.Duration) {
	t.Helper()
	at := c.times(path)
	for i := max(1, from); i < len(at); i++ {
		if gap := at[i].Sub(at[i-1]); gap < least-20*time.Millisecond { // the clocks of two goroutines
			t.Errorf("request %d for %s came %v after the one before, want %v at least", i+1, path, gap.Round(time.Millisecond), least)
		}
	}
}
