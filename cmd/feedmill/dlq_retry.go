package main

import (
	"context"

	"github.com/feedmill/feedmill/bus"
	"github.com/spf13/cobra"
)

func dlqRetryCommand(a *app) *cobra.Command {
	return a.letterCommand(&cobra.Command{
		Use:   "retry SEQ...|--all",
		Short: "Put dead letters back to work",
		Long: `Put dead letters back where they were given up. Each is dropped from the list; what fails again comes back under a new
number.`,
		Example: "  feedmill dlq retry 3 4\n  feedmill dlq retry --stage fetcher --class status --since 24h\n  feedmill dlq retry --all",
	}, "retried", func(ctx context.Context, b *bus.Bus, seq uint64) error { return b.Retry(ctx, seq) }, "the work goes on")
}
