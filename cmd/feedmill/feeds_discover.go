package main

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
)

func feedsDiscoverCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "discover SITE-URL",
		Short: "Find the feeds of a site, and subscribe to none",
		Long: `Find the feeds of a site: those that its page names, or, where it names none, one under the usual paths, or else its
Google News sitemaps, which are read as feeds. Feeds of comments are left out. Each is read once, to say what is in it.
Nothing is stored; 'feedmill feeds add SITE-URL' subscribes to what is found.`,
		Example: "  feedmill feeds discover https://example.com/\n  feedmill feeds discover https://example.com/ -o jsonl | jq -r .url | feedmill feeds import -",
		Args:    exactArgs(1, "the URL of a site"),
	}
	f := outputFlag(c, formTable, formJSON, formJSONL)
	c.RunE = func(c *cobra.Command, args []string) error {
		if !isURL(args[0]) {
			return usageError{fmt.Errorf("%q is no http or https URL", args[0])}
		}
		cfg, err := a.settings()
		if err != nil {
			return err
		}
		k := a.asker(cfg)
		defer k.close()
		all, err := k.discover(c.Context(), args[0])
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return noFeeds(args[0])
		}
		if f.value != formTable {
			_, err := writeAll(a.out, f, each(all))
			return err
		}
		t := newTable("FORMAT", "ITEMS", "TITLE", "URL")
		for _, found := range all {
			t.add(cmp.Or(found.Format, found.Error, "not read"), strconv.Itoa(found.Items), cut(found.Title, 48), found.URL)
		}
		return t.write(a.out, a.term)
	}
	return c
}
