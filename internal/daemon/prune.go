package daemon

import (
	"context"
	"time"

	"github.com/feedmill/feedmill/sink"
)

const (
	// pruneEvery is how often old records are looked for.
	pruneEvery = time.Hour
	// pruneBatch bounds what is dropped in one transaction, prunePause is left to writers between two of them.
	pruneBatch = 100
	prunePause = 100 * time.Millisecond
)

// pruneAtTimes drops, at the start and every hour, what the stores were to keep no longer.
func (p *pipeline) pruneAtTimes(ctx context.Context) {
	for ctx.Err() == nil {
		p.prune(ctx)
		if !sleep(ctx, pruneEvery) {
			return
		}
	}
}

// prune drops from every store the records that were last seen longer ago than retention.records, batch by batch. Stores
// of files are left alone: their files are closed, and anybody's to move or remove.
func (p *pipeline) prune(ctx context.Context) {
	age := time.Duration(p.cfg.Retention.Records)
	if age <= 0 {
		return
	}
	for _, s := range p.sinks {
		store, ok := s.Sink.(sink.Pruner)
		if !ok {
			continue
		}
		before, dropped := time.Now().Add(-age), 0
		for {
			n, err := store.Prune(ctx, before, pruneBatch)
			dropped += n
			if err != nil && ctx.Err() == nil {
				p.log.Warn("cannot drop old records; trying again in an hour", "sink", s.name, "error", err)
			}
			if err != nil || n < pruneBatch || !sleep(ctx, prunePause) {
				break
			}
		}
		if dropped > 0 {
			p.log.Info("old records dropped", "sink", s.name, "records", dropped, "last_seen_before", before.UTC().Format(time.RFC3339))
		}
	}
}
