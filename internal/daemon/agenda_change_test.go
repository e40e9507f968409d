package daemon_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/registry"
)

// TestFeedsChangedBeforeAStartArePolled: what says that a feed was changed, or asks for a document of its past, is not taken
// for its next poll.
func TestFeedsChangedBeforeAStartArePolled(t *testing.T) {
	t.Parallel()
	_, addr, urls := startNewsroom(t, &newsroom.GenerateOptions{Feeds: 2, Items: 1, PageBytes: 4 << 10})
	cfg := shortly(t.TempDir())
	c, err := daemon.Open(t.Context(), cfg, testLogger(t))
	if err != nil {
		t.Fatal(err)
	}
	feeds, err := c.SubscribeAll(t.Context(), []registry.NewFeed{{URL: urls[0]}, {URL: urls[1]}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range feeds {
		err := c.Registry.Update(t.Context(), feeds[i].State.ID, func(s *feedmill.FeedState) error {
			s.LastPoll, s.LastSuccess, s.Outcome, s.Due = time.Now(), time.Now(), feedmill.OutcomeUnchanged, time.Now()
			feeds[i].State = *s
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := c.SetFeed(t.Context(), &feeds[0].State, func(s *feedmill.FeedState) error { s.Tags = []string{"news"}; return nil }); err != nil {
		t.Fatal(err)
	}
	past := feedmill.Poll{Feed: feeds[1].State.ID, URL: urls[1], Host: addr.String(), Back: &feedmill.Back{Page: 1}}
	if err := c.Bus.Send(t.Context(), "test", "past", func(o *bus.Outbox) { bus.Put(o, bus.Polls, past) }); err != nil {
		t.Fatal(err)
	}
	due, err := c.Bus.Waiting(t.Context())
	if err != nil || len(due) != 3 { // with that of the import
		t.Fatalf("waiting: %v, %v", due, err)
	}
	for _, subject := range due {
		for _, f := range feeds {
			if strings.HasSuffix(subject, "."+f.State.ID) {
				t.Errorf("%s: it seems that the feed is due", subject)
			}
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	counts := &idlePolls{}
	start(t, daemon.Options{Config: cfg, Also: addr, Logger: testLogger(t), OnEvent: counts.event})
	waitFor(t, time.Minute, "an idle poll of each feed", func() bool { return counts.least(feeds) >= 1 })
}

// TestChangesOfNewFeedsAreTold: a new feed stands on an agenda too, so that each change of one is told to who polls it.
func TestChangesOfNewFeedsAreTold(t *testing.T) {
	t.Parallel()
	c, err := daemon.Open(t.Context(), testConfig(t.TempDir()), testLogger(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	changes := []func(*feedmill.FeedState) error{
		func(st *feedmill.FeedState) error { return c.Pause(t.Context(), st) },
		func(st *feedmill.FeedState) error { return c.Unsubscribe(t.Context(), st) },
		func(st *feedmill.FeedState) error {
			return c.SetFeed(t.Context(), st, func(s *feedmill.FeedState) error {
				s.Settings = &feedmill.Settings{UserAgent: "reader/7"}
				return nil
			})
		},
	}
	var list []registry.NewFeed
	for i := range changes {
		list = append(list, registry.NewFeed{URL: fmt.Sprintf("https://example.org/%d", i)})
	}
	feeds, err := c.SubscribeAll(t.Context(), list, nil)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for i, change := range changes {
		if err := change(&feeds[i].State); err != nil {
			t.Fatal(err)
		}
		want = append(want, feeds[i].State.ID)
	}
	due, err := c.Bus.Waiting(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, subject := range due {
		if feed, look := strings.CutSuffix(subject[strings.LastIndexByte(subject, '.')+1:], "-look"); look {
			got = append(got, feed)
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Errorf("feeds of which it is told (-want +got):\n%s", diff)
	}
}
