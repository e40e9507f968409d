// Package websub is the subscriber's side of WebSub (W3C Recommendation, 23 January 2018): what a subscription is, what is
// asked of a hub, and the callback that answers a hub's questions and takes what it distributes.
//
// It keeps nothing and asks nobody: who holds the subscriptions is a [Subscriber], and requests to hubs are its caller's.
package websub

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// MaxLease is the longest lease that is asked for and believed.
const MaxLease = 10 * 24 * time.Hour

// defaultLease is that of a hub that names none, which it should not do.
const defaultLease = 24 * time.Hour

// Subscription is a feed's subscription at a hub.
type Subscription struct {
	Feed  string `json:"feed"` // feed id
	Hub   string `json:"hub"`
	Topic string `json:"topic"`
	// Key is the part of the callback's URL that nobody can guess; Secret signs what the hub sends.
	Key    string `json:"key"`
	Secret string `json:"secret"`
	// Until is when the lease ends, zero before there is one; Next when the hub is to be asked (again).
	Until time.Time `json:"until,omitzero"`
	Next  time.Time `json:"next,omitzero"`
	// Asked is when the hub was last asked for a subscription, zero once it has confirmed it.
	Asked time.Time `json:"asked,omitzero"`
	// Failures counts the requests in a row that came to nothing, Error is what was wrong with the last.
	Failures int    `json:"failures,omitempty"`
	Error    string `json:"error,omitempty"`
}

// Callback is the subscription's own URL below the configured one.
func (s *Subscription) Callback(base string) string {
	return strings.TrimSuffix(base, "/") + "/" + s.Feed + "/" + s.Key
}

// Request is the form that asks a hub for the subscription, or for a longer lease (WebSub §5.1).
func (s *Subscription) Request(base string) url.Values {
	return url.Values{
		"hub.mode": {"subscribe"}, "hub.topic": {s.Topic}, "hub.callback": {s.Callback(base)}, "hub.secret": {s.Secret},
		"hub.lease_seconds": {strconv.Itoa(int(MaxLease / time.Second))},
	}
}

// Confirmed notes that the hub has confirmed the subscription for so long. It is asked again when three quarters of the
// lease are over, or a day before it ends; no sooner than least from now, even if the lease ends before that.
func (s *Subscription) Confirmed(lease, least time.Duration, now time.Time) {
	s.Until = now.Add(lease)
	s.Next = now.Add(max(lease-min(lease/4, 24*time.Hour), least))
	s.Asked, s.Failures, s.Error = time.Time{}, 0, ""
}

// Confidential tells whether a hub may be given a secret: over https (WebSub §5.1), or within this machine, at a loopback
// address. Without a secret nothing tells what a hub has sent from what anybody has.
func Confidential(hub string) bool {
	u, err := url.Parse(strings.TrimSpace(hub))
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return strings.EqualFold(u.Scheme, "https") || strings.EqualFold(u.Scheme, "http") && err == nil && addr.IsLoopback()
}

// ErrUnknown says that there is no such subscription.
var ErrUnknown = errors.New("no such subscription")

// Subscriber holds the subscriptions. Its methods return ErrUnknown for a feed or key that it does not know.
type Subscriber interface {
	// Confirm is asked by a hub whether the subscription to the topic is meant, for the given lease; for lease 0, whether
	// its end is.
	Confirm(ctx context.Context, feed, key, topic string, lease time.Duration) (bool, error)
	// Deny is told that the hub refuses the subscription.
	Deny(ctx context.Context, feed, key, topic, reason string) error
	// Secret is that of the subscription.
	Secret(ctx context.Context, feed, key string) (string, error)
	// Deliver is given what the hub has sent under a right signature. An error makes the hub send it again.
	Deliver(ctx context.Context, feed, contentType string, body []byte) error
	// Forged is told of a delivery without a right signature, which is passed over.
	Forged(feed, addr string)
}

// Handler answers hubs below the path of the callback URL. What is larger than maxBytes is refused.
func Handler(callback string, s Subscriber, maxBytes int64) (http.Handler, error) {
	u, err := url.Parse(callback)
	if err != nil {
		return nil, err
	}
	h := &handler{s, maxBytes}
	mux := http.NewServeMux()
	path := strings.TrimSuffix(u.Path, "/") + "/{feed}/{key}"
	mux.HandleFunc("GET "+path, h.verify)
	mux.HandleFunc("POST "+path, h.receive)
	return mux, nil
}

type handler struct {
	s        Subscriber
	maxBytes int64
}

// verify answers the verification of intent (WebSub §5.3), and takes note of a denial (§5.2).
func (h *handler) verify(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	feed, key, topic := r.PathValue("feed"), r.PathValue("key"), q.Get("hub.topic")
	var lease time.Duration
	switch q.Get("hub.mode") {
	case "denied":
		h.fail(w, h.s.Deny(r.Context(), feed, key, topic, q.Get("hub.reason")), http.StatusNotFound)
		return
	case "subscribe":
		lease = defaultLease
		if n, err := strconv.ParseInt(q.Get("hub.lease_seconds"), 10, 64); err == nil && n > 0 {
			lease = time.Duration(min(n, int64(MaxLease/time.Second))) * time.Second
		}
	case "unsubscribe":
	default:
		http.Error(w, "hub.mode is none of subscribe, unsubscribe and denied", http.StatusBadRequest)
		return
	}
	ok, err := h.s.Confirm(r.Context(), feed, key, topic, lease)
	if err != nil || !ok {
		h.fail(w, err, http.StatusNotFound)
		if err == nil {
			http.Error(w, "not asked for", http.StatusNotFound)
		}
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(w, q.Get("hub.challenge")) // a hub that has gone asks again
}

// receive takes a delivery (WebSub §7). One whose signature is missing or wrong is answered like any other and passed over,
// as §7.1 has it.
func (h *handler) receive(w http.ResponseWriter, r *http.Request) {
	feed, key := r.PathValue("feed"), r.PathValue("key")
	secret, err := h.s.Secret(r.Context(), feed, key)
	if err != nil {
		h.fail(w, err, http.StatusGone) // a hub may take this for the end of the subscription
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.maxBytes))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	} else if err != nil {
		http.Error(w, "the body broke off", http.StatusBadRequest)
		return
	}
	if !Signed(r.Header.Get("X-Hub-Signature"), secret, body) {
		h.s.Forged(feed, r.RemoteAddr)
	} else if err := h.s.Deliver(r.Context(), feed, r.Header.Get("Content-Type"), body); err != nil {
		h.fail(w, err, http.StatusGone)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// fail answers an error, the unknown ones with a status of their own.
func (h *handler) fail(w http.ResponseWriter, err error, unknown int) {
	switch {
	case errors.Is(err, ErrUnknown):
		http.Error(w, ErrUnknown.Error(), unknown)
	case err != nil:
		http.Error(w, "not now", http.StatusServiceUnavailable)
	}
}

// Signed tells whether an X-Hub-Signature, "method=hex", is that of the body under the secret (WebSub §8). The comparison
// takes the same time wherever they differ.
func Signed(signature, secret string, body []byte) bool {
	method, text, _ := strings.Cut(strings.TrimSpace(signature), "=")
	var sum func() hash.Hash
	switch strings.ToLower(method) {
	case "sha1":
		sum = sha1.New
	case "sha256":
		sum = sha256.New
	case "sha384":
		sum = sha512.New384
	case "sha512":
		sum = sha512.New
	default:
		return false
	}
	given, err := hex.DecodeString(text)
	if err != nil || secret == "" {
		return false
	}
	mac := hmac.New(sum, []byte(secret))
	mac.Write(body)
	return hmac.Equal(mac.Sum(nil), given)
}
