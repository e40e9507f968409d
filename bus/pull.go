package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// puller takes messages from a consumer. It keeps one subscription for as long as it lives, where the client's own Fetch
// makes and drops one for each request. It is used by one goroutine.
type puller struct {
	bus     *Bus
	sub     *nats.Subscription
	inbox   string
	next    string // the subject of requests
	answers chan *nats.Msg
	asked   uint64
}

const (
	// answerWait is how long the answer to a request may take beyond the time that it may wait for messages.
	answerWait = 2 * time.Second
	// strays is the room for messages of an earlier request that come late, and for what the server says of it.
	strays = 64
)

// puller returns a puller of a consumer that asks for most messages at once.
func (b *Bus) puller(stream, consumer string, most int) (*puller, error) {
	p := &puller{
		bus:     b,
		inbox:   b.nc.NewInbox(),
		next:    b.apiPrefix() + "CONSUMER.MSG.NEXT." + b.streamName(stream) + "." + consumer,
		answers: make(chan *nats.Msg, most+strays),
	}
	var err error
	if p.sub, err = b.nc.ChanSubscribe(p.inbox+".*", p.answers); err != nil {
		return nil, fmt.Errorf("read from consumer %s: %w", consumer, err)
	}
	return p, nil
}

// close ends the subscription. A message that is still under way comes again.
func (p *puller) close() {
	if err := p.sub.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) && !errors.Is(err, nats.ErrBadSubscription) {
		p.bus.log.Warn("cannot end a subscription", "subject", p.next, "error", err)
	}
}

// pull asks for up to n messages and gives each to f as it comes. It returns when n have come or when wait is over; with
// no wait, when what is there has come. That there are none is no error. When ctx ends it still takes what the server has
// been asked for, but waits no longer for a server that does not answer.
func (p *puller) pull(ctx context.Context, n int, wait time.Duration, f func(*nats.Msg)) error {
	p.asked++
	id := strconv.FormatUint(p.asked, 36)
	ask := make([]byte, 0, 64)
	ask = strconv.AppendInt(append(ask, `{"batch":`...), int64(n), 10)
	if wait > 0 {
		ask = strconv.AppendInt(append(ask, `,"expires":`...), int64(wait), 10)
	} else {
		ask = append(ask, `,"no_wait":true`...)
	}
	if err := p.bus.nc.PublishRequest(p.next, p.inbox+"."+id, append(ask, '}')); err != nil {
		return err
	}
	late := time.NewTimer(wait + answerWait)
	defer late.Stop()
	asked, done := time.Now(), ctx.Done()
	for n > 0 {
		select {
		case <-done:
			done = nil
			late.Reset(max(0, wait+answerWait/10-time.Since(asked)))
		case msg := <-p.answers:
			status := statusOf(msg)
			if status == "" {
				n--
				f(msg)
				continue
			}
			if msg.Subject[len(p.inbox)+1:] != id {
				continue // of an earlier request
			}
			return status.err(msg)
		case <-late.C:
			// The server is away, or its answer was lost with the connection: asking again tells.
			return jetstream.ErrNoHeartbeat
		}
	}
	return nil
}

// status is what the server says about a request, as a message without payload; "" for a message of the stream.
type status string

func statusOf(msg *nats.Msg) status {
	if len(msg.Data) > 0 || len(msg.Header) == 0 {
		return ""
	}
	return status(msg.Header.Get("Status"))
}

// err is what a status means for who asked.
func (s status) err(msg *nats.Msg) error {
	switch s {
	case "404", "408": // no messages; the time is over
		return nil
	case "503":
		return nats.ErrNoResponders
	}
	said := msg.Header.Get("Description")
	switch low := strings.ToLower(said); {
	case strings.Contains(low, "consumer deleted"):
		return jetstream.ErrConsumerDeleted
	case strings.Contains(low, "leadership change"):
		return jetstream.ErrConsumerLeadershipChanged
	case strings.Contains(low, "server shutdown"):
		return jetstream.ErrServerShutdown
	}
	return fmt.Errorf("the server says %s %s", string(s), said)
}

// doubleAck acknowledges a message and waits until the server has it.
func doubleAck(msg *nats.Msg) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return msg.AckSync(nats.Context(ctx))
}

// term ends a message: it does not come again.
func (b *Bus) term(msg *nats.Msg, reason string) error {
	return b.nc.Publish(msg.Reply, []byte("+TERM "+reason))
}
