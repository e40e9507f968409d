package main

import (
	"slices"
	"strings"
	"unicode"

	"github.com/feedmill/feedmill/parser"
)

// label is what the truth says of a block: part of the body, no part of it, or nothing.
type label int8

const (
	unknown label = iota
	body
	other
)

// words are the runs of letters, digits and underscores of a text, as the scorer has them.
func words(s string) []string {
	return strings.FieldsFunc(strings.ReplaceAll(s, "\u00ad", ""), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '_' })
}

const shingle = 4

func shingles(w []string) []string {
	if len(w) == 0 {
		return nil
	}
	out := make([]string, 0, len(w))
	for i := range max(1, len(w)-shingle+1) {
		out = append(out, strings.Join(w[i:min(i+shingle, len(w))], " "))
	}
	return out
}

// labelByText aligns the blocks of a page with the true text, in order: a block is of the body where most of its runs of
// four words stand in the text at a place that fits the blocks around it. Short blocks must stand exactly between what is
// before and after them. found is the share of the text's words that blocks account for.
func labelByText(blocks []parser.BlockSample, text string) (labels []label, found float64) {
	labels = make([]label, len(blocks))
	truth := words(text)
	at := map[string][]int{}
	for i, s := range shingles(truth) {
		at[s] = append(at[s], i)
	}
	type place struct{ block, start, end int }
	var places []place
	tokens := make([][]string, len(blocks))
	for i := range blocks {
		tokens[i] = words(blocks[i].Text)
		w := tokens[i]
		if len(w) < shingle {
			continue
		}
		var starts []int // where the block would begin, by each of its shingles
		n := 0
		for k, s := range shingles(w) {
			n++
			if p := at[s]; len(p) > 0 {
				starts = append(starts, p[0]-k)
				if len(p) > 1 {
					starts = append(starts, p[len(p)-1]-k)
				}
			}
		}
		hits := 0
		for _, s := range shingles(w) {
			if len(at[s]) > 0 {
				hits++
			}
		}
		if hits*2 <= n {
			labels[i] = other
			continue
		}
		slices.Sort(starts)
		start := max(starts[len(starts)/2], 0)
		places = append(places, place{i, start, start + len(w)})
	}
	// The longest run of places in order, by words: a teaser that repeats a sentence is not in it.
	best := make([]int, len(places))
	from := make([]int, len(places))
	last := -1
	for i := range places {
		best[i], from[i] = places[i].end-places[i].start, -1
		for j := max(0, i-400); j < i; j++ {
			if places[j].start < places[i].start && best[j]+places[i].end-places[i].start > best[i] {
				best[i], from[i] = best[j]+places[i].end-places[i].start, j
			}
		}
		if last < 0 || best[i] > best[last] {
			last = i
		}
	}
	covered := make([]bool, len(truth))
	for i := last; i >= 0; i = from[i] {
		labels[places[i].block] = body
		for k := places[i].start; k < min(places[i].end, len(truth)); k++ {
			covered[k] = true
		}
	}
	placed := map[int]place{}
	for _, p := range places {
		if labels[p.block] == body {
			placed[p.block] = p
			continue
		}
		n := 0
		for k := p.start; k < min(p.end, len(truth)); k++ {
			if covered[k] {
				n++
			}
		}
		if labels[p.block] = body; n*2 > p.end-p.start { // the same once more
			labels[p.block] = other
		}
	}
	// Short blocks: between the neighbours that are placed.
	before := 0
	for i := range blocks {
		if p, ok := placed[i]; ok {
			before = p.end
			continue
		}
		w := tokens[i]
		if len(w) == 0 || len(w) >= shingle {
			continue
		}
		labels[i] = other
		after := len(truth)
		for k := i + 1; k < len(blocks); k++ {
			if p, ok := placed[k]; ok {
				after = p.start
				break
			}
		}
		for k := max(before-2, 0); k+len(w) <= min(after+2, len(truth)); k++ {
			if slices.Equal(truth[k:k+len(w)], w) && (!covered[k] || k+len(w) <= after && k >= before) {
				labels[i] = body
				before = k + len(w)
				for m := range w {
					covered[k+m] = true
				}
				break
			}
		}
	}
	n := 0
	for _, c := range covered {
		if c {
			n++
		}
	}
	if len(truth) > 0 {
		found = float64(n) / float64(len(truth))
	}
	return labels, found
}

// labelBySnippets labels the blocks that alone hold a snippet.
func labelBySnippets(blocks []parser.BlockSample, must, mustNot []string) []label {
	labels := make([]label, len(blocks))
	mark := func(snippets []string, l label) {
		for _, s := range snippets {
			s = fold(s)
			if len(s) < 4 {
				continue
			}
			only := -1
			for i := range blocks {
				if strings.Contains(fold(blocks[i].Text), s) {
					if only >= 0 {
						only = -2
						break
					}
					only = i
				}
			}
			if only >= 0 {
				labels[only] = l
			}
		}
	}
	mark(mustNot, other)
	mark(must, body)
	return labels
}

func fold(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "\u00ad", "")), " ")
}
