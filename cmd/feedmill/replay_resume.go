package main

import (
	"errors"
	"fmt"

	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

func replayResumeCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "resume ID",
		Short: "Go on sending the messages of a replay that was broken off",
		Long: `Go on sending the messages of a replay whose command was stopped or killed before all were sent, at the rate that it was
started with. What was stored meanwhile is not replayed. A daemon that was killed needs no such thing: it goes on by itself.`,
		Example: "  feedmill replay resume k3b5x2aq",
		Args:    exactArgs(1, "the id of a replay"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
				p := a.progress(1, "messages")
				r, err := client.Bus.ResumeReplay(c.Context(), args[0], p.at)
				p.end()
				switch {
				case errors.Is(err, bus.ErrReplayHeld):
					return fmt.Errorf("%w; feedmill replay show %s%s says how far it is", err, args[0], a.dataHint(cfg))
				case err != nil:
					a.sayBrokenOff(r, err, cfg)
					return unknownReplay(err, a.dataHint(cfg))
				}
				fmt.Fprintf(a.out, "sent  %s  %s\n", r.ID, count(int64(r.Published), "message"))
				a.tellWhen(client, cfg, "the work is done")
				return nil
			})
		},
	}
	a.busFlags(c)
	return c
}
