package enricher

import (
	"strings"
	"unicode/utf8"

	"github.com/feedmill/feedmill"
)

// expansions finds the names of the sentence whose acronym follows in brackets, by its letters: "Acquisition and a
// Cross-Servicing Agreement (ACSA)".
func (z *recognizer) expansions() {
	z.claims = nil
	for p := z.from + 1; p+2 < z.end; p++ {
		if !z.toks[p].is("(") || !z.toks[p+2].is(")") || !z.toks[p+1].caps || z.toks[p+1].abbr || len(z.toks[p+1].text) > 8 {
			continue
		}
		from, ok := z.spelledOut(p, z.toks[p+1].text)
		if !ok {
			continue
		}
		typ := feedmill.TypeOrganization
		for _, t := range z.toks[from:p] {
			if lawHeads()[t.key] {
				typ = feedmill.TypeLaw
			}
		}
		if z.claims == nil {
			z.claims = map[int]claim{}
		}
		z.claims[from] = claim{to: p, typ: typ}
	}
}

// spelledOut walks back from token p as long as the initials of the words spell the acronym's letters.
func (z *recognizer) spelledOut(p int, acronym string) (from int, ok bool) {
	rest := acronym
	for i := p - 1; i >= z.from && p-i <= 3*len(acronym); i-- {
		t := &z.toks[i]
		if t.kind != kindWord {
			return 0, false
		}
		if !t.upper {
			if !functionWords()[t.key] {
				return 0, false
			}
			continue
		}
		parts := strings.Split(t.text, "-")
		for n := len(parts) - 1; n >= 0; n-- {
			r, size := utf8.DecodeRuneInString(parts[n])
			last, lastSize := utf8.DecodeLastRuneInString(rest)
			if size == 0 || r != last {
				return 0, false
			}
			rest = rest[:len(rest)-lastSize]
			if rest == "" && n == 0 {
				return i, true
			}
			if rest == "" {
				return 0, false
			}
		}
	}
	return 0, false
}

// organizationOf finds names of the form "Ministry of National Defense", "Bank of Japan".
func (z *recognizer) organizationOf(i int) int {
	j := z.run(i, 5)
	head := -1
	for k := i; k < j; k++ {
		if orgHeads()[z.toks[k].key] {
			head = k
		}
	}
	if head != j-1 || head < 0 || j+1 >= z.end || z.toks[j].line {
		return 0
	}
	if of := z.toks[j].key; of != "of" && of != "for" {
		return 0
	}
	if head > i && !z.startsOrganization(i, j) {
		return 0
	}
	k := j + 1
	if z.toks[k].key == "the" && k+1 < z.end {
		k++
	}
	e := z.run(k, 6)
	if e == k {
		return 0
	}
	// The title of a person is not part of it, and neither is a second name behind "and" unless both are matters.
	for e+1 < z.end && (z.toks[e].key == "and" || z.toks[e].is("&") || z.toks[e].is(",")) && z.toks[e+1].upper && z.toks[e+1].word() && z.matter(e+1) && z.matter(e-1) {
		e = z.run(e+1, 3)
	}
	if e+1 < z.end && z.toks[e].key == "of" && z.toks[e+1].upper && z.toks[e+1].word() {
		e = z.run(e+1, 3)
	}
	z.addOrganization(i, e, 0.9)
	return e - i
}

// matter tells whether a word is what a ministry deals with rather than a name.
func (z *recognizer) matter(i int) bool {
	t := &z.toks[i]
	return z.g.common.has(t.key) && z.g.phrases[t.key] == nil && !titleHeads()[t.key]
}

// startsOrganization tells whether the words from i to j can be the beginning of a name.
func (z *recognizer) startsOrganization(i, j int) bool {
	if p, n := z.lookup(i); p != nil && n < j-i && (p.typ == feedmill.TypeGroup || p.country && z.toks[i].abbr) {
		return false
	}
	return !functionWords()[z.toks[i].key] && (z.evident(i) || j-i > 2)
}

// organization finds names by their last word: "Japan Self-Defense Forces", "Samsung Group".
func (z *recognizer) organization(i int) int {
	if z.shouting {
		return 0
	}
	j := z.run(i, 8)
	// "Procter & Gamble Co", "Academy of Motion Picture Arts"
	if j+1 < z.end && z.toks[j].is("&") && z.toks[j+1].upper {
		j = z.run(j+1, 4)
	}
	if j+1 < z.end && z.toks[j].is(",") && companyForm(z.toks[j+1].key) && z.toks[j+1].upper {
		j += 2
	}
	last := -1
	for k := i + 1; k < j; k++ {
		if orgSuffixes()[z.toks[k].key] {
			last = k
		}
	}
	if last < 0 {
		return 0
	}
	// "Nokia Corp Chief Executive": the name ends where a title starts, which run did not see.
	for k := i + 1; k < last; k++ {
		if titleAt(z.toks, k, last) > 0 && orgSuffixes()[z.toks[k-1].key] {
			last = k - 1
			break
		}
	}
	if last == i || functionWords()[z.toks[i].key] {
		return 0
	}
	if p, n := z.lookup(i); p != nil {
		if i+n > last {
			return 0 // the list knows the whole of it
		}
		if (p.typ == feedmill.TypeGroup || p.country && (z.toks[i].abbr || z.toks[i].caps)) && genericOrganization(z.toks[last].key) {
			return 0
		}
		if p.typ == feedmill.TypeOrganization && n == last-i && !companyForm(z.toks[last].key) && genericOrganization(z.toks[last].key) {
			return 0
		}
	}
	if n := titleAt(z.toks, i, z.end); n > 0 && i+n <= last && !orgSuffixes()[z.toks[i+n].key] {
		return 0 // "President Clinton Foundation" is rarer than "Minister Lee Bank"
	}
	if orgWeakSuffixes()[z.toks[last].key] || z.initial(i) {
		named := false
		for k := i; k < last; k++ {
			if !z.g.common.has(z.toks[k].key) || z.g.phrases[z.toks[k].key] != nil || z.toks[k].caps {
				named = true
			}
		}
		if !named && (z.initial(i) || last-i < 1 || !strongMatter(z.toks[last].key)) {
			return 0
		}
	}
	// Two listed parts of a person's name are stronger than a family name that is also a company's last word.
	if last == i+1 && z.g.first.has(z.toks[i].key) && z.g.surnames.has(z.toks[last].key) && orgWeakSuffixes()[z.toks[last].key] {
		return 0
	}
	z.addOrganization(i, last+1, 0.85)
	return last + 1 - i
}

// strongMatter tells whether an everyday word before this one makes an organization in mid-sentence: "Foreign Office",
// "Security Council".
func strongMatter(k string) bool {
	switch k {
	case "office", "council", "board", "party", "court", "guard", "bank", "school", "exchange", "assembly", "club", "police",
		"administration", "union", "force", "alliance", "coalition", "league", "trust", "society":
		return true
	}
	return false
}

func genericOrganization(k string) bool {
	switch k {
	case "ministry", "department", "army", "navy", "parliament", "police", "senate", "congress", "government", "embassy",
		"court", "administration", "forces", "force", "council", "assembly", "office", "guard", "guards", "treasury", "commission",
		"committee", "agency", "authority", "secretariat", "union", "party":
		return true
	}
	return false
}

func companyForm(k string) bool {
	switch strings.TrimSuffix(k, ".") {
	case "inc", "corp", "co", "ltd", "plc", "llc", "llp", "ag", "gmbh", "nv", "sa", "corporation", "company", "limited", "group", "spa":
		return true
	}
	return false
}

func (z *recognizer) addOrganization(from, to int, conf float64) {
	f := finding{typ: feedmill.TypeOrganization, name: z.text(from, to), key: "organization:" + key(z.toks[from:to])}
	if p, n := z.lookup(from); p != nil && p.iso != "" && from+n < to {
		f.iso = p.iso
	}
	z.add(from, to, f, feedmill.MentionName, conf)
}

// law finds agreements and acts by their last word.
func (z *recognizer) law(i int) int {
	j := z.run(i, 8)
	for k := j - 1; k > i; k-- {
		if lawHeads()[z.toks[k].key] && z.toks[k].key != "bill" && z.toks[k].key != "law" && z.toks[k].key != "code" {
			if functionWords()[z.toks[i].key] || titleAt(z.toks, i, k) > 0 || z.flat {
				return 0
			}
			if p, n := z.lookup(i); p != nil && p.typ == feedmill.TypeGroup && i+n <= k {
				return 0
			}
			z.add(i, k+1, finding{typ: feedmill.TypeLaw, name: z.text(i, k+1), key: "law:" + key(z.toks[i:k+1])}, feedmill.MentionName, 0.8)
			return k + 1 - i
		}
	}
	return 0
}

// event finds contests, wars and meetings by their last word.
func (z *recognizer) event(i int) int {
	if z.flat || functionWords()[z.toks[i].key] || z.initial(i) && z.g.common.has(z.toks[i].key) && z.g.phrases[z.toks[i].key] == nil && z.toks[i].key != "world" {
		return 0
	}
	j := z.run(i, 6)
	for k := j - 1; k > i; k-- {
		if eventHeads()[z.toks[k].key] {
			z.add(i, k+1, finding{typ: feedmill.TypeEvent, name: z.text(i, k+1), key: "event:" + key(z.toks[i:k+1])}, feedmill.MentionName, 0.75)
			return k + 1 - i
		}
	}
	return 0
}

// ship takes the name behind the word for a craft: "frigate Cheonan", "USS Cole".
func (z *recognizer) ship(i int) int {
	if i == z.from || !shipNouns()[z.toks[i-1].key] || z.toks[i-1].upper && !z.toks[i-1].caps || !z.toks[i].gap || z.shouting || calendarWords()[z.toks[i].key] {
		return 0
	}
	j := z.run(i, 3)
	if j == i {
		return 0
	}
	z.add(i, j, finding{typ: feedmill.TypeProduct, name: z.text(i, j), key: "product:" + key(z.toks[i:j])}, feedmill.MentionName, 0.8)
	return j - i
}
