package ner

import "math"

// Span is a name: words From up to To. Confidence is the model's probability of exactly this name.
type Span struct {
	From, To   int
	Type       Type
	Confidence float32
}

const (
	// maxSentence is the longest sentence, in words, that is read as one: longer ones are cut.
	maxSentence = 256
	// maxDocument is how many words are read as one document at most: what is longer is read in parts.
	maxDocument = 1 << 14
)

// Passes tells how thoroughly a model reads.
type Passes int

const (
	// TwoPasses reads a document twice, the second time knowing what the first made of its words. It is the default.
	TwoPasses Passes = iota
	OnePass
)

// tagRoom is a tagger's scratch space.
type tagRoom struct {
	features []uint64
	scores   []float32 // first pass
	best     []float32 // both
	probs    []float32
	alpha    []float32
	beta     []float32
	exps     []float32
	back     []int8
	labels   []uint8
	ends     []int
}

// Tag finds the names in a document, given by its words and by where its sentences end (the index behind the last word
// of each), and appends them to dst in their order. more is asked now and then whether to go on; nil means yes.
func (m *Model) Tag(dst []Span, words []string, ends []int, passes Passes, more func() bool) []Span {
	t := m.pool.Get().(*tagger)
	defer m.release(t)
	part := t.room.ends[:0] // ends of the sentences of one part
	from, start := 0, 0     // of the part, of the sentence
	read := func() bool {
		if len(part) > 0 {
			if more != nil && !more() {
				return false
			}
			dst = m.tag(t, dst, words[from:start], part, from, passes)
		}
		part, from = part[:0], start
		return true
	}
	for _, end := range ends {
		for start < end {
			next := min(end, start+maxSentence)
			if next-from > maxDocument && !read() {
				return dst
			}
			start = next
			part = append(part, start-from)
		}
	}
	read()
	t.room.ends = part
	return dst
}

// release gives a tagger back unless it has grown beyond what is kept.
func (m *Model) release(t *tagger) {
	if len(t.vocab.types) <= 2*keepWords {
		t.vocab.forget(t)
		m.pool.Put(t)
	}
}

// forget lets go of the document's strings.
func (v *vocabulary) forget(t *tagger) {
	clear(t.types)
	clear(t.words)
}

func (m *Model) tag(t *tagger, dst []Span, words []string, ends []int, offset int, passes Passes) []Span {
	t.read(words, ends)
	t.kind = m.gate.kindOf(t)
	r := &t.room
	n := len(words)
	r.scores = grow(r.scores, n*Labels)
	r.probs = grow(r.probs, n*Labels)
	r.labels = grow(r.labels, n)
	from := 0
	for k, to := range ends {
		t.style = int(t.styles[k])
		for i := from; i < to; i++ {
			var s sums
			for off := -reach; off <= reach; off++ {
				m.word(t, &s, i, i+off, from, to)
			}
			r.features = t.jointFeatures(r.features[:0], i, from, to)
			m.first.addAll(&s, r.features)
			s.into((*[Labels]float32)(r.scores[i*Labels:]), m.first.scale)
		}
		if passes == TwoPasses && m.second.n > 0 {
			if !m.first.nameless(r.scores[from*Labels:to*Labels], r.probs[from*Labels:to*Labels]) {
				m.first.marginals(r, r.scores[from*Labels:to*Labels], r.probs[from*Labels:to*Labels])
			}
		}
		from = to
	}
	w, scores := &m.first, r.scores
	if passes == TwoPasses && m.second.n > 0 {
		w = &m.second
		r.best = grow(r.best, n*Labels)
		scores = r.best
		t.takeVotes(r.probs)
		var quiet sums
		known := false
		from = 0
		for k, to := range ends {
			t.style = int(t.styles[k])
			for i := from; i < to; i++ {
				var s sums
				if t.quiet(i, from, to) {
					// All but one of the features are the same for all such words.
					if !known {
						known = true
						r.features = t.voteFeatures(r.features[:0], i, from, to)
						r.features[ownFeature] = r.features[0]
						w.addAll(&quiet, r.features[1:])
					}
					s = quiet
					w.add(&s, t.ownFeature(i))
				} else {
					r.features = t.voteFeatures(r.features[:0], i, from, to)
					w.addAll(&s, r.features)
				}
				out := (*[Labels]float32)(scores[i*Labels:])
				s.into(out, w.scale)
				for k, v := range r.scores[i*Labels : (i+1)*Labels] {
					out[k] += v
				}
			}
			from = to
		}
	}
	from = 0
	for _, to := range ends {
		w.viterbi(r, scores[from*Labels:to*Labels], r.labels[from:to])
		named := false
		for _, l := range r.labels[from:to] {
			named = named || l != outside
		}
		if named {
			w.marginals(r, scores[from*Labels:to*Labels], r.probs[from*Labels:to*Labels])
			dst = appendSpans(dst, r, from, to, offset)
		}
		from = to
	}
	return dst
}

// word adds the weights that the word at j has for its neighbour i.
func (m *Model) word(t *tagger, s *sums, i, j, from, to int) {
	off := j - i
	if j < from || j >= to {
		var room [8]uint64
		for _, f := range wordFeatures(room[:0], edge, off) {
			m.first.add(s, f)
		}
		return
	}
	w := t.types[j]
	c := &w.sums[off+reach]
	if !w.ready[off+reach] {
		w.ready[off+reach] = true
		var room [64]uint64
		m.first.addAll(c, wordFeatures(room[:0], &w.word, off))
	}
	s.merge(c)
}

func appendSpans(dst []Span, r *tagRoom, from, to, offset int) []Span {
	for i := from; i < to; i++ {
		l := int(r.labels[i])
		if l == outside {
			continue
		}
		first := i
		conf := r.probs[i*Labels+l]
		for i+1 < to && !closes(int(r.labels[i])) {
			i++
			conf = min(conf, r.probs[i*Labels+int(r.labels[i])])
		}
		dst = append(dst, Span{offset + first, offset + i + 1, typeOf(l), conf})
	}
	return dst
}

// before[k] are the labels that may stand before label k.
var before = func() (out [Labels][]uint8) {
	for k := range Labels {
		for j := range Labels {
			if Follows(j, k) {
				out[k] = append(out[k], uint8(j))
			}
		}
	}
	return out
}()

func (w *weights) viterbi(r *tagRoom, scores []float32, out []uint8) {
	n := len(out)
	r.back = grow(r.back, n*Labels)
	const never = -1e30
	var a, b [Labels]float32
	for k := range Labels {
		a[k] = never
		if opens(k) {
			a[k] = scores[k]
		}
	}
	for i := 1; i < n; i++ {
		// What opens may stand behind all that closes: their best is one for O and for each type.
		for k := range Labels {
			best, from := float32(2*never), uint8(0)
			for _, j := range before[k] {
				if v := a[j] + w.trans[j][k]; v > best {
					best, from = v, j
				}
			}
			b[k] = best + scores[i*Labels+k]
			r.back[i*Labels+k] = int8(from)
		}
		a = b
	}
	k := 0
	for j := range Labels {
		if closes(j) && a[j] > a[k] {
			k = j
		}
	}
	for i := n - 1; i >= 0; i-- {
		out[i] = uint8(k)
		k = int(r.back[i*Labels+k])
	}
}

// nameless tells whether a sentence is without names beyond doubt, and writes the probabilities that say so.
func (w *weights) nameless(scores, probs []float32) bool {
	for i := 0; i < len(scores); i += Labels {
		s := (*[Labels]float32)(scores[i:])
		limit := s[outside] - w.clear
		for k, v := range s {
			if v > limit && k != outside {
				return false
			}
		}
	}
	clear(probs)
	for i := outside; i < len(probs); i += Labels {
		probs[i] = 1
	}
	return true
}

// nothing is a probability, beside that of the best label, that is not followed up.
const nothing = 1e-6

// marginals writes the probability of each label of each word of a sentence to probs.
func (w *weights) marginals(r *tagRoom, scores, probs []float32) {
	n := len(scores) / Labels
	r.alpha, r.beta, r.exps = grow(r.alpha, n*Labels), grow(r.beta, n*Labels), grow(r.exps, n*Labels)
	for i := range n {
		s, e := scores[i*Labels:(i+1)*Labels], r.exps[i*Labels:(i+1)*Labels]
		top := s[0]
		for _, v := range s {
			top = max(top, v)
		}
		for k, v := range s {
			e[k] = exp(v - top)
		}
	}
	row := func(s []float32, i int) *[Labels]float32 { return (*[Labels]float32)(s[i*Labels:]) }
	a, e := row(r.alpha, 0), row(r.exps, 0)
	for k := range Labels {
		a[k] = 0
		if opens(k) {
			a[k] = e[k]
		}
	}
	normalise(a)
	for i := 1; i < n; i++ {
		p, b, e := row(r.alpha, i-1), row(r.alpha, i), row(r.exps, i)
		for k := range Labels {
			v := float32(0)
			if e[k] > nothing {
				for _, j := range before[k] {
					v += p[j] * w.etrans[j][k]
				}
			}
			b[k] = v * e[k]
		}
		normalise(b)
	}
	b := row(r.beta, n-1)
	for k := range Labels {
		b[k] = 0
		if closes(k) {
			b[k] = 1
		}
	}
	for i := n - 2; i >= 0; i-- {
		b, next, e := row(r.beta, i), row(r.beta, i+1), row(r.exps, i+1)
		*b = [Labels]float32{}
		for k := range Labels {
			v := e[k] * next[k]
			if v <= nothing {
				continue
			}
			for _, j := range before[k] {
				b[j] += w.etrans[j][k] * v
			}
		}
		normalise(b)
	}
	for i := range n {
		p, a, b := row(probs, i), row(r.alpha, i), row(r.beta, i)
		for k := range Labels {
			p[k] = a[k] * b[k]
		}
		normalise(p)
	}
}

func normalise(p *[Labels]float32) {
	sum := float32(0)
	for _, v := range p {
		sum += v
	}
	if sum <= 0 {
		p[outside] = 1
		return
	}
	sum = 1 / sum
	for k := range p {
		p[k] *= sum
	}
}

// exp is e to the power of x for x <= 0, good to a thousandth.
func exp(x float32) float32 {
	if x < -30 {
		return 0
	}
	// Split into a power of two and a fraction, and a polynomial for the fraction.
	y := x * math.Log2E
	i := float32(int32(y - 1))
	f := y - i
	p := 1 + f*(0.69606564+f*(0.22449433+f*0.07944023))
	return math.Float32frombits(uint32(int32(i)+127)<<23) * p
}
