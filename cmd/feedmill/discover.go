package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/parser"
)

// asker fetches for a command, host by host in turn.
type asker struct {
	fetch *visitor
	hosts *fetcher.Hosts
}

func (a *app) asker(cfg *config.Config) *asker {
	return &asker{
		fetch: a.visitor(cfg),
		hosts: fetcher.NewHosts(&fetcher.HostOptions{Delay: time.Duration(cfg.Fetch.HostDelay)}),
	}
}

func (k *asker) close() { k.fetch.Close() }

// get waits for the host's turn and asks for a document.
func (k *asker) get(ctx context.Context, url string, feed bool) (*feedmill.Page, fetcher.Verdict) {
	if err := k.turn(ctx, url); err != nil {
		return nil, fetcher.Verdict{Outcome: feedmill.OutcomeFailed, Reason: err.Error()}
	}
	return get(ctx, k.fetch, url, feed)
}

func (k *asker) turn(ctx context.Context, url string) error {
	return pause(ctx, time.Until(k.hosts.Reserve(fetcher.HostKey(url), time.Now())))
}

// foundFeed is a feed of a site. Error says why one that the site names cannot be read.
type foundFeed struct {
	URL    string `json:"url"`
	Title  string `json:"title,omitempty"`
	Format string `json:"format,omitempty"`
	Items  int    `json:"items"`
	// From is how it was found: "link" in the page, "path" tried, "sitemap", or "itself".
	From  string `json:"from"`
	Error string `json:"error,omitempty"`
}

// discover finds the feeds of a site: the URL itself, else those that its page names, else one under the usual paths, else
// its news sitemaps.
// Each is read, at most so many of those that a page names.
func (k *asker) discover(ctx context.Context, site string) ([]foundFeed, error) {
	page, v := k.get(ctx, site, false)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if v.Outcome != feedmill.OutcomeFetched {
		return nil, errors.New(reason(site, v))
	}
	if parser.IsFeed(page) {
		f := foundFeed{URL: site, From: "itself"}
		f.read(page)
		return []foundFeed{f}, nil
	}
	var all []foundFeed
	for i, l := range parser.FeedLinks(page) {
		f := foundFeed{URL: l.URL, Title: l.Title, From: "link"}
		const most = 20
		if i < most {
			k.read(ctx, &f)
		}
		all = append(all, f)
	}
	if len(all) > 0 {
		return all, ctx.Err()
	}
	base, err := url.Parse(page.BaseURL())
	if err != nil {
		return nil, err
	}
	for _, path := range parser.FeedPaths() {
		f := foundFeed{URL: base.ResolveReference(&url.URL{Path: path}).String(), From: "path"}
		if k.read(ctx, &f); ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if f.Error == "" {
			return []foundFeed{f}, nil
		}
	}
	return k.newsSitemaps(ctx, base)
}

// newsSitemaps finds the news sitemaps of a site among those that its robots.txt names, or under the usual paths, and below
// sitemap indexes. So many documents are asked for at most.
func (k *asker) newsSitemaps(ctx context.Context, site *url.URL) ([]foundFeed, error) {
	const most = 8
	robots, v := k.get(ctx, site.ResolveReference(&url.URL{Path: "/robots.txt"}).String(), true)
	var names []string
	if v.Outcome == feedmill.OutcomeFetched {
		names = parser.SitemapsOf(robots)
	}
	if len(names) == 0 {
		for _, path := range parser.SitemapPaths() {
			names = append(names, site.ResolveReference(&url.URL{Path: path}).String())
		}
	}
	var all []foundFeed
	asked := map[string]bool{}
	for len(names) > 0 && len(asked) < most && ctx.Err() == nil {
		name := names[0]
		if names = names[1:]; asked[name] {
			continue
		}
		asked[name] = true
		page, v := k.get(ctx, name, true)
		if v.Outcome != feedmill.OutcomeFetched {
			continue
		}
		if parser.IsFeed(page) {
			f := foundFeed{URL: name, From: "sitemap"}
			f.read(page)
			all = append(all, f)
			continue
		}
		names = append(parser.SitemapsOf(page), names...)
	}
	return all, ctx.Err()
}

// read asks for a feed and says what is in it.
func (k *asker) read(ctx context.Context, f *foundFeed) {
	page, v := k.get(ctx, f.URL, true)
	if v.Outcome != feedmill.OutcomeFetched {
		f.Error = v.Reason
		return
	}
	f.read(page)
}

func (f *foundFeed) read(page *feedmill.Page) {
	about, items, err := parser.ParseFeed(page)
	if err != nil {
		f.Error = err.Error()
		return
	}
	f.Format, f.Items = parser.FeedFormat(page), len(items)
	if about.Title != "" {
		f.Title = about.Title
	}
}

// namesFeed tells whether a URL looks like a feed's own, by the words that publishers use.
func namesFeed(rawURL string) bool {
	u, err := url.Parse(strings.ToLower(strings.TrimSpace(rawURL)))
	if err != nil {
		return true // told by whoever subscribes
	}
	for _, word := range []string{"feed", "rss", "atom", "rdf", ".xml", ".json"} {
		if strings.Contains(u.Path, word) || strings.Contains(u.RawQuery, word) {
			return true
		}
	}
	return strings.HasPrefix(u.Host, "feeds.") || strings.HasPrefix(u.Host, "rss.")
}

// noFeeds says that a site has none that can be found.
func noFeeds(site string) error {
	return fmt.Errorf("%w: no feed found for %s: its page names none, none is under %s, and it has no news sitemap", errNotFound, site, strings.Join(parser.FeedPaths(), ", "))
}
