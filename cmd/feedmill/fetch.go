package main

import (
	"context"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/spf13/cobra"
)

func fetchCommand(a *app) *cobra.Command {
	feed := false
	c := &cobra.Command{
		Use:   "fetch URL...",
		Short: "Fetch documents, as JSON lines for 'feedmill parse'",
		Long: `Fetch documents and write each as one JSON line: URL, status, header, the body in base64, redirects.

It keeps to the rules of the daemon: robots.txt, the pause between two requests to a host, limits of size and time, no
private addresses (fetch.* in the configuration). What cannot be had gives a line with "error", and exit code 3.`,
		Example: `  feedmill fetch https://example.com/story | feedmill parse | feedmill enrich
  feedmill fetch --feed https://example.com/feed.xml | feedmill parse | jq '.entries[].title'`,
		Args: minArgs(1, "at least one URL"),
		RunE: func(c *cobra.Command, urls []string) error {
			cfg, err := a.settings()
			if err != nil {
				return err
			}
			f := a.visitor(cfg)
			defer f.Close()
			hosts := fetcher.NewHosts(&fetcher.HostOptions{Delay: time.Duration(cfg.Fetch.HostDelay)})
			// So many at once as one host is asked at most, since all may be of one host.
			lines, failed, err := a.inOrder(c.Context(), cfg.Fetch.PerHost, func(send func(task) bool) error {
				for _, url := range urls {
					if !send(task{make: func(ctx context.Context) any { return fetchLine(ctx, f, hosts, url, feed) }}) {
						break
					}
				}
				return nil
			})
			return a.ended("fetch", lines, failed, err)
		},
	}
	c.Flags().BoolVar(&feed, "feed", false, "the URLs are feeds: robots.txt is not asked")
	return c
}

// fetchLine waits for the host's turn and asks for one document.
func fetchLine(ctx context.Context, f *visitor, hosts *fetcher.Hosts, url string, feed bool) any {
	if err := pause(ctx, time.Until(hosts.Reserve(fetcher.HostKey(url), time.Now()))); err != nil {
		return failure{URL: url, Error: err.Error()}
	}
	page, v := get(ctx, f, url, feed)
	if v.Outcome != feedmill.OutcomeFetched {
		return failure{URL: url, Status: v.Status, Error: v.Reason}
	}
	return page
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
