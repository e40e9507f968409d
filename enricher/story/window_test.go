package story

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

const ferry = `A ferry with more than two hundred people on board ran aground off the western islands late on Monday, the coast guard
said. Helicopters lifted the passengers to safety before the tide came in, and nobody was badly hurt. The captain told the harbour
master by radio that a rudder had failed in heavy seas. Divers will look at the hull in the morning, and the company said that it
would send another ship to bring the cars to the mainland.`

// order makes the times of articles grow with the order in which the tests place them.
var order atomic.Int64

func place(w *Window, id, source, text string, at int) Placement {
	seen := time.Date(2011, 1, 10, at, 0, 0, 0, time.UTC)
	w.Place(&Article{ID: id, Source: source, At: seen.Add(time.Duration(order.Add(1))), Seen: seen, Text: NewFingerprint(text)})
	return whereIs(w, id)
}

// whereIs is where an article was placed; one that stands alone is its own original.
func whereIs(w *Window, id string) Placement {
	p, ok := w.Of(id)
	if !ok {
		return Placement{ID: id, Story: id, Role: Original}
	}
	return p
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
		if p.Story != tt.story || p.Role != tt.role || tt.role != Update && p.Of != tt.of {
			t.Errorf("%s: %+v, want %s of %q in %s", tt.id, p, tt.role, tt.of, tt.story)
		}
	}
	if w.Len() != 7 {
		t.Errorf("%d articles in the window, want 7", w.Len())
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
	if w.Len() != 1 || len(w.index.heads) == 0 || len(w.byID) != 1 {
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
// the agency's corpus are copies of each other in truth, and count as wrong here all the same.) Related texts are counted
// apart.
func TestCorpusCopies(t *testing.T) {
	t.Parallel()
	const wantPrecision, wantRecall = 0.98, 0.95
	docs := append(news(t, "worldwide.dev.tsv"), news(t, "conll2003.dev.tsv")...)
	rng := rand.New(rand.NewPCG(1, 2))
	w := NewWindow(nil)
	joined, related := 0, 0
	for i, d := range docs {
		p := place(w, fmt.Sprintf("o%d", i), fmt.Sprintf("s%d", i), d, 1)
		switch p.Role {
		case Original:
			continue
		case Related:
			related++
		default:
			joined++
		}
		t.Logf("original %d: %s of %s, %d of %d runs\n   %.100s", i, p.Role, p.Of, p.Shared, p.Compared, d)
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
		isCopy := p.Role == Copy || p.Role == Update
		if isCopy {
			placed++
		}
		if isCopy && p.Of == fmt.Sprintf("o%d", i) {
			found++
			s[0]++
		}
		by[ways[way]] = s
	}
	precision, recall := float64(found)/float64(placed+joined), float64(found)/float64(total)
	t.Logf("copies of %d documents: precision %.4f recall %.4f; by way (found, of) %v; originals joined as copies %d, as related texts %d", len(docs), precision, recall, by, joined, related)
	if precision < wantPrecision || recall < wantRecall {
		t.Errorf("precision %.3f, recall %.3f: want %.2f and %.2f", precision, recall, wantPrecision, wantRecall)
	}
}

// TestAnyOrder places the same articles in many orders: the stories are the same.
func TestAnyOrder(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	vocabulary := make([]string, 3000)
	for i := range vocabulary {
		vocabulary[i] = fmt.Sprintf("word%d", i)
	}
	say := func(n int) string {
		words := make([]string, n)
		for i := range words {
			words[i] = vocabulary[rng.IntN(len(vocabulary))]
		}
		return strings.Join(words, " ")
	}
	var articles []*Article
	day := time.Date(2011, 1, 10, 0, 0, 0, 0, time.UTC)
	for s := range 12 {
		first, passage := say(300), say(80)
		texts := []string{first}
		for range 5 {
			texts = append(texts, edited(rng, texts[rng.IntN(len(texts))], say(300), 0.3*rng.Float64(), rng.IntN(4)))
		}
		texts = append(texts, first+" "+say(120), passage+" "+first, passage+" "+say(200), passage+" "+say(250), say(200))
		for i, text := range texts {
			articles = append(articles, &Article{ID: fmt.Sprintf("%d-%d", s, i), Source: fmt.Sprint(i % 4), Seen: day,
				At: day.Add(time.Duration(rng.IntN(20)) * time.Minute), Text: NewFingerprint(text)})
		}
	}
	var want map[string]Placement
	roles := map[string]int{}
	for round := range 20 {
		w := NewWindow(nil)
		told := map[string]Placement{}
		for _, i := range rng.Perm(len(articles)) {
			for _, p := range w.Place(articles[i]) {
				told[p.ID] = p
			}
		}
		got := map[string]Placement{}
		for _, a := range articles {
			p := whereIs(w, a.ID)
			got[a.ID] = p
			if last := told[a.ID]; last != (Placement{}) && !last.sameAs(&p) || last == (Placement{}) && p.Role != Original {
				t.Fatalf("%s: told %+v, is %+v", a.ID, last, p)
			}
		}
		if want == nil {
			want = got
			for _, p := range got {
				roles[p.Role]++
			}
		} else if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("round %d (-first +now):\n%s", round, d)
		}
	}
	for _, role := range []string{Original, Copy, Update, Related} {
		if roles[role] < 5 {
			t.Errorf("only %d of role %s: %v", roles[role], role, roles)
		}
	}
}

// TestLateOriginal has the first article of a story come last: it is the original then, and all are told anew.
func TestLateOriginal(t *testing.T) {
	t.Parallel()
	w := NewWindow(nil)
	at := func(h int) time.Time { return time.Date(2011, 1, 10, h, 0, 0, 0, time.UTC) }
	text := NewFingerprint(ferry)
	put := func(id string, h int) (told []string) {
		for _, p := range w.Place(&Article{ID: id, Source: id, At: at(h), Seen: at(20), Text: text}) {
			told = append(told, fmt.Sprintf("%s %s %s %s", p.ID, p.Story, p.Role, p.Of))
		}
		return told
	}
	for _, step := range []struct {
		id   string
		at   int
		want []string
	}{
		{"b", 5, nil},
		{"c", 6, []string{"b b original ", "c b copy b"}},
		{"c", 6, nil},
		{"a", 4, []string{"a a original ", "b a copy a", "c a copy a"}},
		{"d", 9, []string{"d a copy a"}},
		{"d", 1, []string{"d d original ", "a d copy d", "b d copy d", "c d copy d"}},
	} {
		if d := cmp.Diff(step.want, put(step.id, step.at)); d != "" {
			t.Errorf("%s at %d (-want +got):\n%s", step.id, step.at, d)
		}
	}
	for _, p := range w.Decide(Placement{ID: "a", Story: "a", Role: Original}) {
		t.Errorf("nobody belongs to a, and yet %+v", p)
	}
	if got := put("a", 0); got != nil {
		t.Errorf("what a person has decided was changed: %v", got)
	}
	if got, want := put("e", 23), []string{"e d copy d"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestRestored rebuilds a window from what was told: it goes on as the one before would.
func TestRestored(t *testing.T) {
	t.Parallel()
	docs := []string{ferry, strings.ReplaceAll(ferry, "coast guard", "navy"), ferry + " " + ferry, "Another text that has nothing to do with ships or islands, and yet is long enough to be compared with the others, since it goes on for a good while."}
	at := func(h int) time.Time { return time.Date(2011, 1, 10, h, 0, 0, 0, time.UTC) }
	first, second := NewWindow(&Options{Age: 10 * time.Hour}), NewWindow(&Options{Age: 10 * time.Hour})
	told := map[string]Placement{}
	var articles []*Article
	for i := range 40 {
		a := &Article{ID: fmt.Sprint(i), Source: fmt.Sprint(i % 7), At: at(i), Seen: at(i), Text: NewFingerprint(fmt.Sprintf("%s And %d.", docs[i%len(docs)], i/8))}
		articles = append(articles, a)
		for _, p := range first.Place(a) {
			told[p.ID] = p
		}
	}
	for _, a := range articles {
		second.Load(a)
	}
	for _, p := range told {
		second.Restore(p, false)
	}
	if first.Len() != second.Len() || first.Len() != 11 {
		t.Errorf("%d and %d articles, want 11", first.Len(), second.Len())
	}
	for i := range 30 {
		a := &Article{ID: fmt.Sprint("n", i), Source: fmt.Sprint(i % 5), At: at(40 + i), Seen: at(40 + i), Text: NewFingerprint(docs[i%len(docs)])}
		if d := cmp.Diff(first.Place(a), second.Place(a)); d != "" {
			t.Errorf("%s (-first +rebuilt):\n%s", a.ID, d)
		}
	}
}

// TestFingerprintText writes and reads fingerprints.
func TestFingerprintText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "One.", ferry, strings.Repeat(ferry, 20) + "1 2 3", "気象庁によると、東京タワーの周辺でサーバーが止まった。"} {
		f := NewFingerprint(text)
		got, err := Parse(f.String())
		if err != nil || !got.equal(f) || len(f.String()) > 2100 {
			t.Errorf("%.20q: %v, %d bytes", text, err, len(f.String()))
		}
	}
	whole := NewFingerprint(ferry).String()
	for i := range len(whole) {
		if _, err := Parse(whole[:i]); err == nil {
			t.Errorf("cut after %d of %d bytes, it is read all the same", i, len(whole))
		}
	}
}

// TestUnspaced finds a copy in a script without spaces.
func TestUnspaced(t *testing.T) {
	t.Parallel()
	w := NewWindow(nil)
	text := "中华人民共和国外交部发言人周一在北京举行的例行记者会上表示，中方将继续同有关各方保持沟通，推动问题早日得到妥善解决，并呼吁各方保持冷静和克制。"
	place(w, "a", "one", text, 1)
	if p := place(w, "b", "two", "新华社："+strings.ReplaceAll(text, "周一", "星期一"), 1); p.Of != "a" {
		t.Errorf("%+v, want a copy of a", p)
	}
	if p := place(w, "c", "three", "北京市气象台发布大风蓝色预警，预计今天下午到夜间本市大部分地区将出现五级左右偏北风，请市民注意防范，减少户外活动并注意防火。", 1); p.Role != Original {
		t.Errorf("%+v, want an original", p)
	}
}

// generated makes articles of some 400 words over a vocabulary in which words are as rare as in news; every fifth is a copy
// of one of the last thousand.
func generated(n int) []*Fingerprint {
	rng := rand.New(rand.NewPCG(5, 6))
	zipf := rand.NewZipf(rng, 1.1, 4, 60_000)
	texts := make([]string, 0, n)
	out := make([]*Fingerprint, n)
	for i := range n {
		var text string
		if i > 100 && i%5 == 0 {
			text = edited(rng, texts[i-1-rng.IntN(min(i, 1000))], texts[rng.IntN(i)], 0.05+0.35*rng.Float64(), rng.IntN(4))
		} else {
			var b strings.Builder
			for range 250 + rng.IntN(300) {
				fmt.Fprintf(&b, "w%d ", zipf.Uint64())
			}
			text = b.String()
		}
		texts = append(texts, text)
		out[i] = NewFingerprint(text)
	}
	return out
}

// BenchmarkPlaceFull places articles in a window that is full, 100,000 of them.
func BenchmarkPlaceFull(b *testing.B) {
	const full = 100_000
	day := time.Date(2011, 1, 10, 0, 0, 0, 0, time.UTC)
	texts := generated(full)
	article := func(i int) *Article {
		return &Article{ID: fmt.Sprintf("%032d", i), Source: fmt.Sprint(i % 200), At: day.Add(time.Duration(i)), Seen: day.Add(time.Duration(i)), Text: texts[i%full]}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	w := NewWindow(nil)
	n, joined := 0, 0
	for ; n < full; n++ {
		if len(w.Place(article(n))) > 0 {
			joined++
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ResetTimer()
	for b.Loop() {
		w.Place(article(n))
		n++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "articles/s")
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(w.Len())+float64(unsafe.Sizeof(*texts[0]))+4*(sketchSize+wordsSize), "B/article")
	b.ReportMetric(100*float64(joined)/full, "%joined")
}

// BenchmarkFingerprint reads articles of some 400 words.
func BenchmarkFingerprint(b *testing.B) {
	text := strings.Repeat(ferry+" ", 5)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		NewFingerprint(text)
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
