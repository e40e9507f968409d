package parser

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/feedmill/feedmill"
)

// corpusPage is one line of the corpus's manifest.
type corpusPage struct {
	ID, Path, URL, Source, Text, Title, Date, Caption string
	Summary                                           any
	Authors, Credit, Must                             []string
	MustNot                                           []string `json:"must_not"`
	Image                                             any
	Weak                                              bool
}

// corpusFloors are what the rules reach on the whole corpus, less a little for noise; by source and figure.
var corpusFloors = map[string]map[string]float64{
	"all":         {"f1": 0.966, "snippets": 0.932, "title": 0.850, "authors": 0.800, "date": 0.912, "image": 0.900, "caption": 0.860, "credit": 0.815},
	"wcxb":        {"f1": 0.966, "title": 0.865, "authors": 0.820},
	"trafilatura": {"snippets": 0.940},
	"fundus":      {"f1": 0.968, "title": 0.770, "authors": 0.850, "date": 0.970},
}

func readCorpus(t testing.TB) []corpusPage {
	t.Helper()
	list, ok := corpusManifest(t)
	if !ok {
		t.Skip("the extraction corpus is not here: ../shared/corpora/extraction is absent")
	}
	return list
}

func corpusManifest(t testing.TB) (list []corpusPage, ok bool) {
	t.Helper()
	f, err := os.Open(filepath.Join(shared, "corpora", "extraction", "manifest.jsonl"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, false
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		var p corpusPage
		if err := json.Unmarshal(sc.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	return list, true
}

func readCorpusPage(t testing.TB, p *corpusPage) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join(shared, "corpora", "extraction", p.Path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestCorpus extracts every page of the corpus, prints the scores and holds them to their floors. FEEDMILL_PRED names a
// file to write the results to, in the form that the corpus's score.py reads.
func TestCorpus(t *testing.T) {
	t.Parallel()
	pages := readCorpus(t)
	part := testing.Short() || raceEnabled // the race detector makes it ten times as slow
	if part {
		kept := pages[:0]
		for i := range pages {
			if i%10 == 0 {
				kept = append(kept, pages[i])
			}
		}
		pages = kept
	}
	x := NewExtractor(nil)
	articles := make([]*feedmill.Article, len(pages))
	var wg sync.WaitGroup
	var mu sync.Mutex
	var spent time.Duration
	next := 0
	for range max(runtime.GOMAXPROCS(0), 1) {
		wg.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= len(pages) {
					return
				}
				body := readCorpusPage(t, &pages[i])
				u := pages[i].URL
				if u == "" {
					u = "http://unknown.invalid/" + pages[i].ID
				}
				start := time.Now()
				a, err := x.Extract(&feedmill.Page{URL: u, Body: body})
				mu.Lock()
				spent += time.Since(start)
				mu.Unlock()
				if err != nil {
					t.Logf("%s: %v", pages[i].ID, err)
					a = &feedmill.Article{}
				}
				checkOffsets(t, pages[i].ID, a)
				articles[i] = a
			}
		})
	}
	wg.Wait()
	t.Logf("%d pages, %.1f ms a page", len(pages), spent.Seconds()*1000/float64(len(pages)))
	scores := map[string]*tally{}
	for i := range pages {
		for _, group := range []string{"all", pages[i].Source} {
			if scores[group] == nil {
				scores[group] = &tally{}
			}
			scores[group].add(&pages[i], articles[i])
		}
	}
	for _, group := range slices.Sorted(func(yield func(string) bool) {
		for k := range scores {
			if !yield(k) {
				return
			}
		}
	}) {
		t.Logf("%-12s %s", group, scores[group])
		if part {
			continue
		}
		for figure, floor := range corpusFloors[group] {
			if got := scores[group].figure(figure); got < floor {
				t.Errorf("%s %s: %.3f is below the floor %.3f", group, figure, got, floor)
			}
		}
	}
	checkScores(t, pages, articles)
	writePredictions(t, pages, articles)
}

// checkScores holds that the estimated score ranks bodies: those that it is sure of are better than those it doubts. How it
// is calibrated is measured where it is trained, on hosts that the classifier has not seen.
func checkScores(t *testing.T, pages []corpusPage, articles []*feedmill.Article) {
	t.Helper()
	var sure, doubted tally
	for i, a := range articles {
		if pages[i].Text == "" {
			continue
		}
		if a.Quality.Score < 0 || a.Quality.Score > 1 || a.Quality.Score == 0 && a.Quality.Method == "container" && a.Text != "" {
			t.Errorf("%s: score %v", pages[i].ID, a.Quality.Score)
		}
		switch {
		case a.Quality.Score >= 0.9:
			sure.add(&pages[i], a)
		case a.Quality.Score < 0.75:
			doubted.add(&pages[i], a)
		}
	}
	t.Logf("score of .9 or more: %d pages, body F1 %.3f; below .75: %d pages, %.3f", sure.bodies, sure.figure("f1"), doubted.bodies, doubted.figure("f1"))
	if sure.bodies > 0 && doubted.bodies > 0 && sure.figure("f1") < doubted.figure("f1")+0.03 {
		t.Errorf("the score does not tell good bodies from bad")
	}
}

func writePredictions(t *testing.T, pages []corpusPage, articles []*feedmill.Article) {
	name := os.Getenv("FEEDMILL_PRED")
	if name == "" {
		return
	}
	out := map[string]map[string]any{}
	for i, a := range articles {
		rec := map[string]any{"text": wholeText(a), "body": a.Text, "subtitle": a.Subtitle, "title": a.Title, "date": a.Published.Value, "authors": authorNames(a), "from": a.Provenance.Fields}
		if im := leadImage(a); im != nil {
			rec["image"], rec["caption"], rec["credit"] = im.URL, im.Caption, im.Credit
		}
		out[pages[i].ID] = rec
	}
	b, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// checkOffsets holds the property that blocks, items and links lie within the text, in order, and cut it exactly.
func checkOffsets(t testing.TB, id string, a *feedmill.Article) {
	text := feedmill.NewText(a.Text)
	end := text.Point(len(a.Text))
	var parts []string
	for _, b := range a.Blocks {
		if b.Start > b.End || b.End > end {
			t.Errorf("%s: block %d-%d of %d", id, b.Start, b.End, end)
		}
		parts = append(parts, text.Slice(b.Start, b.End))
		for _, s := range b.Items {
			if s.Start < b.Start || s.End > b.End || s.Start >= s.End {
				t.Errorf("%s: item %d-%d outside its block", id, s.Start, s.End)
			}
		}
		for _, l := range b.Links {
			if l.Start < b.Start || l.End > b.End || l.Start >= l.End || strings.TrimSpace(text.Slice(l.Start, l.End)) != text.Slice(l.Start, l.End) {
				t.Errorf("%s: link %q at %d-%d of block %d-%d", id, text.Slice(l.Start, l.End), l.Start, l.End, b.Start, b.End)
			}
		}
	}
	if strings.Join(parts, "\n\n") != a.Text {
		t.Errorf("%s: the blocks do not make up the text", id)
	}
	for _, im := range a.Images {
		if im.Block < 0 || im.Block > len(a.Blocks) {
			t.Errorf("%s: image before block %d of %d", id, im.Block, len(a.Blocks))
		}
	}
	if !norm.NFC.IsNormalString(a.Text) {
		t.Errorf("%s: text is not in normal form C", id)
	}
}

// wholeText is the text that the corpus's truth is about: it has the dek in it, which an article holds apart.
func wholeText(a *feedmill.Article) string {
	if a.Subtitle != "" {
		return a.Subtitle + "\n\n" + a.Text
	}
	return a.Text
}

func authorNames(a *feedmill.Article) []string {
	names := []string{}
	for _, n := range a.Byline.Authors {
		names = append(names, n.Name)
	}
	return names
}

func leadImage(a *feedmill.Article) *feedmill.Image {
	for i := range a.Images {
		if a.Images[i].Lead {
			return &a.Images[i]
		}
	}
	return nil
}

// tally sums the scores of a group of pages, with the measures of the corpus's score.py.
type tally struct {
	bodies, precise, recalled, exact int
	p, r                             float64
	must, mustNot, missed            int
	fields                           map[string]*[3]float64 // right, given, expected
}

func (s *tally) field(name string, right float64, given bool) {
	if s.fields == nil {
		s.fields = map[string]*[3]float64{}
	}
	f := s.fields[name]
	if f == nil {
		f = &[3]float64{}
		s.fields[name] = f
	}
	f[0] += right
	if given {
		f[1]++
	}
	f[2]++
}

func (s *tally) add(p *corpusPage, a *feedmill.Article) {
	text := strings.ReplaceAll(wholeText(a), "\u00ad", "")
	if p.Text != "" {
		s.body(strings.ReplaceAll(p.Text, "\u00ad", ""), text)
	}
	if len(p.Must) > 0 {
		folded := strings.Join(strings.Fields(text), " ")
		for _, m := range p.Must {
			if strings.Contains(folded, strings.Join(strings.Fields(norm.NFC.String(m)), " ")) {
				s.must++
			} else {
				s.missed++
			}
		}
		for _, m := range p.MustNot {
			if strings.Contains(folded, strings.Join(strings.Fields(norm.NFC.String(m)), " ")) {
				s.mustNot++
			}
		}
	}
	is := func(ok bool) float64 {
		if ok {
			return 1
		}
		return 0
	}
	if p.Title != "" {
		s.field("title", is(slices.Equal(scoreKey(p.Title), scoreKey(a.Title))), a.Title != "")
	}
	if want := nameSet(p.Authors); len(want) > 0 {
		got := nameSet(authorNames(a))
		s.field("authors", is(slices.Equal(want, got)), len(got) > 0)
	}
	if p.Date != "" {
		s.field("date", is(strings.HasPrefix(a.Published.Value, p.Date)), len(a.Published.Value) >= 10)
	}
	im := leadImage(a)
	if p.Image != nil {
		s.field("image", is(im != nil && sameImage(p.Image, im.URL)), im != nil)
	}
	if im == nil {
		im = &feedmill.Image{}
	}
	if p.Caption != "" {
		s.field("caption", tokenF1(p.Caption, im.Caption), im.Caption != "")
	}
	if len(p.Credit) > 0 {
		ok := im.Credit != ""
		have := scoreKey(im.Credit)
		for _, c := range p.Credit {
			for _, w := range scoreKey(c) {
				ok = ok && slices.Contains(have, w)
			}
		}
		s.field("credit", is(ok), im.Credit != "")
	}
}

func (s *tally) body(want, got string) {
	s.bodies++
	a, b := scoreWords(want), scoreWords(got)
	if slices.Equal(a, b) {
		s.exact++
	}
	x, y := shingles(a), shingles(b)
	tp, np, ng := 0, 0, 0
	for k, n := range x {
		np += n
		tp += min(n, y[k])
	}
	for _, n := range y {
		ng += n
	}
	if ng > 0 {
		s.precise++
		s.p += float64(tp) / float64(ng)
	}
	if np > 0 {
		s.recalled++
		s.r += float64(tp) / float64(np)
	}
}

func (s *tally) figure(name string) float64 {
	switch name {
	case "f1":
		if s.precise == 0 || s.recalled == 0 {
			return 0
		}
		p, r := s.p/float64(s.precise), s.r/float64(s.recalled)
		return 2 * p * r / (p + r)
	case "snippets":
		return 2 * float64(s.must) / float64(2*s.must+s.mustNot+s.missed)
	}
	if f := s.fields[name]; f != nil {
		return f[0] / f[2]
	}
	return 0
}

func (s *tally) String() string {
	var b strings.Builder
	if s.bodies > 0 {
		fmt.Fprintf(&b, "body %.4f (P %.3f R %.3f acc %.3f n %d) ", s.figure("f1"), s.p/float64(max(s.precise, 1)), s.r/float64(max(s.recalled, 1)), float64(s.exact)/float64(s.bodies), s.bodies)
	}
	if s.must+s.missed > 0 {
		fmt.Fprintf(&b, "snippets %.3f ", s.figure("snippets"))
	}
	for _, name := range []string{"title", "authors", "date", "image", "caption", "credit"} {
		if f := s.fields[name]; f != nil {
			fmt.Fprintf(&b, "%s %.3f/%.3f (%.0f) ", name, f[0]/f[2], f[0]/max(f[1], 1), f[2])
		}
	}
	return b.String()
}

func scoreWords(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '_' })
}

func scoreKey(s string) []string {
	return scoreWords(cases.Fold().String(norm.NFKC.String(strings.ReplaceAll(s, "\u00ad", ""))))
}

func shingles(w []string) map[string]int {
	m := make(map[string]int, len(w))
	if len(w) == 0 {
		return m
	}
	for i := range max(1, len(w)-3) {
		m[strings.Join(w[i:min(i+4, len(w))], "\x00")]++
	}
	return m
}

var nameSplit = regexp.MustCompile(`\s*[;|]\s*`)

func nameSet(list []string) []string {
	var out []string
	for _, n := range list {
		for _, part := range nameSplit.Split(n, -1) {
			k := scoreKey(part)
			for len(k) > 0 && slices.Contains([]string{"by", "von", "par", "por"}, k[0]) {
				k = k[1:]
			}
			if len(k) > 0 {
				out = append(out, strings.Join(k, " "))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

var longNumber = regexp.MustCompile(`[0-9a-f]{16,}|\d{7,}`)

func sameImage(want any, got string) bool {
	list, ok := want.([]any)
	if !ok {
		list = []any{want}
	}
	g, err := url.Parse(got)
	if err != nil {
		return false
	}
	gf := strings.ToLower(path.Base(g.Path))
	for _, w := range list {
		s, ok := w.(string)
		if !ok {
			if m, isMap := w.(map[string]any); isMap {
				s, _ = m["url"].(string)
			}
		}
		u, err := url.Parse(strings.TrimSpace(s))
		if err != nil || s == "" {
			continue
		}
		wf := strings.ToLower(path.Base(strings.TrimRight(u.Path, "/")))
		if strings.EqualFold(u.Host, g.Host) && u.Path == g.Path || len(wf) > 6 && wf == gf {
			return true
		}
		for _, stem := range longNumber.FindAllString(u.Host+u.Path, -1) {
			if strings.Contains(g.Host+g.Path, stem) {
				return true
			}
		}
	}
	return false
}

func tokenF1(a, b string) float64 {
	x, y := scoreKey(a), scoreKey(b)
	count := map[string]int{}
	for _, w := range x {
		count[w]++
	}
	n := 0
	for _, w := range y {
		if count[w] > 0 {
			count[w]--
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return 2 * float64(n) / float64(len(x)+len(y))
}

// TestCorpusAblation prints what each step of the body is worth: the scores without it. It takes a while and runs only
// where FEEDMILL_ABLATION is set: to n, for every n-th page.
func TestCorpusAblation(t *testing.T) {
	every, err := strconv.Atoi(os.Getenv("FEEDMILL_ABLATION"))
	if err != nil || every < 1 {
		t.Skip("set FEEDMILL_ABLATION to 1 to print the table, to n for every n-th page")
	}
	var pages []corpusPage
	for i, p := range readCorpus(t) {
		if i%every == 0 {
			pages = append(pages, p)
		}
	}
	bodies := make([][]byte, len(pages))
	for i := range pages {
		bodies[i] = readCorpusPage(t, &pages[i])
	}
	for _, step := range []string{
		"nothing", "classifier", "veto", "adder", "guard", "JSON-LD candidate", "own article", "furniture and prompts", "link lists",
		"repeated copies", "related sections", "start trimmer", "tail trimmer",
	} {
		x := NewExtractor(nil)
		x.without = step
		scores := map[string]*tally{"wcxb": {}, "fundus": {}, "trafilatura": {}}
		for i := range pages {
			s := scores[pages[i].Source]
			if s == nil {
				continue
			}
			a, err := x.Extract(&feedmill.Page{URL: cmp.Or(pages[i].URL, "http://unknown.invalid/"+pages[i].ID), Body: bodies[i]})
			if err != nil {
				a = &feedmill.Article{}
			}
			s.add(&pages[i], a)
		}
		t.Logf("without %-24s wcxb %.4f  fundus %.4f  snippets %.4f", step, scores["wcxb"].figure("f1"), scores["fundus"].figure("f1"), scores["trafilatura"].figure("snippets"))
	}
}
