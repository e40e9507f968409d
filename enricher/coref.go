package enricher

import (
	"context"
	"regexp"
	"strings"
	"sync"

	"github.com/feedmill/feedmill"
)

// joinMentions makes one entity of all names of one thing: short names of people, acronyms and clipped names of
// organizations, "the North" after North Korea.
func joinMentions(ctx context.Context, d *document) error {
	if !d.found {
		return nil
	}
	c := &corefer{d: d, g: gazetteerData()}
	c.mergePeople()
	c.mergeOrganizations()
	d.number()
	c.cover()
	for order, f := range d.fields {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.shortNames(order, f)
	}
	d.number()
	d.publish()
	return nil
}

type corefer struct {
	d       *document
	g       *gazetteer
	covered [][]*entity // by field and token
	// people by family name, organizations by clipped name, in the order of their first mention.
	people map[string][]*entity
	orgs   map[string]*entity
	korea  [2]*entity // north, south
}

// familyName returns the folded family name of a person's full name, "" if it has one part only.
func familyName(name, lang string) string {
	toks := tokenize(name)
	for len(toks) > 1 && (toks[len(toks)-1].abbr || toks[len(toks)-1].kind != kindWord) {
		toks = toks[:len(toks)-1]
	}
	if len(toks) < 2 {
		return ""
	}
	if lang == "hu" || familyFirstOrder(toks) {
		return toks[0].key
	}
	return toks[len(toks)-1].key
}

// familyFirstOrder tells whether a name is in the order of Korea and China: a family name of there, and behind it a
// given name in two, or one that is no family name of the West.
func familyFirstOrder(toks []token) bool {
	g := gazetteerData()
	if !familyFirst()[toks[0].key] || len(toks) > 3 {
		return false
	}
	if givenInTwo(toks[1].text) || len(toks) == 3 {
		return true
	}
	if familyFirst()[toks[1].key] && g.first.has(toks[0].key) {
		return false // "Song Lee": the given name first
	}
	if toks[0].key != "kim" && toks[0].key != "lee" && pinyin().MatchString(toks[1].key) {
		return true // "Hu Jintao"; Kim and Lee are given names of the West too
	}
	return !g.surnames.has(toks[1].key) || !g.first.has(toks[0].key)
}

// pinyin matches one or two syllables of Chinese in Latin letters.
var pinyin = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxzcsryw])?(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|an|ao|ei|en|er|ia|ie|in|iu|ou|ua|ue|ui|un|uo|a|e|i|o|u)){1,2}$`)
})

func (c *corefer) mergePeople() {
	full := map[string][]*entity{}
	var kept []*entity
	people := map[string]*entity{}
	for _, e := range c.d.ents {
		if e.typ != feedmill.TypePerson {
			kept = append(kept, e)
			continue
		}
		fam := familyName(e.name, c.d.lang)
		if fam == "" {
			kept = append(kept, e)
			continue
		}
		// The first and last part make the name: "Robert M. Gates" is "Robert Gates".
		parts := strings.Fields(e.key)
		short := parts[0] + " " + parts[len(parts)-1]
		if len(parts) > 2 && len(parts[1]) <= 2 {
			if prev := people[short]; prev != nil {
				absorb(prev, e)
				continue
			}
		}
		if prev := people[short]; prev != nil {
			absorb(prev, e)
			continue
		}
		people[short] = e
		full[fam] = append(full[fam], e)
		kept = append(kept, e)
	}
	// Single names that are the family name of somebody.
	var out []*entity
	for _, e := range kept {
		single := e.typ == feedmill.TypePerson && !strings.Contains(e.key, " ")
		if single {
			fam := strings.TrimPrefix(e.key, "person:")
			if owners := full[fam]; len(owners) > 0 {
				for _, m := range e.mentions {
					m.kind = feedmill.MentionShort
					o := latest(owners, m)
					o.mentions = append(o.mentions, m)
				}
				continue
			}
		}
		out = append(out, e)
	}
	c.d.ents = out
	c.people = full
}

// absorb moves e's mentions to into, whose name becomes the longer of the two.
func absorb(into, e *entity) {
	into.mentions = append(into.mentions, e.mentions...)
	if len(e.name) > len(into.name) {
		into.name = e.name
	}
	if into.iso == "" {
		into.iso = e.iso
	}
}

// latest returns whoever of the owners of a name was last named in full before m, or the first of them.
func latest(owners []*entity, m mention) *entity {
	best := owners[0]
	if len(owners) == 1 {
		return best
	}
	var at mention
	found := false
	for _, o := range owners {
		for i := range o.mentions {
			p := o.mentions[i]
			if p.kind != feedmill.MentionName || p.order != m.order || compareMentions(p, m) >= 0 {
				continue
			}
			if !found || compareMentions(at, p) < 0 {
				best, at, found = o, p, true
			}
		}
	}
	return best
}

func (c *corefer) mergeOrganizations() {
	c.orgs = map[string]*entity{}
	byInitials := map[string]*entity{}
	byName := map[string]*entity{}
	for _, e := range c.d.ents {
		if e.typ != feedmill.TypeOrganization {
			continue
		}
		k := strings.TrimPrefix(e.key, "organization:")
		byName[k] = e
		if s := nameInitials(e.name); len(s) > 2 {
			byInitials[s] = e
		}
		words := strings.Fields(k)
		for len(words) > 1 && (companyForm(words[len(words)-1]) || words[len(words)-1] == "holdings") {
			words = words[:len(words)-1]
		}
		if clipped := strings.Join(words, " "); clipped != k {
			c.orgs[clipped] = e
		}
	}
	var out []*entity
	for _, e := range c.d.ents {
		if e.typ == feedmill.TypeOrganization {
			k := strings.TrimPrefix(e.key, "organization:")
			if long := c.orgs[k]; long != nil && long != e {
				asKind(e, feedmill.MentionShort)
				absorb(long, e)
				continue
			}
			if capitals(e.name) {
				if long := byInitials[strings.ReplaceAll(e.name, ".", "")]; long != nil && long != e {
					asKind(e, feedmill.MentionAcronym)
					absorb(long, e)
					continue
				}
			}
		}
		out = append(out, e)
	}
	c.d.ents = out
}

func asKind(e *entity, kind string) {
	for i := range e.mentions {
		e.mentions[i].kind = kind
	}
}

// nameInitials returns the first letters of the capitalised words of a name.
func nameInitials(name string) string {
	var b strings.Builder
	for w := range strings.FieldsSeq(name) {
		for part := range strings.SplitSeq(w, "-") {
			if part != "" && upperLetter(part[0]) {
				b.WriteByte(part[0])
			}
		}
	}
	return b.String()
}

// cover notes which tokens belong to which entity.
func (c *corefer) cover() {
	c.covered = make([][]*entity, len(c.d.fields))
	for i, f := range c.d.fields {
		c.covered[i] = make([]*entity, len(f.tokens()))
	}
	for _, e := range c.d.ents {
		for _, m := range e.mentions {
			for i := m.from; i < m.to; i++ {
				c.covered[m.order][i] = e
			}
		}
		switch e.key {
		case "country:KP":
			c.korea[0] = e
		case "country:KR":
			c.korea[1] = e
		}
	}
}

// shortNames finds the mentions by family name, clipped name and compass point that only the whole document explains.
func (c *corefer) shortNames(order int, f *field) {
	toks := f.tokens()
	z := &recognizer{d: c.d, g: c.g, f: f, order: order, toks: toks}
	for _, s := range f.sentences() {
		z.from, z.end = s.from, s.to
		z.flat, z.shouting = capitalsSayNothing(toks[s.from:s.to])
		for i := s.from; i < s.to; i++ {
			t := &toks[i]
			if t.kind != kindWord || !t.upper {
				continue
			}
			m := mention{f: f, order: order, from: i, to: i + 1, kind: feedmill.MentionShort, conf: 0.85}
			cover := c.covered[order][i]
			if owners := c.people[t.key]; len(owners) > 0 && c.standsAlone(z, i, cover) {
				o := latest(owners, m)
				if cover != nil {
					c.release(cover, order, i)
				}
				o.mentions = append(o.mentions, m)
				c.covered[order][i] = o
				continue
			}
			half := c.halfOfKorea(z, i)
			if half != nil && cover != nil && cover != half && cover.typ == feedmill.TypePlace && cover.name == t.text {
				c.release(cover, order, i) // a name for no more than the word itself says
				cover = nil
			}
			if cover != nil {
				continue
			}
			if o := c.orgs[t.key]; o != nil && z.evident(i) && !c.g.common.has(t.key) {
				o.mentions = append(o.mentions, m)
				c.covered[order][i] = o
				continue
			}
			if half != nil {
				m.kind = feedmill.MentionAlias
				half.mentions = append(half.mentions, m)
				c.covered[order][i] = half
			}
		}
	}
	c.d.ents = withMentions(c.d.ents)
}

// standsAlone tells whether token i is a name by itself rather than a part of a longer one or an everyday word.
func (c *corefer) standsAlone(z *recognizer, i int, cover *entity) bool {
	t := &z.toks[i]
	if cover != nil {
		// A town of that name, where nothing says "in", is rather the person.
		if cover.typ != feedmill.TypePlace || !strings.HasPrefix(cover.key, "city:") || z.placed(i) || strings.Contains(cover.key, " ") {
			return false
		}
		if z.bigCity(t.key) {
			return false
		}
	}
	if z.initial(i) && c.g.common.has(t.key) && !z.speaks(i, i+1) && (functionWords()[t.key] || !familyFirst()[t.key]) {
		next := i + 1
		if next >= z.end || z.toks[next].kind != kindPossessive {
			return false
		}
	}
	if functionWords()[t.key] && !familyFirst()[t.key] || calendarWords()[t.key] {
		return false
	}
	if i+1 < z.end && z.toks[i+1].upper && z.toks[i+1].gap && z.toks[i+1].word() && !z.flat && c.covered[z.order][i+1] == nil &&
		!calendarWords()[z.toks[i+1].key] && !functionWords()[z.toks[i+1].key] {
		return false
	}
	if i > z.from && z.toks[i-1].upper && z.toks[i-1].word() && t.gap && !z.flat && c.covered[z.order][i-1] == nil &&
		!titleHeads()[z.toks[i-1].key] && !functionWords()[z.toks[i-1].key] && !(i-1 == z.from && c.g.common.has(z.toks[i-1].key)) {
		return false
	}
	return true
}

// release takes the mention at token i away from e.
func (c *corefer) release(e *entity, order, i int) {
	kept := e.mentions[:0]
	for _, m := range e.mentions {
		if m.order != order || m.from != i {
			kept = append(kept, m)
		}
	}
	e.mentions = kept
}

func withMentions(in []*entity) []*entity {
	var out []*entity
	for _, e := range in {
		if len(e.mentions) > 0 {
			out = append(out, e)
		}
	}
	return out
}

// halfOfKorea returns the state that "the North" or "the South" stands for, if the text names the Koreas.
func (c *corefer) halfOfKorea(z *recognizer, i int) *entity {
	if i == z.from || z.toks[i-1].key != "the" || c.korea[0] == nil {
		return nil
	}
	if i+1 < z.end && z.toks[i+1].upper && z.toks[i+1].gap {
		return nil
	}
	if i+1 < z.end && (z.toks[i+1].key == "of" || z.toks[i+1].is("-")) {
		return nil
	}
	switch z.toks[i].key {
	case "north":
		return c.korea[0]
	case "south":
		return c.korea[1]
	}
	return nil
}
