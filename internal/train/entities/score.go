package main

import (
	"fmt"
	"strings"

	"github.com/feedmill/feedmill/enricher/ner"
)

// tally counts names that are right in both bounds and type.
type tally struct{ right, found, gold int }

func (t tally) f1() float64 {
	if t.found+t.gold == 0 {
		return 0
	}
	return 200 * float64(t.right) / float64(t.found+t.gold)
}

func (t tally) String() string {
	return fmt.Sprintf("P %.2f R %.2f F1 %.2f", 100*float64(t.right)/float64(max(t.found, 1)), 100*float64(t.right)/float64(max(t.gold, 1)), t.f1())
}

// score compares what find gives with the gold names. Where a corpus is vague, or has no groups, ours are seen its way.
func score(docs []*document, find func(*document) []name, only ...ner.Type) (tally, map[ner.Type]tally) {
	var all tally
	by := map[ner.Type]tally{}
	wanted := func(t ner.Type) bool {
		if len(only) == 0 {
			return true
		}
		for _, o := range only {
			if o == t {
				return true
			}
		}
		return false
	}
	for _, d := range docs {
		gold := map[name]bool{}
		for _, g := range d.gold {
			if wanted(g.typ) {
				gold[g] = true
				c := by[g.typ]
				c.gold++
				by[g.typ] = c
				all.gold++
			}
		}
		for _, n := range find(d) {
			if d.set.vague && n.typ == ner.Group {
				n.typ = ner.Misc
			}
			if !wanted(n.typ) {
				continue
			}
			c := by[n.typ]
			c.found++
			all.found++
			if gold[n] {
				c.right++
				all.right++
			}
			by[n.typ] = c
		}
	}
	return all, by
}

func row(by map[ner.Type]tally) string {
	var b strings.Builder
	for _, t := range []ner.Type{ner.Person, ner.Organization, ner.Place, ner.Group, ner.Misc} {
		if c := by[t]; c.gold > 0 {
			fmt.Fprintf(&b, " %s %.1f", strings.ToUpper(t.String()[:3]), c.f1())
		}
	}
	return b.String()
}

// names makes names of labels.
func names(d *document, labels []int) []name {
	var out []name
	for i := 0; i < len(labels); i++ {
		if labels[i] == 0 {
			continue
		}
		from := i
		typ := ner.Type((labels[i]-1)/4 + 1)
		for i+1 < len(labels) && labels[i+1] != 0 && !ner.MayEnd(labels[i]) {
			i++
		}
		out = append(out, name{d.toks[from].Start, d.toks[i].End, typ})
	}
	return out
}
