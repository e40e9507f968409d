package enricher

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/enricher/internal/fold"
)

// entity is a person, place and so on while its mentions are gathered.
type entity struct {
	typ, name string
	key       string // what makes two mentions one entity: "country:KR", "city:seoul", "person:kim kwan-jin"
	iso       string
	wikidata  string
	geonames  int
	id        string
	roles     []role
	mentions  []mention
}

// mention is a place where an entity is named: tokens from and to of a field.
type mention struct {
	f        *field
	order    int // of the field
	from, to int
	kind     string
	conf     float64
}

func (m *mention) start() int   { return m.f.toks[m.from].start }
func (m *mention) end() int     { return m.f.toks[m.to-1].end }
func (m *mention) text() string { return m.f.slice(m.start(), m.end()) }

type role struct {
	title string
	of    *entity
	ofKey string // of another entity, by its key; of is looked up when the record is written
	name  string // of something that is no entity of the record
	iso   string // the country that it is of, where that is said by a nationality
	f     *field
	from  int
	to    int
}

// finding is what the recogniser says of a stretch of tokens.
type finding struct {
	mention
	typ, name, key string
	iso, wikidata  string
	geonames       int
}

// findEntities finds names and gathers equal ones.
func findEntities(ctx context.Context, d *document) error {
	d.found = true
	d.ents = nil
	found, err := recognize(ctx, d)
	if err != nil {
		return err
	}
	d.gather(found)
	d.publish()
	return nil
}

// gather makes entities of findings, in the order of the text.
func (d *document) gather(found []finding) {
	slices.SortStableFunc(found, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.from, b.from))
	})
	by := map[string]*entity{}
	for _, e := range d.ents {
		by[e.typ+" "+e.key] = e
	}
	for _, f := range found {
		e := by[f.typ+" "+f.key]
		if e == nil {
			e = &entity{typ: f.typ, name: f.name, key: f.key, iso: f.iso, wikidata: f.wikidata, geonames: f.geonames}
			by[f.typ+" "+f.key] = e
			d.ents = append(d.ents, e)
		}
		e.mentions = append(e.mentions, f.mention)
	}
	d.number()
}

// number sorts mentions and entities by first mention and gives ids in that order.
func (d *document) number() {
	for _, e := range d.ents {
		slices.SortStableFunc(e.mentions, compareMentions)
	}
	slices.SortStableFunc(d.ents, func(a, b *entity) int { return compareMentions(a.mentions[0], b.mentions[0]) })
	for i, e := range d.ents {
		e.id = fmt.Sprintf("e%d", i+1)
	}
}

func compareMentions(a, b mention) int {
	return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to))
}

func cloneEntities(in []*entity) []*entity {
	out := make([]*entity, len(in))
	for i, e := range in {
		c := *e
		c.roles = slices.Clone(e.roles)
		c.mentions = slices.Clone(e.mentions)
		out[i] = &c
	}
	return out
}

// publish writes the entities to the record.
func (d *document) publish() {
	if !d.found {
		return
	}
	ids := map[string]string{}
	for _, e := range d.ents {
		ids[e.key] = e.id
	}
	d.r.Entities = nil
	for _, e := range d.ents {
		out := feedmill.Entity{
			ID: e.id, Key: e.corpusKey(), Type: e.typ, Name: e.name,
			Links: feedmill.Links{Wikidata: e.wikidata, GeoNames: e.geonames, ISOCountry: e.iso},
		}
		for _, r := range e.roles {
			t := r.f.toks
			of := r.name
			if r.ofKey != "" && ids[r.ofKey] != "" {
				of = ids[r.ofKey]
			}
			out.Roles = append(out.Roles, feedmill.Role{Title: r.title, Of: of, Span: r.f.span(t[r.from].start, t[r.to-1].end)})
		}
		for _, m := range e.mentions {
			out.Confidence = max(out.Confidence, round3(m.conf))
			out.Mentions = append(out.Mentions, feedmill.EntityMention{
				Span: m.f.span(m.start(), m.end()), Text: m.text(), Kind: m.kind, Confidence: round3(m.conf),
			})
		}
		d.r.Entities = append(d.r.Entities, out)
	}
}

func round3(x float64) float64 { return float64(int(x*1000+0.5)) / 1000 }

// corpusKey is the entity's key across records.
func (e *entity) corpusKey() string {
	switch {
	case e.geonames != 0:
		return fmt.Sprintf("geonames:%d", e.geonames)
	case e.wikidata != "":
		return "wikidata:" + e.wikidata
	}
	return localKey(e.typ, e.name, e.iso)
}

// localKey is the key of what no catalogue names.
func localKey(typ, name, iso string) string {
	h := sha256.Sum256([]byte(strings.Join([]string{fold.Key(name), typ, iso}, "\x1f")))
	return "local:" + hex.EncodeToString(h[:8])
}
