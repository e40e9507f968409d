package enricher

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

func phrases(t *testing.T, lang, title, text string) []string {
	t.Helper()
	r := &feedmill.Record{}
	r.Title, r.Text, r.Language.Tag = title, text, lang
	enrich(t, r)
	var out []string
	for i, k := range r.Keyphrases {
		out = append(out, k.Text)
		if k.Score <= 0 || k.Score > 1 || i > 0 && k.Score > r.Keyphrases[i-1].Score {
			t.Errorf("score of %+v at %d", k, i)
		}
	}
	return out
}

func TestKeyphrases(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, lang, title, text string
		want, not               []string
	}{
		{
			"a phrase in place of its parts", "en", "Heat pumps in old houses",
			"Heat pumps are cheap. A heat pump warms an old house, and you don’t need oil. Owners of heat pumps say heat pumps last.",
			[]string{"heat pumps"}, []string{"heat", "pumps", "don’t", "don’t need"},
		},
		{
			"German", "de", "Die neue Brücke",
			"Die neue Brücke ist da. Für die Brücke zahlt das Land, und die Brücke soll durch den Ort führen. Das Land will die neue Brücke.",
			[]string{"Brücke", "Land"}, []string{"die neue", "durch den", "für die", "Die"},
		},
		{
			"French, with what joins a phrase", "fr", "Le taux de chômage",
			"Le taux de chômage baisse. Selon la ministre, le taux de chômage de la région reste haut.",
			[]string{"taux de chômage"}, []string{"de la", "le taux", "taux de"},
		},
		{
			"Chinese", "zh", "太阳能电池", "太阳能很便宜。我们用太阳能。太阳能和风能。城市有太阳能。",
			[]string{"太阳能"}, []string{"太阳"},
		},
		{"Japanese", "ja", "太陽光発電", "発電は安い。発電が増える。都市の発電だ。", []string{"発電"}, nil},
		{"nothing", "en", "", "", nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := phrases(t, tt.lang, tt.title, tt.text)
			for _, w := range tt.want {
				if !slices.ContainsFunc(got, func(s string) bool { return strings.EqualFold(s, w) }) {
					t.Errorf("%q is not among %q", w, got)
				}
			}
			for _, w := range tt.not {
				if slices.ContainsFunc(got, func(s string) bool { return strings.EqualFold(s, w) }) {
					t.Errorf("%q is among %q", w, got)
				}
			}
		})
	}
}

func TestKeySentences(t *testing.T) {
	t.Parallel()
	r := &feedmill.Record{}
	r.Title = "Harbour bridge closed"
	paragraphs := []struct{ kind, text string }{
		{feedmill.BlockParagraph, "The harbour bridge was closed on Monday after cracks were found."},
		{feedmill.BlockHeading, "Why the harbour bridge was closed at last this week."},
		{feedmill.BlockParagraph, "Share this harbour bridge story with friends of the bridge"},
		{feedmill.BlockParagraph, "Ferries replace the bridge until the harbour has a new one. It rains."},
		{feedmill.BlockList, "The harbour bridge was built by the harbour company in 1931."},
	}
	var b strings.Builder
	for i, p := range paragraphs {
		if i > 0 {
			b.WriteString("\n\n")
		}
		start := b.Len()
		b.WriteString(p.text)
		r.Blocks = append(r.Blocks, feedmill.Block{Kind: p.kind, Start: start, End: b.Len()})
	}
	r.Text, r.Language.Tag = b.String(), "en"
	enrich(t, r)
	var got []string
	for _, s := range r.KeySentences {
		got = append(got, r.Text[s.Start:s.End])
	}
	want := []string{"The harbour bridge was closed on Monday after cracks were found.", "Ferries replace the bridge until the harbour has a new one."}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("key sentences (-want +got):\n%s", diff)
	}
}

// TestStopWords holds that the words are looked up as they are folded.
func TestStopWords(t *testing.T) {
	t.Parallel()
	for lang, words := range map[string]string{"de": "die durch für", "fr": "même selon où", "en": "don't the like", "ja": "", "xx": ""} {
		for w := range strings.FieldsSeq(words) {
			p := &phraser{lang: lang, stop: stopWords(lang)}
			for _, tok := range tokenize(w) {
				if p.content(&tok) {
					t.Errorf("%s: %q may stand in a phrase", lang, w)
				}
			}
		}
	}
}

// TestKeyphrasesInOneOrder: what gives way to what does not hang on the order in which phrases are looked at.
func TestKeyphrasesInOneOrder(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("It was so and then it was not so at all for them. ", 8) + strings.Repeat("Today the harbor dredging committee was there. ", 3) +
		strings.Repeat("They have harbor dredging to do. ", 2) + strings.Repeat("It was in the harbor at that time. ", 2)
	first := phrases(t, "en", "What the harbor is for", text)
	for range 50 {
		if diff := cmp.Diff(first, phrases(t, "en", "What the harbor is for", text)); diff != "" {
			t.Fatal(diff)
		}
	}
}
