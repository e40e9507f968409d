package main

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

func feedsListCommand(a *app) *cobra.Command {
	tag := ""
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the feeds with their last outcome and next poll",
		Long:    "List the feeds, by URL, with how their last poll ended and when the next is due. A tag stands for those below it too.",
		Example: "  feedmill feeds list\n  feedmill feeds list --tag news -o jsonl | jq -r 'select(.failures > 0).url'",
		Args:    noArgs,
	}
	f := outputFlag(c, formTable, formJSON, formJSONL)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return a.withClient(c.Context(), func(client *daemon.Client, cfg *config.Config) error {
			feeds, err := client.Feeds(c.Context(), tag)
			if err != nil {
				return err
			}
			slices.SortFunc(feeds, func(x, y feedmill.FeedState) int { return cmp.Compare(x.URL, y.URL) })
			if f.value != formTable {
				_, err := writeAll(a.out, f, each(feeds))
				return err
			}
			if len(feeds) == 0 {
				a.say("no feeds%s; to subscribe to one: feedmill feeds add URL%s", withTag(tag), a.dataHint(cfg))
				return nil
			}
			now := time.Now()
			t := newTable("ID", "LAST", "OUTCOME", "NEXT", "ITEMS", "TAGS", "URL")
			for i := range feeds {
				st := &feeds[i]
				t.add(st.ID, ago(st.LastPoll, now), feedOutcome(st), nextPoll(st, now), strconv.Itoa(st.Total), strings.Join(st.Tags, ","), st.URL)
			}
			return t.write(a.out, a.term)
		})
	}
	c.Flags().StringVar(&tag, "tag", "", "only feeds with this `TAG`")
	a.busFlags(c)
	return c
}

func withTag(tag string) string {
	if tag == "" {
		return ""
	}
	return " with the tag " + strconv.Quote(tag)
}

// feedOutcome is how a feed's last poll ended, with the failures in a row.
func feedOutcome(st *feedmill.FeedState) string {
	switch {
	case st.Gone:
		return string(feedmill.OutcomeGone)
	case st.Paused:
		return "paused"
	case st.Failures > 1:
		return string(st.Outcome) + " ×" + strconv.Itoa(st.Failures)
	}
	return string(st.Outcome)
}

// nextPoll is when a feed is polled next, "" for never.
func nextPoll(st *feedmill.FeedState, now time.Time) string {
	switch {
	case st.Gone || st.Paused:
		return ""
	case st.Due.IsZero() || !st.Due.After(now):
		return "due"
	}
	return "in " + span(st.Due.Sub(now))
}

// ago is a time as people tell it, "" for none.
func ago(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	return span(now.Sub(t)) + " ago"
}

// span is a length of time in its largest unit.
func span(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + "s"
	case d < time.Hour:
		return strconv.Itoa(int(d.Minutes())) + "m"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d.Hours())) + "h"
	}
	return strconv.Itoa(int(d.Hours())/24) + "d"
}
