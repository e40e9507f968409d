package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Dismiss deletes feedmill's consumers of the named stream and of its replays that gone picks by their worker's name, and
// returns those names. A consumer that no worker reads any more would hold up all that fill the stream. One that is
// wanted again later begins at the oldest message.
func (b *Bus) Dismiss(ctx context.Context, stream string, gone func(worker string) bool) ([]string, error) {
	st, err := b.Stream(ctx, stream)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, c := range st.Consumers {
		if !gone(c.Name) {
			continue
		}
		for _, s := range []string{stream, StreamReplay} {
			if err := b.js.DeleteConsumer(ctx, b.streamName(s), c.Name); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
				return names, fmt.Errorf("delete consumer %s of %s: %w", c.Name, b.streamName(s), err)
			}
		}
		names = append(names, c.Name)
	}
	return names, nil
}
