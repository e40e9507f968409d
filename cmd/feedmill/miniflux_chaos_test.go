//go:build chaos

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill/sink/postgres/pgtest"
)

// TestImportFromARunningMiniflux gives a real Miniflux feeds of all kinds and imports them. With MINIFLUX_RECORD set to a
// directory its answers are written there, for registry/testdata.
func TestImportFromARunningMiniflux(t *testing.T) {
	program := os.Getenv("MINIFLUX")
	if program == "" {
		var err error
		if program, err = exec.LookPath("miniflux"); err != nil {
			t.Skip("no miniflux in PATH or named by MINIFLUX; to run this test: go install miniflux.app/v2@v2.3.5 (its program is then called miniflux.app)")
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "DATABASE_URL="+pgtest.New(t), "LISTEN_ADDR="+address, "RUN_MIGRATIONS=1", "CREATE_ADMIN=1", "ADMIN_USERNAME=admin",
		"ADMIN_PASSWORD=hunter2admin", "DISABLE_SCHEDULER_SERVICE=1", "FETCHER_ALLOW_PRIVATE_NETWORKS=1", "FETCHER_ALLOW_PRIVATE_FEED_PROXY=1")
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	api := func(method, path string, body any) ([]byte, int) {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+path, bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("admin", "hunter2admin")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return nil, 0
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer, resp.StatusCode
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		if _, status := api("GET", "/v1/me", nil); status == http.StatusOK {
			break
		}
		if time.Now().After(end) {
			t.Fatal("Miniflux does not come up")
		}
	}
	must := func(method, path string, body any) []byte {
		answer, status := api(method, path, body)
		if status < 200 || status > 299 {
			t.Fatalf("%s %s: %d %s", method, path, status, answer)
		}
		return answer
	}

	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		title := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/"), ".xml")
		fmt.Fprintf(w, `<rss version="2.0"><channel><title>%s</title><link>http://%s/</link><item><title>One</title><link>http://%s%s/1</link></item></channel></rss>`, title, r.Host, r.Host, r.URL.Path)
	}))
	t.Cleanup(web.Close)
	var category struct {
		ID int64 `json:"id"`
	}
	if err := json.Unmarshal(must("POST", "/v1/categories", map[string]any{"title": "News/Korea"}), &category); err != nil {
		t.Fatal(err)
	}
	must("PUT", "/v1/users/1", map[string]any{"block_filter_entry_rules": "EntryTitle=(?i)sponsored\nEntryTag=^ads$"})
	type m = map[string]any
	for _, f := range []struct {
		name        string
		create, put m
	}{
		{"plain", m{}, nil},
		{"crawled", m{"category_id": category.ID, "crawler": true, "user_agent": "reader/1.0", "scraper_rules": "article", "rewrite_rules": "nl2br",
			"block_filter_entry_rules": "EntryURL=/video/\r\nEntryAuthor=^Bot$", "keep_filter_entry_rules": "EntryTitle=(?i)korea\nEntryTag=^World$"}, m{"title": "Renamed by hand"}},
		{"old", m{"blocklist_rules": "(?i)advert", "keeplist_rules": "a=b|c"}, m{"disabled": true}},
		{"login", m{"username": "jan", "password": "hunter2", "cookie": "session=hunter2", "keep_filter_entry_rules": "EntryContent=korea\nEntryTitle=japan",
			"allow_self_signed_certificates": true, "ignore_entry_updates": true}, m{"fetch_via_proxy": true}},
	} {
		f.create["feed_url"] = web.URL + "/" + f.name + ".xml"
		var made struct {
			ID int64 `json:"feed_id"`
		}
		if err := json.Unmarshal(must("POST", "/v1/feeds", f.create), &made); err != nil {
			t.Fatal(err)
		}
		if f.put != nil {
			must("PUT", fmt.Sprintf("/v1/feeds/%d", made.ID), f.put)
		}
	}
	var key struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(must("POST", "/v1/api-keys", m{"description": "feedmill"}), &key); err != nil || key.Token == "" {
		t.Fatalf("no API key: %v", err)
	}
	if dir := os.Getenv("MINIFLUX_RECORD"); dir != "" {
		for name, path := range map[string]string{"miniflux-feeds.json": "/v1/feeds", "miniflux-me.json": "/v1/me"} {
			var pretty bytes.Buffer
			text := strings.ReplaceAll(string(must("GET", path, nil)), strings.TrimPrefix(web.URL, "http://"), "127.0.0.1")
			if err := json.Indent(&pretty, []byte(text), "", " "); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), append(pretty.Bytes(), '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}

	data := t.TempDir()
	run := func(want int, args ...string) string {
		t.Helper()
		var out, said bytes.Buffer
		a := newApp(strings.NewReader(""), &out, &said, []string{"FEEDMILL_SECRET_MINIFLUX=" + key.Token})
		if code := a.execute(t.Context(), append(args, "--data", data)); code != want {
			t.Fatalf("%v: exit code %d, want %d\n%s%s", args, code, want, &out, &said)
		}
		all := out.String() + said.String()
		for _, secret := range []string{"hunter2", key.Token} {
			if strings.Contains(all, secret) {
				t.Errorf("%v shows a secret:\n%s", args, all)
			}
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
	url := "http://" + address
	contains(run(0, "feeds", "import", "--miniflux", url, "--dry-run"), "would add  "+web.URL+"/crawled.xml  #News/Korea full_text=on user_agent=\"reader/1.0\" 6 filters", "would be: 4 added, 0 known, 0 invalid")
	contains(run(0, "feeds", "import", "--miniflux", url+"/v1/"), "4 added, 0 known, 0 invalid", web.URL+"/login.xml: user and password not taken over", "1 feed: scraper rules not taken over")
	contains(run(0, "feeds", "import", "--miniflux", url), "0 added, 4 known, 0 invalid\n")
	contains(run(0, "feeds", "list"), "paused")
	contains(run(0, "feeds", "show", web.URL+"/crawled.xml"), "Renamed by hand", "full_text: on (Miniflux at "+address+")", `filters[2]: drop where the url matches "/video/"`)
	must("PUT", "/v1/feeds/1", m{"crawler": true})
	run(0, "feeds", "set", "full_text=on", web.URL+"/old.xml")
	contains(run(0, "feeds", "import", "--miniflux", url), "0 added, 4 known, 0 invalid; settings of 1 changed")
	key.Token = "wrong"
	contains(run(1, "feeds", "import", "--miniflux", url), `401 Unauthorized: the server refuses the login with the secret "miniflux"`)
}
