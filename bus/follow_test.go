package bus_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/bus/bustest"
)

// TestAFollowerReadsEachMessageOnceAfterItsLag reads pages again: none before its time, each once over several readers of
// the name, and a new reader only what becomes due from now on.
func TestAFollowerReadsEachMessageOnceAfterItsLag(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	put := func(id string, again time.Duration) time.Time {
		t.Helper()
		page := &feedmill.Page{ID: id, URL: "http://example.com/" + id, Visit: &feedmill.Visit{Again: again}}
		if err := b.Send(t.Context(), "test", id, func(o *bus.Outbox) { bus.Put(o, bus.Pages, page) }); err != nil {
			t.Fatal(err)
		}
		return time.Now()
	}
	var got []string
	reader := func(name string, lag time.Duration) *bus.Follower {
		return &bus.Follower{Name: name, Stream: bus.StreamPage, Lag: lag, Handle: func(m *bus.Stored, out *bus.Outbox) {
			got = append(got, fmt.Sprint(name, " ", m.ID, " ", m.URL, " ", m.Again))
			bus.Put(out, bus.Visits, feedmill.Entry{ID: m.ID, Again: m.Seq})
		}}
	}
	catchUp := func(f *bus.Follower) time.Time {
		t.Helper()
		next, err := f.CatchUp(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	const lag = 100 * time.Millisecond
	old := put("old", time.Second)
	for time.Since(old) < 2*lag {
		<-time.After(time.Until(old.Add(2 * lag)))
	}
	for _, f := range []*bus.Follower{reader("soon", lag), reader("late", time.Hour)} {
		if next := catchUp(f); time.Until(next) > f.Lag {
			t.Errorf("%s is told to come back at %v, after its lag", f.Name, next)
		}
	}
	if len(got) > 0 {
		t.Errorf("a new reader has read what was due before: %q", got)
	}
	put("a", time.Minute)
	put("b", 0)
	deadline := time.Now().Add(time.Minute)
	for len(got) < 2 && time.Now().Before(deadline) {
		next := catchUp(reader("soon", lag))
		catchUp(reader("late", time.Hour))
		<-time.After(time.Until(next))
	}
	catchUp(reader("soon", lag))
	if want := []string{"soon a http://example.com/a 1m0s", "soon b  0s"}; !slices.Equal(got, want) {
		t.Errorf("read %q, want %q", got, want)
	}
	st, err := b.Stream(t.Context(), bus.StreamWork)
	if err != nil || st.Messages != 2 {
		t.Errorf("%d visits, %v; want 2", st.Messages, err)
	}
}
