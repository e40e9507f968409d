package registry

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// HoldHost records that a host asked for no request before the given time (Retry-After), so that whoever asks it next,
// after a restart or on another machine, knows. An earlier hold that lasts longer stays.
func (r *Registry) HoldHost(ctx context.Context, host string, until time.Time) error {
	err := swap(ctx, r.store, BucketHosts, host, func(old []byte) ([]byte, error) {
		var held time.Time
		if old != nil && held.UnmarshalText(old) == nil && !until.After(held) {
			return nil, errKeep
		}
		return until.UTC().MarshalText()
	})
	if err != nil {
		return fmt.Errorf("hold host %s: %w", host, err)
	}
	return nil
}

// HeldHosts returns the hosts that are on hold and until when, and forgets those whose time is over.
func (r *Registry) HeldHosts(ctx context.Context, now time.Time) (map[string]time.Time, error) {
	held := map[string]time.Time{}
	var over []string
	for kv, err := range r.store.All(ctx, BucketHosts) {
		if err != nil {
			return nil, fmt.Errorf("held hosts: %w", err)
		}
		var until time.Time
		if until.UnmarshalText(kv.Value) == nil && until.After(now) {
			held[kv.Key] = until
		} else {
			over = append(over, kv.Key)
		}
	}
	for _, host := range over {
		if err := r.store.Delete(ctx, BucketHosts, host); err != nil && !errors.Is(err, ErrNotFound) {
			return nil, fmt.Errorf("forget host %s: %w", host, err)
		}
	}
	return held, nil
}
