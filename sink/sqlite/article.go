package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

// writer is one transaction. It is the sink.Holdings of the batch.
type writer struct {
	*statements
	byID map[string]*sink.Article
	list []*sink.Article
}

// Articles reads what is held of the ids and of all that are merged with them.
func (w *writer) Articles(ctx context.Context, ids []string) ([]*sink.Article, error) {
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		// A statement that can be cancelled costs a goroutine; the batch is cancelled between records.
		if err := w.read(context.WithoutCancel(ctx), id); err != nil {
			return nil, err
		}
	}
	return w.list, nil
}

// Record reads the JSON that is kept for a source.
func (w *writer) Record(ctx context.Context, _ *sink.Article, r *sink.Rendition) (text string, err error) {
	err = w.renditionRecord.QueryRowContext(context.WithoutCancel(ctx), r.Key).Scan(&text)
	return text, err
}

// read reads an article, new if there is none, and its group: the one that stands for it, and all merged into that.
func (w *writer) read(ctx context.Context, id string) error {
	if w.byID[id] != nil {
		return nil
	}
	rows, err := w.articles(ctx, w.getArticle, id)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		res, err := w.newArticle.ExecContext(ctx, id)
		if err != nil {
			return err
		}
		a := &sink.Article{ID: id}
		a.Key, err = res.LastInsertId()
		w.add(a)
		return err
	}
	top := rows[0]
	if top.Root != "" {
		if rows, err = w.articles(ctx, w.getArticle, top.Root); err != nil {
			return err
		}
		top = rows[0]
	}
	merged, err := w.articles(ctx, w.mergedInto, top.Key)
	if err != nil {
		return err
	}
	for _, a := range append(merged, top) {
		if err := w.readLedger(ctx, a); err != nil {
			return err
		}
		w.add(a)
	}
	return nil
}

func (w *writer) add(a *sink.Article) {
	w.byID[a.ID] = a
	w.list = append(w.list, a)
}

func (w *writer) articles(ctx context.Context, stmt *sql.Stmt, args ...any) ([]*sink.Article, error) {
	return all(ctx, stmt, args, func(row *sql.Rows) (*sink.Article, error) {
		a := new(sink.Article)
		var standing, sortAt string
		err := row.Scan(&a.Key, &a.ID, &a.Root, &standing, &a.Shown, &a.Cursor, &sortAt, &a.Host, &a.Indexed)
		if err != nil {
			return nil, err
		}
		if sortAt != "" {
			if a.SortAt, err = parseTime(sortAt); err != nil {
				return nil, err
			}
		}
		return a, sink.Decode(standing, &a.Standing)
	})
}

func (w *writer) readLedger(ctx context.Context, a *sink.Article) error {
	if err := w.readRenditions(ctx, a); err != nil {
		return err
	}
	var err error
	a.Revisions, err = all(ctx, w.revisions, []any{a.Key}, func(row *sql.Rows) (sink.Revision, error) {
		var (
			r              sink.Revision
			seenAt, change string
		)
		if err := row.Scan(&r.Source, &seenAt, &r.Previous, &change); err != nil {
			return r, err
		}
		if change != "" {
			r.Change = json.RawMessage(change)
		}
		var err error
		r.SeenAt, err = parseTime(seenAt)
		return r, err
	})
	if err != nil {
		return err
	}
	a.Mentions, err = all(ctx, w.mentions, []any{a.Key}, func(row *sql.Rows) (m feedmill.Mention, err error) {
		var text string
		if err := row.Scan(&text); err != nil {
			return m, err
		}
		return m, sink.Decode(text, &m)
	})
	if err != nil {
		return err
	}
	a.URLs, err = all(ctx, w.urls, []any{a.Key}, func(row *sql.Rows) (u string, err error) { return u, row.Scan(&u) })
	return err
}

func (w *writer) readRenditions(ctx context.Context, a *sink.Article) error {
	byKey := make(map[int64]*sink.Rendition)
	var err error
	a.Renditions, err = all(ctx, w.renditions, []any{a.Key}, func(row *sql.Rows) (*sink.Rendition, error) {
		r := new(sink.Rendition)
		p := &r.Pipeline
		var seenAt, parserSince, enricherSince string
		err := row.Scan(&r.Key, &r.Source, &r.Rendition, &p.Parser, &p.Enricher, &p.Rules, &p.Model, &parserSince, &enricherSince,
			&seenAt, &r.ContentHash)
		if err != nil {
			return nil, err
		}
		if err := parseSince(p, parserSince, enricherSince); err != nil {
			return nil, err
		}
		byKey[r.Key] = r
		r.SeenAt, err = parseTime(seenAt)
		return r, err
	})
	if err != nil || len(byKey) == 0 {
		return err
	}
	_, err = all(ctx, w.results, []any{a.Key}, func(row *sql.Rows) (_ struct{}, err error) {
		var (
			key                        int64
			x                          sink.Result
			parserSince, enricherSince string
		)
		p := &x.Pipeline
		if err := row.Scan(&key, &p.Parser, &p.Enricher, &p.Rules, &p.Model, &parserSince, &enricherSince, &x.ContentHash); err != nil {
			return struct{}{}, err
		}
		byKey[key].Results = append(byKey[key].Results, x)
		return struct{}{}, parseSince(&byKey[key].Results[len(byKey[key].Results)-1].Pipeline, parserSince, enricherSince)
	})
	if err != nil {
		return err
	}
	_, err = all(ctx, w.sightings, []any{a.Key}, func(row *sql.Rows) (_ struct{}, err error) {
		var (
			key    int64
			seenAt string
		)
		if err := row.Scan(&key, &seenAt); err != nil {
			return struct{}{}, err
		}
		at, err := parseTime(seenAt)
		byKey[key].Sightings = append(byKey[key].Sightings, at)
		return struct{}{}, err
	})
	for _, r := range a.Renditions {
		slices.SortFunc(r.Sightings, time.Time.Compare)
	}
	return err
}

// parseSince reads the times of use of a pipeline, each "" where it has none.
func parseSince(p *feedmill.Pipeline, parser, enricher string) (err error) {
	if parser != "" {
		if p.ParserSince, err = parseTime(parser); err != nil {
			return err
		}
	}
	if enricher != "" {
		p.EnricherSince, err = parseTime(enricher)
	}
	return err
}

// formatSince writes a time of use, "" for none.
func formatSince(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return formatTime(t)
}

// all reads the rows that a statement gives.
func all[T any](ctx context.Context, stmt *sql.Stmt, args []any, scan func(*sql.Rows) (T, error)) ([]T, error) {
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}
