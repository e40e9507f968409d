package enricher

import (
	"strings"

	"github.com/feedmill/feedmill"
)

// The population from which a city's name is taken for the city although it is also something else.
const (
	popularAsWord = 500_000 // an everyday word
	popularAsName = 500_000 // a person's name
	popularInFlat = 200_000 // a headline in title case
	popularPlaced = 50_000  // an everyday word behind "in"
)

// city finds cities of the gazetteer.
func (z *recognizer) city(i int) int {
	for n := min(max(1, z.g.longest[z.toks[i].key]), z.end-i); n > 0; n-- {
		k := key(z.toks[i : i+n])
		if !z.toks[i+n-1].upper || !z.g.cities.has(k) {
			continue
		}
		c := z.g.cityCandidates(k)
		if !z.plausibleCity(i, n, k, &c[0]) {
			continue
		}
		z.add(i, i+n, cityFinding(&c[0]), feedmill.MentionName, 0.85)
		return n
	}
	return 0
}

func cityFinding(c *city) finding {
	return finding{typ: feedmill.TypePlace, name: c.name, key: "city:" + strings.ToLower(c.name), iso: c.iso}
}

func (z *recognizer) plausibleCity(i, n int, k string, c *city) bool {
	if n > 1 {
		return true
	}
	t := &z.toks[i]
	if functionWords()[k] || calendarWords()[k] || len(k) < 3 || titleHeads()[k] {
		return false
	}
	if z.placed(i) {
		return !z.g.common.has(k) && (c.weight() >= popularPlaced || !z.g.surnames.has(k)) || c.weight() >= popularPlaced && !z.initial(i)
	}
	// A qualifier behind the comma settles it: "Paris, Texas".
	if i+2 < z.end && z.toks[i+1].is(",") && z.toks[i+2].upper {
		if p, _ := z.lookup(i + 2); p != nil && p.typ == feedmill.TypePlace {
			return true
		}
	}
	// Part of a longer unknown name it is not.
	if i+1 < z.end && z.toks[i+1].upper && z.toks[i+1].gap && z.toks[i+1].word() && !z.flat && !calendarWords()[z.toks[i+1].key] && c.weight() < popularAsWord {
		return false
	}
	w := c.weight()
	switch {
	case z.g.common.has(k):
		return w >= popularAsWord
	case z.flat || t.caps:
		return w >= popularInFlat
	case z.g.first.has(k) || z.g.surnames.has(k):
		return w >= popularAsName
	}
	return true
}

// placed tells whether token i stands behind a word such as "in".
func (z *recognizer) placed(i int) bool {
	if i == z.from || z.flat {
		return false
	}
	return placePrepositions()[z.toks[i-1].key] && (!z.toks[i-1].upper || i-1 == z.from)
}
