package daemon

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/registry"
	"github.com/feedmill/feedmill/registry/mem"
)

// idleTest is a registry with one feed, and what polls of it that find nothing new leave to be written.
type idleTest struct {
	*idle
	reg *registry.Registry
	id  string
}

func newIdleTest(t *testing.T) *idleTest {
	t.Helper()
	it := &idleTest{reg: registry.New(mem.New())}
	st, _, err := it.reg.Add(t.Context(), "https://example.org/feed", nil)
	if err != nil {
		t.Fatal(err)
	}
	it.id = st.ID
	it.idle = newIdle(it.reg, slog.New(slog.DiscardHandler))
	for part := range it.held {
		it.hold(uint8(part))
	}
	return it
}

// poll is a poll that finds nothing new.
func (it *idleTest) poll(t *testing.T, at time.Time) {
	t.Helper()
	v, err := it.version(t.Context(), it.id)
	if err != nil {
		t.Fatal(err)
	}
	v.State.LastPoll, v.State.LastSuccess, v.State.Outcome, v.State.Failures = at, at, feedmill.OutcomeUnchanged, 0
	v.State.Due = at.Add(time.Hour)
	if err := it.put(v, partition(&v.State)); err != nil {
		t.Fatal(err)
	}
}

func (it *idleTest) stored(t *testing.T) feedmill.FeedState {
	t.Helper()
	st, err := it.reg.Get(t.Context(), it.id)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func (it *idleTest) change(t *testing.T, f func(*feedmill.FeedState)) {
	t.Helper()
	if err := it.reg.Update(t.Context(), it.id, func(s *feedmill.FeedState) error { f(s); return nil }); err != nil {
		t.Fatal(err)
	}
}

var idleNoon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// TestIdlePollsAreWrittenBehind: the next poll knows what the last one found before it is written; then it is written.
func TestIdlePollsAreWrittenBehind(t *testing.T) {
	t.Parallel()
	it := newIdleTest(t)
	for i := range 3 {
		it.poll(t, idleNoon.Add(time.Duration(i)*time.Hour))
	}
	if v, err := it.version(t.Context(), it.id); err != nil || !v.State.LastPoll.Equal(idleNoon.Add(2*time.Hour)) {
		t.Errorf("the next poll knows of one at %v, %v", v.State.LastPoll, err)
	}
	if st := it.stored(t); !st.LastPoll.IsZero() {
		t.Errorf("a poll at %v is written at once", st.LastPoll)
	}
	for i := 2; i < 5; i++ { // also when it is written again and again
		if err := it.flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if st := it.stored(t); !st.LastPoll.Equal(idleNoon.Add(time.Duration(i) * time.Hour)) {
			t.Errorf("the poll at %v is written as one at %v", i, st.LastPoll)
		}
		it.poll(t, idleNoon.Add(time.Duration(i+1)*time.Hour))
	}
	it.close()
	if st := it.stored(t); !st.LastPoll.Equal(idleNoon.Add(5 * time.Hour)) {
		t.Errorf("the end leaves a poll at %v", st.LastPoll)
	}
	if !it.has(it.id) {
		t.Error("the feed does not stand on the agenda")
	}
}

// TestIdlePollBesideOthers: what somebody else changed stays, and what the poll found is added.
func TestIdlePollBesideOthers(t *testing.T) {
	t.Parallel()
	it := newIdleTest(t)
	it.poll(t, idleNoon)
	it.change(t, func(s *feedmill.FeedState) { s.Tags, s.Failures = []string{"news"}, 3 })
	if err := it.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := it.stored(t); len(st.Tags) != 1 || st.Failures != 0 || !st.LastPoll.Equal(idleNoon) {
		t.Errorf("tags %v, %d failures, last poll %v", st.Tags, st.Failures, st.LastPoll)
	}
	if v, err := it.version(t.Context(), it.id); err != nil || len(v.State.Tags) != 1 {
		t.Errorf("the next poll knows of the tags %v, %v", v.State.Tags, err)
	}
	// A document that was read after the poll is not undone.
	it.poll(t, idleNoon.Add(time.Hour))
	it.change(t, func(s *feedmill.FeedState) {
		s.LastPoll, s.Outcome = idleNoon.Add(2*time.Hour), feedmill.OutcomeFetched
	})
	if err := it.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := it.stored(t); st.Outcome != feedmill.OutcomeFetched || !st.LastPoll.Equal(idleNoon.Add(2*time.Hour)) {
		t.Errorf("an older poll takes the place of a later one: %s at %v", st.Outcome, st.LastPoll)
	}
}

// TestIdlePollOfWhatIsNoMore: a feed that was paused or removed while it was polled is not polled again.
func TestIdlePollOfWhatIsNoMore(t *testing.T) {
	t.Parallel()
	paused := newIdleTest(t)
	paused.poll(t, idleNoon)
	paused.change(t, func(s *feedmill.FeedState) { s.Paused = true })
	removed := newIdleTest(t)
	removed.poll(t, idleNoon)
	if err := removed.reg.Remove(t.Context(), removed.id); err != nil {
		t.Fatal(err)
	}
	for name, it := range map[string]*idleTest{"paused": paused, "removed": removed} {
		if err := it.flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if it.has(it.id) {
			t.Errorf("%s: the feed stands on the agenda", name)
		}
	}
	if st := paused.stored(t); !st.Paused || !st.LastPoll.IsZero() {
		t.Errorf("paused: %v, polled %v", st.Paused, st.LastPoll)
	}
	if _, err := removed.reg.Get(t.Context(), removed.id); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("a removed feed is back: %v", err)
	}
}

// TestIdleSettle: before anything else is committed, what is in memory is written and forgotten.
func TestIdleSettle(t *testing.T) {
	t.Parallel()
	it := newIdleTest(t)
	it.change(t, func(s *feedmill.FeedState) { s.Failures = 3 })
	it.poll(t, idleNoon)
	if err := it.settle(t.Context(), it.id); err != nil {
		t.Fatal(err)
	}
	it.change(t, func(s *feedmill.FeedState) { s.Failures++ })
	if v, err := it.version(t.Context(), it.id); err != nil || v.State.Failures != 1 || !v.State.LastPoll.Equal(idleNoon) {
		t.Errorf("%d failures after a success and a failure, last poll %v, %v", v.State.Failures, v.State.LastPoll, err)
	}
}
