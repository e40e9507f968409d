package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/feedmill/feedmill/internal/web"
)

// ill is a process with the problems that a test gives it; it lives all the same.
type ill []web.Problem

func (p ill) Stalled() []web.Problem  { return nil }
func (p ill) NotReady() []web.Problem { return p }

func TestHealthcheck(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		process ill
		path    string
		code    int
		message string
	}{
		{"ready", nil, "/readyz", exitOK, ""},
		{"ready, without a path", nil, "", exitOK, ""},
		{"not ready", ill{{Name: "nats", Reason: "the connection is lost"}}, "", exitFailure, "not healthy: nats: the connection is lost"},
		{"alive, though not ready", ill{{Name: "nats", Reason: "the connection is lost"}}, "/livez", exitOK, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(web.Handler(test.process, nil))
			defer s.Close()
			a, out, messages := testApp(t)
			code := a.execute(t.Context(), []string{"healthcheck", "--url", s.URL + test.path})
			if code != test.code || !strings.Contains(messages.String(), test.message) {
				t.Errorf("exit code %d, message %q; want %d, %q", code, messages, test.code, test.message)
			}
			if ok := out.String() == "ok\n"; ok != (test.code == exitOK) {
				t.Errorf("output %q", out)
			}
		})
	}
}

// TestHealthcheckFindsTheDaemon asks at the address that the configuration names.
func TestHealthcheckFindsTheDaemon(t *testing.T) {
	t.Parallel()
	asked := ""
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked = r.URL.Path }))
	defer s.Close()
	a, _, messages := testApp(t)
	a.environ = append(a.environ, "FEEDMILL_HTTP_LISTEN="+strings.TrimPrefix(s.URL, "http://"))
	if code := a.execute(t.Context(), []string{"healthcheck"}); code != exitOK || asked != "/readyz" {
		t.Errorf("exit code %d, %s; asked for %q, want /readyz", code, messages, asked)
	}
}
