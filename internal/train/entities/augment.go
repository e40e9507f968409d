package main

import (
	"math/rand/v2"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/feedmill/feedmill/enricher"
)

// withHeadline returns the document with one of its sentences before it, in title case or in capitals, as headlines
// are written; nil if no sentence will do.
func withHeadline(d *document, rng *rand.Rand) *document {
	if len(d.ends) < 3 {
		return nil
	}
	k := rng.IntN(len(d.ends))
	from := 0
	if k > 0 {
		from = d.ends[k-1]
	}
	to := d.ends[k]
	if to-from < 5 || to-from > 25 {
		return nil
	}
	capitals := rng.IntN(3) == 0
	out := &document{set: d.set, kind: d.kind}
	for i := from; i < to; i++ {
		w := d.words[i]
		if capitals {
			w = strings.ToUpper(w)
		} else if i == from || !small(w) {
			w = titled(w)
		}
		out.words = append(out.words, w)
		out.labels = append(out.labels, d.labels[i])
		out.toks = append(out.toks, enricher.Token{})
	}
	out.ends = append(out.ends, to-from)
	for _, e := range d.ends {
		out.ends = append(out.ends, e+to-from)
	}
	out.words = append(out.words, d.words...)
	out.labels = append(out.labels, d.labels...)
	out.toks = append(out.toks, d.toks...)
	return out
}

func titled(w string) string {
	r, n := utf8.DecodeRuneInString(w)
	return string(unicode.ToUpper(r)) + w[n:]
}

// small tells whether a word keeps its small letter in a title.
func small(w string) bool {
	switch w {
	case "a", "an", "the", "of", "in", "on", "at", "to", "for", "and", "or", "but", "by", "as", "vs", "from", "with", "'s", "n't":
		return true
	}
	return false
}
