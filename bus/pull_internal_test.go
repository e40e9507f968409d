package bus

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// TestMessagesThatCameWhileAnotherWasTakenAreNotLate takes longer over each message than the server has time to answer.
func TestMessagesThatCameWhileAnotherWasTakenAreNotLate(t *testing.T) {
	t.Parallel()
	for range 20 { // what is ready at once is chosen at random
		synctest.Test(t, func(t *testing.T) {
			p := &puller{inbox: "in", open: map[string]struct{}{"1": {}}, owed: 5, most: 10, answers: make(chan *nats.Msg, 20)}
			for i := range 4 {
				p.answers <- &nats.Msg{Data: fmt.Append(nil, i)}
			}
			p.answers <- &nats.Msg{Subject: "in.1", Header: nats.Header{"Status": {"408"}}}
			var got []string
			err := p.collect(t.Context(), "1", 5, time.Second, func(m *nats.Msg) {
				got = append(got, string(m.Data))
				time.Sleep(time.Minute)
			})
			if diff := cmp.Diff([]string{"0", "1", "2", "3"}, got); diff != "" || err != nil {
				t.Errorf("error %v, messages (-want +got):\n%s", err, diff)
			}
			if p.owed != 0 || len(p.open) != 0 {
				t.Errorf("%d messages of %v are still awaited", p.owed, p.open)
			}

			// With none at hand it is late after the time that the answer may take.
			begun := time.Now()
			err = p.collect(t.Context(), "2", 1, time.Second, func(*nats.Msg) {})
			if took := time.Since(begun); !errors.Is(err, jetstream.ErrNoHeartbeat) || took != time.Second+answerWait {
				t.Errorf("error %v after %s", err, took)
			}
		})
	}
}

// internalBus is a bus of the test, as bustest makes it.
func internalBus(t *testing.T) *Bus {
	t.Helper()
	b, err := Connect(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close the bus: %v", err)
		}
	})
	return b
}

func TestWhatHasComeIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	b := internalBus(t)
	cons, err := b.consumer(t.Context(), "parse", StreamPage, Pages.filter(), 8)
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.puller(StreamPage, "parse", 4)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	for i := range 5 {
		if _, err := b.js.Publish(t.Context(), b.prefix+Pages.of(&feedmill.Page{URL: "https://news.example/a"}), fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	take := func(n int) (got []string) {
		t.Helper()
		if err := p.pull(t.Context(), n, 0, func(m *nats.Msg) { got = append(got, string(m.Data)) }); err != nil {
			t.Error(err)
		}
		return got
	}
	delivered := func() uint64 {
		t.Helper()
		info, err := cons.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return info.Delivered.Consumer
	}
	late := func(data string) { p.answers <- &nats.Msg{Data: []byte(data)} }

	late("late 0")
	p.answers <- &nats.Msg{Subject: p.inbox + ".0", Header: nats.Header{"Status": {"408"}}}
	late("late 1")
	if diff := cmp.Diff([]string{"late 0", "late 1", "0", "1"}, take(4)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if n := delivered(); n != 2 {
		t.Errorf("%d messages were asked for, want 2", n)
	}
	for i := range 3 {
		late(fmt.Sprint("late ", i))
	}
	if diff := cmp.Diff([]string{"late 0", "late 1"}, take(2)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if n := delivered(); n != 2 {
		t.Errorf("%d messages were asked for in all, want still 2", n)
	}
	// One is left, which may be so old now that the server delivers it again.
	p.ended = time.Now().Add(-parkedMost - time.Second)
	if diff := cmp.Diff([]string{"2", "3", "4"}, take(4)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

// TestRequestsThatAreAnsweredAllAtOnceFindRoom asks again and again while nobody answers, as when the connection is away
// and requests gather in it.
func TestRequestsThatAreAnsweredAllAtOnceFindRoom(t *testing.T) {
	t.Parallel()
	b := internalBus(t)
	const batch = 4
	p, err := b.puller(StreamPage, "parse", batch)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	p.next, p.most = "silent", 3*batch
	requests, err := b.nc.SubscribeSync(p.next)
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	var replies []string
	for i := range 7 {
		if err := p.pull(gone, batch, 0, func(*nats.Msg) { t.Error("a message of nobody") }); !errors.Is(err, jetstream.ErrNoHeartbeat) {
			t.Fatalf("request %d: error %v", i, err)
		}
		m, err := requests.NextMsg(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		replies = append(replies, m.Reply)
	}
	for _, to := range replies {
		for range batch - 1 {
			if err := b.nc.Publish(to, []byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.nc.PublishMsg(&nats.Msg{Subject: to, Header: nats.Header{"Status": {"408"}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.nc.Flush(); err != nil {
		t.Fatal(err)
	}
	// The first six were given up, three at a time.
	if n := len(p.answers); n != batch {
		t.Errorf("%d answers have come, want the %d of the last request", n, batch)
	}
	if n := p.parked(batch, func(*nats.Msg) {}); n != 1 || p.owed != 0 || len(p.open) != 0 {
		t.Errorf("%d are to be asked for, %d of %v awaited; want 1 and none", n, p.owed, p.open)
	}
}
