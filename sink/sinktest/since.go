package sinktest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

// since is the pipeline of these rules and versions, in use since n and m hours after the tests' time began.
func since(parser int, rules string, n, m int) feedmill.Pipeline {
	return feedmill.Pipeline{Parser: parser, Enricher: 1, Rules: rules, ParserSince: hour(n), EnricherSince: hour(m)}
}

// reading is what a pipeline made of a source.
type reading struct {
	title, source string
	at            int // seen
	pipeline      feedmill.Pipeline
}

// testLatestInUse writes what several pipelines made of one source, in every order: the one that is in use last stays,
// whatever its versions and hashes, and what is shown is the same in every order.
func testLatestInUse(t *testing.T, open func(*testing.T) sink.Sink) {
	for _, tt := range []struct {
		name     string
		readings []reading
		want     []string // titles of the revisions, with the class of their change
	}{
		{"a rule that is changed", []reading{{"Old", "a", 0, since(1, "r+zz", 1, 0)}, {"New", "a", 0, since(1, "r+aa", 2, 0)}},
			[]string{"New: reprocessed"}},
		{"a rule that is changed back", []reading{
			{"One", "a", 0, since(1, "r+aa", 1, 0)}, {"Two", "a", 0, since(1, "r+zz", 2, 0)}, {"One", "a", 0, since(1, "r+aa", 3, 0)},
		}, []string{"One: reprocessed"}},
		{"a rule that is taken away", []reading{{"With", "a", 0, since(1, "r+aa", 1, 0)}, {"Without", "a", 0, since(1, "r", 2, 0)}},
			[]string{"Without: reprocessed"}},
		{"a version that is taken back", []reading{{"Two", "a", 0, since(2, "r", 1, 0)}, {"One", "a", 0, since(1, "r", 2, 0)}},
			[]string{"One: reprocessed"}},
		{"times nobody kept", []reading{{"Two", "a", 0, pipe(2)}, {"One", "a", 0, since(1, "r", 0, 0)}},
			[]string{"One: reprocessed"}},
		{"a later enricher over an older reading", []reading{{"Old", "a", 0, since(1, "r", 1, 5)}, {"New", "a", 0, since(1, "r+aa", 2, 3)}},
			[]string{"New: reprocessed"}},
		{"replays after a change", []reading{
			{"One", "a", 0, since(1, "r", 1, 0)}, {"Two", "a", 0, since(1, "r+aa", 2, 0)}, {"One", "a", 0, since(1, "r", 4, 0)}, {"Two", "a", 0, since(1, "r+aa", 5, 0)},
		}, []string{"Two: reprocessed"}},
		// The newest pipeline that read both sources tells an edit from another reading.
		{"two sources", []reading{
			{"Title | Site", "a1", 0, since(1, "r+zz", 1, 0)}, {"Title | Site", "a2", 1, since(1, "r+zz", 1, 0)},
			{"Title", "a2", 1, since(1, "r+aa", 2, 0)}, {"Title | Site", "a1", 0, since(1, "r+zz", 3, 0)},
		}, []string{"Title | Site", "Title: reprocessed"}},
		{"two sources, edited", []reading{
			{"Title | Site", "a1", 0, since(1, "r+zz", 1, 0)}, {"New title | Site", "a2", 1, since(1, "r+zz", 1, 0)},
			{"Title", "a1", 0, since(1, "r+aa", 2, 0)}, {"New title", "a2", 1, since(1, "r+aa", 2, 0)},
		}, []string{"Title: reprocessed", "New title: headline"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t)
			for n, order := range permutations(len(tt.readings)) {
				name := fmt.Sprint(n)
				var recs []*feedmill.Record
				for _, i := range order {
					r := &tt.readings[i]
					recs = append(recs, Record(name, r.title, body(1, 2), r.source, hour(r.at), r.pipeline))
					write(t, s, recs[len(recs)-1])
				}
				cursor := one(t, s, name).Cursor
				write(t, s, recs...)
				if now := one(t, s, name).Cursor; now != cursor {
					t.Errorf("order %v, written once more: the cursor went from %d to %d", order, cursor, now)
				}
				var got []string
				for _, r := range query(t, s, sink.Query{ID: idOf(name), Revisions: sink.RevisionsAll}) {
					if p := r.Provenance.Pipeline; !p.ParserSince.IsZero() || !p.EnricherSince.IsZero() {
						t.Errorf("times of use are shown: %+v", p)
					}
					title := r.Title
					if r.Change != nil {
						title += ": " + r.Change.Class
					}
					got = append(got, title)
				}
				if d := diff(tt.want, got); d != "" {
					t.Errorf("order %v (-want +got):\n%s", order, d)
				}
			}
		})
	}
	t.Run("in use anew", func(t *testing.T) {
		s := open(t)
		v := func(title string, p feedmill.Pipeline) *feedmill.Record {
			return Record("a", title, body(1, 2), "a", hour(0), p)
		}
		write(t, s, v("One", since(1, "r", 1, 0)))
		before := one(t, s, "a")
		write(t, s, v("One", since(1, "r", 3, 0)))
		if d := diff(before, one(t, s, "a")); d != "" {
			t.Errorf("the same of the same pipeline, in use anew, changed what is shown (-before +after):\n%s", d)
		}
		write(t, s, v("Two", since(1, "r+aa", 2, 0)))
		if got := one(t, s, "a"); got.Title != "One" {
			t.Errorf("title %q: what was in use in between came late and won", got.Title)
		}
	})
}

// permutations are all orders of n things.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, p := range permutations(n - 1) {
		for i := range n {
			all = append(all, slices.Insert(slices.Clone(p), i, n-1))
		}
	}
	return all
}
