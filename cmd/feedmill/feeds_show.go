package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/registry"
	"github.com/spf13/cobra"
)

func feedsShowCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "show URL|ID",
		Short: "Show a feed: last outcome, next poll, last error, validators",
		Long: `Show all that is known of one feed: how its last poll ended, when the next is due, what went wrong, its validators and
counts, and the settings that hold for it and not for all, each with where it was said. Of a secret the name is shown.`,
		Example: "  feedmill feeds show https://example.com/feed.xml\n  feedmill feeds show 3f6c0e5d9a1b2c4d -o json",
		Args:    exactArgs(1, "one feed URL or id"),
	}
	f := outputFlag(c, formTable, formJSON)
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
			st, err := client.Registry.Find(c.Context(), args[0])
			if err != nil {
				return unknownFeed(err, args[0], a.dataHint(cfg))
			}
			overrides, err := daemon.NewOverrides(cfg)
			if err != nil {
				a.say("%s", printable(err.Error())) // what could be read of them counts
			}
			holds := overrides.For(&st, st.PollURL())
			if f.value == formJSON {
				return encoder(a.out, true).Encode(struct {
					feedmill.FeedState
					Holds []daemon.Said `json:"holds,omitempty"`
				}{st, holds.Said})
			}
			d := feedDetails(&st, time.Now())
			addSettings(d, &holds)
			return d.write(a.out, a.term)
		})
	}
	a.busFlags(c)
	return c
}

// unknownFeed says what to do where there is no such feed.
func unknownFeed(err error, what, hint string) error {
	if errors.Is(err, registry.ErrNotFound) {
		return fmt.Errorf("no feed %s: %w; feedmill feeds list%s shows those that there are", what, registry.ErrNotFound, hint)
	}
	return err
}

func feedDetails(st *feedmill.FeedState, now time.Time) *details {
	d := &details{}
	d.add("url", st.URL)
	d.add("moved to", st.MovedTo)
	d.add("id", st.ID)
	d.add("title", st.Title)
	d.add("site", st.Link)
	d.add("tags", strings.Join(st.Tags, ", "))
	d.add("from", st.Origin)
	d.add("added", moment(st.Added, now))
	d.add("last poll", moment(st.LastPoll, now))
	outcome := feedOutcome(st)
	if st.Status > 0 {
		outcome += " (" + strconv.Itoa(st.Status) + ")"
	}
	d.add("outcome", outcome)
	d.add("last error", st.Error)
	if !st.Paused && !st.Gone {
		next := moment(st.Due, now)
		if next == "" || !st.Due.After(now) {
			next = "due"
		}
		d.add("next poll", next)
	}
	d.add("not before", moment(st.RetryAt, now))
	d.add("last success", moment(st.LastSuccess, now))
	d.add("last new item", moment(st.LastNew, now))
	if now.Before(st.PushedUntil) {
		d.add("pushed until", moment(st.PushedUntil, now))
	}
	d.add("last push", moment(st.LastPush, now))
	items := fmt.Sprintf("%d in the last document, %d new; %d ever", st.Items, st.New, st.Total)
	if st.Dropped > 0 {
		items += fmt.Sprintf("; %d dropped by filters", st.Dropped)
	}
	d.add("items", items)
	if st.Gaps > 0 {
		d.add("gaps", fmt.Sprintf("%d, the last %s; items may have been missed", st.Gaps, moment(st.LastGap, now)))
		if st.Recovered > 0 {
			d.add("recovered", fmt.Sprintf("%d items, from the feed's archives and further pages", st.Recovered))
		}
	}
	d.add("etag", st.Validators.ETag)
	d.add("last modified", st.Validators.LastModified)
	return d
}

// addSettings adds what holds for the feed and not for all.
func addSettings(d *details, holds *daemon.Applied) {
	for i, s := range holds.Said {
		value := s.Value
		if s.Key == "secret" && holds.Withheld != "" {
			value += ", which is not sent: " + holds.Why
		}
		d.add([]string{"settings", " "}[min(i, 1)], fmt.Sprintf("%s: %s (%s)", s.Key, value, s.From))
	}
}

// moment is a time with how far it is from now, "" for none.
func moment(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	distance := ago(t, now)
	if t.After(now) {
		distance = "in " + span(t.Sub(now))
	}
	return t.Local().Format(time.DateTime) + "  (" + distance + ")"
}
