package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/registry"
	"github.com/spf13/cobra"
)

func feedsAddCommand(a *app) *cobra.Command {
	var tags []string
	c := &cobra.Command{
		Use:   "add URL...",
		Short: "Subscribe to feeds",
		Long: `Subscribe to feeds. A new feed's first poll is due at once; a feed that is known already gets the tags that it lacks.
Each line of the output is "added" or "known", the feed's id and its URL.`,
		Example: "  feedmill feeds add https://example.com/feed.xml\n  feedmill feeds add --tag news/korea https://example.com/rss https://example.org/atom",
		Args:    minArgs(1, "at least one feed URL"),
		RunE: func(c *cobra.Command, urls []string) error {
			return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
				done, failed := 0, 0
				for _, url := range urls {
					st, added, err := subscribe(c.Context(), client, url, &registry.AddOptions{Tags: tags})
					if feedmill.IsPermanent(err) {
						failed++
						a.say("%s", printable(err.Error()))
						continue
					}
					if err != nil {
						return err
					}
					word := "known"
					if added {
						word = "added"
						done++
					}
					fmt.Fprintf(a.out, "%s  %s  %s\n", word, st.ID, printable(st.URL))
				}
				if done > 0 {
					a.tellWhen(client, cfg, "the first poll comes")
				}
				return someFailed("feeds add", len(urls), failed, "URL")
			})
		},
	}
	c.Flags().StringSliceVar(&tags, "tag", nil, "`TAG`s of the feeds; a tag may be a path, such as news/korea")
	a.busFlags(c)
	return c
}

// subscribe subscribes to a feed. The error is permanent where the URL is none that can be asked for.
func subscribe(ctx context.Context, client *daemon.Client, url string, o *registry.AddOptions) (feedmill.FeedState, bool, error) {
	if _, err := feedmill.CanonicalURL(url); err != nil {
		return feedmill.FeedState{}, false, feedmill.Permanent("url", err)
	}
	return client.Subscribe(ctx, url, o)
}

// someFailed is the result of work on many things of which some failed: partial, or a failure where all did.
func someFailed(what string, all, failed int, noun string) error {
	if failed == 0 {
		return nil
	}
	msg := fmt.Sprintf("%s: %d of %s failed", what, failed, count(int64(all), noun))
	if failed == all {
		return errors.New(msg)
	}
	return partialError{msg}
}
