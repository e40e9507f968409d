package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/sqlite"
	"github.com/spf13/cobra"
)

// statusReport is the status with what the database holds.
type statusReport struct {
	*daemon.Status
	// Daemon tells whether one runs on the data directory; nil where the bus is elsewhere and that cannot be told.
	Daemon *bool       `json:"daemon,omitempty"`
	Store  *sink.Stats `json:"store,omitempty"`
}

func statusCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "status",
		Short:   "Show feeds, streams, what waits, and what is stored",
		Long:    "Show how many feeds there are and how they do, how far each stage is behind, what waits for another try, and what is stored.",
		Example: "  feedmill status\n  feedmill status -o json | jq '.streams[].consumers'",
		Args:    noArgs,
	}
	f := outputFlag(c, formTable, formJSON)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
			s, err := client.Status(c.Context())
			if err != nil {
				return err
			}
			report := &statusReport{Status: s}
			if !cfg.NATS.External() {
				report.Daemon = new(!client.Bus.Embedded())
			}
			if report.Store, err = a.storeStats(c.Context()); err != nil {
				return err
			}
			if f.value == formJSON {
				return encoder(a.out, true).Encode(report)
			}
			return a.showStatus(report)
		})
	}
	a.busFlags(c)
	return c
}

// storeStats counts the records, nil where there is no database that can be asked.
func (a *app) storeStats(ctx context.Context) (*sink.Stats, error) {
	var stats sink.Stats
	err := a.withStore(ctx, func(store *sqlite.Store, cfg *config.Config) (err error) {
		stats, err = store.Stats(ctx)
		return err
	})
	if errors.Is(err, errNoStore) || errors.Is(err, errNoSQLite) {
		return nil, nil
	}
	return &stats, err
}

func (a *app) showStatus(r *statusReport) error {
	var d details
	d.add("bus", r.Bus)
	if r.Daemon != nil && !*r.Daemon {
		d.add("daemon", "none runs on this data")
	}
	d.add("feeds", fmt.Sprintf("%d: %d failing, %d paused, %d gone, %d overdue", r.Feeds.All, r.Feeds.Failing, r.Feeds.Paused, r.Feeds.Gone, r.Feeds.Overdue))
	if r.Store != nil {
		d.add("records", fmt.Sprintf("%s, %s, %s", count(r.Store.Records, "record"), count(r.Store.Revisions, "revision"), humanize.IBytes(uint64(r.Store.Bytes))))
	}
	d.add("pages", fmt.Sprintf("%d wait for another try, %d for their host's turn", r.Retries, r.Slots))
	if err := d.write(a.out, a.term); err != nil {
		return err
	}
	fmt.Fprintln(a.out)
	now := time.Now()
	t := newTable("STREAM", "MESSAGES", "SIZE", "LIMIT", "LAST", "CONSUMERS (waiting + in hand)")
	for _, s := range r.Streams {
		limit := ""
		if s.MaxBytes > 0 {
			limit = humanize.IBytes(uint64(s.MaxBytes))
		}
		var consumers []string
		for _, c := range s.Consumers {
			text := fmt.Sprintf("%s %d+%d", c.Name, c.Pending, c.Unacked)
			if c.Lost > 0 {
				text += fmt.Sprintf(" LOST %d", c.Lost)
			}
			consumers = append(consumers, text)
		}
		t.add(strings.ToLower(s.Name), strconv.FormatUint(s.Messages, 10), humanize.IBytes(s.Bytes), limit, ago(s.LastTime, now), strings.Join(consumers, ", "))
	}
	return t.write(a.out, a.term)
}
