package sinktest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

// Run checks that the sinks which open gives, all of them sink.Queriers, keep the contract of package sink. Open is called
// with the test that needs the sink: a name it has not been called with gives an empty store, the same name the same store
// again, opened once more. Sinks are closed by open's own cleanup, and may be closed before.
func Run(t *testing.T, open func(t *testing.T) sink.Sink) {
	for _, area := range []struct {
		name string
		test func(*testing.T, func(*testing.T) sink.Sink)
	}{
		{"EmptyBatch", testEmptyBatch},
		{"ReadBack", testReadBack},
		{"Texts", testTexts},
		{"LargeBody", testLargeBody},
		{"ZeroDates", testZeroDates},
		{"Idempotence", testIdempotence},
		{"AnyOrder", testAnyOrder},
		{"Revisions", testRevisions},
		{"NewestPipeline", testNewestPipeline},
		{"LatestInUse", testLatestInUse},
		{"Reprocessed", testReprocessed},
		{"MentionFirst", testMentionFirst},
		{"Cursor", testCursor},
		{"Merged", testMerged},
		{"State", testState},
		{"Withdrawn", testWithdrawn},
		{"Pruned", testPruned},
		{"Story", testStory},
		{"Queries", testQueries},
		{"Search", testSearch},
		{"Cancelled", testCancelled},
		{"BadRecord", testBadRecord},
		{"Reopen", testReopen},
		{"CloseTwice", testCloseTwice},
		{"WriteAfterClose", testWriteAfterClose},
		{"ConcurrentWriters", testConcurrentWriters},
		{"ManyStores", testManyStores},
	} {
		t.Run(area.name, func(t *testing.T) {
			t.Parallel()
			area.test(t, open)
		})
	}
}

func write(t *testing.T, s sink.Sink, recs ...*feedmill.Record) {
	t.Helper()
	if err := s.Write(t.Context(), recs); err != nil {
		t.Fatalf("Write: %v", err)
	}
}

// query returns all that the sink answers.
func query(t *testing.T, s sink.Sink, q sink.Query) []*feedmill.Record {
	t.Helper()
	asked, ok := s.(sink.Querier)
	if !ok {
		t.Fatal("the sink answers no queries: check it with RunPlain")
	}
	var out []*feedmill.Record
	for r, err := range asked.Query(t.Context(), q) {
		if err != nil {
			t.Fatalf("Query %+v: %v", q, err)
		}
		out = append(out, r)
	}
	return out
}

// one returns the newest revision of the article of that name.
func one(t *testing.T, s sink.Sink, name string) *feedmill.Record {
	t.Helper()
	recs := query(t, s, sink.Query{ID: idOf(name)})
	if len(recs) != 1 {
		t.Fatalf("Query for %s gave %d records, want 1", name, len(recs))
	}
	return recs[0]
}

// contents is everything that the sink can tell, but for the cursor.
func contents(t *testing.T, s sink.Sink) []*feedmill.Record {
	t.Helper()
	recs := query(t, s, sink.Query{Revisions: sink.RevisionsAll, IncludeMerged: true})
	for _, r := range recs {
		r.Cursor = 0
	}
	return recs
}

func diff(want, got any) string {
	return gocmp.Diff(want, got, cmpopts.EquateEmpty())
}

func names(recs []*feedmill.Record) []string {
	var out []string
	for _, r := range recs {
		out = append(out, strings.TrimPrefix(r.URL, "https://news.example/"))
	}
	return out
}

func testEmptyBatch(t *testing.T, open func(*testing.T) sink.Sink) {
	s := open(t)
	write(t, s)
	if err := s.Write(t.Context(), []*feedmill.Record{}); err != nil {
		t.Fatal(err)
	}
	if got := query(t, s, sink.Query{}); len(got) != 0 {
		t.Errorf("an empty store gave %d records", len(got))
	}
}

// wantAlone is what a store must give for a record that is alone of its id.
func wantAlone(rec *feedmill.Record) *feedmill.Record {
	r := *rec
	r.State = feedmill.State{Value: feedmill.StateLive}
	r.Revision, r.FirstSeenAt = 1, r.SeenAt
	return &r
}

func testReadBack(t *testing.T, open func(*testing.T) sink.Sink) {
	s := open(t)
	rec := Record("a", "A bridge opens", body(1, 3), "a1", hour(0), pipe(1))
	rec.AltURLs = []string{"https://amp.news.example/a", "https://news.example/a?x=1"}
	rec.Published = feedmill.Timestamp{
		Value: "2026-03-01T09:00:00+09:00", UTC: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), Precision: "second", Zone: "stated",
	}
	rec.Feeds[0].Published = time.Date(2026, 3, 1, 9, 0, 0, 0, time.FixedZone("", 9*3600))
	rec.Feeds[0].Tags = []string{"bridges", "rivers"}
	write(t, s, rec)
	got := one(t, s, "a")
	if got.Cursor <= 0 {
		t.Errorf("cursor is %d, want more than 0", got.Cursor)
	}
	got.Cursor = 0
	if d := diff(wantAlone(rec), got); d != "" {
		t.Errorf("read back (-want +got):\n%s", d)
	}
	if _, offset := got.Feeds[0].Published.Zone(); offset != 9*3600 {
		t.Errorf("the feed's date came back with offset %d, want that which was stated", offset)
	}
}

func testTexts(t *testing.T, open func(*testing.T) sink.Sink) {
	s := open(t)
	for i, text := range []string{
		"nul \x00 in the middle, and at the end \x00",
		"e\u0301 is e and an accent, \u1112\u1161\u11ab is a syllable in parts",
		"שלום \u202eעולם\u202c, مرحبا بالعالم",
		"family \U0001F468\u200d\U0001F469\u200d\U0001F467, flag \U0001F1F0\U0001F1F7, \ufeff, \ufffd, \uffff, \U0010ffff",
		"line\u2028paragraph\u2029 <b>&amp;</b> \"quoted\" 'single' \\ back; DROP TABLE article; --",
		"",
	} {
		name := fmt.Sprintf("text-%d", i)
		rec := Record(name, text, text, name, hour(i), pipe(1))
		rec.Feeds[0].Title, rec.Feeds[0].GUID = text, name+text
		rec.AltURLs = []string{"https://news.example/?q=" + text}
		write(t, s, rec)
		got := one(t, s, name)
		got.Cursor = 0
		if d := diff(wantAlone(rec), got); d != "" {
			t.Errorf("%q read back (-want +got):\n%s", text, d)
		}
	}
}

func testLargeBody(t *testing.T, open func(*testing.T) sink.Sink) {
	s := open(t)
	rec := Record("large", "Large", body(1, 1<<20/60), "large", hour(0), pipe(1))
	if len(rec.Text) < 1<<20 {
		t.Fatalf("the body has %d bytes", len(rec.Text))
	}
	write(t, s, rec)
	if got := one(t, s, "large"); got.Text != rec.Text || got.HTML != rec.HTML {
		t.Error("a body of 1 MiB came back another")
	}
}

func testZeroDates(t *testing.T, open func(*testing.T) sink.Sink) {
	s := open(t)
	rec := Record("a", "No dates", body(1, 1), "a", time.Time{}, pipe(1))
	rec.Published = feedmill.Timestamp{}
	bare := feedmill.NewRecord(&feedmill.Article{ID: "bare", Rendition: "r", Provenance: feedmill.Provenance{
		Page: feedmill.PageProvenance{SHA256: "00"},
	}})
	write(t, s, rec, bare)
	got := one(t, s, "a")
	got.Cursor = 0
	if d := diff(wantAlone(rec), got); d != "" {
		t.Errorf("read back (-want +got):\n%s", d)
	}
	if all := query(t, s, sink.Query{}); len(all) != 2 {
		t.Errorf("%d records are listed, want 2", len(all))
	}
}

func testIdempotence(t *testing.T, open func(*testing.T) sink.Sink) {
	s := open(t)
	recs := story()
	write(t, s, recs...)
	q := sink.Query{Revisions: sink.RevisionsAll, IncludeMerged: true}
	want := query(t, s, q)
	write(t, s, recs...)
	for _, r := range recs {
		write(t, s, r, r)
	}
	if d := diff(want, query(t, s, q)); d != "" {
		t.Errorf("written again, the store gives something else, or another cursor (-once +again):\n%s", d)
	}
}

// story is a set of records that touch in every way that a store must merge.
func story() []*feedmill.Record {
	r := func(name, title, text, source string, at, parser int) *feedmill.Record {
		return Record(name, title, text, source, hour(at), pipe(parser))
	}
	feedOnly := r("c", "Floods", "Rivers rise.", "c-feed", 1, 1)
	feedOnly.Quality.Warnings = []string{feedmill.WarnFeedOnly}
	return []*feedmill.Record{
		// A, B, A again, and C late, out of an older pipeline.
		r("a", "A bridge opens", body(1, 3), "a1", 0, 1),
		r("a", "A bridge closes", body(2, 3), "a2", 2, 1),
		r("a", "A bridge opens", body(1, 3), "a1", 4, 1),
		r("a", "A bridge opens at last", body(1, 4), "a3", 6, 0),
		r("a", "A bridge opens", body(1, 3), "a4", 5, 1),                    // other bytes, the same text
		section(r("a", "A bridge opens", body(1, 3), "a1", 0, 1), "Local"),  // the same source and time, made anew
		section(r("a", "A bridge opens", body(1, 3), "a1", -1, 1), "Metro"), // the same source, seen earlier
		// Read again by newer pipelines.
		r("b", "Town elects", body(3, 3), "b1", 0, 1),
		r("b", "Town elects mayor", body(3, 3), "b1", 0, 2),
		r("b", "Town elects", body(3, 3), "b2", 3, 1),
		r("b", "Town elects a mayor", body(3, 2), "b2", 3, 3),
		r("b", "Town elects", body(3, 3), "b2", 3, 2),
		// Read by a rule, by another, by the first again.
		Record("b", "Town votes", body(3, 3), "b3", hour(4), since(1, "r+bb", 1, 1)),
		Record("b", "Town votes again", body(3, 3), "b3", hour(4), since(1, "r+aa", 2, 1)),
		Record("b", "Town votes", body(3, 3), "b3", hour(4), since(1, "r+bb", 3, 1)),
		Record("b", "Town votes", body(3, 3), "b4", hour(5), since(1, "r+bb", 3, 2)),
		Record("b", "Town votes twice", body(3, 3), "b4", hour(5), since(1, "r+aa", 3, 1)),
		// From the feed first, then whole; gone, alive, gone.
		feedOnly,
		r("c", "Floods", body(5, 5), "c1", 1, 1), // the same moment: the sources' hashes decide
		Stated("c", feedmill.StateGone, hour(3)),
		r("c", "Floods", body(5, 5), "c1", 5, 1),
		Stated("c", feedmill.StateGone, hour(4)),
		// Mentions, of articles known and unknown.
		MentionOnly("a", "second", "Bridge opens", hour(1)),
		MentionOnly("a", "second", "Bridge opens (2)", hour(7)),
		MentionOnly("b", "second", "Town", hour(1)),
		MentionOnly("never", "second", "Never fetched", hour(1)),
		// Merges: two into one, along a chain, by way of an id that never comes, and in a circle.
		r("d", "Harvest", body(6, 2), "d1", 1, 1),
		r("e", "Harvest", body(6, 2), "e1", 2, 1),
		r("f", "Harvest", body(6, 2), "f1", 3, 1),
		Merged("e", "d", hour(4)),
		Merged("f", "g", hour(4)),
		Merged("g", "e", hour(5)),
		Merged("f", "a", hour(3)), // older than the merge into g
		r("x", "Circle x", body(7, 2), "x", 1, 1),
		r("y", "Circle y", body(7, 3), "y", 2, 1),
		r("z", "Circle z", body(7, 4), "z", 3, 1),
		Merged("x", "y", hour(2)), Merged("y", "z", hour(2)), Merged("z", "x", hour(2)),
		Merged("y", "y", hour(9)), // into itself: nothing
		// A merge that a later one takes back.
		r("h", "Election", body(8, 2), "h1", 1, 1), r("i", "Election", body(8, 2), "i1", 2, 1), r("j", "Election", body(8, 2), "j1", 3, 1),
		Merged("i", "h", hour(4)), Merged("i", "j", hour(5)),
		section(r("k", "Weather", body(9, 2), "k1", 1, 1), "North"),
		section(r("k", "Weather", body(9, 2), "k1", 1, 1), "South"), // nothing but the JSON can decide
		Stated("d", feedmill.StateLive, hour(1)),
	}
}

func section(r *feedmill.Record, name string) *feedmill.Record {
	r.Section = name
	return r
}

// testAnyOrder is the heart of the contract: one set of records, in any order, any batches, and some of it twice.
func testAnyOrder(t *testing.T, open func(*testing.T) sink.Sink) {
	var want []*feedmill.Record
	t.Run("as told", func(t *testing.T) {
		s := open(t)
		write(t, s, story()...)
		want = contents(t, s)
	})
	seeds := 20
	if testing.Short() {
		seeds = 5
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			s := open(t)
			rnd := rand.New(rand.NewPCG(uint64(seed), 1))
			recs := story()
			for range rnd.IntN(len(recs)) {
				recs = append(recs, recs[rnd.IntN(len(recs))])
			}
			rnd.Shuffle(len(recs), func(i, j int) { recs[i], recs[j] = recs[j], recs[i] })
			for len(recs) > 0 {
				n := 1 + rnd.IntN(min(len(recs), 12))
				write(t, s, recs[:n]...)
				recs = recs[n:]
			}
			if d := diff(want, contents(t, s)); d != "" {
				t.Errorf("the order matters (-as told +shuffled):\n%s", d)
			}
		})
	}
}

func testRevisions(t *testing.T, open func(*testing.T) sink.Sink) {
	s := open(t)
	a := Record("a", "A bridge opens", body(1, 3), "a1", hour(0), pipe(1))
	b := Record("a", "A bridge closes", body(1, 3), "a2", hour(1), pipe(1))
	again := Record("a", "A bridge opens", body(1, 3), "a1", hour(2), pipe(1))
	ads := Record("a", "A bridge opens", body(1, 3), "a1 with other advertisements", hour(3), pipe(1))
	write(t, s, again, ads)
	write(t, s, b)
	write(t, s, a)
	type row struct {
		Revision                   int
		Title, Rendition, Previous string
		SeenAt, FirstSeenAt        time.Time
		Change                     *feedmill.Change
	}
	var got []row
	for _, r := range query(t, s, sink.Query{ID: a.ID, Revisions: sink.RevisionsAll}) {
		got = append(got, row{r.Revision, r.Title, r.Rendition, r.Previous, r.SeenAt, r.FirstSeenAt, r.Change})
	}
	headline := &feedmill.Change{Class: feedmill.ChangeHeadline}
	want := []row{
		{1, a.Title, a.Rendition, "", hour(0), hour(0), nil},
		{2, b.Title, b.Rendition, a.Rendition, hour(1), hour(0), headline},
		{3, a.Title, ads.Rendition, b.Rendition, hour(3), hour(0), headline},
	}
	if d := diff(want, got); d != "" {
		t.Errorf("revisions (-want +got):\n%s", d)
	}
	if newest := one(t, s, "a"); newest.Revision != 3 || newest.Rendition != ads.Rendition {
		t.Errorf("the newest is revision %d, want 3", newest.Revision)
	}

	// A late page takes its place, and those after it are counted anew.
	late := Record("a", "A bridge is built", body(1, 3), "a0", hour(-1), pipe(1))
	write(t, s, late)
	if newest := one(t, s, "a"); newest.Revision != 4 || newest.FirstSeenAt != hour(-1) {
		t.Errorf("after a late page the newest is revision %d, first seen %v", newest.Revision, newest.FirstSeenAt)
	}
}

func testNewestPipeline(t *testing.T, open func(*testing.T) sink.Sink) {
	v := func(parser int) *feedmill.Record {
		return Record("a", fmt.Sprintf("Read by parser %d", parser), body(1, 2), "a", hour(0), pipe(parser))
	}
	for _, order := range [][]int{{1, 2, 3}, {3, 2, 1}, {2, 3, 1}, {3, 1, 2}} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			s := open(t)
			for _, parser := range order {
				write(t, s, v(parser))
			}
			got := one(t, s, "a")
			if got.Title != "Read by parser 3" || got.Rendition != v(3).Rendition || got.Revision != 1 {
				t.Errorf("%q, revision %d; want the newest pipeline's in place of the others", got.Title, got.Revision)
			}
		})
	}
	t.Run("the same pipeline", func(t *testing.T) {
		s := open(t)
		late, early := section(v(1), "Local"), section(v(1), "Metro")
		early.SeenAt = hour(-1)
		write(t, s, late)
		write(t, s, early)
		if got := one(t, s, "a"); got.Section != "Metro" || got.SeenAt != hour(0) || got.FirstSeenAt != hour(-1) {
			t.Errorf("section %s, seen at %v; want what was read earlier, seen last", got.Section, got.SeenAt)
		}
	})
}

func testReprocessed(t *testing.T, open func(*testing.T) sink.Sink) {
	s := open(t)
	page := func(source string, at, parser int, title string) *feedmill.Record {
		return Record("a", title, body(1, 2), source, hour(at), pipe(parser))
	}
	classes := func() []string {
		var out []string
		for _, r := range query(t, s, sink.Query{ID: idOf("a"), Revisions: sink.RevisionsAll}) {
			class := ""
			if r.Change != nil {
				class = r.Change.Class
			}
			out = append(out, r.Title+": "+class)
		}
		return out
	}
	for _, step := range []struct {
		rec  *feedmill.Record
		want []string
	}{
		{page("a1", 0, 1, "Old title | Site"), []string{"Old title | Site: "}},
		{page("a2", 1, 1, "Old title | Site"), []string{"Old title | Site: "}},
		// The newer parser reads the second source otherwise; the publisher changed nothing.
		{page("a2", 1, 2, "Old title"), []string{"Old title | Site: ", "Old title: reprocessed"}},
		// A source that only the newer parser read: an edit.
		{page("a3", 2, 2, "New title"), []string{"Old title | Site: ", "Old title: reprocessed", "New title: headline"}},
		// The newer parser reads the first source too.
		{page("a1", 0, 2, "Old title"), []string{"Old title: reprocessed", "New title: headline"}},
	} {
		write(t, s, step.rec)
		if d := diff(step.want, classes()); d != "" {
			t.Errorf("after %q of parser %d (-want +got):\n%s", step.rec.Title, step.rec.Provenance.Pipeline.Parser, d)
		}
	}
}

// testCursor writes step by step what changes, and what does not change, what the store says.
func testCursor(t *testing.T, open func(*testing.T) sink.Sink) {
	s := open(t)
	page := func(source string, at, parser int, title string) *feedmill.Record {
		r := Record("a", title, body(1, 2), source, hour(at), pipe(parser))
		r.Feeds = []feedmill.Mention{Mention("main", "a", "A", hour(0), hour(9))}
		return r
	}
	cursor := int64(0)
	for _, step := range []struct {
		what  string
		rec   *feedmill.Record
		moves bool
	}{
		{"first", page("a1", 5, 2, "A"), true},
		{"again", page("a1", 5, 2, "A"), false},
		{"a mention within known times", MentionOnly("a", "main", "Older title", hour(4)), true}, // another URL
		{"that again", MentionOnly("a", "main", "Older title", hour(4)), false},
		{"a mention within known times, no other URL", MentionOnly("a", "main", "Oldest title", hour(3)), false},
		{"an older pipeline, the same text", page("a1", 5, 1, "A"), false},
		{"an older pipeline, another text", page("a1", 5, 0, "A | Site"), true}, // reprocessed
		{"seen again within the revision", page("a1", 6, 2, "A"), true},         // seen_at
		{"made anew", section(page("a1", 5, 2, "A"), "Local"), true},            // the JSON that sorts first
		{"another article", Record("b", "B", body(2, 1), "b", hour(1), pipe(1)), false},
		{"an older revision", page("a0", 2, 2, "A to come"), true},
		{"gone", Stated("a", feedmill.StateGone, hour(8)), true},
		{"gone before", Stated("a", feedmill.StateGone, hour(7)), false},
		{"merged into it", Merged("b", "a", hour(9)), true},
		{"merged into it before", Merged("b", "a", hour(8)), false},
	} {
		write(t, s, step.rec)
		now := one(t, s, "a").Cursor
		if moved := now > cursor; moved != step.moves || now < cursor {
			t.Errorf("%s: the cursor went from %d to %d", step.what, cursor, now)
		}
		cursor = now
	}
}

func testMentionFirst(t *testing.T, open func(*testing.T) sink.Sink) {
	s := open(t)
	write(t, s, MentionOnly("a", "second", "Seen elsewhere", hour(-2)))
	if got := query(t, s, sink.Query{IncludeMerged: true}); len(got) != 0 {
		t.Errorf("%d records are listed before an article came", len(got))
	}
	if got := query(t, s, sink.Query{ID: idOf("a")}); len(got) != 0 {
		t.Errorf("an article that never came was given: %+v", got[0])
	}
	a := Record("a", "A bridge opens", body(1, 2), "a", hour(0), pipe(1))
	write(t, s, a)
	got := one(t, s, "a")
	want := []feedmill.Mention{Mention("second", "a", "Seen elsewhere", hour(-2), hour(-2)), a.Feeds[0]}
	if d := diff(want, got.Feeds); d != "" {
		t.Errorf("feeds (-want +got):\n%s", d)
	}
	if d := diff([]string{a.URL + "?from=second"}, got.AltURLs); d != "" {
		t.Errorf("alt_urls (-want +got):\n%s", d)
	}
	// The entry is seen again, changed: its first time stays, the rest follows.
	write(t, s, MentionOnly("a", "second", "Seen again", hour(5)))
	want[0] = Mention("second", "a", "Seen again", hour(-2), hour(5))
	after := one(t, s, "a")
	if d := diff(want, after.Feeds); d != "" {
		t.Errorf("feeds (-want +got):\n%s", d)
	}
	if after.Cursor <= got.Cursor {
		t.Errorf("the cursor stayed at %d while the feeds changed", after.Cursor)
	}
}

func testMerged(t *testing.T, open func(*testing.T) sink.Sink) {
	s := open(t)
	a := Record("a", "A bridge opens", body(1, 2), "a", hour(0), pipe(1))
	b := Record("b", "A bridge opens", body(1, 2), "b", hour(1), pipe(1))
	c := Record("c", "A bridge opens", body(1, 2), "c", hour(2), pipe(1))
	b.Feeds[0].Feed = "second"
	b.AltURLs = []string{"https://short.example/b"}
	write(t, s, a, b, c)
	write(t, s, Merged("c", "b", hour(3)))
	write(t, s, Merged("b", "a", hour(4)))

	got := query(t, s, sink.Query{})
	if len(got) != 1 || got[0].ID != a.ID {
		t.Fatalf("listed are %v, want only a", names(got))
	}
	if d := diff([]string{"https://news.example/b", "https://news.example/c", "https://short.example/b"}, got[0].AltURLs); d != "" {
		t.Errorf("alt_urls (-want +got):\n%s", d)
	}
	if d := diff([]feedmill.Mention{a.Feeds[0], b.Feeds[0], c.Feeds[0]}, got[0].Feeds); d != "" {
		t.Errorf("feeds (-want +got):\n%s", d)
	}
	if got[0].Revision != 1 || got[0].FirstSeenAt != hour(0) {
		t.Errorf("a merge made revision %d, first seen %v", got[0].Revision, got[0].FirstSeenAt)
	}
	for name, since := range map[string]time.Time{"b": hour(4), "c": hour(3)} {
		want := feedmill.State{Value: feedmill.StateMerged, Since: since, MergedInto: a.ID}
		if d := diff(want, one(t, s, name).State); d != "" {
			t.Errorf("state of %s (-want +got):\n%s", name, d)
		}
	}
	for _, q := range []sink.Query{{URL: "https://short.example/b"}, {URL: c.URL + "#top"}, {Feed: "second"}} {
		if d := diff([]string{"a"}, names(query(t, s, q))); d != "" {
			t.Errorf("%+v (-want +got):\n%s", q, d)
		}
	}
	if all := query(t, s, sink.Query{IncludeMerged: true}); len(all) != 3 {
		t.Errorf("%d records with the merged ones, want 3", len(all))
	}
	if found := query(t, s, sink.Query{Text: "bridge"}); len(found) != 1 {
		t.Errorf("search finds %v, want the article once", names(found))
	}

	// What comes later for a merged id is shown where it was merged into.
	write(t, s, MentionOnly("c", "third", "Bridge", hour(9)))
	if feeds := one(t, s, "a").Feeds; len(feeds) != 4 || feeds[3].Feed != "third" {
		t.Errorf("a late mention of c is not shown with a: %+v", feeds)
	}
}

func testState(t *testing.T, open func(*testing.T) sink.Sink) {
	s := open(t)
	read := func(at int) *feedmill.Record {
		return Record("a", "A bridge opens", body(1, 2), "a", hour(at), pipe(1))
	}
	state := func(value string, at int) feedmill.State { return feedmill.State{Value: value, Since: hour(at)} }
	live := feedmill.State{Value: feedmill.StateLive}
	for _, step := range []struct {
		what string
		rec  *feedmill.Record
		want feedmill.State
	}{
		{"read", read(0), live},
		{"gone", Stated("a", feedmill.StateGone, hour(2)), state(feedmill.StateGone, 2)},
		{"read before it was gone", read(1), state(feedmill.StateGone, 2)},
		{"read since", read(3), live},
		{"gone, told late", Stated("a", feedmill.StateGone, hour(1)), live},
		{"withdrawn", Stated("a", feedmill.StateWithdrawn, hour(4)), state(feedmill.StateWithdrawn, 4)},
		{"read all the same", read(5), state(feedmill.StateWithdrawn, 4)},
	} {
		write(t, s, step.rec)
		if d := diff(step.want, one(t, s, "a").State); d != "" {
			t.Errorf("%s (-want +got):\n%s", step.what, d)
		}
	}
}

func testQueries(t *testing.T, open func(*testing.T) sink.Sink) {
	s := open(t)
	for i, name := range []string{"a", "b", "c", "d"} {
		r := Record(name, "Story "+name, body(i, 2), name, hour(i), pipe(1))
		if name == "d" { // published long before it was seen
			r.Published.UTC = hour(-10)
		}
		if name == "c" {
			r.URL = "https://www.other.example/c"
			r.Feeds[0].Feed = "second"
		}
		write(t, s, r)
	}
	write(t, s, MentionOnly("a", "main", "changed", hour(9)))
	cursor := one(t, s, "b").Cursor
	const c = "https://www.other.example/c"
	for _, test := range []struct {
		q    sink.Query
		want []string
	}{
		{sink.Query{}, []string{c, "b", "a", "d"}},
		{sink.Query{Order: sink.OrderOldest}, []string{"d", "a", "b", c}},
		{sink.Query{Order: sink.OrderChanged}, []string{"b", c, "d", "a"}},
		{sink.Query{Order: sink.OrderRelevance}, []string{c, "b", "a", "d"}},
		{sink.Query{After: cursor}, []string{c, "d", "a"}},
		{sink.Query{After: cursor, Limit: 1}, []string{c}},
		{sink.Query{Limit: 2}, []string{c, "b"}},
		{sink.Query{Since: hour(1)}, []string{c, "b"}},
		{sink.Query{Until: hour(1)}, []string{"a", "d"}},
		{sink.Query{Since: hour(0), Until: hour(2)}, []string{"b", "a"}},
		{sink.Query{Feed: "second"}, []string{c}},
		{sink.Query{Feed: "unknown"}, nil},
		{sink.Query{Host: "news.example"}, []string{"b", "a", "d"}},
		{sink.Query{Host: "Other.Example"}, []string{c}},
		{sink.Query{Host: "ther.example"}, nil},
		{sink.Query{URL: "HTTPS://news.example:443/a?utm_source=x"}, []string{"a"}},
		{sink.Query{URL: "https://news.example/a?from=main"}, []string{"a"}},
		{sink.Query{URL: "no URL at all"}, nil},
		{sink.Query{ID: "unknown"}, nil},
		{sink.Query{ID: idOf("b"), Feed: "second"}, nil},
	} {
		if d := diff(test.want, names(query(t, s, test.q))); d != "" {
			t.Errorf("%+v (-want +got):\n%s", test.q, d)
		}
	}
	// A loop may be left.
	for _, err := range s.(sink.Querier).Query(t.Context(), sink.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	write(t, s, Record("e", "Story e", body(9, 1), "e", hour(9), pipe(1)))
}

func testSearch(t *testing.T, open func(*testing.T) sink.Sink) {
	s := open(t)
	put := func(name, title, text string) {
		write(t, s, Record(name, title, text, name+title, hour(0), pipe(1)))
	}
	put("bridge", "A bridge opens", "Crowds crossed the river. Kim Kwan-jin spoke.")
	put("cafe", "Café Müller closes", "The café by the river shuts its doors after 40 years, C++ and all.")
	put("korean", "북한이 핵실험을 했다", "김관진 국방부 장관은 서울에서 기자들에게 말했다. 갤럭시S24 출시.")
	put("japanese", "東京都で大雨", "気象庁によると、東京タワーの周辺でサーバーが止まった。")
	put("chinese", "北京举行会议", "中华人民共和国外交部发言人表示。")
	for _, test := range []struct {
		text string
		want []string
	}{
		{"bridge", []string{"bridge"}},
		{"BRIDGE river", []string{"bridge"}},
		{"bridge café", nil},
		{"cafe muller", []string{"cafe"}},
		{`"the river"`, []string{"bridge", "cafe"}},
		{`"river the"`, nil},
		{`"crossed the river`, []string{"bridge"}},
		{"cro*", []string{"bridge"}},
		{"cro", nil},
		{"Kwan-jin", []string{"bridge"}},
		{"shore Ann", []string{"bridge", "cafe", "chinese", "japanese", "korean"}}, // caption, byline
		{"북한", []string{"korean"}},
		{"핵실험", []string{"korean"}},
		{"실험", []string{"korean"}},
		{"국방", []string{"korean"}},
		{"관진 장관", []string{"korean"}},
		{`"국방부 장관"`, []string{"korean"}},
		{`"장관 국방부"`, nil},
		{"갤럭시 s24", []string{"korean"}},
		{"갤럭시S24", []string{"korean"}},
		{"북핵", nil},
		{"핵", []string{"korean"}},
		{"험", []string{"korean"}},
		{"\u1107\u116e\u11a8\u1112\u1161\u11ab", []string{"korean"}}, // 북한 in parts
		{"東京", []string{"japanese"}},
		{"京", []string{"chinese", "japanese"}},
		{"サーバー", []string{"japanese"}},
		{"ｻｰﾊﾞｰ", []string{"japanese"}},
		{"共和国", []string{"chinese"}},
		{"共国", nil},
		// What is an operator elsewhere is a word or nothing here.
		{"bridge OR café", nil},
		{"bridge NOT river", nil},
		{"title:bridge", nil},
		{"title : bridge ^", nil},
		{"(bridge", []string{"bridge"}},
		{"bridge) -- ; '", []string{"bridge"}},
		{`""" bridge`, []string{"bridge"}},
		{"{bridge} + river", []string{"bridge"}},
		{"NEAR(bridge river)", nil},
		{"\x00bridge\x00", []string{"bridge"}},
		{"bri\xffdge", nil},
		{"*", nil}, {`"`, nil}, {"&&", nil}, {" ", nil},
	} {
		got := names(query(t, s, sink.Query{Text: test.text}))
		slices.Sort(got)
		if d := diff(test.want, got); d != "" {
			t.Errorf("search for %q (-want +got):\n%s", test.text, d)
		}
	}

	// A word in the title weighs more.
	put("weigh", "Weather", "Nothing about the river but the bridge, bridge and bridge.")
	if got := names(query(t, s, sink.Query{Text: "bridge"})); len(got) != 2 || got[0] != "bridge" {
		t.Errorf("search ranks %v, want the headline first", got)
	}
	// Only the newest revision is found.
	write(t, s, Record("bridge", "A tunnel opens", "Crowds walked.", "tunnel", hour(1), pipe(1)))
	if got := names(query(t, s, sink.Query{Text: "crossed"})); len(got) != 0 {
		t.Errorf("search finds what an older revision said: %v", got)
	}
	if got := names(query(t, s, sink.Query{Text: "tunnel"})); !slices.Equal(got, []string{"bridge"}) {
		t.Errorf("search finds %v, want what the newest revision says", got)
	}
	if got := query(t, s, sink.Query{Text: "tunnel", Revisions: sink.RevisionsAll}); len(got) != 2 {
		t.Errorf("%d revisions of what was found, want 2", len(got))
	}
}

func testCancelled(t *testing.T, open func(*testing.T) sink.Sink) {
	s := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Write(ctx, []*feedmill.Record{Record("a", "A", body(1, 1), "a", hour(0), pipe(1))})
	if !errors.Is(err, context.Canceled) || feedmill.IsPermanent(err) {
		t.Errorf("Write with a cancelled context: %v, want a plain context.Canceled", err)
	}

	// At some moment of a batch: all or nothing.
	const size = 60
	for round := range 8 {
		var batch []*feedmill.Record
		for i := range size {
			name := fmt.Sprintf("r%d-%d", round, i)
			batch = append(batch, Record(name, name, body(i, 5), name, hour(i), pipe(1)))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(round)*2*time.Millisecond)
		err := s.Write(ctx, batch)
		cancel()
		stored := 0
		for i := range batch {
			stored += len(query(t, s, sink.Query{ID: batch[i].ID}))
		}
		if stored != 0 && stored != size || err == nil && stored == 0 {
			t.Fatalf("after %v %d of %d records are stored", err, stored, size)
		}
		write(t, s, batch...)
		if got := len(query(t, s, sink.Query{})); got != (round+1)*size {
			t.Fatalf("%d records after writing the batch again, want %d", got, (round+1)*size)
		}
	}
}

func testBadRecord(t *testing.T, open func(*testing.T) sink.Sink) {
	good := func() *feedmill.Record { return Record("good", "Good", body(1, 1), "good", hour(0), pipe(1)) }
	broken := func(breakIt func(*feedmill.Record)) *feedmill.Record {
		r := Record("bad", "Bad", body(1, 1), "bad", hour(0), pipe(1))
		breakIt(r)
		return r
	}
	for name, bad := range map[string]*feedmill.Record{
		"nil":            nil,
		"no id":          broken(func(r *feedmill.Record) { r.ID = "" }),
		"no source":      broken(func(r *feedmill.Record) { r.Provenance.Page.SHA256 = "" }),
		"newer schema":   broken(func(r *feedmill.Record) { r.Schema = "feedmill.record/2" }),
		"unknown state":  broken(func(r *feedmill.Record) { r.State.Value = "lost" }),
		"merged nowhere": broken(func(r *feedmill.Record) { r.State.Value = feedmill.StateMerged }),
		"no number":      broken(func(r *feedmill.Record) { r.Quality.Score = math.NaN() }),
		"no year":        broken(func(r *feedmill.Record) { r.SeenAt = time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC) }),
		"no feed year":   broken(func(r *feedmill.Record) { r.Feeds[0].Published = time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC) }),
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			err := s.Write(t.Context(), []*feedmill.Record{good(), bad})
			if !feedmill.IsPermanent(err) {
				t.Errorf("Write: %v, want an error that blames the record", err)
			}
			if got := query(t, s, sink.Query{}); len(got) != 0 {
				t.Errorf("of a refused batch %d records are stored", len(got))
			}
			write(t, s, good())
		})
	}
}

func testReopen(t *testing.T, open func(*testing.T) sink.Sink) {
	s := open(t)
	recs := story()
	write(t, s, recs[:len(recs)/2]...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t)
	write(t, s, recs[len(recs)/2:]...)
	q := sink.Query{Revisions: sink.RevisionsAll, IncludeMerged: true}
	want := query(t, s, q)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t)
	write(t, s, recs...)
	if d := diff(want, query(t, s, q)); d != "" {
		t.Errorf("opened again, the store gives something else (-before +after):\n%s", d)
	}
}

func testCloseTwice(t *testing.T, open func(*testing.T) sink.Sink) {
	s := open(t)
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
}

func testWriteAfterClose(t *testing.T, open func(*testing.T) sink.Sink) {
	s := open(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, recs := range [][]*feedmill.Record{nil, {Record("a", "A", body(1, 1), "a", hour(0), pipe(1))}} {
		if err := s.Write(t.Context(), recs); !errors.Is(err, sink.ErrClosed) || feedmill.IsPermanent(err) {
			t.Errorf("Write of %d records after Close: %v, want a plain sink.ErrClosed", len(recs), err)
		}
	}
	if q, ok := s.(sink.Querier); ok {
		for _, err := range q.Query(t.Context(), sink.Query{}) {
			if !errors.Is(err, sink.ErrClosed) {
				t.Errorf("Query after Close: %v, want sink.ErrClosed", err)
			}
		}
	}
}

func testConcurrentWriters(t *testing.T, open func(*testing.T) sink.Sink) {
	s := open(t)
	const writers, batches, size = 4, 5, 10
	shared := Record("shared", "Shared", body(1, 1), "shared", hour(0), pipe(1))
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for b := range batches {
				batch := []*feedmill.Record{shared, MentionOnly("shared", fmt.Sprintf("feed %d", w), "Shared", hour(b))}
				for i := range size {
					name := fmt.Sprintf("w%d-%d-%d", w, b, i)
					batch = append(batch, Record(name, name, body(i, 1), name, hour(i), pipe(1)))
				}
				if err := s.Write(t.Context(), batch); err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
			}
		})
	}
	wg.Wait()
	all := query(t, s, sink.Query{})
	if want := writers*batches*size + 1; len(all) != want {
		t.Errorf("%d records, want %d", len(all), want)
	}
	cursors := make(map[int64]bool)
	for _, r := range all {
		cursors[r.Cursor] = true
	}
	if len(cursors) != len(all) {
		t.Errorf("%d records share %d cursors", len(all), len(cursors))
	}
	feeds := one(t, s, "shared").Feeds
	slices.SortFunc(feeds, func(a, b feedmill.Mention) int { return cmp.Compare(a.Feed, b.Feed) })
	if len(feeds) != writers+1 || feeds[0].FirstSeen != hour(0) || feeds[0].LastSeen != hour(batches-1) {
		t.Errorf("the mentions of four writers came to %+v", feeds)
	}
}

// testManyStores writes one set of records through several stores of the same name at once, each in its own order and
// batches, as several processes do.
func testManyStores(t *testing.T, open func(*testing.T) sink.Sink) {
	var want []*feedmill.Record
	t.Run("one", func(t *testing.T) {
		s := open(t)
		write(t, s, story()...)
		want = contents(t, s)
	})
	t.Run("many", func(t *testing.T) {
		const stores = 4
		var wg sync.WaitGroup
		asked := open(t)
		for i := range stores {
			s := open(t)
			wg.Go(func() {
				rnd := rand.New(rand.NewPCG(uint64(i), 2))
				recs := append(story(), story()...)
				rnd.Shuffle(len(recs), func(i, j int) { recs[i], recs[j] = recs[j], recs[i] })
				for len(recs) > 0 {
					n := 1 + rnd.IntN(min(len(recs), 12))
					if err := s.Write(t.Context(), recs[:n]); err != nil {
						t.Errorf("store %d: %v", i, err)
					}
					recs = recs[n:]
				}
			})
		}
		wg.Wait()
		if d := diff(want, contents(t, asked)); d != "" {
			t.Errorf("written through %d stores at once (-one +many):\n%s", stores, d)
		}
	})
}
