package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/sink"
)

const (
	// followEvery is how often a follower looks for changes.
	followEvery = 500 * time.Millisecond
	// followBatch bounds what is read at once; the rest comes with the next look.
	followBatch = 500
	// bornLooks is how often a new database may be found unreadable.
	bornLooks = 20
)

// follow writes the records that q chooses, the last to be published at the end, and then each that is new or changed,
// until ctx ends. Where nothing was stored yet it waits.
func (a *app) follow(ctx context.Context, q sink.Query, f *form) error {
	waiting, opened := false, false
	for born := 0; ; {
		err := a.withStore(ctx, func(store daemon.Store, _ *config.Config) error {
			opened = true
			return a.followStore(ctx, store, q, f)
		})
		if ctx.Err() != nil {
			return nil // Ctrl-C is how following ends
		}
		if !errors.Is(err, errNoRecords) {
			// A database that is being made cannot be read for a moment.
			if born++; opened || !waiting || born > bornLooks {
				return err
			}
		}
		if !waiting {
			a.say("no records yet; waiting for the first")
			waiting, q.Limit = true, 0 // all that comes is new then
		}
		if pause(ctx, followEvery) != nil {
			return nil
		}
	}
}

func (a *app) followStore(ctx context.Context, store daemon.Store, q sink.Query, f *form) error {
	stats, err := store.Stats(ctx)
	if err != nil {
		return err
	}
	first, err := collect(ctx, store, q)
	if err != nil {
		return err
	}
	slices.Reverse(first)
	if err := a.writeFollowed(first, f); err != nil {
		return err
	}
	q.Order, q.Limit, q.After = sink.OrderChanged, followBatch, stats.Cursor
	for {
		recs, err := collect(ctx, store, q)
		if err != nil {
			return err
		}
		if err := a.writeFollowed(recs, f); err != nil {
			return err
		}
		if len(recs) > 0 {
			q.After = recs[len(recs)-1].Cursor
		}
		if len(recs) == followBatch {
			continue
		}
		if err := pause(ctx, followEvery); err != nil {
			return err
		}
	}
}

// writeFollowed writes one line for each record. Columns are of fixed width, since what comes is not known.
func (a *app) writeFollowed(recs []*feedmill.Record, f *form) error {
	if f.value == formJSONL {
		_, err := writeAll(a.out, f, each(recs))
		return err
	}
	for _, row := range recordTable(recs).rows[1:] {
		line := fmt.Sprintf("%s  %-16s  %-24s  %5s  %s", row[0], row[1], row[2], row[3], row[4])
		if _, err := fmt.Fprintln(a.out, cut(line, a.term.columns)); err != nil {
			return err
		}
	}
	return nil
}
