package registry

import (
	"fmt"
	"slices"

	"github.com/feedmill/feedmill"
)

// HasTag tells whether a feed has a tag or one below it, as Filter.Tag chooses.
func HasTag(st *feedmill.FeedState, tag string) bool {
	return cleanTag(tag) != "" && (&Filter{Tag: tag}).matches(st)
}

// AddTags gives a feed the tags that it lacks. The error says which of them are none.
func AddTags(st *feedmill.FeedState, tags []string) error {
	all, err := mergeTags(st.Tags, tags)
	if err != nil {
		return err
	}
	for _, tag := range tags {
		if cleanTag(tag) == "" {
			return fmt.Errorf("%q is no tag", tag)
		}
	}
	st.Tags = all
	return nil
}

// RemoveTags takes tags from a feed, and those below them.
func RemoveTags(st *feedmill.FeedState, tags []string) error {
	for _, tag := range tags {
		if cleanTag(tag) == "" {
			return fmt.Errorf("%q is no tag", tag)
		}
		st.Tags = slices.DeleteFunc(slices.Clone(st.Tags), func(has string) bool { return HasTag(&feedmill.FeedState{Tags: []string{has}}, tag) })
	}
	return nil
}
