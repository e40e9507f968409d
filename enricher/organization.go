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

func companyForm(k string) bool {
	switch strings.TrimSuffix(k, ".") {
	case "inc", "corp", "co", "ltd", "plc", "llc", "llp", "ag", "gmbh", "nv", "sa", "corporation", "company", "limited", "group", "spa":
		return true
	}
	return false
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
