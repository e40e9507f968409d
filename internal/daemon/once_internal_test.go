package daemon

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
)

// A feed whose poll became a dead letter will have no outcome: the pass counts it as failed and ends.
func TestAPassDoesNotWaitForADeadLetter(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Data = t.TempDir()
	cfg.Stories.Enabled = false // nobody places them here
	c, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	st, _, err := c.Subscribe(t.Context(), "http://a.example/feed", nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &pipeline{Client: c, cfg: cfg, log: c.log}
	if p.once, err = p.beginPass(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := &bus.Worker[feedmill.Poll]{Name: "poll", From: bus.Polls,
		Handle: func(context.Context, feedmill.Poll, *bus.Outbox) error {
			return feedmill.Permanent("panic", errors.New("as told by a test"))
		}}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx, c.Bus) }()
	left := "not looked yet"
	for end := time.Now().Add(10 * time.Second); left != "" && time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		if left, err = p.left(t.Context()); err != nil {
			t.Error(err)
			break
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if left != "" || p.once.outcomes[st.ID] != feedmill.OutcomeFailed {
		t.Errorf("left %q, outcome %q; want nothing left and the feed failed", left, p.once.outcomes[st.ID])
	}
}
