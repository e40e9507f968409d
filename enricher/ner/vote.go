package ner

// The second pass reads each word in the light of what the first pass made of the same word elsewhere in the document.

// marks are what the first pass says of a token, from its probabilities.
type mark struct {
	kind [types + 1]float32 // probability of no name and of each type
	top  uint8              // most probable label
	sure uint8              // its probability, in steps
}

// vote sums up the first pass over a document for one word.
type vote struct {
	doc  int
	kind [types + 1]float32
	size float32
	// the longest name with the word: its type and where in it the word stands
	longest, longType, longAt, longLeft int
}

func step(p float32) uint64 {
	switch {
	case p < 0.2:
		return 0
	case p < 0.4:
		return 1
	case p < 0.6:
		return 2
	case p < 0.8:
		return 3
	case p < 0.95:
		return 4
	}
	return sureStep
}

// sureStep is the step of what is as good as certain.
const sureStep = 5

// takeVotes fills the marks and votes of the document from the probabilities of the labels of each token.
func (t *tagger) takeVotes(probs []float32) {
	n := len(t.words)
	t.marks = grow(t.marks, n)
	for i := range n {
		m := &t.marks[i]
		*m = mark{}
		p := probs[i*Labels : (i+1)*Labels]
		m.kind[0] = p[0]
		best := 0
		for k := 1; k < Labels; k++ {
			m.kind[(k-1)/4+1] += p[k]
			if p[k] > p[best] {
				best = k
			}
		}
		m.top, m.sure = uint8(best), uint8(step(p[best]))
	}
	if k := len(t.vocab.low); len(t.votes) < k {
		t.votes = append(t.votes, make([]vote, k-len(t.votes))...)
	}
	clear(t.spans)
	if t.spans == nil {
		t.spans = map[uint64]*[types + 1]float32{}
	}
	from := 0
	for k, to := range t.sents {
		if t.styles[k]&^styleOpening == styleCaps {
			from = to
			continue
		}
		for i := from; i < to; i++ {
			if !t.words[i].capital {
				continue
			}
			v := t.voteOf(i)
			for k, p := range t.marks[i].kind {
				v.kind[k] += p
			}
			v.size++
		}
		for i := from; i < to; i++ {
			top := int(t.marks[i].top)
			if top == outside {
				continue
			}
			j := i + 1
			h := t.words[i].lower
			for j < to && t.marks[j].top != outside && !opens(int(t.marks[j].top)) && typeOf(int(t.marks[j].top)) == typeOf(top) {
				h = join(h, t.words[j].lower)
				j++
			}
			s := t.spans[h]
			if s == nil {
				s = &[types + 1]float32{}
				t.spans[h] = s
			}
			s[typeOf(top)]++
			for k := i; k < j && j-i > 1; k++ {
				if !t.words[k].capital {
					continue
				}
				if v := t.voteOf(k); j-i > v.longest {
					v.longest, v.longType, v.longAt, v.longLeft = j-i, int(typeOf(top)), min(k-i, 2), min(j-1-k, 2)
				}
			}
			i = j - 1
		}
		from = to
	}
}

func (t *tagger) voteOf(i int) *vote {
	v := &t.votes[t.types[i].low]
	if v.doc != t.docs {
		*v = vote{doc: t.docs}
	}
	return v
}

// ownFeature is where voteFeatures puts the feature of what the first pass made of the word, with the word.
const ownFeature = 1

func (t *tagger) ownFeature(i int) uint64 {
	m := &t.marks[i]
	return two(301, uint64(m.top)<<3|uint64(m.sure), t.words[i].short)
}

// quiet tells whether the first pass is as sure as can be that token i, and two on either side, are in no name.
func (t *tagger) quiet(i, from, to int) bool {
	if i < from+2 || i+2 >= to || t.words[i].capital {
		return false
	}
	for k := i - 2; k <= i+2; k++ {
		if m := &t.marks[k]; m.top != outside || m.sure != sureStep {
			return false
		}
	}
	return true
}

// voteFeatures appends the features of the second pass for token i of the sentence from..to.
func (t *tagger) voteFeatures(dst []uint64, i, from, to int) []uint64 {
	m := &t.marks[i]
	w := t.words[i]
	own := uint64(m.top)<<3 | uint64(m.sure)
	label := func(k int) uint64 {
		if k < from || k >= to {
			return 99
		}
		return uint64(t.marks[k].top)<<3 | uint64(t.marks[k].sure)
	}
	dst = append(dst, one(300, own), two(301, own, w.short), two(302, label(i-1), own>>3), two(303, own>>3, label(i+1)),
		two(304, label(i-1)>>3<<8|label(i+1)>>3, own>>3), two(305, label(i-2)>>3, label(i-1)>>3), two(306, label(i+1)>>3, label(i+2)>>3))
	for k, p := range m.kind {
		if p > 0.05 {
			dst = append(dst, one(307, uint64(k)<<3|step(p)))
		}
	}
	if !w.capital {
		return dst
	}
	style := uint64(t.style &^ styleOpening)
	v := t.voteOf(i)
	// The others: without this token itself, where it had a vote.
	others := v.kind
	size := v.size
	if style != styleCaps {
		for k := range others {
			others[k] -= m.kind[k]
		}
		size--
	}
	if size > 0.5 {
		best, total := 0, float32(0)
		for k, p := range others {
			total += p
			if p > others[best] {
				best = k
			}
		}
		many := uint64(min(int(size+0.5), 4))
		share := step(others[best] / max(total, 0.01))
		b := uint64(best)<<3 | share
		dst = append(dst, one(310, b), two(311, b, own), two(312, b, many), two(313, b<<4|many, own>>3), two(314, b, w.short), two(315, b, own>>3<<4|style))
		for k, p := range others {
			if q := p / size; q > 0.05 {
				dst = append(dst, two(316, uint64(k)<<3|step(q), own>>3))
			}
		}
	} else {
		dst = append(dst, two(317, own, style))
	}
	if v.longest > 0 {
		l := uint64(v.longType)<<8 | uint64(v.longAt)<<4 | uint64(v.longLeft)
		r := t.runs[i]
		alone := uint64(min(r.to-r.from, 3))
		dst = append(dst, one(320, l), two(321, l, own), two(322, l, alone), two(323, l, alone<<8|own>>3), two(324, l<<8|own>>3, uint64(min(v.longest, 5))))
	}
	// What the whole run was called elsewhere.
	if r := t.runs[i]; r.to-r.from <= MaxPhrase {
		h := t.words[r.from].lower
		for k := r.from + 1; k < r.to; k++ {
			h = join(h, t.words[k].lower)
		}
		if s := t.spans[h]; s != nil {
			best := 1
			for k, n := range s {
				if n > s[best] {
					best = k
				}
			}
			at := uint64(min(i-r.from, 2))<<4 | uint64(min(r.to-1-i, 2))
			dst = append(dst, two(330, uint64(best), at), two(331, uint64(best)<<8|at, own), two(332, uint64(best)<<8|at, uint64(min(int(s[best]), 4))))
		}
	}
	return dst
}

// Votes calls yield for each token of the document that Features was last called for, with its features for the second
// pass. probs has the probability of each label for each token.
func (x *Extractor) Votes(probs []float32, yield func(i int, features []uint64)) {
	t := x.t
	t.takeVotes(probs)
	var dst []uint64
	from := 0
	for k, to := range t.sents {
		t.style = int(t.styles[k])
		for i := from; i < to; i++ {
			dst = t.voteFeatures(dst[:0], i, from, to)
			yield(i, dst)
		}
		from = to
	}
}
