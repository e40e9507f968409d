package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

func busApplyCommand(a *app) *cobra.Command {
	dryRun := false
	replicas := 0
	c := &cobra.Command{
		Use:   "apply",
		Short: "Bring the streams in step with the configuration",
		Long: `Bring the streams in step with the configuration: what is missing is created, limits are raised, copies are added. What
would delete messages, and streams that are not feedmill's, are refused; then nothing is changed at all. Run again it
changes nothing. --dry-run only shows the difference.`,
		Example: `  feedmill bus apply --dry-run
  feedmill bus apply --nats nats://n1:4222,nats://n2:4222 --replicas 3`,
		Args: noArgs,
	}
	f := outputFlag(c, formTable, formJSON)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if c.Flags().Changed("replicas") && (replicas < 1 || replicas > 5) {
			return usageError{fmt.Errorf("--replicas %d: want 1 to 5", replicas)}
		}
		return a.withClient(c.Context(), func(client *daemon.Client, _ *config.Config) error {
			work := client.Bus.Apply
			if dryRun {
				work = client.Bus.Plan
			}
			changes, err := work(c.Context(), replicas)
			if f.value == formJSON {
				if changes == nil {
					changes = []bus.Change{}
				}
				return errors.Join(encoder(a.out, true).Encode(changes), err)
			}
			if len(changes) > 0 {
				t := newTable("ACTION", "STREAM", "FIELD", "IS", "WANTED", "WHY NOT")
				for _, ch := range changes {
					t.add(ch.Action, ch.Stream, ch.Field, cut(limit(ch.From), 32), cut(limit(ch.To), 32), ch.Reason)
				}
				err = errors.Join(t.write(a.out, a.term), err)
			}
			switch {
			case err != nil:
				return err
			case len(changes) == 0:
				a.say("the streams are as the configuration asks")
			case dryRun:
				a.say("nothing was changed; leave --dry-run out to do it")
			default:
				a.say("%s made", count(int64(len(changes)), "change"))
			}
			return nil
		})
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "show the difference and change nothing")
	c.Flags().IntVar(&replicas, "replicas", 0, "how many copies of each stream and bucket a cluster keeps (default as they are)")
	a.busFlags(c)
	return c
}

// limit is a limit as people write it: an age in days where it is one.
func limit(text string) string {
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return config.Duration(d).String()
	}
	return text
}
