// Package mem keeps the registry in the process's memory, for tests and for commands that need no bus. It promises the
// contract of [registry.Store] and nothing beyond the life of the process.
package mem

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/feedmill/feedmill/registry"
)

// Store is a [registry.Store] in memory. The zero value is empty and ready for use.
type Store struct {
	mu      sync.Mutex
	last    uint64 // the newest revision of all keys
	buckets map[string]map[string]entry
}

type entry struct {
	value    []byte
	revision uint64
}

var _ registry.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store { return &Store{} }

// Get returns a copy of a key's value, and its revision.
func (s *Store) Get(ctx context.Context, bucket, key string) ([]byte, uint64, error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.buckets[bucket][key]
	if !ok {
		return nil, 0, fmt.Errorf("%s in %s: %w", key, bucket, registry.ErrNotFound)
	}
	return append([]byte{}, e.value...), e.revision, nil
}

// Put stores a copy of a value if the key's revision is the given one; 0 stands for a key that does not exist.
func (s *Store) Put(ctx context.Context, bucket, key string, value []byte, revision uint64) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if key == "" || len(key) > registry.MaxKey {
		return 0, fmt.Errorf("key of %d bytes in %s: want 1 to %d", len(key), bucket, registry.MaxKey)
	}
	if len(value) > registry.MaxValue {
		return 0, fmt.Errorf("value of %s in %s has %d bytes, more than %d", key, bucket, len(value), registry.MaxValue)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if have := s.buckets[bucket][key].revision; have != revision {
		return 0, fmt.Errorf("%s in %s has revision %d, not %d: %w", key, bucket, have, revision, registry.ErrConflict)
	}
	if s.buckets == nil {
		s.buckets = make(map[string]map[string]entry)
	}
	if s.buckets[bucket] == nil {
		s.buckets[bucket] = make(map[string]entry)
	}
	s.last++
	s.buckets[bucket][key] = entry{value: bytes.Clone(value), revision: s.last}
	return s.last, nil
}

// PutAll puts one after the other.
func (s *Store) PutAll(ctx context.Context, bucket string, writes []registry.Write) []registry.Written {
	done := make([]registry.Written, len(writes))
	for i, w := range writes {
		done[i].Revision, done[i].Err = s.Put(ctx, bucket, w.Key, w.Value, w.Revision)
	}
	return done
}

// Delete removes a key.
func (s *Store) Delete(ctx context.Context, bucket, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.buckets[bucket], key)
	return nil
}

// All yields the keys that were there when it was called, sorted.
func (s *Store) All(ctx context.Context, bucket string) iter.Seq2[registry.KeyValue, error] {
	return func(yield func(registry.KeyValue, error) bool) {
		s.mu.Lock()
		entries := maps.Clone(s.buckets[bucket])
		s.mu.Unlock()
		for _, key := range slices.Sorted(maps.Keys(entries)) {
			if err := ctx.Err(); err != nil {
				yield(registry.KeyValue{}, err)
				return
			}
			e := entries[key]
			if !yield(registry.KeyValue{Key: key, Value: append([]byte{}, e.value...), Revision: e.revision}, nil) {
				return
			}
		}
	}
}
