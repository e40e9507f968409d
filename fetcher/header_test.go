package fetcher

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

// Every byte that a validator can hold comes back after the page and the validators went through JSON.
func TestValidatorsSurviveJSON(t *testing.T) {
	t.Parallel()
	every := make([]byte, 0, 256)
	for c := ' '; c <= 0xff; c++ {
		if c != 0x7f {
			every = append(every, byte(c))
		}
	}
	through := func(in, out any) {
		t.Helper()
		b, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, out); err != nil {
			t.Fatal(err)
		}
	}
	for _, etag := range []string{`"plain"`, `W/"weak"`, "\"\xfc\"", `"ü 뉴스"`, "\"\xc3\"", string(every)} {
		page := &feedmill.Page{URL: "http://a/", Status: 200, Body: []byte("x"), Header: pageHeader(http.Header{"Etag": {etag}})}
		var again feedmill.Page
		through(page, &again)
		v := ValidatorsOf(&again)
		var stored feedmill.Validators
		through(v, &stored)
		if got := wireValue(stored.ETag); got != etag {
			t.Errorf("%q comes back as %q", etag, got)
		}
	}
	if got := wireValue("뉴스"); got != "뉴스" {
		t.Errorf("a validator from elsewhere becomes %q", got)
	}
}

func TestPageHeaderIsText(t *testing.T) {
	t.Parallel()
	got := pageHeader(http.Header{"Server": {"caf\xe9", "뉴스"}, "Last-Modified": {"가"}})
	want := map[string][]string{"Server": {"café", "뉴스"}, "Last-Modified": {"ê°\u0080"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// What would let a reader of a stored page act as who asked for it is not stored.
func TestPageHeaderHoldsNoSession(t *testing.T) {
	t.Parallel()
	got := pageHeader(http.Header{"Set-Cookie": {"sid=1"}, "Www-Authenticate": {"Digest nonce=1"}, "Authentication-Info": {"nextnonce=2"}, "Vary": {"Cookie"}})
	if diff := cmp.Diff(map[string][]string{"Vary": {"Cookie"}}, got); diff != "" {
		t.Error(diff)
	}
}
