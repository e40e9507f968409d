package sqlite_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/sinktest"
	"github.com/feedmill/feedmill/sink/sqlite"
)

// FuzzSearch holds that nothing typed into a search box is an error, and that a record is found by its own title, if
// there is anything in it to be found by.
func FuzzSearch(f *testing.F) {
	s, err := sqlite.Open(f.Context(), filepath.Join(f.TempDir(), "records.db"), nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	for _, text := range []string{
		`bridge "over the" riv*`, "북한 핵실험", `"`, `a" OR "b`, "NEAR(a b, 3)", "title:x", "^a", "a AND", "*", "\x00", "\xff", "東京ー", "가\u0301",
		"e\u0301", "ﷺ", "\U0001F600 a", "a-b_c", "ⓐ", "½",
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
