package daemon

import (
	"context"
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
func (it *idleTest) poll(t *testing.T, at time.Time, found ...func(*feedmill.FeedState)) {
	t.Helper()
	v, err := it.version(t.Context(), it.id)
	if err != nil {
		t.Fatal(err)
	}
	before := marksOf(&v.State)
	v.State.LastPoll, v.State.LastSuccess, v.State.Outcome, v.State.Failures = at, at, feedmill.OutcomeUnchanged, 0
	for _, f := range found {
		f(&v.State)
	}
	v.State.Due = at.Add(time.Hour)
	if err := it.put(v, partition(&v.State), before); err != nil {
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

// TestMergeKeepsMarks: a new address and new validators that an idle poll found are kept beside what somebody else said of
// the feed, unless that was about the same.
func TestMergeKeepsMarks(t *testing.T) {
	t.Parallel()
	found := func(s *feedmill.FeedState) {
		s.MovedTo, s.Validators = "https://example.org/new", feedmill.Validators{URL: "https://example.org/new", ETag: `"2"`}
	}
	it := newIdleTest(t)
	it.poll(t, idleNoon, found)
	it.change(t, func(s *feedmill.FeedState) { s.Tags = []string{"news"} })
	if err := it.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := feedmill.FeedState{}
	found(&want)
	if st := it.stored(t); marksOf(&st) != marksOf(&want) || len(st.Tags) != 1 {
		t.Errorf("moved to %q, validators %+v, tags %v", st.MovedTo, st.Validators, st.Tags)
	}
	it.poll(t, idleNoon.Add(time.Hour), func(s *feedmill.FeedState) { s.Validators.ETag = `"3"` })
	it.change(t, func(s *feedmill.FeedState) { s.Validators, s.Reread = feedmill.Validators{}, true })
	if err := it.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := it.stored(t); st.Validators != (feedmill.Validators{}) || !st.LastPoll.Equal(idleNoon.Add(time.Hour)) {
		t.Errorf("validators that were forgotten are back: %+v; last poll %v", st.Validators, st.LastPoll)
	}
}

// fussyStore refuses one key, or all.
type fussyStore struct {
	*mem.Store
	key string
	all bool
}

func (s *fussyStore) PutAll(ctx context.Context, bucket string, writes []registry.Write) []registry.Written {
	done := make([]registry.Written, len(writes))
	for i, w := range writes {
		if s.all || w.Key == s.key {
			done[i].Err = errors.New("refused")
			continue
		}
		done[i].Revision, done[i].Err = s.Put(ctx, bucket, w.Key, w.Value, w.Revision)
	}
	return done
}

// TestAFeedThatCannotBeWrittenStopsNoOther: neither one that the store refuses nor one whose value there cannot be read.
// Where the store takes nothing, nothing is forgotten.
func TestAFeedThatCannotBeWrittenStopsNoOther(t *testing.T) {
	t.Parallel()
	for _, unreadable := range []bool{false, true} {
		store := &fussyStore{Store: mem.New()}
		at := newAgendaTestOn(t, store, 2)
		bad, good := at.ids[0], at.ids[1]
		at.polled(t, good, idleNoon, idleNoon.Add(time.Minute))
		if err := at.flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		at.polled(t, bad, idleNoon, idleNoon.Add(time.Hour))
		store.all = true
		for range 2 * writeTries {
			if err := at.flush(t.Context()); err == nil {
				t.Error("nothing can be written, and nobody is told")
			}
		}
		if poll, _ := at.next(idleNoon.Add(time.Minute)); poll != nil || !at.has(bad) {
			t.Errorf("while nothing can be written: a poll %+v, the feed still there %v", poll, at.has(bad))
		}
		if store.all = false; unreadable {
			_, revision, err := store.Get(t.Context(), registry.BucketFeeds, bad)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := store.Put(t.Context(), registry.BucketFeeds, bad, []byte("[]"), revision); err != nil {
				t.Fatal(err)
			}
		} else {
			store.key = bad
		}
		for try := range writeTries + 1 { // the good feed has nothing to be written
			if err := at.flush(t.Context()); err != nil || at.failed {
				t.Errorf("unreadable %v: try %d: the store is thought to be away: %v", unreadable, try, err)
			}
		}
		if at.has(bad) {
			t.Errorf("unreadable %v: a feed that cannot be written is still in memory", unreadable)
		}
		if poll, _ := at.next(idleNoon.Add(time.Minute)); poll == nil || poll.Feed != good {
			t.Errorf("unreadable %v: the other feed is not polled: %+v", unreadable, poll)
		}
	}
}
