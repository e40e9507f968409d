package sink_test

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

var day = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func hour(n int) time.Time { return day.Add(time.Duration(n) * time.Hour) }

func TestMergeMentions(t *testing.T) {
	t.Parallel()
	seoul := time.FixedZone("", 9*3600)
	in := []feedmill.Mention{
		{Feed: "b", GUID: "1", Title: "late", FirstSeen: hour(5), LastSeen: hour(5)},
		{Feed: "a", GUID: "1", Title: "last", FirstSeen: hour(2).In(seoul), LastSeen: hour(3).In(seoul)},
		{Feed: "a", GUID: "1", Title: "first", FirstSeen: hour(1), LastSeen: hour(2)},
		{Feed: "a", GUID: "1", Title: "no time", URL: "u"},
		{Feed: "a", URL: "1", Title: "b"}, // the URL is not the guid
		{Feed: "a", URL: "1", Title: "a"},
	}
	want := []feedmill.Mention{
		{Feed: "a", URL: "1", Title: "a"},
		{Feed: "a", GUID: "1", Title: "last", FirstSeen: hour(1), LastSeen: hour(3)},
		{Feed: "b", GUID: "1", Title: "late", FirstSeen: hour(5), LastSeen: hour(5)},
	}
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		rnd.Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
		cut := rnd.IntN(len(in))
		first, err := sink.MergeMentions(in[:cut])
		if err != nil {
			t.Fatal(err)
		}
		got, err := sink.MergeMentions(append(first, in[cut:]...))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("seed %d (-want +got):\n%s", seed, d)
		}
	}
}

func TestRoots(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		links, want map[string]string
	}{
		{"none", nil, nil},
		{"one", map[string]string{"a": "b"}, map[string]string{"a": "b", "b": "b"}},
		{"chain", map[string]string{"a": "b", "b": "c", "c": "d"}, map[string]string{"a": "d", "b": "d", "c": "d", "d": "d"}},
		{"tree", map[string]string{"a": "c", "b": "c"}, map[string]string{"a": "c", "b": "c", "c": "c"}},
		{"itself", map[string]string{"a": "a"}, map[string]string{"a": "a"}},
		{"circle", map[string]string{"b": "c", "c": "a", "a": "b"}, map[string]string{"a": "a", "b": "a", "c": "a"}},
		{"into a circle", map[string]string{"a": "z", "z": "y", "y": "x", "x": "y"},
			map[string]string{"a": "x", "z": "x", "y": "x", "x": "x"}},
	} {
		if d := cmp.Diff(test.want, sink.Roots(test.links), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, d)
		}
	}
	chain := make(map[string]string)
	for i := range 100_000 {
		chain[strconv.Itoa(i)] = strconv.Itoa(i + 1)
	}
	if got := sink.Roots(chain)["0"]; got != "100000" {
		t.Errorf("the root of a long chain is %s", got)
	}
}

func TestStanding(t *testing.T) {
	t.Parallel()
	state := func(value string, since int) *feedmill.Record {
		return feedmill.NewRecord(&feedmill.Article{ID: "a", State: feedmill.State{Value: value, Since: hour(since)}})
	}
	read := func(at int, warnings ...string) *feedmill.Record {
		r := feedmill.NewRecord(&feedmill.Article{ID: "a", Rendition: "r", SeenAt: hour(at)})
		r.Quality.Warnings = warnings
		return r
	}
	live := feedmill.State{Value: feedmill.StateLive}
	gone := feedmill.State{Value: feedmill.StateGone, Since: hour(2)}
	undated := feedmill.NewRecord(&feedmill.Article{ID: "a", SeenAt: hour(2), State: feedmill.State{Value: feedmill.StateGone}})
	for _, test := range []struct {
		name string
		recs []*feedmill.Record
		want feedmill.State
	}{
		{"nothing", nil, live},
		{"read", []*feedmill.Record{read(1)}, live},
		{"gone", []*feedmill.Record{read(1), state("gone", 2)}, gone},
		{"gone when it was seen to be", []*feedmill.Record{read(1), undated}, gone},
		{"back", []*feedmill.Record{read(3), state("gone", 2)}, live},
		{"the feed still has it", []*feedmill.Record{read(3, feedmill.WarnFeedOnly), state("gone", 2)}, gone},
		{"stated live", []*feedmill.Record{state("live", 3), state("gone", 2)}, feedmill.State{Value: "live", Since: hour(3)}},
		{"gone and live at once", []*feedmill.Record{state("live", 2), state("gone", 2)}, gone},
		{"withdrawn and read", []*feedmill.Record{state("withdrawn", 2), read(3)}, feedmill.State{Value: "withdrawn", Since: hour(2)}},
	} {
		for turn := range 2 {
			var s sink.Standing
			for i := range test.recs {
				if turn == 1 {
					i = len(test.recs) - 1 - i
				}
				s.Add(test.recs[i])
				s.Add(test.recs[i])
			}
			if d := cmp.Diff(test.want, s.State()); d != "" {
				t.Errorf("%s, turn %d (-want +got):\n%s", test.name, turn, d)
			}
		}
	}
}

func TestStandingMerge(t *testing.T) {
	t.Parallel()
	merge := func(into string, since int) *feedmill.Record {
		return feedmill.NewRecord(&feedmill.Article{
			ID: "a", State: feedmill.State{Value: feedmill.StateMerged, Since: hour(since), MergedInto: into},
		})
	}
	recs := []*feedmill.Record{merge("b", 1), merge("d", 2), merge("c", 2), merge("a", 3)}
	want := feedmill.State{Value: feedmill.StateMerged, Since: hour(2), MergedInto: "c"}
	for seed := range uint64(20) {
		var s sink.Standing
		for _, i := range rand.New(rand.NewPCG(seed, 1)).Perm(len(recs)) {
			s.Add(recs[i])
		}
		if d := cmp.Diff(want, s.Merge); d != "" {
			t.Fatalf("seed %d (-want +got):\n%s", seed, d)
		}
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		q    sink.Query
		want sink.Order
	}{
		{sink.Query{}, sink.OrderNewest},
		{sink.Query{After: 1}, sink.OrderChanged},
		{sink.Query{Text: "x", After: 1}, sink.OrderRelevance},
		{sink.Query{Text: "x", Order: sink.OrderOldest}, sink.OrderOldest},
		{sink.Query{Order: sink.OrderRelevance}, sink.OrderNewest},
	} {
		if got := test.q.Resolve(); got != test.want {
			t.Errorf("%+v is answered in order %d, want %d", test.q, got, test.want)
		}
	}
}
