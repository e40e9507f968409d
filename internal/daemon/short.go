package daemon

import (
	"sync"

	"github.com/feedmill/feedmill"
)

// readArticles counts, for each feed, the articles that this process has read since its state was last committed, and
// those that came out short.
type readArticles struct {
	mu    sync.Mutex
	feeds map[string]articleCount
}

type articleCount struct{ n, short int }

// maxReadFeeds bounds the feeds that are counted: those of which no document comes any more.
const maxReadFeeds = 1 << 16

func (r *readArticles) add(a *feedmill.Article) {
	if len(a.Feeds) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.feeds == nil || len(r.feeds) >= maxReadFeeds {
		r.feeds = map[string]articleCount{}
	}
	c := r.feeds[a.Feeds[0].Feed]
	c.n++
	if a.HasWarning(feedmill.WarnFeedOnly) || a.HasWarning(feedmill.WarnShort) {
		c.short++
	}
	r.feeds[a.Feeds[0].Feed] = c
}

// take returns what was counted for a feed, and begins anew.
func (r *readArticles) take(feed string) articleCount {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.feeds[feed]
	delete(r.feeds, feed)
	return c
}
