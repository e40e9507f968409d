package main

import (
	"cmp"
	"slices"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/registry"
	"github.com/spf13/cobra"
)

// sickFeed is a feed with a problem, as feeds health tells it.
type sickFeed struct {
	Problem  registry.Problem `json:"problem"`
	Reason   string           `json:"reason"`
	ID       string           `json:"id"`
	URL      string           `json:"url"`
	Title    string           `json:"title,omitempty"`
	Failures int              `json:"failures,omitempty"`
	// LastSuccess and LastNew are when the feed was last read, and last had something new.
	LastSuccess time.Time `json:"last_success,omitzero"`
	LastNew     time.Time `json:"last_new,omitzero"`
}

func feedsHealthCommand(a *app) *cobra.Command {
	tag := ""
	c := &cobra.Command{
		Use:   "health",
		Short: "Name the feeds that fail, fall silent, miss items or come out short",
		Long: `Name the feeds with a problem, the worst first:

  gone     the server says that the feed is gone for good (410); it is polled no more until it is resumed
  failing  three or more polls in a row have failed
  silent   it posts nothing new, against its own rhythm
  gaps     in the last week a document had nothing in common with the one before: items may have been missed
  short    most of its latest articles are short, or made of the feed's own text

Paused feeds are left out. The numbers are also in the metrics, as feedmill_registry_feeds.`,
		Example: "  feedmill feeds health\n  feedmill feeds health --tag news -o jsonl | jq -r 'select(.problem == \"failing\").url'",
		Args:    noArgs,
	}
	f := outputFlag(c, formTable, formJSON, formJSONL)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return a.withClient(c.Context(), func(client *daemon.Client, _ *config.Config) error {
			feeds, err := client.Feeds(c.Context(), tag)
			if err != nil {
				return err
			}
			sick := sickFeeds(feeds, time.Now())
			if f.value != formTable {
				_, err := writeAll(a.out, f, each(sick))
				return err
			}
			if len(sick) == 0 {
				a.say("%s%s, none with a problem", count(int64(len(feeds)), "feed"), withTag(tag))
				return nil
			}
			t := newTable("PROBLEM", "ID", "URL", "WHY")
			for i := range sick {
				t.add(string(sick[i].Problem), sick[i].ID, sick[i].URL, cut(sick[i].Reason, 160))
			}
			if err := t.write(a.out, a.term); err != nil {
				return err
			}
			a.say("%d of %s with a problem", len(sick), count(int64(len(feeds)), "feed"))
			return nil
		})
	}
	c.Flags().StringVar(&tag, "tag", "", "only feeds with this `TAG`")
	a.busFlags(c)
	return c
}

// sickFeeds are those with a problem, the worst first, then by URL.
func sickFeeds(feeds []feedmill.FeedState, now time.Time) []sickFeed {
	var all []sickFeed
	for i := range feeds {
		st := &feeds[i]
		if p, reason := registry.Diagnose(st, now); p != "" {
			all = append(all, sickFeed{Problem: p, Reason: reason, ID: st.ID, URL: st.URL, Title: st.Title, Failures: st.Failures,
				LastSuccess: st.LastSuccess, LastNew: st.LastNew})
		}
	}
	order := registry.Problems()
	slices.SortFunc(all, func(x, y sickFeed) int {
		return cmp.Or(cmp.Compare(slices.Index(order, x.Problem), slices.Index(order, y.Problem)), cmp.Compare(x.URL, y.URL))
	})
	return all
}

// baselineHelp says what --baseline does, at the commands that have it.
const baselineHelp = "mark what the new feeds hold now as seen: only what comes later is fetched and stored"
