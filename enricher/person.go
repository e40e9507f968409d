package enricher

import (
	"strings"

	"github.com/feedmill/feedmill"
)

// titled skips a title and takes the name behind it as a person's: "Defense Minister Kim Kwan-jin", "Mr. Smith".
func (z *recognizer) titled(i int) int {
	n := titleAt(z.toks, i, z.end)
	if n == 0 || i+n > z.end {
		return 0
	}
	if p, m := z.lookup(i); p != nil && m >= n {
		return 0
	}
	j := i + n
	if j < z.end && z.toks[j].upper && z.toks[j].gap && !z.toks[j].line && z.toks[j].word() {
		if m := z.takePerson(j, true); m > 0 {
			return n + m
		}
	}
	if n == 1 && (z.g.first.has(z.toks[i].key) || !z.g.common.has(z.toks[i].key)) {
		return 0 // "Dean Smith", "Earl": may be a name after all
	}
	return n
}

// person finds a person's name by its parts and what stands around it.
func (z *recognizer) person(i int) int { return z.takePerson(i, false) }

func (z *recognizer) takePerson(i int, titled bool) int {
	announced := titled || z.announced(i)
	j := z.nameRun(i)
	for ; j > i; j-- {
		if nameParticles()[z.toks[j-1].key] && !z.toks[j-1].upper {
			continue
		}
		if conf := z.personConfidence(i, j, titled, announced); conf > 0 {
			name := z.text(i, j)
			z.add(i, j, finding{typ: feedmill.TypePerson, name: name, key: "person:" + key(z.toks[i:j])}, feedmill.MentionName, conf)
			return j - i
		}
	}
	return 0
}

// announced tells whether the word before says that a person follows: "his counterpart", "spokesman".
func (z *recognizer) announced(i int) bool {
	if i == z.from || !z.toks[i].gap {
		return false
	}
	p := &z.toks[i-1]
	return p.word() && (personNouns()[p.key] || titleHeads()[p.key]) && (!p.upper || z.flat)
}

// nameRun returns the end of what may be a name of up to five parts from i on.
func (z *recognizer) nameRun(i int) int {
	j := i
	for j < z.end && j-i < 5 {
		t := &z.toks[j]
		if t.kind != kindWord || j > i && (t.line || !t.gap) {
			break
		}
		if !t.upper {
			if j > i && nameParticles()[t.key] && j+1 < z.end && z.toks[j+1].upper && t.key != "and" && t.key != "und" && t.key != "e" && t.key != "y" {
				j++
				continue
			}
			break
		}
		if functionWords()[t.key] && !t.abbr && !(j > i && nameParticles()[t.key]) || calendarWords()[t.key] && !(j > i && t.key == "may") {
			break
		}
		if j > i {
			if p, n := z.lookup(j); p != nil && (n > 1 || !z.g.surnames.has(t.key) || p.typ == feedmill.TypeGroup && !z.g.first.has(z.toks[i].key)) {
				break
			}
		} else if p, n := z.lookup(j); p != nil && (n > 1 || p.typ == feedmill.TypeGroup || !z.g.first.has(t.key)) {
			break
		}
		j++
		if t.abbr && len(t.text) > 2 && !strings.Contains(t.text[:len(t.text)-1], ".") {
			break // "Jr." ends a name
		}
	}
	return j
}

// personConfidence says how sure it is that the tokens from i to j are a whole name of a person, 0 for not sure enough.
func (z *recognizer) personConfidence(i, j int, titled, announced bool) float64 {
	first, last := &z.toks[i], &z.toks[j-1]
	g := z.g
	plain := func(k int) bool { // an everyday word, whose capital says nothing here
		t := &z.toks[k]
		return g.common.has(t.key) && (z.initial(k) || z.flat)
	}
	if j-i == 1 {
		switch {
		case len(first.text) < 2 || first.abbr:
			return 0
		case titled && !z.flat && !orgSuffixes()[first.key] && !orgHeads()[first.key] && !z.isKnown(i):
			return 0.8
		case announced && !z.flat && !orgSuffixes()[first.key] && (!g.common.has(first.key) || g.surnames.has(first.key)) && !(g.cities.has(first.key) && !g.surnames.has(first.key)):
			return 0.8
		case z.flat || g.common.has(first.key) || first.caps || z.placed(i):
			return 0
		case g.surnames.has(first.key) && z.speaks(i, j) && !z.bigCity(first.key):
			return 0.6
		case g.surnames.has(first.key) && z.aged(j):
			return 0.6
		}
		return 0
	}
	for k := i; k < j; k++ {
		if k > i && (orgSuffixes()[z.toks[k].key] || geoSuffixes()[z.toks[k].key]) && !g.surnames.has(z.toks[k].key) {
			return 0
		}
		if k > i && titleHeads()[z.toks[k].key] && !g.surnames.has(z.toks[k].key) && !z.toks[k].abbr {
			return 0
		}
	}
	if !announced && g.cities.has(key(z.toks[i:j])) {
		return 0 // "San Diego"
	}
	given := (g.first.has(first.key) || g.first.has(hyphenHead(first.key))) && !(plain(i) && !z.speaks(i, j))
	if g.common.has(first.key) && g.common.has(last.key) && j-i == 2 && !z.speaks(i, j) {
		given = given && !z.initial(i)
	}
	family := g.surnames.has(last.key) || g.surnames.has(hyphenHead(last.key)) || strings.HasPrefix(last.key, "al-")
	if z.shouting || z.flat {
		if given && family && !g.common.has(first.key) && !g.common.has(last.key) && j-i <= 3 {
			return 0.7
		}
		if z.flat && !z.shouting && announced && !g.common.has(first.key) && !g.common.has(last.key) {
			return 0.7
		}
		return 0
	}
	switch {
	case announced && !plain(i):
		return 0.95
	case familyFirst()[first.key] && j-i == 2 && givenInTwo(last.text):
		return 0.95
	case familyFirst()[first.key] && !plain(i) && j-i <= 3 && !g.common.has(last.key) && !g.cities.has(last.key):
		return 0.85
	case first.abbr && initials(strings.TrimSuffix(first.text, ".")) && !z.isKnown(i) && (family || !g.common.has(last.key)):
		return 0.9
	case given && family && !z.placed(i):
		return 0.95
	case given && family:
		return 0.8
	case given && !g.common.has(last.key) && !g.common.has(first.key):
		return 0.85
	case given && j-i == 3 && z.toks[i+1].abbr:
		return 0.9
	case family && !plain(i) && !g.common.has(first.key) && !g.cities.has(key(z.toks[i:j])) && !z.bigCity(first.key):
		return 0.75
	case !g.common.has(first.key) && !g.common.has(last.key) && !first.caps && !last.caps && (z.speaks(i, j) || z.aged(j)):
		return 0.6
	}
	return 0
}

func (z *recognizer) isKnown(i int) bool { p, _ := z.lookup(i); return p != nil }

func (z *recognizer) bigCity(k string) bool {
	c := z.g.cityCandidates(k)
	return len(c) > 0 && c[0].weight() >= popularAsName
}

// speaks tells whether a verb of saying stands right behind or before the tokens from i to j.
func (z *recognizer) speaks(i, j int) bool {
	if j < z.end && speechVerbs()[z.toks[j].key] {
		return true
	}
	return i > z.from && speechVerbs()[z.toks[i-1].key] && z.toks[i-1].key != "called"
}

// aged tells whether an age follows: ", 45,".
func (z *recognizer) aged(j int) bool {
	return j+2 < z.end && z.toks[j].is(",") && z.toks[j+1].kind == kindNumber && len(z.toks[j+1].text) == 2 && z.toks[j+2].is(",")
}

func hyphenHead(k string) string {
	head, _, _ := strings.Cut(k, "-")
	return head
}

// givenInTwo tells whether s is a given name of two syllables as Korean ones are spelt: "Kwan-jin", "Chung-In".
func givenInTwo(s string) bool {
	a, b, ok := strings.Cut(s, "-")
	return ok && len(a) >= 1 && len(b) >= 1 && len(a) <= 7 && len(b) <= 7 && !strings.Contains(b, "-")
}
