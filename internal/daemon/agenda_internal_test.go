package daemon

import (
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/registry"
	"github.com/feedmill/feedmill/registry/mem"
)

// has tells whether a feed stands on the agenda, or its poll is under way.
func (d *idle) has(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.feeds[id]
	_, polling := d.polling[id]
	return polling || f != nil && f.place >= 0
}

// agendaTest is a registry with feeds that are due a minute after one another, all of them on the agenda.
type agendaTest struct {
	*idle
	ids []string
}

func newAgendaTest(t *testing.T, n int) *agendaTest {
	t.Helper()
	return newAgendaTestOn(t, mem.New(), n)
}

func newAgendaTestOn(t *testing.T, store registry.Store, n int) *agendaTest {
	t.Helper()
	reg := registry.New(store)
	at := &agendaTest{idle: newIdle(reg, slog.New(slog.DiscardHandler))}
	for part := range at.held {
		at.hold(uint8(part))
	}
	for i := range n {
		st, _, err := reg.Add(t.Context(), fmt.Sprintf("https://example.org/%d", i), nil)
		if err != nil {
			t.Fatal(err)
		}
		at.ids = append(at.ids, st.ID)
		v, err := reg.Version(t.Context(), st.ID)
		if err != nil {
			t.Fatal(err)
		}
		e, err := registry.Encode(&v)
		if err != nil {
			t.Fatal(err)
		}
		if !at.add(e, partition(&st), idleNoon.Add(time.Duration(i)*time.Minute)) {
			t.Fatal("a feed is not taken")
		}
	}
	return at
}

// due takes all that is due and ends those polls.
func (at *agendaTest) due(now time.Time) (ids []string) {
	for {
		poll, _ := at.next(now)
		if poll == nil {
			return ids
		}
		ids = append(ids, poll.Feed)
		at.end(poll.Feed)
	}
}

func (at *agendaTest) polled(t *testing.T, id string, last, due time.Time) {
	t.Helper()
	v, err := at.version(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	v.State.LastPoll, v.State.Due, v.State.Outcome = last, due, feedmill.OutcomeUnchanged
	if err := at.put(v, partition(&v.State), marksOf(&v.State)); err != nil {
		t.Fatal(err)
	}
}

func TestAgendaIsInOrderOfTime(t *testing.T) {
	t.Parallel()
	at := newAgendaTest(t, 100)
	if poll, next := at.next(idleNoon.Add(-time.Second)); poll != nil || !next.Equal(idleNoon) {
		t.Errorf("before the first is due: %v, next at %v", poll, next)
	}
	at.polled(t, at.ids[0], idleNoon, idleNoon.Add(time.Hour+time.Second)) // behind the 61st
	got := at.due(idleNoon.Add(2 * time.Hour))
	want := append(append(append([]string{}, at.ids[1:61]...), at.ids[0]), at.ids[61:]...)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("polled in the order\n%v, want\n%v", got, want)
	}
	if poll, next := at.next(idleNoon.Add(3 * time.Hour)); poll != nil || !next.IsZero() {
		t.Errorf("polled feeds that did not come back: %v, %v", poll, next)
	}
}

// TestAgendaOfAPollUnderWay: a feed is polled once at a time, whoever asks for it, and nobody adds it meanwhile.
func TestAgendaOfAPollUnderWay(t *testing.T) {
	t.Parallel()
	at := newAgendaTest(t, 1)
	id := at.ids[0]
	poll, _ := at.next(idleNoon)
	if poll == nil || poll.Feed != id || !poll.Due.Equal(idleNoon) {
		t.Fatalf("due: %+v", poll)
	}
	if busy, _ := at.claim(&feedmill.Poll{Feed: id, Due: idleNoon}); !busy {
		t.Error("a message has the feed polled a second time meanwhile")
	}
	if at.add(registry.Encoded{ID: id}, 0, idleNoon) {
		t.Error("the feed is put on the agenda meanwhile")
	}
	last := time.Now()
	at.polled(t, id, last, last.Add(time.Hour))
	at.end(id)
	if _, known := at.claim(&feedmill.Poll{Feed: id, Due: last.Add(-time.Second)}); !known {
		t.Error("a message from before the last poll has the feed polled again")
	}
	if busy, known := at.claim(&feedmill.Poll{Feed: id, Due: last.Add(time.Second)}); busy || known || at.has(id) {
		t.Errorf("a later message: busy %v, known %v, still on the agenda %v", busy, known, at.has(id))
	}
}

// TestAgendaOfAPartition: what is let go is written and not polled; who takes it finds it in the registry.
func TestAgendaOfAPartition(t *testing.T) {
	t.Parallel()
	at := newAgendaTest(t, 3)
	part := partition(&feedmill.FeedState{URL: "https://example.org/0"})
	at.polled(t, at.ids[0], idleNoon, idleNoon.Add(time.Hour))
	poll, _ := at.next(idleNoon.Add(time.Minute))
	if poll == nil {
		t.Fatal("nothing is due")
	}
	gone := make(chan error)
	go func() { gone <- at.letGo(t.Context(), part) }()
	for at.holds(part) {
		runtime.Gosched()
	}
	at.polled(t, poll.Feed, idleNoon, idleNoon.Add(2*time.Hour))
	at.end(poll.Feed)
	if err := <-gone; err != nil {
		t.Fatal(err)
	}
	if got := at.due(idleNoon.AddDate(0, 0, 1)); len(got) > 0 {
		t.Errorf("polls of a partition that is let go: %v", got)
	}
	for i, want := range map[int]time.Time{0: idleNoon.Add(time.Hour), 1: idleNoon.Add(2 * time.Hour), 2: {}} {
		if st, err := at.registry.Get(t.Context(), at.ids[i]); err != nil || !st.Due.Equal(want) {
			t.Errorf("feed %d is due at %v in the registry, %v; want %v", i, st.Due, err, want)
		}
	}
}

// TestLookAtAFeed: who pauses a feed or moves its poll is heard before it is polled again.
func TestLookAtAFeed(t *testing.T) {
	t.Parallel()
	at := newAgendaTest(t, 2)
	for i, id := range at.ids {
		at.polled(t, id, idleNoon, idleNoon.Add(time.Hour))
		err := at.registry.Update(t.Context(), id, func(s *feedmill.FeedState) error {
			s.Paused, s.Tags = i == 0, []string{"news"}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := at.look(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if at.has(at.ids[0]) || !at.has(at.ids[1]) {
		t.Errorf("on the agenda: the paused feed %v, the other %v", at.has(at.ids[0]), at.has(at.ids[1]))
	}
	v, err := at.version(t.Context(), at.ids[1])
	if err != nil || len(v.State.Tags) != 1 || !v.State.Due.Equal(idleNoon.Add(time.Hour)) {
		t.Errorf("tags %v, due %v, %v", v.State.Tags, v.State.Due, err)
	}
}

// TestAgendaYieldsToTheCalendar: a feed that is found on the calendar too leaves the agenda, unless it was polled from there.
func TestAgendaYieldsToTheCalendar(t *testing.T) {
	t.Parallel()
	at := newAgendaTest(t, 2)
	at.polled(t, at.ids[1], idleNoon, idleNoon.Add(time.Hour))
	for _, id := range at.ids {
		at.yield(id)
	}
	if at.has(at.ids[0]) || !at.has(at.ids[1]) {
		t.Errorf("on the agenda: the feed that was only added %v, the one that was polled %v", at.has(at.ids[0]), at.has(at.ids[1]))
	}
}

func TestMemoryLimit(t *testing.T) {
	t.Parallel()
	for live, want := range map[int64]int64{0: 320 << 20, 140 << 20: 320 << 20, 200 << 20: 396 << 20, 2 << 30: 3<<30 + 96<<20} {
		if got := memoryLimit(live); got != want {
			t.Errorf("%d MiB alive: a limit of %d MiB, want %d", live>>20, got>>20, want>>20)
		}
	}
}

// TestLookAtANewFeed: what is said of a feed before its first poll is heard, by that poll at the latest.
func TestLookAtANewFeed(t *testing.T) {
	t.Parallel()
	at := newAgendaTest(t, 4)
	const paused, removed, set, asked = 0, 1, 2, 3
	for i, id := range at.ids {
		if i == removed {
			if err := at.registry.Remove(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			continue
		}
		err := at.registry.Update(t.Context(), id, func(s *feedmill.FeedState) error {
			s.Paused, s.Tags = i == paused, []string{"news"}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range at.ids[:asked] {
		if missing, err := at.look(t.Context(), id); missing || err != nil {
			t.Fatalf("a feed on the agenda is missing: %v, %v", missing, err)
		}
	}
	if busy, known := at.claim(&feedmill.Poll{Feed: at.ids[asked], Due: idleNoon}); busy || known {
		t.Errorf("a poll that somebody asked for: busy %v, known %v", busy, known)
	}
	if got := at.due(idleNoon.AddDate(0, 0, 1)); len(got) != 1 || got[0] != at.ids[set] {
		t.Errorf("polls of %v, want one of %s", got, at.ids[set])
	}
	for _, i := range []int{set, asked} {
		if v, err := at.version(t.Context(), at.ids[i]); err != nil || len(v.State.Tags) != 1 {
			t.Errorf("feed %d is polled with the tags %v, %v", i, v.State.Tags, err)
		}
	}
}

// TestLookWhileTheRegistryIsRead: what was read of a feed before somebody changed it does not come on the agenda after.
func TestLookWhileTheRegistryIsRead(t *testing.T) {
	t.Parallel()
	at := newAgendaTest(t, 1)
	id := at.ids[0]
	at.due(idleNoon) // it leaves the agenda
	if missing, err := at.look(t.Context(), id); !missing || err != nil {
		t.Errorf("a feed that stands nowhere is missing: %v, %v", missing, err)
	}
	end := at.fill()
	v, err := at.registry.Version(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	read, err := registry.Encode(&v)
	if err != nil {
		t.Fatal(err)
	}
	change := func(paused bool) {
		t.Helper()
		if err := at.registry.Update(t.Context(), id, func(s *feedmill.FeedState) error { s.Paused = paused; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	change(true)
	if missing, err := at.look(t.Context(), id); missing || err != nil {
		t.Errorf("a paused feed is missing: %v, %v", missing, err)
	}
	if at.add(read, partition(&v.State), idleNoon) {
		t.Error("a feed is on the agenda as it was before it was paused")
	}
	change(false)
	if missing, err := at.look(t.Context(), id); !missing || err != nil {
		t.Errorf("a feed that was changed while the registry is read is missing: %v, %v", missing, err)
	}
	end()
	if !at.add(read, partition(&v.State), idleNoon) {
		t.Error("the next reading cannot put the feed on the agenda")
	}
}

// TestALookDoesNotHurryAPoll: a feed that is overdue by the registry, and whose poll was spread or put off, keeps its place
// when somebody says something else of it.
func TestALookDoesNotHurryAPoll(t *testing.T) {
	t.Parallel()
	at := newAgendaTest(t, 3)
	overdue := idleNoon.Add(-time.Hour)
	for _, id := range at.ids {
		at.polled(t, id, overdue.Add(-time.Hour), overdue)
		poll := &feedmill.Poll{Feed: id, PutOff: true, Slot: idleNoon.Add(time.Minute)}
		if !at.later(poll, idleNoon.Add(time.Minute)) {
			t.Fatal("the poll is not put off")
		}
	}
	if err := at.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, due := range []time.Time{overdue, overdue.Add(time.Second), idleNoon.Add(time.Hour)} {
		err := at.registry.Update(t.Context(), at.ids[i], func(s *feedmill.FeedState) error {
			s.Tags, s.Due = []string{"news"}, due
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := at.look(t.Context(), at.ids[i]); err != nil {
			t.Fatal(err)
		}
	}
	if got := at.due(idleNoon); len(got) > 0 {
		t.Errorf("%d of the feeds are polled before the time that they were put off to", len(got))
	}
	if got := at.due(idleNoon.Add(time.Minute)); len(got) != 2 {
		t.Errorf("%d feeds are polled at the time that they were put off to, want 2: one is moved to later", len(got))
	}
}
