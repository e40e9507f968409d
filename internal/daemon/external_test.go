package daemon_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus/bustest"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
)

// TestExternalEnrichers holds that the enrichers of the configuration are asked over the bus, in order, and that one that is
// not there costs a warning.
func TestExternalEnrichers(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	nc := b.JetStream().Conn()
	if _, err := nc.QueueSubscribe("enrich.topics", "topics", func(m *nats.Msg) {
		n := strings.Count(string(m.Data), "medtop:") // what was added before
		if err := m.Respond(fmt.Appendf(nil, `{"schema": "feedmill.enrich/1", "version": "3", "topics": [{"code": "medtop:%d"}]}`, n)); err != nil {
			t.Error(err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.Enrich.Steps = []string{"sentences"}
	cfg.Enrich.External = []config.External{{Name: "one", Subject: "enrich.topics"}, {Name: "absent", Subject: "enrich.absent"}, {Name: "two", Subject: "enrich.topics"}}
	chain, err := daemon.Chain(cfg, slog.New(slog.NewTextHandler(t.Output(), nil)), b)
	if err != nil {
		t.Fatal(err)
	}
	r := &feedmill.Record{}
	r.Text = "A sentence."
	if err := chain.Enrich(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if len(r.Topics) != 2 || r.Topics[0].Code != "medtop:0" || r.Topics[1].Code != "medtop:1" || len(r.External) != 2 || r.External[1].Name != "two" {
		t.Errorf("topics %v, external %v", r.Topics, r.External)
	}
	if len(r.Warnings) != 1 || !strings.HasPrefix(r.Warnings[0], "absent: ask enrich.absent: nobody listens") {
		t.Errorf("warnings %q", r.Warnings)
	}
}
