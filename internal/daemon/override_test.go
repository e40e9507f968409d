package daemon_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/registry"
	"github.com/feedmill/feedmill/sink"
)

// writeSecrets writes a file of secrets that its owner alone may read.
func writeSecrets(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secrets.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestLogin polls a feed that asks for a login, first with a wrong one, then with the right one. What the secrets are is
// nowhere to be found afterwards.
func TestLogin(t *testing.T) {
	t.Parallel()
	const right, wrong = "0penSesame-right", "0penSesame-wrong"
	site, addr := startScripted(t, 1, func(w http.ResponseWriter, path string, _ int) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, articlePage("Article "+path, "a login"))
	})
	inner := site.answer
	site.answer = func(w http.ResponseWriter, path string, n int) {
		r := site.requests(path)[n-1]
		if user, password, _ := r.BasicAuth(); path != "/robots.txt" && (user != "jan" || password != right) {
			http.Error(w, "log in", http.StatusUnauthorized)
			return
		}
		inner(w, path, n)
	}
	dir := t.TempDir()
	cfg := testConfig(dir)
	cfg.Secrets = writeSecrets(t, "wrong-one: {user: jan, password: "+wrong+"}\nright-one: {user: jan, password: "+right+"}\n")
	feed := "http://" + addr.String() + "/feed.xml"
	cfg.Settings = []config.Setting{{For: []string{feed}, Secret: "wrong-one", UserAgent: "reader/7"}}
	var log bytes.Buffer
	var events []feedmill.Event
	var mu sync.Mutex
	o := daemon.Options{Config: cfg, Also: addr, Once: true, Feeds: []string{feed}, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		OnEvent: func(e feedmill.Event) {
			mu.Lock()
			defer mu.Unlock()
			events = append(events, e)
		}}
	sum, err := daemon.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if got := sum.Failed[feed]; got != feedmill.OutcomeLoginRefused {
		t.Errorf("the feed ended as %q, want %q", got, feedmill.OutcomeLoginRefused)
	}
	st := stateOf(t, cfg, feed)
	if want := `401 Unauthorized: the server refuses the login with the secret "wrong-one"`; st.Error != want || st.Class != "login" {
		t.Errorf("%q of class %q, want %q", st.Error, st.Class, want)
	}
	cfg.Settings[0].Secret = "right-one"
	if sum, err = daemon.Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if len(sum.Failed) > 0 {
		t.Errorf("with the right login: %v", sum.Failed)
	}
	for _, rs := range records(t, dir, sink.Query{}) {
		if len(rs[0].Text) < 400 {
			t.Errorf("%s has no text: the page is at the feed's host, so that it gets the login too", rs[0].URL)
		}
	}
	if len(site.requests("/0")) != 1 {
		t.Error("the page was not asked for")
	}
	for _, r := range site.requests("/feed.xml") {
		if r.UserAgent() != "reader/7" {
			t.Errorf("the feed was asked for by %q", r.UserAgent())
		}
	}
	for _, r := range site.requests("/robots.txt") {
		if r.Header.Get("Authorization") != "" {
			t.Error("robots.txt was asked for with the login")
		}
	}
	everywhere := log.String() + fmt.Sprintf("%+v %+v %+v", events, sum, stateOf(t, cfg, feed))
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		everywhere += string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{right, wrong, "amFuOjBwZW5TZXNhbWU"} {
		if strings.Contains(everywhere, value) {
			t.Errorf("%s stands in the data, the log or an event", value)
		}
	}
}

func stateOf(t *testing.T, cfg *config.Config, url string) feedmill.FeedState {
	t.Helper()
	client, err := daemon.Open(t.Context(), cfg, testLogger(t))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	st, err := client.Registry.Find(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// TestOverrides checks who gets what.
func TestOverrides(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Secrets = writeSecrets(t, "a: tok\nb: {cookie: x=1}\n")
	hour := config.Duration(time.Hour)
	cfg.Fetch.RevisitOff = []string{"quiet"}
	cfg.Settings = []config.Setting{
		{For: []string{"sport"}, Interval: hour, FullText: "off"},
		{For: []string{"paper.example"}, Secret: "a", Revisit: []config.Duration{6 * hour}},
		{For: []string{"https://feeds.example/x"}, Secret: "b", MinInterval: 2 * hour, Rules: "paper"},
		{For: []string{"old.paper.example"}, Revisit: []config.Duration{}},
		{For: []string{"daily", "daily.example"}, Secret: "a"},
		{For: []string{"weekly.example", "weekly"}, Secret: "a"},
	}
	o, err := daemon.NewOverrides(cfg)
	if err != nil {
		t.Fatal(err)
	}
	own := &feedmill.Settings{Interval: 60, FullText: feedmill.On, Secret: "b", From: "feeds.yaml:3", Filters: []feedmill.ItemFilter{{Field: "title", Match: "x", Action: "drop"}}}
	for name, tt := range map[string]struct {
		st   feedmill.FeedState
		url  string
		want string
	}{
		"none":                   {feedmill.FeedState{URL: "https://a.example/f"}, "https://a.example/f", "interval 0 0 secret  full_text true revisit 1h, 24h rules "},
		"tag":                    {feedmill.FeedState{URL: "https://a.example/f", Tags: []string{"sport/golf"}}, "https://b.example/1", "interval 1h 0 secret  full_text false revisit 1h, 24h rules  | interval=1h@settings[0] full_text=off@settings[0]"},
		"host below":             {feedmill.FeedState{URL: "https://a.example/f"}, "https://www.paper.example/1", "interval 0 0 secret a full_text true revisit 6h rules  | secret=a@settings[1] revisit=6h@settings[1]"},
		"host over http":         {feedmill.FeedState{URL: "https://a.example/f"}, "http://www.paper.example/1", "interval 0 0 secret  withheld a: a secret of a host goes over https alone full_text true revisit 6h rules  | secret=a@settings[1] revisit=6h@settings[1]"},
		"no such host":           {feedmill.FeedState{URL: "https://a.example/f"}, "https://notpaper.example/1", "interval 0 0 secret  full_text true revisit 1h, 24h rules "},
		"feed":                   {feedmill.FeedState{URL: "https://feeds.example/x"}, "https://feeds.example/x", "interval 0 2h secret b full_text true revisit 1h, 24h rules paper | min_interval=2h@settings[2] secret=b@settings[2] rules=paper@settings[2]"},
		"feed's page elsewhere":  {feedmill.FeedState{URL: "https://feeds.example/x"}, "https://b.example/1", "interval 0 2h secret  withheld b: it is for the host of the feed's URL alone full_text true revisit 1h, 24h rules paper | min_interval=2h@settings[2] secret=b@settings[2] rules=paper@settings[2]"},
		"feed moved elsewhere":   {feedmill.FeedState{URL: "https://feeds.example/x", MovedTo: "https://c.example/x"}, "https://c.example/x", "interval 0 2h secret  withheld b: it is for the host of the feed's URL alone full_text true revisit 1h, 24h rules paper | min_interval=2h@settings[2] secret=b@settings[2] rules=paper@settings[2]"},
		"feed moved to http":     {feedmill.FeedState{URL: "https://feeds.example/x"}, "http://feeds.example/x", "interval 0 2h secret  withheld b: it is for the host of the feed's URL alone full_text true revisit 1h, 24h rules paper | min_interval=2h@settings[2] secret=b@settings[2] rules=paper@settings[2]"},
		"no revisit of one host": {feedmill.FeedState{URL: "https://a.example/f"}, "https://old.paper.example/1", "interval 0 0 secret a full_text true revisit off rules  | secret=a@settings[1] revisit=off@settings[3]"},
		"off in fetch":           {feedmill.FeedState{URL: "https://a.example/f", Tags: []string{"quiet"}}, "https://a.example/1", "interval 0 0 secret  full_text true revisit off rules  | revisit=off@fetch.revisit_off"},
		"tag, then host":         {feedmill.FeedState{URL: "https://feeds.daily.example/f", Tags: []string{"daily"}}, "https://www.daily.example/1", "interval 0 0 secret a full_text true revisit 1h, 24h rules  | secret=a@settings[4]"},
		"host, then tag":         {feedmill.FeedState{URL: "https://feeds.weekly.example/f", Tags: []string{"weekly"}}, "https://www.weekly.example/1", "interval 0 0 secret a full_text true revisit 1h, 24h rules  | secret=a@settings[5]"},
		"tag, then host, http":   {feedmill.FeedState{URL: "http://daily.example/f", Tags: []string{"daily"}}, "http://daily.example/1", "interval 0 0 secret a full_text true revisit 1h, 24h rules  | secret=a@settings[4]"},
		"host, then tag, http":   {feedmill.FeedState{URL: "http://weekly.example/f", Tags: []string{"weekly"}}, "http://weekly.example/1", "interval 0 0 secret a full_text true revisit 1h, 24h rules  | secret=a@settings[5]"},
		"host and tag elsewhere": {feedmill.FeedState{URL: "https://daily.example/f", Tags: []string{"daily"}}, "https://b.example/1", "interval 0 0 secret  withheld a: it is for the host of the feed's URL alone full_text true revisit 1h, 24h rules  | secret=a@settings[4]"},
		"own": {feedmill.FeedState{URL: "https://a.example/f", Tags: []string{"sport"}, Settings: own}, "https://a.example/1",
			`interval 1m 0 secret b full_text true revisit 1h, 24h rules  | interval=1m@feeds.yaml:3 secret=b@feeds.yaml:3 full_text=on@feeds.yaml:3 filters[0]=drop where the title matches "x"@feeds.yaml:3`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := o.For(&tt.st, tt.url)
			withheld := ""
			if a.Withheld != "" {
				withheld = fmt.Sprintf(" withheld %s: %s", a.Withheld, a.Why)
			}
			revisit := "off"
			if len(a.Revisit) > 0 {
				var all []string
				for _, d := range a.Revisit {
					all = append(all, d.String())
				}
				revisit = strings.Join(all, ", ")
			}
			got := fmt.Sprintf("interval %s %s secret %s%s full_text %v revisit %s rules %s", config.Duration(a.Interval), config.Duration(a.MinInterval), a.Secret, withheld, a.FullText, revisit, a.Rules)
			for i, s := range a.Said {
				if i == 0 {
					got += " |"
				}
				got += fmt.Sprintf(" %s=%s@%s", s.Key, s.Value, s.From)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestAFeedsOwnSettings leaves a feed at what it says and drops some of it, and reads another's pages by a rule of a name.
func TestAFeedsOwnSettings(t *testing.T) {
	t.Parallel()
	site, addr := startScripted(t, 3, func(w http.ResponseWriter, path string, _ int) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, strings.Replace(articlePage("Article "+path, "rules"), "<article>", "<article><p class=who>Kim Min-ji</p>", 1))
	})
	dir, rules := t.TempDir(), t.TempDir()
	rule := "hosts: [elsewhere.example]\nrules:\n  - byline: p.who\n"
	if err := os.WriteFile(filepath.Join(rules, "paper.yaml"), []byte(rule), 0o644); err != nil {
		t.Fatal(err)
	}
	cfg := testConfig(dir)
	cfg.Parse.Rules = []string{rules}
	client, err := daemon.Open(t.Context(), cfg, testLogger(t))
	if err != nil {
		t.Fatal(err)
	}
	feed := "http://" + addr.String() + "/feed.xml"
	settings := &feedmill.Settings{Rules: "paper", Filters: []feedmill.ItemFilter{{Field: "title", Match: "^Article 1$", Action: "drop"}}}
	if _, _, err := client.Subscribe(t.Context(), feed, &registry.AddOptions{Settings: settings}); err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := daemon.Run(t.Context(), daemon.Options{Config: cfg, Also: addr, Once: true, Logger: testLogger(t)}); err != nil {
		t.Fatal(err)
	}
	recs := records(t, dir, sink.Query{})
	if len(recs) != 2 || len(site.requests("/1")) > 0 {
		t.Fatalf("%d records, want two: one item is dropped", len(recs))
	}
	for _, rs := range recs {
		r := rs[0]
		if len(r.Byline.Authors) != 1 || r.Byline.Authors[0].Name != "Kim Min-ji" {
			t.Errorf("%s: authors %+v, want the one that the named rule finds", r.URL, r.Byline.Authors)
		}
	}
}
