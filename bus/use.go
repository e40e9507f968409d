package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// use is what the bus keeps of a part of the pipeline: the version in use, since when, and the last moment given out. The
// moments of one part are all different and each is later than the one before, whatever the clocks of the processes that
// ask say; as far as those are right they are the time of day, so that they stay in order over a bus that was made anew.
type use struct {
	Version string    `json:"version"`
	Since   time.Time `json:"since"`
	Last    time.Time `json:"last"`
}

// useTries bounds how often a change of a part's use is tried against those of others.
const useTries = 50

// InUse tells the bus that a part of the pipeline, such as a stage, is in use from now on as the given version, and
// returns since when it is. Where that version is in use already the time stays what it was: over restarts, and for all
// processes of the part. A version that was in use before another counts from anew.
func (b *Bus) InUse(ctx context.Context, part, version string) (time.Time, error) {
	u, err := b.changeUse(ctx, part, func(u *use) bool {
		if u.Version == version && !u.Since.IsZero() {
			return false
		}
		u.Last = next(u.Last)
		u.Version, u.Since = version, u.Last
		return true
	})
	return u.Since, err
}

// UseOf returns which version of a part is in use and since when; "" where none was told of.
func (b *Bus) UseOf(ctx context.Context, part string) (version string, since time.Time, err error) {
	u, err := b.changeUse(ctx, part, func(*use) bool { return false })
	return u.Version, u.Since, err
}

// moment gives out a moment after all that were given out for a part.
func (b *Bus) moment(ctx context.Context, part string) (time.Time, error) {
	u, err := b.changeUse(ctx, part, func(u *use) bool {
		u.Last = next(u.Last)
		return true
	})
	return u.Last, err
}

// next is now, or right after last where the clock is behind.
func next(last time.Time) time.Time {
	now := time.Now().UTC().Truncate(time.Microsecond)
	if !now.After(last) {
		now = last.Add(time.Microsecond)
	}
	return now
}

// changeUse reads a part's use, has it changed, and writes it if that returns true and nobody else has written meanwhile;
// else it begins again.
func (b *Bus) changeUse(ctx context.Context, part string, change func(*use) bool) (use, error) {
	fail := func(err error) (use, error) { return use{}, fmt.Errorf("which %s is in use: %w", part, err) }
	kv, err := b.bucket(ctx, "pipelines", "feedmill: since when which version of a stage is in use", 0)
	if err != nil {
		return use{}, err
	}
	for try := 1; ; try++ {
		var u use
		e, err := kv.Get(ctx, token(part))
		switch {
		case err == nil:
			if err := json.Unmarshal(e.Value(), &u); err != nil {
				return fail(err)
			}
		case !errors.Is(err, jetstream.ErrKeyNotFound):
			return fail(err)
		}
		if !change(&u) {
			return u, nil
		}
		raw, err := json.Marshal(u)
		if err != nil {
			return fail(err)
		}
		if e == nil {
			_, err = kv.Create(ctx, token(part), raw)
		} else {
			_, err = kv.Update(ctx, token(part), raw, e.Revision())
		}
		if err == nil {
			return u, nil
		}
		if !overtaken(err) || try == useTries {
			return fail(err)
		}
		select { // a replica that answers late may give the old value once more
		case <-ctx.Done():
			return fail(ctx.Err())
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
