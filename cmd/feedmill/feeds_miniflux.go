package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/registry"
)

// minifluxSource is a Miniflux that is asked for its feeds.
type minifluxSource struct {
	url    string // of the installation
	secret string // the name of what it is asked with
}

const (
	// maxMiniflux bounds an answer of Miniflux; a feed takes a kilobyte or two.
	maxMiniflux = 512 << 20
	// minifluxPatience is how long it may take: it reads all feeds from its database first.
	minifluxPatience = 5 * time.Minute
)

// host is what the settings say of where they are from.
func (m *minifluxSource) host() string {
	if u, err := url.Parse(m.url); err == nil && u.Host != "" {
		return u.Host
	}
	return m.url
}

// read asks Miniflux for its feeds and for the rules of its user.
func (m *minifluxSource) read(ctx context.Context, a *app, cfg *config.Config) ([]registry.Subscription, []registry.Left, error) {
	base, err := url.Parse(m.url)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" || base.User != nil || base.RawQuery != "" {
		return nil, nil, usageError{errors.New("--miniflux: want the URL of Miniflux, such as https://reader.example.com, and the login in a secret (--secret)")}
	}
	secrets, err := cfg.OpenSecrets()
	if err != nil {
		return nil, nil, usageError{err}
	}
	known, err := secrets.Get(m.secret)
	if err != nil {
		return nil, nil, usageError{fmt.Errorf("%w; an API key comes from Settings > API Keys of Miniflux", err)}
	}
	fields := known.Fields()
	if token := known.Token(); token != "" {
		delete(fields, "Authorization")
		fields["X-Auth-Token"] = token
	}
	secret, err := fetcher.NewSecret(m.secret, fields)
	if err != nil {
		return nil, nil, usageError{fmt.Errorf("%s: secret %s: %w", known.From(), m.secret, err)}
	}
	if base.Scheme == "http" && !daemon.IsLoopback(base.Hostname()) {
		a.say("%s the API key goes to %s over http, where others may read it", a.term.yellow("warning:"), base.Host)
	}
	o := daemon.FetcherOptions(cfg, netip.AddrPort{}, a.commandLogger(cfg))
	// Whoever names the installation wants it asked, wherever it is.
	o.Allow, o.AllowPort = func(netip.Addr) bool { return true }, func(netip.Addr, uint16) bool { return true }
	o.Timeout, o.HeaderTimeout, o.MaxBodyBytes, o.MaxDecodedBytes, o.MaxRatio = minifluxPatience, minifluxPatience, maxMiniflux, maxMiniflux, 100_000
	f := fetcher.New(o)
	defer f.Close()
	root := strings.TrimSuffix(strings.TrimSuffix(strings.TrimRight(m.url, "/"), "/v1"), "/")
	get := func(path string) ([]byte, int, error) {
		r := fetcher.Request{URL: root + path, Kind: fetcher.KindFeed, Secret: secret}
		page, err := f.Fetch(ctx, r)
		if ctx.Err() != nil {
			return nil, 0, ctx.Err()
		}
		v := fetcher.JudgeLogin(fetcher.Judge(r.Kind, page, err, time.Now()), r, page)
		switch {
		case v.Outcome == feedmill.OutcomeFetched && page.Truncated:
			return nil, v.Status, fmt.Errorf("%s%s: the answer breaks off", root, path)
		case v.Outcome == feedmill.OutcomeFetched:
			return page.Body, v.Status, nil
		case v.Status == http.StatusNotFound:
			return nil, v.Status, fmt.Errorf("%s%s: 404 Not Found; is that the URL of Miniflux?", root, path)
		}
		return nil, v.Status, errors.New(reason(root+path, v))
	}
	feeds, _, err := get("/v1/feeds")
	if err != nil {
		return nil, nil, err
	}
	user, status, err := get("/v1/me")
	if err != nil && status != http.StatusNotFound {
		return nil, nil, err
	}
	subs, left, err := registry.ReadMiniflux(feeds, user, "Miniflux at "+m.host())
	if err != nil {
		return nil, nil, fmt.Errorf("%s/v1: %w; is that the URL of Miniflux?", root, err)
	}
	return subs, left, nil
}

// importMiniflux subscribes to the feeds of a Miniflux with what it says of them, and tells what was not taken over. Settings
// that came from the same Miniflux before are brought in step; those that were set otherwise stay.
func (a *app) importMiniflux(ctx context.Context, client *daemon.Client, m *minifluxSource, subs []registry.Subscription, o registry.AddOptions, sum *daemon.Import) (changed int, err error) {
	var feeds []registry.NewFeed
	from := make([]*registry.Subscription, 0, len(subs)) // of each feed
	for i := range subs {
		s := &subs[i]
		if _, err := feedmill.CanonicalURL(s.URL); err != nil {
			sum.Invalid = append(sum.Invalid, "Miniflux: "+err.Error())
			continue
		}
		feeds = append(feeds, registry.NewFeed{URL: s.URL, AddOptions: registry.AddOptions{Tags: slices.Concat(s.Tags, o.Tags), Title: s.Title,
			Settings: s.Settings, Paused: s.Paused, Baseline: o.Baseline}})
		from = append(from, s)
	}
	p := a.progress(len(feeds), "feeds")
	defer p.end()
	added, err := client.SubscribeAll(ctx, feeds, func(n int) { p.at(p.now + n) })
	for i := range added {
		sum.Count(&added[i])
	}
	if err != nil {
		return 0, err
	}
	for i := range added {
		st := &added[i].State
		if added[i].Err != nil || added[i].New || st.Settings == nil || st.Settings.From != from[i].Settings.From || registry.Same(st.Settings, from[i].Settings) {
			continue
		}
		err := client.SetFeed(ctx, st, func(s *feedmill.FeedState) error {
			s.Settings = from[i].Settings
			return nil
		})
		if err != nil && !errors.Is(err, registry.ErrNotFound) {
			return changed, err
		}
		changed++
	}
	return changed, nil
}

// shownSettings are settings in a line.
func shownSettings(s *registry.Subscription) string {
	var parts []string
	for _, tag := range s.Tags {
		parts = append(parts, "#"+strings.ReplaceAll(tag, " ", "_"))
	}
	if s.Paused {
		parts = append(parts, "paused")
	}
	if set := s.Settings; set != nil {
		if set.FullText != "" {
			parts = append(parts, "full_text="+string(set.FullText))
		}
		if set.UserAgent != "" {
			parts = append(parts, fmt.Sprintf("user_agent=%q", set.UserAgent))
		}
		if n := len(set.Filters); n > 0 {
			parts = append(parts, count(int64(n), "filter"))
		}
	}
	return strings.Join(parts, " ")
}

// tellLeft tells what was not taken over: logins feed by feed, the rest by kind.
func (a *app) tellLeft(left []registry.Left) {
	kinds := map[string][]string{}
	var order []string
	for _, l := range left {
		if l.Login {
			a.say("%s: %s not taken over, for logins are not stored: write it into the file of secrets under a name, then: feedmill feeds set secret=NAME %s",
				printable(l.URL), l.What, printable(l.URL))
			continue
		}
		kind := l.What + " not taken over: " + l.Next
		if kinds[kind] == nil {
			order = append(order, kind)
		}
		if !slices.Contains(kinds[kind], l.URL) {
			kinds[kind] = append(kinds[kind], l.URL)
		}
	}
	for _, kind := range order {
		urls := kinds[kind]
		const most = 3
		names := strings.Join(urls[:min(len(urls), most)], ", ")
		if len(urls) > most {
			names += ", …"
		}
		a.say("%s: %s (%s)", count(int64(len(urls)), "feed"), kind, printable(names))
	}
}
