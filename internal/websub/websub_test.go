package websub_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"hash"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill/internal/websub"
	"github.com/google/go-cmp/cmp"
)

func TestSigned(t *testing.T) {
	t.Parallel()
	body := []byte("what is new")
	sign := func(h func() hash.Hash) string {
		mac := hmac.New(h, []byte("secret"))
		mac.Write(body)
		return hex.EncodeToString(mac.Sum(nil))
	}
	good := map[string]string{"sha1": sign(sha1.New), "sha256": sign(sha256.New), "sha384": sign(sha512.New384), "sha512": sign(sha512.New)}
	for method, sum := range good {
		if !websub.Signed(method+"="+sum, "secret", body) || !websub.Signed(strings.ToUpper(method)+"="+strings.ToUpper(sum), "secret", body) {
			t.Errorf("%s: a right signature is refused", method)
		}
		for what, signature := range map[string]string{
			"half": method + "=" + sum[:len(sum)/2], "longer": method + "=" + sum + "00", "no hex": method + "=" + sum[1:], "empty": method + "=", "bare": sum, "md5": "md5=" + sum,
		} {
			if websub.Signed(signature, "secret", body) {
				t.Errorf("%s, %s: a wrong signature is taken", method, what)
			}
		}
		if websub.Signed(method+"="+sum, "other", body) || websub.Signed(method+"="+sum, "secret", body[1:]) {
			t.Errorf("%s: another secret or another body is taken", method)
		}
	}
	if websub.Signed("", "secret", body) || websub.Signed("sha256="+sign(sha256.New), "", body) {
		t.Error("no signature, or no secret, is taken")
	}
}

// TestARenewalComesBeforeTheLeaseEnds looks at leases short and long.
func TestARenewalComesBeforeTheLeaseEnds(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for lease, want := range map[time.Duration]time.Duration{
		time.Second: 2 * time.Second, 4 * time.Second: 3 * time.Second, time.Hour: 45 * time.Minute, websub.MaxLease: 9 * 24 * time.Hour,
	} {
		s := websub.Subscription{Asked: now, Failures: 3, Error: "away"}
		s.Confirmed(lease, 2*time.Second, now)
		if d := cmp.Diff(websub.Subscription{Until: now.Add(lease), Next: now.Add(want)}, s); d != "" {
			t.Errorf("lease of %s (-want +got):\n%s", lease, d)
		}
	}
}

func TestConfidential(t *testing.T) {
	t.Parallel()
	for hub, want := range map[string]bool{
		"https://hub.example/": true, "HTTPS://hub.example/": true, "http://127.0.0.1:8080/hub": true, "http://[::1]/hub": true,
		"http://hub.example/": false, "http://10.0.0.1/": false, "http://localhost/": false, "http://127.0.0.1.example/": false,
		"ftp://127.0.0.1/": false, "hub": false, "": false, "http://[": false,
	} {
		if got := websub.Confidential(hub); got != want {
			t.Errorf("%q: %v", hub, got)
		}
	}
}

// holder knows one subscription, of feed f under the key k to the topic t.
type holder struct {
	said []string
	fail error
}

func (h *holder) known(feed, key string) error {
	if h.fail != nil {
		return h.fail
	}
	if feed != "f" || key != "k" {
		return websub.ErrUnknown
	}
	return nil
}

func (h *holder) Confirm(_ context.Context, feed, key, topic string, lease time.Duration) (bool, error) {
	if err := h.known(feed, key); err != nil {
		return false, err
	}
	h.said = append(h.said, "confirm "+topic+" "+lease.String())
	return topic == "t" && lease > 0, nil
}

func (h *holder) Deny(_ context.Context, feed, key, topic, reason string) error {
	h.said = append(h.said, "denied "+topic+" "+reason)
	return h.known(feed, key)
}

func (h *holder) Secret(_ context.Context, feed, key string) (string, error) {
	return "secret", h.known(feed, key)
}

func (h *holder) Deliver(_ context.Context, feed, contentType string, body []byte) error {
	h.said = append(h.said, "delivered "+contentType+" "+string(body))
	return h.fail
}

func (h *holder) Forged(feed, _ string) { h.said = append(h.said, "forged "+feed) }

func TestHandler(t *testing.T) {
	t.Parallel()
	signature := func(body string) string {
		mac := hmac.New(sha256.New, []byte("secret"))
		mac.Write([]byte(body))
		return "sha256=" + hex.EncodeToString(mac.Sum(nil))
	}
	ask := func(q ...string) string {
		v := url.Values{"hub.challenge": {"<b>challenge"}}
		for i := 0; i < len(q); i += 2 {
			v.Set("hub."+q[i], q[i+1])
		}
		return "?" + v.Encode()
	}
	for _, test := range []struct {
		name, method, target, body, signature string
		fail                                  error
		status                                int
		answer                                string
		said                                  []string
	}{
		{name: "verification", method: "GET", target: "/hook/f/k" + ask("mode", "subscribe", "topic", "t", "lease_seconds", "60"), status: 200, answer: "<b>challenge", said: []string{"confirm t 1m0s"}},
		{name: "lease without end", method: "GET", target: "/hook/f/k" + ask("mode", "subscribe", "topic", "t", "lease_seconds", "99999999999"), status: 200, answer: "<b>challenge", said: []string{"confirm t 240h0m0s"}},
		{name: "no lease", method: "GET", target: "/hook/f/k" + ask("mode", "subscribe", "topic", "t"), status: 200, answer: "<b>challenge", said: []string{"confirm t 24h0m0s"}},
		{name: "another topic", method: "GET", target: "/hook/f/k" + ask("mode", "subscribe", "topic", "u"), status: 404, answer: "not asked for\n", said: []string{"confirm u 24h0m0s"}},
		{name: "an end", method: "GET", target: "/hook/f/k" + ask("mode", "unsubscribe", "topic", "t"), status: 404, answer: "not asked for\n", said: []string{"confirm t 0s"}},
		{name: "another key", method: "GET", target: "/hook/f/x" + ask("mode", "subscribe", "topic", "t"), status: 404, answer: "no such subscription\n"},
		{name: "no mode", method: "GET", target: "/hook/f/k", status: 400, answer: "hub.mode is none of subscribe, unsubscribe and denied\n"},
		{name: "denial", method: "GET", target: "/hook/f/k" + ask("mode", "denied", "topic", "t", "reason", "no"), status: 200, said: []string{"denied t no"}},
		{name: "registry away", method: "GET", target: "/hook/f/k" + ask("mode", "subscribe", "topic", "t"), fail: errors.New("away"), status: 503, answer: "not now\n"},
		{name: "delivery", method: "POST", target: "/hook/f/k", body: "new", signature: signature("new"), status: 202, said: []string{"delivered text/x new"}},
		{name: "forged", method: "POST", target: "/hook/f/k", body: "bad", signature: signature("new"), status: 202, said: []string{"forged f"}},
		{name: "unsigned", method: "POST", target: "/hook/f/k", body: "new", status: 202, said: []string{"forged f"}},
		{name: "delivery for nobody", method: "POST", target: "/hook/f/x", body: "new", signature: signature("new"), status: 410, answer: "no such subscription\n"},
		{name: "too large", method: "POST", target: "/hook/f/k", body: strings.Repeat("x", 101), status: 413, answer: "too large\n"},
		{name: "elsewhere", method: "GET", target: "/other", status: 404, answer: "404 page not found\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := &holder{fail: test.fail}
			h, err := websub.Handler("https://example.com/hook/", s, 100)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequestWithContext(t.Context(), test.method, test.target, strings.NewReader(test.body))
			r.Header.Set("Content-Type", "text/x")
			if test.signature != "" {
				r.Header.Set("X-Hub-Signature", test.signature)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != test.status || w.Body.String() != test.answer {
				t.Errorf("answered %d %q, want %d %q", w.Code, w.Body, test.status, test.answer)
			}
			if d := cmp.Diff(test.said, s.said); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if w.Code == http.StatusOK && test.answer != "" && w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
				t.Errorf("the challenge is sent back as %s", w.Header().Get("Content-Type"))
			}
		})
	}
}
