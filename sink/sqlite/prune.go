package sqlite

import (
	"context"
	"time"

	"github.com/feedmill/feedmill/sink"
)

// Prune drops what is old, see sink.Pruner. The file does not shrink; its room is used again.
func (s *Store) Prune(ctx context.Context, before time.Time, limit int) (int, error) {
	if s.write == nil {
		return 0, s.explain("prune", errReadOnly)
	}
	dropped := 0
	err := s.inTransaction(ctx, func(w *writer) error {
		tops, err := w.articles(context.WithoutCancel(ctx), w.old, formatTime(before), limit)
		if err != nil {
			return err
		}
		for _, a := range tops {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := w.drop(context.WithoutCancel(ctx), a); err != nil {
				return err
			}
		}
		dropped = len(tops)
		return nil
	})
	if err != nil {
		return 0, s.explain("prune", err)
	}
	return dropped, nil
}

// drop deletes an article and all that were merged into it.
func (w *writer) drop(ctx context.Context, top *sink.Article) error {
	merged, err := w.articles(ctx, w.mergedInto, top.Key)
	if err != nil {
		return err
	}
	for _, a := range append(merged, top) {
		if err := w.forget(ctx, a); err != nil {
			return err
		}
		stays, err := a.Outlives()
		if err != nil {
			return err
		}
		if stays {
			err = w.setRow(ctx, a)
		} else {
			_, err = w.dropArticle.ExecContext(ctx, a.Key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
