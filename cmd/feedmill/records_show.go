package main

import (
	"errors"
	"fmt"

	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/sink"
	"github.com/spf13/cobra"
)

func recordsShowCommand(a *app) *cobra.Command {
	revisions := false
	c := &cobra.Command{
		Use:     "show ID|URL",
		Short:   "Show one record",
		Long:    "Show one record by its id or by any URL that led to it. --revisions shows every revision, from the first to the newest. With\n-o markdown the article is written as CommonMark, without annotations.",
		Example: "  feedmill records show https://example.com/story\n  feedmill records show 0b1f5b1c77a04d3e9c5a2f6d8e90a1b2 -o json | jq .entities\n  feedmill records show https://example.com/story -o markdown > story.md",
		Args:    exactArgs(1, "one id or URL"),
	}
	f := outputFlag(c, formTable, formJSON, formJSONL, formMarkdown)
	c.RunE = func(c *cobra.Command, args []string) error {
		q := sink.Query{ID: args[0]}
		if isURL(args[0]) {
			q = sink.Query{URL: args[0]}
		}
		if revisions {
			q.Revisions = sink.RevisionsAll
		}
		err := a.withStore(c.Context(), func(store daemon.Store, cfg *config.Config) error {
			recs, err := collect(c.Context(), store, q)
			switch {
			case err != nil:
				return err
			case len(recs) == 0:
				return fmt.Errorf("%w: no record %s; feedmill records list%s shows those that there are", errNotFound, args[0], a.dataHint(cfg))
			case f.value == formJSONL, f.value == formJSON && revisions:
				_, err := writeAll(a.out, f, each(recs))
				return err
			case f.value == formJSON:
				return encoder(a.out, true).Encode(recs[0])
			case f.value == formMarkdown:
				return writeMarkdown(a.out, recs)
			}
			s := newSheet(a.out, a.term)
			for i, r := range recs {
				if i > 0 {
					s.line("\n" + a.term.faint("────────"))
				}
				if err := s.record(r, true); err != nil {
					return err
				}
				if err := s.removed(r.Removed); err != nil {
					return err
				}
			}
			return nil
		})
		if errors.Is(err, errNoRecords) {
			return fmt.Errorf("%w: %w", errNotFound, err)
		}
		return err
	}
	c.Flags().BoolVar(&revisions, "revisions", false, "every revision")
	a.storeFlags(c)
	return c
}
