package sink

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/feedmill/feedmill"
)

// sighting is a source seen at a time.
type sighting struct {
	at time.Time
	*Rendition
}

// refresh makes anew what is shown of an article.
func (m *merging) refresh(ctx context.Context, a *Article) error {
	if a.withdrawn = m.isWithdrawn(a); a.withdrawn {
		return m.forget(a)
	}
	a.LastSeen = m.lastSeen(a)
	seen := sightings(a)
	before := a.Revisions
	var err error
	if a.Revisions, err = m.revise(ctx, a, seen); err != nil {
		return err
	}
	changed := a.compareRevisions(before)
	if n := len(a.Revisions); n > 0 {
		stays := n == len(before) && before[n-1].equal(&a.Revisions[n-1]) && !a.Rendition(before[n-1].Source).replaced
		if !stays || a.URL == "" {
			if err := m.place(ctx, a); err != nil {
				return err
			}
		}
	}
	shown, err := m.show(a, seen)
	if err != nil {
		return err
	}
	a.Changes.Cursor = (changed || shown != a.Shown) && (len(a.Revisions) > 0 || a.Root != "")
	a.Shown = shown
	return nil
}

// isWithdrawn tells whether the article, or the one that stands for it, was withdrawn.
func (m *merging) isWithdrawn(a *Article) bool {
	return m.byID[a.top()].Standing.Stated.Value == feedmill.StateWithdrawn || a.Standing.Stated.Value == feedmill.StateWithdrawn
}

// forget leaves of a withdrawn article its id and its standing. What comes of it later is forgotten as well, so that the
// order of records decides nothing.
func (m *merging) forget(a *Article) error {
	shown, err := Encode(Shown{State: a.State()})
	if err != nil {
		return err
	}
	a.Changes = Changes{Forget: true, Cursor: shown != a.Shown}
	a.Shown = shown
	a.Renditions, a.Mentions, a.URLs, a.Revisions = nil, nil, nil, nil
	a.SortAt, a.LastSeen, a.Host, a.URL, a.Indexed = time.Time{}, time.Time{}, "", "", ""
	return nil
}

// sightings are those of all sources of an article, in the order of time; ties go by the source's hash.
func sightings(a *Article) []sighting {
	var out []sighting
	for _, r := range a.Renditions {
		for _, at := range r.Sightings {
			out = append(out, sighting{at, r})
		}
	}
	slices.SortFunc(out, func(x, y sighting) int {
		return cmp.Or(x.at.Compare(y.at), cmp.Compare(x.Source, y.Source))
	})
	return out
}

// revise makes revisions of sightings: neighbours with equal content are one, shown as the last of them. Changes that
// were worked out before and cannot have become others are taken from the revisions that there are.
func (m *merging) revise(ctx context.Context, a *Article, seen []sighting) ([]Revision, error) {
	type pair struct{ before, after string }
	worked := make(map[pair]json.RawMessage, len(a.Revisions))
	var last *Rendition
	for i := range a.Revisions {
		r := a.Rendition(a.Revisions[i].Source)
		if (last == nil || !last.remade) && !r.remade {
			worked[pair{sourceOf(last), r.Source}] = a.Revisions[i].Change
		}
		last = r
	}
	var revs []Revision
	last = nil
	for i, s := range seen {
		if i+1 < len(seen) && seen[i+1].ContentHash == s.ContentHash {
			continue
		}
		rev := Revision{Source: s.Source, SeenAt: s.at}
		if last != nil {
			rev.Previous = last.Rendition
		}
		var ok bool
		if rev.Change, ok = worked[pair{sourceOf(last), s.Source}]; !ok {
			var err error
			if rev.Change, err = m.change(ctx, a, last, s.Rendition); err != nil {
				return nil, err
			}
		}
		revs = append(revs, rev)
		last = s.Rendition
	}
	return revs, nil
}

// sourceOf is the source of a rendition, "" for none.
func sourceOf(r *Rendition) string {
	if r == nil {
		return ""
	}
	return r.Source
}

// compareRevisions notes which revisions a store has to write, and tells whether a reader could see a difference.
func (a *Article) compareRevisions(before []Revision) bool {
	changed := len(a.Revisions) < len(before)
	a.Changes.RevisionsBefore = len(before)
	for i := range a.Revisions {
		rev := &a.Revisions[i]
		if i < len(before) && before[i].equal(rev) {
			changed = changed || a.Rendition(rev.Source).replaced
			continue
		}
		changed = true
		a.Changes.Revisions = append(a.Changes.Revisions, i+1)
	}
	return changed
}

// change returns the JSON of what the second rendition changed against the first, which is nil for a first revision;
// nothing if there is nothing to say.
//
// Where the pipelines' results show that the publisher changed nothing, the change is reprocessed: for a first
// revision, if an older pipeline read another text out of the same source; between two, if the newest pipeline that
// read both sources read the same text out of both.
func (m *merging) change(ctx context.Context, a *Article, before, after *Rendition) (json.RawMessage, error) {
	if before == nil {
		for _, r := range after.Results {
			if r.Pipeline.Compare(after.Pipeline) < 0 && r.ContentHash != after.ContentHash {
				return encodeChange(&feedmill.Change{Class: feedmill.ChangeReprocessed})
			}
		}
		return nil, nil
	}
	prev, err := m.record(ctx, a, before)
	if err != nil {
		return nil, err
	}
	cur, err := m.record(ctx, a, after)
	if err != nil {
		return nil, err
	}
	change := Compare(prev, cur)
	if sameText(before.Results, after.Results) {
		change.Class = feedmill.ChangeReprocessed
	}
	return encodeChange(change)
}

func encodeChange(c *feedmill.Change) (json.RawMessage, error) {
	text, err := Encode(c)
	return json.RawMessage(text), err
}

// sameText tells whether the newest version in both lists has a result in common.
func sameText(a, b []Result) bool {
	var newest *feedmill.Pipeline
	same := false
	for i := range a {
		for j := range b {
			if !sameVersion(&a[i].Pipeline, &b[j].Pipeline) {
				continue
			}
			p := &a[i].Pipeline // since when it was last in use for either
			if b[j].Pipeline.Compare(*p) > 0 {
				p = &b[j].Pipeline
			}
			equal := a[i].ContentHash == b[j].ContentHash
			switch {
			case newest != nil && sameVersion(p, newest):
				same = same || equal
				if p.Compare(*newest) > 0 {
					newest = p
				}
			case newest == nil || p.Compare(*newest) > 0:
				newest, same = p, equal
			}
		}
	}
	return same
}

// sameVersion tells whether two pipelines give the same result.
func sameVersion(p, q *feedmill.Pipeline) bool {
	return p.Parser == q.Parser && p.Enricher == q.Enricher && p.Rules == q.Rules && p.Model == q.Model
}

// place puts the newest revision where queries find it.
func (m *merging) place(ctx context.Context, a *Article) error {
	last := &a.Revisions[len(a.Revisions)-1]
	r := a.Rendition(last.Source)
	newest, err := m.record(ctx, a, r)
	if err != nil {
		return err
	}
	a.SortAt = last.SeenAt
	if t := newest.Published.UTC; !t.IsZero() {
		a.SortAt = instant(t)
	}
	a.URL, a.Host = newest.URL, feedmill.Host(newest.URL)
	a.Changes.Newest, a.Changes.Index = newest, a.Indexed != r.ContentHash
	a.Indexed = r.ContentHash
	return nil
}
