package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/sink"
	"github.com/spf13/cobra"
)

func storiesShowCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "show ID|URL",
		Short: "Show the records of a story, and why each belongs to it",
		Long: `Show the records of a story, the earliest first, and why each belongs to it. The story is named by its id, which is that of
its original, or by the id or any URL of one of its records. With -o json or jsonl the records are written whole.`,
		Example: "  feedmill stories show https://example.com/story\n  feedmill stories show 0b1f5b1c77a04d3e9c5a2f6d8e90a1b2 -o jsonl | jq '[.story.role, .url]'",
		Args:    exactArgs(1, "one id or URL"),
	}
	f := outputFlag(c, formTable, formJSON, formJSONL)
	c.RunE = func(c *cobra.Command, args []string) error {
		err := a.withStore(c.Context(), func(store daemon.Store, cfg *config.Config) error {
			_, members, err := a.story(c.Context(), store, cfg, args[0])
			if err != nil {
				return err
			}
			if f.value != formTable {
				_, err := writeAll(a.out, f, each(members))
				return err
			}
			t := newTable("ID", "PUBLISHED", "HOST", "WORDS", "TITLE", "WHY")
			for _, r := range members {
				why := "stands alone"
				if r.Story != nil {
					why = r.Story.Reason()
				}
				t.add(r.ID, day(r), cut(feedmill.Host(r.URL), 24), fmt.Sprint(r.Quality.Words), cut(r.Title, 32), why)
			}
			return t.write(a.out, a.term)
		})
		return noSuchRecord(err)
	}
	a.storeFlags(c)
	return c
}

// noSuchRecord makes that nothing was ever stored be that something is not found.
func noSuchRecord(err error) error {
	if errors.Is(err, errNoRecords) {
		return fmt.Errorf("%w: %w", errNotFound, err)
	}
	return err
}

// record finds a record by its id or a URL.
func (a *app) record(ctx context.Context, store daemon.Store, cfg *config.Config, name string) (*feedmill.Record, error) {
	q := sink.Query{ID: name}
	if isURL(name) {
		q = sink.Query{URL: name}
	}
	recs, err := collect(ctx, store, q)
	if err != nil {
		return nil, err
	}
	if len(recs) == 0 {
		return nil, fmt.Errorf("%w: no record %s; feedmill records list%s shows those that there are", errNotFound, name, a.dataHint(cfg))
	}
	return recs[0], nil
}

// story finds the records of a story, the earliest first. Named is the one that was named, nil where a story was whose
// original is not stored. A record that stands alone is its own story.
func (a *app) story(ctx context.Context, store daemon.Store, cfg *config.Config, name string) (named *feedmill.Record, members []*feedmill.Record, err error) {
	named, err = a.record(ctx, store, cfg, name)
	id := name
	switch {
	case errors.Is(err, errNotFound) && !isURL(name):
	case err != nil:
		return nil, nil, err
	case named.Story == nil:
		return named, []*feedmill.Record{named}, nil
	default:
		id = named.Story.ID
	}
	members, failed := collect(ctx, store, sink.Query{Story: id, Order: sink.OrderOldest})
	if failed != nil {
		return nil, nil, failed
	}
	if len(members) == 0 {
		if err == nil { // merged meanwhile
			return named, []*feedmill.Record{named}, nil
		}
		return nil, nil, err
	}
	return named, members, nil
}
