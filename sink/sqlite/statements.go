package sqlite

import (
	"context"
	"database/sql"
	"fmt"
)

// statements are those of the writer, prepared once.
type statements struct {
	getArticle, mergedInto, newArticle, setArticle                   *sql.Stmt
	renditions, newRendition, setRendition, setHead, renditionRecord *sql.Stmt
	results, addResult, sightings, addSighting                       *sql.Stmt
	revisions, setRevision, cutRevisions                             *sql.Stmt
	mentions, setMention, urls, addURL                               *sql.Stmt
	index, nextCursor                                                *sql.Stmt

	old, dropArticle *sql.Stmt

	forgetResults, forgetSightings, forgetRevisions, forgetRenditions, forgetMentions, forgetURLs, forgetWords *sql.Stmt
}

// statement is a place for a prepared statement, and its text.
type statement struct {
	stmt **sql.Stmt
	text string
}

// all lists the statements, always in the same order.
func (s *statements) all() []statement {
	const article = `SELECT a.key, a.id, iif(a.root = 0, '', (SELECT id FROM article r WHERE r.key = a.root)),
		a.standing, a.shown, a.cursor, a.sort_at, a.host, a.indexed FROM article a `
	const setHead = `UPDATE rendition SET rendition = ?, parser = ?, enricher = ?, rules = ?, model = ?, parser_since = ?,
		enricher_since = ?, seen_at = ?, content_hash = ?`
	return []statement{
		{&s.getArticle, article + `WHERE a.id = ?`},
		{&s.mergedInto, article + `WHERE a.root = ? AND a.root <> 0`},
		{&s.newArticle, `INSERT INTO article (id) VALUES (?)`},
		{&s.setArticle, `UPDATE article SET root = ?, target = ?, standing = ?, shown = ?, revisions = ?, cursor = ?, sort_at = ?,
			host = ?, indexed = ?, withdrawn = ?, last_seen = ?, story = ? WHERE key = ?`},

		{&s.renditions, `SELECT key, source, rendition, parser, enricher, rules, model, parser_since, enricher_since, seen_at, content_hash
			FROM rendition WHERE article = ?`},
		{&s.newRendition, `INSERT INTO rendition (rendition, parser, enricher, rules, model, parser_since, enricher_since, seen_at,
			content_hash, record, article, source) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.setRendition, setHead + `, record = ? WHERE key = ?`},
		{&s.setHead, setHead + ` WHERE key = ?`},
		{&s.renditionRecord, `SELECT record FROM rendition WHERE key = ?`},

		{&s.results, `SELECT x.rendition, x.parser, x.enricher, x.rules, x.model, x.parser_since, x.enricher_since, x.content_hash FROM rendition r
			JOIN result x ON x.rendition = r.key WHERE r.article = ?`},
		{&s.addResult, `INSERT INTO result (rendition, parser, enricher, rules, model, parser_since, enricher_since, content_hash)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET parser_since = excluded.parser_since, enricher_since = excluded.enricher_since`},
		{&s.sightings, `SELECT s.rendition, s.seen_at FROM rendition r JOIN sighting s ON s.rendition = r.key
			WHERE r.article = ?`},
		{&s.addSighting, `INSERT INTO sighting (rendition, seen_at) VALUES (?, ?)`},

		{&s.revisions, `SELECT r.source, v.seen_at, v.previous, v.change FROM revision v JOIN rendition r ON r.key = v.rendition
			WHERE v.article = ? ORDER BY v.number`},
		{&s.setRevision, `INSERT INTO revision (article, number, rendition, seen_at, previous, change) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET rendition = excluded.rendition, seen_at = excluded.seen_at,
			previous = excluded.previous, change = excluded.change`},
		{&s.cutRevisions, `DELETE FROM revision WHERE article = ? AND number > ?`},

		{&s.mentions, `SELECT mention FROM mention WHERE article = ?`},
		{&s.setMention, `INSERT INTO mention (article, feed, entry, mention) VALUES (?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET mention = excluded.mention`},
		{&s.urls, `SELECT url FROM url WHERE article = ? ORDER BY url`},
		{&s.addURL, `INSERT INTO url (article, url) VALUES (?, ?)`},

		{&s.index, `INSERT OR REPLACE INTO search (rowid, title, subtitle, byline, text, captions) VALUES (?, ?, ?, ?, ?, ?)`},
		{&s.forgetResults, `DELETE FROM result WHERE rendition IN (SELECT key FROM rendition WHERE article = ?)`},
		{&s.forgetSightings, `DELETE FROM sighting WHERE rendition IN (SELECT key FROM rendition WHERE article = ?)`},
		{&s.forgetRevisions, `DELETE FROM revision WHERE article = ?`},
		{&s.forgetRenditions, `DELETE FROM rendition WHERE article = ?`},
		{&s.forgetMentions, `DELETE FROM mention WHERE article = ?`},
		{&s.forgetURLs, `DELETE FROM url WHERE article = ?`},
		{&s.forgetWords, `DELETE FROM search WHERE rowid = ?`},
		{&s.old, article + `WHERE a.root = 0 AND a.withdrawn = 0 AND a.last_seen <> '' AND a.last_seen < ? ORDER BY a.last_seen LIMIT ?`},
		{&s.dropArticle, `DELETE FROM article WHERE key = ?`},
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
