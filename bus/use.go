package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// use is what the bus keeps of a part of the pipeline: the version in use, since when, and the last moment given out. The
// moments of one part are all different and each is later than the one before, whatever the clocks of the processes that
// ask say; as far as those are right they are the time of day, so that they stay in order over a bus that was made anew.
type use struct {
	Version string    `json:"version"`
	Since   time.Time `json:"since"`
	Last    time.Time `json:"last"`
}

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

// changeUse reads a part's use, has it changed, and writes it if that returns true.
func (b *Bus) changeUse(ctx context.Context, part string, change func(*use) bool) (use, error) {
	kv, err := b.bucket(ctx, "pipelines", "feedmill: since when which version of a stage is in use", 0)
	if err != nil {
		return use{}, err
	}
	var u use
	err = swap(ctx, kv, token(part), func(old []byte) ([]byte, error) {
		u = use{}
		if old != nil {
			if err := json.Unmarshal(old, &u); err != nil {
				return nil, err
			}
		}
		if !change(&u) {
			return old, nil
		}
		return json.Marshal(u)
	})
	if err != nil {
		return use{}, fmt.Errorf("which %s is in use: %w", part, err)
	}
	return u, nil
}
