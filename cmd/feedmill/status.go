package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

// statusReport is the status with what the stores hold and what all takes on the disk.
type statusReport struct {
	*daemon.Status
	// Daemon tells whether one runs on the data directory; nil where the bus is elsewhere and that cannot be told.
	Daemon *bool               `json:"daemon,omitempty"`
	Stores []daemon.StoreState `json:"stores"`
	Disk   *daemon.DiskUse     `json:"disk"`
}

func statusCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "status",
		Short: "Show feeds, streams, what waits, what is stored, and the disk it takes",
		Long: `Show how many feeds there are and how they do, what each store holds and how far it is behind, how far each stage is
behind, what waits for another try, how long things are kept, and the space that all takes.

KEEPS is how long a record or message is kept: its limit of age, or about how long the limit of size lets a stream reach
back at its present rate, where that is less.`,
		Example: "  feedmill status\n  feedmill status -o json | jq '.stores, .streams[].consumers'",
		Args:    noArgs,
	}
	f := outputFlag(c, formTable, formJSON)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
			s, err := client.Status(c.Context())
			if err != nil {
				return err
			}
			report := &statusReport{Status: s, Stores: client.Stores(c.Context(), s.Streams)}
			if !cfg.NATS.External() {
				report.Daemon = new(!client.Bus.Embedded())
			}
			if report.Disk, err = client.DiskUse(); err != nil {
				return err
			}
			if f.value == formJSON {
				return encoder(a.out, true).Encode(report)
			}
			return a.showStatus(report, time.Now())
		})
	}
	a.busFlags(c)
	return c
}

func (a *app) showStatus(r *statusReport, now time.Time) error {
	var d details
	d.add("bus", r.Bus)
	if r.Daemon != nil && !*r.Daemon {
		d.add("daemon", "none runs on this data")
	}
	d.add("feeds", fmt.Sprintf("%d: %d failing, %d paused, %d gone, %d overdue", r.Feeds.All, r.Feeds.Failing, r.Feeds.Paused, r.Feeds.Gone, r.Feeds.Overdue))
	d.add("pages", fmt.Sprintf("%d wait for another try, %d for their host's turn", r.Retries, r.Slots))
	d.add("disk", diskLine(r))
	for _, s := range r.Drifting {
		d.add("drift", s.Host+": "+s.Reason)
	}
	if err := d.write(a.out, a.term); err != nil {
		return err
	}
	for _, t := range []*table{storeTable(r.Stores, now), streamTable(r, now)} {
		fmt.Fprintln(a.out)
		if err := t.write(a.out, a.term); err != nil {
			return err
		}
	}
	for _, s := range r.Stores {
		if s.Error != "" {
			a.say("%s sink %s does not answer: %s", a.term.yellow("warning:"), s.Name, printable(s.Error))
		}
	}
	for i := range r.Streams {
		if s := &r.Streams[i]; s.Name == bus.StreamPage {
			if held, bySize := keeps(s); bySize && held < 24*time.Hour {
				a.say("%s pages are kept for about %s only, at the present rate; to replay more, raise nats.max_store", a.term.yellow("warning:"), span(held))
			}
		}
	}
	return nil
}

// diskLine says what the data directory takes, and its parts.
func diskLine(r *statusReport) string {
	text := humanize.IBytes(uint64(r.Disk.Total)) + " in " + r.Disk.Dir
	if b := r.Disk.Bus; b != nil {
		streams := int64(0)
		for _, size := range b.Streams {
			streams += size
		}
		text += ": streams " + humanize.IBytes(uint64(streams)) + ", registry and large values " + humanize.IBytes(uint64(b.Total()-streams))
		if rest := r.Disk.Total - b.Total(); rest > 0 {
			text += ", records and the rest " + humanize.IBytes(uint64(rest))
		}
	}
	if r.Disk.Free > 0 {
		text += "; " + humanize.IBytes(uint64(r.Disk.Free)) + " free"
	}
	return text
}

func storeTable(stores []daemon.StoreState, now time.Time) *table {
	t := newTable("STORE", "TYPE", "RECORDS", "REVISIONS", "SIZE", "KEEPS", "WAITING", "WHERE")
	for i := range stores {
		s := &stores[i]
		records, revisions := "", ""
		if s.Stats != nil {
			records, revisions = humanize.Comma(s.Stats.Records), humanize.Comma(s.Stats.Revisions)
		}
		waiting := strconv.FormatUint(s.Waiting, 10)
		if !s.Oldest.IsZero() {
			waiting += ", oldest " + ago(s.Oldest, now)
		}
		t.add(s.Name, s.Type, records, revisions, humanize.IBytes(uint64(s.Bytes)), keptFor(s), waiting, s.Where)
	}
	return t
}

// keptFor says how long a store keeps records.
func keptFor(s *daemon.StoreState) string {
	if s.Retention == 0 {
		return "for ever"
	}
	return config.Duration(s.Retention).String()
}

func streamTable(r *statusReport, now time.Time) *table {
	t := newTable("STREAM", "MESSAGES", "SIZE", "LIMIT", "KEEPS", "DISK", "LAST", "CONSUMERS (waiting + in hand)")
	for i := range r.Streams {
		s := &r.Streams[i]
		limit := ""
		if s.MaxBytes > 0 {
			limit = humanize.IBytes(uint64(s.MaxBytes))
		}
		kept := "for ever"
		switch held, bySize := keeps(s); {
		case s.Name == bus.StreamWork || s.Name == bus.StreamReplay:
			kept = "till done"
		case bySize:
			kept = "about " + span(held)
		case held > 0:
			kept = config.Duration(held).String()
		}
		disk := ""
		if r.Disk.Bus != nil {
			disk = humanize.IBytes(uint64(r.Disk.Bus.Streams[s.Name]))
		}
		var consumers []string
		for _, c := range s.Consumers {
			text := fmt.Sprintf("%s %d+%d", c.Name, c.Pending, c.Unacked)
			if c.Lost > 0 {
				text += fmt.Sprintf(" LOST %d", c.Lost)
			}
			consumers = append(consumers, text)
		}
		t.add(strings.ToLower(s.Name), strconv.FormatUint(s.Messages, 10), humanize.IBytes(s.Bytes), limit, kept, disk, ago(s.LastTime, now), strings.Join(consumers, ", "))
	}
	if r.Disk.Bus == nil {
		return t
	}
	for _, name := range slices.SortedFunc(maps.Keys(r.Disk.Bus.Buckets), cmp.Compare[string]) {
		t.add("("+name+")", "", "", "", "", humanize.IBytes(uint64(r.Disk.Bus.Buckets[name])), "", "")
	}
	return t
}

// leastSpan is how long a stream must have been filled for its rate to be told.
const leastSpan = 10 * time.Minute

// keeps tells how long a stream keeps its messages: 0 for ever. BySize says that it is the limit of size that tells, at
// the rate of the messages that are there.
func keeps(s *bus.StreamState) (held time.Duration, bySize bool) {
	held = s.MaxAge
	filled := s.LastTime.Sub(s.FirstTime)
	if s.MaxBytes <= 0 || s.Bytes == 0 || filled < leastSpan {
		return held, false
	}
	reach := float64(filled) * float64(s.MaxBytes) / float64(s.Bytes)
	if held > 0 && reach >= float64(held) || reach >= 1<<62 {
		return held, false
	}
	return time.Duration(reach), true
}
