package main

import (
	"bufio"
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/registry"
	"github.com/spf13/cobra"
)

// The forms of a feed list.
const (
	formOPML = "opml"
	formList = "list"
)

// exportedFeed is a subscription as feeds export -o json writes it.
type exportedFeed struct {
	URL    string   `json:"url"`
	Title  string   `json:"title,omitempty"`
	Tags   []string `json:"tags,omitempty"`
	Paused bool     `json:"paused,omitempty"`
}

func feedsExportCommand(a *app) *cobra.Command {
	tag := ""
	c := &cobra.Command{
		Use:   "export",
		Short: "Write the subscriptions as a feed list",
		Long: `Write the subscriptions as OPML (tags are folders), as a plain list that 'feedmill feeds import' reads, or as JSON, sorted
by URL. A plain list has no room for tags with spaces; they are left out, with a message.`,
		Example: "  feedmill feeds export > subscriptions.opml\n  feedmill feeds export --tag news -o list > feeds.txt",
		Args:    noArgs,
	}
	f := outputFlag(c, formOPML, formList, formJSON)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return a.withClient(c.Context(), func(client *daemon.Client, _ *config.Config) error {
			feeds, err := client.Feeds(c.Context(), tag)
			if err != nil {
				return err
			}
			slices.SortFunc(feeds, func(x, y feedmill.FeedState) int { return cmp.Compare(x.URL, y.URL) })
			switch f.value {
			case formJSON:
				all := []exportedFeed{}
				for i := range feeds {
					all = append(all, exportedFeed{feeds[i].URL, feeds[i].Title, feeds[i].Tags, feeds[i].Paused})
				}
				return encoder(a.out, true).Encode(all)
			case formList:
				return a.writeList(feeds)
			}
			var subs []registry.Subscription
			for i := range feeds {
				subs = append(subs, registry.Subscription{URL: feeds[i].URL, Title: feeds[i].Title, Tags: feeds[i].Tags, Attributes: feeds[i].Outline})
			}
			return registry.WriteOPML(a.out, "feedmill subscriptions", subs)
		})
	}
	c.Flags().StringVar(&tag, "tag", "", "only feeds with this `TAG`")
	a.busFlags(c)
	return c
}

// writeList writes one feed a line, with its tags.
func (a *app) writeList(feeds []feedmill.FeedState) error {
	out := bufio.NewWriter(a.out)
	left := 0
	for i := range feeds {
		out.WriteString(feeds[i].URL)
		for _, tag := range feeds[i].Tags {
			if strings.ContainsFunc(tag, unicode.IsSpace) {
				left++
				continue
			}
			out.WriteString(" #" + tag)
		}
		out.WriteByte('\n')
	}
	if left > 0 {
		a.say("%s with spaces left out; OPML keeps them: -o opml", count(int64(left), "tag"))
	}
	return out.Flush()
}
