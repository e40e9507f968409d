package main

import (
	"fmt"
	"time"

	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

func busApplyCommand(a *app) *cobra.Command {
	dryRun, shrink := false, false
	replicas := 0
	c := &cobra.Command{
		Use:   "apply",
		Short: "Bring the streams in step with the configuration",
		Long: `Bring the streams in step with the configuration: what is missing is created, limits are raised, copies are added. What
would delete messages, and streams that are not feedmill's, are refused; then nothing is changed at all. With --shrink
limits are lowered too, once all that a stream holds is handled. Run again it changes nothing. --dry-run only shows the
difference.`,
		Example: `  feedmill bus apply --dry-run
  feedmill bus apply --shrink --dry-run                 what smaller limits would change
  feedmill bus apply --nats nats://n1:4222,nats://n2:4222 --replicas 3`,
		Args: noArgs,
	}
	f := outputFlag(c, formTable, formJSON)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if c.Flags().Changed("replicas") && (replicas < 1 || replicas > 5) {
			return usageError{fmt.Errorf("--replicas %d: want 1 to 5", replicas)}
		}
		return a.withTopology(c.Context(), func(t *daemon.Topology, _ *config.Config) error {
			if shrink {
				t.Bus.AllowShrink()
			}
			changes, err := t.Plan(c.Context(), replicas)
			if err != nil {
				return err
			}
			if err := a.showChanges(changes, f.value); err != nil {
				return err
			}
			if dryRun {
				a.say("%s", orText(len(changes) == 0, "the streams are as the configuration asks", "nothing was changed; leave --dry-run out to do it"))
				return nil
			}
			if err := t.Apply(c.Context(), replicas); err != nil {
				return err
			}
			a.say("%s", orText(len(changes) == 0, "the streams are as the configuration asks", count(int64(len(changes)), "change")+" made"))
			return nil
		})
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "show the difference and change nothing")
	c.Flags().BoolVar(&shrink, "shrink", false, "lower limits too, which deletes what is beyond them")
	c.Flags().IntVar(&replicas, "replicas", 0, "how many copies of each stream and bucket a cluster keeps (default as they are)")
	a.busFlags(c)
	return c
}

// showChanges writes the differences before anything is done about them.
func (a *app) showChanges(changes []bus.Change, form string) error {
	if form == formJSON {
		if changes == nil {
			changes = []bus.Change{}
		}
		return encoder(a.out, true).Encode(changes)
	}
	if len(changes) == 0 {
		return nil
	}
	t := newTable("ACTION", "STREAM", "FIELD", "IS", "WANTED", "WHY NOT")
	for _, ch := range changes {
		t.add(ch.Action, ch.Stream, ch.Field, cut(limit(ch.From), 32), cut(limit(ch.To), 64), ch.Reason)
	}
	return t.write(a.out, a.term)
}

func orText(which bool, yes, no string) string {
	if which {
		return yes
	}
	return no
}

// limit is a limit as people write it: an age in days where it is one.
func limit(text string) string {
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return config.Duration(d).String()
	}
	return text
}
