package main

import (
	"context"
	"fmt"
	"os"

	"github.com/feedmill/feedmill/internal/bench"
	"github.com/spf13/cobra"
)

func benchCommand(a *app) *cobra.Command {
	o := &bench.Options{}
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure what an article costs, over generated sites",
		Long: `Measure the whole way of an article, from its feed to SQLite, over a web of generated sites on loopback: CPU time by
stage, articles a second, memory, and how the records agree with what the pages say. In the same run, in turn, the
floors are measured: clients that only ask for the pages, ask and tokenise, ask and parse. Every run is a process of its
own. It takes minutes; nothing else should run meanwhile.`,
		Example: `  feedmill bench
  feedmill bench --large 10000 --enrich=false
  feedmill bench --feeds 20 --items 10 --rounds 1 -o json`,
		Args:   noArgs,
		Hidden: true, // for those who work on feedmill
	}
	flags := c.Flags()
	flags.IntVar(&o.Feeds, "feeds", 100, "how many `feeds`")
	flags.IntVar(&o.Items, "items", 20, "how many `articles` in each feed")
	flags.IntVar(&o.Hosts, "hosts", 20, "how many loopback `addresses` the sites are spread over")
	flags.IntVar(&o.PageBytes, "page-bytes", 60_000, "least `size` of a page")
	flags.IntVar(&o.MaxPageBytes, "max-page-bytes", 150_000, "greatest `size` of a page")
	flags.IntVar(&o.Rounds, "rounds", 3, "how often each thing is `run`, in turn; medians are reported")
	flags.IntVar(&o.Concurrency, "concurrency", 32, "how many `requests` are under way at once")
	flags.BoolVar(&o.Enrich, "enrich", true, "measure enrichment too")
	flags.IntVar(&o.Large, "large", 0, "one more run over so many `articles`")
	flags.IntVar(&o.Idle, "idle", 1000, "how many `feeds` are polled that have nothing new; -1: none")
	flags.BoolVar(&o.IdleOnly, "idle-only", false, "measure the idle polls and nothing else")
	flags.StringVar(&o.Dir, "dir", "", "`DIR`ectory for the data of the runs; the CPU profiles are left there (default: a temporary one)")
	form := outputFlag(c, formTable, formJSON)
	c.RunE = func(c *cobra.Command, _ []string) error { return a.bench(c.Context(), o, form) }
	return c
}

func (a *app) bench(ctx context.Context, o *bench.Options, f *form) error {
	if child, err := bench.Child(ctx, a.in, a.out); child {
		return err
	}
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("benchmark: this program: %w", err)
	}
	o.Command = []string{exe, "bench"}
	if !a.quiet {
		o.Out = a.err
	}
	report, err := bench.Run(ctx, o)
	if err != nil {
		return err
	}
	if f.value == formJSON {
		return encoder(a.out, true).Encode(report)
	}
	return report.WriteText(a.out)
}
