package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

func storiesListCommand(a *app) *cobra.Command {
	since, until, limit := "", "", 20
	c := &cobra.Command{
		Use:   "list",
		Short: "List stories of more than one record, the latest first",
		Long: `List the stories that more than one record tells: how many there are, from how many hosts, when the first and the last were
published, or seen where that is not known, and the headline of the original. --since and --until bound the last.`,
		Example: "  feedmill stories list --since 24h\n  feedmill stories list --limit 0 -o jsonl | jq 'select(.hosts > 5)'",
		Args:    noArgs,
	}
	f := outputFlag(c, formTable, formJSON, formJSONL)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if limit < 0 {
			return usageError{fmt.Errorf("--limit %d: want 0 or more", limit)}
		}
		now := time.Now()
		from, err1 := parseTime("--since", since, now)
		to, err2 := parseTime("--until", until, now)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		return a.withStore(c.Context(), func(store daemon.Store, _ *config.Config) error {
			stories := store.Stories(c.Context(), from, to, limit)
			if f.value != formTable {
				_, err := writeAll(a.out, f, stories)
				return err
			}
			t, n := newTable("ID", "FIRST", "LAST", "RECORDS", "HOSTS", "TITLE"), 0
			for s, err := range stories {
				if err != nil {
					return err
				}
				n++
				title := s.Title
				if title == "" {
					title = s.URL
				}
				t.add(s.ID, minuteOf(s.First), minuteOf(s.Last), fmt.Sprint(s.Articles), fmt.Sprint(s.Hosts), title)
			}
			if n == 0 {
				a.say("no stories of more than one record")
				return nil
			}
			return t.write(a.out, a.term)
		})
	}
	flags := c.Flags()
	flags.IntVar(&limit, "limit", limit, "at most so many; 0: all")
	flags.StringVar(&since, "since", "", "only with a record from this `TIME` on: 2026-01-31, RFC 3339, or 24h, 7d before now")
	flags.StringVar(&until, "until", "", "only with no record from this `TIME` on")
	a.storeFlags(c)
	return c
}

func minuteOf(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }
