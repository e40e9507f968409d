package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/feedmill/feedmill/sink"
)

const (
	oldArticles = `WITH top AS (SELECT id FROM feedmill.article WHERE root = '' AND state <> 'withdrawn'
			AND last_seen > '-infinity' AND last_seen < $1 ORDER BY last_seen LIMIT $2)
		SELECT a.id, a.root, a.ledger::text, a.shown::text, a.cursor, a.url, a.indexed
		FROM top JOIN feedmill.article a ON a.id = top.id OR a.root = top.id AND a.root <> '' ORDER BY a.id FOR UPDATE OF a`
	dropMentions = `DELETE FROM feedmill.mention m USING unnest($1::text[], $2::text[]) u (feed, article)
		WHERE m.feed = u.feed AND m.article = u.article`
	dropURLs = `DELETE FROM feedmill.url x USING unnest($1::bytea[], $2::text[]) u (digest, article)
		WHERE x.digest = u.digest AND x.article = u.article`
	keepWithdrawn = `UPDATE feedmill.article a SET root = '', ledger = u.ledger, shown = u.shown, state = 'withdrawn', last_seen = DEFAULT, story = DEFAULT
		FROM unnest($1::text[], $2::json[], $3::json[]) u (id, ledger, shown) WHERE a.id = u.id`
)

// Prune drops what is old, see sink.Pruner. Whoever writes waits for it.
func (s *Store) Prune(ctx context.Context, before time.Time, limit int) (int, error) {
	if s.closed.Load() {
		return 0, s.explain("prune", sink.ErrClosed)
	}
	if s.readOnly {
		return 0, s.explain("prune", errReadOnly)
	}
	dropped := 0
	err := s.inTransaction(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(mergeLock)); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, oldArticles, within(before), limit)
		if err != nil {
			return err
		}
		old, err := pgx.CollectRows(rows, scanArticle)
		if err != nil || len(old) == 0 {
			return err
		}
		for _, a := range old {
			if a.Root == "" {
				dropped++
			}
		}
		return drop(ctx, tx, old)
	})
	if err != nil {
		return 0, s.explain("prune", err)
	}
	return dropped, nil
}

// drop deletes articles, each with those that were merged into it, but for what was withdrawn by itself.
func drop(ctx context.Context, tx pgx.Tx, old []*sink.Article) error {
	var (
		ids, feeds, inFeeds, atURLs, left, ledgers, shown []string
		digests                                           [][]byte
	)
	for _, a := range old {
		stays, err := a.Outlives()
		if err != nil {
			return err
		}
		if stays {
			ledger, err := sink.Encode(&a.Ledger)
			if err != nil {
				return err
			}
			left, ledgers, shown = append(left, a.ID), append(ledgers, ledger), append(shown, a.Shown)
			continue
		}
		ids = append(ids, a.ID)
		for i := range a.Mentions {
			feeds, inFeeds = append(feeds, clean(a.Mentions[i].Feed)), append(inFeeds, a.ID)
		}
		for _, u := range a.URLs {
			digests, atURLs = append(digests, urlDigest(u)), append(atURLs, a.ID)
		}
	}
	var b pgx.Batch
	for _, table := range []string{"rendition", "revision", "search"} {
		b.Queue(`DELETE FROM feedmill.`+table+` WHERE article = ANY ($1)`, ids)
	}
	b.Queue(dropMentions, feeds, inFeeds)
	b.Queue(dropURLs, digests, atURLs)
	b.Queue(`DELETE FROM feedmill.article WHERE id = ANY ($1)`, ids)
	if len(left) > 0 {
		b.Queue(keepWithdrawn, left, ledgers, shown)
	}
	return tx.SendBatch(ctx, &b).Close()
}
