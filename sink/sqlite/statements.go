package sqlite

import (
	"context"
	"database/sql"
	"fmt"
)

// statements are those of the writer, prepared once.
type statements struct {
	getArticle, newArticle, setArticle, articleByKey, groupOf, setRoot *sql.Stmt
	getRendition, newRendition, setRendition, renditionRecord          *sql.Stmt
	addResult, results, addSighting, sightings                         *sql.Stmt
	revisions, setRevision, cutRevisions                               *sql.Stmt
	getMention, setMention, mentions, addURL, urls                     *sql.Stmt
	index, nextCursor                                                  *sql.Stmt
}

// statement is a place for a prepared statement, and its text.
type statement struct {
	stmt **sql.Stmt
	text string
}

// all lists the statements, always in the same order.
func (s *statements) all() []statement {
	const article = `SELECT key, id, root, target, standing, shown, revisions, cursor, sort_at, host, indexed FROM article `
	return []statement{
		{&s.getArticle, article + `WHERE id = ?`},
		{&s.articleByKey, article + `WHERE key = ?`},
		{&s.newArticle, `INSERT INTO article (id) VALUES (?)`},
		{&s.setArticle, `UPDATE article SET target = ?, standing = ?, shown = ?, revisions = ?, cursor = ?, sort_at = ?, host = ?,
			indexed = ? WHERE key = ?`},
		{&s.groupOf, `SELECT key FROM article WHERE key = ?1 UNION ALL SELECT key FROM article WHERE root = ?1 AND root <> 0`},
		{&s.setRoot, `UPDATE article SET root = ? WHERE key = ?`},

		{&s.getRendition, `SELECT key, parser, enricher, rules, model, seen_at, record FROM rendition WHERE article = ? AND source = ?`},
		{&s.newRendition, `INSERT INTO rendition (article, source, rendition, parser, enricher, rules, model, seen_at, content_hash, record)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.setRendition, `UPDATE rendition SET rendition = ?, parser = ?, enricher = ?, rules = ?, model = ?, seen_at = ?,
			content_hash = ?, record = ? WHERE key = ?`},
		{&s.renditionRecord, `SELECT record FROM rendition WHERE key = ?`},
		{&s.addResult, `INSERT INTO result (rendition, parser, enricher, rules, model, content_hash) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`},
		{&s.results, `SELECT parser, enricher, rules, model, content_hash FROM result WHERE rendition = ?`},

		{&s.addSighting, `INSERT INTO sighting (rendition, seen_at) VALUES (?, ?) ON CONFLICT DO NOTHING`},
		{&s.sightings, `SELECT s.seen_at, r.key, r.rendition, r.content_hash FROM rendition r JOIN sighting s ON s.rendition = r.key
			WHERE r.article = ? ORDER BY s.seen_at, r.source`},

		{&s.revisions, `SELECT rendition, seen_at, previous, change FROM revision WHERE article = ? ORDER BY number`},
		{&s.setRevision, `INSERT INTO revision (article, number, rendition, seen_at, previous, change) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET rendition = excluded.rendition, seen_at = excluded.seen_at,
			previous = excluded.previous, change = excluded.change`},
		{&s.cutRevisions, `DELETE FROM revision WHERE article = ? AND number > ?`},

		{&s.getMention, `SELECT mention FROM mention WHERE article = ? AND feed = ? AND entry = ?`},
		{&s.setMention, `INSERT INTO mention (article, feed, entry, mention) VALUES (?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET mention = excluded.mention`},
		{&s.mentions, `SELECT mention FROM mention WHERE article = ?`},
		{&s.addURL, `INSERT INTO url (article, url) VALUES (?, ?) ON CONFLICT DO NOTHING`},
		{&s.urls, `SELECT url FROM url WHERE article = ?`},

		{&s.index, `INSERT OR REPLACE INTO search (rowid, title, subtitle, byline, text, captions) VALUES (?, ?, ?, ?, ?, ?)`},
		{&s.nextCursor, `UPDATE sequence SET last = last + 1 RETURNING last`},
	}
}

func prepare(ctx context.Context, db *sql.DB) (statements, error) {
	var s statements
	for _, st := range s.all() {
		var err error
		if *st.stmt, err = db.PrepareContext(ctx, st.text); err != nil {
			return s, fmt.Errorf("prepare %q: %w", st.text, err)
		}
	}
	return s, nil
}

// in returns the statements for use in a transaction.
func (s *statements) in(ctx context.Context, tx *sql.Tx) *statements {
	t := new(statements)
	to := t.all()
	for i, st := range s.all() {
		*to[i].stmt = tx.StmtContext(ctx, *st.stmt)
	}
	return t
}
