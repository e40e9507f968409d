package main

import (
	"time"

	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/sink"
	"github.com/spf13/cobra"
)

func recordsExportCommand(a *app) *cobra.Command {
	s := &selection{}
	revisions := &form{value: "newest", allowed: []string{"newest", "all"}}
	c := &cobra.Command{
		Use:   "export",
		Short: "Write all records as JSON lines",
		Long: `Write records as JSON lines, one after the other as they are read: the newest revision of each, or with --revisions all
every revision, an article's in their order. What changed last comes last.`,
		Example: "  feedmill records export > records.jsonl\n  feedmill records export --revisions all --since 7d | jq -r .title",
		Args:    noArgs,
	}
	f := outputFlag(c, formJSONL, formJSON)
	c.RunE = func(c *cobra.Command, _ []string) error {
		q, err := s.query(time.Now())
		if err != nil {
			return err
		}
		q.Order = sink.OrderChanged
		if revisions.value == "all" {
			q.Revisions = sink.RevisionsAll
		}
		return a.withStore(c.Context(), func(store daemon.Store, _ *config.Config) error {
			n, err := writeAll(a.out, f, store.Query(c.Context(), q))
			if err == nil && !a.term.outIsTerminal && a.term.errIsTerminal {
				a.say("%s", count(int64(n), "record"))
			}
			return err
		})
	}
	c.Flags().Var(revisions, "revisions", "which revisions")
	s.flags(c, 0)
	a.storeFlags(c)
	return c
}
