package sqlite

import (
	"context"
	"slices"
	"strings"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

// revision is a row of that table; its number is its place.
type revision struct {
	rendition                int64
	seenAt, previous, change string
}

// sighting is a source seen at a time, as its newest rendition shows it.
type sighting struct {
	seenAt, rendition, contentHash string
	key                            int64 // of the rendition
}

// refresh makes anew what is shown of the touched articles and of those that stand for them.
func (w *writer) refresh(ctx context.Context) error {
	for i := 0; i < len(w.touched); i++ { // the list may grow
		a := w.touched[i]
		if a.root != 0 {
			top, err := w.articleWithKey(ctx, a.root)
			if err != nil {
				return err
			}
			w.touch(top)
		}
		if err := w.refreshArticle(ctx, a); err != nil {
			return err
		}
	}
	// All at once and last: FTS5 sorts what it is given in memory, and has to put that on disk before any statement
	// that may need to be undone alone.
	for _, a := range w.unindexed {
		if err := w.indexArticle(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) refreshArticle(ctx context.Context, a *article) error {
	seen, err := w.allSightings(ctx, a)
	if err != nil {
		return err
	}
	old, err := w.allRevisions(ctx, a)
	if err != nil {
		return err
	}
	revs, err := w.derive(ctx, seen, old)
	if err != nil {
		return err
	}
	changed, err := w.saveRevisions(ctx, a, old, revs)
	if err != nil {
		return err
	}
	a.revisions = len(revs)
	var newest *feedmill.Record
	if len(revs) > 0 {
		last := revs[len(revs)-1]
		if newest, err = w.doc(ctx, last.rendition); err != nil {
			return err
		}
		w.place(a, newest, last, seen[len(seen)-1].contentHash)
	}
	shown, err := w.show(ctx, a, newest, seen)
	if err != nil {
		return err
	}
	if (changed || shown != a.shown) && (a.revisions > 0 || a.root != 0) {
		if err := w.nextCursor.QueryRowContext(ctx).Scan(&a.cursor); err != nil {
			return err
		}
	}
	a.shown = shown
	return w.save(ctx, a)
}

func (w *writer) allSightings(ctx context.Context, a *article) ([]sighting, error) {
	rows, err := w.sightings.QueryContext(ctx, a.key)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []sighting
	for rows.Next() {
		var s sighting
		if err := rows.Scan(&s.seenAt, &s.key, &s.rendition, &s.contentHash); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

func (w *writer) allRevisions(ctx context.Context, a *article) ([]revision, error) {
	rows, err := w.revisions.QueryContext(ctx, a.key)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []revision
	for rows.Next() {
		var r revision
		if err := rows.Scan(&r.rendition, &r.seenAt, &r.previous, &r.change); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// derive makes revisions of sightings: neighbours with equal content are one, shown as the last of them. Changes that
// were worked out before and cannot have become others are taken from the old revisions.
func (w *writer) derive(ctx context.Context, seen []sighting, old []revision) ([]revision, error) {
	type pair struct{ before, after int64 }
	worked := make(map[pair]string, len(old))
	before := int64(0)
	for _, r := range old {
		if !w.remade[before] && !w.remade[r.rendition] {
			worked[pair{before, r.rendition}] = r.change
		}
		before = r.rendition
	}
	var revs []revision
	for i, s := range seen {
		if i+1 < len(seen) && seen[i+1].contentHash == s.contentHash {
			continue
		}
		r := revision{rendition: s.key, seenAt: s.seenAt}
		before := int64(0)
		if n := len(revs); n > 0 {
			before = revs[n-1].rendition
			r.previous = lastRendition(seen[:i], before)
		}
		var ok bool
		if r.change, ok = worked[pair{before, s.key}]; !ok {
			var err error
			if r.change, err = w.change(ctx, before, s.key); err != nil {
				return nil, err
			}
		}
		revs = append(revs, r)
	}
	return revs, nil
}

func lastRendition(seen []sighting, key int64) string {
	i := slices.IndexFunc(seen, func(s sighting) bool { return s.key == key })
	return seen[i].rendition
}

// saveRevisions writes the rows that are not there yet, and tells whether a reader could see a difference.
func (w *writer) saveRevisions(ctx context.Context, a *article, old, revs []revision) (bool, error) {
	changed := false
	for i, r := range revs {
		if i < len(old) && old[i] == r {
			changed = changed || w.replaced[r.rendition]
			continue
		}
		changed = true
		if _, err := w.setRevision.ExecContext(ctx, a.key, i+1, r.rendition, r.seenAt, r.previous, r.change); err != nil {
			return false, err
		}
	}
	if len(revs) < len(old) {
		changed = true
		if _, err := w.cutRevisions.ExecContext(ctx, a.key, len(revs)); err != nil {
			return false, err
		}
	}
	return changed, nil
}

// change returns the JSON of what the second rendition changed against the first, which is 0 for a first revision.
//
// Where the pipelines' results show that the publisher changed nothing, the change is reprocessed: for a first
// revision, if an older pipeline read another text out of the same source; between two, if the newest pipeline that
// read both sources read the same text out of both.
func (w *writer) change(ctx context.Context, before, after int64) (string, error) {
	cur, err := w.doc(ctx, after)
	if err != nil {
		return "", err
	}
	curResults, err := w.allResults(ctx, after)
	if err != nil {
		return "", err
	}
	if before == 0 {
		for _, r := range curResults {
			if r.pipeline.Compare(cur.Provenance.Pipeline) < 0 && r.contentHash != cur.ContentHash {
				return encode(feedmill.Change{Class: feedmill.ChangeReprocessed})
			}
		}
		return "", nil
	}
	prev, err := w.doc(ctx, before)
	if err != nil {
		return "", err
	}
	prevResults, err := w.allResults(ctx, before)
	if err != nil {
		return "", err
	}
	change := sink.Compare(prev, cur)
	if sameText(prevResults, curResults) {
		change.Class = feedmill.ChangeReprocessed
	}
	return encode(change)
}

// result is what one pipeline once read out of a source.
type result struct {
	pipeline    feedmill.Pipeline
	contentHash string
}

func (w *writer) allResults(ctx context.Context, rendition int64) ([]result, error) {
	rows, err := w.results.QueryContext(ctx, rendition)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []result
	for rows.Next() {
		var r result
		p := &r.pipeline
		if err := rows.Scan(&p.Parser, &p.Enricher, &p.Rules, &p.Model, &r.contentHash); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// sameText tells whether the newest pipeline in both lists has a result in common.
func sameText(a, b []result) bool {
	var newest *feedmill.Pipeline
	same := false
	for i := range a {
		for j := range b {
			p := &a[i].pipeline
			if p.Compare(b[j].pipeline) != 0 {
				continue
			}
			equal := a[i].contentHash == b[j].contentHash
			switch c := comparePipelines(p, newest); {
			case c > 0:
				newest, same = p, equal
			case c == 0:
				same = same || equal
			}
		}
	}
	return same
}

func comparePipelines(p, newest *feedmill.Pipeline) int {
	if newest == nil {
		return 1
	}
	return p.Compare(*newest)
}

// doc returns a rendition's record, bare.
func (w *writer) doc(ctx context.Context, key int64) (*feedmill.Record, error) {
	if d := w.docs[key]; d != nil {
		return d, nil
	}
	var text string
	if err := w.renditionRecord.QueryRowContext(ctx, key).Scan(&text); err != nil {
		return nil, err
	}
	d := new(feedmill.Record)
	if err := decode(text, d); err != nil {
		return nil, err
	}
	w.docs[key] = d
	return d, nil
}

// place puts the newest revision where queries find it.
func (w *writer) place(a *article, newest *feedmill.Record, last revision, contentHash string) {
	a.sortAt = last.seenAt
	if t := newest.Published.UTC; !t.IsZero() {
		a.sortAt = formatTime(t)
	}
	a.host = feedmill.Host(newest.URL)
	if a.indexed != contentHash {
		a.indexed, a.newest = contentHash, newest
		w.unindexed = append(w.unindexed, a)
	}
}

func (w *writer) indexArticle(ctx context.Context, a *article) error {
	newest := a.newest
	var captions strings.Builder
	for i := range newest.Images {
		captions.WriteString(newest.Images[i].Caption)
		captions.WriteString("\n")
	}
	_, err := w.index.ExecContext(ctx, a.key, sink.SearchText(newest.Title), sink.SearchText(newest.Subtitle),
		sink.SearchText(newest.Byline.Raw), sink.SearchText(newest.Text), sink.SearchText(captions.String()))
	return err
}

// show returns the JSON of what is merged over all records of an article, and of those merged into it.
func (w *writer) show(ctx context.Context, a *article, newest *feedmill.Record, seen []sighting) (string, error) {
	group := []*article{a}
	out := shown{State: a.standing.State()}
	if a.root == 0 {
		var err error
		if group, err = w.group(ctx, a); err != nil {
			return "", err
		}
	} else {
		top, err := w.articleWithKey(ctx, a.root)
		if err != nil {
			return "", err
		}
		out.State = a.standing.Merge
		out.State.MergedInto = top.id
	}
	if len(seen) > 0 {
		var err error
		if out.FirstSeenAt, err = parseTime(seen[0].seenAt); err != nil {
			return "", err
		}
	}
	for _, m := range group {
		mentions, err := all[string](ctx, w.mentions, m.key)
		if err != nil {
			return "", err
		}
		for _, text := range mentions {
			var mention feedmill.Mention
			if err := decode(text, &mention); err != nil {
				return "", err
			}
			out.Feeds = append(out.Feeds, mention)
		}
		urls, err := all[string](ctx, w.urls, m.key)
		if err != nil {
			return "", err
		}
		out.AltURLs = append(out.AltURLs, urls...)
	}
	var err error
	if out.Feeds, err = sink.MergeMentions(out.Feeds); err != nil {
		return "", err
	}
	slices.Sort(out.AltURLs)
	out.AltURLs = slices.Compact(out.AltURLs)
	if newest != nil {
		out.AltURLs = slices.DeleteFunc(out.AltURLs, func(u string) bool { return u == newest.URL })
	}
	return encode(out)
}
