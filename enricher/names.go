package enricher

import (
	"context"
	"strings"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/enricher/ner"
)

// readNames runs the entity model over all fields as one document, headline first, and returns what it names by field.
func readNames(ctx context.Context, d *document) [][]ner.Span {
	var words []string
	var ends []int
	first := make([]int, len(d.fields)+1)
	for i, f := range d.fields {
		toks := f.tokens()
		for j := range toks {
			words = append(words, toks[j].text)
		}
		for _, s := range f.sentences() {
			ends = append(ends, first[i]+s.to)
		}
		first[i+1] = len(words)
	}
	spans := d.model.Tag(nil, words, ends, ner.TwoPasses, func() bool { return ctx.Err() == nil })
	out := make([][]ner.Span, len(d.fields))
	i := 0
	for _, s := range spans {
		for s.From >= first[i+1] {
			i++
		}
		s.From -= first[i]
		s.To -= first[i]
		out[i] = append(out[i], s)
	}
	return out
}

// modelTypes are the record's types of the model's. What the model calls Misc is told apart by its words.
var modelTypes = map[ner.Type]string{
	ner.Person: feedmill.TypePerson, ner.Organization: feedmill.TypeOrganization, ner.Place: feedmill.TypePlace,
	ner.Group: feedmill.TypeGroup, ner.Misc: feedmill.TypeOther,
}

// named adds what the model found, trimmed to the bare name, and returns the token behind it, or 0 where the words say
// that it is no name. The lists, and what the document itself has said, decide what a name stands for.
func (z *recognizer) named(s ner.Span) int {
	from, to := s.From, s.To
	for from < to && !z.toks[from].upper && (z.toks[from].key == "the" || z.toks[from].kind == kindPunct) {
		from++
	}
	typ := modelTypes[s.Type]
	for from < to && (z.toks[to-1].kind == kindPossessive && typ != feedmill.TypeOrganization || trailing(z.toks[to-1].text)) {
		to--
	}
	if typ == feedmill.TypePerson {
		for n := titleAt(z.toks, from, to); n > 0 && from+n < to; n = titleAt(z.toks, from, to) {
			from += n
		}
	}
	if from == to || !z.nameable(from, to, typ, s.Confidence) {
		return 0
	}
	if i := to - 2; i > from && to-from <= maxParts && z.toks[i].is("-") && !z.toks[i].gap && !z.toks[i+1].upper {
		// "U.S.-led", "Seoul-based": the place, not the adjective.
		if p := z.g.phrases[key(z.toks[from:i])]; p != nil && p.typ == feedmill.TypePlace || z.bigCity(key(z.toks[from:i])) {
			z.name(from, i, feedmill.TypePlace, s.Confidence)
			return s.To
		}
	}
	for i := from + 1; i+1 < to && to-from <= maxParts; i++ {
		a, b := z.g.phrases[key(z.toks[from:i])], z.g.phrases[key(z.toks[i+1:to])]
		switch {
		case typ == feedmill.TypePlace && z.toks[i].is("-") && !z.toks[i].gap && a != nil && b != nil && a.country && b.country:
			// "Japan-China" is two countries.
			z.name(from, i, typ, s.Confidence)
			z.name(i+1, to, typ, s.Confidence)
			return s.To
		case typ == feedmill.TypeOrganization && z.toks[i].key == "in" && z.bigCity(key(z.toks[i+1:to])):
			// "Ministry of Trade in Seoul"
			z.name(from, i, typ, s.Confidence)
			z.name(i+1, to, feedmill.TypePlace, s.Confidence)
			return s.To
		}
	}
	z.name(from, to, typ, s.Confidence)
	return s.To
}

// maxParts is how many tokens a name has at most that is taken apart.
const maxParts = 12

// trailing tells whether a mark behind a name is none of it.
func trailing(s string) bool {
	switch s {
	case ",", ".", ";", ":", `"`, "”", "“", "'", "’", "(", "-", "–", "—":
		return true
	}
	return false
}

// nameable tells whether tokens can be a name by their capitals: not where there is none, not over a possessive that
// common words follow, and not everyday words in a headline that the model is not sure of.
func (z *recognizer) nameable(from, to int, typ string, conf float32) bool {
	capitals, everyday, plain := false, true, 0
	for i := from; i < to; i++ {
		t := &z.toks[i]
		if t.kind != kindWord {
			continue
		}
		capitals = capitals || t.upper || !latin(t.text)
		everyday = everyday && z.g.common.has(t.key) && z.g.phrases[t.key] == nil
		if t.upper || functionWords()[t.key] {
			plain = 0
		} else if plain++; plain > 1 && typ == feedmill.TypePlace {
			return false
		}
		if i > from && z.toks[i-1].kind == kindPossessive && !t.upper {
			return false
		}
	}
	if !capitals && typ != feedmill.TypePerson {
		return false
	}
	if to-from == 1 && z.toks[from].caps && notAcronyms()[z.toks[from].key] && typ == feedmill.TypeOther {
		return false
	}
	return !(z.flat && headline(z.f) > 0 && everyday && conf < sureInFlat && (typ == feedmill.TypeOrganization || typ == feedmill.TypeOther))
}

// sureInFlat is how sure the model has to be of everyday words in a headline.
const sureInFlat = 0.9

// overrides returns the listed name of several words at token i if it is more than what the model found there.
func (z *recognizer) overrides(i int) int {
	p, n := z.lookup(i)
	if n < 2 {
		return 0
	}
	to := i
	for _, s := range z.names {
		if s.From >= i+n {
			break
		}
		if s.To > i+n || s.From == i && s.To == i+n {
			return 0
		}
		to = s.To
	}
	if to == i {
		return 0 // the model is silent: the rules will say
	}
	z.add(i, i+n, z.listed(p), p.kind, 0.9)
	return n
}

func (z *recognizer) name(from, to int, typ string, conf float32) {
	k := key(z.toks[from:to])
	f := finding{typ: typ, name: z.text(from, to), key: typ + ":" + k}
	kind := feedmill.MentionName
	p := z.g.phrases[k]
	known, expanded := z.acronyms[z.toks[from].text]
	switch {
	case expanded && to-from == 1:
		f, kind = known, feedmill.MentionAcronym
	case from > z.from && shipNouns()[z.toks[from-1].key] && (!z.toks[from-1].upper || z.toks[from-1].caps):
		f.typ = feedmill.TypeProduct
		f.key = f.typ + ":" + k
	case p != nil && (p.typ == typ || p.country && typ == feedmill.TypeOrganization || p.typ == feedmill.TypeGroup && typ == feedmill.TypeOther):
		f, kind = z.listed(p), p.kind
	case typ == feedmill.TypePlace && z.g.cities.has(k):
		f = cityFinding(&z.g.cityCandidates(k)[0])
	case typ == feedmill.TypeOther:
		f.typ = z.otherType(from, to)
		f.key = f.typ + ":" + k
	case typ == feedmill.TypeOrganization:
		if p, n := z.lookup(from); p != nil && p.iso != "" && from+n < to {
			f.iso = p.iso
		}
		if capitals(f.name) {
			kind = feedmill.MentionAcronym
		}
	}
	z.add(from, to, f, kind, float64(conf))
}

// listed is a finding of a listed name.
func (z *recognizer) listed(p *phrase) finding {
	k := p.typ + ":" + strings.ToLower(p.name)
	if p.country {
		k = "country:" + p.iso
		if p.name == "" || p.iso == "" {
			k = "place:" + strings.ToLower(p.name)
		}
	}
	return finding{typ: p.typ, name: p.name, key: k, iso: p.iso, wikidata: p.wikidata}
}

// otherType tells laws, events and products from the rest by their words.
func (z *recognizer) otherType(from, to int) string {
	last := z.toks[to-1].key
	switch {
	case to-from > 1 && lawHeads()[last]:
		return feedmill.TypeLaw
	case to-from > 1 && eventHeads()[last]:
		return feedmill.TypeEvent
	}
	return feedmill.TypeOther
}
