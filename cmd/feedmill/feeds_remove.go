package main

import (
	"fmt"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
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
				return a.eachFeed(c.Context(), client, cfg, "feeds remove", names, func(st *feedmill.FeedState) error {
					if err := client.Unsubscribe(c.Context(), st); err != nil {
						return err
					}
					_, err := fmt.Fprintf(a.out, "removed  %s  %s\n", st.ID, printable(st.URL))
					return err
				})
			})
		},
	}
	a.busFlags(c)
	return c
}
