package registry

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
)

const (
	maxURL  = 4096 // bytes of a feed's URL
	maxTag  = 256  // bytes of a tag
	maxTags = 100  // of one feed
)

// Registry is the set of subscriptions in a Store. It is safe for concurrent use, also by many processes on one store.
type Registry struct {
	store Store
}

// New returns the registry that is kept in s.
func New(s Store) *Registry { return &Registry{store: s} }

// AddOptions say what is known of a feed when it is subscribed to. Nil is the zero value.
type AddOptions struct {
	// Tags are joined to those that the feed has. A tag may be a path ("News/Korea").
	Tags []string
	// Origin is where the subscription stands ("feeds.opml"); default "manual". A feed keeps its first origin.
	Origin string
	// Title is shown until the feed's own is known.
	Title string
	// Outline holds attributes to be kept for a list that is written again.
	Outline map[string]string
	// Settings are those of a new feed alone; Paused keeps it from being polled.
	Settings *feedmill.Settings
	Paused   bool
	// Baseline marks what a new feed's first document holds as seen, so that only what comes later goes on.
	Baseline bool
}

// Add subscribes to the feed at an http or https URL, taken exactly as given save for white space around it. A feed that
// is known already gets the tags it lacks and is otherwise left alone; added tells whether it is new. A URL that cannot be
// asked for is feedmill.Permanent.
func (r *Registry) Add(ctx context.Context, rawURL string, o *AddOptions) (st feedmill.FeedState, added bool, err error) {
	if o == nil {
		o = &AddOptions{}
	}
	feedURL, err := cleanURL(rawURL)
	if err != nil {
		return st, false, feedmill.Permanent("url", fmt.Errorf("add feed: %w", err))
	}
	id := feedmill.FeedID(feedURL)
	err = swap(ctx, r.store, BucketFeeds, id, func(old []byte) ([]byte, error) {
		added = old == nil
		if added {
			// What an earlier subscription saw, if a removal was cut short, is not to hide items from this one.
			if err := r.store.Delete(ctx, BucketSeen, id); err != nil {
				return nil, err
			}
			st = newState(feedURL, o, time.Now())
		} else if st, err = decodeState(id, old); err != nil {
			return nil, err
		}
		tags, err := mergeTags(st.Tags, o.Tags)
		if err != nil {
			return nil, err
		}
		if !added && slices.Equal(tags, st.Tags) {
			return nil, errKeep
		}
		st.Tags = tags
		return json.Marshal(&st)
	})
	if err != nil {
		return feedmill.FeedState{}, false, fmt.Errorf("add feed %s: %w", feedURL, err)
	}
	return st, added, nil
}

// newState is that of a feed that is new, without its tags.
func newState(feedURL string, o *AddOptions, now time.Time) feedmill.FeedState {
	if o.Settings.IsZero() {
		o.Settings = nil
	}
	return feedmill.FeedState{ID: feedmill.FeedID(feedURL), URL: feedURL, Origin: cmp.Or(o.Origin, "manual"), Title: o.Title, Added: now.UTC().Truncate(time.Second),
		Outline: o.Outline, Baseline: o.Baseline, Paused: o.Paused, Settings: o.Settings}
}

// Get returns the feed with the given id, or an error that wraps ErrNotFound.
func (r *Registry) Get(ctx context.Context, id string) (feedmill.FeedState, error) {
	if id == "" {
		return feedmill.FeedState{}, fmt.Errorf("get feed %q: %w", id, ErrNotFound)
	}
	value, _, err := r.store.Get(ctx, BucketFeeds, id)
	if err != nil {
		return feedmill.FeedState{}, fmt.Errorf("get feed %s: %w", id, err)
	}
	return decodeState(id, value)
}

// Find returns the feed with the given id or the given URL, or an error that wraps ErrNotFound.
func (r *Registry) Find(ctx context.Context, idOrURL string) (feedmill.FeedState, error) {
	idOrURL = strings.TrimSpace(idOrURL)
	id := idOrURL
	if strings.Contains(idOrURL, "://") {
		id = feedmill.FeedID(idOrURL)
	}
	if !isFeedID(id) {
		return feedmill.FeedState{}, fmt.Errorf("find feed %q: neither a feed's id nor its URL: %w", idOrURL, ErrNotFound)
	}
	st, err := r.Get(ctx, id)
	if err != nil {
		return st, fmt.Errorf("find feed %q: %w", idOrURL, err)
	}
	return st, nil
}

// Filter chooses feeds. Nil chooses all.
type Filter struct {
	// Tag chooses the feeds with this tag or with one below it: "News" also those of "News/Korea".
	Tag string
}

func (f *Filter) matches(st *feedmill.FeedState) bool {
	if f == nil || f.Tag == "" {
		return true
	}
	want := cleanTag(f.Tag)
	return slices.ContainsFunc(st.Tags, func(tag string) bool {
		rest, ok := strings.CutPrefix(tag, want)
		return ok && (rest == "" || rest[0] == '/')
	})
}

// Feeds yields the feeds that f chooses, each once, in no stated order. A feed whose state cannot be read comes as an
// error that names it, and the rest goes on; an error of the store ends the sequence.
func (r *Registry) Feeds(ctx context.Context, f *Filter) iter.Seq2[feedmill.FeedState, error] {
	return func(yield func(feedmill.FeedState, error) bool) {
		for kv, err := range r.store.All(ctx, BucketFeeds) {
			if err != nil {
				yield(feedmill.FeedState{}, fmt.Errorf("list feeds: %w", err))
				return
			}
			st, err := decodeState(kv.Key, kv.Value)
			if err == nil && !f.matches(&st) {
				continue
			}
			if !yield(st, err) {
				return
			}
		}
	}
}

// Update changes a feed's state by f, which may be called more than once: always with the newest state, and only its last
// result is kept. The feed's id and URL stay as they are. If f returns an error, nothing is changed and Update returns
// it. A feed that is gone, even if removed meanwhile, is an error that wraps ErrNotFound; it is never created again.
func (r *Registry) Update(ctx context.Context, id string, f func(*feedmill.FeedState) error) error {
	if id == "" {
		return fmt.Errorf("update feed %q: %w", id, ErrNotFound)
	}
	err := swap(ctx, r.store, BucketFeeds, id, func(old []byte) ([]byte, error) {
		if old == nil {
			return nil, ErrNotFound
		}
		st, err := decodeState(id, old)
		if err != nil {
			return nil, err
		}
		feedURL := st.URL
		if err := f(&st); err != nil {
			return nil, err
		}
		st.ID, st.URL = id, feedURL
		value, err := json.Marshal(&st)
		if err == nil && slices.Equal(value, old) {
			return nil, errKeep
		}
		return value, err
	})
	if err != nil {
		return fmt.Errorf("update feed %s: %w", id, err)
	}
	return nil
}

// Remove ends a subscription: the feed's state and its seen set go. A feed that is not there is an error that wraps
// ErrNotFound.
func (r *Registry) Remove(ctx context.Context, id string) error {
	// Only whether it is there: a state that cannot be read can be removed, too.
	if err := r.has(ctx, id); err != nil {
		return fmt.Errorf("remove feed %q: %w", id, err)
	}
	// The state goes first: PutSeen asks for it, so a worker that is still at an old document leaves nothing behind.
	for _, bucket := range []string{BucketFeeds, BucketSeen} {
		if err := r.store.Delete(ctx, bucket, id); err != nil {
			return fmt.Errorf("remove feed %s: %w", id, err)
		}
	}
	return nil
}

// Seen returns what was seen of a feed, with the revision to give to PutSeen. A feed of which nothing was seen has an
// empty set. What is there of a feed of which no document was committed is left from an earlier subscription whose removal
// was cut short, and means nothing. A set that cannot be read is an error that wraps [ErrSeenFormat], with an empty set and the right revision:
// a caller may log it and go on, at the price of finding the feed's items once more.
func (r *Registry) Seen(ctx context.Context, id string) (*SeenSet, uint64, error) {
	value, rev, err := r.store.Get(ctx, BucketSeen, id)
	if errors.Is(err, ErrNotFound) {
		return &SeenSet{}, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("get seen set of %s: %w", id, err)
	}
	s := &SeenSet{}
	if err := s.UnmarshalBinary(value); err != nil {
		return &SeenSet{}, rev, fmt.Errorf("get seen set of %s: %w", id, err)
	}
	return s, rev, nil
}

// PutSeen stores what was seen of a feed, if the stored set is still of the given revision, and marks s as stored. The
// error wraps ErrConflict if it is not, and ErrNotFound if the feed was removed.
func (r *Registry) PutSeen(ctx context.Context, id string, s *SeenSet, revision uint64) (uint64, error) {
	if err := r.has(ctx, id); err != nil {
		return 0, fmt.Errorf("put seen set of %q: %w", id, err)
	}
	value, err := s.MarshalBinary()
	if err != nil {
		return 0, fmt.Errorf("put seen set of %s: %w", id, err)
	}
	rev, err := r.store.Put(ctx, BucketSeen, id, value, revision)
	if err != nil {
		return 0, fmt.Errorf("put seen set of %s: %w", id, err)
	}
	s.changed = false
	return rev, nil
}

// has returns nil if the feed with the given id exists, and else why not.
func (r *Registry) has(ctx context.Context, id string) error {
	if id == "" {
		return ErrNotFound
	}
	_, _, err := r.store.Get(ctx, BucketFeeds, id)
	return err
}

func decodeState(id string, value []byte) (feedmill.FeedState, error) {
	var st feedmill.FeedState
	if err := json.Unmarshal(value, &st); err != nil {
		return feedmill.FeedState{ID: id}, fmt.Errorf("read state of feed %s: %w", id, err)
	}
	st.ID = id
	return st, nil
}

// cleanURL returns a feed's URL without the white space around it, if it is one that can be asked for.
func cleanURL(raw string) (string, error) {
	raw = strings.TrimSpace(raw)
	if len(raw) > maxURL {
		return "", fmt.Errorf("url %.60q…: longer than %d bytes", raw, maxURL)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "", err
	}
	if s := strings.ToLower(u.Scheme); s != "http" && s != "https" {
		return "", fmt.Errorf("url %q: want http:// or https:// at the beginning", raw)
	}
	if u.Hostname() == "" {
		return "", fmt.Errorf("url %q: no host", raw)
	}
	return raw, nil
}

// isFeedID tells whether s has the form of a feedmill.FeedID.
func isFeedID(s string) bool {
	return len(s) == 16 && strings.Trim(s, "0123456789abcdef") == ""
}

// cleanTag brings a tag into its one form: a path without empty parts and without white space around them.
func cleanTag(tag string) string {
	var parts []string
	for part := range strings.SplitSeq(tag, "/") {
		if part = strings.Join(strings.Fields(part), " "); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "/")
}

// mergeTags returns all tags in their one form, sorted, each once.
func mergeTags(tags, more []string) ([]string, error) {
	all := slices.Clone(tags)
	for _, tag := range more {
		if tag = cleanTag(tag); tag == "" {
			continue
		}
		if len(tag) > maxTag {
			return nil, fmt.Errorf("tag %.60q…: longer than %d bytes", tag, maxTag)
		}
		all = append(all, tag)
	}
	slices.Sort(all)
	if all = slices.Compact(all); len(all) > maxTags {
		return nil, fmt.Errorf("%d tags, at most %d are kept", len(all), maxTags)
	}
	return all, nil
}
