package bus

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/nats-io/nats.go/jetstream"
)

// notesAge is how long a note stays that nobody changes.
const notesAge = 90 * day

// Notes is a bucket of small values that the processes of a stage share, by key. A value that is not changed for 90 days
// goes.
type Notes struct {
	name string
	kv   jetstream.KeyValue
}

// Notes binds the notes of that name.
func (b *Bus) Notes(ctx context.Context, name string) (*Notes, error) {
	kv, err := b.bucket(ctx, name, "feedmill: notes of the stages", notesAge)
	return &Notes{name, kv}, err
}

// Change has a note changed, and writes it unless somebody else has written meanwhile; then it begins again. Change gets
// nil where there is none.
func (n *Notes) Change(ctx context.Context, key string, change func([]byte) ([]byte, error)) error {
	if err := swap(ctx, n.kv, token(key), change); err != nil {
		return fmt.Errorf("notes %s, %s: %w", n.name, key, err)
	}
	return nil
}

// All yields all notes. It ends with the first error.
func (n *Notes) All(ctx context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		failed := func(err error) { yield(nil, fmt.Errorf("notes %s: %w", n.name, err)) }
		w, err := n.kv.WatchAll(ctx, jetstream.IgnoreDeletes())
		if err != nil {
			failed(err)
			return
		}
		defer func() { _ = w.Stop() }() // it ends with its context in any case
		for {
			select {
			case <-ctx.Done():
				failed(ctx.Err())
				return
			case e, ok := <-w.Updates():
				switch {
				case !ok:
					failed(errors.New("the bus is closed"))
					return
				case e == nil: // that was all
					return
				case !yield(e.Value(), nil):
					return
				}
			}
		}
	}
}

// Get returns a note, nil where there is none.
func (n *Notes) Get(ctx context.Context, key string) ([]byte, error) {
	e, err := n.kv.Get(ctx, token(key))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("notes %s, %s: %w", n.name, key, err)
	}
	return e.Value(), nil
}

// Drop drops a note.
func (n *Notes) Drop(ctx context.Context, key string) error {
	if err := n.kv.Purge(ctx, token(key)); err != nil {
		return fmt.Errorf("notes %s, %s: %w", n.name, key, err)
	}
	return nil
}
