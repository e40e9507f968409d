package registry

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"time"
)

// ErrNotFound says that a key, or a feed, does not exist.
var ErrNotFound = errors.New("not found")

// ErrConflict says that a value was not put because the stored revision is not the expected one: somebody else was
// faster. Read again and decide again.
var ErrConflict = errors.New("revision conflict")

// The buckets of a Store.
const (
	BucketFeeds  = "feeds"  // feed id: feedmill.FeedState as JSON
	BucketSeen   = "seen"   // feed id: SeenSet
	BucketHosts  = "hosts"  // host: what must survive a hand-over between fetchers; their value, not the registry's
	BucketAlias  = "alias"  // hash prefix: a shard of aliases
	BucketDenied = "denied" // article id: withdrawn
)

// Buckets returns the names of all buckets, for stores that create them beforehand.
func Buckets() []string {
	return []string{BucketFeeds, BucketSeen, BucketHosts, BucketAlias, BucketDenied}
}

// The bounds of a Store, in bytes. A value and its headers fit into one NATS message.
const (
	MaxKey   = 1024
	MaxValue = 1_000_000
)

// Store is a small key-value store with compare-and-set, safe for concurrent use. Buckets are those of [Buckets], keys any
// string of 1 to [MaxKey] bytes, values any of up to [MaxValue] bytes; to put others is an error. Callers and the store
// never share the memory of a value. A revision is a number above zero that every write of a key makes larger. Package
// registrytest checks this contract.
type Store interface {
	// Get returns a key's value and revision, or an error that wraps ErrNotFound.
	Get(ctx context.Context, bucket, key string) (value []byte, revision uint64, err error)

	// Put stores a value if the key's revision is still the given one, where 0 means that the key must not exist, and
	// returns the new revision. If not, nothing is stored and the error wraps ErrConflict; so too for a revision of a key
	// that was deleted.
	Put(ctx context.Context, bucket, key string, value []byte, revision uint64) (uint64, error)

	// PutAll does as many puts as there are writes, each for itself as Put does, and returns what became of each. It is for
	// many at once: it waits for all together. The keys are different ones.
	PutAll(ctx context.Context, bucket string, writes []Write) []Written

	// Delete removes a key. Removing one that does not exist is no error.
	Delete(ctx context.Context, bucket, key string) error

	// All yields every key of a bucket once, in no stated order. Keys that are there from beginning to end are never left
	// out, whatever is written meanwhile; of a key written meanwhile, any of its values may come. An error ends the sequence.
	All(ctx context.Context, bucket string) iter.Seq2[KeyValue, error]
}

// KeyValue is one key of a bucket with its value and revision.
type KeyValue struct {
	Key      string
	Value    []byte
	Revision uint64
}

// Write is one put of [Store.PutAll]. A revision of 0 stands for a key that must not exist.
type Write struct {
	Key      string
	Value    []byte
	Revision uint64
}

// Written is what became of a write: the new revision, or the error that Put would have given.
type Written struct {
	Revision uint64
	Err      error
}

// errKeep is returned by a change that finds nothing to change.
var errKeep = errors.New("keep the stored value")

// swap puts what change makes of the stored value, and does so again for as long as others are faster. Change gets nil
// for a missing key; its error ends the swap without a write and is returned.
func swap(ctx context.Context, s Store, bucket, key string, change func(old []byte) ([]byte, error)) error {
	for try := 1; ; try++ {
		old, rev, err := s.Get(ctx, bucket, key)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if err == nil && old == nil {
			old = []byte{} // there, and empty
		}
		value, err := change(old)
		if errors.Is(err, errKeep) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err = s.Put(ctx, bucket, key, value, rev); !errors.Is(err, ErrConflict) {
			return err
		}
		if err := pause(ctx, try); err != nil {
			return fmt.Errorf("put %s in %s: %w", key, bucket, err)
		}
	}
}

// pause waits a random time that grows with the number of lost races: none at first, later up to 64 ms, so that many
// writers of one key get their turn and a replica that lags behind is not asked in a tight loop.
func pause(ctx context.Context, try int) error {
	if try < 3 {
		return ctx.Err()
	}
	t := time.NewTimer(rand.N(time.Millisecond << min(try-3, 6)))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
