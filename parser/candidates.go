package parser

import (
	"slices"

	"golang.org/x/net/html/atom"
)

// candidate is a container that could hold the article.
type candidate struct {
	node  int32
	score float64
	good  float64 // the sum of its blocks' positive weights
}

// weigh gives every block a weight from its own words and the hints around it: the characters that speak for it being
// the article's text, below zero those that speak against.
func weigh(l *layout, rules *ruleSet) {
	for i := range l.blocks {
		b := &l.blocks[i]
		b.weight = blockWeight(l, b, rules)
	}
}

func blockWeight(l *layout, b *block, rules *ruleSet) float64 {
	if b.drop != "" {
		return 0
	}
	size := float64(b.size)
	e := &l.nodes[b.near]
	if b.hints&hintFurniture != 0 {
		return -min(size, 200) / 2
	}
	if b.hints&(hintCaption|hintCredit|hintByline|hintDate|hintTitle|hintPullquote) != 0 && b.size < 400 {
		return 0
	}
	density := b.density()
	if l.isTeaser(b) {
		return -30
	}
	if e.heading > 0 {
		if density > 0.5 {
			return -30
		}
		return 0
	}
	if density > 0.5 {
		if e.n.DataAtom == atom.P && b.commas >= 2 && density < 0.9 { // names in a sentence, each a link
			return 0
		}
		if b.size > 60 && b.ends { // a sentence that is a link, or a teaser: it decides nothing
			return -10
		}
		return -min(size, 100)
	}
	lower := firstRunes(b.opening(), 60)
	if kind := rules.phraseKind(lower); kind != "" && b.size < 250 {
		return -20
	}
	w := size * (1 - 1.8*density)
	switch {
	case b.size < 25:
		w = -4
		if b.ends {
			w = 2
		}
	case !b.ends && b.size < 100:
		w *= 0.1
	case !b.ends && b.size < 200 && b.commas == 0:
		w *= 0.3
	}
	if e.item >= 0 && e.list >= 0 && w > 0 {
		w *= 0.6
	}
	if b.size > 300 {
		w = min(w, 300+(w-300)*0.7)
	}
	return w
}

// isContainer tells the elements that may hold an article.
func isContainer(a atom.Atom) bool {
	switch a {
	case atom.P, atom.A, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Li, atom.Em, atom.B, atom.Strong, atom.I, atom.Tr, atom.Figcaption:
		return false
	}
	return true
}

// containers ranks the page's elements by what their blocks weigh, best first.
func containers(l *layout) []candidate {
	total, good := make([]float64, len(l.blocks)+1), make([]float64, len(l.blocks)+1)
	for i := range l.blocks {
		w := l.blocks[i].weight
		total[i+1] = total[i] + w
		good[i+1] = good[i] + max(w, 0)
	}
	var list []candidate
	for i := range l.nodes {
		e := &l.nodes[i]
		first, last := min(int(e.firstBlock), len(l.blocks)), min(int(e.endBlock), len(l.blocks))
		if last <= first || !isContainer(e.n.DataAtom) {
			continue
		}
		c := candidate{node: int32(i), score: total[last] - total[first], good: good[last] - good[first]}
		if e.own&hintBody != 0 {
			c.score *= 1.15
		} else if e.n.DataAtom == atom.Article {
			c.score *= 1.05
		}
		if c.score > 0 {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return int(b.node - a.node) // the inner one, where they are the same
	})
	return list
}

// innermost goes down from a container to the smallest element that still holds nearly all of its good text.
func innermost(l *layout, list []candidate, best candidate) candidate {
	byNode := make(map[int32]candidate, len(list))
	for _, c := range list {
		byNode[c.node] = c
	}
	for i := best.node + 1; i < l.nodes[best.node].end; i++ {
		switch c, ok := byNode[i]; {
		case ok && c.good >= 0.92*best.good:
			best = c
		case ok:
			i = l.nodes[i].end - 1 // what is in it holds no more than it does
		}
	}
	return best
}
