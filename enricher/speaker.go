package enricher

import (
	"strings"

	"github.com/feedmill/feedmill"
)

// speaker tells whether an entity can say something.
func speaker(e *entity) bool {
	return e.typ == feedmill.TypePerson || e.typ == feedmill.TypeOrganization
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

// verb tells whether token v is a word of saying, and no noun behind an article.
func (q *quoter) verb(v int) bool {
	t := &q.toks[v]
	if t.kind != kindWord || t.upper || !saidWord(t.key) {
		return false
	}
	if v > 0 {
		switch q.toks[v-1].key {
		case "the", "a", "an", "no", "any", "his", "her", "their", "its", "to", "of":
			return false
		}
		if q.toks[v-1].kind == kindPossessive {
			return false
		}
	}
	if nounOfSaying(t.key) {
		return v > 0 && (q.at[v-1] != nil || q.toks[v-1].key == "he" || q.toks[v-1].key == "she" || q.toks[v-1].key == "it" || q.toks[v-1].key == "who")
	}
	return true
}

// nounOfSaying tells whether a word is more often a noun than a verb of saying.
func nounOfSaying(k string) bool {
	switch k {
	case "estimates", "reports", "notes", "states", "demands", "comments", "terms", "calls", "answers", "claim", "call", "report", "note", "hopes", "promises",
		"pledges", "stress", "read", "wants", "posted", "proposed":
		return true
	}
	return false
}

// undergone tells whether what the verb says is done to its subject: "was told", "is reported to".
func (q *quoter) undergone(v int) bool {
	for j := v - 1; j >= 0 && j >= v-2; j-- {
		switch q.toks[j].key {
		case "was", "were", "is", "are", "be", "been", "being":
			return true
		}
		if !quietVerbs()[q.toks[j].key] {
			return false
		}
	}
	return false
}

func (q *quoter) said(v, from, to int, who *entity) saying {
	s := saying{found: true, who: who, at: v}
	if v >= 0 {
		s.cue = q.f.slice(q.toks[v].start, q.toks[v].end)
	}
	if to > from && from >= 0 {
		s.text = q.f.slice(q.toks[from].start, q.toks[to-1].end)
	}
	return s
}

// after reads what follows the quote: “…,” the ministry said; “…,” said Kim; “…”, according to Kim.
func (q *quoter) after(open, shut int) saying {
	i := shut + 1
	if i >= len(q.toks) || q.toks[i].line {
		return saying{}
	}
	inner := &q.toks[shut-1]
	free := inner.is(",") || inner.is("?") || inner.is("!") || inner.is("—") || inner.is("…") || inner.is("-") || inner.is("–")
	if t := &q.toks[i]; t.is(",") || t.is("—") || t.is("–") || t.is("-") {
		i++
		free = true
	}
	end := q.clauseEnd(i)
	if i >= end {
		return saying{}
	}
	if q.toks[i].key == "according" && i+1 < end && q.toks[i+1].key == "to" {
		who, from, to := q.named(i+2, end)
		return q.said(i, from, to, who)
	}
	for v := i; v < end; v++ {
		if !q.verb(v) || callingVerbs()[q.toks[v].key] || sayingNow()[q.toks[v].key] && !free {
			continue
		}
		if v == i {
			if k := q.toks[v].key; k == "told" || k == "tells" || v+1 < end && q.toks[v+1].key == "that" {
				continue
			}
			who, from, to := q.subjectAfter(v, end)
			if from < 0 && !free {
				return saying{}
			}
			return q.said(v, from, to, who)
		}
		if sayingNow()[q.toks[v].key] {
			return saying{}
		}
		if !free && v-i > 6 {
			return saying{}
		}
		who, from, to := q.subject(i, v)
		if !free && who == nil {
			return saying{}
		}
		return q.said(v, from, to, who)
	}
	return saying{}
}

// before reads what leads to the quote in its sentence: Kim said: “…”; Mullen expressed hope that … “…”; in Kim's words.
func (q *quoter) before(open, shut int) saying {
	s := q.f.sentenceAt(open)
	start := q.f.sentences()[s].from
	if start == open {
		// Allegations were denied: / “…”
		if open == 0 || !q.toks[open-1].is(":") {
			return saying{}
		}
		start = q.f.sentences()[q.f.sentenceAt(open-1)].from
	}
	start = max(start, open-maxLead)
	var rest saying
	for v := open - 1; v >= start; v-- {
		if q.in[v] != 0 {
			continue
		}
		t := &q.toks[v]
		if t.key == "according" && v+1 < open && q.toks[v+1].key == "to" {
			who, from, to := q.named(v+2, open)
			return q.said(v, from, to, who)
		}
		if t.key == "words" {
			if r := q.inTheWords(v, start, open); r.found {
				return r
			}
		}
		if !q.verb(v) {
			continue
		}
		if sayingNow()[t.key] {
			who, from, to := q.participle(start, v)
			if who == nil && open-v > 8 {
				return rest
			}
			return q.said(v, from, to, who)
		}
		if q.passive(v, start) {
			if v+2 < len(q.toks) && q.toks[v+1].key == "as" && sayingNow()[q.toks[v+2].key] {
				who, from, to := q.subject(start, v)
				return q.said(v, from, to, who)
			}
			if who, from, to := q.agent(v, open, shut); who != nil {
				return q.said(v, from, to, who)
			}
			return rest
		}
		if q.undergone(v) {
			continue
		}
		who, from, to := q.subject(start, v)
		if who != nil {
			return q.said(v, from, to, who)
		}
		// Somebody without a name: what stands further to the left may name who reports it.
		if !rest.found && from >= 0 && (q.toks[open-1].is(":") || q.toks[open-1].is(",") || q.toks[open-1].key == "that" || open-v <= 3) {
			rest = q.said(v, from, to, nil)
		}
		if rest.found && !callingVerbs()[t.key] {
			return rest
		}
	}
	return rest
}

// participle finds the subject of a participle: the name right before it, else the subject of the sentence.
func (q *quoter) participle(start, v int) (who *entity, from, to int) {
	if v > start && q.toks[v-1].kind == kindWord && !quietVerbs()[q.toks[v-1].key] && q.toks[v-1].key != "by" && q.toks[v-1].key != "and" {
		if who, from, to = q.subject(start, v); who != nil || q.at[v-1] == nil {
			return who, from, to
		}
	}
	return q.mainSubject(start, v)
}

// inTheWords reads "in Kim's words, “…”" and "in the words of Kim, “…”" around the token "words".
func (q *quoter) inTheWords(w, start, open int) saying {
	if w > start+1 && q.toks[w-1].kind == kindPossessive {
		if pl := q.at[w-2]; pl != nil && speaker(pl.e) {
			return q.said(w, pl.m.from, pl.m.to, pl.e)
		}
	}
	if w+1 < open && q.toks[w+1].key == "of" {
		who, from, to := q.named(w+2, open)
		if who != nil {
			return q.said(w, from, to, who)
		}
	}
	return saying{}
}

// passive tells whether the verb is one that is done to its subject: "was described as".
func (q *quoter) passive(v, start int) bool {
	k := q.toks[v].key
	if !callingVerbs()[k] && k != "quoted" || !strings.HasSuffix(k, "ed") {
		return false
	}
	if v == start {
		return true
	}
	for j := v - 1; j >= start && j >= v-3; j-- {
		switch q.toks[j].key {
		case "was", "were", "is", "are", "be", "been", "being", "so-":
			return true
		case "has", "had", "have":
			return false
		}
	}
	return false
}

// agent finds who is named with "by" behind a passive verb, or right behind the quote.
func (q *quoter) agent(v, open, shut int) (who *entity, from, to int) {
	for j := v + 1; j < open && j < v+8; j++ {
		if q.toks[j].key == "by" {
			return q.named(j+1, open)
		}
	}
	if shut+2 < len(q.toks) && q.toks[shut+1].key == "by" {
		return q.named(shut+2, q.clauseEnd(shut+2))
	}
	return nil, -1, -1
}

// named returns the person, else the organization, that is named from token i on, before the next comma behind a name.
func (q *quoter) named(i, end int) (who *entity, from, to int) {
	var org *placed
	first := i
	for k := i; k < end && k < i+14; k++ {
		pl := q.at[k]
		if pl == nil || !speaker(pl.e) || q.in[k] != 0 {
			if q.toks[k].is(",") && org != nil && !q.personSoon(k+1, end) {
				break
			}
			if q.toks[k].key == "the" && k == first {
				first++
			}
			if k == i && (q.toks[k].key == "he" || q.toks[k].key == "she") {
				return q.pronoun(k), k, k + 1
			}
			continue
		}
		if pl.e.typ == feedmill.TypePerson {
			return pl.e, pl.m.from, pl.m.to
		}
		if org == nil {
			org = pl
		}
		k = pl.m.to - 1
	}
	if org != nil && (org.m.from == first || org.m.from == i) {
		return org.e, org.m.from, org.m.to
	}
	if who := q.definite(i, min(end, i+6)); who != nil {
		return who, i, min(end, i+2)
	}
	return nil, i, min(end, i+3)
}

// personSoon tells whether an apposition names a person: "the team's coach, Alireza Mehraban".
func (q *quoter) personSoon(i, end int) bool {
	for k := i; k < end && k < i+3; k++ {
		if pl := q.at[k]; pl != nil && pl.e.typ == feedmill.TypePerson {
			return true
		}
	}
	return false
}

// subjectAfter finds the subject behind its verb: "said Kim", "said Samsung chairman Lee", "said the ministry".
func (q *quoter) subjectAfter(v, end int) (who *entity, from, to int) {
	i := v + 1
	if i >= end {
		return nil, -1, -1
	}
	switch q.toks[i].key {
	case "he", "she":
		return q.pronoun(i), i, i + 1
	case "it", "they":
		return q.organizationBefore(i, ""), i, i + 1
	}
	var org *placed
	spokes := false
	stop := min(end, i+10)
	for k := i; k < stop; k++ {
		t := &q.toks[k]
		if t.is(",") || t.is(";") || t.is("(") {
			stop = k
			break
		}
		if whoSpeaksFor(t.key) {
			spokes = true
		}
		pl := q.at[k]
		if pl == nil || !speaker(pl.e) {
			continue
		}
		if pl.e.typ == feedmill.TypePerson {
			return pl.e, pl.m.from, pl.m.to
		}
		if org == nil {
			org = pl
		}
		k = pl.m.to - 1
	}
	if org != nil {
		lead := org.m.from == i || org.m.from == i+1 && q.toks[i].key == "the"
		behind := org.m.to
		if spokes || lead && (behind >= end || q.toks[behind].kind != kindWord || q.toks[behind].key == "in" || q.toks[behind].key == "on") {
			return org.e, org.m.from, org.m.to
		}
		return nil, i, stop
	}
	if stop <= i {
		return nil, -1, -1
	}
	return q.definite(i, stop), i, stop
}

// subject finds who speaks before the verb v, among the tokens from lo up to it. Without a name from and to are what is
// written, and -1 if there is nothing.
func (q *quoter) subject(lo, v int) (who *entity, from, to int) {
	j := v - 1
	for j >= lo && (quietVerbs()[q.toks[j].key] || strings.HasSuffix(q.toks[j].key, "ly") && !q.toks[j].upper || q.toks[j].kind == kindNumber) && q.at[j] == nil {
		if q.toks[j].key == "who" || q.toks[j].key == "which" {
			j--
			if j >= lo && q.toks[j].is(",") {
				j--
			}
			break
		}
		j--
	}
	if j < lo || q.in[j] != 0 {
		return nil, -1, -1
	}
	t := &q.toks[j]
	if t.is(",") || t.is(")") || t.is("–") || t.is("—") {
		return q.apposed(lo, j)
	}
	switch t.key {
	case "and", "but", "or":
		return q.mainSubject(lo, j)
	case "he", "she":
		return q.pronoun(j), j, j + 1
	case "it", "they":
		return q.organizationBefore(j, ""), j, j + 1
	case "i", "we", "you", "that", "there":
		return nil, j, j + 1
	}
	if pl := q.at[j]; pl != nil {
		return q.headOf(lo, pl)
	}
	np := q.phraseStart(lo, j)
	// "the ministry spokesman", "Samsung's lawyer"
	if whoSpeaksFor(t.key) {
		for k := j; k >= np; k-- {
			if pl := q.at[k]; pl != nil && pl.e.typ == feedmill.TypeOrganization {
				return pl.e, np, j + 1
			}
		}
	}
	if who := q.definite(np, j+1); who != nil {
		return who, np, j + 1
	}
	return nil, np, j + 1
}

// headOf returns the speaker of the phrase that ends with a mention: the mention itself, or the one it only belongs to:
// "a spokesman for the ministry", "John Miller of the university".
func (q *quoter) headOf(lo int, pl *placed) (who *entity, from, to int) {
	if pl.e.typ == feedmill.TypePerson {
		return pl.e, pl.m.from, pl.m.to
	}
	k := pl.m.from - 1
	if k >= lo && q.toks[k].key == "the" {
		k--
	}
	if k > lo {
		switch q.toks[k].key {
		case "for", "of", "at", "from", "with", "in", "to":
			if head := q.at[k-1]; head != nil && speaker(head.e) {
				return head.e, head.m.from, head.m.to
			}
			if whoSpeaksFor(q.toks[k-1].key) && speaker(pl.e) {
				return pl.e, pl.m.from, pl.m.to
			}
			return nil, q.phraseStart(lo, k-1), pl.m.to
		}
	}
	if !speaker(pl.e) {
		return nil, pl.m.from, pl.m.to
	}
	return pl.e, pl.m.from, pl.m.to
}

// apposed finds the name before the comma that opens an apposition which ends at the mark j: "Mullen, chairman of the
// Joint Chiefs, said".
func (q *quoter) apposed(lo, j int) (who *entity, from, to int) {
	var org *placed
	for k := j; k > lo; k-- {
		t := &q.toks[k]
		if k < j && (saidWord(t.key) && sayingVerbs()[t.key] && !t.upper || q.in[k] != 0) {
			break
		}
		if !t.is(",") && !t.is("(") && !t.is("–") && !t.is("—") {
			continue
		}
		pl := q.at[k-1]
		if pl == nil || pl.m.to != k {
			continue
		}
		if pl.e.typ == feedmill.TypePerson {
			return pl.e, pl.m.from, pl.m.to
		}
		if org == nil && pl.e.typ == feedmill.TypeOrganization && k < j {
			org = pl
		}
	}
	if org != nil {
		return q.headOf(lo, org)
	}
	// "Defense chief Kim, … , said" without a comma that a name stands before.
	for k := lo; k < j; k++ {
		if pl := q.at[k]; pl != nil && pl.e.typ == feedmill.TypePerson && q.in[k] == 0 {
			return pl.e, pl.m.from, pl.m.to
		}
	}
	return nil, -1, -1
}

// phraseStart returns the first token of the noun phrase that ends with token j.
func (q *quoter) phraseStart(lo, j int) int {
	k := j
	for k > lo && k > j-8 {
		p := &q.toks[k-1]
		if p.kind != kindWord && p.kind != kindPossessive || saidWord(p.key) && !p.upper || q.in[k-1] != 0 {
			break
		}
		switch p.key {
		case "and", "but", "or", "that", "when", "while", "as", "because", "if", "after", "before", "in", "on", "meanwhile", "however":
			return k
		case "the", "a", "an", "one", "his", "her", "their", "its":
			return k - 1
		}
		k--
	}
	return k
}

// definite tells what "the president", "the ministry", "the center" stand for, among the names before.
func (q *quoter) definite(np, end int) *entity {
	if np >= end || q.toks[np].key != "the" && q.toks[np].key != "its" || np+1 >= end {
		return nil
	}
	head := q.toks[np+1].key
	for k := np + 1; k < end && q.toks[k].kind == kindWord; k++ {
		if q.toks[k].key == "of" || q.toks[k].key == "in" || q.toks[k].key == "for" {
			break
		}
		head = q.toks[k].key
	}
	switch {
	case organizationNouns()[head]:
		return q.organizationBefore(np, head)
	case titleHeads()[head] && !whoSpeaksFor(head):
		country := ""
		for k := np; k < end; k++ {
			if pl := q.at[k]; pl != nil && pl.e.iso != "" {
				country = pl.e.iso
			}
		}
		return q.titled(head, country)
	}
	return nil
}

// titled returns the one person who has that title, of that country if one is named.
func (q *quoter) titled(title, country string) *entity {
	if q.holders == nil {
		q.holders = make([]*entity, 0, maxHolders)
		for _, e := range q.d.ents {
			if len(q.holders) < maxHolders && e.typ == feedmill.TypePerson && len(e.roles) > 0 {
				q.holders = append(q.holders, e)
			}
		}
	}
	var best *entity
	for _, e := range q.holders {
		if !e.has(title, country) {
			continue
		}
		if best != nil {
			return nil // two of that title
		}
		best = e
	}
	return best
}

// has tells whether a person has a title, of that country if one is given.
func (e *entity) has(title, country string) bool {
	for _, r := range e.roles {
		if strings.Contains(strings.ToLower(" "+r.title+" "), " "+title+" ") && (country == "" || r.of != nil && r.of.iso == country || r.ofKey == "country:"+country) {
			return true
		}
	}
	return false
}

// organizationBefore returns the last organization named before token i that the noun may stand for, "" for any.
func (q *quoter) organizationBefore(i int, noun string) *entity {
	s := q.f.sentenceAt(i)
	for n := s; n >= 0 && n > s-2*maxBack; n-- {
		if e := q.spoke[n]; e != nil && noun == "" && n < s {
			if e.typ == feedmill.TypeOrganization {
				return e
			}
			return nil // "it" after what a person said is no organization that speaks
		}
		sent := q.f.sentences()[n]
		last := min(sent.to, i)
		for k := last - 1; k >= max(sent.from, last-maxSentence); k-- {
			pl := q.at[k]
			if pl == nil || pl.e.typ != feedmill.TypeOrganization {
				continue
			}
			if noun == "" || bareOrganizationNouns()[noun] || strings.Contains(strings.ToLower(pl.e.name), noun) {
				return pl.e
			}
			k = pl.m.from
		}
	}
	return nil
}

// mainSubject returns the subject of the sentence for a participle at v: the first speaker named, or its pronoun.
func (q *quoter) mainSubject(start, v int) (who *entity, from, to int) {
	for k := start; k < v; k++ {
		if q.in[k] != 0 {
			continue
		}
		switch q.toks[k].key {
		case "he", "she":
			return q.pronoun(k), k, k + 1
		}
		if pl := q.at[k]; pl != nil && speaker(pl.e) {
			if pl.m.to < v && q.toks[pl.m.to].kind == kindPossessive {
				k = pl.m.to
				continue
			}
			return pl.e, pl.m.from, pl.m.to
		}
	}
	return nil, -1, -1
}

// pronoun returns whom "he" or "she" at token i means: the first person of its sentence, else who spoke or was named first
// in the sentences before.
func (q *quoter) pronoun(i int) *entity {
	s := q.f.sentenceAt(i)
	for n := s; n >= 0 && n >= s-maxBack; n-- {
		if n < s {
			// A spokesman without a name speaks as his organization.
			if e, ok := q.spoke[n]; ok && (e == nil || e.typ == feedmill.TypePerson || q.voice[n]) {
				return e
			}
		}
		sent := q.f.sentences()[n]
		last := min(sent.to, i)
		for k := max(sent.from, last-maxSentence); k < last; k++ {
			pl := q.at[k]
			if pl == nil || pl.e.typ != feedmill.TypePerson || q.in[k] != 0 {
				continue
			}
			if pl.m.to < len(q.toks) && q.toks[pl.m.to].kind == kindPossessive {
				k = pl.m.to
				continue
			}
			return pl.e
		}
	}
	return nil
}
