package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/sqlite"
	"github.com/spf13/cobra"
)

var (
	// errNoStore says that nothing was stored yet.
	errNoStore = errors.New("no records yet")
	// errNoSQLite says that records go only where they cannot be asked for.
	errNoSQLite = errors.New("no sink of type sqlite is configured, and no other can be asked; see sinks in the configuration")
)

// withStore opens the records for reading, beside a running daemon or without one.
func (a *app) withStore(ctx context.Context, f func(*sqlite.Store, *config.Config) error) (err error) {
	cfg, err := a.settings()
	if err != nil {
		return err
	}
	path, err := storePath(cfg)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: there is no database %s; start the daemon with feedmill run%s, or name another data directory with --data", errNoStore, path, a.dataHint(cfg))
	}
	store, err := sqlite.Open(ctx, path, &sqlite.Options{ReadOnly: true, Logger: a.commandLogger(cfg)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return f(store, cfg)
}

// storePath is the database of the first sink that can be asked.
func storePath(cfg *config.Config) (string, error) {
	for i := range cfg.Sinks {
		if cfg.Sinks[i].Type == "sqlite" {
			return cfg.SQLitePath(&cfg.Sinks[i]), nil
		}
	}
	return "", errNoSQLite
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
func collect(ctx context.Context, store *sqlite.Store, q sink.Query) ([]*feedmill.Record, error) {
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
	t := newTable("ID", "PUBLISHED", "SOURCE", "WORDS", "TITLE")
	for _, r := range recs {
		source := r.Source.Domain
		if source == "" {
			source = feedmill.Host(r.URL)
		}
		title := r.Title
		if title == "" {
			title = r.URL
		}
		t.add(r.ID, day(r), cut(source, 24), fmt.Sprint(r.Quality.Words), title)
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
