package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/registry"
	"github.com/spf13/cobra"
)

func feedsPauseCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "pause URL|ID...",
		Short:   "Poll feeds no more until they are resumed",
		Long:    "Poll feeds no more until they are resumed. What is known of them stays, and so do their records.",
		Example: "  feedmill feeds pause https://example.com/feed.xml",
		Args:    minArgs(1, "at least one feed URL or id"),
		RunE: func(c *cobra.Command, names []string) error {
			return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
				return a.eachFeed(c.Context(), client, cfg, "feeds pause", names, func(st *feedmill.FeedState) error {
					if err := client.Pause(c.Context(), st); err != nil {
						return err
					}
					_, err := fmt.Fprintf(a.out, "paused  %s  %s\n", st.ID, printable(st.URL))
					return err
				})
			})
		},
	}
	a.busFlags(c)
	return c
}

func feedsResumeCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "resume URL|ID...",
		Short: "Poll paused or gone feeds again, at once",
		Long: `Poll feeds again that were paused, or that said that they are gone (410). The next poll is due at once, unless the
server asked for a pause that is not over yet.`,
		Example: "  feedmill feeds resume https://example.com/feed.xml",
		Args:    minArgs(1, "at least one feed URL or id"),
		RunE: func(c *cobra.Command, names []string) error {
			return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
				now, soon := time.Now(), 0
				err := a.eachFeed(c.Context(), client, cfg, "feeds resume", names, func(st *feedmill.FeedState) error {
					at, err := client.Resume(c.Context(), st)
					if err != nil {
						return err
					}
					when := ""
					if at.After(now.Add(time.Minute)) {
						when = "  (its server asks to wait until " + moment(at, now) + ")"
					} else {
						soon++
					}
					_, err = fmt.Fprintf(a.out, "resumed  %s  %s%s\n", st.ID, printable(st.URL), when)
					return err
				})
				if soon > 0 {
					a.tellWhen(client, cfg, "the next poll comes")
				}
				return err
			})
		},
	}
	a.busFlags(c)
	return c
}

// eachFeed calls f for each named feed. One that is not there stops nothing, and makes the result partial, or not found
// where none is there.
func (a *app) eachFeed(ctx context.Context, client *daemon.Client, cfg *config.Config, what string, names []string, f func(*feedmill.FeedState) error) error {
	missing := 0
	var last error
	for _, name := range names {
		st, err := client.Registry.Find(ctx, name)
		if err == nil {
			err = f(&st)
		}
		switch {
		case errors.Is(err, registry.ErrNotFound):
			missing++
			last = unknownFeed(err, name, a.dataHint(cfg))
			if len(names) > 1 {
				a.say("%v", last)
			}
		case err != nil:
			return err
		}
	}
	if missing == len(names) {
		return last
	}
	return someFailed(what, len(names), missing, "feed")
}
