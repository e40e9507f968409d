package sqlite

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/feedmill/feedmill/sink"
)

// TestPlans holds what makes queries fast and their memory flat: lists follow an index, and what has to be sorted are
// keys, before any record is read.
func TestPlans(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "records.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for name, test := range map[string]struct {
		q           sink.Query
		index, sort bool // follows an index for its order; sorts
	}{
		"newest":    {sink.Query{}, true, false},
		"limited":   {sink.Query{Limit: 20}, true, false},
		"host":      {sink.Query{Host: "news.example"}, true, false},
		"changed":   {sink.Query{After: 7}, true, false},
		"revisions": {sink.Query{Revisions: sink.RevisionsAll}, true, true}, // of one article at a time
		"search":    {sink.Query{Text: "bridge"}, false, true},
	} {
		text, args, _ := build(&test.q)
		rows, err := s.read.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, args...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var plan []string
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, detail)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		all := strings.Join(plan, "\n")
		if !strings.HasPrefix(all, "CO-ROUTINE pick") {
			t.Errorf("%s: the keys are not picked first:\n%s", name, all)
		}
		if index := strings.Contains(all, "USING INDEX article_listed") || strings.Contains(all, "USING INDEX article_cursor") ||
			strings.Contains(all, "USING COVERING INDEX article_"); index != test.index {
			t.Errorf("%s: follows an index: %v, want %v:\n%s", name, index, test.index, all)
		}
		if sort := strings.Contains(all, "ORDER BY"); sort != test.sort {
			t.Errorf("%s: sorts: %v, want %v:\n%s", name, sort, test.sort, all)
		}
		if i, j := strings.LastIndex(all, "ORDER BY"), strings.Index(all, "SEARCH r "); i > j {
			t.Errorf("%s: sorts after records are read:\n%s", name, all)
		}
	}
}
