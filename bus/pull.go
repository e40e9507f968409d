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
	ended   time.Time // the last pull

	// open are the requests whose end is not known, and owed is how many messages they may bring at most, with those that
	// are among answers. It is never above most, so that answers has room for each of them and for as many statuses: one
	// ends a request, and only where that owes a message.
	open map[string]struct{}
	owed int
	most int
}

const (
	// answerWait is how long the answer to a request may take beyond the time that it may wait for messages.
	answerWait = 2 * time.Second
	// strays is how many messages of earlier requests may come late, beside those of two of the largest.
	strays = 64
	// parkedMost is how long messages may lie among the answers between two pulls. Those that may have lain there longer
	// are left to be delivered again: nobody told the server that they are in hand.
	parkedMost = ackWait / 2
)

// puller returns a puller of a consumer that asks for most messages at once.
func (b *Bus) puller(stream, consumer string, most int) (*puller, error) {
	p := &puller{
		bus:   b,
		inbox: b.nc.NewInbox(),
		next:  b.apiPrefix() + "CONSUMER.MSG.NEXT." + b.streamName(stream) + "." + consumer,
		ended: time.Now(),
		open:  map[string]struct{}{},
		most:  2*most + strays,
	}
	p.answers = make(chan *nats.Msg, 2*p.most)
	var err error
	if p.sub, err = b.nc.ChanSubscribe(p.inbox+".*", p.answers); err != nil {
		return nil, fmt.Errorf("read from consumer %s: %w", consumer, err)
	}
	return p, nil
}

// renew gives up the requests that are open: what they still bring goes nowhere, and comes again.
func (p *puller) renew() error {
	inbox := p.bus.nc.NewInbox()
	sub, err := p.bus.nc.ChanSubscribe(inbox+".*", p.answers)
	if err != nil {
		return fmt.Errorf("subscribe to the answers of %s: %w", p.next, err)
	}
	p.close()
	p.sub, p.inbox, p.owed = sub, inbox, 0
	clear(p.open)
	return nil
}

// close ends the subscription. A message that is still under way comes again.
func (p *puller) close() {
	if err := p.sub.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) && !errors.Is(err, nats.ErrBadSubscription) {
		p.bus.log.Warn("cannot end a subscription", "subject", p.next, "error", err)
	}
}

// pull asks for up to n messages and gives each to f as it comes. It returns when n have come or when wait is over; with
// no wait, when what is there has come. That there are none is no error. What earlier requests bring late counts too, and
// what of it has come is not asked for again. When ctx ends it still takes what the server has been asked for, but waits
// no longer for a server that does not answer. While f is at work, nothing tells the server that the other messages are in
// hand.
func (p *puller) pull(ctx context.Context, n int, wait time.Duration, f func(*nats.Msg)) error {
	defer func() { p.ended = time.Now() }()
	n = p.parked(n, f)
	if n == 0 {
		return nil
	}
	if p.owed+n > p.most {
		if err := p.renew(); err != nil {
			return err
		}
	}
	id, err := p.ask(n, wait)
	if err != nil {
		return err
	}
	return p.collect(ctx, id, n, wait, f)
}

// parked gives f up to n of the messages that have come since the last pull, and returns how many are left to ask for.
func (p *puller) parked(n int, f func(*nats.Msg)) int {
	old := time.Since(p.ended) > parkedMost
	for n > 0 {
		select {
		case msg := <-p.answers:
			if p.count(msg) == "" && !old {
				n--
				f(msg)
			}
		default:
			return n
		}
	}
	return n
}

// ask sends a request for n messages and returns its id.
func (p *puller) ask(n int, wait time.Duration) (id string, err error) {
	p.asked++
	id = strconv.FormatUint(p.asked, 36)
	ask := make([]byte, 0, 64)
	ask = strconv.AppendInt(append(ask, `{"batch":`...), int64(n), 10)
	if wait > 0 {
		ask = strconv.AppendInt(append(ask, `,"expires":`...), int64(wait), 10)
	} else {
		ask = append(ask, `,"no_wait":true`...)
	}
	if err := p.bus.nc.PublishRequest(p.next, p.inbox+"."+id, append(ask, '}')); err != nil {
		return "", err
	}
	p.open[id] = struct{}{}
	p.owed += n
	return id, nil
}

// count notes what has come, and returns the status that it is, "" for a message of the stream.
func (p *puller) count(msg *nats.Msg) status {
	status := statusOf(msg)
	if status == "" {
		p.owed--
	} else {
		delete(p.open, p.request(msg))
	}
	if p.owed <= 0 || len(p.open) == 0 {
		p.owed = 0
		clear(p.open)
	}
	return status
}

// request is the id of the request that a status is about.
func (p *puller) request(msg *nats.Msg) string { return msg.Subject[len(p.inbox)+1:] }

// collect gives f what comes until the request is answered.
func (p *puller) collect(ctx context.Context, id string, n int, wait time.Duration, f func(*nats.Msg)) error {
	late := time.NewTimer(wait + answerWait)
	defer late.Stop()
	asked, patience, done := time.Now(), answerWait, ctx.Done()
	for n > 0 {
		select {
		case <-done:
			done, patience = nil, answerWait/10
			late.Reset(max(0, wait+patience-time.Since(asked)))
		case msg := <-p.answers:
			status := p.count(msg)
			if status == "" {
				n--
				f(msg)
				late.Reset(max(0, wait-time.Since(asked)) + patience) // f may have taken longer than that
				continue
			}
			if p.request(msg) != id {
				continue // of an earlier request
			}
			return status.err(msg)
		case <-late.C:
			if len(p.answers) > 0 {
				late.Reset(patience)
				continue
			}
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
