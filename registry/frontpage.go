package registry

import (
	"net/url"
	"strings"

	"github.com/feedmill/feedmill"
)

// DropFrontPages takes the link from those items whose link leads to the front page of the feed's site and to no article,
// as in many podcasts: their guids, or their words, tell them apart then. It returns how many there were.
//
// A front page is the root of the host of the feed's own link, with or without "www."; and the feed's own link, where
// several items have it. An item that has neither a guid nor a word keeps its link.
func DropFrontPages(feed *feedmill.Feed, items []feedmill.Item) (dropped int) {
	own, err := feedmill.CanonicalURL(feed.Link)
	if err != nil {
		return 0
	}
	var site []int // items with the feed's own link
	for i := range items {
		it := &items[i]
		if it.Link == "" || it.GUID == "" && it.Title+it.Summary+it.Content == "" {
			continue
		}
		link, err := feedmill.CanonicalURL(it.Link)
		switch {
		case err != nil:
		case isRoot(link) && siteOf(link) == siteOf(own):
			it.Link = ""
			dropped++
		case link == own:
			site = append(site, i)
		}
	}
	if len(site) < 2 {
		return dropped
	}
	for _, i := range site {
		items[i].Link = ""
	}
	return dropped + len(site)
}

// isRoot tells whether a canonical URL is its host's root.
func isRoot(canonical string) bool {
	u, err := url.Parse(canonical)
	return err == nil && u.Path == "/" && u.RawQuery == "" && u.Fragment == ""
}

// siteOf is the host of a canonical URL with its port, without "www.".
func siteOf(canonical string) string {
	u, err := url.Parse(canonical)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Host, "www.")
}
