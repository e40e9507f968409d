package sqlite

import (
	"context"
	"database/sql"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

// article is a row of that table.
type article struct {
	key, root             int64
	id, target            string
	standing              sink.Standing
	shown                 string
	revisions             int
	cursor                int64
	sortAt, host, indexed string
	touched               bool             // in this transaction
	newest                *feedmill.Record // to be indexed
}

// article returns the row of an id, new if there is none.
func (w *writer) article(ctx context.Context, id string) (*article, error) {
	if a := w.byID[id]; a != nil {
		return a, nil
	}
	a, err := scanArticle(w.getArticle.QueryRowContext(ctx, id))
	if isNone(err) {
		var res sql.Result
		if res, err = w.newArticle.ExecContext(ctx, id); err == nil {
			a = &article{id: id}
			a.key, err = res.LastInsertId()
		}
	}
	if err != nil {
		return nil, err
	}
	w.byID[id], w.byKey[a.key] = a, a
	return a, nil
}

func (w *writer) articleWithKey(ctx context.Context, key int64) (*article, error) {
	if a := w.byKey[key]; a != nil {
		return a, nil
	}
	a, err := scanArticle(w.articleByKey.QueryRowContext(ctx, key))
	if err != nil {
		return nil, err
	}
	w.byID[a.id], w.byKey[a.key] = a, a
	return a, nil
}

func scanArticle(row *sql.Row) (*article, error) {
	a := new(article)
	var standing string
	err := row.Scan(&a.key, &a.id, &a.root, &a.target, &standing, &a.shown, &a.revisions, &a.cursor, &a.sortAt, &a.host, &a.indexed)
	if err != nil {
		return nil, err
	}
	return a, decode(standing, &a.standing)
}

func (w *writer) save(ctx context.Context, a *article) error {
	standing, err := encode(a.standing)
	if err != nil {
		return err
	}
	_, err = w.setArticle.ExecContext(ctx, a.target, standing, a.shown, a.revisions, a.cursor, a.sortAt, a.host, a.indexed, a.key)
	return err
}

// top is the key of the article that stands for a.
func (a *article) top() int64 {
	if a.root != 0 {
		return a.root
	}
	return a.key
}

// group returns the article that stands for a, and all that were merged into it, in no order.
func (w *writer) group(ctx context.Context, a *article) ([]*article, error) {
	keys, err := all[int64](ctx, w.groupOf, a.top())
	if err != nil {
		return nil, err
	}
	group := make([]*article, len(keys))
	for i, key := range keys {
		if group[i], err = w.articleWithKey(ctx, key); err != nil {
			return nil, err
		}
	}
	return group, nil
}

// retarget merges a into another id, and finds out anew who stands for whom in the groups of both.
func (w *writer) retarget(ctx context.Context, a *article, target string) error {
	b, err := w.article(ctx, target)
	if err != nil {
		return err
	}
	members, err := w.group(ctx, a)
	if err != nil {
		return err
	}
	if a.top() != b.top() {
		more, err := w.group(ctx, b)
		if err != nil {
			return err
		}
		members = append(members, more...)
	}
	a.target = target
	links := make(map[string]string, len(members))
	for _, m := range members {
		if m.target != "" {
			links[m.id] = m.target
		}
	}
	roots := sink.Roots(links)
	for _, m := range members {
		var root int64
		if id := roots[m.id]; id != "" && id != m.id {
			root = w.byID[id].key
		}
		if root == m.root {
			continue
		}
		// What m adds is taken from the one that stood for it and given to the other.
		for _, key := range []int64{m.top(), root} {
			if t := w.byKey[key]; t != nil {
				w.touch(t)
			}
		}
		m.root = root
		w.touch(m)
		if _, err := w.setRoot.ExecContext(ctx, root, m.key); err != nil {
			return err
		}
	}
	return nil
}

// all reads the one column that a statement gives.
func all[T any](ctx context.Context, stmt *sql.Stmt, args ...any) ([]T, error) {
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		var v T
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}
