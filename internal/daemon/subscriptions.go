package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/registry"
)

// Import is what reading a feed list did.
type Import struct {
	Added   int      `json:"added"`
	Known   int      `json:"known"`
	Removed int      `json:"removed"`
	Invalid []string `json:"invalid,omitempty"`
}

// Count adds what became of one feed.
func (s *Import) Count(a *registry.Added) {
	switch {
	case a.Err != nil:
		s.Invalid = append(s.Invalid, a.Err.Error())
	case a.New:
		s.Added++
	default:
		s.Known++
	}
}

// ImportFile subscribes to the feeds of a list of any form. A bad line is told and stops nothing. Each is as for
// SubscribeAll.
func (c *Client) ImportFile(ctx context.Context, path, origin string, each func(n int)) (Import, map[string]bool, error) {
	var sum Import
	f, err := os.Open(path)
	if err != nil {
		return sum, nil, fmt.Errorf("feed list %w", err)
	}
	defer f.Close()
	subs, err := registry.ReadSubscriptions(path, f)
	if err != nil {
		if len(subs) == 0 {
			return sum, nil, err
		}
		sum.Invalid = strings.Split(err.Error(), "\n")
	}
	listed := make(map[string]bool, len(subs))
	feeds := make([]registry.NewFeed, len(subs))
	for i, s := range subs {
		feeds[i] = registry.NewFeed{URL: s.URL, AddOptions: registry.AddOptions{Tags: s.Tags, Origin: origin, Outline: s.Attributes, Settings: s.Settings}}
	}
	added, err := c.SubscribeAll(ctx, feeds, each)
	for i := range added {
		sum.Count(&added[i])
		if added[i].Err == nil {
			listed[added[i].State.ID] = true
		}
	}
	if err != nil {
		return sum, listed, err
	}
	for i := range added {
		if a := &added[i]; a.Err == nil && !a.New && a.State.Origin == origin && listChanges(subs[i].Settings, a.State.Settings, path) {
			if err := c.SetFeed(ctx, &a.State, func(s *feedmill.FeedState) error {
				s.Settings = subs[i].Settings
				return nil
			}); err != nil && !errors.Is(err, registry.ErrNotFound) {
				return sum, listed, err
			}
		}
	}
	return sum, listed, nil
}

// listChanges tells whether a list makes the settings of a feed other ones: those that it has, if the feed's are not these, and none
// where it says nothing but once did. What was set otherwise stays where it says nothing.
func listChanges(listed, now *feedmill.Settings, list string) bool {
	switch {
	case listed == nil:
		return false
	case listed.IsZero():
		return now != nil && strings.HasPrefix(now.From, list+":")
	}
	return !registry.Same(now, listed)
}

// SyncLists keeps the registry in step with feed lists: listed feeds are subscribed to, and those that once came from a
// list and stand in it no more are removed. Feeds added by hand stay. A list that cannot be read changes nothing and
// stops none of the others; it is part of the error.
func (c *Client) SyncLists(ctx context.Context, lists []string) error {
	var errs []error
	for _, path := range lists {
		sum, listed, err := c.ImportFile(ctx, path, path, nil)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, line := range sum.Invalid {
			c.log.Warn("feed list: line left out", "file", path, "error", line)
		}
		if len(sum.Invalid) == 0 {
			if sum.Removed, err = c.removeUnlisted(ctx, path, listed); err != nil {
				errs = append(errs, err)
				continue
			}
		}
		c.log.Info("feed list read", "file", path, "feeds", len(listed), "added", sum.Added, "removed", sum.Removed)
	}
	return errors.Join(errs...)
}

// removeUnlisted ends the subscriptions that came from a list and stand in it no more.
func (c *Client) removeUnlisted(ctx context.Context, path string, listed map[string]bool) (removed int, err error) {
	for st, err := range c.Registry.Feeds(ctx, nil) {
		if err != nil {
			return removed, err
		}
		if st.Origin != path || listed[st.ID] {
			continue
		}
		if err := c.Unsubscribe(ctx, &st); err != nil && !errors.Is(err, registry.ErrNotFound) {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

// Feeds returns the subscriptions that match the tag ("" for all).
func (c *Client) Feeds(ctx context.Context, tag string) ([]feedmill.FeedState, error) {
	var all []feedmill.FeedState
	for st, err := range c.Registry.Feeds(ctx, &registry.Filter{Tag: tag}) {
		if err != nil {
			return nil, err
		}
		all = append(all, st)
	}
	return all, nil
}
