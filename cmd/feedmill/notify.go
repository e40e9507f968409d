package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/feedmill/feedmill/internal/web"
)

// tellSystemd tells the service manager what the daemon does (sd_notify(3)). Without one it does nothing.
func tellSystemd(state string, log *slog.Logger) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("cannot tell systemd how the service does", "state", state, "error", err)
	}
}

// feedWatchdog tells systemd's watchdog, where the unit has one, that the daemon goes on, until ctx ends. It falls silent
// while a worker is stalled, so that systemd starts the service again.
func feedWatchdog(ctx context.Context, stalled func() []web.Problem, log *slog.Logger) {
	limit, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("no watchdog: systemd's environment is wrong", "error", err)
	}
	if limit <= 0 {
		return
	}
	tick := time.NewTicker(limit / 3)
	defer tick.Stop()
	told := false
	for {
		if problems := stalled(); len(problems) == 0 {
			tellSystemd(daemon.SdNotifyWatchdog, log)
			told = false
		} else if !told {
			log.Error("stalled; the watchdog is left to start the service again", "worker", problems[0].Name, "reason", problems[0].Reason)
			told = true
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
