package ner

import "math/bits"

// A token's features are hashes of templates: of single words at a distance (which depend on the word alone, so that
// their weights can be summed once per word type), and of several words, of the document and of lists (which do not).

// Reach is how far single words are looked at.
const reach = 3

// wordFeatures appends the features of a word that stands off tokens from the one in question.
func wordFeatures(dst []uint64, w *word, off int) []uint64 {
	switch off {
	case 0:
		dst = append(dst, one(1, w.exact), one(2, w.lower), one(3, w.shape), one(4, w.short), two(5, w.length, w.short))
		for k := range 4 {
			if w.prefix[k] != 0 {
				dst = append(dst, one(6+uint64(k), w.prefix[k]), one(10+uint64(k), w.suffix[k]))
			}
		}
		if w.suffix[2] != 0 {
			dst = append(dst, two(14, w.suffix[2], w.short))
		}
		if w.part != 0 {
			dst = append(dst, one(15, w.part))
		}
		if w.lex.known != 0 {
			for k, c := range w.lex.clusters {
				dst = append(dst, one(16+uint64(k), uint64(c)), two(20+uint64(k), uint64(c), w.short))
			}
		} else {
			dst = append(dst, two(24, 0, w.short))
		}
		dst = append(dst, two(25, uint64(w.lex.classes&^classMore), w.short))
		for k := range classBits {
			if w.lex.classes&(1<<k) != 0 {
				dst = append(dst, two(26, uint64(k), w.short))
			}
		}
	case -1, 1:
		t := uint64(40)
		if off > 0 {
			t = 60
		}
		dst = append(dst, one(t, w.lower), one(t+1, w.short))
		if w.suffix[2] != 0 {
			dst = append(dst, one(t+2, w.suffix[2]))
		}
		if w.part != 0 {
			dst = append(dst, one(t+3, w.part))
		}
		if w.lex.known != 0 {
			for k, c := range w.lex.clusters {
				dst = append(dst, one(t+4+uint64(k), uint64(c)))
			}
			dst = append(dst, two(t+8, uint64(w.lex.clusters[1]), w.short))
		} else {
			dst = append(dst, two(t+9, 0, w.short))
		}
		if w.capital {
			dst = append(dst, one(t+10, uint64(w.lex.classes&^classMore)))
		}
		for k := range classBits {
			if w.lex.classes&(1<<k) != 0 {
				dst = append(dst, two(t+11, uint64(k), w.short))
			}
		}
	case -2, 2:
		t := uint64(80)
		if off > 0 {
			t = 90
		}
		dst = append(dst, one(t, w.lower), one(t+1, w.short))
		if w.lex.known != 0 {
			dst = append(dst, one(t+2, uint64(w.lex.clusters[1])), one(t+3, uint64(w.lex.clusters[2])))
		}
	case -3, 3:
		t := uint64(100)
		if off > 0 {
			t = 101
		}
		dst = append(dst, one(t, w.lower))
		if w.lex.known != 0 {
			dst = append(dst, one(t+2, uint64(w.lex.clusters[1])))
		}
	}
	return dst
}

// edge stands for what is before and behind a sentence.
var edge = &word{exact: 1, lower: 2, shape: 3, short: 4, mark: true}

func (t *tagger) at(i, from, to int) *word {
	if i < from || i >= to {
		return edge
	}
	return t.words[i]
}

// jointFeatures appends the features of token i of the sentence from..to that depend on more than one word.
func (t *tagger) jointFeatures(dst []uint64, i, from, to int) []uint64 {
	w, p, q, pp, nn := t.words[i], t.at(i-1, from, to), t.at(i+1, from, to), t.at(i-2, from, to), t.at(i+2, from, to)
	place := uint64(0) // where in the sentence, and what kind of sentence
	if i == from || i == from+1 && p.mark {
		place = 1
	}
	style := uint64(t.style)
	dst = append(dst,
		one(120, place), one(121, style), two(122, w.short, place*16+style),
		two(123, p.lower, w.lower), two(124, w.lower, q.lower), two(125, p.short, w.short), two(126, w.short, q.short),
		two(127, two(0, p.short, w.short), q.short), two(128, p.lower, w.short), two(129, q.lower, w.short),
		two(130, pp.lower, p.lower), two(131, q.lower, nn.lower), two(132, p.lower, q.lower),
	)
	pc, wc, qc := &p.lex.clusters, &w.lex.clusters, &q.lex.clusters
	dst = append(dst,
		two(140, uint64(pc[1]), uint64(wc[1])), two(141, uint64(wc[1]), uint64(qc[1])),
		two(142, uint64(pc[2]), w.short), two(143, uint64(qc[2]), w.short),
		two(144, uint64(pp.lex.clusters[1])<<16|uint64(pc[1]), w.short), two(145, uint64(nn.lex.clusters[1])<<16|uint64(qc[1]), w.short),
		two(146, uint64(pc[1])<<16|uint64(qc[1]), w.short), two(147, uint64(pc[0])<<32|uint64(wc[0])<<16|uint64(qc[0]), w.short),
	)
	// Names in lists.
	g := t.lists[i]
	if g != 0 {
		dst = append(dst, two(150, g, w.short))
		for m := g; m != 0; m &= m - 1 {
			b := uint64(bits.TrailingZeros64(m))
			dst = append(dst, two(151, b, w.short), two(152, b, q.lower), two(153, b, p.lower))
		}
	}
	if i > from {
		for m := t.lists[i-1]; m != 0; m &= m - 1 {
			dst = append(dst, one(154, uint64(bits.TrailingZeros64(m))))
		}
	}
	if i+1 < to {
		for m := t.lists[i+1]; m != 0; m &= m - 1 {
			dst = append(dst, one(155, uint64(bits.TrailingZeros64(m))))
		}
	}
	// The run of capitals that the token stands in.
	if w.capital {
		r := t.runs[i]
		first, last := t.words[r.from], t.words[r.to-1]
		before, behind := t.at(r.from-1, from, to), t.at(r.to, from, to)
		size := uint64(min(r.to-r.from, 5))
		at := uint64(min(i-r.from, 3))
		left := uint64(min(r.to-1-i, 3))
		dst = append(dst, two(160, size, at*4+left), two(161, last.lower, left), two(162, first.lower, at),
			two(163, before.lower, size), two(164, behind.lower, size),
			two(165, uint64(last.lex.clusters[2]), left), two(166, uint64(first.lex.clusters[2]), at),
			two(167, uint64(before.lex.clusters[2]), min(size, 2)), two(168, uint64(behind.lex.clusters[2]), min(size, 2)),
			two(169, uint64(last.lex.classes&^classMore)<<16|uint64(first.lex.classes&^classMore), size<<8|at<<4|left))
	}
	dst = t.kindFeatures(dst, i, w, p, q)
	return t.documentFeatures(dst, i, place)
}
