package daemon

import (
	"context"
	"fmt"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
)

// Withdraw removes an article on request: its id is denied, so that neither a poll nor a replay brings it back; its
// messages leave the streams; and the sinks are told to keep nothing but the id. URL, where it is known, is the article's
// canonical URL: it names the subject that the sinks' message goes to.
func (c *Client) Withdraw(ctx context.Context, id, url string) error {
	if err := c.Registry.Deny(ctx, id); err != nil {
		return err
	}
	if err := c.Bus.CancelArticle(ctx, id); err != nil {
		return err
	}
	// The sinks' message is published before anything is deleted, and is not deleted itself: it holds no text.
	now := time.Now().UTC()
	r := feedmill.NewRecord(&feedmill.Article{ID: id, URL: url, SeenAt: now, State: feedmill.State{Value: feedmill.StateWithdrawn, Since: now}})
	if err := c.Bus.Send(ctx, "withdraw", id+":"+now.Format(time.RFC3339Nano), func(o *bus.Outbox) { bus.Put(o, bus.Records, r) }); err != nil {
		return err
	}
	for _, stream := range []string{bus.StreamItem, bus.StreamPage, bus.StreamArticle, bus.StreamRecord, bus.StreamDead, bus.StreamEvent} {
		if _, err := c.Bus.Delete(ctx, bus.Selection{Stream: stream, ID: id, Until: now}); err != nil {
			return fmt.Errorf("withdraw %s: %w", id, err)
		}
	}
	return nil
}
