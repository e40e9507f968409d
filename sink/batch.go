package sink

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/feedmill/feedmill"
)

// Holdings is what a store holds, as [Merge] asks for it within one transaction.
type Holdings interface {
	// Articles returns what is held of the ids, which are sorted and without doubles, and of every article that is
	// merged with one of them: with each article come its root and all that have the same root. An id that is not
	// known gives an Article all the same. Nobody else may change them until the transaction ends.
	Articles(ctx context.Context, ids []string) ([]*Article, error)
	// Record returns the JSON that is kept for a source of an article.
	Record(ctx context.Context, a *Article, r *Rendition) (string, error)
}

// Merge merges a batch into what a store holds, and returns the articles that are other than before, in the order in
// which they are to be given cursors. It writes nothing: the store saves what the articles and their Changes say.
func Merge(ctx context.Context, h Holdings, batch []Prepared) ([]*Article, error) {
	m := &merging{holdings: h, byID: make(map[string]*Article), merged: make(map[string][]*Article)}
	if err := m.load(ctx, batch); err != nil {
		return nil, err
	}
	for i := range batch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := m.put(ctx, &batch[i]); err != nil {
			return nil, fmt.Errorf("record %s: %w", batch[i].rec.ID, err)
		}
	}
	for i := 0; i < len(m.touched); i++ { // the list may grow
		a := m.touched[i]
		if a.Root != "" {
			m.touch(m.byID[a.Root])
		}
		if err := m.refresh(ctx, a); err != nil {
			return nil, fmt.Errorf("record %s: %w", a.ID, err)
		}
	}
	return m.touched, nil
}

// IDs returns the ids of all articles that a batch speaks of, sorted. Merges tells whether it may change who stands
// for whom.
func IDs(batch []Prepared) (ids []string, merges bool) {
	for i := range batch {
		rec := batch[i].rec
		ids = append(ids, rec.ID)
		if rec.State.Value == feedmill.StateMerged {
			merges = true
			ids = append(ids, rec.State.MergedInto)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), merges
}

// merging is one batch on its way.
type merging struct {
	holdings Holdings
	byID     map[string]*Article
	merged   map[string][]*Article // all that have that root
	touched  []*Article            // in the order of their first change
}

func (m *merging) load(ctx context.Context, batch []Prepared) error {
	ids, _ := IDs(batch)
	articles, err := m.holdings.Articles(ctx, ids)
	if err != nil {
		return err
	}
	for _, a := range articles {
		m.byID[a.ID] = a
		if a.Root != "" {
			m.merged[a.Root] = append(m.merged[a.Root], a)
		}
	}
	for _, id := range ids {
		if m.byID[id] == nil {
			return fmt.Errorf("the store gave no article for %s", id)
		}
	}
	for root := range m.merged {
		if m.byID[root] == nil {
			return fmt.Errorf("the store gave no article for %s, which others were merged into", root)
		}
	}
	return nil
}

func (m *merging) touch(a *Article) {
	if !a.touched {
		a.touched = true
		m.touched = append(m.touched, a)
	}
}

// put adds to the ledger of an article what the record says; refresh makes of that what is shown.
func (m *merging) put(ctx context.Context, in *Prepared) error {
	a := m.byID[in.rec.ID]
	m.putStanding(a, in)
	for _, mention := range in.mentions {
		if err := m.putMention(a, mention); err != nil {
			return err
		}
	}
	m.putURL(a, in.rec.URL)
	for _, u := range in.rec.AltURLs {
		m.putURL(a, u)
	}
	if in.rec.Rendition == "" {
		return nil
	}
	return m.putRendition(ctx, a, in)
}

func (m *merging) putStanding(a *Article, in *Prepared) {
	before := a.Standing
	a.Standing.Add(in.rec)
	if a.Standing == before {
		return
	}
	m.touch(a)
	for _, x := range m.merged[a.ID] {
		m.touch(x) // it is withdrawn with the one that stands for it
	}
	if target := a.Standing.Merge.MergedInto; target != before.Merge.MergedInto {
		m.retarget(a, m.byID[target])
	}
}

// retarget finds out anew who stands for whom in the groups of two articles, the first of which was merged into the
// second.
func (m *merging) retarget(a, b *Article) {
	tops := []string{a.top()}
	if a.top() != b.top() {
		tops = append(tops, b.top())
	}
	var members []*Article
	for _, top := range tops {
		members = append(append(members, m.byID[top]), m.merged[top]...)
		delete(m.merged, top)
	}
	links := make(map[string]string, len(members))
	for _, x := range members {
		if target := x.Standing.Merge.MergedInto; target != "" {
			links[x.ID] = target
		}
	}
	roots := Roots(links)
	for _, x := range members {
		root := roots[x.ID]
		if root == x.ID {
			root = ""
		}
		if root != x.Root {
			// What x adds is taken from the one that stood for it and given to the other.
			m.touch(m.byID[x.top()])
			m.touch(x)
			x.Root = root
			m.touch(m.byID[x.top()])
		}
		if root != "" {
			m.merged[root] = append(m.merged[root], x)
		}
	}
}

func (m *merging) putMention(a *Article, mention feedmill.Mention) error {
	key := KeyOf(&mention)
	i := slices.IndexFunc(a.Mentions, func(x feedmill.Mention) bool { return KeyOf(&x) == key })
	if i < 0 {
		a.Mentions = append(a.Mentions, mention)
	} else {
		before, err := Encode(a.Mentions[i])
		if err != nil {
			return err
		}
		if mention, err = MergeMention(a.Mentions[i], mention); err != nil {
			return err
		}
		after, err := Encode(mention)
		if err != nil || after == before {
			return err
		}
		a.Mentions[i] = mention
	}
	a.Changes.Mentions = append(a.Changes.Mentions, mention)
	m.touch(a)
	return nil
}

func (m *merging) putURL(a *Article, u string) {
	i, found := slices.BinarySearch(a.URLs, u)
	if found || u == "" {
		return
	}
	a.URLs = slices.Insert(a.URLs, i, u)
	a.Changes.URLs = append(a.Changes.URLs, u)
	m.touch(a)
}

func (m *merging) putRendition(ctx context.Context, a *Article, in *Prepared) error {
	pipeline := pipelineOf(in.rec)
	r := a.Rendition(in.doc.Provenance.Page.SHA256)
	if r == nil {
		r = &Rendition{Source: in.doc.Provenance.Page.SHA256}
		a.Renditions = append(a.Renditions, r)
		r.keep(in, pipeline)
	} else if err := m.replace(ctx, a, r, in, pipeline); err != nil {
		return err
	}
	if result := (Result{pipeline, in.doc.ContentHash}); r.addResult(result) {
		r.Added.Results = append(r.Added.Results, result)
		r.remade = true
		m.touch(a)
	}
	if i, found := slices.BinarySearchFunc(r.Sightings, in.seenAt, time.Time.Compare); !found {
		r.Sightings = slices.Insert(r.Sightings, i, in.seenAt)
		r.Added.Sightings = append(r.Added.Sightings, in.seenAt)
		m.touch(a)
	}
	return nil
}

// pipelineOf is what made a record, without its run.
func pipelineOf(rec *feedmill.Record) feedmill.Pipeline {
	p := rec.Provenance.Pipeline
	p.Run, p.ParserSince, p.EnricherSince = "", instant(p.ParserSince), instant(p.EnricherSince)
	return p
}

// addResult notes a result, and tells whether it says more than those that are there.
func (r *Rendition) addResult(x Result) bool {
	for i := range r.Results {
		have := &r.Results[i]
		if have.ContentHash != x.ContentHash || !sameVersion(&have.Pipeline, &x.Pipeline) {
			continue
		}
		if have.Pipeline.Compare(x.Pipeline) >= 0 {
			return false
		}
		*have = x
		return true
	}
	r.Results = append(r.Results, x)
	return true
}

// replace keeps the new of two renditions of one source if it is the newer pipeline's, or the one seen earlier, or the
// one whose JSON sorts first.
func (m *merging) replace(ctx context.Context, a *Article, r *Rendition, in *Prepared, pipeline feedmill.Pipeline) error {
	order := cmp.Or(pipeline.Compare(r.Pipeline), r.SeenAt.Compare(in.seenAt))
	if order < 0 {
		return nil
	}
	same := r.Digest == in.digest
	if !same {
		have, err := m.json(ctx, a, r)
		if err != nil {
			return err
		}
		if order == 0 && have < in.json {
			return nil
		}
		same = have == in.json
	}
	if !same {
		r.replaced, r.remade = true, true
		m.touch(a)
	}
	if same && order == 0 {
		r.doc = in.doc
		return nil
	}
	m.touch(a)
	if have := r.Added.Record; same {
		r.keep(in, pipeline)
		r.Added.Record = have // if it is new in this batch it is still to be written
		return nil
	}
	r.keep(in, pipeline)
	return nil
}

// keep takes the record in place of what was there before.
func (r *Rendition) keep(in *Prepared, pipeline feedmill.Pipeline) {
	r.Rendition, r.Pipeline, r.SeenAt = in.doc.Rendition, pipeline, in.seenAt
	r.ContentHash, r.Digest = in.doc.ContentHash, in.digest
	r.doc, r.Added.Record, r.Added.Head = in.doc, in.json, true
}

// json returns the JSON that is kept of a source.
func (m *merging) json(ctx context.Context, a *Article, r *Rendition) (string, error) {
	if r.Added.Record != "" {
		return r.Added.Record, nil
	}
	return m.holdings.Record(ctx, a, r)
}

// record returns what is kept of a source, bare.
func (m *merging) record(ctx context.Context, a *Article, r *Rendition) (*feedmill.Record, error) {
	if r.doc == nil {
		text, err := m.json(ctx, a, r)
		if err != nil {
			return nil, err
		}
		doc := new(feedmill.Record)
		if err := Decode(text, doc); err != nil {
			return nil, err
		}
		r.doc = doc
	}
	return r.doc, nil
}
