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
	baseline, dryRun := false, false
	var m minifluxSource
	c := &cobra.Command{
		Use:   "import FILE...|-",
		Short: "Subscribe to all feeds of a list (OPML, CSV, YAML, one URL a line) or of a Miniflux",
		Long: `Subscribe to all feeds of a list: OPML, whose folders become tags and whose other attributes come back with 'feedmill
feeds export'; CSV, whose first line names the columns url, title and tags; YAML, in which a feed can have settings of
its own (docs/settings.md); or plain text with one URL a line that may be followed by #tags. "-" is standard input.
Lines that hold no feed are told with their numbers, stop nothing, and make exit code 3.

With --miniflux the feeds come from a running Miniflux, by its API: categories become tags, the crawler flag full text
on or off, the rules that block and keep entries filters of the feed; titles and user agents are taken over, and
disabled feeds are paused. What has no counterpart is told. Logins and cookies of feeds are not taken over and not
shown. Done again, it brings in new feeds and categories, and full text, user agent and rules that were
changed there; what was set here by hand stays, and so do titles, tags, and whether a feed is paused. The API key
is the secret that --secret names, as in FEEDMILL_SECRET_MINIFLUX.`,
		Example: `  feedmill feeds import subscriptions.opml
  curl -s https://example.com/feeds.txt | feedmill feeds import --tag new -
  FEEDMILL_SECRET_MINIFLUX=key feedmill feeds import --miniflux https://reader.example.com --dry-run`,
		Args: func(c *cobra.Command, files []string) error {
			if (m.url != "") == (len(files) > 0) {
				return argumentError(c, "needs a file, or - for standard input, or --miniflux")
			}
			return nil
		},
		RunE: func(c *cobra.Command, files []string) error {
			ctx := c.Context()
			var subs []registry.Subscription
			var left []registry.Left
			if err := a.checkInputs(files); err != nil {
				return err
			}
			if m.url != "" { // before the bus is opened, so that nobody waits for it meanwhile
				cfg, err := a.settings()
				if err != nil {
					return err
				}
				if subs, left, err = m.read(ctx, a, cfg); err != nil {
					return err
				}
			}
			return a.withClient(ctx, func(client *daemon.Client, cfg *config.Config) error {
				var sum daemon.Import
				o := registry.AddOptions{Tags: tags, Baseline: baseline}
				changed := 0
				for _, name := range files {
					listed, err := a.readList(name, &sum)
					if err != nil {
						return err
					}
					if dryRun {
						err = a.dryImport(ctx, client, listed, tags, &sum)
					} else {
						err = a.importList(ctx, client, listed, o, &sum)
					}
					if err != nil {
						return err
					}
				}
				if m.url != "" {
					var err error
					if dryRun {
						err = a.dryImport(ctx, client, subs, tags, &sum)
					} else {
						changed, err = a.importMiniflux(ctx, client, &m, subs, o, &sum)
					}
					if err != nil {
						return err
					}
				}
				for _, line := range sum.Invalid {
					a.say("%s", printable(line))
				}
				a.tellLeft(left)
				fmt.Fprintf(a.out, "%s%d added, %d known, %d invalid%s\n", map[bool]string{true: "would be: "}[dryRun], sum.Added, sum.Known, len(sum.Invalid),
					map[bool]string{true: fmt.Sprintf("; settings of %d changed", changed)}[changed > 0])
				if sum.Added > 0 && !dryRun {
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
	c.Flags().StringVar(&m.url, "miniflux", "", "the `URL` of a running Miniflux")
	c.Flags().StringVar(&m.secret, "secret", "miniflux", "the `NAME` of the secret that has the API key of Miniflux (token), or user and password")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be added and do nothing")
	a.busFlags(c)
	return c
}

// readList reads a list and adds to sum what is wrong with it.
func (a *app) readList(name string, sum *daemon.Import) ([]registry.Subscription, error) {
	in, err := a.openInput(name)
	if err != nil {
		return nil, err
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
	good := subs[:0]
	for _, s := range subs {
		if _, err := feedmill.CanonicalURL(s.URL); err != nil {
			sum.Invalid = append(sum.Invalid, shown+": "+err.Error())
			continue
		}
		good = append(good, s)
	}
	return good, nil
}

// dryImport says what would become of the feeds of a list.
func (a *app) dryImport(ctx context.Context, client *daemon.Client, subs []registry.Subscription, tags []string, sum *daemon.Import) error {
	for i := range subs {
		s := subs[i]
		s.Tags = slices.Concat(s.Tags, tags)
		_, err := client.Registry.Find(ctx, s.URL)
		word := "known"
		switch {
		case errors.Is(err, registry.ErrNotFound):
			word = "would add"
			sum.Added++
		case err != nil:
			return err
		default:
			sum.Known++
		}
		fmt.Fprintf(a.out, "%s  %s  %s\n", word, printable(s.URL), printable(shownSettings(&s)))
	}
	return nil
}

// importList subscribes to the feeds of one list and adds to sum what became of them.
func (a *app) importList(ctx context.Context, client *daemon.Client, subs []registry.Subscription, o registry.AddOptions, sum *daemon.Import) error {
	feeds := make([]registry.NewFeed, 0, len(subs))
	for _, s := range subs {
		if s.Title == s.URL {
			s.Title = "" // an outline must have a text, also where no title is known
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
