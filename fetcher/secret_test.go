package fetcher

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

func secretOf(t *testing.T, fields map[string]string) *Secret {
	t.Helper()
	s, err := NewSecret("paper", fields)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSecretIsSentToItsHostAlone(t *testing.T) {
	t.Parallel()
	// What each URL is asked with, by its host and path.
	secret := secretOf(t, map[string]string{"authorization": "Basic abc", "Cookie": "session=1", "X-Api-Key": "k"})
	for name, tt := range map[string]struct {
		url string
		to  map[string]string // redirects
		got map[string]bool   // URL: was the secret there
	}{
		"no redirect":        {"https://a.example/1", nil, map[string]bool{"https://a.example/1": true}},
		"same host":          {"https://a.example/1", map[string]string{"https://a.example/1": "/2"}, map[string]bool{"https://a.example/1": true, "https://a.example/2": true}},
		"other host":         {"https://a.example/1", map[string]string{"https://a.example/1": "https://b.example/"}, map[string]bool{"https://a.example/1": true, "https://b.example/": false}},
		"host below":         {"https://a.example/1", map[string]string{"https://a.example/1": "https://www.a.example/"}, map[string]bool{"https://a.example/1": true, "https://www.a.example/": false}},
		"other port":         {"https://a.example/1", map[string]string{"https://a.example/1": "https://a.example:8443/"}, map[string]bool{"https://a.example/1": true, "https://a.example:8443/": false}},
		"falls to http":      {"https://a.example/1", map[string]string{"https://a.example/1": "http://a.example/1"}, map[string]bool{"https://a.example/1": true, "http://a.example/1": false}},
		"rises to https":     {"http://a.example/1", map[string]string{"http://a.example/1": "https://a.example/1"}, map[string]bool{"http://a.example/1": true, "https://a.example/1": true}},
		"there and back":     {"https://a.example/1", map[string]string{"https://a.example/1": "https://b.example/", "https://b.example/": "https://a.example/2"}, map[string]bool{"https://a.example/1": true, "https://b.example/": false, "https://a.example/2": false}},
		"user in a redirect": {"https://a.example/1", map[string]string{"https://a.example/1": "https://jan:pw@b.example/"}, map[string]bool{"https://a.example/1": true, "https://b.example/": false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := map[string]bool{}
			f := New(&Options{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				u := r.URL.String()
				sent := 0
				for _, field := range []string{"Authorization", "Cookie", "X-Api-Key"} {
					if r.Header.Get(field) != "" {
						sent++
					}
				}
				if sent != 0 && sent != 3 {
					t.Errorf("%s: %d of 3 fields", u, sent)
				}
				got[u] = sent == 3
				if to := tt.to[u]; to != "" {
					return answer(r, http.StatusMovedPermanently, "", "Location", to), nil
				}
				return answer(r, http.StatusOK, feedXML), nil
			})})
			if _, err := f.Fetch(t.Context(), Request{URL: tt.url, Secret: secret}); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.got, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestSecretAndUserAgentAreNotForRobots(t *testing.T) {
	t.Parallel()
	asked := map[string]string{}
	f := New(&Options{UserAgent: "ours", Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		asked[r.URL.Path] = r.Header.Get("User-Agent") + " " + r.Header.Get("Cookie")
		if r.URL.Path == "/robots.txt" {
			return answer(r, http.StatusNotFound, ""), nil
		}
		return answer(r, http.StatusOK, "<p>text", "Content-Type", "text/html"), nil
	})})
	r := Request{URL: "https://a.example/page", Kind: KindArticle, Robots: true, UserAgent: "other/1\r\nX: y", Secret: secretOf(t, map[string]string{"Cookie": "session=1"})}
	if _, err := f.Fetch(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]string{"/robots.txt": "ours ", "/page": "other/1X: y session=1"}, asked); d != "" {
		t.Error(d)
	}
}

func TestSecretShowsItsNameAlone(t *testing.T) {
	t.Parallel()
	s := secretOf(t, map[string]string{"Authorization": "hunter2"})
	var log bytes.Buffer
	l := slog.New(slog.NewTextHandler(&log, nil))
	l.Info("x", "secret", s, "request", Request{Secret: s})
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", s, "request", Request{Secret: s})
	text, err := json.Marshal(struct{ S *Secret }{s})
	if err != nil {
		t.Fatal(err)
	}
	all := log.String() + string(text) + fmt.Sprintf("%v %+v %#v %s %q", s, s, s, s, s)
	if strings.Contains(all, "hunter2") {
		t.Errorf("the secret is shown: %s", all)
	}
	if !strings.Contains(all, "paper") {
		t.Errorf("its name is not: %s", all)
	}
}

func TestNewSecretRefuses(t *testing.T) {
	t.Parallel()
	for field, value := range map[string]string{"Host": "x", "content-length": "1", "a b": "x", "User-Agent": "x", "X-Key": "hunter2\r\nX: y", "": "x",
		"X-Key: hunter2": "x", "X-Key hunter2": "x"} {
		if s, err := NewSecret("paper", map[string]string{field: value}); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v, %v", field, s, err)
		}
	}
}

func TestJudgeLogin(t *testing.T) {
	t.Parallel()
	secret := secretOf(t, map[string]string{"Cookie": "hunter2"})
	r := Request{URL: "https://a.example/feed", Secret: secret}
	for status, want := range map[int]string{
		401: `login_refused login 401 Unauthorized: the server refuses the login with the secret "paper"`,
		403: `login_refused login 403 Forbidden: the server refuses the login with the secret "paper"`,
		404: "failed status 404 Not Found",
		304: "unchanged  ",
	} {
		page := &feedmill.Page{URL: r.URL, Status: status}
		v := JudgeLogin(Judge(KindFeed, page, nil, time.Now()), r, page)
		if got := fmt.Sprintf("%s %s %s", v.Outcome, v.Class, v.Reason); got != want {
			t.Errorf("%d: %q, want %q", status, got, want)
		}
	}
	page := &feedmill.Page{URL: r.URL, FinalURL: "http://a.example/feed", Status: 401}
	v := JudgeLogin(Judge(KindFeed, page, nil, time.Now()), r, page)
	if want := `401 Unauthorized by http://a.example:80, to which the URL redirects: the secret "paper" was not sent there, since it is for https://a.example:443; use the URL there instead`; v.Reason != want {
		t.Errorf("%q, want %q", v.Reason, want)
	}
	r.Secret = nil
	if v := JudgeLogin(Judge(KindFeed, page, nil, time.Now()), r, page); v.Class != ClassStatus {
		t.Errorf("without a secret: %+v", v)
	}
}
