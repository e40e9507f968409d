package main

import (
	"errors"
	"fmt"

	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

func dlqRetryCommand(a *app) *cobra.Command {
	all := false
	c := &cobra.Command{
		Use:   "retry SEQ...|--all",
		Short: "Put dead letters back to work",
		Long: `Put dead letters back where they were given up. Each is dropped from the list; what fails again comes back under a new
number.`,
		Example: "  feedmill dlq retry 3 4\n  feedmill dlq retry --all",
		Args: func(c *cobra.Command, args []string) error {
			if all == (len(args) > 0) {
				return argumentError(c, "needs either numbers of dead letters or --all")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			var numbers []uint64
			for _, text := range args {
				seq, err := sequence(text)
				if err != nil {
					return err
				}
				numbers = append(numbers, seq)
			}
			return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
				if all {
					err := client.Bus.DeadLetters(c.Context(), func(d bus.DeadLetter) bool {
						numbers = append(numbers, d.Seq)
						return true
					})
					if err != nil {
						return err
					}
				}
				retried, missing := 0, 0
				var last error
				for _, seq := range numbers {
					err := client.Bus.Retry(c.Context(), seq)
					switch {
					case errors.Is(err, bus.ErrNoDeadLetter):
						missing++
						last = unknownLetter(err, a.dataHint(cfg))
						if len(numbers) > 1 {
							a.say("%v", last)
						}
						continue
					case err != nil:
						return err
					}
					retried++
					fmt.Fprintf(a.out, "retried  %d\n", seq)
				}
				if missing > 0 && retried == 0 {
					return last
				}
				if retried > 0 {
					a.tellWhen(client, cfg, "the work goes on")
				} else {
					a.say("no dead letters")
				}
				return someFailed("dlq retry", len(numbers), missing, "dead letter")
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "all dead letters")
	a.busFlags(c)
	return c
}
