package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

var errReadOnly = errors.New("the store was opened for reading only")

// Write stores the records in one transaction, see sink.Sink.
func (s *Store) Write(ctx context.Context, recs []*feedmill.Record) error {
	if s.closed.Load() {
		return s.explain("write", sink.ErrClosed)
	}
	if s.readOnly {
		return s.explain("write", errReadOnly)
	}
	if len(recs) == 0 {
		return nil
	}
	batch, err := sink.Prepare(recs)
	if err != nil {
		return err
	}
	return s.explain("write", s.inTransaction(ctx, func(tx pgx.Tx) error {
		_, merges := sink.IDs(batch)
		changed, err := sink.Merge(ctx, &reader{tx: tx, merges: merges}, batch)
		if err != nil || len(changed) == 0 {
			return err
		}
		return save(ctx, tx, changed)
	}))
}

// rollbackTimeout is how long the end of a transaction may take that has failed.
const rollbackTimeout = 5 * time.Second

func (s *Store) inTransaction(ctx context.Context, do func(pgx.Tx) error) error {
	// The default level of a database may be another.
	tx, err := s.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite})
	if err != nil {
		return err
	}
	if err = do(tx); err == nil {
		err = tx.Commit(ctx)
	}
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = ctx.Err() // and not that the server was asked to cancel
	}
	// Even after ctx has ended: the locks must go.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
	defer cancel()
	_ = tx.Rollback(ending) // the first error is the one to report; the connection is given up if this fails too
	return err
}

// reader is the sink.Holdings of one transaction.
type reader struct {
	tx     pgx.Tx
	merges bool
}

// mergeLock is the advisory lock of transactions that write: shared, or alone by those that may change which articles
// stand for which. So the groups of articles stay as they are read, and can be locked in the order of their ids.
const mergeLock = 0x666d696c_00000002

const (
	// group names the ids of a batch, of the articles that stand for them, and of all that these stand for.
	group = `WITH top AS (SELECT DISTINCT CASE root WHEN '' THEN id ELSE root END AS id FROM feedmill.article WHERE id = ANY ($1)),
		member AS (SELECT id FROM top UNION SELECT a.id FROM top JOIN feedmill.article a ON a.root = top.id AND a.root <> '') `
	insertArticles = `INSERT INTO feedmill.article (id) SELECT id FROM unnest($1::text[]) id ORDER BY id COLLATE "C" ON CONFLICT DO NOTHING`
	lockArticles   = group + `SELECT a.id, a.root, a.ledger::text, a.shown::text, a.cursor, a.url, a.indexed
		FROM feedmill.article a WHERE a.id IN (SELECT id FROM member) ORDER BY a.id FOR UPDATE OF a`
	readRevisions = group + `SELECT v.article, v.source, v.shown::text FROM feedmill.revision v
		WHERE v.article IN (SELECT id FROM member) ORDER BY v.article, v.number`
	readRecord = `SELECT record::text FROM feedmill.rendition WHERE article = $1 AND source = $2`
)

// Articles locks and reads what is held of the ids and of all that are merged with them.
func (r *reader) Articles(ctx context.Context, ids []string) ([]*sink.Article, error) {
	lock := `SELECT pg_advisory_xact_lock_shared($1)`
	if r.merges {
		lock = `SELECT pg_advisory_xact_lock($1)`
	}
	var (
		b    pgx.Batch
		out  []*sink.Article
		byID = make(map[string]*sink.Article)
	)
	b.Queue(lock, int64(mergeLock))
	b.Queue(insertArticles, ids)
	b.Queue(lockArticles, ids).Query(func(rows pgx.Rows) error {
		var err error
		out, err = pgx.CollectRows(rows, scanArticle)
		for _, a := range out {
			byID[a.ID] = a
		}
		return err
	})
	b.Queue(readRevisions, ids).Query(func(rows pgx.Rows) error {
		var id, source, shown string
		_, err := pgx.ForEachRow(rows, []any{&id, &source, &shown}, func() error {
			a := byID[id]
			if a == nil {
				return fmt.Errorf("there are revisions of %s, but no article", id)
			}
			v := sink.Revision{Source: source}
			if err := sink.Decode(shown, &v); err != nil {
				return err
			}
			a.Revisions = append(a.Revisions, v)
			return nil
		})
		return err
	})
	return out, r.tx.SendBatch(ctx, &b).Close()
}

func scanArticle(row pgx.CollectableRow) (*sink.Article, error) {
	a := new(sink.Article)
	var ledger string
	if err := row.Scan(&a.ID, &a.Root, &ledger, &a.Shown, &a.Cursor, &a.URL, &a.Indexed); err != nil {
		return nil, err
	}
	if strings.ContainsRune(a.URL, utf8.RuneError) {
		a.URL = "" // the record may have another, see clean
	}
	return a, sink.Decode(ledger, &a.Ledger)
}

// Record reads the JSON that is kept for a source.
func (r *reader) Record(ctx context.Context, a *sink.Article, rendition *sink.Rendition) (text string, err error) {
	err = r.tx.QueryRow(ctx, readRecord, a.ID, rendition.Source).Scan(&text)
	return text, err
}
