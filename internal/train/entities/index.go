package main

import "github.com/feedmill/feedmill/enricher/ner"

// index numbers the features that training documents have at least twice.
type index struct {
	lex   *ner.Lexicon
	keys  []uint64
	ids   []int32
	count int
	hash  []uint64 // of each feature by its number
}

func emptyIndex(lex *ner.Lexicon) *index {
	return &index{lex: lex, keys: make([]uint64, 1<<18), ids: make([]int32, 1<<18)}
}

const seenBits = 30

// newIndex reads the features of docs. What was seen once is kept as a bit, so that the many features that occur once
// take no memory; a few of them come in by chance.
func newIndex(docs []*document, lex *ner.Lexicon) *index {
	ix := emptyIndex(lex)
	seen := make([]uint64, 1<<(seenBits-6))
	x := ner.NewExtractor(lex)
	for _, d := range docs {
		x.Features(d.words, d.ends, d.kind, func(_ int, fs []uint64) {
			for _, f := range fs {
				b := f >> (64 - seenBits)
				if seen[b>>6]&(1<<(b&63)) == 0 {
					seen[b>>6] |= 1 << (b & 63)
					continue
				}
				ix.add(f)
			}
		})
	}
	return ix
}

func (ix *index) slot(f uint64) int {
	i := int(f) & (len(ix.keys) - 1)
	for ix.keys[i] != 0 && ix.keys[i] != f {
		i = (i + 1) & (len(ix.keys) - 1)
	}
	return i
}

func (ix *index) add(f uint64) {
	i := ix.slot(f)
	if ix.keys[i] == f {
		return
	}
	if 2*ix.count >= len(ix.keys) {
		keys, ids := ix.keys, ix.ids
		ix.keys, ix.ids = make([]uint64, 2*len(keys)), make([]int32, 2*len(keys))
		for j, k := range keys {
			if k != 0 {
				s := ix.slot(k)
				ix.keys[s], ix.ids[s] = k, ids[j]
			}
		}
		i = ix.slot(f)
	}
	ix.keys[i], ix.ids[i] = f, int32(ix.count)
	ix.hash = append(ix.hash, f)
	ix.count++
}

// keep returns an index of the features that at tells to keep.
func (ix *index) keep(at func(feature int) bool) *index {
	out := emptyIndex(ix.lex)
	for i, h := range ix.hash {
		if at(i) {
			out.add(h)
		}
	}
	return out
}

// sentences returns the sentences of docs as examples.
func (ix *index) sentences(docs []*document) []sentence {
	x := ner.NewExtractor(ix.lex)
	var out []sentence
	for _, d := range docs {
		features := make([][]int32, len(d.words))
		var room []int32
		at := make([]int, len(d.words)+1)
		x.Features(d.words, d.ends, d.kind, func(i int, fs []uint64) {
			for _, f := range fs {
				if s := ix.slot(f); ix.keys[s] == f {
					room = append(room, ix.ids[s])
				}
			}
			at[i+1] = len(room)
		})
		for i := range features {
			features[i] = room[at[i]:at[i+1]:at[i+1]]
		}
		from := 0
		for _, to := range d.ends {
			out = append(out, sentence{features: features[from:to], allowed: d.labels[from:to], weight: 1})
			from = to
		}
	}
	return out
}
