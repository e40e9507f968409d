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

func recordsDeleteCommand(a *app) *cobra.Command {
	source, yes := "", false
	c := &cobra.Command{
		Use:   "delete ID|URL...|--source DOMAIN",
		Short: "Delete records for good; only their ids stay",
		Long: `Withdraw records on request of a publisher or a person: their text leaves the stores and the streams, only the id stays,
and neither a poll nor a replay brings them back. With --source all records of a domain and the hosts below it are
withdrawn; that must be confirmed with --yes. There is no way back.`,
		Example: `  feedmill records delete 0b1f5b1c77a04d3e9c5a2f6d8e90a1b2
  feedmill records delete --source example.com          says how many there are
  feedmill records delete --source example.com --yes`,
		Args: func(c *cobra.Command, args []string) error {
			if (source != "") == (len(args) > 0) {
				return argumentError(c, "needs either ids or URLs of records, or --source")
			}
			return nil
		},
		RunE: func(c *cobra.Command, names []string) error {
			ctx := c.Context()
			chosen, missing, err := a.toDelete(ctx, names, source)
			if err != nil {
				return err
			}
			if source != "" && len(chosen) == 0 {
				return fmt.Errorf("%w: no record of %s", errNotFound, source)
			}
			if source != "" && !yes {
				return usageError{fmt.Errorf("this would delete %s of %s for good; add --yes to do it", count(int64(len(chosen)), "record"), source)}
			}
			if len(chosen) == 0 {
				return missing
			}
			err = a.withClient(ctx, func(client *daemon.Client, cfg *config.Config) error {
				p := a.progress(len(chosen), "records")
				defer p.end()
				for _, r := range chosen {
					if err := withdraw(ctx, client, r); err != nil {
						return err
					}
					fmt.Fprintf(a.out, "deleted  %s  %s\n", r.ID, printable(r.URL))
					p.step()
				}
				p.end()
				a.tellWhen(client, cfg, "the stores forget them")
				return nil
			})
			if err == nil && missing != nil {
				return partialError{"records delete: " + missing.Error()}
			}
			return err
		},
	}
	c.Flags().StringVar(&source, "source", "", "all records of this `DOMAIN`")
	c.Flags().BoolVar(&yes, "yes", false, "confirm the deletion of all records of a source")
	a.storeFlags(c)
	return c
}

// toDelete finds the records, without their texts. Missing says which of the names gave none.
func (a *app) toDelete(ctx context.Context, names []string, source string) (chosen []*feedmill.Record, missing, err error) {
	err = a.withStore(ctx, func(store daemon.Store, cfg *config.Config) error {
		queries := []sink.Query{{Host: source, IncludeMerged: true}}
		if source == "" {
			queries = nil
			for _, name := range names {
				q := sink.Query{ID: name, IncludeMerged: true}
				if isURL(name) {
					q = sink.Query{URL: name, IncludeMerged: true}
				}
				queries = append(queries, q)
			}
		}
		known := map[string]bool{}
		for i, q := range queries {
			found := 0
			for r, err := range store.Query(ctx, q) {
				if err != nil {
					return err
				}
				found++
				if r.State.Value == feedmill.StateWithdrawn || known[r.ID] {
					continue
				}
				known[r.ID] = true
				chosen = append(chosen, &feedmill.Record{Article: feedmill.Article{ID: r.ID, URL: r.URL, AltURLs: r.AltURLs}})
			}
			if found == 0 && source == "" {
				missing = errors.Join(missing, fmt.Errorf("%w: no record %s; feedmill records list%s shows those that there are", errNotFound, names[i], a.dataHint(cfg)))
			}
		}
		return nil
	})
	if errors.Is(err, errNoRecords) {
		err = fmt.Errorf("%w: %w", errNotFound, err)
	}
	return chosen, missing, err
}

// withdraw withdraws an article, and denies the ids that its other URLs would give.
func withdraw(ctx context.Context, client *daemon.Client, r *feedmill.Record) error {
	if err := client.Withdraw(ctx, r.ID, r.URL); err != nil {
		return err
	}
	for _, url := range r.AltURLs {
		canonical, err := feedmill.CanonicalURL(url)
		if err != nil {
			continue // it gives no id
		}
		if id := feedmill.ArticleIDFromURL(canonical); id != r.ID {
			if err := client.Registry.Deny(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}
