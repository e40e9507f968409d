package main

import (
	"math"
	"math/rand/v2"

	"github.com/feedmill/feedmill/enricher/ner"
)

const labels = ner.Labels

// chain is a linear-chain conditional random field in training: for each feature a row of weights, one for each label,
// and weights for pairs of neighbouring labels.
type chain struct {
	rows  []float32 // for each feature its weights, then the sums of their squared gradients
	trans [labels * labels]float64
	sums  [labels * labels]float64
	prev  [labels][]int // labels that may stand before
	exp   [labels * labels]float64

	mean      []float32 // sums of the weights at several times
	meanTrans [labels * labels]float64
	snapshots int
}

const rowSize = 2 * labels

func newChain(features int) *chain {
	c := &chain{rows: make([]float32, features*rowSize)}
	for k := range labels {
		for j := range labels {
			if ner.Follows(j, k) {
				c.prev[k] = append(c.prev[k], j)
			}
		}
	}
	return c
}

// sentence is a training example: the features of each token, the labels that are right for it, and what else its score
// rests on.
type sentence struct {
	features [][]int32
	allowed  []uint32
	base     []float32 // labels for each token, may be nil
	weight   float32
}

func (c *chain) scores(s *sentence, keep [][]int32, dst []float64) {
	var acc [labels]float32
	for i, f := range keep {
		if s.base != nil {
			copy(acc[:], s.base[i*labels:(i+1)*labels])
		} else {
			acc = [labels]float32{}
		}
		for _, x := range f {
			w := c.rows[int(x)*rowSize : int(x)*rowSize+labels : int(x)*rowSize+labels]
			for k := range acc {
				acc[k] += w[k]
			}
		}
		for k, v := range acc {
			dst[i*labels+k] = float64(v)
		}
	}
}

// lattice holds the forward and backward sums of one sentence.
type lattice struct {
	scores, exps, alpha, beta, probs []float64
	scale                            []float64
}

func (l *lattice) size(n int) {
	if len(l.scores) < n*labels {
		m := n * labels * 2
		l.scores, l.exps, l.alpha, l.beta, l.probs = make([]float64, m), make([]float64, m), make([]float64, m), make([]float64, m), make([]float64, m)
		l.scale = make([]float64, 2*n)
	}
}

// marginals puts into l.probs the probability of each label of each token, among the labelings that allowed admits (all
// if nil). pairs, if not nil, is given the expected number of each pair of labels, times sign.
func (c *chain) marginals(l *lattice, n int, allowed []uint32, pairs *[labels * labels]float64, sign float64) {
	for i := range n {
		s, e := l.scores[i*labels:(i+1)*labels], l.exps[i*labels:(i+1)*labels]
		top := math.Inf(-1)
		for k, v := range s {
			if (allowed == nil || allowed[i]&(1<<k) != 0) && v > top {
				top = v
			}
		}
		for k, v := range s {
			if allowed != nil && allowed[i]&(1<<k) == 0 {
				e[k] = 0
			} else {
				e[k] = math.Exp(v - top)
			}
		}
	}
	sum := 0.0
	for k := range labels {
		l.alpha[k] = 0
		if ner.MayStart(k) {
			l.alpha[k] = l.exps[k]
		}
		sum += l.alpha[k]
	}
	for k := range labels {
		l.alpha[k] /= sum
	}
	for i := 1; i < n; i++ {
		a, b, e := l.alpha[(i-1)*labels:i*labels], l.alpha[i*labels:(i+1)*labels], l.exps[i*labels:(i+1)*labels]
		sum = 0
		for k := range labels {
			v := 0.0
			if e[k] != 0 {
				for _, j := range c.prev[k] {
					v += a[j] * c.exp[j*labels+k]
				}
				v *= e[k]
			}
			b[k] = v
			sum += v
		}
		for k := range b {
			b[k] /= sum
		}
		l.scale[i] = sum
	}
	last := (n - 1) * labels
	for k := range labels {
		l.beta[last+k] = 0
		if ner.MayEnd(k) {
			l.beta[last+k] = 1
		}
	}
	for i := n - 2; i >= 0; i-- {
		b, next, e := l.beta[i*labels:(i+1)*labels], l.beta[(i+1)*labels:(i+2)*labels], l.exps[(i+1)*labels:(i+2)*labels]
		clear(b)
		for k := range labels {
			v := e[k] * next[k] / l.scale[i+1]
			if v == 0 {
				continue
			}
			for _, j := range c.prev[k] {
				b[j] += c.exp[j*labels+k] * v
			}
		}
	}
	z := 0.0
	for k := range labels {
		z += l.alpha[last+k] * l.beta[last+k]
	}
	for i := range n * labels {
		l.probs[i] = l.alpha[i] * l.beta[i] / z
	}
	if pairs == nil {
		return
	}
	for i := 1; i < n; i++ {
		a, e, b := l.alpha[(i-1)*labels:i*labels], l.exps[i*labels:(i+1)*labels], l.beta[i*labels:(i+1)*labels]
		for k := range labels {
			v := e[k] * b[k] / (l.scale[i] * z) * sign
			if v < 1e-6 && v > -1e-6 {
				continue
			}
			for _, j := range c.prev[k] {
				pairs[j*labels+k] += a[j] * c.exp[j*labels+k] * v
			}
		}
	}
}

func (c *chain) damp(by float64) {
	for i := range len(c.rows) / rowSize {
		for k := range labels {
			c.rows[i*rowSize+k] *= float32(by)
		}
	}
}

func (c *chain) expTrans() {
	for i, v := range c.trans {
		c.exp[i] = math.Exp(v)
	}
}

// settings direct training.
type settings struct {
	epochs   int
	rate, l1 float64
	l2       float64
	dropout  float64
	seed     uint64
}

// train runs AdaGrad over the sentences, with steps that shrink from epoch to epoch, and averages the weights of the
// second half.
func (c *chain) train(data []sentence, o settings) {
	rng := rand.New(rand.NewPCG(o.seed, 7))
	order := rng.Perm(len(data))
	var l lattice
	var gold []float64
	var keep [][]int32
	var room []int32
	drop := uint32(o.dropout * (1 << 32))
	rate := o.rate
	for epoch := range o.epochs {
		o.rate = rate * (1 - 0.8*float64(epoch)/float64(max(1, o.epochs-1)))
		rng.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
		for at, id := range order {
			if 2*(epoch*len(order)+at) >= o.epochs*len(order) && (at+1)%(len(order)/4) == 0 {
				c.snapshot()
			}
			s := &data[id]
			n := len(s.features)
			keep = append(keep[:0], s.features...)
			if drop > 0 {
				room = room[:0]
				for _, f := range s.features {
					room = append(room, f...)
				}
				used := room[:0]
				for i, f := range s.features {
					from := len(used)
					for _, x := range f {
						if rng.Uint32() >= drop {
							used = append(used, x)
						}
					}
					keep[i] = used[from:len(used):len(used)]
				}
			}
			l.size(n)
			c.scores(s, keep, l.scores)
			c.expTrans()
			var pairs [labels * labels]float64
			single := true
			for _, a := range s.allowed {
				if a&(a-1) != 0 {
					single = false
				}
			}
			if len(gold) < n*labels {
				gold = make([]float64, 2*n*labels)
			}
			if single {
				for i, a := range s.allowed {
					g := gold[i*labels : (i+1)*labels]
					clear(g)
					k := bit(a)
					g[k] = 1
					if i > 0 {
						pairs[bit(s.allowed[i-1])*labels+k]++
					}
				}
			} else {
				c.marginals(&l, n, s.allowed, &pairs, 1)
				copy(gold, l.probs[:n*labels])
			}
			c.marginals(&l, n, nil, &pairs, -1)
			c.step(s, keep, l.probs, gold, &pairs, &o)
		}
	}
	c.average()
}

// snapshot adds the present weights to the mean that average makes the weights of: the noise of the steps is averaged
// away.
func (c *chain) snapshot() {
	if c.mean == nil {
		c.mean = make([]float32, len(c.rows)/2)
	}
	for i := range len(c.rows) / rowSize {
		m, w := c.mean[i*labels:(i+1)*labels], c.rows[i*rowSize:i*rowSize+labels]
		for k, v := range w {
			m[k] += v
		}
	}
	for i, v := range c.trans {
		c.meanTrans[i] += v
	}
	c.snapshots++
}

func (c *chain) average() {
	if c.snapshots == 0 {
		return
	}
	n := float32(c.snapshots)
	for i := range len(c.rows) / rowSize {
		m, w := c.mean[i*labels:(i+1)*labels], c.rows[i*rowSize:i*rowSize+labels]
		for k, v := range m {
			w[k] = v / n
		}
	}
	for i, v := range c.meanTrans {
		c.trans[i] = v / float64(n)
	}
	c.mean = nil
}

func bit(a uint32) int {
	k := 0
	for a > 1 {
		a >>= 1
		k++
	}
	return k
}

// step follows the gradient of one sentence.
func (c *chain) step(s *sentence, keep [][]int32, probs, gold []float64, pairs *[labels * labels]float64, o *settings) {
	for i, g := range pairs {
		if g > 1e-4 || g < -1e-4 {
			g *= float64(s.weight)
			c.sums[i] += g * g
			c.trans[i] += o.rate * g / math.Sqrt(c.sums[i]+0.01)
		}
	}
	var at [labels]int
	var grad [labels]float32
	rate, l1, l2 := float32(o.rate), float32(o.l1), float32(o.l2)
	for i, f := range keep {
		active := 0
		for k := range labels {
			if g := gold[i*labels+k] - probs[i*labels+k]; g > 1e-3 || g < -1e-3 {
				at[active], grad[active] = k, float32(g)*s.weight
				active++
			}
		}
		if active == 0 {
			continue
		}
		for _, x := range f {
			row := c.rows[int(x)*rowSize : (int(x)+1)*rowSize : (int(x)+1)*rowSize]
			for a := range active {
				k := at[a]
				g := grad[a] - l2*row[k]
				row[labels+k] += g * g
				step := rate / sqrt32(row[labels+k]+0.01)
				v := row[k] + step*g
				if t := l1 * step; v > t {
					v -= t
				} else if v < -t {
					v += t
				} else {
					v = 0
				}
				row[k] = v
			}
		}
	}
}

func sqrt32(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// decode returns the best labels for scores.
func (c *chain) decode(scores []float64, n int) []int {
	back := make([]int8, n*labels)
	var a, b [labels]float64
	for k := range labels {
		a[k] = math.Inf(-1)
		if ner.MayStart(k) {
			a[k] = scores[k]
		}
	}
	for i := 1; i < n; i++ {
		for k := range labels {
			best, from := math.Inf(-1), c.prev[k][0]
			for _, j := range c.prev[k] {
				if v := a[j] + c.trans[j*labels+k]; v > best {
					best, from = v, j
				}
			}
			b[k] = best + scores[i*labels+k]
			back[i*labels+k] = int8(from)
		}
		a = b
	}
	best, k := math.Inf(-1), 0
	for j := range labels {
		if ner.MayEnd(j) && a[j] > best {
			best, k = a[j], j
		}
	}
	out := make([]int, n)
	for i := n - 1; i >= 0; i-- {
		out[i] = k
		k = int(back[i*labels+k])
	}
	return out
}
