package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
)

// Ask sends a request to a subject outside feedmill's own and waits for one answer until ctx ends. An answer with the
// header Nats-Service-Error, as NATS services give it, is an error.
func (b *Bus) Ask(ctx context.Context, subject string, request []byte) ([]byte, error) {
	if most := b.nc.MaxPayload(); most > 0 && int64(len(request)) > most {
		return nil, fmt.Errorf("ask %s: the message has %d bytes, and the server takes %d at most", subject, len(request), most)
	}
	msg, err := b.nc.RequestWithContext(ctx, subject, request)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return nil, fmt.Errorf("ask %s: nobody listens there; start what answers", subject)
	case err != nil:
		return nil, fmt.Errorf("ask %s: %w", subject, err)
	}
	if reason := msg.Header.Get("Nats-Service-Error"); reason != "" {
		return nil, fmt.Errorf("ask %s: %w", subject, errors.New(reason))
	}
	return msg.Data, nil
}
