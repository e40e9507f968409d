package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/sink"
	"github.com/spf13/cobra"
)

// errNoRecords says that nothing was stored yet.
var errNoRecords = errors.New("no records yet")

// storeFlags gives a command the flags that say where the records are.
func (a *app) storeFlags(c *cobra.Command) {
	a.dataFlag(c)
	a.sinkFlag(c)
}

// sinkFlag gives a command the flag that says which sink is asked.
func (a *app) sinkFlag(c *cobra.Command) {
	c.Flags().StringVar(&a.sink, "sink", "", "`NAME` of the sink to ask, of type sqlite or postgres (default the first such one)")
	cobra.CheckErr(c.RegisterFlagCompletionFunc("sink", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		cfg, err := a.settings()
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		var names []string
		for i := range cfg.Sinks {
			names = append(names, cfg.Sinks[i].Name)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}))
}

// withStore opens the records of a sink for reading, beside a running daemon or without one.
func (a *app) withStore(ctx context.Context, f func(daemon.Store, *config.Config) error) (err error) {
	cfg, err := a.settings()
	if err != nil {
		return err
	}
	s, err := daemon.StoreOf(cfg, a.sink)
	if errors.Is(err, daemon.ErrNoSuchSink) {
		return usageError{fmt.Errorf("--sink: %w", err)}
	}
	if err != nil {
		return err
	}
	store, err := daemon.OpenStore(ctx, cfg, s, a.commandLogger(cfg))
	if errors.Is(err, sink.ErrEmpty) {
		return fmt.Errorf("%w: nothing was ever stored in %s; start the daemon with feedmill run%s, or name another data directory with --data or another sink with --sink",
			errNoRecords, daemon.WhereOf(cfg, s), a.dataHint(cfg))
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return f(store, cfg)
}

// selection are the flags that choose records.
type selection struct {
	feed, host, since, until string
	limit                    int
}

func (s *selection) flags(c *cobra.Command, limit int) {
	flags := c.Flags()
	flags.IntVar(&s.limit, "limit", limit, "at most so many; 0: all")
	flags.StringVar(&s.feed, "feed", "", "only from this feed (`URL|ID`)")
	flags.StringVar(&s.host, "host", "", "only from this `HOST` or a host below it")
	flags.StringVar(&s.since, "since", "", "only from this `TIME` on: 2026-01-31, RFC 3339, or 24h, 7d before now")
	flags.StringVar(&s.until, "until", "", "only before this `TIME`")
}

func (s *selection) query(now time.Time) (q sink.Query, err error) {
	if s.limit < 0 {
		return q, usageError{fmt.Errorf("--limit %d: want 0 or more", s.limit)}
	}
	q = sink.Query{Host: s.host, Limit: s.limit, Feed: s.feed}
	if isURL(s.feed) {
		q.Feed = feedmill.FeedID(s.feed)
	}
	if q.Since, err = parseTime("--since", s.since, now); err != nil {
		return q, err
	}
	q.Until, err = parseTime("--until", s.until, now)
	return q, err
}

// parseTime reads a day, a time, or how long before now.
func parseTime(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := config.ParseDuration(text); err == nil {
		return now.Add(-time.Duration(d)), nil
	}
	for _, layout := range []string{time.DateOnly, time.DateTime, "2006-01-02T15:04"} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return t, nil
		}
	}
	t, err := time.Parse(time.RFC3339, strings.ToUpper(text))
	if err != nil {
		return t, usageError{fmt.Errorf("%s %q is no time; write a day (2026-01-31), a time (2026-01-31T15:04:05Z), or how long ago (24h, 7d)", flag, text)}
	}
	return t, nil
}

// collect reads the answer whole: a person may look at it for long, and the store is not to wait.
func collect(ctx context.Context, store daemon.Store, q sink.Query) ([]*feedmill.Record, error) {
	var all []*feedmill.Record
	for r, err := range store.Query(ctx, q) {
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// recordTable lists records, one a line.
func recordTable(recs []*feedmill.Record) *table {
	t := newTable("ID", "PUBLISHED", "SOURCE", "WORDS", "STORY", "TITLE")
	for _, r := range recs {
		source := r.Source.Domain
		if source == "" {
			source = feedmill.Host(r.URL)
		}
		title := r.Title
		if title == "" {
			title = r.URL
		}
		role := ""
		if r.Story != nil {
			role = r.Story.Role
		}
		t.add(r.ID, day(r), cut(source, 24), fmt.Sprint(r.Quality.Words), role, title)
	}
	return t
}

// day is when an article was published, to the minute at most, or the day it was seen, in brackets.
func day(r *feedmill.Record) string {
	if v := r.Published.Value; v != "" {
		return strings.Replace(v[:min(len(v), len("2006-01-02T15:04"))], "T", " ", 1)
	}
	return "(" + r.SeenAt.Local().Format(time.DateOnly) + ")"
}
