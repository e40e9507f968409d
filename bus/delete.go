package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// Delete removes the selected messages from a stream for good, with the large values that they name, and returns how
// many there were.
func (b *Bus) Delete(ctx context.Context, sel Selection) (int, error) {
	s, err := b.js.Stream(ctx, b.streamName(sel.Stream))
	if err != nil {
		return 0, fmt.Errorf("stream %s: %w", b.streamName(sel.Stream), err)
	}
	var doomed []*Stored
	if err := b.Select(ctx, sel, false, func(m *Stored) bool {
		doomed = append(doomed, m)
		return true
	}); err != nil {
		return 0, err
	}
	for i, m := range doomed {
		if name := m.header.Get(headerBody); name != "" {
			if err := b.bodies.Delete(ctx, name); err != nil && !errors.Is(err, jetstream.ErrObjectNotFound) {
				return i, fmt.Errorf("delete large value %s: %w", name, err)
			}
		}
		if err := s.SecureDeleteMsg(ctx, m.Seq); err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
			return i, fmt.Errorf("delete %s %d: %w", b.streamName(sel.Stream), m.Seq, err)
		}
	}
	return len(doomed), nil
}

// CancelArticle drops what is scheduled for an article's page.
func (b *Bus) CancelArticle(ctx context.Context, id string) error {
	s, err := b.js.Stream(ctx, b.streamName(StreamWork))
	if err != nil {
		return fmt.Errorf("stream %s: %w", b.streamName(StreamWork), err)
	}
	for _, sub := range []string{ScheduleRetries + "." + id, ScheduleRetries + "." + id + ".>", ScheduleSlots + "." + id + ".>", ScheduleLater + "." + id,
		ScheduleHeld("*") + "." + id, "held.*." + id,
		strings.TrimSuffix(Visits.filter(), ">") + "*." + id} {
		if err := s.Purge(ctx, jetstream.WithPurgeSubject(b.prefix+sub)); err != nil {
			return fmt.Errorf("cancel %s: %w", sub, err)
		}
	}
	return nil
}
