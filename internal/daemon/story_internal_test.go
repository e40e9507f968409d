package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/bus/bustest"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/web"
)

const wire = `A ferry with more than two hundred people on board ran aground off the western islands late on Monday, the coast guard
said. Helicopters lifted the passengers to safety before the tide came in, and nobody was badly hurt. The captain told the harbour
master by radio that a rudder had failed in heavy seas.`

// newPlacer is an enricher as far as stories go.
func newPlacer(t *testing.T, b *bus.Bus) *pipeline {
	t.Helper()
	cfg := config.Default()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	return &pipeline{Client: &Client{Bus: b, cfg: cfg, log: log}, cfg: cfg, log: log, metrics: web.NewMetrics(Stages(), stageOf, newHealth(cfg, Stages()).look)}
}

// placeUntil runs the story worker until ok.
func (p *pipeline) placeUntil(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.placeStories(ctx) }()
	eventually(t, what, ok)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); <-time.After(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited for %s", what)
		}
	}
}

// told returns the placements on the bus, one a line in their order; all says that nothing waits for the worker.
func (p *pipeline) told(t *testing.T) (lines []string, all bool) {
	t.Helper()
	st, err := p.Bus.Stream(t.Context(), bus.StreamRecord)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range st.Consumers {
		all = all || c.Name == storyWorker && c.Pending == 0 && c.Unacked == 0
	}
	err = p.Bus.Select(t.Context(), bus.Selection{Stream: bus.StreamRecord}, true, func(m *bus.Stored) bool {
		r, err := bus.Value(t.Context(), p.Bus, bus.Records, m)
		if err != nil {
			t.Fatal(err)
		}
		if s := r.Story; s != nil {
			lines = append(lines, strings.TrimSpace(fmt.Sprint(r.ID, " ", s.ID, " ", s.Role, " ", s.Of, " ", s.By)))
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines, all
}

// placed waits until all is placed and compares the placements.
func (p *pipeline) placed(t *testing.T, want ...string) {
	t.Helper()
	p.placeUntil(t, "all to be placed", func() bool {
		got, all := p.told(t)
		return all && len(got) >= len(want)
	})
	got, _ := p.told(t)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("placements (-want +got):\n%s", d)
	}
}

var storyDay = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// put publishes a record as the enrich worker does.
func (p *pipeline) put(t *testing.T, id string, minute int, text string, state feedmill.State) {
	t.Helper()
	a := &feedmill.Article{ID: id, URL: "https://" + id + ".example/a", SeenAt: storyDay.Add(time.Duration(minute) * time.Minute), Text: text, State: state,
		Source: feedmill.Source{ID: id + ".example"}}
	a.Rendition = id + fmt.Sprint(minute)
	err := p.Bus.Send(t.Context(), "enrich", fmt.Sprint(id, minute, state.Value), func(out *bus.Outbox) { p.putRecord(out, feedmill.NewRecord(a)) })
	if err != nil {
		t.Fatal(err)
	}
}

// TestStoriesGoOn places articles, ends, and goes on with what the stream holds, several times over.
func TestStoriesGoOn(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	p := newPlacer(t, b)
	live := feedmill.State{}
	copied := strings.ReplaceAll(wire, "ferry", "ship")
	p.put(t, "b", 5, copied, live)
	p.put(t, "a", 2, wire, live)
	p.put(t, "lone", 3, "The council put off its vote on the new school until the spring, since two members were ill and a third had left for the islands by ferry.", live)
	p.put(t, "m", 3, wire, feedmill.State{Value: feedmill.StateMerged, MergedInto: "a"})
	want := []string{"a a original", "b a copy a"}
	p.placed(t, want...)

	// Another process goes on: what is placed is not placed again, a replay places nothing.
	p = newPlacer(t, b)
	p.put(t, "c", 9, wire, live)
	p.put(t, "b", 9, copied+" More.", live)
	replayed := feedmill.NewRecord(&feedmill.Article{ID: "replayed", SeenAt: storyDay, Text: wire})
	if err := b.Send(t.Context(), "enrich", "replayed", func(out *bus.Outbox) { bus.Put(out, bus.Records, replayed) }); err != nil {
		t.Fatal(err)
	}
	want = append(want, "c a copy a")
	p.placed(t, want...)

	// A person takes b out; nothing brings it back.
	if err := p.PlaceByHand(t.Context(), "b", "https://b.example/a", feedmill.Story{ID: "b", Role: feedmill.StoryOriginal}); err != nil {
		t.Fatal(err)
	}
	p = newPlacer(t, b)
	p.put(t, "b", 12, wire, live)
	want = append(want, "b b original  hand")
	p.placed(t, want...)

	// The first comes last: it is the original then. What is withdrawn is the original of nothing.
	p = newPlacer(t, b)
	p.put(t, "first", 1, wire, live)
	want = append(want, "first first original", "a first copy first", "c first copy first")
	p.placed(t, want...)
	p = newPlacer(t, b)
	p.put(t, "first", 20, "", feedmill.State{Value: feedmill.StateWithdrawn})
	p.put(t, "d", 21, wire, live)
	want = append(want, "d first copy a")
	p.placed(t, want...)
}

// messages returns the messages of some records, as the story worker gets them.
func (p *pipeline) messages(t *testing.T, ids ...string) (all []*bus.Stored) {
	t.Helper()
	err := p.Bus.Select(t.Context(), bus.Selection{Stream: bus.StreamRecord}, false, func(m *bus.Stored) bool {
		if slices.Contains(ids, m.ID) {
			all = append(all, m)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestHandledOutOfTurn goes on after processes that were killed: b was handled and does not come again, a was in hand before it
// and comes yet.
func TestHandledOutOfTurn(t *testing.T) {
	t.Parallel()
	p := newPlacer(t, bustest.New(t, nil))
	p.put(t, "a", 1, wire, feedmill.State{})
	p.put(t, "b", 2, wire, feedmill.State{})
	s := &placing{pipeline: p}
	if err := s.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.put(t, "c", 3, wire, feedmill.State{})
	for _, id := range []string{"c", "a", "a"} {
		if err := s.place(t.Context(), p.messages(t, id)); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := p.told(t)
	last := map[string]string{}
	for _, line := range got {
		last[line[:1]] = line
	}
	want := map[string]string{"a": "a a original", "b": "b a copy a", "c": "c a copy a"}
	if d := cmp.Diff(want, last); d != "" {
		t.Errorf("placements (-want +got):\n%s", d)
	}
}

// TestOldPlacementsHold goes on when all that was placed is older than the window: what comes again is where it was.
func TestOldPlacementsHold(t *testing.T) {
	t.Parallel()
	p := newPlacer(t, bustest.New(t, nil))
	p.put(t, "a", 1, wire, feedmill.State{})
	p.put(t, "b", 2, wire, feedmill.State{})
	p.put(t, "c", 3, wire, feedmill.State{})
	want := []string{"a a original", "b a copy a", "c a copy a"}
	p.placed(t, want...)
	if err := p.PlaceByHand(t.Context(), "b", "https://b.example/a", feedmill.Story{ID: "b", Role: feedmill.StoryOriginal}); err != nil {
		t.Fatal(err)
	}
	p.cfg.Stories.Window = -config.Default().Stories.Window // all that there is was stored before that
	s := &placing{pipeline: p}
	if err := s.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := s.window.Len(); n != 0 {
		t.Errorf("%d articles in the window, want none", n)
	}
	for i, id := range []string{"c", "b", "a"} {
		p.put(t, id, 10+i, wire+" More.", feedmill.State{})
		all := p.messages(t, id)
		if err := s.place(t.Context(), all[len(all)-1:]); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := p.told(t)
	if d := cmp.Diff(append(want, "b b original  hand"), got); d != "" {
		t.Errorf("placements (-want +got):\n%s", d)
	}
}

// TestBadNotes goes on past notes that cannot be read.
func TestBadNotes(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	p := newPlacer(t, b)
	for i, note := range []string{"{", `{"fingerprint": "?"}`, `{"fingerprint": ""}`, `{"at": "yesterday"}`} {
		r := feedmill.NewRecord(&feedmill.Article{ID: fmt.Sprint("bad", i)})
		if err := b.Send(t.Context(), "test", r.ID, func(out *bus.Outbox) { bus.PutNoted(out, bus.Records, r, note) }); err != nil {
			t.Fatal(err)
		}
	}
	p.put(t, "a", 1, wire, feedmill.State{})
	p.put(t, "b", 2, wire, feedmill.State{})
	want := []string{"a a original", "b a copy a"}
	p.placed(t, want...)
	newPlacer(t, b).placed(t, want...)
}

// TestOneOfSeveralPlaces runs the story worker in three processes that come and go: the stories are those of one.
func TestOneOfSeveralPlaces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bustest.New(t, &bus.Options{Dir: dir, Daemon: true})
	var placers []*pipeline
	var stops []context.CancelFunc
	ended := make(chan error, 3)
	for range 3 {
		p := newPlacer(t, bustest.New(t, &bus.Options{Dir: dir}))
		if p.Bus.Embedded() {
			t.Fatal("every process must be one of several")
		}
		ctx, stop := context.WithCancel(t.Context())
		placers, stops = append(placers, p), append(stops, stop)
		go func() { ended <- p.placeStories(ctx) }()
	}
	var want []string
	for round := range 3 {
		for i := range 20 {
			id := fmt.Sprintf("r%02d", 20*round+i)
			placers[i%3].put(t, id, 20*round+i, fmt.Sprintf("%s %d.", wire, i), feedmill.State{})
			if round+i == 0 {
				want = append(want, "r00 r00 original")
			}
		}
		// All belong to one story; who is whose copy the test of the window says.
		eventually(t, "the round to be placed", func() bool {
			got, all := placers[2].told(t)
			last := map[string]string{}
			for _, line := range got {
				f := strings.Fields(line)
				last[f[0]] = f[1]
			}
			stories := map[string]bool{}
			for _, s := range last {
				stories[s] = true
			}
			return all && len(last) == 20*(round+1) && len(stories) == 1 && stories["r00"]
		})
		stops[round]()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	lines, _ := placers[0].told(t)
	if lines[0] != want[0] {
		t.Errorf("the first placement is %s, want %s", lines[0], want[0])
	}
}
