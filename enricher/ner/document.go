package ner

import "strings"

// vocabulary keeps what is known of the word types that a tagger has met. It is emptied, between documents, when it has
// grown beyond keepWords.
type vocabulary struct {
	lex   *Lexicon
	index map[string]int32
	low   map[uint64]int32 // lower-case hash to number
	types []*wordType
}

type wordType struct {
	word
	low int32 // number of the lower-case form
	// sums of the weights of wordFeatures at -reach…reach; ready tells which are made.
	sums  [2*reach + 1]sums
	ready [2*reach + 1]bool
}

const keepWords = 8192

func (v *vocabulary) reset() {
	if v.index == nil || len(v.types) > keepWords {
		v.index, v.low, v.types = map[string]int32{}, map[uint64]int32{}, nil
	}
}

func (v *vocabulary) get(s string) *wordType {
	if i, ok := v.index[s]; ok {
		return v.types[i]
	}
	w := &wordType{}
	w.analyse(s, v.lex)
	low, ok := v.low[w.lower]
	if !ok {
		low = int32(len(v.low))
		v.low[w.lower] = low
	}
	w.low = low
	v.index[strings.Clone(s)] = int32(len(v.types)) // a word on its own, not the text that it stands in
	v.types = append(v.types, w)
	return w
}

// run is a stretch of capitalised words.
type run struct{ from, to int }

// The style of a sentence: what its capitals say.
const (
	styleProse   = iota
	styleCaps        // all capitals
	styleTitle       // nearly every word has a capital
	styleTable       // mostly numbers and marks
	styleOpening = 4 // added: the first sentence of the document
)

// seen is what a document says about a capitalised word.
type seen struct {
	doc              int  // number of the document that it is of
	lower            bool // seen without a capital
	inside           int  // times seen capitalised inside a sentence of prose
	left, right      [4]*word
	lefts, rights    int
	long             [2]*word // first and last word of the longest run with it
	longSize         int
	longAt, longLeft int
}

// tagger reads one document at a time.
type tagger struct {
	vocab  vocabulary
	types  []*wordType
	words  []*word
	lists  []uint64
	runs   []run
	docs   int
	notes  []seen // by number of the lower-case form
	style  int
	styles []int8
	sents  []int // ends
	kind   Kind
	gated  []uint64 // buckets of the document's words
	marks  []mark
	votes  []vote
	spans  map[uint64]*[types + 1]float32
	room   tagRoom
}

func newTagger(lex *Lexicon) *tagger { return &tagger{vocab: vocabulary{lex: lex}} }

// read takes a document: its words, and where its sentences end.
func (t *tagger) read(words []string, ends []int) {
	t.vocab.reset()
	t.types, t.words = t.types[:0], t.words[:0]
	for _, s := range words {
		w := t.vocab.get(s)
		t.types = append(t.types, w)
		t.words = append(t.words, &w.word)
	}
	n := len(words)
	t.lists = grow(t.lists, n)
	clear(t.lists)
	t.runs = grow(t.runs, n)
	t.sents = ends
	t.styles = grow(t.styles, len(ends))
	from := 0
	for k, to := range ends {
		t.styles[k] = int8(t.styleOf(from, to))
		if k == 0 {
			t.styles[k] += styleOpening
		}
		t.findRuns(from, to)
		t.findPhrases(from, to)
		from = to
	}
	t.note()
}

func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/2)
	}
	return s[:n]
}

func (t *tagger) styleOf(from, to int) int {
	caps, upper, lower, other := 0, 0, 0, 0
	for _, w := range t.words[from:to] {
		switch {
		case w.caps:
			caps++
		case w.capital:
			upper++
		case w.letters && w.length > 3:
			lower++
		case !w.letters:
			other++
		}
	}
	switch {
	case caps >= 2 && caps > 4*lower && caps > 2*upper:
		return styleCaps
	case other > 2*lower && other >= upper+caps:
		return styleTable
	case upper >= 3 && upper+caps > 6*lower:
		return styleTitle
	}
	return styleProse
}

// findRuns finds the stretches of capitals.
func (t *tagger) findRuns(from, to int) {
	for i := from; i < to; {
		if !t.words[i].capital {
			i++
			continue
		}
		j := i + 1
		for j < to && t.words[j].capital {
			j++
		}
		for k := i; k < j; k++ {
			t.runs[k] = run{i, j}
		}
		i = j
	}
}

// findPhrases notes the listed phrases of two words and more.
func (t *tagger) findPhrases(from, to int) {
	for i := from; i < to; i++ {
		w := t.words[i]
		if !w.capital || w.lex.classes&classMore == 0 {
			continue
		}
		h := w.lower
		for j := i + 1; j < to && j-i < MaxPhrase; j++ {
			h = join(h, t.words[j].lower)
			c := t.vocab.lex.phrase(h)
			if c == 0 {
				break
			}
			if m := uint64(c & (classMore - 1)); m != 0 {
				t.lists[i] |= m
				t.lists[j] |= m << (2 * classBits)
				for k := i + 1; k < j; k++ {
					t.lists[k] |= m << classBits
				}
			}
			if c&classMore == 0 {
				break
			}
		}
	}
}

// note gathers what the document as a whole says of its words.
func (t *tagger) note() {
	t.docs++
	if n := len(t.vocab.low); len(t.notes) < n {
		t.notes = append(t.notes, make([]seen, n-len(t.notes))...)
	}
	from := 0
	for k, to := range t.sents {
		style := t.styles[k] &^ styleOpening
		for i := from; i < to; i++ {
			w := t.words[i]
			if !w.letters {
				continue
			}
			s := &t.notes[t.types[i].low]
			if s.doc != t.docs {
				*s = seen{doc: t.docs}
			}
			if !w.capital {
				s.lower = true
				continue
			}
			if style == styleCaps {
				continue
			}
			if i > from && style != styleTitle {
				s.inside++
			}
			if s.lefts < len(s.left) && i > from {
				s.left[s.lefts] = t.words[i-1]
				s.lefts++
			}
			if s.rights < len(s.right) && i+1 < to {
				s.right[s.rights] = t.words[i+1]
				s.rights++
			}
			if r := t.runs[i]; r.to-r.from > s.longSize && style == styleProse && r.to-r.from <= 6 {
				s.longSize, s.longAt, s.longLeft = r.to-r.from, i-r.from, r.to-1-i
				s.long = [2]*word{t.words[r.from], t.words[r.to-1]}
			}
		}
		from = to
	}
}

// documentFeatures appends what the rest of the document says of token i.
func (t *tagger) documentFeatures(dst []uint64, i int, place uint64) []uint64 {
	w := t.words[i]
	if !w.capital {
		return dst
	}
	s := &t.notes[t.types[i].low]
	c := uint64(min(s.inside, 2))
	if s.lower {
		c |= 4
	}
	dst = append(dst, two(180, c, place*16+uint64(t.style)), two(181, c, w.short))
	for _, x := range s.left[:s.lefts] {
		dst = append(dst, one(182, x.lower), one(183, uint64(x.lex.clusters[2])))
	}
	for _, x := range s.right[:s.rights] {
		dst = append(dst, one(184, x.lower), one(185, uint64(x.lex.clusters[2])))
	}
	if r := t.runs[i]; s.longSize > r.to-r.from {
		dst = append(dst, two(186, s.long[0].lower, uint64(s.longAt)), two(187, s.long[1].lower, uint64(s.longLeft)),
			two(188, uint64(s.long[0].lex.classes&^classMore)<<16|uint64(s.long[1].lex.classes&^classMore), uint64(min(s.longAt, 2)<<4|min(s.longLeft, 2))),
			two(189, uint64(s.long[0].lex.clusters[1]), uint64(s.longAt)), two(190, uint64(s.long[1].lex.clusters[1]), uint64(s.longLeft)))
	}
	return dst
}

// Extractor gives the features of documents, for training. It is not safe for use by several goroutines.
type Extractor struct{ t *tagger }

// NewExtractor returns an extractor that looks words up in lex.
func NewExtractor(lex *Lexicon) *Extractor { return &Extractor{newTagger(lex)} }

// Features calls yield for each token, in order, with its features, which are valid until the next call.
func (x *Extractor) Features(words []string, ends []int, kind Kind, yield func(i int, features []uint64)) {
	t := x.t
	t.read(words, ends)
	t.kind = kind
	var dst []uint64
	from := 0
	for k, to := range ends {
		t.style = int(t.styles[k])
		for i := from; i < to; i++ {
			dst = dst[:0]
			for off := -reach; off <= reach; off++ {
				dst = wordFeatures(dst, t.at(i+off, from, to), off)
			}
			dst = t.jointFeatures(dst, i, from, to)
			yield(i, dst)
		}
		from = to
	}
}
