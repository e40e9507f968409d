package main

import (
	"errors"
	"time"

	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

func recordsListCommand(a *app) *cobra.Command {
	s := &selection{}
	follow := false
	c := &cobra.Command{
		Use:   "list",
		Short: "List records, newest first",
		Long: `List the newest revision of each record, the latest publication first. Where that is not known, the day on which it was
seen stands in brackets. --follow goes on, until Ctrl-C, with each record that is new or changed.`,
		Example: "  feedmill records list\n  feedmill records list --host example.com --since 24h --limit 0 -o jsonl\n  feedmill records list --follow --limit 1 -o jsonl | jq .title",
		Args:    noArgs,
	}
	f := outputFlag(c, formTable, formJSON, formJSONL)
	c.RunE = func(c *cobra.Command, _ []string) error {
		q, err := s.query(time.Now())
		if err != nil {
			return err
		}
		if follow {
			if f.value == formJSON {
				return usageError{errors.New("--follow never ends an array; use -o jsonl")}
			}
			return a.follow(c.Context(), q, f)
		}
		return a.withStore(c.Context(), func(store daemon.Store, _ *config.Config) error {
			if f.value != formTable {
				_, err := writeAll(a.out, f, store.Query(c.Context(), q))
				return err
			}
			recs, err := collect(c.Context(), store, q)
			if err != nil {
				return err
			}
			if len(recs) == 0 {
				a.say("no records match")
				return nil
			}
			return recordTable(recs).write(a.out, a.term)
		})
	}
	s.flags(c, 20)
	c.Flags().BoolVar(&follow, "follow", false, "go on with what is stored and changed from now on")
	a.storeFlags(c)
	return c
}
