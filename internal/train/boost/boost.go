// Package boost trains gradient-boosted regression trees for a yes-or-no question: logistic loss, histograms of at most
// 255 bins a feature, trees grown leaf by leaf (Friedman, Greedy Function Approximation, 2001; Ke et al., LightGBM, 2017).
// The same data and options give the same model.
package boost

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/feedmill/feedmill/parser/blockmodel"
)

// Row is one example.
type Row struct {
	Features []float32
	Label    bool
	Weight   float32
}

// Options are the settings of training; each zero field stands for its default.
type Options struct {
	Trees     int     // default 150
	Leaves    int     // of a tree, default 24
	Rate      float64 // learning rate, default 0.1
	MinWeight float64 // of a leaf, the sum of its rows' second derivatives, default 5
	L2        float64 // penalty on leaf values, default 5
	Rows      float64 // share of the rows that each tree sees, default 0.7
	Columns   float64 // share of the features that each tree sees, default 0.5
	Bins      int     // default 64
	Seed      uint64
}

func (o Options) withDefaults() Options {
	def := func(v *float64, d float64) {
		if *v == 0 {
			*v = d
		}
	}
	if o.Trees == 0 {
		o.Trees = 150
	}
	if o.Leaves == 0 {
		o.Leaves = 24
	}
	if o.Bins == 0 {
		o.Bins = 64
	}
	def(&o.Rate, 0.1)
	def(&o.MinWeight, 5)
	def(&o.L2, 5)
	def(&o.Rows, 0.7)
	def(&o.Columns, 0.5)
	return o
}

// Train fits a model to the rows. Names are those of the features.
func Train(names []string, rows []Row, opts Options) (*blockmodel.Model, error) {
	o := opts.withDefaults()
	if len(rows) == 0 {
		return nil, fmt.Errorf("train: no rows")
	}
	for i := range rows {
		if len(rows[i].Features) != len(names) {
			return nil, fmt.Errorf("train: row %d has %d features, want %d", i, len(rows[i].Features), len(names))
		}
	}
	t := &trainer{o: o, rows: rows, rnd: rand.New(rand.NewPCG(o.Seed, 7))}
	t.bin(len(names))
	return t.run(names), nil
}

type trainer struct {
	o     Options
	rows  []Row
	rnd   *rand.Rand
	cuts  [][]float32 // of each feature: bin b holds values <= cuts[b], the last bin what is above
	bins  [][]uint8   // of each feature, of each row
	score []float64
	grad  []float32
	hess  []float32
}

// bin maps every value to a bin of about as many rows as the others.
func (t *trainer) bin(features int) {
	t.cuts, t.bins = make([][]float32, features), make([][]uint8, features)
	sample := make([]float32, 0, 50_000)
	step := max(len(t.rows)/50_000, 1)
	for f := range features {
		sample = sample[:0]
		for i := 0; i < len(t.rows); i += step {
			sample = append(sample, t.rows[i].Features[f])
		}
		slices.Sort(sample)
		distinct := slices.Compact(slices.Clone(sample))
		var cuts []float32
		if len(distinct) <= t.o.Bins {
			for i := 0; i+1 < len(distinct); i++ {
				cuts = append(cuts, (distinct[i]+distinct[i+1])/2)
			}
		} else {
			for b := 1; b < t.o.Bins; b++ {
				cuts = append(cuts, sample[b*len(sample)/t.o.Bins])
			}
			cuts = slices.Compact(cuts)
		}
		t.cuts[f] = cuts
		col := make([]uint8, len(t.rows))
		for i := range t.rows {
			k, _ := slices.BinarySearch(cuts, t.rows[i].Features[f])
			col[i] = uint8(k)
		}
		t.bins[f] = col
	}
}

type bucket struct{ g, h float64 }

// leaf is a leaf of the tree under construction.
type leaf struct {
	rows    []int32
	g, h    float64
	hist    [][]bucket
	gain    float64
	feature int
	cut     int
	// where the leaf hangs
	parent int32
	right  bool
}

func (t *trainer) run(names []string) *blockmodel.Model {
	o := t.o
	n := len(t.rows)
	pos, all := 0.0, 0.0
	for i := range t.rows {
		w := float64(t.rows[i].Weight)
		all += w
		if t.rows[i].Label {
			pos += w
		}
	}
	bias := math.Log((pos + 1) / (all - pos + 1))
	m := &blockmodel.Model{Features: names, Bias: float32(bias)}
	t.score, t.grad, t.hess = make([]float64, n), make([]float32, n), make([]float32, n)
	for i := range t.score {
		t.score[i] = bias
	}
	for range o.Trees {
		for i := range t.rows {
			p := 1 / (1 + math.Exp(-t.score[i]))
			y := 0.0
			if t.rows[i].Label {
				y = 1
			}
			w := float64(t.rows[i].Weight)
			t.grad[i], t.hess[i] = float32(w*(p-y)), float32(w*p*(1-p))
		}
		var chosen []int32
		for i := range n {
			if t.rnd.Float64() < o.Rows {
				chosen = append(chosen, int32(i))
			}
		}
		columns := t.rnd.Perm(len(names))[:max(int(float64(len(names))*o.Columns), 1)]
		first := len(m.Leaves)
		root := t.grow(m, chosen, columns)
		m.Roots = append(m.Roots, root)
		if len(m.Leaves) == first {
			break
		}
		for i := range t.rows {
			at := root
			for at >= 0 {
				nd := &m.Nodes[at]
				if t.rows[i].Features[nd.Feature] <= nd.Threshold {
					at = nd.Left
				} else {
					at = nd.Right
				}
			}
			t.score[i] += float64(m.Leaves[-1-at])
		}
	}
	return m
}

// grow adds a tree to the model and returns its root.
func (t *trainer) grow(m *blockmodel.Model, rows []int32, columns []int) int32 {
	root := &leaf{rows: rows, parent: -1}
	root.hist = t.histogram(rows, columns)
	root.g, root.h = t.sums(rows)
	t.best(root, columns)
	leaves := []*leaf{root}
	first := int32(len(m.Nodes))
	for len(leaves) < t.o.Leaves {
		k := -1
		for i, l := range leaves {
			if l.gain > 1e-6 && (k < 0 || l.gain > leaves[k].gain) {
				k = i
			}
		}
		if k < 0 {
			break
		}
		l := leaves[k]
		at := int32(len(m.Nodes))
		m.Nodes = append(m.Nodes, blockmodel.Node{Feature: uint16(l.feature), Threshold: t.cuts[l.feature][l.cut]})
		if l.parent >= 0 {
			if l.right {
				m.Nodes[l.parent].Right = at
			} else {
				m.Nodes[l.parent].Left = at
			}
		}
		left, right := &leaf{parent: at}, &leaf{parent: at, right: true}
		col := t.bins[l.feature]
		for _, i := range l.rows {
			if int(col[i]) <= l.cut {
				left.rows = append(left.rows, i)
			} else {
				right.rows = append(right.rows, i)
			}
		}
		small, large := left, right
		if len(left.rows) > len(right.rows) {
			small, large = right, left
		}
		small.hist = t.histogram(small.rows, columns)
		large.hist = l.hist // less what went to the small one
		for _, f := range columns {
			for b := range large.hist[f] {
				large.hist[f][b].g -= small.hist[f][b].g
				large.hist[f][b].h -= small.hist[f][b].h
			}
		}
		for _, c := range [...]*leaf{left, right} {
			c.g, c.h = t.sums(c.rows)
			t.best(c, columns)
		}
		leaves[k] = left
		leaves = append(leaves, right)
	}
	for _, l := range leaves {
		m.Leaves = append(m.Leaves, float32(-l.g/(l.h+t.o.L2)*t.o.Rate))
		ref := int32(-len(m.Leaves))
		if l.parent < 0 {
			return ref
		}
		if l.right {
			m.Nodes[l.parent].Right = ref
		} else {
			m.Nodes[l.parent].Left = ref
		}
	}
	return first
}

func (t *trainer) sums(rows []int32) (g, h float64) {
	for _, i := range rows {
		g += float64(t.grad[i])
		h += float64(t.hess[i])
	}
	return g, h
}

func (t *trainer) histogram(rows []int32, columns []int) [][]bucket {
	hist := make([][]bucket, len(t.bins))
	for _, f := range columns {
		h := make([]bucket, len(t.cuts[f])+1)
		col := t.bins[f]
		for _, i := range rows {
			b := &h[col[i]]
			b.g += float64(t.grad[i])
			b.h += float64(t.hess[i])
		}
		hist[f] = h
	}
	return hist
}

// best finds the split of a leaf that gains most.
func (t *trainer) best(l *leaf, columns []int) {
	value := func(g, h float64) float64 { return g * g / (h + t.o.L2) }
	whole := value(l.g, l.h)
	l.gain = 0
	for _, f := range columns {
		g, h := 0.0, 0.0
		for b := range t.cuts[f] {
			g += l.hist[f][b].g
			h += l.hist[f][b].h
			if h < t.o.MinWeight || l.h-h < t.o.MinWeight {
				continue
			}
			if gain := value(g, h) + value(l.g-g, l.h-h) - whole; gain > l.gain {
				l.gain, l.feature, l.cut = gain, f, b
			}
		}
	}
}
