package main

import (
	"context"

	"github.com/feedmill/feedmill/bus"
	"github.com/spf13/cobra"
)

func dlqDropCommand(a *app) *cobra.Command {
	return a.letterCommand(&cobra.Command{
		Use:     "drop SEQ...|--all",
		Short:   "Delete dead letters",
		Long:    "Delete dead letters for good. What they hold is not tried again; what is stored of their articles stays.",
		Example: "  feedmill dlq drop 3 4\n  feedmill dlq drop --host www.example.com --class status\n  feedmill dlq drop --all --until 30d",
	}, "dropped", func(ctx context.Context, b *bus.Bus, seq uint64) error { return b.Drop(ctx, seq) }, "")
}
