package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

// Write stores the records in one transaction, see sink.Sink.
func (s *Store) Write(ctx context.Context, recs []*feedmill.Record) error {
	if s.write == nil {
		return fmt.Errorf("write %s: the store was opened for reading only", s.path)
	}
	if len(recs) == 0 {
		// Even nothing cannot be written to a closed store.
		return s.explain("write", s.write.PingContext(ctx))
	}
	in := make([]incoming, len(recs))
	for i, rec := range recs {
		var err error
		if in[i], err = prepareRecord(rec); err != nil {
			return err
		}
	}
	return s.explain("write", s.inTransaction(ctx, func(ctx context.Context, w *writer) error {
		for i := range in {
			if err := ctx.Err(); err != nil {
				return err
			}
			// A statement that can be cancelled costs a goroutine; the batch is cancelled between records.
			if err := w.put(context.WithoutCancel(ctx), &in[i]); err != nil {
				return fmt.Errorf("record %s: %w", in[i].rec.ID, err)
			}
		}
		return w.refresh(context.WithoutCancel(ctx))
	}))
}

func (s *Store) inTransaction(ctx context.Context, do func(context.Context, *writer) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	w := &writer{
		statements: s.stmts.in(ctx, tx),
		byID:       make(map[string]*article),
		byKey:      make(map[int64]*article),
		docs:       make(map[int64]*feedmill.Record),
		remade:     make(map[int64]bool),
		replaced:   make(map[int64]bool),
	}
	if err := do(ctx, w); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err() // and not that the transaction was ended by it
		}
		// After some faults SQLite has rolled back already, and says so; the first error is the one to report.
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

// incoming is a record ready to be stored.
type incoming struct {
	rec      *feedmill.Record
	doc      *feedmill.Record // bare
	json     string           // of doc
	seenAt   string
	mentions []feedmill.Mention
}

func prepareRecord(rec *feedmill.Record) (incoming, error) {
	if err := sink.Check(rec); err != nil {
		return incoming{}, err
	}
	in := incoming{rec: rec, doc: bare(rec), seenAt: formatTime(rec.SeenAt)}
	bad := func(err error) (incoming, error) {
		return incoming{}, feedmill.Permanent("record", fmt.Errorf("record %s: %w", rec.ID, err))
	}
	if len(in.seenAt) != len(timeLayout) {
		return bad(errors.New("seen_at is outside of the years 0 to 9999"))
	}
	var err error
	if in.json, err = encode(in.doc); err != nil {
		return bad(err)
	}
	if in.mentions, err = sink.MergeMentions(rec.Feeds); err != nil {
		return bad(err)
	}
	// What is shown must have JSON too, or it could never be read.
	if _, err := encode(rec.State); err != nil {
		return bad(err)
	}
	if _, err := encode(in.mentions); err != nil {
		return bad(err)
	}
	return in, nil
}

// writer is one transaction.
type writer struct {
	*statements
	byID  map[string]*article
	byKey map[int64]*article
	// touched are in the order of their first change; unindexed are those whose newest text the index does not hold.
	touched, unindexed []*article
	// docs holds renditions that were written or read. Of those that were there before, replaced has those with another
	// record now, and remade those whose record or results are others, so that their changes must be worked out anew.
	docs             map[int64]*feedmill.Record
	replaced, remade map[int64]bool
}

// put stores what the record adds to the rows of its article; refresh makes of them what is shown.
func (w *writer) put(ctx context.Context, in *incoming) error {
	a, err := w.article(ctx, in.rec.ID)
	if err != nil {
		return err
	}
	if err := w.putStanding(ctx, a, in); err != nil {
		return err
	}
	for _, m := range in.mentions {
		if err := w.putMention(ctx, a, m); err != nil {
			return err
		}
	}
	for _, u := range append([]string{in.rec.URL}, in.rec.AltURLs...) {
		if u == "" {
			continue
		}
		if err := w.insert(ctx, a, w.addURL, a.key, u); err != nil {
			return err
		}
	}
	if in.rec.Rendition == "" {
		return nil
	}
	return w.putRendition(ctx, a, in)
}

// insert runs an insert that may find its row there, and notes if it did not.
func (w *writer) insert(ctx context.Context, a *article, stmt *sql.Stmt, args ...any) error {
	res, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		w.touch(a)
		return err
	}
	return nil
}

func (w *writer) touch(a *article) {
	if !a.touched {
		a.touched = true
		w.touched = append(w.touched, a)
	}
}

func (w *writer) putStanding(ctx context.Context, a *article, in *incoming) error {
	standing := a.standing
	standing.Add(in.rec)
	if standing == a.standing {
		return nil
	}
	a.standing = standing
	w.touch(a)
	target := standing.Merge.MergedInto
	if target == a.target {
		return nil
	}
	if _, err := w.article(ctx, target); err != nil {
		return err
	}
	return w.retarget(ctx, a, target)
}

func (w *writer) putMention(ctx context.Context, a *article, m feedmill.Mention) error {
	key := sink.KeyOf(&m)
	var have string
	err := w.getMention.QueryRowContext(ctx, a.key, key.Feed, key.Entry).Scan(&have)
	if err != nil && !isNone(err) {
		return err
	}
	if have != "" {
		var old feedmill.Mention
		if err := decode(have, &old); err != nil {
			return err
		}
		if m, err = sink.MergeMention(old, m); err != nil {
			return err
		}
	}
	text, err := encode(m)
	if err != nil || text == have {
		return err
	}
	w.touch(a)
	_, err = w.setMention.ExecContext(ctx, a.key, key.Feed, key.Entry, text)
	return err
}

func (w *writer) putRendition(ctx context.Context, a *article, in *incoming) error {
	source, p := in.doc.Provenance.Page.SHA256, in.doc.Provenance.Pipeline
	var (
		key          int64
		old          feedmill.Pipeline
		seenAt, json string
	)
	err := w.getRendition.QueryRowContext(ctx, a.key, source).
		Scan(&key, &old.Parser, &old.Enricher, &old.Rules, &old.Model, &seenAt, &json)
	switch {
	case isNone(err):
		res, err := w.newRendition.ExecContext(ctx, a.key, source, in.doc.Rendition, p.Parser, p.Enricher, p.Rules, p.Model,
			in.seenAt, in.doc.ContentHash, in.json)
		if err != nil {
			return err
		}
		if key, err = res.LastInsertId(); err != nil {
			return err
		}
		w.docs[key] = in.doc
	case err != nil:
		return err
	case replaces(p.Compare(old), in.seenAt, seenAt, in.json, json):
		_, err := w.setRendition.ExecContext(ctx, in.doc.Rendition, p.Parser, p.Enricher, p.Rules, p.Model, in.seenAt,
			in.doc.ContentHash, in.json, key)
		if err != nil {
			return err
		}
		if in.json != json {
			w.docs[key], w.replaced[key], w.remade[key] = in.doc, true, true
			w.touch(a)
		}
	}
	res, err := w.addResult.ExecContext(ctx, key, p.Parser, p.Enricher, p.Rules, p.Model, in.doc.ContentHash)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil {
		return err
	} else if n > 0 {
		w.remade[key] = true
		w.touch(a)
	}
	return w.insert(ctx, a, w.addSighting, key, in.seenAt)
}

// replaces tells whether the new of two renditions of one source stays: the newer pipeline's, the one seen earlier, the
// one whose JSON sorts first.
func replaces(pipeline int, seenAt, oldSeenAt, json, oldJSON string) bool {
	if pipeline != 0 {
		return pipeline > 0
	}
	if seenAt != oldSeenAt {
		return seenAt < oldSeenAt
	}
	return json < oldJSON
}
