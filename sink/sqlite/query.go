package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

// Query answers q, see sink.Querier. The loop sees the store as it was at its start; a loop that takes long keeps the
// journal from being folded into the file, so it should not wait for a person.
func (s *Store) Query(ctx context.Context, q sink.Query) iter.Seq2[*feedmill.Record, error] {
	return func(yield func(*feedmill.Record, error) bool) {
		text, args, ok := build(&q)
		if !ok {
			return
		}
		rows, err := s.read.QueryContext(ctx, text, args...)
		if err != nil {
			yield(nil, s.explain("query", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			rec, err := scanRecord(rows)
			if err != nil {
				yield(nil, s.explain("query", err))
				return
			}
			if !yield(rec, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, s.explain("query", err))
		}
	}
}

// build writes the statement for q. It is not ok where nothing can match.
//
// What is asked for is picked and sorted in a subquery of keys, so that SQLite never sorts whole records. It walks the
// subquery first (CROSS JOIN) and in its order, which it keeps because of the LIMIT; -1 is none.
func build(q *sink.Query) (text string, args []any, ok bool) {
	var b strings.Builder
	where := func(cond string, values ...any) {
		b.WriteString(cond)
		args = append(args, values...)
	}
	all := q.Revisions == sink.RevisionsAll
	b.WriteString(`SELECT a.id, a.shown, a.cursor, v.number, v.seen_at, v.previous, v.change, r.record FROM (SELECT a.key, `)
	if all {
		b.WriteString(`v.number FROM article a LEFT JOIN revision v ON v.article = a.key `)
	} else {
		b.WriteString(`a.revisions AS number FROM article a `)
	}
	if q.Text != "" {
		match := matchExpr(sink.ParseText(q.Text))
		if match == "" {
			return "", nil, false
		}
		where(`JOIN search ON search.rowid = a.key AND search MATCH ? `, match)
	}
	switch {
	case q.IncludeMerged || q.ID != "":
		b.WriteString(`WHERE (a.revisions > 0 OR a.root <> 0 OR a.withdrawn <> 0) `)
	case q.After > 0: // who follows the changes must hear of a withdrawal
		b.WriteString(`WHERE (a.root = 0 AND a.revisions > 0 OR a.withdrawn <> 0) `)
	default:
		b.WriteString(`WHERE a.root = 0 AND a.revisions > 0 `)
	}
	if q.ID != "" {
		where(`AND a.id = ? `, q.ID)
	}
	const top = `CASE x.root WHEN 0 THEN x.key ELSE x.root END`
	if q.URL != "" {
		canonical, err := feedmill.CanonicalURL(q.URL)
		if err != nil {
			canonical = q.URL
		}
		where(`AND a.key IN (SELECT `+top+` FROM url u JOIN article x ON x.key = u.article WHERE u.url IN (?, ?)) `, q.URL, canonical)
	}
	if q.Feed != "" {
		where(`AND a.key IN (SELECT `+top+` FROM mention m JOIN article x ON x.key = m.article WHERE m.feed = ?) `, q.Feed)
	}
	if host := strings.Trim(strings.ToLower(q.Host), "."); host != "" {
		where(`AND (a.host = ? OR substr(a.host, ?) = ?) `, host, -len(host)-1, "."+host)
	}
	if q.Story != "" {
		where(`AND a.story = ? AND a.story <> '' `, q.Story)
	}
	if !q.Since.IsZero() {
		where(`AND a.sort_at >= ? `, formatTime(q.Since))
	}
	if !q.Until.IsZero() {
		where(`AND a.sort_at < ? `, formatTime(q.Until))
	}
	if q.After > 0 {
		where(`AND a.cursor > ? `, q.After)
	}
	b.WriteString(orderBy(q.Resolve()))
	if all {
		b.WriteString(`, v.number`)
	}
	limit := -1
	if q.Limit > 0 {
		limit = q.Limit
	}
	where(` LIMIT ?) pick CROSS JOIN article a ON a.key = pick.key
		LEFT JOIN revision v ON v.article = pick.key AND v.number = pick.number LEFT JOIN rendition r ON r.key = v.rendition`, limit)
	return b.String(), args, true
}

func orderBy(o sink.Order) string {
	switch o {
	case sink.OrderOldest:
		return `ORDER BY a.sort_at, a.id`
	case sink.OrderChanged:
		return `ORDER BY a.cursor`
	case sink.OrderRelevance:
		return `ORDER BY search.rank, a.sort_at DESC, a.id`
	}
	return `ORDER BY a.sort_at DESC, a.id`
}

// matchExpr writes terms in the query syntax of FTS5 (https://sqlite.org/fts5.html#full_text_query_syntax): every
// phrase in quotation marks, so that nothing in it is an operator.
func matchExpr(terms []sink.Term) string {
	parts := make([]string, len(terms))
	for i, t := range terms {
		parts[i] = `"` + strings.ReplaceAll(t.Phrase, `"`, `""`) + `"`
		if t.Prefix {
			parts[i] += "*"
		}
	}
	return strings.Join(parts, " AND ")
}

func scanRecord(rows *sql.Rows) (*feedmill.Record, error) {
	var (
		row                              sink.Row
		number                           sql.NullInt64
		seenAt, previous, change, record sql.NullString
	)
	if err := rows.Scan(&row.ID, &row.Shown, &row.Cursor, &number, &seenAt, &previous, &change, &record); err != nil {
		return nil, err
	}
	if record.Valid { // a merged id of which no article came has none
		row.Record, row.Number = record.String, int(number.Int64)
		row.Revision.Previous, row.Revision.Change = previous.String, json.RawMessage(change.String)
		var err error
		if row.Revision.SeenAt, err = parseTime(seenAt.String); err != nil {
			return nil, fmt.Errorf("record %s: %w", row.ID, err)
		}
	}
	return row.Assemble()
}

// stories lists stories by their latest article. The first article, which names the story, may be missing: dropped, or never
// stored here.
const stories = `SELECT s.story, s.articles, s.hosts, s.first, s.last, coalesce(json_extract(r.record, '$.title'), ''),
		coalesce(json_extract(r.record, '$.url'), '')
	FROM (SELECT story, count(*) AS articles, count(DISTINCT host) AS hosts, min(sort_at) AS first, max(sort_at) AS last
		FROM article WHERE story <> '' AND root = 0 AND revisions > 0 GROUP BY story
		HAVING count(*) > 1 AND last >= ? AND (? = '' OR last < ?) ORDER BY last DESC, story LIMIT ?) s
	LEFT JOIN article a ON a.id = s.story
	LEFT JOIN revision v ON v.article = a.key AND v.number = a.revisions LEFT JOIN rendition r ON r.key = v.rendition
	ORDER BY s.last DESC, s.story`

// Stories lists stories, see sink.StoryTeller.
func (s *Store) Stories(ctx context.Context, since, until time.Time, limit int) iter.Seq2[*sink.Story, error] {
	return func(yield func(*sink.Story, error) bool) {
		from, to := "", ""
		if !since.IsZero() {
			from = formatTime(since)
		}
		if !until.IsZero() {
			to = formatTime(until)
		}
		if limit <= 0 {
			limit = -1
		}
		rows, err := s.read.QueryContext(ctx, stories, from, to, to, limit)
		if err != nil {
			yield(nil, s.explain("stories", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			st, first, last := new(sink.Story), "", ""
			err := rows.Scan(&st.ID, &st.Articles, &st.Hosts, &first, &last, &st.Title, &st.URL)
			if err == nil {
				st.First, err = parseTime(first)
			}
			if err == nil {
				st.Last, err = parseTime(last)
			}
			if err != nil {
				yield(nil, s.explain("stories", err))
				return
			}
			if !yield(st, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, s.explain("stories", err))
		}
	}
}

// Stats counts what the store holds, see sink.Stats. Bytes is the size of the file without its journal.
func (s *Store) Stats(ctx context.Context) (sink.Stats, error) {
	var (
		st             sink.Stats
		oldest, newest sql.NullString
	)
	err := s.read.QueryRowContext(ctx, `SELECT count(*), coalesce(sum(revisions), 0), min(sort_at), max(sort_at),
		(SELECT count(*) FROM article WHERE root <> 0), (SELECT last FROM sequence),
		(SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)
		FROM article WHERE root = 0 AND revisions > 0`).
		Scan(&st.Records, &st.Revisions, &oldest, &newest, &st.Merged, &st.Cursor, &st.Bytes)
	if err != nil {
		return sink.Stats{}, s.explain("stats", err)
	}
	if st.Records == 0 {
		return st, nil
	}
	if st.Oldest, err = parseTime(oldest.String); err == nil {
		st.Newest, err = parseTime(newest.String)
	}
	return st, s.explain("stats", err)
}
