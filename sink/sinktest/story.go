package sinktest

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

// Placed makes a record that says where the article of that name belongs: to itself, or to another.
func Placed(name, story, of string, at time.Time) *feedmill.Record {
	r := feedmill.NewRecord(&feedmill.Article{ID: idOf(name), URL: "https://news.example/" + name})
	r.Story = &feedmill.Story{ID: idOf(story), Role: feedmill.StoryOriginal, PlacedAt: at}
	if of != "" {
		r.Story.Role, r.Story.Of, r.Story.Containment, r.Story.Shared, r.Story.Sampled = feedmill.StoryCopy, idOf(of), 0.875, 7, 8
	}
	return r
}

// testStory places articles before and after they come, in any order: the latest placement holds, that of a person before all
// others, and no revision, replay or mention changes it.
func testStory(t *testing.T, open func(*testing.T) sink.Sink) {
	byHand := func(name, story, of string, at time.Time) *feedmill.Record {
		r := Placed(name, story, of, at)
		r.Story.By = feedmill.ByHand
		return r
	}
	split, joined := byHand("c", "c", "", hour(5)), byHand("e", "a", "b", hour(4))
	other := Record("d", "Another", body(4, 1), "d", hour(7), pipe(1))
	other.URL = "https://other.example/d"
	recs := []*feedmill.Record{
		Record("a", "The first", body(1, 2), "a", hour(0), pipe(1)),
		Record("b", "The copy", body(1, 2), "b", hour(1), pipe(1)),
		Record("b", "The copy, edited", body(2, 2), "b2", hour(2), pipe(1)),
		Record("b", "The copy, edited", body(2, 2), "b2", hour(2), pipe(2)),
		Record("c", "Taken out", body(1, 2), "c", hour(3), pipe(1)),
		other,
		Record("lone", "Alone", body(5, 2), "lone", hour(3), pipe(1)),
		MentionOnly("b", "second", "The copy", hour(4)),
		Placed("b", "b", "", hour(1)),
		Placed("a", "a", "", hour(2)), Placed("b", "a", "a", hour(2)), Placed("c", "a", "b", hour(3)), Placed("d", "a", "a", hour(4)),
		Placed("c", "a", "a", hour(5)), split, Placed("c", "a", "b", hour(9)), // the worker did not know, or its clock is ahead
		Record("e", "Put in", body(6, 2), "e", hour(6), pipe(1)), byHand("e", "e", "", hour(3)), joined, Placed("e", "e", "", hour(8)),
		Placed("never came", "a", "a", hour(4)),
		Record("m", "The same page", body(1, 2), "m", hour(3), pipe(1)), Placed("m", "a", "a", hour(4)), Merged("m", "a", hour(5)),
		Record("w", "Withdrawn", body(1, 2), "w", hour(3), pipe(1)), Placed("w", "a", "a", hour(4)), Stated("w", feedmill.StateWithdrawn, hour(5)),
	}
	rnd := rand.New(rand.NewPCG(2, 3))
	for range 6 {
		t.Run("order", func(t *testing.T) {
			s := open(t)
			for _, i := range rnd.Perm(len(recs)) {
				write(t, s, recs[i])
			}
			write(t, s, recs...)
			for _, p := range []*feedmill.Record{Placed("a", "a", "", hour(2)), Placed("b", "a", "a", hour(2)), Placed("d", "a", "a", hour(4)), split, joined} {
				got := query(t, s, sink.Query{ID: p.ID})
				if len(got) != 1 {
					t.Fatalf("%d records", len(got))
				}
				if d := diff(p.Story, got[0].Story); d != "" {
					t.Errorf("%s (-want +got):\n%s", got[0].URL, d)
				}
			}
			for _, name := range []string{"lone", "w", "m"} {
				if st := one(t, s, name).Story; st != nil {
					t.Errorf("%s is placed: %+v", name, st)
				}
			}
			got := names(query(t, s, sink.Query{Story: idOf("a"), Order: sink.OrderOldest}))
			if want := []string{"a", "b", "e", "https://other.example/d"}; !slices.Equal(got, want) {
				t.Errorf("of the story: %v, want %v", got, want)
			}
			if got := query(t, s, sink.Query{Story: idOf("never came")}); len(got) > 0 {
				t.Errorf("of a story that is none: %v", names(got))
			}
			teller, ok := s.(sink.StoryTeller)
			if !ok {
				t.Fatal("the store lists no stories")
			}
			want := []*sink.Story{{ID: idOf("a"), Title: "The first", URL: "https://news.example/a", Articles: 4, Hosts: 2, First: hour(0), Last: hour(7)}}
			for _, q := range []struct {
				since, until time.Time
				limit        int
				want         []*sink.Story
			}{{want: want}, {limit: 1, since: hour(7), until: hour(8), want: want}, {until: hour(7)}, {since: hour(8)}} {
				var got []*sink.Story
				for st, err := range teller.Stories(t.Context(), q.since, q.until, q.limit) {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, st)
				}
				if d := diff(q.want, got); d != "" {
					t.Errorf("stories from %s to %s (-want +got):\n%s", q.since, q.until, d)
				}
			}
		})
	}
	t.Run("by hand", func(t *testing.T) {
		s := open(t)
		write(t, s, recs[0], byHand("a", "a", "", hour(2)))
		placed := one(t, s, "a").Cursor
		write(t, s, Placed("a", "b", "b", hour(9)), byHand("a", "b", "b", hour(1)))
		got := one(t, s, "a")
		if d := diff(byHand("a", "a", "", hour(2)).Story, got.Story); d != "" || got.Cursor != placed {
			t.Errorf("cursor %d, then %d; placed (-want +got):\n%s", placed, got.Cursor, d)
		}
		again := byHand("a", "b", "b", hour(3))
		write(t, s, again)
		if d := diff(again.Story, one(t, s, "a").Story); d != "" {
			t.Errorf("placed again (-want +got):\n%s", d)
		}
	})
	t.Run("cursor", func(t *testing.T) {
		s := open(t)
		write(t, s, recs[0], recs[1])
		before := one(t, s, "b").Cursor
		write(t, s, Placed("b", "a", "a", hour(2)))
		placed := one(t, s, "b").Cursor
		write(t, s, Placed("b", "a", "a", hour(2)), Placed("b", "b", "", hour(1)))
		if again := one(t, s, "b").Cursor; placed <= before || again != placed {
			t.Errorf("the cursor went from %d to %d when it was placed, and to %d when that was said again", before, placed, again)
		}
	})
}
