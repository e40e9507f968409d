package daemon_test

import (
	"fmt"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/daemon"
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
