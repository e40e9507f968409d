package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

var errReadOnly = errors.New("the store was opened for reading only")

// Write stores the records in one transaction, see sink.Sink.
func (s *Store) Write(ctx context.Context, recs []*feedmill.Record) error {
	if s.write == nil {
		return s.explain("write", errReadOnly)
	}
	if len(recs) == 0 {
		// Even nothing cannot be written to a closed store.
		return s.explain("write", s.write.PingContext(ctx))
	}
	batch, err := sink.Prepare(recs)
	if err != nil {
		return err
	}
	return s.explain("write", s.inTransaction(ctx, func(w *writer) error {
		changed, err := sink.Merge(ctx, w, batch)
		if err != nil {
			return err
		}
		return w.save(ctx, changed)
	}))
}

func (s *Store) inTransaction(ctx context.Context, do func(*writer) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(&writer{statements: s.stmts.in(ctx, tx), byID: make(map[string]*sink.Article)}); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err() // and not that the transaction was ended by it
		}
		// After some faults SQLite has rolled back already, and says so; the first error is the one to report.
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

func (w *writer) save(ctx context.Context, changed []*sink.Article) error {
	for _, a := range changed {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.saveArticle(context.WithoutCancel(ctx), a); err != nil {
			return fmt.Errorf("record %s: %w", a.ID, err)
		}
	}
	// All at once and last: FTS5 sorts what it is given in memory, and has to put that on disk before any statement
	// that may need to be undone alone, and before any row that does not come after the one before.
	unindexed := slices.DeleteFunc(slices.Clone(changed), func(a *sink.Article) bool { return !a.Changes.Index })
	slices.SortFunc(unindexed, func(a, b *sink.Article) int { return cmp.Compare(a.Key, b.Key) })
	for _, a := range unindexed {
		if err := w.indexArticle(context.WithoutCancel(ctx), a); err != nil {
			return fmt.Errorf("record %s: %w", a.ID, err)
		}
	}
	return nil
}

func (w *writer) saveArticle(ctx context.Context, a *sink.Article) error {
	if a.Changes.Forget {
		if err := w.forget(ctx, a); err != nil {
			return err
		}
	}
	for _, r := range a.Renditions {
		if err := w.saveRendition(ctx, a, r); err != nil {
			return err
		}
	}
	if err := w.saveRevisions(ctx, a); err != nil {
		return err
	}
	for i := range a.Changes.Mentions {
		key := sink.KeyOf(&a.Changes.Mentions[i])
		text, err := sink.Encode(a.Changes.Mentions[i])
		if err != nil {
			return err
		}
		if _, err := w.setMention.ExecContext(ctx, a.Key, key.Feed, key.Entry, text); err != nil {
			return err
		}
	}
	for _, u := range a.Changes.URLs {
		if _, err := w.addURL.ExecContext(ctx, a.Key, u); err != nil {
			return err
		}
	}
	if a.Changes.Cursor {
		if err := w.nextCursor.QueryRowContext(ctx).Scan(&a.Cursor); err != nil {
			return err
		}
	}
	return w.setRow(ctx, a)
}

// setRow writes an article's own row.
func (w *writer) setRow(ctx context.Context, a *sink.Article) error {
	standing, err := sink.Encode(a.Standing)
	if err != nil {
		return err
	}
	root, sortAt, lastSeen := int64(0), "", ""
	if a.Root != "" {
		root = w.byID[a.Root].Key
	}
	if len(a.Revisions) > 0 {
		sortAt = formatTime(a.SortAt)
	}
	if !a.LastSeen.IsZero() {
		lastSeen = formatTime(a.LastSeen)
	}
	_, err = w.setArticle.ExecContext(ctx, root, a.Standing.Merge.MergedInto, standing, a.Shown, len(a.Revisions), a.Cursor, sortAt,
		a.Host, a.Indexed, a.Withdrawn(), lastSeen, a.Story(), a.Key)
	return err
}

// forget deletes all that is kept of a withdrawn article beside its own row.
func (w *writer) forget(ctx context.Context, a *sink.Article) error {
	for _, stmt := range []*sql.Stmt{w.forgetResults, w.forgetSightings, w.forgetRevisions, w.forgetRenditions, w.forgetMentions,
		w.forgetURLs, w.forgetWords} {
		if _, err := stmt.ExecContext(ctx, a.Key); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) saveRendition(ctx context.Context, a *sink.Article, r *sink.Rendition) error {
	p := r.Pipeline
	head := []any{r.Rendition, p.Parser, p.Enricher, p.Rules, p.Model, formatSince(p.ParserSince), formatSince(p.EnricherSince),
		formatTime(r.SeenAt), r.ContentHash}
	switch {
	case !r.Added.Head:
	case r.Key == 0:
		res, err := w.newRendition.ExecContext(ctx, append(head, r.Added.Record, a.Key, r.Source)...)
		if err != nil {
			return err
		}
		if r.Key, err = res.LastInsertId(); err != nil {
			return err
		}
	case r.Added.Record == "":
		if _, err := w.setHead.ExecContext(ctx, append(head, r.Key)...); err != nil {
			return err
		}
	default:
		if _, err := w.setRendition.ExecContext(ctx, append(head, r.Added.Record, r.Key)...); err != nil {
			return err
		}
	}
	for i := range r.Added.Results {
		x, p := &r.Added.Results[i], &r.Added.Results[i].Pipeline
		if _, err := w.addResult.ExecContext(ctx, r.Key, p.Parser, p.Enricher, p.Rules, p.Model, formatSince(p.ParserSince), formatSince(p.EnricherSince), x.ContentHash); err != nil {
			return err
		}
	}
	for _, at := range r.Added.Sightings {
		if _, err := w.addSighting.ExecContext(ctx, r.Key, formatTime(at)); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) saveRevisions(ctx context.Context, a *sink.Article) error {
	for _, number := range a.Changes.Revisions {
		r := &a.Revisions[number-1]
		_, err := w.setRevision.ExecContext(ctx, a.Key, number, a.Rendition(r.Source).Key, formatTime(r.SeenAt), r.Previous, string(r.Change))
		if err != nil {
			return err
		}
	}
	if len(a.Revisions) >= a.Changes.RevisionsBefore {
		return nil
	}
	_, err := w.cutRevisions.ExecContext(ctx, a.Key, len(a.Revisions))
	return err
}

func (w *writer) indexArticle(ctx context.Context, a *sink.Article) error {
	in := sink.SearchedIn(a.Changes.Newest)
	_, err := w.index.ExecContext(ctx, a.Key, in.Title, in.Subtitle, in.Byline, in.Text, in.Captions)
	return err
}
