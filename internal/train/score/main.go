// Command score fits what Quality.Score is estimated from to a corpus of saved pages, and says how well it is calibrated on
// hosts that it has not seen.
//
//	go run ./internal/train/blocks -data DIR -fold-models MODELS
//	go run ./internal/train/score -data DIR -fold-models MODELS -out parser/score.weights
//
// The block classifier is surer of pages that it was trained on, so each page is extracted with the model of its fold, which
// has seen no page of its host; DIR is as for the command blocks.
package main

import (
	"bufio"
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
	"unicode"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/parser"
	"github.com/feedmill/feedmill/parser/blockmodel"
)

// sample is a page: what the score is estimated from, and the truth.
type sample struct {
	fold   int
	values []float64
	f1     float64
	score  float64 // by weights that were fitted to the other folds
}

func (s *sample) right() float64 {
	if s.f1 >= parser.RightBody {
		return 1
	}
	return 0
}

func main() {
	data := flag.String("data", "", "directory of the corpus")
	models := flag.String("fold-models", "", "directory of the block models of the folds")
	out := flag.String("out", "", "file to write the weights to; none: only cross-validate")
	folds := flag.Int("folds", 5, "parts of the hosts; as when the fold models were made")
	penalty := flag.Float64("penalty", 0.1, "weight of the squares of the weights")
	flag.Parse()
	if *data == "" || *models == "" {
		fmt.Fprintln(os.Stderr, "score: -data DIR, the corpus, and -fold-models DIR are needed")
		os.Exit(2)
	}
	if err := run(*data, *models, *out, *folds, *penalty); err != nil {
		fmt.Fprintln(os.Stderr, "score:", err)
		os.Exit(1)
	}
}

func run(data, models, out string, folds int, penalty float64) error {
	samples, err := load(data, models, folds)
	if err != nil {
		return err
	}
	for k := range folds {
		w := fit(samples, k, penalty)
		for _, s := range samples {
			if s.fold == k {
				s.score = probability(w, s.values)
			}
		}
	}
	report(samples)
	if out == "" {
		return nil
	}
	var b strings.Builder
	for i, v := range fit(samples, -1, penalty) {
		fmt.Fprintf(&b, "%s\t%.4f\n", parser.ScoreFeatures()[i], v)
	}
	fmt.Print(b.String())
	return os.WriteFile(out, []byte(b.String()), 0o644)
}

func load(dir, models string, folds int) ([]*sample, error) {
	extractors := make([]*parser.Extractor, folds)
	for k := range folds {
		b, err := os.ReadFile(filepath.Join(models, fmt.Sprintf("fold-%d.model", k)))
		if err != nil {
			return nil, err
		}
		m, err := blockmodel.Decode(b)
		if err != nil {
			return nil, err
		}
		extractors[k] = parser.NewExtractor(&parser.Options{BlockModel: m})
	}
	f, err := os.Open(filepath.Join(dir, "manifest.jsonl"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 16<<20)
	var samples []*sample
	for sc.Scan() {
		var p struct{ ID, Path, URL, Host, Text string }
		if err := json.Unmarshal(sc.Bytes(), &p); err != nil {
			return nil, fmt.Errorf("manifest.jsonl: %w", err)
		}
		if p.Text == "" {
			continue
		}
		body, err := readPage(filepath.Join(dir, p.Path))
		if err != nil {
			return nil, err
		}
		h := fnv.New32a()
		h.Write([]byte(p.Host))
		s := &sample{fold: int(h.Sum32() % uint32(folds))}
		a, values, err := extractors[s.fold].ScoreSample(&feedmill.Page{URL: cmp.Or(p.URL, "http://unknown.invalid/"+p.ID), Body: body})
		if err != nil || values == nil {
			continue
		}
		s.values, s.f1 = values, f1(p.Text, a.Subtitle+"\n\n"+a.Text)
		samples = append(samples, s)
	}
	return samples, sc.Err()
}

func readPage(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// f1 is that of shingles of four words.
func f1(want, got string) float64 {
	a, na := shingles(want)
	b, nb := shingles(got)
	both := 0
	for s, n := range a {
		both += min(n, b[s])
	}
	if na+nb == 0 {
		return 1
	}
	return 2 * float64(both) / float64(na+nb)
}

func shingles(s string) (map[string]int, int) {
	w := strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' })
	m := map[string]int{}
	n := 0
	for i := 0; i < max(len(w)-3, min(len(w), 1)); i++ {
		m[strings.Join(w[i:min(i+4, len(w))], " ")]++
		n++
	}
	return m, n
}

func probability(w, values []float64) float64 {
	odds := 0.0
	for i := range w {
		odds += w[i] * values[i]
	}
	return 1 / (1 + math.Exp(-odds))
}

// fit is a logistic regression on the samples that are not of the fold, by gradient descent.
func fit(samples []*sample, fold int, penalty float64) []float64 {
	w := make([]float64, len(parser.ScoreFeatures()))
	n := 0.0
	for _, s := range samples {
		if s.fold != fold {
			n++
		}
	}
	for range 20_000 {
		g := make([]float64, len(w))
		for _, s := range samples {
			if s.fold == fold {
				continue
			}
			e := probability(w, s.values) - s.right()
			for i := range w {
				g[i] += e * s.values[i]
			}
		}
		for i := range w {
			if i > 0 { // the bias is free
				g[i] += penalty * w[i]
			}
			w[i] -= 1.5 * g[i] / n
		}
	}
	return w
}

// report prints how well the cross-validated scores are calibrated and how well they rank.
func report(samples []*sample) {
	slices.SortFunc(samples, func(a, b *sample) int { return cmp.Compare(a.score, b.score) })
	right, brier := 0.0, 0.0
	for _, s := range samples {
		right += s.right()
		brier += (s.score - s.right()) * (s.score - s.right())
	}
	n := float64(len(samples))
	base := right / n
	fmt.Printf("%d pages, %.3f right; Brier score %.4f (always the mean: %.4f); area under the curve %.3f; rank correlation with F1 %.3f\n", len(samples), base, brier/n, base*(1-base), area(samples), spearman(samples))
	for _, bin := range [][2]float64{{0, 0.3}, {0.3, 0.5}, {0.5, 0.7}, {0.7, 0.8}, {0.8, 0.9}, {0.9, 0.95}, {0.95, 1.01}} {
		k, score, ok, f := 0.0, 0.0, 0.0, 0.0
		for _, s := range samples {
			if s.score >= bin[0] && s.score < bin[1] {
				k++
				score += s.score
				ok += s.right()
				f += s.f1
			}
		}
		if k > 0 {
			fmt.Printf("%.2f to %.2f: %3.0f pages, mean score %.3f, right %.3f, mean F1 %.3f\n", bin[0], min(bin[1], 1), k, score/k, ok/k, f/k)
		}
	}
}

// area is the probability that a page that is right has a higher score than one that is not.
func area(sorted []*sample) float64 {
	wrong, pairs, total := 0.0, 0.0, 0.0
	for _, s := range sorted {
		if s.right() == 0 {
			wrong++
		} else {
			pairs += wrong
			total++
		}
	}
	return pairs / max(total*wrong, 1)
}

// spearman is the rank correlation of score and F1.
func spearman(samples []*sample) float64 {
	n := len(samples)
	a, b := ranks(samples, func(s *sample) float64 { return s.score }), ranks(samples, func(s *sample) float64 { return s.f1 })
	mean := float64(n-1) / 2
	var ab, aa, bb float64
	for i := range n {
		ab += (a[i] - mean) * (b[i] - mean)
		aa += (a[i] - mean) * (a[i] - mean)
		bb += (b[i] - mean) * (b[i] - mean)
	}
	return ab / math.Sqrt(aa*bb)
}

// ranks are the places of the samples by a value; those of one value share the mean of their places.
func ranks(samples []*sample, value func(*sample) float64) []float64 {
	order := make([]int, len(samples))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(x, y int) int { return cmp.Compare(value(samples[x]), value(samples[y])) })
	out := make([]float64, len(samples))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && value(samples[order[j]]) == value(samples[order[i]]) {
			j++
		}
		for k := i; k < j; k++ {
			out[order[k]] = float64(i+j-1) / 2
		}
		i = j
	}
	return out
}
