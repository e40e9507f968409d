package bus

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/feedmill/feedmill"
)

// TestAnHourOfOutageIsToldBriefly fails every 30 s for an hour, with another reason from half of it on.
func TestAnHourOfOutageIsToldBriefly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		o := outage{log: slog.New(slog.NewTextHandler(&log, nil)), sink: "sink-main"}
		o.over() // nothing was wrong
		began := time.Now()
		for time.Since(began) < time.Hour {
			reason := "server is stopping: wait for it"
			if time.Since(began) >= 32*time.Minute {
				reason = "no such database: create it"
			}
			o.goesOn(feedmill.RetryAfter(time.Now().Add(time.Second), errors.New(reason)), 200, storeRetryMax)
			time.Sleep(storeRetryMax)
		}
		o.over()
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		// At the start, every 5 minutes, when the reason changes, and at the end.
		if n := strings.Count(log.String(), "cannot write; nothing is lost, trying again"); n != 13 || len(lines) != 14 {
			t.Errorf("%d of %d lines tell that it cannot write, want 13 of 14:\n%s", n, len(lines), log.String())
		}
		for line, want := range map[int]string{
			0:  `sink=sink-main records=200 in=30s for=0s error="server is stopping: wait for it"`,
			7:  `for=32m0s error="no such database: create it"`,
			13: `msg="writing again" sink=sink-main after=1h0m0s`,
		} {
			if line < len(lines) && !strings.Contains(lines[line], want) {
				t.Errorf("line %d is %s, want %s", line, lines[line], want)
			}
		}
		if o.over(); strings.Count(log.String(), "writing again") != 1 {
			t.Error("the end of the outage is told twice")
		}
	})
}

func TestErrorTextLeavesOutTheNextTry(t *testing.T) {
	t.Parallel()
	down := feedmill.RetryAfter(time.Now(), errors.New("no disk"))
	for want, err := range map[string]error{
		"no disk":       down,
		"main: no disk": fmt.Errorf("main: %w", down),
		"plain":         errors.New("plain"),
	} {
		if got := errorText(err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
