package registry

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

const testFeed = "https://example.org/feed"

var testDay = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// summary says what was found in short: the item's title, with "*" if it is known and changed.
func summary(found []Found) []string {
	var s []string
	for _, f := range found {
		if f.Changed {
			s = append(s, f.Item.Title+"*")
		} else {
			s = append(s, f.Item.Title)
		}
	}
	return s
}

// TestUnseen names each rule of identity and change. A poll is a document; what it finds is given in short.
func TestUnseen(t *testing.T) {
	t.Parallel()
	item := func(guid, link, title string) feedmill.Item {
		return feedmill.Item{GUID: guid, Link: link, Title: title}
	}
	with := func(it feedmill.Item, change func(*feedmill.Item)) feedmill.Item {
		change(&it)
		return it
	}
	a, b, c := item("1", "https://example.org/a", "A"), item("2", "https://example.org/b", "B"), item("3", "https://example.org/c", "C")
	edited := with(a, func(it *feedmill.Item) { it.Content = "more" })
	old := with(c, func(it *feedmill.Item) { it.Title, it.Published = "Old", time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC) })
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	updated := func(it feedmill.Item, at time.Time) feedmill.Item {
		return with(it, func(it *feedmill.Item) { it.Updated = at })
	}

	tests := []struct {
		name  string
		polls [][]feedmill.Item
		want  [][]string
	}{
		{"first document", [][]feedmill.Item{{a, b}}, [][]string{{"A", "B"}}},
		{"the same document a hundred times", slices.Repeat([][]feedmill.Item{{a, b}}, 100), append([][]string{{"A", "B"}}, make([][]string, 99)...)},
		{"order decides nothing", [][]feedmill.Item{{a, b}, {b, a}, {c, b, a}, {a, c, b}}, [][]string{{"A", "B"}, nil, {"C"}, nil}},
		{"date decides nothing: a late item with an old date is new", [][]feedmill.Item{{a}, {a, old}}, [][]string{{"A"}, {"Old"}}},
		{
			"date decides nothing: published moves",
			[][]feedmill.Item{{a}, {with(a, func(it *feedmill.Item) { it.Published, it.PublishedRaw = noon, "noon" })}},
			[][]string{{"A"}, nil},
		},
		{"edited", [][]feedmill.Item{{a, b}, {edited, b}, {edited, b}}, [][]string{{"A", "B"}, {"A*"}, nil}},
		{"edited and back", [][]feedmill.Item{{a}, {edited}, {a}}, [][]string{{"A"}, {"A*"}, {"A*"}}},
		{"vanished and returned", [][]feedmill.Item{{a, b}, {b}, {}, {a, b}}, [][]string{{"A", "B"}, nil, nil, nil}},
		{"vanished, edited and returned", [][]feedmill.Item{{a, b}, {b}, {edited, b}}, [][]string{{"A", "B"}, nil, {"A*"}}},
		{"twice in one document", [][]feedmill.Item{{a, b, a}, {a, a, b}}, [][]string{{"A", "B"}, nil}},

		{"guid changes with the same link and text", [][]feedmill.Item{{a}, {with(a, func(it *feedmill.Item) { it.GUID = "other" })}}, [][]string{{"A"}, nil}},
		{
			"guid changes with the same link, and the text too: an edit",
			[][]feedmill.Item{{a}, {item("other", a.Link, "A2")}},
			[][]string{{"A"}, {"A2*"}},
		},
		{
			"links differ under one guid: two items",
			[][]feedmill.Item{{item("1", "https://example.org/x", "X"), item("1", "https://example.org/y", "Y")}},
			[][]string{{"X", "Y"}},
		},
		{"link changes under one guid: another item", [][]feedmill.Item{{a}, {item("1", "https://example.org/new", "A")}}, [][]string{{"A"}, {"A"}}},
		{
			"no guid: link",
			[][]feedmill.Item{{item("", a.Link, "A")}, {item("", a.Link, "A2")}, {item("", b.Link, "A2")}},
			[][]string{{"A"}, {"A2*"}, {"A2"}},
		},
		{
			"guid comes and goes: link",
			[][]feedmill.Item{{a}, {with(a, func(it *feedmill.Item) { it.GUID = "" })}, {a}},
			[][]string{{"A"}, nil, nil},
		},
		{
			"no link: guid",
			[][]feedmill.Item{{item("g", "", "G")}, {item("g", "", "G2")}, {item("g", "", "G2"), item("h", "", "H")}},
			[][]string{{"G"}, {"G2*"}, {"H"}},
		},
		{
			"no link, guid changes with the same text",
			[][]feedmill.Item{{item("g", "", "G"), item("h", "", "H")}, {item("i", "", "H"), item("j", "", "G")}, {item("g", "", "G"), item("j", "", "K")}},
			[][]string{{"G", "H"}, nil, {"G", "K*"}},
		},
		{
			"no link, two guids with one text in one document: two items",
			[][]feedmill.Item{{item("g", "", "G")}, {item("g", "", "G"), item("h", "", "G")}},
			[][]string{{"G"}, {"G"}},
		},
		{"no link, no text: guid", [][]feedmill.Item{{item("g", "", "")}, {item("h", "", "")}}, [][]string{{""}, {""}}},
		{
			"neither link nor guid: text",
			[][]feedmill.Item{{item("", "", "T")}, {item("", "", "T")}, {item("", "", "U")}},
			[][]string{{"T"}, nil, {"U"}},
		},

		{
			"tracking in the link",
			[][]feedmill.Item{{a}, {with(a, func(it *feedmill.Item) { it.Link = "https://EXAMPLE.org/a?utm_source=rss&utm_id=7" })}},
			[][]string{{"A"}, nil},
		},
		{
			"case of the path",
			[][]feedmill.Item{{a}, {with(a, func(it *feedmill.Item) { it.Link = "https://example.org/A" })}},
			[][]string{{"A"}, {"A"}},
		},
		{
			"copies that differ: a change of the set is a change",
			[][]feedmill.Item{{a}, {edited, a}, {a, edited}, {edited}},
			[][]string{{"A"}, {"A*"}, nil, {"A*"}},
		},

		{"updated moves on one item: changed", [][]feedmill.Item{{updated(a, noon), updated(b, noon)}, {updated(a, noon.Add(time.Hour)), updated(b, noon)}}, [][]string{{"A", "B"}, {"A*"}}},
		{
			"updated moves on several items to times of their own: changed",
			[][]feedmill.Item{{updated(a, noon), updated(b, noon)}, {updated(a, noon.Add(time.Hour)), updated(b, noon.Add(2*time.Hour))}},
			[][]string{{"A", "B"}, {"A*", "B*"}},
		},
		{
			"updated is when the document was made: nothing",
			[][]feedmill.Item{
				{updated(a, noon), updated(b, noon)},
				{updated(a, noon.Add(time.Hour)), updated(b, noon.Add(time.Hour))},
				{updated(a, noon.Add(2*time.Hour)), updated(b, noon.Add(2*time.Hour+time.Second))},
				{updated(edited, noon.Add(3*time.Hour)), updated(b, noon.Add(3*time.Hour)), updated(c, noon.Add(3*time.Hour))},
			},
			[][]string{{"A", "B"}, nil, nil, {"A*", "C"}},
		},
		{"updated goes: nothing", [][]feedmill.Item{{updated(a, noon)}, {a}, {updated(a, noon)}}, [][]string{{"A"}, nil, nil}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &SeenSet{}
			for i, items := range tt.polls {
				if diff := cmp.Diff(tt.want[i], summary(s.Unseen(testFeed, items, testDay))); diff != "" {
					t.Errorf("poll %d (-want +got):\n%s", i+1, diff)
				}
				s = recode(t, s)
			}
		})
	}
}

// TestUnseenIsBoundToTheFeed: a guid and a text name an item within its feed, a link everywhere.
func TestUnseenIsBoundToTheFeed(t *testing.T) {
	t.Parallel()
	ids := func(feed string) []string {
		var ids []string
		for _, f := range new(SeenSet).Unseen(feed, []feedmill.Item{{GUID: "1", Link: "https://example.org/a"}, {GUID: "1"}, {Title: "T"}}, testDay) {
			ids = append(ids, f.ID)
		}
		return ids
	}
	one, other := ids(testFeed), ids("https://example.net/feed")
	if one[0] != other[0] || one[1] == other[1] || one[2] == other[2] {
		t.Errorf("ids in one feed %v and in another %v; want the first to be the same, the others not", one, other)
	}
}

// TestDroppedItems: what a rule drops does not come back when the rule is gone, unless it changes; it is new then.
func TestDroppedItems(t *testing.T) {
	t.Parallel()
	item := func(title string) []feedmill.Item {
		return []feedmill.Item{{Link: "https://example.org/a", Title: title}}
	}
	s := &SeenSet{}
	poll := func(title string, drop bool, want ...string) {
		t.Helper()
		found := s.Unseen(testFeed, item(title), testDay)
		if diff := cmp.Diff(want, summary(found)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", title, diff)
		}
		for i := range found {
			if drop {
				s.Drop(&found[i])
			}
		}
		s = recode(t, s)
	}
	poll("dropped", true, "dropped")
	poll("dropped", false)
	poll("dropped again", true, "dropped again")
	poll("kept", false, "kept")
	poll("kept", false)
	poll("dropped as an edit", true, "dropped as an edit*")
	poll("dropped as an edit", false)
	poll("kept as an edit", false, "kept as an edit*")
}

// recode returns s as it comes back from a store.
func recode(t *testing.T, s *SeenSet) *SeenSet {
	t.Helper()
	b, err := s.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	got := &SeenSet{}
	if err := got.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	again, err := got.MarshalBinary()
	if err != nil || !slices.Equal(b, again) {
		t.Fatalf("a set encodes differently after decoding (%v)", err)
	}
	return got
}

func TestUnseenNamesArticles(t *testing.T) {
	t.Parallel()
	it := feedmill.Item{Link: "https://example.org/a", Title: "A"}
	s := &SeenSet{}
	got := s.Unseen(testFeed, []feedmill.Item{it}, testDay)
	want := []Found{{Item: it, ID: feedmill.ArticleID(testFeed, &it)}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	if !s.Has(want[0].ID) || s.Has(feedmill.ArticleIDFromURL("https://example.org/b")) || s.Has("x") {
		t.Error("Has does not tell the item from others")
	}
}

// TestUnseenEveryOrder polls a hundred times, in random order and with random items missing: one find for each item.
func TestUnseenEveryOrder(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	items := numbered(0, 50)
	s := &SeenSet{}
	found := map[string]int{}
	for range 100 {
		doc := slices.Clone(items)
		rnd.Shuffle(len(doc), func(i, j int) { doc[i], doc[j] = doc[j], doc[i] })
		for _, f := range s.Unseen(testFeed, doc[:rnd.IntN(len(doc)+1)], testDay) {
			found[f.ID]++
		}
	}
	for id, n := range found {
		if n != 1 {
			t.Errorf("%s was found %d times", id, n)
		}
	}
	if len(found) != len(items) {
		t.Errorf("%d items were found, want %d", len(found), len(items))
	}
}

func TestSeenSetChanged(t *testing.T) {
	t.Parallel()
	s := &SeenSet{}
	if s.Unseen(testFeed, nil, testDay); s.Changed() {
		t.Error("an empty document changed an empty set")
	}
	items := numbered(0, 3)
	if s.Unseen(testFeed, items, testDay); !s.Changed() {
		t.Error("new items did not change the set")
	}
	s = recode(t, s)
	for i := range 30 {
		if s.Unseen(testFeed, items, testDay.AddDate(0, 0, 10*i)); s.Changed() {
			t.Fatalf("the same document changed the set after %d days", 10*i)
		}
	}
	if s.Unseen(testFeed, items[:2], testDay); !s.Changed() {
		t.Error("an item that left did not change the set")
	}
	s = recode(t, s)
	if s.Unseen(testFeed, items[:2], testDay.AddDate(0, 0, 1)); s.Changed() {
		t.Error("an item that stays away changed the set again")
	}
}

func TestSeenSetForgets(t *testing.T) {
	t.Parallel()
	a, b := numbered(0, 1), numbered(1, 1)
	s := &SeenSet{}
	s.Unseen(testFeed, a, testDay)
	left := testDay.AddDate(1, 0, 0) // a was in the document for a year
	s.Unseen(testFeed, b, left)
	if found := s.Unseen(testFeed, b, left.AddDate(0, 0, KeepSeen)); len(found) != 0 || s.Len() != 2 {
		t.Fatalf("after %d days %d items are remembered, want 2", KeepSeen, s.Len())
	}
	s.Unseen(testFeed, b, left.AddDate(0, 0, KeepSeen+1))
	if s.Len() != 1 {
		t.Errorf("after %d days %d items are remembered, want 1", KeepSeen+1, s.Len())
	}
	// A clock that was ahead, and one that is before 1970, forget nothing.
	s = &SeenSet{}
	s.Unseen(testFeed, a, left)
	s.Unseen(testFeed, b, left)
	s.Unseen(testFeed, b, testDay)
	s.Unseen(testFeed, b, time.Time{})
	if s.Len() != 2 {
		t.Errorf("with a clock that goes back %d items are remembered, want 2", s.Len())
	}
}

func TestSeenSetIsBounded(t *testing.T) {
	t.Parallel()
	s := &SeenSet{}
	const each = 2_000
	for i := range 6 {
		s.Unseen(testFeed, numbered(i*each, each), testDay.AddDate(0, 0, i))
	}
	if want := MaxAbsent + each; s.Len() != want {
		t.Errorf("%d items are remembered, want %d", s.Len(), want)
	}
	// The last to leave are known, the first are not.
	if found := s.Unseen(testFeed, numbered(4*each, each), testDay.AddDate(0, 0, 6)); len(found) != 0 {
		t.Errorf("%d of the items that left last are found again", len(found))
	}
	if found := s.Unseen(testFeed, numbered(0, each), testDay.AddDate(0, 0, 7)); len(found) != each {
		t.Errorf("%d of the items that left first are found, want %d", len(found), each)
	}

	s = &SeenSet{}
	if found := s.Unseen(testFeed, numbered(0, MaxItems+100), testDay); len(found) != MaxItems {
		t.Errorf("%d items of a huge document are found, want %d", len(found), MaxItems)
	}
	if most := 1 + 2*binary.MaxVarintLen64 + seenRecord*(MaxItems+MaxAbsent); most > MaxValue {
		t.Errorf("the largest set takes %d bytes, a value at most %d", most, MaxValue)
	}
}

func numbered(from, n int) []feedmill.Item {
	items := make([]feedmill.Item, n)
	for i := range items {
		items[i] = feedmill.Item{Link: fmt.Sprintf("https://example.org/%d", from+i), Title: fmt.Sprint(from + i)}
	}
	return items
}

func TestSeenSetRests(t *testing.T) {
	t.Parallel()
	s := &SeenSet{Rests: feedmill.Rests{Feed: 1 << 40, Item: 7}}
	s.Unseen(testFeed, numbered(0, 2), testDay)
	if diff := cmp.Diff(s.Rests, recode(t, s).Rests); diff != "" {
		t.Errorf("rests (-want +got):\n%s", diff)
	}
}

func TestSeenSetUnmarshalBad(t *testing.T) {
	t.Parallel()
	s := &SeenSet{}
	s.Unseen(testFeed, numbered(0, 2), testDay)
	good, err := s.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"empty":         {},
		"other version": append([]byte{seenVersion + 1}, good[1:]...),
		"cut in record": good[:len(good)-1],
		"cut in head":   good[:2],
		"endless head":  append([]byte{seenVersion}, slices.Repeat([]byte{0xff}, 20)...),
	} {
		got := &SeenSet{}
		got.Unseen(testFeed, numbered(0, 1), testDay)
		if err := got.UnmarshalBinary(b); !errors.Is(err, ErrSeenFormat) {
			t.Errorf("%s: %v, want ErrSeenFormat", name, err)
		}
		if got.Len() != 0 {
			t.Errorf("%s: %d items are left, want none", name, got.Len())
		}
	}
}

func FuzzSeenSet(f *testing.F) {
	s := &SeenSet{Rests: feedmill.Rests{Feed: 300, Item: 2}}
	s.Unseen(testFeed, numbered(0, 3), testDay)
	good, _ := s.MarshalBinary()
	f.Add(good)
	f.Add(good[:30])
	f.Add(binary.AppendUvarint([]byte{seenVersion}, 1<<63))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &SeenSet{}
		if s.UnmarshalBinary(b) != nil && s.Len() != 0 {
			t.Fatal("a bad set is not empty")
		}
		s.Unseen(testFeed, numbered(0, 3), testDay)
		recode(t, s)
	})
}

func BenchmarkUnseen(b *testing.B) {
	items := numbered(0, 100)
	s := &SeenSet{}
	s.Unseen(testFeed, items, testDay)
	stored, _ := s.MarshalBinary()
	for b.Loop() {
		var s SeenSet
		if err := s.UnmarshalBinary(stored); err != nil {
			b.Fatal(err)
		}
		if found := s.Unseen(testFeed, items, testDay); len(found) != 0 {
			b.Fatalf("%d items found", len(found))
		}
	}
}

// TestFurther: of a document of the past only what is unknown is found, once; what the feed's document holds stays as it is.
func TestFurther(t *testing.T) {
	t.Parallel()
	const feed = "https://example.org/feed"
	item := func(guid, title string) feedmill.Item { return feedmill.Item{GUID: guid, Title: title} }
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var s SeenSet
	doc := []feedmill.Item{item("3", "Three"), item("2", "Two")}
	s.Unseen(feed, doc, now)
	past := []feedmill.Item{item("2", "Two, as it was before"), item("1", "One"), item("1", "One"), item("0", "None")}
	found := s.Further(feed, past, now)
	if len(found) != 2 || found[0].Item.GUID != "1" || found[1].Item.GUID != "0" || found[0].Changed {
		t.Errorf("found %+v", found)
	}
	if again := s.Further(feed, past, now.AddDate(0, 0, 1)); len(again) > 0 {
		t.Errorf("found again: %+v", again)
	}
	if changed := s.Unseen(feed, doc, now); len(changed) > 0 || s.Gap() {
		t.Errorf("the feed's own document: %+v, gap %v", changed, s.Gap())
	}
	// What is found in the past is remembered like what has left the document, and no longer.
	s.Unseen(feed, doc, now.AddDate(0, 0, KeepSeen+1))
	if s.Len() != 2 {
		t.Errorf("%d items are remembered after %d days, want 2", s.Len(), KeepSeen+1)
	}
}
