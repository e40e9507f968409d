package enricher

import (
	"strings"

	"github.com/feedmill/feedmill"
)

const (
	// A clause that is reported has so many words at least.
	minClause = 4
	// How far behind a verb of saying its clause may begin.
	maxToClause = 14
)

// report finds the clause of a sentence that tells what somebody said without quoting it: "Kim said the talks had
// failed", "The talks had failed, Kim said", "According to Kim, the talks had failed". A clause that begins with a quote
// is that quote.
func (q *quoter) report(s int, sent sentence) {
	from, to := sent.from, sent.to
	for to > from && q.toks[to-1].kind == kindPunct && q.in[to-1] == 0 {
		to--
	}
	if to-from < minClause+1 || to-from > maxQuote || q.in[from] != 0 && q.in[from] == q.in[to-1] {
		return
	}
	if x, ok := q.trailing(from, to); ok || q.leading(from, to, &x) {
		if q.wholly(x.open, x.shut) || q.words(x.open, x.shut) < minClause {
			q.speaks(s, &x.saying)
			return
		}
		q.reported = append(q.reported, x)
		q.speaks(s, &x.saying)
		// What is quoted in the clause is of the same speaker.
		for k := x.open; k < x.shut; k++ {
			if n := q.in[k]; n != 0 && !q.spans[n-1].found && q.spans[n-1].open >= x.open {
				q.spans[n-1].saying = x.saying
				k = max(k, q.spans[n-1].shut)
			}
		}
	}
}

// speaks notes who speaks in a sentence.
func (q *quoter) speaks(s int, x *saying) {
	if q.spoke[s] != nil || x.who == nil && !q.somebody(x.text) {
		return
	}
	q.spoke[s] = x.who
	q.voice[s] = x.who != nil && x.who.typ == feedmill.TypeOrganization && strings.Contains(x.text, "pokes") || q.spokesBefore(x.at)
}

// spokesBefore tells whether a spokesman is the subject of the verb at v.
func (q *quoter) spokesBefore(v int) bool {
	for k := v - 1; k >= 0 && k > v-18; k-- {
		if q.toks[k].is(",") || sentenceEnd(q.toks[k].text) {
			return false
		}
		if whoSpeaksFor(q.toks[k].key) {
			return true
		}
	}
	return false
}

// leading reads "Kim said (on Monday) (that) CLAUSE" and "According to Kim, CLAUSE".
func (q *quoter) leading(from, to int, x *quoted) bool {
	if q.toks[from].key == "according" && from+1 < to && q.toks[from+1].key == "to" {
		who, a, b := q.named(from+2, to)
		for k := max(b, from+3); k < to && k < from+maxToClause; k++ {
			if q.toks[k].is(",") && q.at[k] == nil {
				if who == nil {
					b = k
				}
				*x = quoted{open: k + 1, shut: to, saying: q.said(from, a, b, who)}
				return true
			}
		}
		return false
	}
	for v := from + 1; v < to-minClause; v++ {
		if q.in[v] != 0 || !q.verb(v) || !sayingVerbs()[q.toks[v].key] || q.undergone(v) {
			continue
		}
		if q.follows(v, from) {
			return false
		}
		if q.toks[v-1].key == "not" || strings.HasSuffix(q.toks[v-1].text, "n’t") || strings.HasSuffix(q.toks[v-1].text, "n't") {
			return false
		}
		open, ok := q.clause(v, to)
		if !ok {
			continue
		}
		who, a, b := q.subject(from, v)
		if a < 0 || a == b {
			return false
		}
		*x = quoted{open: open, shut: to, saying: q.said(v, a, b, who)}
		return true
	}
	return false
}

// follows tells whether the verb v is the cue of a quote that stands before it in the sentence.
func (q *quoter) follows(v, from int) bool {
	for k := v - 1; k >= from && k > v-maxCue; k-- {
		if n := q.in[k]; n != 0 {
			return q.spans[n-1].at == v && q.spans[n-1].behind
		}
	}
	return false
}

// clause returns where the clause of the verb v begins.
func (q *quoter) clause(v, to int) (int, bool) {
	k := v + 1
	t := &q.toks[k]
	if t.key == "that" && k+1 < to {
		return q.skipComma(k+1, to), true
	}
	// That may come later: "said on Monday that", "told reporters that", "said in a statement that".
	for j := k + 1; j < to && j < k+maxToClause; j++ {
		if q.toks[j].key == "that" && q.in[j] == 0 {
			if q.toldTo(k, j) || q.aside(k, j) {
				return q.skipComma(j+1, to), true
			}
			break
		}
		if q.toks[j].is(",") || q.verb(j) {
			break
		}
	}
	if !clauseVerbs()[q.toks[v].key] {
		return 0, false
	}
	if told := q.toks[v].key; told == "told" || told == "tells" {
		j := k
		for j < to && j < k+6 && (q.at[j] != nil || q.toks[j].key == "the" || q.toks[j].kind == kindPossessive || j == k) {
			j++
		}
		k = j
		if k >= to {
			return 0, false
		}
		t = &q.toks[k]
	}
	if k = q.skipTime(k, to); k >= to {
		return 0, false
	}
	t = &q.toks[k]
	if t.kind == kindPunct && q.in[k] == 0 || notClauses()[t.key] || q.in[k] != 0 && !q.goesBeyond(k, to) {
		return 0, false
	}
	// Without "that" a clause is known by how it begins, or by a verb in it.
	return k, clauseOpeners()[t.key] || t.upper || q.at[k] != nil || q.in[k] != 0 || q.hasVerb(k, to)
}

// skipTime skips when something was said: "on Monday", "late Tuesday", "this week".
func (q *quoter) skipTime(k, to int) int {
	from := k
	for k < to && k < from+4 {
		switch key := q.toks[k].key; key {
		case "on", "late", "early", "earlier", "this", "last":
			if k+1 >= to || !calendarWords()[q.toks[k+1].key] && !timeNoun(q.toks[k+1].key) && q.toks[k+1].key != "this" {
				return k
			}
		default:
			if !calendarWords()[key] && !timeNoun(key) {
				return k
			}
		}
		k++
	}
	return k
}

func timeNoun(k string) bool {
	switch k {
	case "week", "month", "year", "today", "yesterday", "morning", "afternoon", "evening", "night", "tonight":
		return true
	}
	return false
}

func (q *quoter) skipComma(k, to int) int {
	if k < to-1 && q.toks[k].is(",") {
		return k + 1
	}
	return k
}

// toldTo tells whether the tokens from i to j name who was told.
func (q *quoter) toldTo(i, j int) bool {
	return (q.toks[i-1].key == "told" || q.toks[i-1].key == "tells") && j-i <= 8
}

// aside tells whether the tokens from i to j only say when, where or in what: "on Monday", "in a statement".
func (q *quoter) aside(i, j int) bool {
	switch q.toks[i].key {
	case "that", "to":
		return false
	}
	return placePrepositions()[q.toks[i].key] || q.toks[i].key == "on" || calendarWords()[q.toks[i].key] || quietVerbs()[q.toks[i].key]
}

// goesBeyond tells whether the sentence goes on behind the quote that begins at k.
func (q *quoter) goesBeyond(k, to int) bool {
	x := &q.spans[q.in[k]-1]
	return x.shut+2 < to && q.words(x.shut+1, to) >= 2
}

// hasVerb tells whether a clause has one of the verbs that most clauses have.
func (q *quoter) hasVerb(from, to int) bool {
	for k := from + 1; k < to && k < from+12; k++ {
		switch q.toks[k].key {
		case "is", "are", "was", "were", "has", "have", "had", "will", "would", "could", "can", "should", "may", "might", "must", "did", "does":
			return true
		}
	}
	return false
}

// trailing reads "CLAUSE, Kim said" and "CLAUSE, according to Kim".
func (q *quoter) trailing(from, to int) (quoted, bool) {
	for c := to - 2; c > from+minClause && c > to-2*maxToClause; c-- {
		if !q.toks[c].is(",") || q.in[c] != 0 {
			continue
		}
		i := c + 1
		if q.toks[i].key == "according" && i+1 < to && q.toks[i+1].key == "to" {
			who, a, b := q.named(i+2, to)
			return quoted{open: q.clauseStart(from), shut: c, saying: q.said(i, a, b, who)}, true
		}
		for v := i; v < to; v++ {
			if !q.verb(v) || !sayingVerbs()[q.toks[v].key] {
				continue
			}
			if q.undergone(v) || !trailingVerb(q.toks[v].key) {
				break
			}
			// Nothing may follow but who was told, when and where.
			if v == i {
				if who, a, b := q.subjectAfter(v, to); a > v && b > a && q.toks[v].key != "told" && (who != nil && q.at[a] != nil || q.toks[a].key == "the" || q.toks[a].key == "a") &&
					(b >= to || q.toks[b].kind == kindPunct || q.aside(b, to)) {
					return quoted{open: q.clauseStart(from), shut: c, saying: q.said(v, a, b, who)}, true
				}
				break
			}
			if v+1 < to && !q.aside(v+1, to) && !q.toldTo(v+1, to) {
				break
			}
			if who, a, b := q.subject(i, v); a >= 0 && (a == i || who != nil) {
				return quoted{open: q.clauseStart(from), shut: c, saying: q.said(v, a, b, who)}, true
			}
			break
		}
	}
	return quoted{}, false
}

// trailingVerb tells whether a verb of saying often follows what is said.
func trailingVerb(k string) bool {
	switch k {
	case "reported", "reports", "announced", "wrote", "writes", "explained", "explains", "stated", "states", "observed", "remarked", "testified", "recalled":
		return true
	}
	return clauseVerbs()[k]
}

// clauseStart leaves out the word that joins a sentence to the one before.
func (q *quoter) clauseStart(from int) int {
	switch q.toks[from].key {
	case "but", "and", "so", "however", "yet":
		from++
		if q.toks[from].is(",") {
			from++
		}
	}
	return from
}

// wholly tells whether a clause is no more than a quote in marks.
func (q *quoter) wholly(from, to int) bool {
	free, all := 0, 0
	for k := from; k < to; k++ {
		if q.toks[k].kind != kindWord {
			continue
		}
		all++
		if q.in[k] == 0 {
			free++
		}
	}
	return free < minClause && free < all || free*4 < all
}

func (q *quoter) words(from, to int) int {
	n := 0
	for k := from; k < to; k++ {
		if q.toks[k].kind == kindWord {
			n++
		}
	}
	return n
}
