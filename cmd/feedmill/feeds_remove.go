package main

import (
	"errors"
	"fmt"

	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/registry"
	"github.com/spf13/cobra"
)

func feedsRemoveCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "remove URL|ID...",
		Aliases: []string{"rm"},
		Short:   "End subscriptions; records stay",
		Long:    "End subscriptions: the feeds are polled no more and what was known of them is forgotten. Their records stay.",
		Example: "  feedmill feeds remove https://example.com/feed.xml",
		Args:    minArgs(1, "at least one feed URL or id"),
		RunE: func(c *cobra.Command, names []string) error {
			return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
				missing := 0
				var last error
				for _, name := range names {
					st, err := client.Registry.Find(c.Context(), name)
					if err == nil {
						err = client.Unsubscribe(c.Context(), &st)
					}
					switch {
					case errors.Is(err, registry.ErrNotFound):
						missing++
						last = unknownFeed(err, name, a.dataHint(cfg))
						if len(names) > 1 {
							a.say("%v", last)
						}
					case err != nil:
						return err
					default:
						fmt.Fprintf(a.out, "removed  %s  %s\n", st.ID, printable(st.URL))
					}
				}
				if missing == len(names) {
					return last
				}
				return someFailed("feeds remove", len(names), missing, "feed")
			})
		},
	}
	a.busFlags(c)
	return c
}
