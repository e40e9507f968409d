package postgres_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/postgres/pgtest"
	"github.com/feedmill/feedmill/sink/sinktest"
)

// TestHugeText stores what is more than a tsvector can hold: the record is whole, and found by its first words.
func TestHugeText(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.New(t), nil)
	var b strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&b, "word%dx%d ", i, i*i)
	}
	huge := sinktest.Record("huge", "Huge", strings.TrimSpace(b.String()), "huge", seen, feedmill.Pipeline{Parser: 1})
	korean := sinktest.Record("korean", "말", strings.Repeat("국방부 장관은 서울에서 기자들에게 말했다. ", 3000)+"끝말", "korean", seen, feedmill.Pipeline{Parser: 1})
	if err := s.Write(t.Context(), []*feedmill.Record{huge, korean}); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]*feedmill.Record{
		`"word10x100 word11x121"`: huge,
		"word20000x400000000":     huge, // beyond the last position
		`"국방부 장관"`:                korean,
		"끝말":                      korean,
		"word99999x9999800001":    nil,
	} {
		var got *feedmill.Record
		for rec, err := range s.Query(t.Context(), sink.Query{Text: text}) {
			if err != nil {
				t.Fatal(err)
			}
			got = rec
		}
		switch {
		case (got == nil) != (want == nil):
			t.Errorf("search for %s finds a record: %v, want %v", text, got != nil, want != nil)
		case got != nil && got.Text != want.Text:
			t.Errorf("search for %s finds another text of %d bytes", text, len(got.Text))
		}
	}
}

// FuzzSearch holds that nothing typed into a search box is an error, and that a record is found by its own title, if
// there is anything in it to be found by.
func FuzzSearch(f *testing.F) {
	s := open(f, pgtest.New(f), nil)
	for _, text := range []string{
		`bridge "over the" riv*`, "북한 핵실험", `"`, `a" OR "b`, "a & b | !c", "title:x", "a <-> b", "a AND", "*", "\x00", "\xff", "東京ー", "가\u0301",
		"e\u0301", "ﷺ", "\U0001F600 a", "a-b_c", "ⓐ", "½", `\'`, "ŉ", "हिन्दी", "ภาษาไทย", strings.Repeat("x", 5000), "ß",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		title := strings.ToValidUTF8(text, " ")
		rec := sinktest.Record("a", title, "Body.", title, seen, feedmill.Pipeline{Parser: 1})
		rec.ID = feedmill.ArticleIDFromURL("https://news.example/" + title)
		if err := s.Write(t.Context(), []*feedmill.Record{rec}); err != nil {
			t.Fatal(err)
		}
		found := len(sink.ParseText(text)) == 0
		for r, err := range s.Query(t.Context(), sink.Query{Text: text}) {
			if err != nil {
				t.Fatalf("search for %q: %v", text, err)
			}
			found = found || r.ID == rec.ID
		}
		if !found && !strings.ContainsAny(text, "*\"“”„«»") {
			t.Errorf("%q is not found by itself, searched for as %v", title, sink.ParseText(text))
		}
	})
}
