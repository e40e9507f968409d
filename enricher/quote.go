package enricher

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/feedmill/feedmill"
)

// quoteMarks maps opening marks to the marks that close them. A straight mark closes what a curly one opened, if need be.
func quoteMarks(s string) string {
	switch s {
	case "“":
		return "”"
	case `"`:
		return `"`
	case "‘":
		return "’"
	case "„":
		return "“”"
	case "«":
		return "»"
	case "»":
		return "«"
	case "「":
		return "」"
	case "『":
		return "』"
	case "《":
		return "》"
	case "〈":
		return "〉"
	case "‹":
		return "›"
	}
	return ""
}

const (
	// The longest quote, in tokens: beyond that a mark is taken for a stray one.
	maxQuote = 600
	// How far, in tokens, a cue and its subject may stand from the quote.
	maxCue = 30
	// How many tokens before a quote in its sentence are read.
	maxLead = 60
	// How many tokens of a sentence are read for whom a pronoun means, and how many people with titles.
	maxSentence = 200
	maxHolders  = 100
	// How many sentences back a pronoun's person is looked for.
	maxBack = 5
	// What nobody is said to have said needs so many words to be a quote and not a name or irony.
	loneQuote = 5
)

// quoted is what stands between marks, as tokens: from the first behind the opening mark to the closing mark, or to the
// end of the paragraph where none closes it and the next paragraph goes on with an opening mark.
type quoted struct {
	open, shut int
	goesOn     bool // into the next paragraph
	saying
}

// saying is who said something, and how that is stated.
type saying struct {
	who   *entity
	found bool
	cue   string
	text  string // the speaker as written
	// at is the token of the cue, -1 if there is none; behind tells that it follows the quote.
	at     int
	behind bool
}

// findQuotes finds what is quoted, directly or not, and who said it.
func findQuotes(ctx context.Context, d *document) error {
	d.r.Quotes = nil
	at := newMentionMap(d)
	for order, f := range d.fields {
		if err := ctx.Err(); err != nil {
			return err
		}
		q := &quoter{d: d, f: f, toks: f.tokens(), at: at[order], spoke: map[int]*entity{}, voice: map[int]bool{}}
		q.scan()
		if err := q.attribute(ctx); err != nil {
			return err
		}
		q.write()
	}
	return nil
}

// newMentionMap tells for each token of each field whose mention it belongs to.
func newMentionMap(d *document) [][]*placed {
	at := make([][]*placed, len(d.fields))
	for i, f := range d.fields {
		at[i] = make([]*placed, len(f.tokens()))
	}
	for _, e := range d.ents {
		for _, m := range e.mentions {
			pl := &placed{e, m}
			for i := m.from; i < m.to; i++ {
				at[m.order][i] = pl
			}
		}
	}
	return at
}

// quoter reads the quotes of one field.
type quoter struct {
	d    *document
	f    *field
	toks []token
	at   []*placed
	// spans are the quotes in marks; in[i] is one more than the index of the one that token i stands in.
	spans []quoted
	in    []int32
	// reported are the clauses without marks.
	reported []quoted
	// spoke tells who speaks in a sentence: nil for somebody without a name.
	spoke map[int]*entity
	// holders are the people with a title.
	holders []*entity
	// voice tells in which of them it is a spokesman who does.
	voice map[int]bool
}

// scan finds what stands between marks.
func (q *quoter) scan() {
	q.in = make([]int32, len(q.toks))
	stray := map[string]int{} // up to which token a mark is known not to be closed
	for i := 0; i < len(q.toks); i++ {
		t := &q.toks[i]
		if t.kind != kindPunct {
			continue
		}
		marks := quoteMarks(t.text)
		if marks == "" || i < stray[t.text] || !q.opens(i) {
			continue
		}
		j, end := q.closing(i, marks)
		goesOn := false
		if j < 0 {
			// “… / “… ”: the next paragraph opens again what this one has not closed.
			if end < len(q.toks) && q.toks[end].is(t.text) && end-i <= maxQuote && !t.is("‘") && end > i+2 {
				j, goesOn = end, true
			} else {
				stray[t.text] = end
				continue
			}
		}
		if j > i+1 {
			q.spans = append(q.spans, quoted{open: i, shut: j, goesOn: goesOn})
			for k := i; k < min(j+1, len(q.toks)) && (k < j || !goesOn); k++ {
				q.in[k] = int32(len(q.spans))
			}
		}
		if goesOn {
			i = j - 1
		} else {
			i = j
		}
	}
}

// opens tells whether a mark opens a quote: not one that closes before a word, as in 5'10" or ‘90s.
func (q *quoter) opens(i int) bool {
	t := &q.toks[i]
	if t.is(`"`) && i > 0 && !t.gap && q.toks[i-1].kind == kindNumber {
		return false
	}
	if t.is("‘") {
		return i+1 < len(q.toks) && !q.toks[i+1].gap && q.toks[i+1].kind == kindWord && (i == 0 || t.gap || q.toks[i-1].kind == kindPunct)
	}
	return true
}

// closing returns the index of the mark that closes the one at i, -1 if there is none in the paragraph, and how far was
// looked.
func (q *quoter) closing(i int, marks string) (at, end int) {
	straight := -1
	j := i + 1
	for ; j < len(q.toks) && j-i <= maxQuote; j++ {
		t := &q.toks[j]
		if t.line && j > i+1 {
			break
		}
		if t.kind != kindPunct {
			continue
		}
		if strings.Contains(marks, t.text) {
			if t.is("’") && !q.closesSingle(j) {
				continue
			}
			return j, j
		}
		if straight < 0 && t.is(`"`) && !t.gap && q.toks[i].is("“") {
			straight = j
		}
	}
	return straight, j
}

// closesSingle tells whether ’ at j closes a quote and is no apostrophe: "the players’ union".
func (q *quoter) closesSingle(j int) bool {
	if q.toks[j].gap {
		return false
	}
	prev := &q.toks[j-1]
	if prev.kind == kindPunct {
		return true
	}
	return j+1 >= len(q.toks) || q.toks[j+1].kind == kindPunct || !strings.HasSuffix(prev.key, "s") && q.toks[j+1].gap
}

// attribute goes through the sentences in order, and says of each quote that opens in it, and of each reported clause,
// who said it.
func (q *quoter) attribute(ctx context.Context) error {
	next := 0
	for s, sent := range q.f.sentences() {
		if s%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		for next < len(q.spans) && q.spans[next].open < sent.to {
			x := &q.spans[next]
			x.saying = q.who(next)
			if x.found && (x.who != nil || q.somebody(x.text)) {
				q.spoke[s] = x.who
				q.spoke[q.f.sentenceAt(min(x.shut, len(q.toks)-1))] = x.who
			}
			next++
		}
		if q.d.english() {
			q.report(s, sent)
		}
	}
	// A quote over several paragraphs is of one speaker, who may be named at its end only.
	for i := len(q.spans) - 2; i >= 0; i-- {
		if q.spans[i].goesOn && !q.spans[i].found && q.spans[i+1].found {
			q.spans[i].saying = q.spans[i+1].saying
		}
	}
	return nil
}

// who tells who said the i-th quote.
func (q *quoter) who(i int) saying {
	x := &q.spans[i]
	if !q.d.english() {
		s := q.foreign(x.open, x.shut)
		if s.found && s.text == "" {
			// “…”, añadió: who has just spoken.
			for p := i - 1; p >= 0 && p >= i-2 && s.text == ""; p-- {
				s.who, s.text = q.spans[p].who, q.spans[p].text
			}
		}
		if s.found {
			return s
		}
		return q.goneOn(i)
	}
	if i > 0 && q.spans[i-1].goesOn && q.spans[i-1].found {
		return q.spans[i-1].saying
	}
	if !x.goesOn {
		if s := q.after(x.open, x.shut); s.found {
			s.behind = true
			return s
		}
	}
	if s := q.before(x.open, x.shut); s.found {
		return s
	}
	return q.goneOn(i)
}

// goneOn gives a quote that has no cue of its own the speaker of the one before it: “…,” he said. “…”, or of the
// paragraph before, if it is a paragraph by itself.
func (q *quoter) goneOn(i int) saying {
	x := &q.spans[i]
	s := q.f.sentenceAt(x.open)
	if q.f.sentences()[s].from != x.open {
		return saying{}
	}
	if i > 0 {
		p := &q.spans[i-1]
		if p.found && !p.goesOn && q.sameParagraph(p.shut, x.open) && x.open-p.shut <= maxCue && q.f.sentenceAt(x.open-1)-q.f.sentenceAt(p.shut) <= 1 {
			return saying{found: true, at: -1, who: p.who, text: p.text}
		}
	}
	alone := q.toks[x.open].line && (x.shut+1 >= len(q.toks) || q.toks[x.shut+1].line || x.goesOn)
	if s == 0 || !alone && q.toks[x.open].line {
		return saying{}
	}
	if who := q.spoke[s-1]; who != nil {
		return saying{found: true, at: -1, who: who, text: who.name}
	}
	if !alone {
		return saying{}
	}
	if i > 0 {
		// The paragraph before ends in a quote whose speaker was named within it: “…,” she said. “…”
		if p := &q.spans[i-1]; p.found && p.who != nil && x.open-p.shut <= 2 {
			return saying{found: true, at: -1, who: p.who, text: p.text}
		}
	}
	return saying{}
}

// somebody tells whether the speaker as written is a person without a name: "a source", "one official".
func (q *quoter) somebody(text string) bool {
	first, _, _ := strings.Cut(strings.ToLower(text), " ")
	return first == "a" || first == "an" || first == "one" || first == "another"
}

func (q *quoter) sameParagraph(i, j int) bool {
	for k := i + 1; k <= j; k++ {
		if q.toks[k].line {
			return false
		}
	}
	return true
}

// write adds the field's quotes to the record, in the order of the text.
func (q *quoter) write() {
	var out []feedmill.Quote
	add := func(x *quoted, from, to int, direct bool) {
		if to <= from {
			return
		}
		start, end := q.toks[from].start, q.toks[to-1].end
		o := feedmill.Quote{Span: q.f.span(start, end), Text: q.f.slice(start, end), Direct: direct, Cue: x.cue, SpeakerText: x.text}
		if x.who != nil {
			id := x.who.id
			o.Speaker = &id
		}
		out = append(out, o)
	}
	for i := range q.spans {
		x := &q.spans[i]
		if q.isQuote(x) {
			add(x, x.open+1, x.shut, true)
		}
	}
	for i := range q.reported {
		x := &q.reported[i]
		add(x, x.open, x.shut, false)
	}
	slices.SortStableFunc(out, func(a, b feedmill.Quote) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	q.d.r.Quotes = append(q.d.r.Quotes, out...)
}

// isQuote tells whether what stands between marks was said, and is no name, title or irony.
func (q *quoter) isQuote(x *quoted) bool {
	words, upper, lower := 0, 0, 0
	for i := x.open + 1; i < x.shut; i++ {
		t := &q.toks[i]
		if t.kind != kindWord {
			continue
		}
		words++
		switch {
		case t.upper:
			upper++
		case len(t.key) > 3 || !functionWords()[t.key]:
			lower++
		}
	}
	last := q.toks[x.shut-1].text
	title := upper > 0 && lower == 0 && words <= 8 && last != "!" && last != "?"
	if x.found {
		switch {
		case words == 0:
			return false
		case q.led(x):
			return true
		case title: // named in what somebody says: said on “Meet the Press”
			return words < 2 && x.who != nil
		}
		return x.who != nil || words > 2
	}
	if title {
		return false
	}
	switch last {
	case ".", "!", "?", "…":
		if x.shut-x.open > 2 && words >= 2 && (!q.toks[x.open+1].upper || words >= loneQuote) {
			return true
		}
	case ",":
		if words >= 3 && q.toks[x.open+1].upper {
			return true
		}
	}
	if !q.spaced(x) {
		return x.shut-x.open > loneQuote || words >= 2
	}
	if words >= 3 && q.toks[x.open+1].upper && x.shut+1 < len(q.toks) && q.toks[x.shut+1].is(",") {
		return true
	}
	return words > loneQuote
}

// led tells whether a colon or comma announces the quote, or its cue follows it.
func (q *quoter) led(x *quoted) bool {
	if x.open > 0 && (q.toks[x.open-1].is(":") || q.toks[x.open-1].is(",") && saidWord(q.toks[max(0, x.open-2)].key)) {
		return true
	}
	return x.behind
}

// spaced tells whether the quote's script parts words by spaces.
func (q *quoter) spaced(x *quoted) bool {
	for i := x.open + 1; i < x.shut; i++ {
		if q.toks[i].gap {
			return true
		}
	}
	return x.shut-x.open <= 2
}
