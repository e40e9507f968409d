package enricher

import (
	"context"
	"math"
	"strings"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/enricher/internal/fold"
)

// linkEntities gives places their ids. A city's name is given to the most populous city that fits the countries of the
// text, the dateline and the source; where two fit about as well it gets no id.
func linkEntities(ctx context.Context, d *document) error {
	if !d.found {
		return nil
	}
	g := gazetteerData()
	weights := countryWeights(d)
	for _, e := range d.ents {
		if err := ctx.Err(); err != nil {
			return err
		}
		if e.typ != feedmill.TypePlace || !strings.HasPrefix(e.key, "city:") {
			continue
		}
		c, ok := chooseCity(candidatesOf(g, e), qualifier(d, g, e), weights)
		if !ok {
			e.iso = ""
			continue
		}
		e.name, e.iso, e.wikidata, e.geonames = c.name, c.iso, c.wikidata, c.geonames
	}
	georgia(d)
	metonyms(d, g)
	if err := linkKnown(ctx, d); err != nil {
		return err
	}
	d.publish()
	return nil
}

func candidatesOf(g *gazetteer, e *entity) []city {
	return g.cityCandidates(key(e.mentions[0].f.toks[e.mentions[0].from:e.mentions[0].to]))
}

// countryWeights counts how often the text names each country, with the source and dateline as one mention more.
func countryWeights(d *document) map[string]int {
	w := map[string]int{}
	for _, e := range d.ents {
		if e.iso != "" && !strings.HasPrefix(e.key, "city:") {
			w[e.iso] += len(e.mentions)
		}
	}
	if c := d.r.Source.Country; c != "" {
		w[strings.ToUpper(c)]++
	}
	if p := d.r.Dateline.Place; p != "" {
		for c := range strings.SplitSeq(p, ",") {
			if ph := gazetteerData().phrases[fold.Key(strings.TrimSpace(c))]; ph != nil && ph.iso != "" {
				w[ph.iso]++
			}
		}
	}
	return w
}

// qualifier returns the country that stands behind the city's name: "Paris, Texas".
func qualifier(d *document, g *gazetteer, e *entity) string {
	for _, m := range e.mentions {
		toks := m.f.tokens()
		if m.to+1 < len(toks) && toks[m.to].is(",") && toks[m.to+1].upper {
			z := &recognizer{d: d, g: g, f: m.f, toks: toks, from: m.to, end: min(len(toks), m.to+8)}
			if p, _ := z.lookup(m.to + 1); p != nil && p.typ == feedmill.TypePlace && p.iso != "" {
				return p.iso
			}
		}
	}
	return ""
}

const (
	linkMargin     = 0.3 // half a factor of ten in population
	agreementBonus = 1.2
	capitalBonus   = 1
)

// chooseCity returns the best candidate, and whether it is better than the rest by the margin.
func chooseCity(cities []city, qualifier string, weights map[string]int) (city, bool) {
	var best city
	bestScore, second := math.Inf(-1), math.Inf(-1)
	for _, c := range cities {
		score := math.Log10(float64(max(1, c.population)))
		if c.class == 'C' {
			score += capitalBonus
		}
		switch {
		case qualifier != "" && c.iso == qualifier:
			score += 10
		case weights[c.iso] > 0:
			score += agreementBonus
		}
		switch {
		case score > bestScore:
			best, bestScore, second = c, score, bestScore
		case score > second:
			second = score
		}
	}
	return best, len(cities) > 0 && bestScore-second >= linkMargin
}

// georgia tells the state of the US from the country by the company it keeps.
func georgia(d *document) {
	us, caucasus := 0, 0
	var g *entity
	for _, e := range d.ents {
		switch {
		case e.key == "country:GE":
			g = e
		case e.iso == "US" && e.key != "country:US" && e.typ == feedmill.TypePlace:
			us++
		case e.iso == "RU" || e.iso == "AM" || e.iso == "AZ" || e.iso == "GE":
			caucasus++
		}
	}
	if g != nil && us > 0 && caucasus == 0 {
		g.iso, g.wikidata, g.key = "US", "Q1428", "place:georgia (us)"
	}
}

// metonyms marks capitals that act: "Tokyo has been urging its allies". They stay cities.
func metonyms(d *document, g *gazetteer) {
	for _, e := range d.ents {
		if e.geonames == 0 {
			continue
		}
		if c := candidatesOf(g, e); len(c) == 0 || c[0].class != 'C' {
			continue
		}
		for i := range e.mentions {
			if actsAsGovernment(&e.mentions[i]) {
				e.mentions[i].kind = feedmill.MentionMetonym
			}
		}
	}
}

func actsAsGovernment(m *mention) bool {
	toks := m.f.tokens()
	if m.from > 0 && placePrepositions()[toks[m.from-1].key] {
		return false
	}
	i := m.to
	for i < len(toks) && i < m.to+4 && auxiliary(toks[i].key) {
		i++
	}
	if i >= len(toks) || toks[i].line {
		return false
	}
	return speechVerbs()[toks[i].key] || governmentVerb(toks[i].key)
}

func auxiliary(k string) bool {
	switch k {
	case "has", "have", "had", "been", "also", "will", "would", "is", "was", "still", "already", "repeatedly", "recently":
		return true
	}
	return false
}

func governmentVerb(k string) bool {
	switch k {
	case "urging", "urged", "refused", "refuses", "condemned", "condemns", "rejected", "rejects", "agreed", "agrees", "wants", "seeks",
		"sought", "considers", "fears", "hopes", "supports", "opposes", "opposed", "demanding", "accuses", "accused", "denounced",
		"retaliated", "imposed", "plans", "decided", "signed", "recognised", "recognized", "blames", "blamed", "responded":
		return true
	}
	return false
}
