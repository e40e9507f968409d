package registry

import "github.com/feedmill/feedmill"

// HasTag tells whether a feed has a tag or one below it, as Filter.Tag chooses.
func HasTag(st *feedmill.FeedState, tag string) bool {
	return cleanTag(tag) != "" && (&Filter{Tag: tag}).matches(st)
}
