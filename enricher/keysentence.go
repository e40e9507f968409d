package enricher

import (
	"cmp"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/feedmill/feedmill"
)

const (
	maxKeySentences = 3
	// A sentence of fewer words, or of fewer characters, tells too little; a longer one is no summary.
	minSentenceWords, maxSentenceWords, minSentenceRunes = 6, 60, 20
	// How much more the first sentences of a text count.
	leadWeight = 8
)

// keySentences are the sentences of the body's paragraphs whose words weigh most for their length, in the order of the
// text. News tells first what matters: the first sentences count for more.
func (d *document) keySentences(f *field, weights map[string]float64) []feedmill.Span {
	type scored struct {
		span  feedmill.Span
		score float64
	}
	toks := f.tokens()
	var all []scored
	block, place := 0, 0
	for _, s := range f.sentences() {
		span := f.span(toks[s.from].start, toks[s.to-1].end)
		for block < len(d.r.Blocks) && d.r.Blocks[block].End <= span.Start {
			block++
		}
		if block < len(d.r.Blocks) && d.r.Blocks[block].Start <= span.Start {
			if k := d.r.Blocks[block].Kind; k != feedmill.BlockParagraph && k != feedmill.BlockQuote {
				continue
			}
		}
		if !whole(toks[s.from:s.to]) {
			continue
		}
		seen := map[string]bool{}
		sum, words := 0.0, 0
		for i := s.from; i < s.to; i++ {
			if t := &toks[i]; t.kind == kindWord {
				words++
				if !seen[t.key] {
					seen[t.key] = true
					sum += weights[t.key]
				}
			}
		}
		runes := utf8.RuneCountInString(f.slice(toks[s.from].start, toks[s.to-1].end))
		if words < minSentenceWords || runes < minSentenceRunes || words > maxSentenceWords && runes > 4*maxSentenceWords {
			continue
		}
		all = append(all, scored{span, (2 + sum) / math.Sqrt(float64(max(words, 12))) * (1 + leadWeight/float64(1+place))})
		place++
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	all = all[:min(len(all), maxKeySentences)]
	slices.SortFunc(all, func(a, b scored) int { return cmp.Compare(a.span.Start, b.span.Start) })
	var out []feedmill.Span
	for _, s := range all {
		out = append(out, s.span)
	}
	return out
}

// whole tells whether a sentence ends as one: headings and captions do not, nor what announces a list.
func whole(toks []token) bool {
	for i := len(toks) - 1; i >= 0; i-- {
		switch {
		case sentenceEnd(toks[i].text):
			return true
		case toks[i].abbr:
			return true
		case !closing(toks[i].text):
			return false
		}
	}
	return false
}
