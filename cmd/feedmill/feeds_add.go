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
	asIs, baseline := false, false
	c := &cobra.Command{
		Use:   "add URL...",
		Short: "Subscribe to feeds, or to those that a site names",
		Long: `Subscribe to feeds. A new feed's first poll is due at once; a feed that is known already gets the tags that it lacks.
Each line of the output is "added" or "known", the feed's id and its URL.

A URL that does not look like a feed's (no feed, rss, atom, .xml or the like in it) is asked for first: if it is the page
of a site, its feeds are subscribed to, as 'feedmill feeds discover' finds them. --as-is leaves that out.`,
		Example: `  feedmill feeds add https://example.com/feed.xml
  feedmill feeds add https://example.com/
  feedmill feeds add --tag news/korea https://example.com/rss https://example.org/atom`,
		Args: minArgs(1, "at least one feed URL, or the URL of a site"),
		RunE: func(c *cobra.Command, urls []string) error {
			done, failed := 0, 0
			if !asIs { // before the bus is opened, so that nobody waits for it meanwhile
				cfg, err := a.settings()
				if err != nil {
					return err
				}
				if urls, failed, err = a.ofSites(c.Context(), cfg, urls); err != nil {
					return err
				}
			}
			all := len(urls) + failed
			if len(urls) == 0 {
				return someFailed("feeds add", all, failed, "URL")
			}
			return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
				for _, url := range urls {
					st, added, err := subscribe(c.Context(), client, url, &registry.AddOptions{Tags: tags, Baseline: baseline})
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
				return someFailed("feeds add", all, failed, "URL")
			})
		},
	}
	c.Flags().StringSliceVar(&tags, "tag", nil, "`TAG`s of the feeds; a tag may be a path, such as news/korea")
	c.Flags().BoolVar(&baseline, "baseline", false, baselineHelp)
	c.Flags().BoolVar(&asIs, "as-is", false, "subscribe to the URLs as they are, and ask for none")
	a.busFlags(c)
	return c
}

// ofSites puts the feeds of a site in the place of its page's URL. A URL that cannot be had now stays as it is: to say
// what is wrong with it is up to its polls. Those of pages without a feed are told, counted and left out.
func (a *app) ofSites(ctx context.Context, cfg *config.Config, urls []string) (feeds []string, failed int, err error) {
	k := a.asker(cfg)
	defer k.close()
	for _, url := range urls {
		if !isURL(url) || namesFeed(url) {
			feeds = append(feeds, url)
			continue
		}
		found, err := k.discover(ctx, url)
		switch {
		case ctx.Err() != nil:
			return nil, failed, ctx.Err()
		case err != nil:
			a.say("%s; subscribed to as it is", printable(err.Error()))
			feeds = append(feeds, url)
		case len(found) == 0:
			failed++
			a.say("%s", printable(noFeeds(url).Error()))
		}
		for _, f := range found {
			if f.Error == "" {
				feeds = append(feeds, f.URL)
			} else {
				failed++
				a.say("%s names %s, which cannot be read: %s", printable(url), printable(f.URL), printable(f.Error))
			}
		}
	}
	return feeds, failed, nil
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
