package story

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

const ferry = `A ferry with more than two hundred people on board ran aground off the western islands late on Monday, the coast guard
said. Helicopters lifted the passengers to safety before the tide came in, and nobody was badly hurt. The captain told the harbour
master by radio that a rudder had failed in heavy seas. Divers will look at the hull in the morning, and the company said that it
would send another ship to bring the cars to the mainland.`

func place(w *Window, id, source, text string, at int) Placement {
	return w.Place(&Article{ID: id, Source: source, Seen: time.Date(2011, 1, 10, at, 0, 0, 0, time.UTC), Text: text})
}

func TestPlace(t *testing.T) {
	t.Parallel()
	w := NewWindow(nil)
	more := ferry + ` On Tuesday the ministry opened an inquiry. Two earlier voyages had been called off for faults of the same kind, a
		former engineer told reporters, and unions asked why the ship had been let out of the yard at all before the winter. The company
		denied that it had put its timetable before the safety of those on board, and its shares fell by a tenth in the afternoon.`
	for _, tt := range []struct{ id, source, text, story, role, of string }{
		{"a", "one", ferry, "a", Original, ""},
		{"b", "two", strings.ReplaceAll(ferry, "ferry", "ship"), "a", Copy, "a"},
		{"c", "one", strings.ReplaceAll(ferry, "two hundred", "190"), "a", Update, "a"},
		{"d", "three", more, "a", Update, "a"},
		{"e", "three", "The council put off its vote on the new school until the spring, since two members were ill and a third had left for the islands by ferry.", "e", Original, ""},
		{"f", "four", "Short.", "f", Original, ""},
		{"g", "five", "Short.", "g", Original, ""},
		{"a", "one", more, "a", Original, ""},
		{"b", "two", ferry, "a", Copy, "a"},
	} {
		p := place(w, tt.id, tt.source, tt.text, 1)
		if p.Story != tt.story || p.Role != tt.role || tt.role != Update && p.Of != tt.of || p.Reason() == "" {
			t.Errorf("%s: %+v, want %s of %q in %s", tt.id, p, tt.role, tt.of, tt.story)
		}
	}
	if w.Len() != 9 {
		t.Errorf("%d articles in the window, want 9", w.Len())
	}
}

func TestWindowForgets(t *testing.T) {
	t.Parallel()
	w := NewWindow(&Options{Age: 2 * time.Hour})
	place(w, "a", "one", ferry, 1)
	if p := place(w, "b", "two", ferry, 3); p.Of != "a" {
		t.Errorf("%+v, want a copy of a", p)
	}
	if p := place(w, "c", "three", ferry, 5); p.Of != "b" || p.Story != "a" {
		t.Errorf("%+v, want a copy of b in the story of a", p)
	}
	if p := place(w, "d", "four", ferry, 9); p.Role != Original {
		t.Errorf("%+v, want an original", p)
	}
	if w.Len() != 1 || len(w.index) == 0 || len(w.byID) != 1 {
		t.Errorf("%d articles, %d ids", w.Len(), len(w.byID))
	}
	w = NewWindow(&Options{Max: 3})
	for i := range 10 {
		if p := place(w, fmt.Sprint(i), "one", fmt.Sprintf("%d %s", i, ferry), 1); i > 0 && (p.Story != "0" || p.Of < fmt.Sprint(max(i-3, 0))) {
			t.Errorf("%d: %+v, want one of what the window holds", i, p)
		}
	}
	if w.Len() != 3 || len(w.byID) != 3 || len(w.items) > 6 {
		t.Errorf("%d articles, %d ids, want 3, in %d places", w.Len(), len(w.byID), len(w.items))
	}
	w = NewWindow(nil)
	place(w, "a", "one", ferry, 1)
	first, again := place(w, "b", "two", ferry+" More.", 1), place(w, "b", "two", "Another text.", 1)
	if first.Role != Copy || first != again {
		t.Errorf("placed again %+v, want %+v", again, first)
	}
}

// news gives the texts of a corpus, a document each.
func news(t testing.TB, file string) []string {
	t.Helper()
	path := "../../../shared/corpora/ner/" + file
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is absent", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	var docs []string
	var words []string
	flush := func() {
		if len(words) > 80 {
			docs = append(docs, strings.Join(words, " "))
		}
		words = nil
	}
	for line := range strings.Lines(string(raw)) {
		switch word, _, _ := strings.Cut(strings.TrimRight(line, "\n"), "\t"); word {
		case "-DOCSTART-":
			flush()
		case "":
		default:
			words = append(words, word)
		}
	}
	flush()
	return docs
}

// edited changes a share of the words of a text in one of four ways: words here and there by others, runs of words cut, runs of
// another text put in, or some of each and the order of two parts changed.
func edited(rng *rand.Rand, text, other string, share float64, way int) string {
	words, foreign := strings.Fields(text), strings.Fields(other)
	n := int(share * float64(len(words)))
	swap := func(n int) {
		for _, i := range rng.Perm(len(words))[:min(n, len(words))] {
			words[i] = foreign[rng.IntN(len(foreign))]
		}
	}
	cut := func(n int) {
		for n > 0 && len(words) > 40 {
			k := min(n, 5+rng.IntN(25))
			i := rng.IntN(len(words) - k)
			words = slices.Delete(words, i, i+k)
			n -= k
		}
	}
	put := func(n int) {
		for n > 0 {
			k := min(n, 5+rng.IntN(25), len(foreign)-1)
			j := rng.IntN(len(foreign) - k)
			words = slices.Insert(words, rng.IntN(len(words)), foreign[j:j+k]...)
			n -= k
		}
	}
	switch way {
	case 0:
		swap(n)
	case 1:
		cut(n)
	case 2:
		put(n)
	default:
		swap(n / 3)
		cut(n / 3)
		put(n / 3)
		half := len(words) / 2
		words = append(slices.Clone(words[half:]), words[:half]...)
	}
	return strings.Join(words, " ")
}

// TestCorpusCopies places all documents of two corpora, and a copy of each with 5 to 40 % of it changed. A copy is found if it
// is placed as copy or update of its own original; whatever else is placed so, copy or original, is wrong. (A few originals of
// the agency's corpus are copies of each other in truth, and count as wrong here all the same.)
func TestCorpusCopies(t *testing.T) {
	t.Parallel()
	const wantPrecision, wantRecall = 0.98, 0.95
	docs := append(news(t, "worldwide.dev.tsv"), news(t, "conll2003.dev.tsv")...)
	rng := rand.New(rand.NewPCG(1, 2))
	w := NewWindow(nil)
	joined := 0
	for i, d := range docs {
		if p := place(w, fmt.Sprintf("o%d", i), fmt.Sprintf("s%d", i), d, 1); p.Role != Original {
			joined++
			t.Logf("original %d: %s\n   %.100s", i, p.Reason(), d)
		}
	}
	ways := []string{"words changed", "cut", "put in", "all, and moved"}
	found, placed, total := 0, 0, 0
	by := map[string][2]int{}
	for i, d := range docs {
		share := 0.05 + 0.35*rng.Float64()
		way := rng.IntN(len(ways))
		copied := edited(rng, d, docs[(i+1+rng.IntN(len(docs)-1))%len(docs)], share, way)
		p := place(w, fmt.Sprintf("c%d", i), fmt.Sprintf("t%d", i), copied, 2)
		total++
		s := by[ways[way]]
		s[1]++
		if p.Role != Original {
			placed++
		}
		if p.Of == fmt.Sprintf("o%d", i) {
			found++
			s[0]++
		}
		by[ways[way]] = s
	}
	precision, recall := float64(found)/float64(placed+joined), float64(found)/float64(total)
	t.Logf("copies of %d documents: precision %.4f recall %.4f; by way (found, of) %v; originals joined %d", len(docs), precision, recall, by, joined)
	if precision < wantPrecision || recall < wantRecall {
		t.Errorf("precision %.3f, recall %.3f: want %.2f and %.2f", precision, recall, wantPrecision, wantRecall)
	}
}

func BenchmarkPlace(b *testing.B) {
	docs := news(b, "worldwide.dev.tsv")
	w := NewWindow(&Options{Max: 50_000})
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		// Copies of everything all the time: more than any news brings.
		place(w, fmt.Sprint(i), "s", fmt.Sprintf("%d ", i)+docs[i%len(docs)], 1)
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "articles/s")
}
