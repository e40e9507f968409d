package enricher

import (
	"context"
	"strings"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/enricher/internal/fold"
)

// recognizeForeign finds in other languages than English what is sure: countries by their names in that language (from
// CLDR), and in Latin script large cities and people both of whose names are listed.
func recognizeForeign(ctx context.Context, d *document) ([]finding, error) {
	names := countryNames(d.lang)
	z := &recognizer{d: d, g: gazetteerData()}
	for i, f := range d.fields {
		z.f, z.order, z.toks = f, i, f.tokens()
		for n, s := range f.sentences() {
			if n%64 == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			z.from, z.end = s.from, s.to
			z.flat, z.shouting = capitalsSayNothing(z.toks[s.from:s.to])
			for i := s.from; i < s.to; {
				i += max(1, z.foreign(i, names))
			}
		}
	}
	return z.out, ctx.Err()
}

// foreignNames are the names of countries in one language and the most tokens that one has.
type foreignNames struct {
	iso     map[string]string
	longest int
	// wide is set for scripts without spaces, where a name is a run of characters.
	wide bool
}

func countryNames(lang string) foreignNames {
	n := foreignNames{iso: map[string]string{}, longest: 1, wide: lang == "ja" || lang == "zh" || lang == "th"}
	tag, err := language.Parse(lang)
	if err != nil {
		return n
	}
	namer := display.Regions(tag)
	if namer == nil {
		return n
	}
	for iso := range gazetteerData().countries {
		region, err := language.ParseRegion(iso)
		if err != nil {
			continue
		}
		name := namer.Name(region)
		if name == "" || len([]rune(name)) < 2 {
			continue
		}
		toks := tokenize(name)
		if len(toks) == 0 {
			continue
		}
		n.iso[key(toks)] = iso
		n.longest = max(n.longest, len(toks))
	}
	return n
}

func (z *recognizer) foreign(i int, names foreignNames) int {
	t := &z.toks[i]
	if t.kind != kindWord || !t.upper && latin(t.text) {
		return 0
	}
	for n := min(names.longest, z.end-i); n > 0; n-- {
		k := key(z.toks[i : i+n])
		iso, ok := names.iso[k]
		if !ok || n == 1 && z.flat && z.g.common.has(k) {
			continue
		}
		c := z.g.countries[iso]
		z.add(i, i+n, finding{typ: feedmill.TypePlace, name: z.text(i, i+n), key: "country:" + iso, iso: iso, wikidata: c.wikidata}, feedmill.MentionName, 0.9)
		return n
	}
	if !latin(t.text) || z.flat {
		return 0
	}
	if j := z.run(i, 3); j-i >= 2 {
		a, b := &z.toks[i], &z.toks[i+1]
		if z.g.first.has(a.key) && z.g.surnames.has(b.key) && !z.g.common.has(b.key) && !z.g.cities.has(key(z.toks[i:i+2])) && len(a.key) > 2 && len(b.key) > 2 {
			n := 2
			if j-i == 3 && z.g.surnames.has(z.toks[i+2].key) {
				n = 3
			}
			name := z.text(i, i+n)
			z.add(i, i+n, finding{typ: feedmill.TypePerson, name: name, key: "person:" + key(z.toks[i:i+n])}, feedmill.MentionName, 0.75)
			return n
		}
	}
	return z.foreignCity(i)
}

// foreignCity takes a city only if it is large and its name is nothing else, or if its name has several words.
func (z *recognizer) foreignCity(i int) int {
	for n := min(max(1, z.g.longest[z.toks[i].key]), z.end-i); n > 0; n-- {
		k := key(z.toks[i : i+n])
		if !z.toks[i+n-1].upper || !z.g.cities.has(k) {
			continue
		}
		c := z.g.cityCandidates(k)
		if w := c[0].weight(); w < popularInFlat || n == 1 && len(k) < 4 {
			continue
		}
		if n == 1 && (z.initial(i) && z.g.common.has(k) || z.g.first.has(k) && c[0].weight() < popularAsWord) {
			continue
		}
		z.add(i, i+n, cityFinding(&c[0]), feedmill.MentionName, 0.75)
		return n
	}
	return 0
}

func latin(s string) bool {
	for _, r := range s {
		if unicode.IsLetter(r) {
			return unicode.Is(unicode.Latin, r)
		}
	}
	return false
}

// baseLanguage returns the primary subtag of a BCP 47 tag in lower case.
func baseLanguage(tag string) string {
	base, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	return fold.Key(strings.TrimSpace(base))
}
