package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

func replayShowCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "show ID",
		Short:   "Show a replay and how far it is",
		Long:    "Show one replay: what it sends through which stage, how much of it was sent, and how much is not handled yet.",
		Example: "  feedmill replay show k3b5x2aq\n  feedmill replay show k3b5x2aq -o json | jq .pending",
		Args:    exactArgs(1, "the id of a replay"),
	}
	f := outputFlag(c, formTable, formJSON)
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
			r, err := client.Bus.Replay(c.Context(), args[0])
			if err != nil {
				return unknownReplay(err, a.dataHint(cfg))
			}
			if f.value == formJSON {
				return encoder(a.out, true).Encode(r)
			}
			var d details
			d.add("id", r.ID)
			d.add("state", replayState(r))
			d.add("stage", r.Stage)
			d.add("messages", chosen(&r.Select))
			d.add("started", moment(r.Started, time.Now()))
			d.add("workers", strings.Join(r.Workers, ", "))
			d.add("sent", strconv.Itoa(r.Published))
			d.add("not handled", strconv.Itoa(r.Pending))
			if err := d.write(a.out, a.term); err != nil {
				return err
			}
			if r.Pending > 0 {
				a.tellWhen(client, cfg, "the work is done")
			}
			return nil
		})
	}
	a.busFlags(c)
	return c
}

// unknownReplay says what to do where there is no such replay.
func unknownReplay(err error, hint string) error {
	if errors.Is(err, bus.ErrNoReplay) {
		return fmt.Errorf("%w; feedmill replay list%s shows those that there are", err, hint)
	}
	return err
}
