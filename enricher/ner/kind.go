package ner

import (
	"encoding/binary"
	"math"
)

// Kind is the kind of text that a document looks like, by its words. News agencies and news sites, and those who
// annotate them, do not call the same things names: the features of a kind hold those differences, so that what the
// kinds share is learnt from all of them.
type Kind uint8

const (
	OtherKind Kind = iota // everything else, and what is too short to tell
	WireKind              // copy of a news agency
	SiteKind              // articles of news sites
	Kinds     = iota
)

// kindFeatures appends the features of token i that hold for the document's kind alone.
func (t *tagger) kindFeatures(dst []uint64, i int, w, p, q *word) []uint64 {
	if t.kind == OtherKind {
		return dst
	}
	g := uint64(t.kind) << 48
	pc, wc, qc := &p.lex.clusters, &w.lex.clusters, &q.lex.clusters
	dst = append(dst, one(200, g), two(201, g, w.exact), two(202, g, w.lower), two(203, g, w.short), two(204, g+p.short, w.short), two(205, g+q.short, w.short),
		two(206, g, p.lower), two(207, g, q.lower), two(208, g+w.suffix[2], w.short), two(209, g+uint64(wc[2]), w.short), two(210, g+uint64(wc[3]), w.short),
		two(211, g+uint64(wc[1]), w.short), two(212, g+uint64(pc[1]), w.short), two(213, g+uint64(qc[1]), w.short),
		two(214, g+p.lower, w.lower), two(215, g+q.lower, w.lower), two(216, g+uint64(w.lex.classes&^classMore), w.short), two(217, g, t.lists[i]))
	if w.capital {
		r := t.runs[i]
		dst = append(dst, two(218, g+t.words[r.to-1].lower, uint64(r.to-1-i)), two(219, g+t.words[r.from].lower, uint64(i-r.from)))
	}
	return dst
}

const (
	gateBits = 14
	gateSize = 1 << gateBits
)

// Gate tells kinds apart: a logistic model over the words of a document.
type Gate struct {
	// Weights has a row for each bucket of words; the last row is added for every document.
	Weights [gateSize + 1][Kinds]float32
}

// gateBucket returns a word's bucket, and whether it has one: numbers and marks say little of the kind.
func gateBucket(w *word) (int, bool) {
	return int(mix(w.lower+77) >> (64 - gateBits)), w.letters && !w.digits
}

// Buckets returns the different buckets of the words of a text.
func Buckets(words []string) []int {
	var empty Lexicon
	empty.words = string(make([]byte, wordSize))
	seen := map[int]bool{}
	var out []int
	for _, s := range words {
		var w word
		w.analyse(s, &empty)
		if b, ok := gateBucket(&w); ok && !seen[b] {
			seen[b] = true
			out = append(out, b)
		}
	}
	return out
}

// Probabilities returns how likely each kind is for a document of these buckets.
func (g *Gate) Probabilities(buckets []int) [Kinds]float32 {
	var sum [Kinds]float32
	for _, b := range buckets {
		for k, v := range g.Weights[b] {
			sum[k] += v
		}
	}
	return g.softmax(sum, len(buckets))
}

func (g *Gate) softmax(sum [Kinds]float32, n int) [Kinds]float32 {
	norm := float32(1)
	if n > 0 {
		norm = 1 / float32(math.Sqrt(float64(n)))
	}
	total := float32(0)
	for k := range sum {
		sum[k] = float32(math.Exp(float64(sum[k]*norm + g.Weights[gateSize][k])))
		total += sum[k]
	}
	for k := range sum {
		sum[k] /= total
	}
	return sum
}

// sureKind is how likely a kind has to be to count.
const sureKind = 0.7

// Choose returns the kind that is likely enough.
func Choose(p [Kinds]float32) Kind {
	for k := WireKind; k < Kinds; k++ {
		if p[k] >= sureKind {
			return k
		}
	}
	return OtherKind
}

// kindOf returns the kind of the document that was read.
func (g *Gate) kindOf(t *tagger) Kind {
	var sum [Kinds]float32
	n := 0
	t.gated = grow(t.gated, gateSize/64)
	clear(t.gated)
	for _, w := range t.words {
		b, ok := gateBucket(w)
		if !ok || t.gated[b>>6]&(1<<(b&63)) != 0 {
			continue
		}
		t.gated[b>>6] |= 1 << (b & 63)
		n++
		for k, v := range g.Weights[b] {
			sum[k] += v
		}
	}
	return Choose(g.softmax(sum, n))
}

// A gate's file: the scale, the row for every document, and a byte for each other weight.

func (g *Gate) append(out []byte) []byte {
	top := float32(0.01)
	for _, row := range g.Weights[:gateSize] {
		for _, v := range row {
			top = max(top, v, -v)
		}
	}
	scale := top / 127
	out = binary.LittleEndian.AppendUint32(out, math.Float32bits(scale))
	for _, v := range g.Weights[gateSize] {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	for _, row := range g.Weights[:gateSize] {
		for _, v := range row {
			out = append(out, byte(int8(math.Round(float64(v/scale)))))
		}
	}
	return out
}

func (g *Gate) read(s string) {
	scale := math.Float32frombits(le32(s, 0))
	for k := range Kinds {
		g.Weights[gateSize][k] = math.Float32frombits(le32(s, 4+4*k))
	}
	s = s[4+4*Kinds:]
	for b := range gateSize {
		for k := range Kinds {
			g.Weights[b][k] = float32(int8(s[b*Kinds+k])) * scale
		}
	}
}
