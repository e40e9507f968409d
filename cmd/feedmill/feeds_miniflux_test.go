package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// TestImportFromMiniflux imports what a real Miniflux once answered.
func TestImportFromMiniflux(t *testing.T) {
	t.Parallel()
	const token = "hunter2token"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Auth-Token") != token || r.Header.Get("Authorization") != "" {
			http.Error(w, `{"error_message":"Access Unauthorized"}`, http.StatusUnauthorized)
			return
		}
		switch r.URL.Path {
		case "/reader/v1/feeds":
			http.ServeFile(w, r, filepath.Join("..", "..", "registry", "testdata", "miniflux-feeds.json"))
		case "/reader/v1/me":
			http.ServeFile(w, r, filepath.Join("..", "..", "registry", "testdata", "miniflux-me.json"))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	data := t.TempDir()
	run := func(want int, secret string, args ...string) string {
		t.Helper()
		var out, said bytes.Buffer
		a := newApp(strings.NewReader(""), &out, &said, []string{"FEEDMILL_SECRET_MINIFLUX=" + secret})
		if code := a.execute(t.Context(), append(args, "--data", data)); code != want {
			t.Fatalf("%v: exit code %d, want %d\n%s%s", args, code, want, &out, &said)
		}
		all := out.String() + said.String()
		if strings.Contains(all, "hunter2") {
			t.Errorf("%v shows a secret:\n%s", args, all)
		}
		return all
	}
	contains := func(text string, parts ...string) {
		t.Helper()
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("no %q in\n%s", part, text)
			}
		}
	}
	url := server.URL + "/reader"
	contains(run(0, token, "feeds", "import", "--miniflux", url, "--dry-run"),
		`would add  http://127.0.0.1/crawled.xml  #News/Korea full_text=on user_agent="reader/1.0" 6 filters`, "would add  http://127.0.0.1/old.xml  #All paused full_text=off", "would be: 4 added, 0 known, 0 invalid\n")
	contains(run(0, token, "feeds", "import", "--miniflux", url+"/v1/", "--tag", "new"),
		"4 added, 0 known, 0 invalid\n",
		"http://127.0.0.1/login.xml: user and password not taken over, for logins are not stored", "feedmill feeds set secret=NAME http://127.0.0.1/login.xml",
		"1 feed: scraper rules not taken over: ", "1 feed: keep rules over content, date or comments not taken over: ")
	contains(run(0, token, "feeds", "import", "--miniflux", url), "0 added, 4 known, 0 invalid\n")
	contains(run(0, token, "feeds", "list", "--tag", "new"), "paused", "http://127.0.0.1/plain.xml")
	contains(run(0, token, "feeds", "show", "http://127.0.0.1/crawled.xml"), "Renamed by hand", "full_text: on (Miniflux at 127.0.0.1:", `filters[2]: drop where the url matches "/video/" (Miniflux at`)

	contains(run(1, "hunter2wrong", "feeds", "import", "--miniflux", url), `401 Unauthorized: the server refuses the login with the secret "miniflux"`)
	contains(run(1, token, "feeds", "import", "--miniflux", server.URL), "/v1/feeds: 404 Not Found; is that the URL of Miniflux?")
	contains(run(2, token, "feeds", "import", "--miniflux", url, "--secret", "other"), `there is no secret "other"`, "FEEDMILL_SECRET_OTHER", "an API key comes from Settings > API Keys of Miniflux")
	contains(run(2, token, "feeds", "import", "--miniflux", "https://jan:hunter2@reader.example"), "--miniflux: want the URL of Miniflux")
	contains(run(2, token, "feeds", "import", "--miniflux", url, "feeds.opml"), "needs a file, or - for standard input, or --miniflux")
}
