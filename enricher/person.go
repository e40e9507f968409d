package enricher

import (
	"strings"
)

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

// givenInTwo tells whether s is a given name of two syllables as Korean ones are spelt: "Kwan-jin", "Chung-In".
func givenInTwo(s string) bool {
	a, b, ok := strings.Cut(s, "-")
	return ok && len(a) >= 1 && len(b) >= 1 && len(a) <= 7 && len(b) <= 7 && !strings.Contains(b, "-")
}
