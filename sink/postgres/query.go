package postgres

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

// Query answers q, see sink.Querier. The loop sees the store as it was at its start. Records are read from the server as
// the loop asks for them, over a connection that the loop holds: it should not wait for a person.
func (s *Store) Query(ctx context.Context, q sink.Query) iter.Seq2[*feedmill.Record, error] {
	return func(yield func(*feedmill.Record, error) bool) {
		text, args, ok := build(&q)
		if !ok {
			return
		}
		// A loop that is left cancels its statement: the rest of the rows would have to be read first.
		ctx, cancel := context.WithCancel(ctx)
		rows, err := s.pool.Query(ctx, text, args...)
		defer rows.Close()
		defer cancel()
		if err != nil {
			yield(nil, s.explain("query", err))
			return
		}
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

// statement is a statement in the making.
type statement struct {
	strings.Builder
	args []any
}

// add writes a part, with its arguments in the places of the question marks.
func (s *statement) add(part string, args ...any) {
	for _, arg := range args {
		before, after, _ := strings.Cut(part, "?")
		s.args = append(s.args, arg)
		fmt.Fprintf(s, "%s$%d", before, len(s.args))
		part = after
	}
	s.WriteString(part)
}

// build writes the statement for q. It is not ok where nothing can match.
func build(q *sink.Query) (text string, args []any, ok bool) {
	var s statement
	s.add(`SELECT a.id, a.shown::text, a.cursor, v.number, v.shown::text, r.record::text FROM feedmill.article a `)
	if q.Text != "" {
		words, ok := tsquery(sink.ParseText(q.Text))
		if !ok {
			return "", nil, false
		}
		s.add(`JOIN feedmill.search s ON s.article = a.id AND s.words @@ ?::text::tsquery `, words)
	}
	s.add(`LEFT JOIN feedmill.revision v ON v.article = a.id `)
	if q.Revisions != sink.RevisionsAll {
		s.add(`AND v.number = a.revisions `)
	}
	s.add(`LEFT JOIN feedmill.rendition r ON r.article = v.article AND r.source = v.source `)
	switch {
	case q.IncludeMerged || q.ID != "":
		s.add(`WHERE (a.revisions > 0 OR a.root <> '' OR a.state = 'withdrawn') `)
	case q.After > 0: // who follows the changes must hear of a withdrawal
		s.add(`WHERE (a.root = '' AND a.revisions > 0 OR a.state = 'withdrawn') `)
	default:
		s.add(`WHERE a.root = '' AND a.revisions > 0 `)
	}
	if q.ID != "" {
		s.add(`AND a.id = ? `, clean(q.ID))
	}
	const top = `AND a.id IN (SELECT CASE x.root WHEN '' THEN x.id ELSE x.root END FROM `
	if q.URL != "" {
		canonical, err := feedmill.CanonicalURL(q.URL)
		if err != nil {
			canonical = q.URL
		}
		s.add(top+`feedmill.url u JOIN feedmill.article x ON x.id = u.article WHERE u.digest IN (?, ?)) `,
			urlDigest(q.URL), urlDigest(canonical))
	}
	if q.Feed != "" {
		s.add(top+`feedmill.mention m JOIN feedmill.article x ON x.id = m.article WHERE m.feed = ?) `, clean(q.Feed))
	}
	if host := clean(strings.Trim(strings.ToLower(q.Host), ".")); host != "" {
		below := reverse(host) // / comes right after .
		s.add(`AND (reverse(a.host) COLLATE "C" = ? OR reverse(a.host) COLLATE "C" > ? AND reverse(a.host) COLLATE "C" < ?) `,
			below, below+".", below+"/")
	}
	if q.Story != "" {
		s.add(`AND a.story = ? AND a.story <> '' `, clean(q.Story))
	}
	if !q.Since.IsZero() {
		s.add(`AND a.sort_at >= ? `, within(q.Since))
	}
	if !q.Until.IsZero() {
		s.add(`AND a.sort_at < ? `, within(q.Until))
	}
	if q.After > 0 {
		s.add(`AND a.cursor > ? `, q.After)
	}
	switch q.Resolve() {
	case sink.OrderOldest:
		s.add(`ORDER BY a.sort_at, a.id`)
	case sink.OrderChanged:
		s.add(`ORDER BY a.cursor`)
	case sink.OrderRelevance:
		// The words are the first argument.
		s.add(`ORDER BY ts_rank('{0.1, 0.2, 0.5, 1}', s.words, $1::text::tsquery) DESC, a.sort_at DESC, a.id`)
	default:
		s.add(`ORDER BY a.sort_at DESC, a.id`)
	}
	if q.Revisions == sink.RevisionsAll {
		s.add(`, v.number`)
	}
	if q.Limit > 0 {
		s.add(` LIMIT ?`, q.Limit)
	}
	return s.String(), s.args, true
}

// within keeps a bound within the times that records and PostgreSQL can have.
func within(t time.Time) time.Time {
	if first := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC); t.Before(first) {
		return first
	}
	if last := time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC); t.After(last) {
		return last
	}
	return t
}

func reverse(s string) string {
	runes := []rune(s)
	for i, j := 0, len(runes)-1; i < j; i, j = i+1, j-1 {
		runes[i], runes[j] = runes[j], runes[i]
	}
	return string(runes)
}

func scanRecord(rows pgx.Rows) (*feedmill.Record, error) {
	var (
		row           sink.Row
		number        *int
		shown, record *string
	)
	if err := rows.Scan(&row.ID, &row.Shown, &row.Cursor, &number, &shown, &record); err != nil {
		return nil, err
	}
	if record != nil { // a merged id of which no article came has none
		row.Record, row.Number = *record, *number
		if err := sink.Decode(*shown, &row.Revision); err != nil {
			return nil, err
		}
	}
	return row.Assemble()
}

// stories lists stories by their latest article. The first article, which names the story, may be missing: dropped, or never
// stored here.
const stories = `SELECT s.story, s.articles, s.hosts, s.first, s.last, coalesce(a.title, ''), coalesce(a.url, '')
	FROM (SELECT story, count(*) AS articles, count(DISTINCT host) AS hosts, min(sort_at) AS first, max(sort_at) AS last
		FROM feedmill.article WHERE story <> '' AND root = '' AND revisions > 0 GROUP BY story
		HAVING count(*) > 1 AND max(sort_at) >= $1 AND max(sort_at) < $2 ORDER BY max(sort_at) DESC, story LIMIT $3) s
	LEFT JOIN feedmill.article a ON a.id = s.story ORDER BY s.last DESC, s.story`

// Stories lists stories, see sink.StoryTeller.
func (s *Store) Stories(ctx context.Context, since, until time.Time, limit int) iter.Seq2[*sink.Story, error] {
	return func(yield func(*sink.Story, error) bool) {
		from, to, most := within(since), within(time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)), (*int)(nil)
		if !until.IsZero() {
			to = within(until)
		}
		if limit > 0 {
			most = &limit
		}
		ctx, cancel := context.WithCancel(ctx)
		rows, err := s.pool.Query(ctx, stories, from, to, most)
		defer rows.Close()
		defer cancel()
		if err != nil {
			yield(nil, s.explain("stories", err))
			return
		}
		for rows.Next() {
			st := new(sink.Story)
			if err := rows.Scan(&st.ID, &st.Articles, &st.Hosts, &st.First, &st.Last, &st.Title, &st.URL); err != nil {
				yield(nil, s.explain("stories", err))
				return
			}
			st.First, st.Last = st.First.UTC(), st.Last.UTC()
			if !yield(st, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, s.explain("stories", err))
		}
	}
}

// Stats counts what the store holds, see sink.Stats. Bytes is the size of its tables and their indexes.
func (s *Store) Stats(ctx context.Context) (sink.Stats, error) {
	var (
		st             sink.Stats
		oldest, newest *time.Time
	)
	err := s.pool.QueryRow(ctx, `SELECT count(*), coalesce(sum(revisions), 0), min(sort_at), max(sort_at),
		(SELECT count(*) FROM feedmill.article WHERE root <> ''), (SELECT last FROM feedmill.sequence),
		(SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class WHERE relnamespace = 'feedmill'::regnamespace AND relkind = 'r')
		FROM feedmill.article WHERE root = '' AND revisions > 0`).
		Scan(&st.Records, &st.Revisions, &oldest, &newest, &st.Merged, &st.Cursor, &st.Bytes)
	if err != nil {
		return sink.Stats{}, s.explain("stats", err)
	}
	if st.Records > 0 {
		st.Oldest, st.Newest = oldest.UTC(), newest.UTC()
	}
	return st, nil
}
