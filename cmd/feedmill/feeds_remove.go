package main

import (
	"context"

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
		Long: `End subscriptions: the feeds are polled no more and what was known of them is forgotten. Their records stay.` + choiceHelp + `
Removing feeds that flags choose must be confirmed with --yes.`,
		Example: `  feedmill feeds remove https://example.com/feed.xml
  feedmill feeds remove --tag old --state gone          says how many there are
  feedmill feeds remove --tag old --state gone --yes`,
	}
	f := choiceFlags(c, true)
	c.Args = f.check
	c.RunE = func(c *cobra.Command, names []string) error {
		return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
			return a.work(c.Context(), client, cfg, f, "remove", "removed", names, func(ctx context.Context, st *feedmill.FeedState) (string, error) {
				return "", client.Unsubscribe(ctx, st)
			})
		})
	}
	a.busFlags(c)
	return c
}
