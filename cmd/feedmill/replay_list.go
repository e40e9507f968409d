package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

func replayListCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the replays of the last 90 days, newest first",
		Long:    "List the replays of the last 90 days, newest first, with how much of each is not handled yet.",
		Example: "  feedmill replay list\n  feedmill replay list -o jsonl | jq 'select(.pending > 0).id'",
		Args:    noArgs,
	}
	f := outputFlag(c, formTable, formJSON, formJSONL)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return a.withClient(c.Context(), func(client *daemon.Client, _ *config.Config) error {
			all, err := client.Bus.Replays(c.Context())
			if err != nil {
				return err
			}
			if f.value != formTable {
				_, err := writeAll(a.out, f, each(all))
				return err
			}
			if len(all) == 0 {
				a.say("no replays; to start one: feedmill replay start --help")
				return nil
			}
			now := time.Now()
			t := newTable("ID", "STARTED", "STAGE", "STATE", "LEFT", "MESSAGES", "OF")
			for _, r := range all {
				t.add(r.ID, ago(r.Started, now), r.Stage, replayState(r, now), strconv.Itoa(r.Pending), strconv.Itoa(r.Published), chosen(&r.Select))
			}
			return t.write(a.out, a.term)
		})
	}
	a.busFlags(c)
	return c
}

// replayState is how far a replay is, in a word or two.
func replayState(r *bus.Replay, now time.Time) string {
	switch {
	case r.Cancelled:
		return "cancelled"
	case r.Sending(now):
		return "sending"
	case !r.Complete:
		return "broken off"
	case r.Pending > 0:
		return "running"
	}
	return "done"
}

// chosen says which messages a selection means, as the flags of replay start do.
func chosen(s *bus.Selection) string {
	var parts []string
	for _, p := range []struct{ name, value string }{
		{"subject", s.Subject}, {"host", s.Host}, {"feed", s.Feed}, {"id", s.ID}, {"since", stamp(s.Since)}, {"until", stamp(s.Until)},
	} {
		if p.value != "" {
			parts = append(parts, fmt.Sprintf("%s %s", p.name, p.value))
		}
	}
	if len(parts) == 0 {
		return "all of " + s.Stream
	}
	return s.Stream + ": " + strings.Join(parts, ", ")
}

// stamp is a time to the second, "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format(time.DateTime)
}
