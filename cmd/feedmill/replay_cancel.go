package main

import (
	"fmt"

	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

func replayCancelCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "cancel ID",
		Short:   "Drop what a replay has not handled yet",
		Long:    "Drop the messages of a replay that are not handled yet. What was handled stays as it is.",
		Example: "  feedmill replay cancel k3b5x2aq",
		Args:    exactArgs(1, "the id of a replay"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
				r, err := client.Bus.CancelReplay(c.Context(), args[0])
				if err != nil {
					return unknownReplay(err, a.dataHint(cfg))
				}
				_, err = fmt.Fprintf(a.out, "cancelled  %s  %d of %s dropped\n", r.ID, r.Pending, count(int64(r.Published), "message"))
				return err
			})
		},
	}
	a.busFlags(c)
	return c
}
