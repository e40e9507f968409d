package daemon_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/sink"
)

// answer is what a feed's URL gives in one pass.
type answer struct {
	kind, body, redirect, etag string
}

// feedServer answers each path with what its row says for the present pass, and notes the validators that it is sent.
type feedServer struct {
	mu   sync.Mutex
	pass int
	rows map[string][]answer
	sent map[string][]string // If-None-Match of each request
}

func (s *feedServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row, ok := s.rows[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	s.sent[r.URL.Path] = append(s.sent[r.URL.Path], r.Header.Get("If-None-Match"))
	a := row[min(s.pass, len(row)-1)]
	if a.redirect != "" {
		http.Redirect(w, r, a.redirect, http.StatusFound)
		return
	}
	if a.etag != "" {
		w.Header().Set("ETag", a.etag)
	}
	w.Header().Set("Content-Type", a.kind)
	_, _ = w.Write([]byte(a.body))
}

// TestWhatIsNoFeed polls addresses that give something else in a feed's place: each is a counted outcome, stores no
// validators, waits longer with every failure and loses nothing; when the feed is back, it is read from where it was.
func TestWhatIsNoFeed(t *testing.T) {
	t.Parallel()
	good := func(etag string, titles ...string) answer {
		var items []string
		for _, title := range titles {
			items = append(items, entry("<guid>"+title+"</guid><title>"+title+"</title>"))
		}
		return answer{kind: "application/rss+xml", body: string(rss(items...).Body), etag: etag}
	}
	const html = `<!DOCTYPE html><html><head><title>%s</title></head><body><h1>%[1]s</h1><p>Please try again later.</p></body></html>`
	page := func(title string) answer {
		return answer{kind: "text/html", body: fmt.Sprintf(html, title), etag: `"page"`}
	}
	rows := []struct {
		path    string
		bad     answer
		outcome feedmill.Outcome
		reason  string
	}{
		{"/error.xml", page("Something went wrong"), feedmill.OutcomeNotFeed, "HTML page"},
		{"/error-as-rss.xml", answer{kind: "application/rss+xml", body: fmt.Sprintf(html, "502"), etag: `"page"`}, feedmill.OutcomeNotFeed, "HTML page"},
		{"/login.xml", answer{redirect: "/login"}, feedmill.OutcomeNotFeed, "HTML page"},
		{"/empty.xml", answer{kind: "application/rss+xml", etag: `"page"`}, feedmill.OutcomeFailed, "without a body"},
		{"/blank.xml", answer{kind: "application/rss+xml", body: " \n", etag: `"page"`}, feedmill.OutcomeNotFeed, "empty"},
		{"/json.xml", answer{kind: "application/json", body: `{"error": "quota"}`, etag: `"page"`}, feedmill.OutcomeNotFeed, "JSON"},
		{"/picture.xml", answer{kind: "image/png", body: "\x89PNG", etag: `"page"`}, feedmill.OutcomeFailed, "image/png"},
	}
	s := &feedServer{rows: map[string][]answer{"/login": {page("Sign in")}}, sent: map[string][]string{}}
	for _, row := range rows {
		s.rows[row.path] = []answer{good(`"v1"`, "One"), row.bad, row.bad, row.bad, good(`"v2"`, "Two", "One")}
	}
	server := httptest.NewServer(s)
	defer server.Close()
	addr := netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://"))
	dir := t.TempDir()
	cfg := testConfig(dir)
	cfg.Poll = config.Poll{Min: config.Duration(time.Minute), Default: config.Duration(time.Hour), Max: config.Duration(4 * time.Hour), BackoffMax: config.Duration(48 * time.Hour), Spread: config.Duration(time.Second)}
	var feeds []string
	for _, row := range rows {
		feeds = append(feeds, server.URL+row.path)
	}
	// pass polls all once and returns their states, and the outcomes that were told of each.
	pass := func(n int) (map[string]feedmill.FeedState, map[string]feedmill.Event) {
		t.Helper()
		s.mu.Lock()
		s.pass = n
		s.mu.Unlock()
		events := map[string]feedmill.Event{}
		var mu sync.Mutex
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		sum, err := daemon.Run(ctx, daemon.Options{Config: cfg, Also: addr, Feeds: feeds, Once: true, Logger: testLogger(t), OnEvent: func(e feedmill.Event) {
			mu.Lock()
			defer mu.Unlock()
			if e.ID == "" {
				events[strings.TrimPrefix(e.URL, server.URL)] = e
			}
		}})
		if err != nil || sum.DeadLetters > 0 {
			t.Fatalf("pass %d: %+v, %v", n, sum, err)
		}
		client, err := daemon.Open(t.Context(), cfg, testLogger(t))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		states := map[string]feedmill.FeedState{}
		for st, err := range client.Registry.Feeds(t.Context(), nil) {
			if err != nil {
				t.Fatal(err)
			}
			states[strings.TrimPrefix(st.URL, server.URL)] = st
		}
		return states, events
	}

	before, _ := pass(0)
	wait := map[string]time.Duration{}
	for n := 1; n <= 3; n++ {
		states, events := pass(n)
		for _, row := range rows {
			st, e := states[row.path], events[row.path]
			if st.Outcome != row.outcome || e.Outcome != row.outcome || st.Failures != n || !strings.Contains(st.Error, row.reason) || e.Reason != st.Error {
				t.Errorf("%s, failure %d: outcome %s, event %s, %d failures, error %q", row.path, n, st.Outcome, e.Outcome, st.Failures, st.Error)
			}
			if st.Validators != before[row.path].Validators || st.Title != "Harbour Post" || st.Gone || st.Total != 1 {
				t.Errorf("%s, failure %d: the feed's state is %+v", row.path, n, st)
			}
			now := st.Due.Sub(st.LastPoll)
			if now < time.Hour || n > 1 && now < wait[row.path]*19/10 {
				t.Errorf("%s: waits %v after failure %d, and %v after the one before", row.path, now, n, wait[row.path])
			}
			wait[row.path] = now
		}
	}
	after, _ := pass(4)
	for _, row := range rows {
		if st := after[row.path]; st.Outcome != feedmill.OutcomeFetched || st.Failures != 0 || st.New != 1 || st.Validators.ETag != `"v2"` {
			t.Errorf("%s, back again: %+v", row.path, st)
		}
		for i, sent := range s.sent[row.path] {
			if want := []string{"", `"v1"`}[min(i, 1)]; sent != want {
				t.Errorf("%s, request %d: If-None-Match %s, want %s", row.path, i+1, sent, want)
			}
		}
	}
	if got := records(t, dir, sink.Query{}); len(got) != 2*len(rows) {
		t.Errorf("%d records, want %d", len(got), 2*len(rows))
	}
}

// TestFeedOf200000Items: the first ones are taken, and it is told that there are more.
func TestFeedOf200000Items(t *testing.T) {
	t.Parallel()
	var doc bytes.Buffer
	doc.WriteString(`<rss version="2.0"><channel><title>All of it</title>`)
	for i := range 200_000 {
		fmt.Fprintf(&doc, "<item><guid>%d</guid><title>Note %[1]d</title></item>\n", i)
	}
	doc.WriteString("</channel></rss>")
	s := &feedServer{rows: map[string][]answer{"/all.xml": {{kind: "application/rss+xml", body: doc.String()}}}, sent: map[string][]string{}}
	server := httptest.NewServer(s)
	defer server.Close()
	cfg := testConfig(t.TempDir())
	cfg.Fetch.MaxItems = 40
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	told := make(chan feedmill.Event, 10)
	sum, err := daemon.Run(ctx, daemon.Options{Config: cfg, Also: netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://")), Feeds: []string{server.URL + "/all.xml"}, Once: true,
		Logger: testLogger(t), OnEvent: func(e feedmill.Event) {
			if e.ID == "" {
				told <- e
			}
		}})
	if err != nil || sum.Partial() || sum.DeadLetters > 0 {
		t.Fatalf("%+v, %v", sum, err)
	}
	if e := <-told; e.Items != 40 || e.New != 40 || !strings.Contains(e.Reason, "more than 40 items") {
		t.Errorf("told %+v, want 40 items and that there are more", e)
	}
	if got := records(t, cfg.Data, sink.Query{}); len(got) != 40 {
		t.Errorf("%d records, want 40", len(got))
	}
}
