package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/registry"
	"github.com/spf13/cobra"
)

func feedsImportCommand(a *app) *cobra.Command {
	var tags []string
	baseline := false
	c := &cobra.Command{
		Use:   "import FILE...|-",
		Short: "Subscribe to all feeds of a list: OPML, CSV, YAML or one URL a line",
		Long: `Subscribe to all feeds of a list: OPML, whose folders become tags and whose other attributes come back with
'feedmill feeds export'; CSV, whose first line names the columns url, title and tags; YAML, in
which a feed can have settings of its own (docs/settings.md); or plain text with one URL a line that
may be followed by #tags. "-" is standard input. Lines that hold no feed are told with their numbers, stop nothing, and make
exit code 3.`,
		Example: "  feedmill feeds import subscriptions.opml\n  curl -s https://example.com/feeds.txt | feedmill feeds import --tag new -",
		Args:    minArgs(1, "a file, or - for standard input"),
		RunE: func(c *cobra.Command, files []string) error {
			if err := a.checkInputs(files); err != nil {
				return err
			}
			return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
				var sum daemon.Import
				for _, name := range files {
					if err := a.importList(c.Context(), client, name, registry.AddOptions{Tags: tags, Baseline: baseline}, &sum); err != nil {
						return err
					}
				}
				for _, line := range sum.Invalid {
					a.say("%s", printable(line))
				}
				fmt.Fprintf(a.out, "%d added, %d known, %d invalid\n", sum.Added, sum.Known, len(sum.Invalid))
				if sum.Added > 0 {
					a.tellWhen(client, cfg, "the first polls come")
				}
				switch {
				case len(sum.Invalid) == 0:
					return nil
				case sum.Added+sum.Known == 0:
					return errors.New("feeds import: no feed could be read; want OPML, or one http or https URL a line")
				}
				return partialError{fmt.Sprintf("feeds import: %s left out", count(int64(len(sum.Invalid)), "line"))}
			})
		},
	}
	c.Flags().BoolVar(&baseline, "baseline", false, baselineHelp)
	c.Flags().StringSliceVar(&tags, "tag", nil, "`TAG`s for all feeds of the list")
	a.busFlags(c)
	return c
}

// importList subscribes to the feeds of one list and adds to sum what became of them.
func (a *app) importList(ctx context.Context, client *daemon.Client, name string, o registry.AddOptions, sum *daemon.Import) error {
	in, err := a.openInput(name)
	if err != nil {
		return err
	}
	defer in.Close()
	shown := name
	if name == "-" {
		shown = "stdin"
	}
	subs, err := registry.ReadSubscriptions(shown, in)
	if err != nil {
		sum.Invalid = append(sum.Invalid, strings.Split(err.Error(), "\n")...)
	}
	feeds := make([]registry.NewFeed, 0, len(subs))
	for _, s := range subs {
		if s.Title == s.URL {
			s.Title = "" // an outline must have a text, also where no title is known
		}
		if _, err := feedmill.CanonicalURL(s.URL); err != nil {
			sum.Invalid = append(sum.Invalid, shown+": "+err.Error())
			continue
		}
		feeds = append(feeds, registry.NewFeed{URL: s.URL, AddOptions: registry.AddOptions{Tags: slices.Concat(s.Tags, o.Tags), Title: s.Title,
			Outline: s.Attributes, Baseline: o.Baseline, Settings: s.Settings}})
	}
	p := a.progress(len(feeds), "feeds")
	defer p.end()
	added, err := client.SubscribeAll(ctx, feeds, func(n int) { p.at(p.now + n) })
	for i := range added {
		sum.Count(&added[i])
	}
	return err
}
