// Package kv keeps the registry in JetStream key-value buckets, one for each bucket of the registry, so that every process
// on a NATS server or cluster works on the same subscriptions.
//
// It promises the contract of [registry.Store]: compare-and-set by the revisions that JetStream gives, and lists that
// leave out no key while others write. A deleted key leaves nothing behind. In a cluster a read may be answered by a
// replica that is a moment behind; a put on the grounds of it is then a conflict, and reading again helps. It leaves the connection, its closing and
// the server to the caller. The buckets are ordinary ones and can be looked at with `nats kv ls fm_feeds`; keys are
// escaped, see escape.go.
package kv

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/feedmill/feedmill/registry"
)

// Options are the properties of the buckets. Nil is the zero value.
type Options struct {
	// Prefix stands before the name of each bucket, so that two feedmills can share a server. Default "fm_".
	Prefix string
	// Replicas is the number of servers that keep each bucket. Default 1.
	Replicas int
}

// Store is a [registry.Store] in JetStream.
type Store struct {
	js      jetstream.JetStream
	buckets map[string]bucket
	// into stands before the subjects that are published to, where JetStream is in another domain or account.
	into string
}

type bucket struct {
	kv     jetstream.KeyValue
	stream jetstream.Stream // the stream that the bucket is made of
	filter string           // the subjects of all its keys
}

var _ registry.Store = (*Store)(nil)

const (
	// listBatch is how many values are asked for at once in a list.
	listBatch = 256
	// listIdle is how long the server keeps a list that nobody reads on.
	listIdle = 15 * time.Minute
)

// Open returns the store in the given JetStream, and creates the buckets that are missing: kept in files, without
// history. Buckets that are there keep the properties that they were made with.
func Open(ctx context.Context, js jetstream.JetStream, o *Options) (*Store, error) {
	if o == nil {
		o = &Options{}
	}
	prefix := o.Prefix
	if prefix == "" {
		prefix = "fm_"
	}
	s := &Store{js: js, buckets: make(map[string]bucket)}
	if opts := js.Options(); opts.Domain != "" {
		s.into = "$JS." + opts.Domain + ".API."
	} else if opts.APIPrefix != "" && opts.APIPrefix != jetstream.DefaultAPIPrefix {
		s.into = strings.TrimSuffix(opts.APIPrefix, ".") + "."
	}
	for _, name := range registry.Buckets() {
		b, err := open(ctx, js, prefix+name, max(o.Replicas, 1))
		if err != nil {
			return nil, fmt.Errorf("open bucket %s: %w", prefix+name, err)
		}
		s.buckets[name] = b
	}
	return s, nil
}

// Missing returns the names of the buckets that Open would create.
func Missing(ctx context.Context, js jetstream.JetStream, o *Options) ([]string, error) {
	prefix := "fm_"
	if o != nil && o.Prefix != "" {
		prefix = o.Prefix
	}
	var names []string
	for _, name := range registry.Buckets() {
		_, err := js.KeyValue(ctx, prefix+name)
		if errors.Is(err, jetstream.ErrBucketNotFound) {
			names = append(names, prefix+name)
		} else if err != nil {
			return nil, fmt.Errorf("look up bucket %s: %w", prefix+name, err)
		}
	}
	return names, nil
}

func open(ctx context.Context, js jetstream.JetStream, name string, replicas int) (bucket, error) {
	kv, err := js.KeyValue(ctx, name)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket:      name,
			Description: "feedmill registry",
			History:     1,
			Storage:     jetstream.FileStorage,
			Replicas:    replicas,
		})
		if errors.Is(err, jetstream.ErrBucketExists) { // another process was faster
			kv, err = js.KeyValue(ctx, name)
		}
	}
	if err != nil {
		return bucket{}, err
	}
	stream, err := js.Stream(ctx, "KV_"+name)
	if err != nil {
		return bucket{}, err
	}
	return bucket{kv: kv, stream: stream, filter: "$KV." + name + ".>"}, nil
}

func (s *Store) bucket(name string) (bucket, error) {
	b, ok := s.buckets[name]
	if !ok {
		return b, fmt.Errorf("no bucket %q", name)
	}
	return b, nil
}

// Get returns a key's value and revision.
func (s *Store) Get(ctx context.Context, bucket, key string) ([]byte, uint64, error) {
	b, err := s.bucket(bucket)
	if err != nil {
		return nil, 0, err
	}
	k, err := escape(key)
	if err != nil {
		return nil, 0, fmt.Errorf("get from %s: %w", bucket, err)
	}
	entry, err := b.kv.Get(ctx, k)
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrKeyDeleted) {
		return nil, 0, fmt.Errorf("%s in %s: %w", key, bucket, registry.ErrNotFound)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("get %s from %s: %w", key, bucket, err)
	}
	return entry.Value(), entry.Revision(), nil
}

// Put stores a value if the key's revision is the given one; 0 stands for a key that does not exist.
func (s *Store) Put(ctx context.Context, bucket, key string, value []byte, revision uint64) (uint64, error) {
	b, err := s.bucket(bucket)
	if err != nil {
		return 0, err
	}
	k, err := escape(key)
	if err != nil {
		return 0, fmt.Errorf("put into %s: %w", bucket, err)
	}
	if len(value) > registry.MaxValue {
		return 0, fmt.Errorf("value of %s in %s has %d bytes, more than %d", key, bucket, len(value), registry.MaxValue)
	}
	var rev uint64
	if revision == 0 {
		rev, err = b.kv.Create(ctx, k, value)
	} else {
		rev, err = b.kv.Update(ctx, k, value, revision)
	}
	if errors.Is(err, jetstream.ErrKeyExists) || errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
		return 0, fmt.Errorf("%s in %s is not at revision %d: %w", key, bucket, revision, registry.ErrConflict)
	}
	if err != nil {
		return 0, fmt.Errorf("put %s into %s: %w", key, bucket, err)
	}
	return rev, nil
}

// Delete removes a key.
func (s *Store) Delete(ctx context.Context, bucket, key string) error {
	b, err := s.bucket(bucket)
	if err != nil {
		return err
	}
	k, err := escape(key)
	if err != nil {
		return fmt.Errorf("delete from %s: %w", bucket, err)
	}
	// Deleting through the bucket would leave a marker for ever; nobody watches, so the message itself goes.
	subject := b.filter[:len(b.filter)-1] + k
	if err := b.stream.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
		return fmt.Errorf("delete %s from %s: %w", key, bucket, err)
	}
	return nil
}

// All yields every key of a bucket once.
//
// The bucket's own lists are not used: they stop after as many values as there were at the start, and so can leave out a
// key that moved to the end of the stream because it was written meanwhile. This one reads on to the stream's end.
func (s *Store) All(ctx context.Context, bucket string) iter.Seq2[registry.KeyValue, error] {
	return func(yield func(registry.KeyValue, error) bool) {
		b, err := s.bucket(bucket)
		if err == nil {
			err = b.list(ctx, func(kv registry.KeyValue) bool { return yield(kv, nil) })
		}
		if err != nil {
			yield(registry.KeyValue{}, fmt.Errorf("list %s: %w", bucket, err))
		}
	}
}

// list calls f for every key until f returns false, which is no error.
func (b bucket) list(ctx context.Context, f func(registry.KeyValue) bool) error {
	cons, err := b.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverAllPolicy,
		AckPolicy:         jetstream.AckNonePolicy,
		FilterSubject:     b.filter,
		InactiveThreshold: listIdle,
		MemoryStorage:     true,
		Replicas:          1,
	})
	if err != nil {
		return err
	}
	info := cons.CachedInfo()
	defer func() {
		// Also when ctx has ended; if it does not work, the server does it after listIdle.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		_ = b.stream.DeleteConsumer(ctx, info.Name)
	}()

	given := make(map[string]struct{}, info.NumPending)
	var delivered uint64
	for left := info.NumPending; left > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		batch, err := cons.FetchNoWait(listBatch)
		if err != nil {
			return err
		}
		got := 0
		for msg := range batch.Messages() {
			meta, err := msg.Metadata()
			if err != nil {
				return err
			}
			// Nothing is acknowledged and nothing sent again, so a message that was lost shows in the count only.
			if delivered++; meta.Sequence.Consumer != delivered {
				return fmt.Errorf("message %d of the list was lost on the way", delivered)
			}
			got++
			left = meta.NumPending
			key, err := unescape(msg.Subject()[len(b.filter)-1:])
			if err != nil || msg.Headers().Get("KV-Operation") != "" {
				continue // not ours, or a marker of a key deleted by other tools
			}
			if _, again := given[key]; again {
				continue // written meanwhile
			}
			given[key] = struct{}{}
			if !f(registry.KeyValue{Key: key, Value: msg.Data(), Revision: meta.Sequence.Stream}) {
				return nil
			}
		}
		if err := batch.Error(); err != nil {
			return err
		}
		if got > 0 {
			continue
		}
		// Either what was left has been deleted meanwhile, or the answer was lost.
		if info, err = cons.Info(ctx); err != nil {
			return err
		}
		if info.Delivered.Consumer != delivered {
			return fmt.Errorf("message %d of the list was lost on the way", delivered+1)
		}
		left = info.NumPending
	}
	return nil
}
