// Command blocks trains the parser's block classifier on a corpus of saved pages and says how good it is on hosts that it
// has not seen.
//
//	go run ./internal/train/blocks -data DIR -out parser/blockmodel/blocks.model
//
// DIR holds manifest.jsonl, one page a line: "path" of its HTML (gzip), "url", "host", and what is known of its text:
// "text", or snippets that it must ("must") and must not ("must_not") hold.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/train/boost"
	"github.com/feedmill/feedmill/parser"
	"github.com/feedmill/feedmill/parser/blockmodel"
)

// page is a page of the corpus with its blocks and labels.
type page struct {
	ID, Path, URL, Host, Source, Text string
	Must                              []string
	MustNot                           []string `json:"must_not"`
	Weak                              bool

	html     []byte
	subtitle string
	blocks   []parser.BlockSample
	labels   []label
	found    float64 // share of the text that its blocks account for
	fold     int
	p        []float64 // out-of-fold probabilities
	whole    string    // what the extractor with the fold's model makes of it
}

func main() {
	data := flag.String("data", "", "directory of the corpus")
	out := flag.String("out", "", "file to write the model to; none: only cross-validate")
	folds := flag.Int("folds", 5, "parts of the hosts in cross-validation; 0 leaves it out")
	foldDir := flag.String("fold-models", "", "directory to write the models of the folds to")
	trees := flag.Int("trees", 140, "trees")
	leaves := flag.Int("leaves", 20, "leaves of a tree")
	rate := flag.Float64("rate", 0.08, "learning rate")
	worst := flag.Int("worst", 0, "list so many pages that cross-validation has worst, with the blocks at fault")
	flag.Parse()
	if *data == "" {
		fmt.Fprintln(os.Stderr, "blocks: -data DIR is needed: the corpus, a directory with manifest.jsonl")
		os.Exit(2)
	}
	o := boost.Options{Trees: *trees, Leaves: *leaves, Rate: *rate, Seed: 1}
	if err := run(*data, *out, *foldDir, *folds, *worst, o); err != nil {
		fmt.Fprintln(os.Stderr, "blocks:", err)
		os.Exit(1)
	}
}

func run(data, out, foldDir string, folds, worst int, o boost.Options) error {
	pages, err := load(data)
	if err != nil {
		return err
	}
	if folds > 1 {
		if err := crossValidate(pages, folds, foldDir, o); err != nil {
			return err
		}
		listWorst(pages, worst)
	}
	if out == "" {
		return nil
	}
	m, err := train(pages, -1, o)
	if err != nil {
		return err
	}
	b := m.Encode()
	fmt.Printf("%s: %d trees, %d leaves, %d bytes\n", out, len(m.Roots), len(m.Leaves), len(b))
	return os.WriteFile(out, b, 0o644)
}

// load reads the pages and labels their blocks.
func load(dir string) ([]*page, error) {
	f, err := os.Open(filepath.Join(dir, "manifest.jsonl"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	x := parser.NewExtractor(nil)
	var pages []*page
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 16<<20)
	skipped := 0
	for sc.Scan() {
		p := &page{}
		if err := json.Unmarshal(sc.Bytes(), p); err != nil {
			return nil, fmt.Errorf("manifest.jsonl: %w", err)
		}
		if p.Text == "" && len(p.Must) == 0 {
			continue
		}
		if p.html, err = readPage(filepath.Join(dir, p.Path)); err != nil {
			return nil, err
		}
		p.URL = cmp.Or(p.URL, "http://unknown.invalid/"+p.ID)
		if p.blocks, p.subtitle, err = x.BlockSamples(&feedmill.Page{URL: p.URL, Body: p.html}); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", p.ID, err)
			continue
		}
		if p.Text != "" {
			p.labels, p.found = labelByText(p.blocks, norm.NFC.String(p.Text))
		} else {
			p.labels = labelBySnippets(p.blocks, p.Must, p.MustNot)
			p.found = 1
		}
		if p.found < 0.5 {
			skipped++
		}
		pages = append(pages, p)
	}
	fmt.Printf("%d pages, of which %d are not learned from: their text is not that of the page\n", len(pages), skipped)
	return pages, sc.Err()
}

func readPage(name string) ([]byte, error) {
	b, err := os.ReadFile(name)
	if err != nil || !bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
		return b, err
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// train fits a model to the pages that are not of the fold.
func train(pages []*page, fold int, o boost.Options) (*blockmodel.Model, error) {
	var rows []boost.Row
	for _, p := range pages {
		if fold >= 0 && p.fold == fold || p.found < 0.5 {
			continue
		}
		total := 0
		for i := range p.blocks {
			if p.labels[i] == body {
				total += len(words(p.blocks[i].Text))
			}
		}
		for i := range p.blocks {
			b := &p.blocks[i]
			if !b.Asked || b.Elsewhere || p.labels[i] == unknown {
				continue
			}
			w := 0.5
			if p.Text != "" {
				// What a mistake about the block costs the page's score, and a little for any mistake.
				w = 0.15 + min(25*float64(len(words(b.Text)))/float64(max(total, 50)), 3)
			}
			rows = append(rows, boost.Row{Features: b.Features, Label: p.labels[i] == body, Weight: float32(w)})
		}
	}
	fmt.Fprintf(os.Stderr, "training on %d rows\n", len(rows))
	return boost.Train(parser.BlockFeatures(), rows, o)
}

func crossValidate(pages []*page, folds int, foldDir string, o boost.Options) error {
	for _, p := range pages {
		h := fnv.New32a()
		h.Write([]byte(p.Host))
		p.fold = int(h.Sum32() % uint32(folds))
	}
	for k := range folds {
		m, err := train(pages, k, o)
		if err != nil {
			return err
		}
		x := parser.NewExtractor(&parser.Options{BlockModel: m})
		for _, p := range pages {
			if p.fold != k {
				continue
			}
			a, err := x.Extract(&feedmill.Page{URL: p.URL, Body: p.html})
			if err != nil {
				return err
			}
			p.whole = a.Subtitle + "\n\n" + a.Text
			p.p = make([]float64, len(p.blocks))
			for i := range p.blocks {
				if p.blocks[i].Asked {
					p.p[i] = m.Probability(p.blocks[i].Features)
				}
			}
		}
		if foldDir != "" {
			if err := os.WriteFile(filepath.Join(foldDir, fmt.Sprintf("fold-%d.model", k)), m.Encode(), 0o644); err != nil {
				return err
			}
		}
	}
	report(pages)
	return nil
}

// report prints the scores of the rules alone, of the model alone and of both, on hosts that the model has not seen.
func report(pages []*page) {
	loss, weight, n := 0.0, 0.0, 0
	for _, p := range pages {
		for i := range p.blocks {
			if !p.blocks[i].Asked || p.blocks[i].Elsewhere || p.labels[i] == unknown {
				continue
			}
			q := min(max(p.p[i], 1e-6), 1-1e-6)
			if p.labels[i] == other {
				q = 1 - q
			}
			loss -= math.Log(q)
			weight++
			n++
		}
	}
	fmt.Printf("cross-validated by host: log loss %.4f on %d blocks\n", loss/weight, n)
	type rule struct {
		name string
		keep func(b *parser.BlockSample, p float64) bool
	}
	rules := []rule{
		{"rules", func(b *parser.BlockSample, p float64) bool { return b.Kept }},
		{"perfect blocks", nil},
		{"whole extraction", nil},
	}
	for _, t := range []float64{0.4, 0.5, 0.6} {
		rules = append(rules, rule{fmt.Sprintf("model > %.1f", t), func(b *parser.BlockSample, p float64) bool { return b.Asked && p > t }})
	}
	for _, t := range [][2]float64{{0.2, 0.8}, {0.3, 0.7}, {0.4, 0.6}, {0.3, 1}, {0.4, 1}, {0, 0.7}, {0, 0.6}} {
		rules = append(rules, rule{fmt.Sprintf("veto < %.1f, add > %.1f", t[0], t[1]), func(b *parser.BlockSample, p float64) bool {
			return b.Kept && p >= t[0] || !b.Kept && p > t[1]
		}})
	}
	for _, r := range rules {
		fmt.Printf("%-24s", r.name)
		for _, source := range []string{"", "wcxb", "fundus", "trafilatura"} {
			var s scorer
			for _, p := range pages {
				if source != "" && p.Source != source {
					continue
				}
				var b strings.Builder
				b.WriteString(p.subtitle)
				for i := range p.blocks {
					keep := p.labels[i] == body
					if r.keep != nil {
						keep = r.keep(&p.blocks[i], p.p[i])
					}
					if keep && !p.blocks[i].Elsewhere {
						b.WriteString("\n\n" + p.blocks[i].Text)
					}
				}
				if r.name == "whole extraction" {
					b.Reset()
					b.WriteString(p.whole)
				}
				s.add(p, b.String())
			}
			fmt.Printf("  %s", s.String(cmp.Or(source, "all")))
		}
		fmt.Println()
	}
}

// scorer sums the scores of pages with the measures of score.py.
type scorer struct {
	p, r            float64
	np, nr          int
	hit, miss, extr int
}

func (s *scorer) add(p *page, text string) {
	if p.Text != "" {
		a, b := map[string]int{}, map[string]int{}
		for _, x := range shingles(words(p.Text)) {
			a[x]++
		}
		nb := 0
		for _, x := range shingles(words(text)) {
			b[x]++
			nb++
		}
		tp, na := 0, 0
		for x, n := range a {
			na += n
			tp += min(n, b[x])
		}
		if nb > 0 {
			s.p += float64(tp) / float64(nb)
			s.np++
		}
		if na > 0 {
			s.r += float64(tp) / float64(na)
			s.nr++
		}
	}
	if len(p.Must) > 0 {
		t := fold(text)
		for _, m := range p.Must {
			if strings.Contains(t, fold(m)) {
				s.hit++
			} else {
				s.miss++
			}
		}
		for _, m := range p.MustNot {
			if strings.Contains(t, fold(m)) {
				s.extr++
			}
		}
	}
}

func (s *scorer) String(name string) string {
	var parts []string
	if s.np > 0 && s.nr > 0 {
		p, r := s.p/float64(s.np), s.r/float64(s.nr)
		parts = append(parts, fmt.Sprintf("%.4f (%.3f %.3f)", 2*p*r/(p+r), p, r))
	}
	if s.hit > 0 {
		parts = append(parts, fmt.Sprintf("snip %.4f", 2*float64(s.hit)/float64(2*s.hit+s.miss+s.extr)))
	}
	return name + " " + strings.Join(slices.Clip(parts), " ")
}

// listWorst prints the pages that the model has worst and their blocks at fault.
func listWorst(pages []*page, n int) {
	type scored struct {
		p  *page
		f1 float64
	}
	var list []scored
	for _, p := range pages {
		if p.Text == "" {
			continue
		}
		var b strings.Builder
		b.WriteString(p.subtitle)
		for i := range p.blocks {
			if p.p[i] > 0.5 && !p.blocks[i].Elsewhere {
				b.WriteString("\n\n" + p.blocks[i].Text)
			}
		}
		var s scorer
		s.add(p, b.String())
		f1 := 0.0
		if s.p+s.r > 0 {
			f1 = 2 * s.p * s.r / (s.p + s.r)
		}
		list = append(list, scored{p, f1})
	}
	slices.SortStableFunc(list, func(a, b scored) int { return cmp.Compare(a.f1, b.f1) })
	for _, s := range list[:min(n, len(list))] {
		fmt.Printf("%.3f %s %s\n", s.f1, s.p.ID, s.p.URL)
		for i := range s.p.blocks {
			b := &s.p.blocks[i]
			mark := ""
			switch got := s.p.p[i] > 0.5; {
			case b.Elsewhere && s.p.labels[i] == body:
				mark = "elsewhere"
			case b.Elsewhere || s.p.labels[i] == unknown || got == (s.p.labels[i] == body):
				continue
			case got:
				mark = "extra"
			default:
				mark = "missed"
			}
			fmt.Printf("\t%-9s %4d %.2f kept=%-5v asked=%-5v %.100q\n", mark, i, s.p.p[i], b.Kept, b.Asked, b.Text)
		}
	}
}
