package daemon_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/sink"
)

// hub is a small WebSub hub with its publisher: it verifies what it is asked for, and signs what it sends.
type hub struct {
	t     *testing.T
	url   string
	lease int // seconds

	mu       sync.Mutex
	asked    []url.Values
	verified int
	polls    int
}

func startHub(t *testing.T, lease int) *hub {
	t.Helper()
	h := &hub{t: t, lease: lease}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

func (h *hub) rss(title string) string {
	return fmt.Sprintf(`<rss version="2.0"><channel><title>Pushed</title><link>%s/</link><item><title>%s</title><link>%s/%s</link><description>%s, says the feed.</description></item></channel></rss>`,
		h.url, title, h.url, title, title)
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/feed.xml":
		h.mu.Lock()
		h.polls++
		h.mu.Unlock()
		w.Header().Add("Link", fmt.Sprintf(`<%s/hub>; rel="hub", <%s/topic>; rel=self`, h.url, h.url))
		fmt.Fprint(w, h.rss("first"))
	case "/hub":
		if err := r.ParseForm(); err != nil {
			h.t.Error(err)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.asked = append(h.asked, r.PostForm); len(h.asked) == 1 {
			http.Error(w, "come again", http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		go h.verify(r.PostForm)
	case "/robots.txt":
		http.NotFound(w, r)
	default:
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, articlePage("Article "+r.URL.Path, "what was pushed"))
	}
}

// verify asks the subscriber whether it means it; first for another topic, which it must not confirm.
func (h *hub) verify(form url.Values) {
	for _, topic := range []string{"http://elsewhere.example/", form.Get("hub.topic")} {
		q := url.Values{"hub.mode": {"subscribe"}, "hub.topic": {topic}, "hub.challenge": {"challenge of " + topic}, "hub.lease_seconds": {fmt.Sprint(h.lease)}}
		resp, err := http.Get(form.Get("hub.callback") + "?" + q.Encode())
		if err != nil {
			h.t.Log(err) // the subscriber has gone
			return
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		ok := err == nil && resp.StatusCode == http.StatusOK && string(body) == "challenge of "+topic
		if ok != (topic == form.Get("hub.topic")) {
			h.t.Errorf("verification of %s: %d %q, %v", topic, resp.StatusCode, body, err)
		}
		if ok {
			h.mu.Lock()
			h.verified++
			h.mu.Unlock()
		}
	}
}

// send delivers a document under a secret and returns the status.
func (h *hub) send(callback, secret, document string) int {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, callback, strings.NewReader(document))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/rss+xml")
	if secret != "" {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(document))
		req.Header.Set("X-Hub-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Error(err)
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

// freeAddr is a loopback address that nobody listens at now.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestAHubSendsWhatIsNew subscribes at a real hub that a feed names in its Link fields: the request is repeated after a
// failure, verified, and repeated before the lease ends; what the hub signs is stored, and what it does not is not; the
// feed is polled seldom meanwhile.
func TestAHubSendsWhatIsNew(t *testing.T) {
	t.Parallel()
	h := startHub(t, 4)
	addr := netip.MustParseAddrPort(strings.TrimPrefix(h.url, "http://"))
	dir := t.TempDir()
	cfg := testConfig(dir)
	cfg.Poll.Default, cfg.Poll.Max = cfg.Poll.Min, config.Duration(time.Hour)
	cfg.Fetch.Revisit = nil
	listen := freeAddr(t)
	cfg.WebSub = config.WebSub{Callback: "http://" + listen + "/websub", Listen: listen}
	sent := false
	var mu sync.Mutex
	stored := map[string]bool{}
	pushed := 0
	runUntil(t, daemon.Options{Config: cfg, Also: addr, Feeds: []string{h.url + "/feed.xml"},
		OnEvent: func(e feedmill.Event) {
			mu.Lock()
			defer mu.Unlock()
			if e.Outcome == feedmill.OutcomePushed {
				pushed++
			}
		},
		OnRecords: func(recs []*feedmill.Record) {
			mu.Lock()
			defer mu.Unlock()
			for _, r := range recs {
				stored[strings.TrimPrefix(r.URL, h.url)] = true
			}
		}}, func() bool {
		h.mu.Lock()
		verified, asked := h.verified, len(h.asked)
		var form url.Values
		if asked > 0 {
			form = h.asked[asked-1]
		}
		h.mu.Unlock()
		if verified > 0 && !sent {
			sent = true
			callback, secret := form.Get("hub.callback"), form.Get("hub.secret")
			for what, got := range map[string]int{
				"unsigned": h.send(callback, "", h.rss("unsigned")),
				"forged":   h.send(callback, secret+"x", h.rss("forged")),
				"signed":   h.send(callback, secret, h.rss("signed")),
			} {
				if got != http.StatusAccepted {
					t.Errorf("%s: answered %d, want 202", what, got)
				}
			}
			if got := h.send(callback+"x", secret, h.rss("unknown")); got != http.StatusGone {
				t.Errorf("a callback of nobody's answered %d, want 410", got)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		return verified >= 2 && asked >= 3 && stored["/signed"]
	})
	all := records(t, dir, sink.Query{})
	for _, path := range []string{"/first", "/signed"} {
		if rs := byPath(t, all, path); len(rs) != 1 || rs[0].Text == "" {
			t.Errorf("%s: %d records", path, len(rs))
		}
	}
	if len(all) != 2 || pushed != 1 {
		t.Errorf("%d records and %d pushes, want two and one: nothing without a right signature", len(all), pushed)
	}
	for _, form := range h.asked {
		if form.Get("hub.topic") != h.url+"/topic" || form.Get("hub.mode") != "subscribe" || len(form.Get("hub.secret")) < 20 {
			t.Errorf("the hub was asked for %v", form)
		}
	}
}

// TestATakenPortForHubs ends before anything is polled.
func TestATakenPortForHubs(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var asked atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Store(true) }))
	cfg := testConfig(t.TempDir())
	cfg.Fetch.AllowCIDRs, cfg.Fetch.AllowPorts = []string{"127.0.0.0/8"}, []int{0}
	cfg.WebSub = config.WebSub{Callback: "https://feeds.example/websub", Listen: l.Addr().String()}
	_, err = daemon.Run(t.Context(), daemon.Options{Config: cfg, Logger: testLogger(t), Feeds: []string{server.URL + "/feed"}})
	server.Close()
	if err == nil || asked.Load() {
		t.Errorf("ended with %v, want an error; asked for a feed: %v", err, asked.Load())
	}
}
