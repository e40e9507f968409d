package fetcher

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
)

// TestPost sends a form: through a redirect that asks for it again, not through one that does not, and never to an address
// that may not be asked.
func TestPost(t *testing.T) {
	t.Parallel()
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/hub", http.StatusTemporaryRedirect)
		case "/other":
			http.Redirect(w, r, "/hub", http.StatusSeeOther)
		case "/inside":
			http.Redirect(w, r, "http://10.1.2.3/hub", http.StatusPermanentRedirect)
		case "/away":
			http.Redirect(w, r, "http://localhost"+r.Host[strings.LastIndexByte(r.Host, ':'):]+"/hub", http.StatusTemporaryRedirect)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusTemporaryRedirect)
		default:
			w.WriteHeader(http.StatusAccepted)
			fmt.Fprint(w, r.Method, " ", r.FormValue("a"), " ", r.UserAgent())
		}
	})
	f := local(t, Options{UserAgent: "test/1", MaxRedirects: 2})
	form := url.Values{"a": {"b c&d"}}
	for path, want := range map[string]string{"/hub": "202 POST b c&d test/1", "/moved": "202 POST b c&d test/1", "/other": "303 "} {
		status, answer, err := f.Post(t.Context(), base+path, form)
		if got := fmt.Sprint(status, " ", string(answer)); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", path, got, err, want)
		}
	}
	for _, address := range []string{base + "/inside", base + "/away", "http://10.1.2.3/hub", "ftp://example.com/", "hub"} {
		if _, _, err := f.Post(t.Context(), address, form); !feedmill.IsPermanent(err) {
			t.Errorf("%s: %v, want a refusal", address, err)
		}
	}
	if _, _, err := f.Post(t.Context(), base+"/round", form); Class(err) != ClassRedirect {
		t.Errorf("redirects without end: %v", err)
	}
	answered := map[string]string{"https://a.example/": "http://a.example/hub", "http://b.example/": "https://b.example/hub"}
	f = New(&Options{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		if to := answered[r.URL.String()]; to != "" {
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
		}
		return w.Result(), nil
	})})
	if _, _, err := f.Post(t.Context(), "https://a.example/", form); !feedmill.IsPermanent(err) {
		t.Errorf("a redirect from https to http: %v, want a refusal", err)
	}
	if status, _, err := f.Post(t.Context(), "http://b.example/", form); status != http.StatusOK || err != nil {
		t.Errorf("a redirect from http to https: %d, %v", status, err)
	}
}
