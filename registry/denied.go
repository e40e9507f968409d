package registry

import (
	"context"
	"errors"
	"fmt"
)

// Deny records that an article was withdrawn, so that neither a poll nor a replay brings it back. An article's
// other URLs are denied by the ids that they would give. Denying twice is no error.
func (r *Registry) Deny(ctx context.Context, id string) error {
	_, err := r.store.Put(ctx, BucketDenied, id, nil, 0)
	if err != nil && !errors.Is(err, ErrConflict) {
		return fmt.Errorf("deny %s: %w", id, err)
	}
	return nil
}

// Denied tells whether an article was withdrawn.
func (r *Registry) Denied(ctx context.Context, id string) (bool, error) {
	_, _, err := r.store.Get(ctx, BucketDenied, id)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up %s among the denied: %w", id, err)
	}
	return true, nil
}
