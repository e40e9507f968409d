package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCommandsAskBySettings fetches a page that wants a cookie and another agent, with a command.
func TestCommandsAskBySettings(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/robots.txt":
			http.NotFound(w, r)
		case r.Header.Get("Cookie") != "session=hunter2" || r.UserAgent() != "reader/1":
			w.WriteHeader(http.StatusForbidden)
		default:
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<p>for readers")
		}
	}))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	config := filepath.Join(dir, "feedmill.yaml")
	run := func(want int, secret string) string {
		t.Helper()
		text := "fetch: {allow_cidrs: [127.0.0.0/8], allow_ports: [0], host_delay: 0s}\nsettings: [{for: [127.0.0.1], user_agent: reader/1, secret: paper}]\n"
		if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		var out, said bytes.Buffer
		a := newApp(strings.NewReader(""), &out, &said, []string{"FEEDMILL_SECRET_PAPER={cookie: session=" + secret + "}"})
		if code := a.execute(t.Context(), []string{"fetch", "--config", config, server.URL + "/page"}); code != want {
			t.Fatalf("exit code %d, want %d: %s%s", code, want, &out, &said)
		}
		return out.String() + said.String()
	}
	if got := run(0, "hunter2"); !strings.Contains(got, `"status":200`) || strings.Contains(got, "hunter2") {
		t.Errorf("got %s", got)
	}
	if got := run(3, "other"); !strings.Contains(got, `403 Forbidden: the server refuses the login with the secret \"paper\"`) {
		t.Errorf("got %s", got)
	}
}
