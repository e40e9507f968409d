package parser

import (
	_ "embed"
	"math"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/feedmill/feedmill"
)

// doubt sums, in characters, how sure the block classifier was of a body.
type doubt struct {
	kept, extra    float64 // what was kept, and how much of it is expected not to be text of the article
	vetoed, added  float64 // where the classifier overruled the rules
	blocks, unsure int     // of what was kept
}

// note adds a block: what became of it, what the rules had said, and, of one that is kept, the logarithm of the classifier's
// odds.
func (t *doubt) note(odds float32, keep, before bool, size int) {
	n := float64(size)
	switch {
	case keep && !before:
		t.added += n
	case !keep && before:
		t.vetoed += n
	}
	if !keep {
		return
	}
	p := 1 / (1 + math.Exp(-float64(odds)))
	t.kept += n
	t.extra += n * (1 - p)
	t.blocks++
	if p < 0.8 {
		t.unsure++
	}
}

// RightBody is the F1, of shingles of four words, from which a body counts as right to what Quality.Score estimates.
const RightBody = 0.9

// scoreFeatures are what the score is estimated from, in the order of the values.
var scoreFeatures = [...]string{
	"bias", "length", "long", "extra", "unsure", "vetoed", "added", "sentences kept", "linked", "unended", "lists", "headings", "no headline", "sentences method", "removed",
}

// scoreValues are the values of the score's features, each between 0 and about 1.
func (d *document) scoreValues() []float64 {
	l, t := d.layout, d.body.doubt
	share := func(a, b float64) float64 {
		if b <= 0 {
			return 0
		}
		return min(a/b, 1)
	}
	is := func(ok bool) float64 {
		if ok {
			return 1
		}
		return 0
	}
	size, linked, unended := 0.0, 0.0, 0.0
	for _, i := range d.body.kept {
		b := &l.blocks[i]
		size += float64(b.size)
		linked += float64(b.linked)
		if !b.ends && l.nodes[b.near].heading == 0 {
			unended += float64(b.size)
		}
	}
	lists, headings, whole := 0.0, 0.0, 0.0
	for i := range d.body.blocks {
		o := &d.body.blocks[i]
		n := float64(utf8.RuneCountInString(o.text))
		whole += n
		switch o.kind {
		case feedmill.BlockList, feedmill.BlockTable:
			lists += n
		case feedmill.BlockHeading:
			headings++
		}
	}
	words := float64(d.article.Quality.Words)
	return []float64{
		1,
		math.Log1p(min(words, 300)) / math.Log1p(300),
		math.Log1p(max(words-300, 0)) / 10,
		share(t.extra, t.kept), share(float64(t.unsure), float64(t.blocks)), share(t.vetoed, t.kept+t.vetoed), share(t.added, t.kept),
		share(size, float64(l.sentences())), share(linked, size), share(unended, size), share(lists, whole), share(headings, float64(len(d.body.blocks))),
		is(d.headline < 0), is(d.body.method == "sentences"),
		share(float64(len(d.article.Removed)), 20),
	}
}

//go:embed score.weights
var scoreWeights string

// readScoreWeights reads the built-in weights, one a line after the name of its feature.
var readScoreWeights = sync.OnceValue(func() []float64 {
	w := make([]float64, len(scoreFeatures))
	for line := range strings.Lines(scoreWeights) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			continue
		}
		for i := range scoreFeatures {
			if scoreFeatures[i] == name {
				v, err := strconv.ParseFloat(value, 64)
				if err != nil {
					panic(err) // the file is part of the program
				}
				w[i] = v
			}
		}
	}
	return w
})

// scored tells whether there is a body that the score can be estimated of: that of a site's rule, and one that only JSON-LD
// has, the classifier has not seen.
func (d *document) scored() bool {
	return !d.feedOnly && d.layout != nil && d.body.method != "rule" && d.body.method != "json-ld" && len(d.body.blocks) > 0
}

// score estimates the probability that the body is right: that it has an F1 of at least [RightBody]. It is 0 where it is not
// estimated.
func (d *document) score() float64 {
	if !d.scored() {
		return 0
	}
	odds, values := 0.0, d.scoreValues()
	for i, w := range readScoreWeights() {
		odds += w * values[i]
	}
	return math.Round(1000/(1+math.Exp(-odds))) / 1000
}
