package enricher

import (
	"context"
	"slices"
	"strings"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/enricher/entityfile"
	"github.com/feedmill/feedmill/enricher/internal/fold"
)

// The evidence that a person or organization of the text is one of the imported ones, in parts of an exact name.
const (
	knownLabel   = 1.0 // its label
	knownAlias   = 0.8 // another name of it
	knownHolds   = 1.0 // it holds the position that the text gives it
	knownHeld    = 0.2 // it held that at another time
	knownRoleOf  = 0.6 // its country is the one that the text's role is of; as much against it where that is another
	knownCountry = 0.4 // its country is named in the text
	// Others of the name that were not imported count as well: as much as this, or more where the name is a common one.
	knownStranger = 0.3
	knownOneWord  = 0.5
	knownCommon   = 0.75
	// knownMargin is by how much an entity must be ahead of the next one, and of a stranger, to give its id.
	knownMargin = 0.5
)

// linkKnown gives people and organizations the ids of imported ones, and makes one of those that are the same.
func linkKnown(ctx context.Context, d *document) error {
	if d.known == nil {
		return nil
	}
	weights := countryWeights(d)
	of := map[*entity]*entityfile.Entity{}
	refused := map[*entity]bool{}
	for _, e := range d.ents {
		if err := ctx.Err(); err != nil {
			return err
		}
		if e.typ != feedmill.TypePerson && e.typ != feedmill.TypeOrganization || e.wikidata != "" {
			continue
		}
		found, all, err := d.known.Find(e.name)
		if err != nil {
			return err
		}
		if x := chooseKnown(d, e, found, weights); x != nil && all {
			of[e], e.wikidata = x, x.ID
			if e.iso == "" && e.typ == feedmill.TypeOrganization {
				e.iso = x.Country
			}
		} else {
			refused[e] = !all || contested(d, e, found, weights)
		}
	}
	if len(of) > 0 {
		joinKnown(d, of, refused)
	}
	return nil
}

// contested tells a name that several imported ones have, or whose role is of another country than the one who has it.
func contested(d *document, e *entity, found []*entityfile.Entity, weights map[string]int) bool {
	same := 0
	for _, x := range found {
		if x.Type != e.typ {
			continue
		}
		same++
		if _, against := knownScore(d, e, x, weights); against {
			return true
		}
	}
	return same > 1
}

// chooseKnown returns the candidate that the text speaks of, nil where that is not sure.
func chooseKnown(d *document, e *entity, found []*entityfile.Entity, weights map[string]int) *entityfile.Entity {
	words := strings.Fields(fold.Key(e.name))
	stranger := knownStranger
	switch {
	case e.typ == feedmill.TypePerson && len(words) < 2:
		return nil // anybody's
	case e.typ == feedmill.TypePerson && gazetteerData().first.has(words[0]) && gazetteerData().surnames.has(words[len(words)-1]):
		stranger = knownCommon
	case len(words) < 2:
		stranger = knownOneWord
	}
	var best *entityfile.Entity
	top, second := 0.0, stranger
	for _, x := range found {
		if x.Type != e.typ {
			continue
		}
		switch score, _ := knownScore(d, e, x, weights); {
		case score > top:
			best, top, second = x, score, max(second, top)
		default:
			second = max(second, score)
		}
	}
	if top-second < knownMargin {
		return nil
	}
	return best
}

// knownScore is the evidence that e is x; against tells that a role of e is of another country.
func knownScore(d *document, e *entity, x *entityfile.Entity, weights map[string]int) (score float64, against bool) {
	score = knownAlias
	if fold.Key(x.Label) == fold.Key(e.name) {
		score = knownLabel
	}
	if weights[x.Country] > 0 {
		score += knownCountry
	}
	day := publishedOn(d)
	best := 0.0
	for i := range e.roles {
		r := &e.roles[i]
		for j := range x.Positions {
			p := &x.Positions[j]
			if !samePosition(r.title, p.Title) {
				continue
			}
			if day == "" || p.Held(day) {
				best = max(best, knownHolds)
			} else {
				best = max(best, knownHeld)
			}
		}
		if iso := countryOfRole(d, r); iso != "" && x.Country != "" {
			if iso == x.Country {
				best = max(best, knownRoleOf)
			} else {
				against = true
			}
		}
	}
	if against {
		score -= knownRoleOf
	}
	return score + best, against
}

// publishedOn is the day of publication as ISO 8601, cut to what is known.
func publishedOn(d *document) string {
	v := d.r.Published.Value
	return v[:min(len(v), len("2006-01-02"))]
}

// countryOfRole is the country that a role is of, "" where that is not said.
func countryOfRole(d *document, r *role) string {
	if r.iso != "" {
		return r.iso
	}
	for _, e := range d.ents {
		if r.ofKey != "" && e.key == r.ofKey && e.typ != feedmill.TypePerson {
			return e.iso
		}
	}
	return ""
}

// samePosition tells whether a title of the text is that of a position: all its words that mean something are among the other's,
// "Defense Minister" among "Minister of National Defence of South Korea".
func samePosition(title, position string) bool {
	has := positionWords(position)
	words := positionWords(title)
	return len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(has, w) })
}

func positionWords(s string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(fold.Key(s), func(r rune) bool { return r == ' ' || r == '-' || r == ',' || r == '.' }) {
		switch w {
		case "of", "the", "for", "and", "to", "former", "ex", "then", "new", "current":
			continue
		case "defence":
			w = "defense"
		}
		out = append(out, w)
	}
	return out
}

// joinKnown makes one of the entities that are the same imported one: those of its id, and those by another name of it that
// nobody else has and that were not refused the id.
func joinKnown(d *document, of map[*entity]*entityfile.Entity, refused map[*entity]bool) {
	first := map[string]*entity{}
	byName := map[string]*entity{}
	for _, e := range d.ents {
		x := of[e]
		if x == nil || first[x.ID] != nil {
			continue
		}
		first[x.ID] = e
		for _, n := range append([]string{x.Label}, x.Aliases...) {
			k := e.typ + " " + fold.Key(n)
			if _, taken := byName[k]; taken {
				byName[k] = nil
				continue
			}
			byName[k] = e
		}
	}
	moved := map[string]string{}
	d.ents = slices.DeleteFunc(d.ents, func(e *entity) bool {
		into := byName[e.typ+" "+fold.Key(e.name)]
		if x := of[e]; x != nil {
			into = first[x.ID]
		} else if e.wikidata != "" || refused[e] {
			into = nil
		}
		if into == nil || into == e {
			return false
		}
		asKind(e, feedmill.MentionAlias)
		name := into.name
		absorb(into, e)
		into.name = name
		into.roles = append(into.roles, e.roles...)
		moved[e.key] = into.key
		return true
	})
	if len(moved) == 0 {
		return
	}
	for _, e := range d.ents {
		for i := range e.roles {
			if to, ok := moved[e.roles[i].ofKey]; ok {
				e.roles[i].ofKey = to
			}
		}
	}
	d.number()
}
