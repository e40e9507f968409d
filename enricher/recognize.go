package enricher

import (
	"context"
	"slices"
	"strings"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/enricher/ner"
)

// recognizer finds names in one field, sentence by sentence, from left to right: at each capitalised token it takes the
// longest name that a rule is sure of, and goes on behind it.
type recognizer struct {
	d     *document
	g     *gazetteer
	f     *field
	order int
	toks  []token
	// from and end bound the sentence; flat tells that its capitals say nothing (a headline in title case or capitals).
	from, end int
	flat      bool
	shouting  bool
	// acronyms are those that the document has expanded.
	acronyms map[string]finding
	claims   map[int]claim
	names    []ner.Span // what the model found in the rest of the field
	out      []finding
}

// claim is a name that its acronym in brackets proves.
type claim struct {
	to  int
	typ string
}

// recognize reads the body before the headline, because it is the body that explains names.
func recognize(ctx context.Context, d *document) ([]finding, error) {
	if !d.english() {
		return recognizeForeign(ctx, d)
	}
	z := &recognizer{d: d, g: gazetteerData(), acronyms: map[string]finding{}}
	order := make([]int, len(d.fields))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return headline(d.fields[a]) - headline(d.fields[b]) })
	names := readNames(ctx, d)
	for _, i := range order {
		z.f, z.order, z.toks = d.fields[i], i, d.fields[i].tokens()
		z.names = names[i]
		for n, s := range z.f.sentences() {
			if n%64 == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			z.sentence(ctx, s)
		}
	}
	return z.out, ctx.Err()
}

func headline(f *field) int {
	if f.in == "title" || f.in == "subtitle" {
		return 1
	}
	return 0
}

func (z *recognizer) sentence(ctx context.Context, s sentence) {
	z.from, z.end = s.from, s.to
	z.flat, z.shouting = capitalsSayNothing(z.toks[s.from:s.to])
	z.expansions()
	for i := s.from; i < s.to; {
		if i%4096 == 0 && ctx.Err() != nil {
			return
		}
		for len(z.names) > 0 && z.names[0].From < i {
			z.names = z.names[1:]
		}
		// Rules read only what is in front of the next name.
		z.end = s.to
		if len(z.names) > 0 {
			z.end = min(z.end, z.names[0].From)
		}
		n := 0
		if c, ok := z.claims[i]; ok {
			z.end = s.to
			n = z.claim(i, c)
		} else if z.end == i {
			z.end = s.to
			if n = z.overrides(i); n == 0 {
				n = max(0, z.named(z.names[0])-i)
			}
			if n == 0 {
				z.names = z.names[1:]
				continue
			}
		} else if t := &z.toks[i]; t.kind == kindWord && t.upper {
			n = z.match(i)
		}
		i += max(1, n)
	}
}

func (z *recognizer) claim(i int, c claim) int {
	z.add(i, c.to, finding{typ: c.typ, name: z.text(i, c.to), key: c.typ + ":" + key(z.toks[i:c.to])}, feedmill.MentionName, 0.95)
	return c.to - i
}

// capitalsSayNothing tells whether a sentence is written in title case or (shouting) in capitals.
func capitalsSayNothing(toks []token) (flat, shouting bool) {
	words, upper, lower, allcaps, everyday := 0, 0, 0, 0, 0
	g := gazetteerData()
	for i := range toks {
		t := &toks[i]
		if t.kind != kindWord {
			continue
		}
		words++
		if t.caps {
			allcaps++
		}
		switch {
		case functionWords()[t.key] || len(t.key) < 2:
		case !t.upper:
			lower++
		default:
			upper++
			if g.common.has(t.key) && g.phrases[t.key] == nil {
				everyday++
			}
		}
	}
	shouting = words >= 3 && allcaps*10 >= words*7
	// Everyday words in capitals make a headline: a list of names has none.
	return shouting || upper >= 4 && lower*10 <= upper && everyday >= 2, shouting
}

// initial tells whether the capital of token i may come from its place alone.
func (z *recognizer) initial(i int) bool {
	if z.flat || i == z.from {
		return true
	}
	p := &z.toks[i-1]
	if p.kind != kindPunct {
		return false
	}
	return i-1 == z.from || opening(p.text) || p.is(":") || p.is("—") || p.is("–") || p.is("-") && p.gap || p.is("•") || p.is("*")
}

func opening(s string) bool {
	switch s {
	case `"`, "“", "„", "«", "‘", "'", "(", "[", "「", "『", "»", "‹":
		return true
	}
	return false
}

// evident tells whether token i is a name by its capital: it stands in mid-sentence or is no everyday word.
func (z *recognizer) evident(i int) bool {
	t := &z.toks[i]
	if functionWords()[t.key] && !t.caps || calendarWords()[t.key] {
		return false
	}
	return !z.initial(i) || !z.g.common.has(t.key)
}

// match returns how many tokens from i on it has dealt with.
func (z *recognizer) match(i int) int {
	t := &z.toks[i]
	if calendarWords()[t.key] {
		return 1
	}
	if n := z.ship(i); n > 0 {
		return n
	}
	if n := z.expanded(i); n > 0 {
		return n
	}
	if z.flat {
		return max(1, z.city(i))
	}
	return 1
}

func (z *recognizer) text(from, to int) string {
	return strings.Join(strings.Fields(z.f.slice(z.toks[from].start, z.toks[to-1].end)), " ")
}

// key is the folded text of tokens with single spaces where there is white space.
func key(toks []token) string {
	if len(toks) == 1 {
		return toks[0].key
	}
	var b strings.Builder
	for i := range toks {
		if i > 0 && toks[i].gap {
			b.WriteByte(' ')
		}
		b.WriteString(toks[i].key)
	}
	return b.String()
}

func (z *recognizer) add(from, to int, f finding, kind string, conf float64) {
	f.mention = mention{f: z.f, order: z.order, from: from, to: to, kind: kind, conf: conf}
	z.out = append(z.out, f)
	z.bracketed(f)
}

// bracketed remembers the acronym that follows a name in brackets: "Foreign Ministry (FM)".
func (z *recognizer) bracketed(f finding) {
	i := f.to
	if f.typ != feedmill.TypeOrganization && f.typ != feedmill.TypeLaw && f.typ != feedmill.TypeEvent {
		return
	}
	if i+2 < z.end && z.toks[i].is("(") && z.toks[i+2].is(")") && z.toks[i+1].caps && len(z.toks[i+1].text) <= 8 {
		z.acronyms[z.toks[i+1].text] = f
	}
}

// run returns the end of the run of capitalised words that starts at i, at most limit tokens.
func (z *recognizer) run(i, limit int) int {
	j := i
	for j < z.end && j-i < limit {
		t := &z.toks[j]
		if t.kind != kindWord || !t.upper || j > i && (t.line || !t.gap) || calendarWords()[t.key] && j > i {
			break
		}
		j++
		if t.abbr && j < z.end && len(t.text) > 4 && !titleHeads()[t.key] {
			break
		}
	}
	return j
}

// lookup returns the longest listed name at i and its tokens.
func (z *recognizer) lookup(i int) (*phrase, int) {
	for n := min(max(1, z.g.longest[z.toks[i].key]), z.end-i); n > 0; n-- {
		k := key(z.toks[i : i+n])
		p := z.g.phrases[k]
		if p == nil {
			continue
		}
		last := &z.toks[i+n-1]
		if n > 1 && !last.upper && last.key != "rouge" && last.key != "territories" {
			continue
		}
		if n == 1 && p.capsOnly && !strings.Contains(z.toks[i].text, ".") {
			// "US" in a headline of capitals may be "us".
			if !z.toks[i].caps || z.shouting && (z.g.common.has(k) || functionWords()[k]) {
				continue
			}
		}
		if n == 1 && p.loose && z.initial(i) && (len(k) <= 3 || z.flat) {
			continue
		}
		if n == 1 && (k == "turkey" || k == "chad" || k == "jordan" || k == "georgia") && z.namesPerson(i) {
			continue
		}
		return p, n
	}
	return nil, 0
}

// namesPerson tells whether a word that is a country or a given name starts a person's name here.
func (z *recognizer) namesPerson(i int) bool {
	j := i + 1
	return z.g.first.has(z.toks[i].key) && j < z.end && z.toks[j].gap && z.toks[j].upper && z.toks[j].word() &&
		z.g.surnames.has(z.toks[j].key) && !orgSuffixes()[z.toks[j].key] && !titleHeads()[z.toks[j].key] && !calendarWords()[z.toks[j].key] && z.g.phrases[z.toks[j].key] == nil
}

// expanded takes acronyms that the document has expanded.
func (z *recognizer) expanded(i int) int {
	f, ok := z.acronyms[z.toks[i].text]
	if !ok {
		return 0
	}
	z.add(i, i+1, f, feedmill.MentionAcronym, 0.9)
	return 1
}
