package main

import (
	"strings"
	"time"

	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

func recordsSearchCommand(a *app) *cobra.Command {
	s := &selection{}
	c := &cobra.Command{
		Use:   "search TEXT...",
		Short: "Search records, best match first",
		Long: `Search titles, bylines, texts and captions of the newest revisions, the best match first. All words must be there;
"words in quotation marks" side by side; word* finds words that begin so.`,
		Example: "  feedmill records search defense minister\n  feedmill records search '\"joint chiefs\" seoul*' --since 30d -o jsonl",
		Args:    minArgs(1, "something to look for"),
	}
	f := outputFlag(c, formTable, formJSON, formJSONL)
	c.RunE = func(c *cobra.Command, args []string) error {
		q, err := s.query(time.Now())
		if err != nil {
			return err
		}
		q.Text = strings.Join(args, " ")
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
				a.say("nothing found")
				return nil
			}
			return recordTable(recs).write(a.out, a.term)
		})
	}
	s.flags(c, 20)
	a.storeFlags(c)
	return c
}
