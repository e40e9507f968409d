package postgres

import (
	"context"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/feedmill/feedmill/sink"
)

// maxStatement is about how many bytes of records one statement carries; the server's limit is a gigabyte.
const maxStatement = 16 << 20

const (
	saveRenditions = `INSERT INTO feedmill.rendition (article, source, record)
		SELECT * FROM unnest($1::text[], $2::text[], $3::json[])
		ON CONFLICT (article, source) DO UPDATE SET record = excluded.record`
	saveRevisions = `INSERT INTO feedmill.revision (article, number, source, seen_at, shown)
		SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::timestamptz[], $5::json[])
		ON CONFLICT (article, number) DO UPDATE SET source = excluded.source, seen_at = excluded.seen_at, shown = excluded.shown`
	cutRevisions = `DELETE FROM feedmill.revision v USING unnest($1::text[], $2::int[]) u (article, number)
		WHERE v.article = u.article AND v.number > u.number`
	saveMentions = `INSERT INTO feedmill.mention (feed, article) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING`
	saveURLs     = `INSERT INTO feedmill.url (digest, article) SELECT * FROM unnest($1::bytea[], $2::text[]) ON CONFLICT DO NOTHING`
	saveWords    = `INSERT INTO feedmill.search (article, words) SELECT article, words::tsvector FROM unnest($1::text[], $2::text[]) u (article, words)
		ON CONFLICT (article) DO UPDATE SET words = excluded.words`
	// Cursors are given out last: whoever needs some waits for the row of the sequence until the transaction ends.
	saveArticles = `WITH given AS (UPDATE feedmill.sequence SET last = last + $1 WHERE $1 > 0 RETURNING last - $1 AS before)
		UPDATE feedmill.article a SET root = u.root, ledger = u.ledger, shown = u.shown, state = u.state, revisions = u.revisions,
			indexed = u.indexed, story = u.story, last_seen = coalesce(u.last_seen, '-infinity'), cursor = CASE u.turn WHEN 0 THEN a.cursor ELSE (SELECT before FROM given) + u.turn END
		FROM unnest($2::text[], $3::text[], $4::json[], $5::json[], $6::text[], $7::int[], $8::text[], $9::bigint[], $10::timestamptz[], $11::text[])
			u (id, root, ledger, shown, state, revisions, indexed, turn, last_seen, story)
		WHERE a.id = u.id`
	saveNewest = `UPDATE feedmill.article a SET sort_at = u.sort_at, url = u.url, host = u.host, title = u.title,
			language = u.language, published = u.published
		FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
			u (id, sort_at, url, host, title, language, published)
		WHERE a.id = u.id`
)

// save writes what merging changed, in one round trip.
func save(ctx context.Context, tx pgx.Tx, changed []*sink.Article) error {
	var b pgx.Batch
	queueForget(&b, changed)
	queueRenditions(&b, changed)
	if err := queueRevisions(&b, changed); err != nil {
		return err
	}
	queueLookups(&b, changed)
	queueNewest(&b, changed)
	if err := queueArticles(&b, changed); err != nil {
		return err
	}
	return tx.SendBatch(ctx, &b).Close()
}

// queueForget deletes all that is kept of withdrawn articles beside their own rows.
func queueForget(b *pgx.Batch, changed []*sink.Article) {
	var ids []string
	for _, a := range changed {
		if a.Changes.Forget {
			ids = append(ids, a.ID)
		}
	}
	if len(ids) == 0 {
		return
	}
	for _, table := range []string{"rendition", "revision", "mention", "url", "search"} {
		b.Queue(`DELETE FROM feedmill.`+table+` WHERE article = ANY ($1)`, ids)
	}
	b.Queue(`UPDATE feedmill.article SET sort_at = DEFAULT, url = '', host = '', title = '', language = '', published = NULL
		WHERE id = ANY ($1)`, ids)
}

func queueRenditions(b *pgx.Batch, changed []*sink.Article) {
	var articles, sources, records []string
	size := 0
	flush := func() {
		if len(records) > 0 {
			b.Queue(saveRenditions, articles, sources, records)
		}
		articles, sources, records, size = nil, nil, nil, 0
	}
	for _, a := range changed {
		for _, r := range a.Renditions {
			if r.Added.Record == "" {
				continue
			}
			articles, sources, records = append(articles, a.ID), append(sources, r.Source), append(records, r.Added.Record)
			if size += len(r.Added.Record); size > maxStatement {
				flush()
			}
		}
	}
	flush()
}

func queueRevisions(b *pgx.Batch, changed []*sink.Article) error {
	var (
		articles, sources, shown, cutArticles []string
		numbers, cutNumbers                   []int
		seenAt                                []time.Time
	)
	for _, a := range changed {
		for _, number := range a.Changes.Revisions {
			v := &a.Revisions[number-1]
			text, err := sink.Encode(v)
			if err != nil {
				return err
			}
			articles, numbers, sources = append(articles, a.ID), append(numbers, number), append(sources, v.Source)
			seenAt, shown = append(seenAt, v.SeenAt), append(shown, text)
		}
		if n := len(a.Revisions); n < a.Changes.RevisionsBefore {
			cutArticles, cutNumbers = append(cutArticles, a.ID), append(cutNumbers, n)
		}
	}
	if len(articles) > 0 {
		b.Queue(saveRevisions, articles, numbers, sources, seenAt, shown)
	}
	if len(cutArticles) > 0 {
		b.Queue(cutRevisions, cutArticles, cutNumbers)
	}
	return nil
}

// queueLookups writes what articles are found by.
func queueLookups(b *pgx.Batch, changed []*sink.Article) {
	var (
		feeds, inFeeds, atURLs, withWords, vectors []string
		digests                                    [][]byte
	)
	for _, a := range changed {
		for i := range a.Changes.Mentions {
			feeds, inFeeds = append(feeds, clean(a.Changes.Mentions[i].Feed)), append(inFeeds, a.ID)
		}
		for _, u := range a.Changes.URLs {
			digests, atURLs = append(digests, urlDigest(u)), append(atURLs, a.ID)
		}
		if a.Changes.Index {
			withWords, vectors = append(withWords, a.ID), append(vectors, vector(a.Changes.Newest))
		}
	}
	if len(feeds) > 0 {
		b.Queue(saveMentions, feeds, inFeeds)
	}
	if len(digests) > 0 {
		b.Queue(saveURLs, digests, atURLs)
	}
	if len(vectors) > 0 {
		b.Queue(saveWords, withWords, vectors)
	}
}

func queueNewest(b *pgx.Batch, changed []*sink.Article) {
	var (
		ids, urls, hosts, titles, languages []string
		sortAt                              []time.Time
		published                           []*time.Time
	)
	for _, a := range changed {
		newest := a.Changes.Newest
		if newest == nil {
			continue
		}
		ids, sortAt, urls, hosts = append(ids, a.ID), append(sortAt, a.SortAt), append(urls, clean(a.URL)), append(hosts, clean(a.Host))
		titles, languages = append(titles, clean(newest.Title)), append(languages, clean(newest.Language.Tag))
		var at *time.Time
		if t := newest.Published.UTC; !t.IsZero() {
			at = &t
		}
		published = append(published, at)
	}
	if len(ids) > 0 {
		b.Queue(saveNewest, ids, sortAt, urls, hosts, titles, languages, published)
	}
}

func queueArticles(b *pgx.Batch, changed []*sink.Article) error {
	n := len(changed)
	ids, roots, ledgers, shown := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	states, revisions, indexed, turns := make([]string, n), make([]int, n), make([]string, n), make([]int64, n)
	lastSeen, stories := make([]*time.Time, n), make([]string, n)
	given := int64(0)
	for i, a := range changed {
		ledger, err := sink.Encode(&a.Ledger)
		if err != nil {
			return err
		}
		ids[i], roots[i], ledgers[i], shown[i] = a.ID, a.Root, ledger, a.Shown
		states[i], revisions[i], indexed[i] = a.State().Value, len(a.Revisions), clean(a.Indexed)
		stories[i] = clean(a.Story())
		if !a.LastSeen.IsZero() {
			lastSeen[i] = &a.LastSeen
		}
		if a.Changes.Cursor {
			given++
			turns[i] = given
		}
	}
	b.Queue(saveArticles, given, ids, roots, ledgers, shown, states, revisions, indexed, turns, lastSeen, stories)
	return nil
}

// urlDigest is what a URL is found by.
func urlDigest(u string) []byte {
	sum := sha256.Sum256([]byte(strings.ToValidUTF8(u, "\ufffd")))
	return sum[:16]
}

// clean replaces what PostgreSQL cannot hold in a text, for columns that do not have to hold everything.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}
