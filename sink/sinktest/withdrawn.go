package sinktest

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

// testWithdrawn withdraws an article at every place among the records of it and of one that was merged into it: nothing
// is left but the ids, nothing is listed or found, and who follows the changes hears of it.
func testWithdrawn(t *testing.T, open func(*testing.T) sink.Sink) {
	recs := []*feedmill.Record{
		Record("a", "A secret bridge", body(1, 2), "one", hour(0), pipe(1)),
		Record("a", "A secret bridge, corrected", body(2, 2), "two", hour(2), pipe(1)),
		MentionOnly("a", "second", "Secret bridge", hour(3)),
		Record("b", "The same secret", body(3, 1), "three", hour(1), pipe(1)),
		Merged("b", "a", hour(4)),
		Stated("a", feedmill.StateGone, hour(9)), // stated later, and yet it stays withdrawn
		Stated("a", feedmill.StateWithdrawn, hour(5)),
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	for range 8 {
		t.Run("order", func(t *testing.T) {
			s := open(t)
			write(t, s, Record("other", "Another article", body(4, 1), "four", hour(0), pipe(1)))
			for _, i := range rnd.Perm(len(recs)) {
				write(t, s, recs[i])
			}
			got := one(t, s, "a")
			want := feedmill.Record{Article: feedmill.Article{Schema: feedmill.SchemaVersion, ID: idOf("a"),
				State: feedmill.State{Value: feedmill.StateWithdrawn, Since: hour(5)}}, Cursor: got.Cursor}
			if d := diff(&want, got); d != "" {
				t.Errorf("what is left (-want +got):\n%s", d)
			}
			raw, err := json.Marshal(one(t, s, "b"))
			if err != nil || strings.Contains(string(raw), "secret") {
				t.Errorf("left of what was merged into it: %s, %v", raw, err)
			}
			if listed := names(query(t, s, sink.Query{Revisions: sink.RevisionsAll})); !slices.Equal(listed, []string{"other"}) {
				t.Errorf("listed: %v", listed)
			}
			for _, q := range []sink.Query{{Text: "secret"}, {Feed: "second"}, {URL: "https://news.example/a"}} {
				if found := query(t, s, q); len(found) > 0 {
					t.Errorf("%+v finds %v", q, names(found))
				}
			}
			heard := false
			for _, r := range query(t, s, sink.Query{After: 1}) {
				heard = heard || r.ID == idOf("a") && r.State.Value == feedmill.StateWithdrawn
			}
			if !heard {
				t.Error("who follows the changes does not hear of it")
			}
		})
	}
}
