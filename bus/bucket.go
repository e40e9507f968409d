package bus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// swapTries bounds how often a change of a value is tried against those of others.
const swapTries = 50

// swap writes what change makes of a key's value, unless somebody else has written meanwhile; then it begins again. Change
// gets nil where there is none. What it leaves as it is is not written.
func swap(ctx context.Context, kv jetstream.KeyValue, key string, change func(old []byte) ([]byte, error)) error {
	for try := 1; ; try++ {
		e, err := kv.Get(ctx, key)
		if err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
			return err
		}
		var old []byte
		if err == nil {
			old = e.Value()
		}
		value, err := change(old)
		if err != nil || bytes.Equal(value, old) {
			return err
		}
		if old == nil {
			_, err = kv.Create(ctx, key, value)
		} else {
			_, err = kv.Update(ctx, key, value, e.Revision())
		}
		if err == nil || !overtaken(err) || try == swapTries {
			return err
		}
		select { // a replica that answers late may give the old value once more
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(try) * 5 * time.Millisecond):
		}
	}
}

// overtaken tells the error of a write that somebody else has come before.
func overtaken(err error) bool {
	var api *jetstream.APIError
	return errors.Is(err, jetstream.ErrKeyExists) || errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence
}

// bucket binds a bucket of the bus's own, and makes it where it is missing.
func (b *Bus) bucket(ctx context.Context, name, description string, ttl time.Duration) (jetstream.KeyValue, error) {
	kv, err := b.js.KeyValue(ctx, b.bucketName(name))
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = b.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: b.bucketName(name), Description: description, TTL: ttl,
			Replicas: max(1, b.opts.Replicas)})
		if errors.Is(err, jetstream.ErrBucketExists) {
			kv, err = b.js.KeyValue(ctx, b.bucketName(name))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", b.bucketName(name), err)
	}
	return kv, nil
}
