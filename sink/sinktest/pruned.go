package sinktest

import (
	"slices"
	"testing"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

// testPruned drops what was last seen before a time, and compares the store with one that never had it.
func testPruned(t *testing.T, open func(*testing.T) sink.Sink) {
	old := []*feedmill.Record{
		Record("oldest", "An old bridge", body(1, 2), "one", hour(0), pipe(1)),
		Record("old", "A bridge", body(2, 2), "two", hour(1), pipe(1)),
		Record("old", "A bridge, corrected", body(3, 2), "three", hour(2), pipe(1)),
		MentionOnly("old", "second", "A bridge", hour(3)),
		// Two articles that are one, and a third of which only its feed was heard.
		Record("top", "The same bridge", body(4, 1), "four", hour(3), pipe(1)),
		Record("other", "The very same bridge", body(5, 1), "five", hour(4), pipe(1)),
		MentionOnly("third", "second", "The bridge", hour(2)),
		Merged("other", "top", hour(4)), Merged("third", "other", hour(4)),
		MentionOnly("heard", "second", "Heard of", hour(1)),
		// One of which nothing but the withdrawn other name stays.
		Record("public", "Open to all", body(6, 1), "six", hour(1), pipe(1)),
		Record("secret", "Once secret", body(7, 1), "seven", hour(1), pipe(1)),
		Merged("secret", "public", hour(2)),
	}
	kept := []*feedmill.Record{
		Stated("secret", feedmill.StateWithdrawn, hour(3)),
		Record("withdrawn", "Another secret", body(8, 1), "eight", hour(0), pipe(1)),
		Stated("withdrawn", feedmill.StateWithdrawn, hour(1)),
		Record("new", "A new bridge", body(9, 1), "nine", hour(6), pipe(1)),
		Record("again", "Seen again", body(10, 1), "ten", hour(0), pipe(1)),
		MentionOnly("again", "second", "Seen again", hour(5)),
		// Old by itself, new by what was merged into it.
		Record("stands", "It stands", body(11, 1), "eleven", hour(0), pipe(1)),
		Record("late", "It stands still", body(12, 1), "twelve", hour(7), pipe(1)),
		Merged("late", "stands", hour(7)),
	}
	s := open(t)
	pruner, ok := s.(sink.Pruner)
	if !ok {
		t.Skip("the sink is no Pruner")
	}
	write(t, s, old...)
	write(t, s, kept...)
	before := hour(5)
	if n, err := pruner.Prune(t.Context(), hour(-1), 100); n != 0 || err != nil {
		t.Errorf("before anything was seen %d were dropped, %v", n, err)
	}
	if n, err := pruner.Prune(t.Context(), before, 1); n != 1 || err != nil {
		t.Fatalf("%d dropped, %v; want one", n, err)
	}
	if left := query(t, s, sink.Query{ID: idOf("oldest")}); len(left) > 0 {
		t.Error("the one that was unseen longest is not dropped first")
	}
	total := 1
	for {
		n, err := pruner.Prune(t.Context(), before, 2)
		if err != nil {
			t.Fatal(err)
		}
		if total += n; n == 0 {
			break
		}
	}
	if total != 5 {
		t.Errorf("%d dropped, want 5: oldest, old, top, heard, public", total)
	}

	t.Run("as if it had never been", func(t *testing.T) {
		fresh := open(t)
		write(t, fresh, kept...)
		if d := diff(contents(t, fresh), contents(t, s)); d != "" {
			t.Errorf("a store that never had it, and this one (-never +pruned):\n%s", d)
		}
		for _, q := range []sink.Query{{Text: "bridge"}, {Feed: "second"}, {Feed: "main"}, {URL: "https://news.example/old"}, {URL: "https://news.example/other"}} {
			if want, got := names(query(t, fresh, q)), names(query(t, s, q)); !slices.Equal(want, got) {
				t.Errorf("%+v finds %v, want %v", q, got, want)
			}
		}
	})
	t.Run("what comes again is new", func(t *testing.T) {
		last := one(t, s, "new").Cursor
		write(t, s, Record("secret", "No longer secret", body(13, 1), "thirteen", hour(9), pipe(1)))
		if r := one(t, s, "secret"); r.State.Value != feedmill.StateWithdrawn || r.Text != "" {
			t.Errorf("what was withdrawn came back: state %s, %q", r.State.Value, r.Text)
		}
		rec := Record("old", "A bridge again", body(14, 1), "fourteen", hour(9), pipe(1))
		write(t, s, rec)
		got := one(t, s, "old")
		if got.Cursor <= last {
			t.Errorf("its cursor is %d, want one above %d", got.Cursor, last)
		}
		got.Cursor = 0
		if d := diff(wantAlone(rec), got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
}
