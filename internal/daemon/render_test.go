package daemon_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/nats-io/nats.go"
)

// TestARendererAnswersForPagesOfScripts has a renderer on NATS that gives the text of one page, refuses another, and is not
// asked for a page that has its text, nor for one again that is as it was.
func TestARendererAnswersForPagesOfScripts(t *testing.T) {
	t.Parallel()
	_, addr := startScripted(t, 3, func(w http.ResponseWriter, path string, _ int) {
		w.Header().Set("Content-Type", "text/html")
		if path == "/0" {
			fmt.Fprint(w, articlePage("Article /0", "all that is whole"))
			return
		}
		fmt.Fprint(w, `<!doctype html><html><head><title>App</title></head><body><div id="app"></div><script src="app.js"></script><noscript>Please turn on JavaScript.</noscript></body></html>`)
	})
	cfg := testConfig(t.TempDir())
	cfg.Fetch.Revisit = []config.Duration{config.Duration(500 * time.Millisecond)}
	cfg.Fetch.Renderer, cfg.Fetch.RendererFor = "render.page", []string{"127.0.0.1"}
	var mu sync.Mutex
	var asked []string
	unchanged := 0 // at the second look
	got := map[string]*feedmill.Record{}
	runUntil(t, daemon.Options{Config: cfg, Also: addr,
		OnReady: func(c *daemon.Client) {
			_, err := c.Bus.JetStream().Conn().Subscribe("render.page", func(m *nats.Msg) {
				var q struct{ URL string }
				if err := json.Unmarshal(m.Data, &q); err != nil {
					t.Error(err)
				}
				mu.Lock()
				asked = append(asked, q.URL)
				mu.Unlock()
				answer := nats.NewMsg(m.Reply)
				if strings.HasSuffix(q.URL, "/2") {
					answer.Header.Set("Nats-Service-Error", "no such page")
				} else {
					answer.Data = []byte(articlePage("Rendered", "what the scripts have made"))
				}
				if err := m.RespondMsg(answer); err != nil {
					t.Error(err)
				}
			})
			if err != nil {
				t.Error(err)
			}
			if _, _, err := c.Subscribe(t.Context(), "http://"+addr.String()+"/feed.xml", nil); err != nil {
				t.Error(err)
			}
		},
		OnEvent: func(e feedmill.Event) {
			mu.Lock()
			defer mu.Unlock()
			if e.ID != "" && e.Outcome == feedmill.OutcomeUnchanged {
				unchanged++
			}
		},
		OnRecords: func(recs []*feedmill.Record) {
			mu.Lock()
			defer mu.Unlock()
			for _, r := range recs {
				if r.Rendition != "" {
					got[strings.TrimPrefix(r.URL, "http://"+addr.String())] = r
				}
			}
		}}, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(got) == 3 && unchanged == 3
	})
	if len(asked) != 2 {
		t.Errorf("the renderer was asked for %q, want the two pages of scripts", asked)
	}
	if r := got["/1"]; !strings.Contains(r.Text, "what the scripts have made") || r.HasWarning(feedmill.WarnScriptOnly) {
		t.Errorf("rendered: %q with %v", r.Text, r.Quality.Warnings)
	}
	if r := got["/2"]; strings.Contains(r.Text, "what the scripts have made") || r.Title == "" {
		t.Errorf("refused: %q, want what there was without", r.Text)
	}
}
