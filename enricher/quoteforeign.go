package enricher

import "github.com/feedmill/feedmill"

// foreign attributes a quote in other languages than English: by a verb of saying, or a word such as "laut", right behind
// the quote or before it in its sentence. The speaker is an entity where the text's names tell one, else what is written.
func (q *quoter) foreign(open, shut int) saying {
	verbs := foreignSaying[q.d.lang]
	if verbs == nil {
		return saying{}
	}
	is := verbs()
	i := shut + 1
	if i < len(q.toks) && q.toks[i].is(",") {
		i++
	}
	end := q.clauseEnd(i)
	for v := i; v < end && v < i+8; v++ {
		k := q.toks[v].key
		switch {
		case v == i && foreignSources()[k]:
			return q.foreignSpeaker(v, v+1, end)
		case !is[k] || q.toks[v].upper:
			continue
		case v == i:
			return q.foreignSpeaker(v, v+1, end)
		}
		if s := q.foreignBefore(i, v); s.text != "" {
			return s
		}
		return q.foreignSpeaker(v, v+1, end)
	}
	start := q.f.sentences()[q.f.sentenceAt(open)].from
	if start == open || !q.toks[open-1].is(":") && !q.toks[open-1].is(",") {
		return saying{}
	}
	for v := open - 1; v >= max(start, open-maxCue); v-- {
		if !is[q.toks[v].key] || q.toks[v].upper {
			continue
		}
		if s := q.foreignBefore(start, v); s.text != "" {
			return s
		}
		return q.foreignSpeaker(v, v+1, open)
	}
	for v := open - 1; v >= max(start, open-maxCue); v-- {
		if k := q.toks[v].key; foreignSources()[k] && k != "so" {
			return q.foreignSpeaker(v, v+1, open)
		}
	}
	return saying{}
}

// foreignSpeaker reads the name from token i on: words with a capital, and an article before them.
func (q *quoter) foreignSpeaker(v, i, end int) saying {
	for k := i; k < end && k < i+8; k++ {
		t := &q.toks[k]
		if pl := q.at[k]; pl != nil && speaker(pl.e) {
			return q.said(v, pl.m.from, pl.m.to, pl.e)
		}
		if t.kind == kindPunct && !t.is(".") && !t.is("-") || foreignPreposition(t.key) {
			break
		}
		if !t.upper || calendarWords()[t.key] {
			continue
		}
		from, to := k, k+1
		for to < end && to < from+6 && q.toks[to].gap && (q.toks[to].upper || nameParticle(q.toks[to].key) && to+1 < end && q.toks[to+1].upper) {
			to++
		}
		for n := from; n < to; n++ {
			if pl := q.at[n]; pl != nil && pl.e.typ == feedmill.TypePerson {
				return q.said(v, pl.m.from, pl.m.to, pl.e)
			}
		}
		if from > i && !q.toks[from-1].upper && from-1 == i {
			from--
		}
		return q.said(v, from, to, nil)
	}
	return q.said(v, -1, -1, nil)
}

// foreignBefore reads the name that stands before the verb v: a person, else an organization to which no word with a
// capital belongs ("Simone Vintz von der Stiftung"), else words with a capital.
func (q *quoter) foreignBefore(start, v int) saying {
	var org *placed
	for k := v - 1; k >= start && k > v-maxCue; k-- {
		pl := q.at[k]
		if pl == nil || !speaker(pl.e) {
			continue
		}
		if pl.e.typ == feedmill.TypePerson {
			return q.said(v, pl.m.from, pl.m.to, pl.e)
		}
		if org == nil {
			org = pl
		}
	}
	last := v - 1
	if org != nil {
		last = org.m.from - 1
		for last > start && nameParticle(q.toks[last].key) {
			last--
		}
		if last == org.m.from-1 || last < start || !q.toks[last].upper {
			return q.said(v, org.m.from, org.m.to, org.e)
		}
	}
	for last > start && last > v-6 && !q.toks[last].upper && (q.toks[last].kind == kindWord || q.toks[last].is(",") && last >= v-2) {
		last--
	}
	if last < start || !q.toks[last].upper {
		return saying{}
	}
	from := last
	for from > start && q.toks[from-1].upper && q.toks[from].gap && last-from < 4 {
		from--
	}
	return q.said(v, from, last+1, nil)
}

func nameParticle(k string) bool {
	switch k {
	case "von", "vom", "der", "des", "den", "van", "de", "del", "della", "di", "da", "do", "dos", "la", "le", "du":
		return true
	}
	return false
}

// foreignPreposition tells whether what follows a verb of saying is no subject any more.
func foreignPreposition(k string) bool {
	switch k {
	case "in", "im", "am", "zu", "zum", "zur", "mit", "auf", "bei", "gegenuber", "a", "au", "en", "dans", "con", "por", "sobre", "al", "dass", "que", "che",
		"om", "op", "med", "na", "w":
		return true
	}
	return false
}
