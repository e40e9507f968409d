package bus_test

import (
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/feedmill/feedmill/bus/bustest"
)

func TestAsk(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	nc := b.JetStream().Conn()
	sub, err := nc.QueueSubscribe("enrich.echo", "enrich", func(m *nats.Msg) {
		if err := m.Respond(append([]byte("got "), m.Data...)); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	got, err := b.Ask(t.Context(), "enrich.echo", []byte("this"))
	if err != nil || string(got) != "got this" {
		t.Errorf("%q, error %v", got, err)
	}
	if _, err := b.Ask(t.Context(), "enrich.echo", make([]byte, nc.MaxPayload()+1)); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("a message that is too large: error %v", err)
	}
	if err := sub.Unsubscribe(); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Ask(t.Context(), "enrich.echo", nil); err == nil || !strings.Contains(err.Error(), "nobody listens") {
		t.Errorf("nobody there: error %v", err)
	}
}
