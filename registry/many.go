package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/feedmill/feedmill"
)

// NewFeed is one feed to subscribe to, as for [Registry.Add].
type NewFeed struct {
	URL string
	AddOptions
}

// Added is what became of it.
type Added struct {
	State feedmill.FeedState
	// New tells whether the feed was not there before.
	New bool
	Err error
}

// AddAll subscribes to many feeds as [Registry.Add] does to each, and returns what became of each. It is made for feeds
// that are new: those cost one write that is not waited for alone.
func (r *Registry) AddAll(ctx context.Context, feeds []NewFeed) []Added {
	done := make([]Added, len(feeds))
	writes := make([]Write, 0, len(feeds))
	index := make([]int, 0, len(feeds)) // of each write's feed
	first := make(map[string]bool, len(feeds))
	var again []int
	now := time.Now()
	for i := range feeds {
		feedURL, err := cleanURL(feeds[i].URL)
		if err != nil {
			done[i].Err = feedmill.Permanent("url", fmt.Errorf("add feed: %w", err))
			continue
		}
		st := newState(feedURL, &feeds[i].AddOptions, now)
		var value []byte
		if st.Tags, err = mergeTags(nil, feeds[i].Tags); err == nil {
			value, err = json.Marshal(&st)
		}
		if err != nil {
			done[i].Err = fmt.Errorf("add feed %s: %w", feedURL, err)
			continue
		}
		if first[st.ID] {
			again = append(again, i)
			continue
		}
		first[st.ID] = true
		done[i].State, done[i].New = st, true
		writes, index = append(writes, Write{Key: st.ID, Value: value}), append(index, i)
	}
	for k, w := range r.store.PutAll(ctx, BucketFeeds, writes) {
		switch i := index[k]; {
		case errors.Is(w.Err, ErrConflict):
			again = append(again, i)
		case w.Err != nil:
			done[i] = Added{Err: fmt.Errorf("add feed %s: %w", done[i].State.URL, w.Err)}
		}
	}
	for _, i := range again {
		done[i].State, done[i].New, done[i].Err = r.Add(ctx, feeds[i].URL, &feeds[i].AddOptions)
	}
	return done
}

// Version is a feed's state with the revision that it has in the store.
type Version struct {
	State    feedmill.FeedState
	Revision uint64
}

// Version returns the feed with the given id and the revision of its state, or an error that wraps ErrNotFound.
func (r *Registry) Version(ctx context.Context, id string) (Version, error) {
	value, rev, err := r.store.Get(ctx, BucketFeeds, id)
	if err != nil {
		return Version{}, fmt.Errorf("get feed %s: %w", id, err)
	}
	st, err := decodeState(id, value)
	return Version{st, rev}, err
}

// PutVersions stores the states of many feeds, each if the stored one is still of the given revision, and returns what
// became of each. The error of one that is not wraps ErrConflict.
func (r *Registry) PutVersions(ctx context.Context, all []Version) []Written {
	done := make([]Written, len(all))
	encoded := make([]Encoded, 0, len(all))
	index := make([]int, 0, len(all))
	for i := range all {
		e, err := Encode(&all[i])
		if err != nil {
			done[i].Err = err
			continue
		}
		encoded, index = append(encoded, e), append(index, i)
	}
	for k, w := range r.PutEncoded(ctx, encoded) {
		done[index[k]] = w
	}
	return done
}

// Encoded is a feed's state as it is stored, with its revision: what a Version is, in a part of the memory.
type Encoded struct {
	ID       string
	State    []byte // JSON of a feedmill.FeedState; not to be changed
	Revision uint64
}

// Encode returns a version as it is stored.
func Encode(v *Version) (Encoded, error) {
	state, err := json.Marshal(&v.State)
	if err != nil {
		return Encoded{}, fmt.Errorf("encode feed %s: %w", v.State.ID, err)
	}
	return Encoded{v.State.ID, state, v.Revision}, nil
}

// Version reads the state.
func (e Encoded) Version() (Version, error) {
	st, err := decodeState(e.ID, e.State)
	return Version{st, e.Revision}, err
}

// Encoded yields all feeds as they are stored, each once, in no stated order. An error ends the sequence.
func (r *Registry) Encoded(ctx context.Context) iter.Seq2[Encoded, error] {
	return func(yield func(Encoded, error) bool) {
		for kv, err := range r.store.All(ctx, BucketFeeds) {
			if err != nil {
				yield(Encoded{}, fmt.Errorf("list feeds: %w", err))
				return
			}
			if !yield(Encoded{kv.Key, kv.Value, kv.Revision}, nil) {
				return
			}
		}
	}
}

// PutEncoded stores many states as PutVersions does.
func (r *Registry) PutEncoded(ctx context.Context, all []Encoded) []Written {
	writes := make([]Write, len(all))
	for i, e := range all {
		writes[i] = Write{Key: e.ID, Value: e.State, Revision: e.Revision}
	}
	done := r.store.PutAll(ctx, BucketFeeds, writes)
	for i := range done {
		if done[i].Err != nil {
			done[i].Err = fmt.Errorf("put feed %s: %w", all[i].ID, done[i].Err)
		}
	}
	return done
}
