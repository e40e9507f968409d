package bench

import (
	"context"
	"errors"
	"fmt"

	"github.com/feedmill/feedmill/bus"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

const (
	floorBus = "five hops of a bare client"
	// floorBatch is how many messages the bare client has in hand at each hop.
	floorBatch = 64
)

// runBusFloor measures what five hops cost a bare client of the same server, over the same streams, with messages of the
// same size: at each hop it takes a batch, publishes every message to the next stream with an id, waits until all are
// stored, and acknowledges the batch. It makes and reads no values, holds nobody back, and ends with the first error.
func runBusFloor(ctx context.Context, t *hopsTask) (res *hopsResult, err error) {
	b, err := bus.Connect(ctx, bus.Options{Dir: t.Dir, Daemon: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	hops := make([]bareHop, 5)
	for i, subject := range []string{"page.feed.feed", "item.p00.host", "page.article.host", "article.host", "record.host"} {
		h := &hops[i]
		h.js, h.subject = b.JetStream(), b.Prefix()+subject
		stream, err := h.js.StreamNameBySubject(ctx, h.subject)
		if err != nil {
			return nil, fmt.Errorf("stream of %s: %w", h.subject, err)
		}
		h.consumer, err = h.js.CreateConsumer(ctx, stream, jetstream.ConsumerConfig{Durable: "floor", AckPolicy: jetstream.AckExplicitPolicy})
		if err != nil {
			return nil, fmt.Errorf("consumer on %s: %w", stream, err)
		}
		if i > 0 {
			hops[i-1].next = h
		}
	}
	payload := []byte(filler(t.Bytes))
	m, err := startMeter()
	if err != nil {
		return nil, err
	}
	group, ctx := errgroup.WithContext(ctx)
	for i := range hops {
		group.Go(func() error { return hops[i].run(ctx, t.Items) })
	}
	group.Go(func() error {
		for sent := 0; sent < t.Items; {
			var batch []*nats.Msg
			for ; sent < t.Items && len(batch) < floorBatch; sent++ {
				batch = append(batch, hops[0].message(fmt.Sprint(sent), payload))
			}
			if err := hops[0].store(ctx, batch); err != nil {
				return err
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	res = &hopsResult{}
	if res.measured, err = m.stop(); err != nil {
		return nil, err
	}
	return res, stored(context.WithoutCancel(ctx), b, res)
}

// bareHop is one stream and its consumer.
type bareHop struct {
	js       jetstream.JetStream
	subject  string
	consumer jetstream.Consumer
	next     *bareHop // nil for the last
}

func (h *bareHop) message(id string, data []byte) *nats.Msg {
	return &nats.Msg{Subject: h.subject, Data: data, Header: nats.Header{jetstream.MsgIDHeader: {id}}}
}

// store publishes messages and waits until the stream has them.
func (h *bareHop) store(ctx context.Context, batch []*nats.Msg) error {
	acks := make([]jetstream.PubAckFuture, len(batch))
	for i, msg := range batch {
		var err error
		if acks[i], err = h.js.PublishMsgAsync(msg); err != nil {
			return fmt.Errorf("publish %s: %w", h.subject, err)
		}
	}
	for _, ack := range acks {
		select {
		case <-ack.Ok():
		case err := <-ack.Err():
			return fmt.Errorf("publish %s: %w", h.subject, err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// run passes so many messages on.
func (h *bareHop) run(ctx context.Context, items int) error {
	delivered := make(chan jetstream.Msg, 4*floorBatch)
	reading, err := h.consumer.Consume(func(msg jetstream.Msg) { delivered <- msg }, jetstream.PullMaxMessages(2*floorBatch))
	if err != nil {
		return fmt.Errorf("consume %s: %w", h.subject, err)
	}
	defer reading.Stop()
	for done := 0; done < items; {
		var batch []jetstream.Msg
		select {
		case msg := <-delivered:
			batch = append(batch, msg)
		case <-ctx.Done():
			return ctx.Err()
		}
		for len(batch) < floorBatch && len(delivered) > 0 {
			batch = append(batch, <-delivered)
		}
		if h.next != nil {
			out := make([]*nats.Msg, len(batch))
			for i, msg := range batch {
				out[i] = h.next.message(msg.Headers().Get(jetstream.MsgIDHeader), msg.Data())
			}
			if err := h.next.store(ctx, out); err != nil {
				return err
			}
		}
		for _, msg := range batch[:len(batch)-1] {
			if err := msg.Ack(); err != nil {
				return fmt.Errorf("acknowledge %s: %w", h.subject, err)
			}
		}
		if err := batch[len(batch)-1].DoubleAck(ctx); err != nil {
			return fmt.Errorf("acknowledge %s: %w", h.subject, err)
		}
		done += len(batch)
	}
	return nil
}
