package enricher

import (
	"context"

	"github.com/feedmill/feedmill"
)

// quoteMarks maps opening marks to the marks that close them.
func quoteMarks(s string) string {
	switch s {
	case "“":
		return "”"
	case `"`:
		return `"`
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
)

// findQuotes finds what stands between quotation marks, and who said it.
func findQuotes(ctx context.Context, d *document) error {
	d.r.Quotes = nil
	q := &quoter{d: d, roles: newMentionMap(d)}
	for order, f := range d.fields {
		if err := ctx.Err(); err != nil {
			return err
		}
		q.lastOrg, q.lastPerson, q.lastSpeaker, q.lastTo = nil, nil, nil, -1
		q.field(order, f)
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

type quoter struct {
	d     *document
	roles [][]*placed
	order int
	f     *field
	toks  []token
	// lastOrg and lastPerson spoke last; lastSpeaker said the quote that ended at token lastTo.
	lastOrg, lastPerson, lastSpeaker *entity
	lastTo                           int
	lastText                         string
}

func (q *quoter) field(order int, f *field) {
	q.order, q.f, q.toks = order, f, f.tokens()
	stray := map[string]int{} // up to which token a mark is known not to be closed
	for i := 0; i < len(q.toks); i++ {
		marks := quoteMarks(q.toks[i].text)
		if marks == "" || i < stray[q.toks[i].text] {
			q.noteSpeaker(i)
			continue
		}
		// An inner mark that closes before a word opens nothing: 5'10" tall.
		if q.toks[i].is(`"`) && i > 0 && !q.toks[i].gap && q.toks[i-1].kind == kindNumber {
			continue
		}
		j := q.closing(i, marks)
		if j < 0 {
			stray[q.toks[i].text] = q.searched(i)
			continue
		}
		if j > i+1 {
			q.add(i, j)
		}
		i = j
	}
}

// closing returns the index of the mark that closes the one at i, -1 if there is none in the paragraph.
func (q *quoter) closing(i int, marks string) int {
	for j := i + 1; j < len(q.toks) && j-i <= maxQuote; j++ {
		t := &q.toks[j]
		if t.line && j > i+1 {
			return -1
		}
		if t.kind == kindPunct && contains(marks, t.text) {
			return j
		}
	}
	return -1
}

// searched returns how far closing has looked for the mark at i in vain.
func (q *quoter) searched(i int) int {
	j := i + 1
	for j < len(q.toks) && j-i <= maxQuote && (!q.toks[j].line || j == i+1) {
		j++
	}
	return j
}

func contains(marks, s string) bool {
	for _, r := range marks {
		if string(r) == s {
			return true
		}
	}
	return false
}

func (q *quoter) add(open, shut int) {
	from, to := open+1, shut
	start, end := q.toks[from].start, q.toks[to-1].end
	out := feedmill.Quote{Span: q.f.span(start, end), Text: q.f.slice(start, end), Direct: true}
	who, said := q.attribute(open, shut)
	words := 0
	for _, t := range q.toks[from:to] {
		if t.kind == kindWord {
			words++
		}
	}
	// One or two words in marks with nobody to say them are a name or irony, not something said.
	if !said.found && words < 2 {
		return
	}
	if said.found {
		out.Cue = said.cue
		out.SpeakerText = said.text
		if who != nil {
			id := who.id
			out.Speaker = &id
			q.spoke(who)
		}
		q.lastSpeaker, q.lastText, q.lastTo = who, said.text, shut
	}
	d := q.d
	d.r.Quotes = append(d.r.Quotes, out)
}

type attribution struct {
	found     bool
	cue, text string
}

// attribute finds who said the quote between the marks at open and shut.
func (q *quoter) attribute(open, shut int) (*entity, attribution) {
	if e, a := q.after(shut); a.found {
		return e, a
	}
	if e, a := q.before(open); a.found {
		return e, a
	}
	// A quote that goes on in the same paragraph is of the same speaker: “…,” he said. “…”
	if q.lastTo >= 0 && q.sameParagraph(q.lastTo, open) && open-q.lastTo <= maxCue && q.startsSentence(open) {
		return q.lastSpeaker, attribution{found: q.lastSpeaker != nil || q.lastText != "", text: q.lastText}
	}
	return nil, attribution{}
}

func (q *quoter) startsSentence(i int) bool {
	return q.f.sentences()[q.f.sentenceAt(i)].from == i
}

func (q *quoter) sameParagraph(i, j int) bool {
	for k := i + 1; k <= j; k++ {
		if q.toks[k].line {
			return false
		}
	}
	return true
}

// after reads what follows the quote: “…,” the ministry said; “…,” said Kim.
func (q *quoter) after(shut int) (*entity, attribution) {
	inner := shut - 1
	if inner < 0 || !(q.toks[inner].is(",") || q.toks[inner].is("?") || q.toks[inner].is("!") || shut+1 < len(q.toks) && q.toks[shut+1].is(",")) {
		return nil, attribution{}
	}
	i := shut + 1
	if i < len(q.toks) && q.toks[i].is(",") {
		i++
	}
	end := q.clauseEnd(i)
	for v := i; v < end; v++ {
		if !q.verb(v) {
			continue
		}
		if v == i {
			// said Kim, said the ministry
			for k := v + 1; k < end && k < v+9; k++ {
				if pl := q.roles[q.order][k]; pl != nil && speaker(pl.e) && !q.partOfTitle(k, end) {
					return pl.e, q.said(v, v+1, k, pl.m.to)
				}
			}
			return q.pronounAfter(v, end)
		}
		e, from, to := q.subject(i, v)
		a := q.said(v, v+1, from, to)
		return e, a
	}
	return nil, attribution{}
}

// partOfTitle tells whether a mention only belongs to the title of a person behind it: "said Samsung chairman Lee".
func (q *quoter) partOfTitle(k, end int) bool {
	pl := q.roles[q.order][k]
	if pl.e.typ == feedmill.TypePerson {
		return false
	}
	j := pl.m.to
	if j < end && q.toks[j].kind == kindPossessive {
		j++
	}
	n := titleAt(q.toks, j, end)
	return n > 0 && j+n < end && q.roles[q.order][j+n] != nil && q.roles[q.order][j+n].e.typ == feedmill.TypePerson
}

// clauseEnd returns where the clause that starts at i ends: at the sentence's end or the next quote.
func (q *quoter) clauseEnd(i int) int {
	j := i
	for j < len(q.toks) && j-i < maxCue {
		t := &q.toks[j]
		if t.line || sentenceEnd(t.text) || quoteMarks(t.text) != "" {
			break
		}
		j++
	}
	return j
}

// verb tells whether token v is a verb of saying in the past or present, not a noun behind an article.
func (q *quoter) verb(v int) bool {
	return speechVerbs()[q.toks[v].key] && !q.toks[v].upper
}

// subject finds who speaks among the tokens from i up to the verb v: the last person or organization, else what
// "the statement", "it", "he" stand for.
func (q *quoter) subject(i, v int) (e *entity, from, to int) {
	for k := v - 1; k >= i; k-- {
		if pl := q.roles[q.order][k]; pl != nil && speaker(pl.e) {
			// An apposition behind a comma belongs to the name before it: "Mullen, chairman of the Joint Chiefs, said".
			if head := q.headOf(i, pl.m.from); head != nil {
				return head.e, head.m.from, head.m.to
			}
			return pl.e, pl.m.from, pl.m.to
		}
		if k > i && q.toks[k].kind == kindPossessive {
			break
		}
	}
	for k := v - 1; k >= i; k-- {
		switch q.toks[k].key {
		case "it", "statement", "release", "communique", "report", "they":
			return q.lastOrg, max(i, k-articleBefore(q.toks, k)), k + 1
		case "he", "she":
			return q.lastPerson, k, k + 1
		}
	}
	return nil, i, v
}

func articleBefore(toks []token, k int) int {
	if k > 0 && toks[k-1].key == "the" {
		return 1
	}
	return 0
}

// headOf returns the person before the comma that starts the apposition in which the mention at token k stands.
func (q *quoter) headOf(i, k int) *placed {
	for j := k - 1; j > i; j-- {
		if !q.toks[j].is(",") {
			if speechVerbs()[q.toks[j].key] {
				return nil
			}
			continue
		}
		if pl := q.roles[q.order][j-1]; pl != nil && pl.e.typ == feedmill.TypePerson && titleSoon(q.toks, j+1, k) {
			return pl
		}
	}
	return nil
}

func titleSoon(toks []token, from, to int) bool {
	for i := from; i < to && i < from+4; i++ {
		if titleAt(toks, i, to) > 0 {
			return true
		}
	}
	return false
}

func (q *quoter) pronounAfter(v, end int) (*entity, attribution) {
	for k := v + 1; k < end && k < v+3; k++ {
		switch q.toks[k].key {
		case "he", "she":
			return q.lastPerson, q.said(v, v+1, k, k+1)
		case "it", "statement":
			return q.lastOrg, q.said(v, v+1, k, k+1)
		}
	}
	return nil, attribution{}
}

func (q *quoter) said(cueFrom, cueTo, from, to int) attribution {
	a := attribution{found: true, cue: q.f.slice(q.toks[cueFrom].start, q.toks[cueTo-1].end)}
	if to > from {
		a.text = q.f.slice(q.toks[from].start, q.toks[to-1].end)
	}
	return a
}

// before reads what leads to the quote in its sentence: Kim said: “…”; Mullen expressed hope that … “…”.
func (q *quoter) before(open int) (*entity, attribution) {
	start := q.f.sentences()[q.f.sentenceAt(open)].from
	start = max(start, open-2*maxCue)
	for v := open - 1; v > start; v-- {
		if quoteMarks(q.toks[v].text) != "" && !q.toks[v].is(`"`) {
			break
		}
		if !q.verb(v) {
			continue
		}
		e, from, to := q.subject(start, v)
		if e == nil && from == start && to == v {
			// "Defense officials say …": somebody without a name
			return nil, attribution{}
		}
		return e, q.said(v, v+1, from, to)
	}
	return nil, attribution{}
}

func speaker(e *entity) bool {
	return e.typ == feedmill.TypePerson || e.typ == feedmill.TypeOrganization
}

// noteSpeaker remembers who says something without marks: "it said", "Kim added", for the pronouns that follow.
func (q *quoter) noteSpeaker(i int) {
	if !q.toks[i].word() || !q.verb(i) {
		return
	}
	start := max(q.f.sentences()[q.f.sentenceAt(i)].from, i-12)
	for k := i - 1; k >= start; k-- {
		if pl := q.roles[q.order][k]; pl != nil && speaker(pl.e) {
			q.spoke(pl.e)
			return
		}
	}
}

func (q *quoter) spoke(e *entity) {
	if e.typ == feedmill.TypePerson {
		q.lastPerson = e
	} else {
		q.lastOrg = e
	}
}
