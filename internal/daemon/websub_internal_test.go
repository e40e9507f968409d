package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/websub"
)

// pushing is a pipeline with subscriptions at hubs, of which no stage runs.
func pushing(t *testing.T) *pipeline {
	t.Helper()
	cfg := config.Default()
	cfg.Data = t.TempDir()
	cfg.WebSub.Callback = "https://feeds.example/websub"
	cfg.Fetch.AllowCIDRs, cfg.Fetch.AllowPorts = []string{"127.0.0.0/8"}, []int{0}
	c, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	p := &pipeline{Client: c, cfg: cfg, log: c.log, hosts: fetcher.NewHosts(nil)}
	p.fetcher = fetcher.New(FetcherOptions(cfg, netip.AddrPort{}, c.log))
	t.Cleanup(p.fetcher.Close)
	if err := p.openPushes(t.Context(), &Options{Stages: Stages()}); err != nil {
		t.Fatal(err)
	}
	return p
}

// subscribed is a feed of which the given subscription is written down.
func (p *pipeline) subscribed(t *testing.T, feed string, s websub.Subscription) feedmill.FeedState {
	t.Helper()
	st, _, err := p.Subscribe(t.Context(), feed, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Feed = st.ID
	if err := p.changePush(t.Context(), st.ID, func(in *websub.Subscription) { *in = s }); err != nil {
		t.Fatal(err)
	}
	return st
}

// TestASilentHubHoldsUpNoOther has hubs that do not answer before another one was asked, and a note that cannot be read.
func TestASilentHubHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	p := pushing(t)
	asked := make(chan struct{})
	silent := func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-asked:
		case <-r.Context().Done():
			t.Error("no other hub was asked meanwhile")
		}
	}
	for _, feed := range []string{"a", "b", "c"} {
		server := httptest.NewServer(http.HandlerFunc(silent))
		t.Cleanup(server.Close)
		p.subscribed(t, "https://"+feed+".example/feed", websub.Subscription{Hub: server.URL, Topic: feed, Key: feed, Secret: "s"})
	}
	if err := p.pushes.notes.Change(t.Context(), "broken", func([]byte) ([]byte, error) { return []byte("{"), nil }); err != nil {
		t.Fatal(err)
	}
	insecure := p.subscribed(t, "https://i.example/feed", websub.Subscription{Hub: "http://hub.example/", Topic: "i", Key: "i", Secret: "s"})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		close(asked)
	}))
	t.Cleanup(server.Close)
	p.subscribed(t, "https://z.example/feed", websub.Subscription{Hub: server.URL, Topic: "z", Key: "z", Secret: "s"})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := p.askDueHubs(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case <-asked:
	default:
		t.Error("the last hub was not asked")
	}
	if raw, err := p.pushes.notes.Get(t.Context(), insecure.ID); raw != nil || err != nil {
		t.Errorf("the subscription at a hub without https is still there: %s, %v", raw, err)
	}
}

// TestDeliveriesForFeedsAtRest takes those of a paused feed and drops them, and refuses those of a gone one.
func TestDeliveriesForFeedsAtRest(t *testing.T) {
	t.Parallel()
	p := pushing(t)
	st := p.subscribed(t, "https://a.example/feed", websub.Subscription{Hub: "https://hub.example/", Key: "k"})
	for _, test := range []struct {
		name         string
		paused, gone bool
		want         error
		sent         uint64
	}{
		{"paused", true, false, nil, 0}, {"gone", false, true, websub.ErrUnknown, 0}, {"polled", false, false, nil, 1},
	} {
		if err := p.Registry.Update(t.Context(), st.ID, func(s *feedmill.FeedState) error {
			s.Paused, s.Gone = test.paused, test.gone
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		err := subscriber{p}.Deliver(t.Context(), st.ID, "application/rss+xml", []byte("<rss/>"))
		info, e := p.Bus.Stream(t.Context(), bus.StreamFeed)
		if e != nil {
			t.Fatal(e)
		}
		if !errors.Is(err, test.want) || info.LastSeq != test.sent {
			t.Errorf("%s: %v and %d documents, want %v and %d", test.name, err, info.LastSeq, test.want, test.sent)
		}
	}
	if err := (subscriber{p}).Deliver(t.Context(), "nobody", "", nil); !errors.Is(err, websub.ErrUnknown) {
		t.Errorf("a feed that is not there: %v", err)
	}
}

// TestAFeedWithoutItsHubIsPushedNoMore ends a subscription with the first whole document that does not name its hub.
func TestAFeedWithoutItsHubIsPushedNoMore(t *testing.T) {
	t.Parallel()
	p := pushing(t)
	st, _, err := p.Subscribe(t.Context(), "https://a.example/feed", nil)
	if err != nil {
		t.Fatal(err)
	}
	page := &feedmill.Page{URL: st.URL, FinalURL: st.URL}
	for i, step := range []struct {
		hub                string
		whole, ended, kept bool
	}{
		{"", true, false, false},
		{"http://hub.example/", true, false, false}, // the secret would be sent in clear
		{"https://hub.example/", true, false, true},
		{"", false, false, true},
		{"", true, true, false},
		{"", true, false, false},
		{"https://hub.example/", false, false, true},
		{"http://hub.example/", true, true, false},
	} {
		ended := p.wantPushes(t.Context(), &st, page, &feedmill.Feed{Hub: step.hub}, step.whole)
		raw, err := p.pushes.notes.Get(t.Context(), st.ID)
		if err != nil || ended != step.ended || (raw != nil) != step.kept {
			t.Errorf("step %d: ended %v, %s, %v; want %+v", i, ended, raw, err, step)
		}
	}
	// What another process has written down is known after a start, and that of a pushed feed in any case.
	raw, _ := json.Marshal(websub.Subscription{Feed: st.ID, Hub: "https://hub.example/", Key: "k"})
	if err := p.pushes.notes.Change(t.Context(), st.ID, func([]byte) ([]byte, error) { return raw, nil }); err != nil {
		t.Fatal(err)
	}
	pushed := st
	pushed.PushedUntil = time.Now()
	if !p.wantPushes(t.Context(), &pushed, page, &feedmill.Feed{}, true) {
		t.Error("a pushed feed is not ended")
	}
	if err := p.pushes.notes.Change(t.Context(), st.ID, func([]byte) ([]byte, error) { return raw, nil }); err != nil {
		t.Fatal(err)
	}
	if err := p.openPushes(t.Context(), &Options{Stages: Stages()}); err != nil {
		t.Fatal(err)
	}
	if !p.wantPushes(t.Context(), &st, page, &feedmill.Feed{}, true) {
		t.Error("a subscription from before the start is not ended")
	}
	// A change of what is not there any more writes nothing.
	if err := p.changePush(t.Context(), st.ID, func(*websub.Subscription) {}); err != nil {
		t.Fatal(err)
	}
	if raw, err := p.pushes.notes.Get(t.Context(), st.ID); raw != nil || err != nil {
		t.Errorf("an empty subscription is written down: %s, %v", raw, err)
	}
}
