package enricher

import (
	"context"
	"strings"

	"github.com/feedmill/feedmill"
)

// findRoles gives people the titles that the text states before or behind their names.
func findRoles(ctx context.Context, d *document) error {
	if !d.found || !d.english() {
		return nil
	}
	p := newRoleFinder(d)
	for _, m := range p.people {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.counterpart(m)
		p.before(m)
		p.behind(m)
	}
	d.publish()
	return nil
}

type placed struct {
	e *entity
	m mention
}

type roleFinder struct {
	d      *document
	people []placed
	// at is the mention that covers a token, by field.
	at [][]*placed
	// last is the role that was stated last, for "his counterpart".
	last *role
}

func newRoleFinder(d *document) *roleFinder {
	p := &roleFinder{d: d, at: make([][]*placed, len(d.fields))}
	for i, f := range d.fields {
		p.at[i] = make([]*placed, len(f.tokens()))
	}
	for _, e := range d.ents {
		e.roles = nil
		for _, m := range e.mentions {
			pl := &placed{e, m}
			for i := m.from; i < m.to; i++ {
				p.at[m.order][i] = pl
			}
		}
	}
	for i := range d.fields {
		for j, pl := range p.at[i] {
			if pl != nil && pl.m.from == j && pl.e.typ == feedmill.TypePerson {
				p.people = append(p.people, *pl)
			}
		}
	}
	return p
}

// maxTitle is the longest title, in tokens, that is looked for before a name.
const maxTitle = 7

// before reads "South Korean Defense Minister Kim", "Samsung chairman Lee", "Admiral Mike Mullen".
func (p *roleFinder) before(pl placed) {
	f, toks := pl.m.f, pl.m.f.tokens()
	sent := f.sentences()[f.sentenceAt(pl.m.from)]
	end := pl.m.from
	if end > sent.from && toks[end-1].is(",") {
		end-- // "the defense minister, Kim Kwan-jin,"
	}
	for i := max(sent.from, end-maxTitle); i < end; i++ {
		if p.at[pl.m.order][i] != nil || titleAt(toks, i, end) != end-i {
			continue
		}
		if end-i == 1 && honorifics()[toks[i].key] {
			return
		}
		r := role{title: f.slice(toks[i].start, toks[end-1].end), f: f, from: i, to: end}
		p.owner(&r, pl.m.order, i-1, sent.from)
		if end < pl.m.from && r.ofKey == "" && !(i > sent.from && toks[i-1].key == "the") {
			return // a comma and nothing that ties the title to the name
		}
		p.give(pl.e, r)
		return
	}
}

// owner finds whose title it is that starts behind token i: a country, nationality or organization right before it.
func (p *roleFinder) owner(r *role, order, i, from int) {
	toks := r.f.tokens()
	for i >= from && (toks[i].kind == kindPossessive || former(toks[i].key)) {
		i--
	}
	if i < from {
		return
	}
	if o := p.at[order][i]; o != nil {
		p.of(r, o.e)
	}
}

func former(k string) bool {
	return k == "former" || k == "ex" || k == "then" || k == "new" || k == "current"
}

// of sets what a role belongs to: for a nationality that is its country.
func (p *roleFinder) of(r *role, e *entity) {
	switch e.typ {
	case feedmill.TypeOrganization:
		r.ofKey = e.key
	case feedmill.TypePlace:
		r.ofKey = e.key
	case feedmill.TypeGroup:
		if e.iso == "" {
			return
		}
		r.iso, r.ofKey = e.iso, "country:"+e.iso
		for _, x := range p.d.ents {
			if x.key == r.ofKey {
				return
			}
		}
		r.ofKey, r.name = "", gazetteerData().countryName(e.iso)
	}
}

func (g *gazetteer) countryName(iso string) string {
	if c, ok := g.countries[iso]; ok {
		return c.name
	}
	return iso
}

// behind reads "Mike Mullen, chairman of the Joint Chiefs of Staff,".
func (p *roleFinder) behind(pl placed) {
	f, toks := pl.m.f, pl.m.f.tokens()
	sent := f.sentences()[f.sentenceAt(pl.m.from)]
	i := pl.m.to
	if i+1 >= sent.to || !toks[i].is(",") {
		return
	}
	i++
	for i < sent.to && (toks[i].key == "the" || toks[i].key == "a" || toks[i].key == "an" || former(toks[i].key) || toks[i].key == "its" || toks[i].key == "who") {
		i++
	}
	var r role
	start := i
	if o := p.covering(pl.m.order, i); o != nil && o.e.typ != feedmill.TypePerson {
		p.of(&r, o.e)
		i = o.m.to
		if i < sent.to && toks[i].kind == kindPossessive {
			i++
		}
		start = i
	}
	if i >= sent.to {
		return
	}
	n := titleAt(toks, i, sent.to)
	if n == 0 || toks[i].upper && toks[start].upper && p.at[pl.m.order][i] != nil {
		return
	}
	end := i + n
	// "… of the Joint Chiefs of Staff"
	if k := end; k+1 < sent.to && (toks[k].key == "of" || toks[k].key == "at" || toks[k].key == "for") {
		k++
		if toks[k].key == "the" && k+1 < sent.to {
			k++
		}
		if o := p.covering(pl.m.order, k); o != nil && o.e.typ != feedmill.TypePerson {
			p.of(&r, o.e)
			end = o.m.to
		}
	}
	// The apposition has to end here, or it is the subject of something else: "Kim, Minister Lee said".
	if end < sent.to && toks[end].kind == kindWord && (toks[end].upper || toks[pl.m.to+1].key == "the" && speechVerbs()[toks[end].key]) {
		return
	}
	r.f, r.from, r.to = f, i, end
	r.title = strings.Join(strings.Fields(f.slice(toks[i].start, toks[end-1].end)), " ")
	p.give(pl.e, r)
}

func (p *roleFinder) covering(order, i int) *placed {
	if i >= len(p.at[order]) {
		return nil
	}
	return p.at[order][i]
}

// counterpart reads "his Japanese counterpart Toshimi Kitazawa": the title stated last, of another country.
func (p *roleFinder) counterpart(pl placed) {
	toks := pl.m.f.tokens()
	i := pl.m.from - 1
	if i >= 0 && toks[i].is(",") {
		i--
	}
	if i < 1 || toks[i].key != "counterpart" || p.last == nil {
		return
	}
	r := role{title: p.last.title, f: pl.m.f, from: i, to: i + 1}
	if o := p.at[pl.m.order][i-1]; o != nil {
		p.of(&r, o.e)
		r.from = o.m.from
	} else if i >= 2 && toks[i-1].kind == kindPossessive && p.at[pl.m.order][i-2] != nil {
		p.of(&r, p.at[pl.m.order][i-2].e)
		r.from = p.at[pl.m.order][i-2].m.from
	}
	last := p.last
	p.give(pl.e, r)
	p.last = last
}

// give adds a role, or completes the same role that was stated before.
func (p *roleFinder) give(e *entity, r role) {
	p.last = &r
	for i := range e.roles {
		if !strings.EqualFold(e.roles[i].title, r.title) {
			continue
		}
		if e.roles[i].ofKey == "" && e.roles[i].name == "" && (r.ofKey != "" || r.name != "") {
			e.roles[i] = r
		}
		return
	}
	e.roles = append(e.roles, r)
}
