package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/feedmill/feedmill/internal/web"
	"github.com/google/go-cmp/cmp"
)

// process has the problems that a test gives it.
type process struct{ stalled, missing []web.Problem }

func (p *process) Stalled() []web.Problem  { return p.stalled }
func (p *process) NotReady() []web.Problem { return p.missing }

func TestHealth(t *testing.T) {
	t.Parallel()
	missing := []web.Problem{{Name: "nats", Reason: "the connection is lost"}, {Name: "sink main", Reason: "not open yet"}}
	h := web.Handler(&process{missing: missing}, nil)
	for _, test := range []struct {
		path   string
		status int
		want   web.Health
	}{
		{"/livez", 200, web.Health{OK: true, Problems: []web.Problem{}}},
		{"/readyz", 503, web.Health{Problems: missing}},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, test.path, nil))
		var got web.Health
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Errorf("%s: %v in %q", test.path, err, w.Body)
		}
		if diff := cmp.Diff(test.want, got); diff != "" || w.Code != test.status {
			t.Errorf("%s: status %d, want %d (-want +got):\n%s", test.path, w.Code, test.status, diff)
		}
		if ct := w.Header().Get("Content-Type"); ct != "application/json" {
			t.Errorf("%s: Content-Type %q", test.path, ct)
		}
	}
}

func TestOnlyGet(t *testing.T) {
	t.Parallel()
	h := web.Handler(&process{}, nil)
	for _, test := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/", 404},
		{http.MethodGet, "/livez/x", 404},
		{http.MethodHead, "/livez", 200},
		{http.MethodPost, "/livez", 405},
		{http.MethodPut, "/readyz", 405},
		{http.MethodDelete, "/readyz", 405},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(test.method, test.path, strings.NewReader("x")))
		if w.Code != test.status {
			t.Errorf("%s %s: status %d, want %d", test.method, test.path, w.Code, test.status)
		}
		for _, name := range []string{"Cache-Control", "Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options"} {
			if w.Header().Get(name) == "" {
				t.Errorf("%s %s: no header %s", test.method, test.path, name)
			}
		}
	}
}

func TestAsk(t *testing.T) {
	t.Parallel()
	well := listen(t, web.Handler(&process{}, nil))
	if err := web.Ask(t.Context(), well.URL()+"/readyz"); err != nil {
		t.Errorf("a ready process: %v", err)
	}
	ill := listen(t, web.Handler(&process{missing: []web.Problem{{Name: "nats", Reason: "gone"}, {Name: "sink main", Reason: "full"}}}, nil))
	for url, want := range map[string]string{
		ill.URL() + "/readyz":  "nats: gone; sink main: full",
		ill.URL() + "/nothing": "answers 404",
		"http://127.0.0.1:1/":  "127.0.0.1:1",
		"http://%zz/":          "invalid URL",
	} {
		if err := web.Ask(t.Context(), url); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
	}
}

func TestAskDoesNotFollow(t *testing.T) {
	t.Parallel()
	well := listen(t, web.Handler(&process{}, nil))
	away := listen(t, http.RedirectHandler(well.URL()+"/livez", http.StatusFound))
	if err := web.Ask(t.Context(), away.URL()); err == nil || !strings.Contains(err.Error(), "302") {
		t.Errorf("%v, want that the answer is 302", err)
	}
}

func TestLocalURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"127.0.0.1:8686":  "http://127.0.0.1:8686",
		":8686":           "http://127.0.0.1:8686",
		"0.0.0.0:80":      "http://127.0.0.1:80",
		"[::]:80":         "http://[::1]:80",
		"box.example:80":  "http://box.example:80",
		"127.0.0.1:0":     "",
		"":                "",
		"no port in this": "",
	} {
		if got := web.LocalURL(address); got != want {
			t.Errorf("LocalURL(%q) = %q, want %q", address, got, want)
		}
	}
}
