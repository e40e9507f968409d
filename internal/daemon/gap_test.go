package daemon_test

import (
	"fmt"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/registry"
	"github.com/feedmill/feedmill/sink"
)

// TestGap: a document that has nothing in common with the one before is counted, and its feed told of.
func TestGap(t *testing.T) {
	t.Parallel()
	document := func(from, to int) answer {
		var items []string
		for i := from; i < to; i++ {
			items = append(items, entry(fmt.Sprintf("<guid>%d</guid><title>Number %[1]d</title>", i)))
		}
		return answer{kind: "application/rss+xml", body: string(rss(items...).Body)}
	}
	server := &feedServer{rows: map[string][]answer{"/f.xml": {document(0, 5), document(3, 8), document(8, 13), document(8, 14)}}, sent: map[string][]string{}}
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	addr := netip.MustParseAddrPort(strings.TrimPrefix(web.URL, "http://"))
	dir, feed := t.TempDir(), web.URL+"/f.xml"
	for pass, want := range []int{0, 0, 1, 1} {
		server.pass = pass
		runOnce(t, dir, addr, []string{feed})
		cfg := testConfig(dir)
		c, err := daemon.Open(t.Context(), cfg, testLogger(t))
		if err != nil {
			t.Fatal(err)
		}
		st, err := c.Registry.Find(t.Context(), feed)
		if err != nil {
			t.Fatal(err)
		}
		if st.Gaps != want || st.LastGap.IsZero() != (want == 0) || st.Outcome != feedmill.OutcomeFetched {
			t.Errorf("pass %d: %d gaps, the last at %v, outcome %s; want %d", pass, st.Gaps, st.LastGap, st.Outcome, want)
		}
		if st.Posting.Until.IsZero() {
			t.Errorf("pass %d: nothing is known of the feed's posting", pass)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBaseline: what a feed holds when it is subscribed to with a baseline is seen and not stored; what comes later is.
func TestBaseline(t *testing.T) {
	t.Parallel()
	doc := func(items ...string) answer {
		return answer{kind: "application/rss+xml", body: string(rss(items...).Body)}
	}
	item := func(n int) string { return entry(fmt.Sprintf("<guid>%d</guid><title>Number %[1]d</title>", n)) }
	server := &feedServer{rows: map[string][]answer{"/f.xml": {doc(item(1), item(2)), doc(item(1), item(2), item(3))}}, sent: map[string][]string{}}
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	addr := netip.MustParseAddrPort(strings.TrimPrefix(web.URL, "http://"))
	dir := t.TempDir()
	c, err := daemon.Open(t.Context(), testConfig(dir), testLogger(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Subscribe(t.Context(), web.URL+"/f.xml", &registry.AddOptions{Baseline: true}); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for pass, want := range []int{0, 1} {
		server.pass = pass
		runOnce(t, dir, addr, nil)
		if got := records(t, dir, sink.Query{}); len(got) != want {
			t.Errorf("pass %d: %d records, want %d", pass, len(got), want)
		}
	}
}

// TestManyFeedsNeedAContact: who asks more than a hundred feeds says how to be reached.
func TestManyFeedsNeedAContact(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t.TempDir())
	cfg.Fetch.Contact = ""
	c, err := daemon.Open(t.Context(), cfg, testLogger(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	list := func(from, to int) (feeds []registry.NewFeed) {
		for i := from; i < to; i++ {
			feeds = append(feeds, registry.NewFeed{URL: fmt.Sprintf("https://example.org/%d", i)})
		}
		return feeds
	}
	if _, err := c.SubscribeAll(t.Context(), list(0, 101), nil); err == nil || !strings.Contains(err.Error(), "fetch.contact") {
		t.Errorf("101 feeds: %v", err)
	}
	if _, err := c.SubscribeAll(t.Context(), list(0, 100), nil); err != nil {
		t.Errorf("100 feeds: %v", err)
	}
	if _, err := c.SubscribeAll(t.Context(), list(50, 100), nil); err != nil {
		t.Errorf("feeds that are there already: %v", err)
	}
	if _, _, err := c.Subscribe(t.Context(), "https://example.org/100", nil); err == nil || !strings.Contains(err.Error(), "fetch.contact") {
		t.Errorf("one more: %v", err)
	}
	cfg.Fetch.Contact = "mailto:editor@example.org"
	if _, err := c.SubscribeAll(t.Context(), list(50, 2500), nil); err != nil {
		t.Errorf("with a contact: %v", err)
	}
	cfg.Fetch.Contact = ""
	if _, err := c.SubscribeAll(t.Context(), list(0, 2500), nil); err != nil {
		t.Errorf("a long list of feeds that are there already: %v", err)
	}
	due, err := c.Bus.Waiting(t.Context())
	if err != nil || len(due) == 0 {
		t.Errorf("who polls these feeds is told by %v, %v", due, err)
	}
}
