package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
)

// withClient opens the bus and the registry for f, beside a running daemon or without one.
func (a *app) withClient(ctx context.Context, f func(*daemon.Client, *config.Config) error) (err error) {
	cfg, err := a.settings()
	if err != nil {
		return err
	}
	c, err := daemon.Open(ctx, cfg, a.commandLogger(cfg))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	err = f(c, cfg)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return fmt.Errorf("%w; the bus does not answer in time: is its disk full? The log of the daemon says so, and its /readyz", err)
	}
	return err
}

// withTopology opens the bus for f to look at its streams and change them.
func (a *app) withTopology(ctx context.Context, f func(*daemon.Topology, *config.Config) error) (err error) {
	cfg, err := a.settings()
	if err != nil {
		return err
	}
	t, err := daemon.OpenTopology(ctx, cfg, a.commandLogger(cfg))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	return f(t, cfg)
}

// tellWhen says when a change takes effect: at once where a daemon runs, else when one is started.
func (a *app) tellWhen(c *daemon.Client, cfg *config.Config, what string) {
	switch {
	case c.Bus.Embedded():
		a.say("%s when the daemon runs: feedmill run%s", what, a.dataHint(cfg))
	case cfg.NATS.External():
		a.say("%s now, if a daemon runs on %s", what, c.Bus.Where())
	default:
		a.say("%s now", what)
	}
}
