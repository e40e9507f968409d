package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/registry"
	"github.com/feedmill/feedmill/registry/kv"
)

// Client is a bus with the registry on it: what a command needs beside a running daemon, or without one.
type Client struct {
	Bus      *bus.Bus
	Registry *registry.Registry

	cfg *config.Config
	log *slog.Logger
	// parsing is what its parser works with, nil where it runs none.
	parsing *parsing
	// own is how this process does, nil where it runs no stages.
	own *health
	// filters decide which items go on; see SetFilters.
	filters atomic.Pointer[registry.Rules]
	// overrides say what holds for single feeds and hosts; see SetOverrides.
	overrides atomic.Pointer[Overrides]
}

// Open connects to the bus that cfg names: external servers, the running daemon of the data directory, or, where there
// is none, an embedded server that lasts as long as the Client.
func Open(ctx context.Context, cfg *config.Config, log *slog.Logger) (*Client, error) {
	return open(ctx, cfg, log, false, nil)
}

func open(ctx context.Context, cfg *config.Config, log *slog.Logger, owner bool, observer bus.Observer) (*Client, error) {
	o := busOptions(cfg, log)
	o.Daemon, o.Observer = owner, observer
	b, err := bus.Connect(ctx, o)
	if err != nil {
		return nil, err
	}
	var store *kv.Store
	err = b.Patiently(ctx, func() (err error) {
		store, err = kv.Open(ctx, b.JetStream(), bucketOptions(b, cfg.NATS.Replicas))
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("registry: %w", err), b.Close())
	}
	return &Client{Bus: b, Registry: registry.New(store), cfg: cfg, log: log}, nil
}

// busOptions translates the configuration.
func busOptions(cfg *config.Config, log *slog.Logger) bus.Options {
	var newStore int64
	if !cfg.NATS.External() {
		free, _ := bus.Disk(cfg.Data)
		newStore = free / 4
	}
	return bus.Options{
		Dir:  cfg.Data,
		URLs: cfg.NATS.URLs, Context: cfg.NATS.Context, Creds: cfg.NATS.Creds, NKey: cfg.NATS.NKey,
		TLS:    bus.TLS{CA: cfg.NATS.TLS.CA, Cert: cfg.NATS.TLS.Cert, Key: cfg.NATS.TLS.Key},
		Prefix: cfg.NATS.Prefix, Durability: cfg.NATS.Durability, MaxStore: int64(cfg.NATS.MaxStore), NewStore: newStore, Replicas: cfg.NATS.Replicas,
		Retention: bus.Retention{Pages: streamAge(cfg.Retention.Pages), Events: streamAge(cfg.Retention.Events), Dead: streamAge(cfg.Retention.Dead)},
		Logger:    log,
	}
}

// bucketOptions are those of the registry's buckets.
func bucketOptions(b *bus.Bus, replicas int) *kv.Options {
	return &kv.Options{Prefix: bus.BucketPrefix(b.Prefix()), Replicas: replicas}
}

// streamAge is an age limit as the bus has it: there 0 is the default, and less is for ever.
func streamAge(d config.Duration) time.Duration {
	if d == 0 {
		return -1
	}
	return time.Duration(d)
}

// Close ends the connection, and the embedded server where this Client started it.
func (c *Client) Close() error { return c.Bus.Close() }

// Policy is how the registry schedules polls under a configuration.
func Policy(cfg *config.Config) *registry.Policy {
	return &registry.Policy{Min: time.Duration(cfg.Poll.Min), Default: time.Duration(cfg.Poll.Default), Max: time.Duration(cfg.Poll.Max),
		BackoffMax: time.Duration(cfg.Poll.BackoffMax), Spread: time.Duration(cfg.Poll.Spread)}
}

// MaxAnonymous is how many feeds there may be without fetch.contact: who asks many sites for much says who it is.
const MaxAnonymous = 100

// mayAdd refuses feeds beyond MaxAnonymous where no contact is set.
func (c *Client) mayAdd(ctx context.Context, n int) error {
	if c.cfg.Fetch.Contact != "" {
		return nil
	}
	for _, err := range c.Registry.Feeds(ctx, nil) {
		if err != nil {
			return err
		}
		if n++; n > MaxAnonymous {
			break
		}
	}
	if n <= MaxAnonymous {
		return nil
	}
	return fmt.Errorf("more than %d feeds are polled only with fetch.contact set, a URL or mail address by which the operators of sites can reach "+
		"you: set it in the configuration or as FEEDMILL_FETCH_CONTACT and try again", MaxAnonymous)
}

// Subscribe adds a feed, or merges the tags of one that is there, and schedules a new one's first poll for now.
func (c *Client) Subscribe(ctx context.Context, url string, o *registry.AddOptions) (feedmill.FeedState, bool, error) {
	if c.cfg.Fetch.Contact == "" {
		if _, err := c.Registry.Find(ctx, url); errors.Is(err, registry.ErrNotFound) {
			if err := c.mayAdd(ctx, 1); err != nil {
				return feedmill.FeedState{}, false, err
			}
		}
	}
	st, added, err := c.Registry.Add(ctx, url, o)
	if err != nil || !added {
		return st, added, err
	}
	return st, true, c.schedule(ctx, &st, time.Now())
}

// atOnce is how many feeds are written, or put on the calendar, at a time.
const atOnce = 1000

// SubscribeAll subscribes to many feeds as Subscribe does to each, and tells what became of each. Each, where it is not
// nil, is called with the number of those that are done since it was last called. The error is of the bus: the feeds after
// it are not subscribed to.
func (c *Client) SubscribeAll(ctx context.Context, feeds []registry.NewFeed, each func(n int)) ([]registry.Added, error) {
	if err := c.mayAddAll(ctx, feeds); err != nil {
		return nil, err
	}
	done := make([]registry.Added, 0, len(feeds))
	hosts := map[int]string{} // of the partitions that have a feed to be polled for the first time: one for each
	for part := range slices.Chunk(feeds, atOnce) {
		results := c.Registry.AddAll(ctx, part)
		for i := range results {
			if err := results[i].Err; err != nil && !feedmill.IsPermanent(err) {
				return done, errors.Join(err, c.tellOf(ctx, hosts))
			}
			if st := &results[i].State; results[i].Err == nil && st.LastPoll.IsZero() && len(hosts) < bus.Partitions {
				host := fetcher.HostKey(st.URL)
				hosts[bus.PartitionOf(host)] = host
			}
		}
		done = append(done, results...)
		if each != nil {
			each(len(part))
		}
	}
	return done, c.tellOf(ctx, hosts)
}

// tellOf tells the processes that fetch for these hosts of feeds that are new in the registry. It is one message for each
// host's partition; none runs now, or it is lost with an import that is broken off, then a start or the reconciler finds
// the feeds all the same.
func (c *Client) tellOf(ctx context.Context, hosts map[int]string) error {
	if len(hosts) == 0 {
		return nil
	}
	return c.Bus.Send(ctx, "calendar", "look:"+time.Now().UTC().Format(time.RFC3339Nano), func(o *bus.Outbox) {
		for _, host := range hosts {
			bus.Put(o, bus.Polls, feedmill.Poll{Host: host, Look: true})
		}
	})
}

// mayAddAll refuses a list that brings more feeds than there may be without a contact. Those that are there already do
// not count.
func (c *Client) mayAddAll(ctx context.Context, feeds []registry.NewFeed) error {
	if c.cfg.Fetch.Contact != "" {
		return nil
	}
	known := map[string]bool{}
	for st, err := range c.Registry.Feeds(ctx, nil) {
		if err != nil {
			return err
		}
		known[st.URL] = true
	}
	news := map[string]bool{}
	for i := range feeds {
		if url := strings.TrimSpace(feeds[i].URL); !known[url] {
			news[url] = true
		}
	}
	if len(news) == 0 {
		return nil
	}
	return c.mayAdd(ctx, len(news))
}

// Unsubscribe removes a feed with all that is known of it, and its next poll. Records stay.
func (c *Client) Unsubscribe(ctx context.Context, st *feedmill.FeedState) error {
	if err := c.Registry.Remove(ctx, st.ID); err != nil {
		return err
	}
	return c.cancel(ctx, st)
}

// cancel takes a feed's next poll and what is to be read of its past from the calendar, and tells the process on whose agenda
// it may stand.
func (c *Client) cancel(ctx context.Context, st *feedmill.FeedState) error {
	next, past := pollOf(st, time.Time{}), pollOf(st, time.Time{})
	past.Back = &feedmill.Back{}
	for _, poll := range []feedmill.Poll{next, past} {
		if err := bus.Cancel(ctx, c.Bus, bus.Polls, poll); err != nil {
			return err
		}
	}
	return c.tellPoller(ctx, st)
}

// tellPoller has a feed read again by the process on whose agenda it may stand: any feed may, as it may be found in the
// registry alone.
func (c *Client) tellPoller(ctx context.Context, st *feedmill.FeedState) error {
	look := pollOf(st, time.Time{})
	look.Look = true
	return c.Bus.Send(ctx, "calendar", st.ID+":look:"+time.Now().UTC().Format(time.RFC3339Nano), func(o *bus.Outbox) {
		bus.Put(o, bus.Polls, look)
	})
}

// pollOf is the poll of a feed that is due at the given time.
func pollOf(st *feedmill.FeedState, due time.Time) feedmill.Poll {
	return feedmill.Poll{Feed: st.ID, URL: st.PollURL(), Host: fetcher.HostKey(st.PollURL()), Due: due}
}

// schedule puts a feed's next poll on the calendar, in place of the one that stands there.
func (c *Client) schedule(ctx context.Context, st *feedmill.FeedState, at time.Time) error {
	id := st.ID + ":" + at.UTC().Format(time.RFC3339Nano)
	return c.Bus.Send(ctx, "calendar", id, func(o *bus.Outbox) {
		bus.At(o, at, bus.Polls, pollOf(st, at))
	})
}
