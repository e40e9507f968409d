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
			now := time.Now()
			shown := shownReplay{r, replayState(r, now), 0}
			err = client.Bus.Select(c.Context(), bus.Selection{Stream: bus.StreamDead}, false, func(m *bus.Stored) bool {
				if m.Run == r.ID {
					shown.Dead++
				}
				return true
			})
			if err != nil {
				return err
			}
			if f.value == formJSON {
				return encoder(a.out, true).Encode(shown)
			}
			var d details
			d.add("id", r.ID)
			d.add("state", shown.State)
			d.add("stage", r.Stage)
			d.add("messages", chosen(&r.Select))
			d.add("started", moment(r.Started, now))
			d.add("workers", strings.Join(r.Workers, ", "))
			d.add("sent", strconv.Itoa(r.Published))
			d.add("not handled", strconv.Itoa(r.Pending))
			if r.Rate > 0 {
				d.add("rate", fmt.Sprintf("at most %d/s", r.Rate))
			}
			if shown.Dead > 0 {
				d.add("given up", strconv.Itoa(shown.Dead)+"; to see why: feedmill dlq list"+a.dataHint(cfg))
			}
			if err := d.write(a.out, a.term); err != nil {
				return err
			}
			if shown.State == "broken off" {
				a.say("whoever sent its messages is gone; to go on: feedmill replay resume %s%s", r.ID, a.dataHint(cfg))
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

// shownReplay is a replay with what is worked out of it.
type shownReplay struct {
	*bus.Replay
	State string `json:"state"`
	Dead  int    `json:"dead"` // dead letters that came of it
}

// unknownReplay says what to do where there is no such replay.
func unknownReplay(err error, hint string) error {
	if errors.Is(err, bus.ErrNoReplay) {
		return fmt.Errorf("%w; feedmill replay list%s shows those that there are", err, hint)
	}
	return err
}
