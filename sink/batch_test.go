package sink_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/sinktest"
)

// memory holds articles as a store would, without what Merge can do without.
type memory struct {
	articles map[string]*sink.Article
	records  map[string]string // by article and source
	asked    [][]string
	read     int
}

func (m *memory) Articles(_ context.Context, ids []string) ([]*sink.Article, error) {
	m.asked = append(m.asked, ids)
	var out []*sink.Article
	for _, id := range ids {
		if m.articles[id] == nil {
			m.articles[id] = &sink.Article{ID: id}
		}
		out = append(out, m.articles[id])
	}
	return out, nil
}

func (m *memory) Record(_ context.Context, a *sink.Article, r *sink.Rendition) (string, error) {
	m.read++
	return m.records[a.ID+" "+r.Source], nil
}

func TestMergeAsksForWhatItNeeds(t *testing.T) {
	t.Parallel()
	p := feedmill.Pipeline{Parser: 1, Run: "r1"}
	rec := sinktest.Record("a", "A bridge opens", "Text.", "a1", hour(0), p)
	again := sinktest.Record("a", "A bridge opens", "Text.", "a1", hour(0), p)
	merged := sinktest.Merged("a", "b", hour(1))
	batch, err := sink.Prepare([]*feedmill.Record{rec, again, merged})
	if err != nil {
		t.Fatal(err)
	}
	ids, merges := sink.IDs(batch)
	want := []string{rec.ID, merged.State.MergedInto}
	slices.Sort(want)
	if d := cmp.Diff(want, ids); d != "" || !merges {
		t.Errorf("IDs (-want +got):\n%s merges: %v, want true", d, merges)
	}
	m := &memory{articles: make(map[string]*sink.Article)}
	changed, err := sink.Merge(t.Context(), m, batch)
	if err != nil {
		t.Fatal(err)
	}
	if len(changed) != 2 || changed[0].Root != merged.State.MergedInto {
		t.Errorf("%d articles changed, the first merged into %q; want two, the first merged into the second", len(changed), changed[0].Root)
	}
	if m.read != 0 || len(m.asked) != 1 {
		t.Errorf("a record delivered twice was read %d times, articles were asked for %d times; want 0 and 1", m.read, len(m.asked))
	}
	if run := changed[0].Renditions[0].Pipeline.Run; run != "" {
		t.Errorf("the ledger holds run %q: a replay would make another result of the same text", run)
	}
}

// TestMergeDistrusts gives holdings that break their promise: an error, not a panic or a lost merge.
func TestMergeDistrusts(t *testing.T) {
	t.Parallel()
	batch, err := sink.Prepare([]*feedmill.Record{sinktest.MentionOnly("a", "main", "A", hour(0))})
	if err != nil {
		t.Fatal(err)
	}
	ids, _ := sink.IDs(batch)
	down := errors.New("down")
	for want, h := range map[string]sink.Holdings{
		"gave no article for " + ids[0]: holdings{nil, nil},
		"gave no article for elsewhere": holdings{[]*sink.Article{{ID: ids[0], Root: "elsewhere"}}, nil},
		"down":                          holdings{nil, down},
	} {
		if _, err := sink.Merge(t.Context(), h, batch); err == nil || !strings.Contains(err.Error(), want) || feedmill.IsPermanent(err) {
			t.Errorf("Merge: %v, want a plain error that says %q", err, want)
		}
	}
}

type holdings struct {
	articles []*sink.Article
	err      error
}

func (h holdings) Articles(context.Context, []string) ([]*sink.Article, error) {
	return h.articles, h.err
}

func (h holdings) Record(context.Context, *sink.Article, *sink.Rendition) (string, error) {
	return "", h.err
}
