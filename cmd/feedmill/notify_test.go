package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/feedmill/feedmill/internal/web"
)

// manager is a socket that stands in for systemd's.
func manager(t *testing.T) *net.UnixConn {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return conn
}

// next returns the next message, "" where none comes within the time.
func next(t *testing.T, conn *net.UnixConn, wait time.Duration) string {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	n, err := conn.Read(buf)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

func TestTellSystemd(t *testing.T) {
	conn := manager(t)
	tellSystemd("READY=1", slog.New(slog.DiscardHandler))
	if got := next(t, conn, 10*time.Second); got != "READY=1" {
		t.Errorf("told %q, want READY=1", got)
	}
}

func TestWatchdogFallsSilentWhileStalled(t *testing.T) {
	conn := manager(t)
	t.Setenv("WATCHDOG_USEC", "60000") // a third of it is 20 ms
	var stalled atomic.Bool
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		feedWatchdog(ctx, func() []web.Problem {
			if stalled.Load() {
				return []web.Problem{{Name: "worker page", Reason: "nothing taken"}}
			}
			return nil
		}, slog.New(slog.DiscardHandler))
	}()
	for range 3 {
		if got := next(t, conn, 10*time.Second); got != "WATCHDOG=1" {
			t.Fatalf("told %q, want WATCHDOG=1", got)
		}
	}
	stalled.Store(true)
	for got := "WATCHDOG=1"; got != ""; { // until what was under way has been read
		got = next(t, conn, 200*time.Millisecond)
	}
	stalled.Store(false)
	if got := next(t, conn, 10*time.Second); got != "WATCHDOG=1" {
		t.Errorf("told %q after the stall, want WATCHDOG=1", got)
	}
	cancel()
	<-ended
}

func TestNoWatchdogWithoutSystemd(t *testing.T) {
	t.Setenv("WATCHDOG_USEC", "")
	feedWatchdog(t.Context(), func() []web.Problem { t.Error("asked"); return nil }, slog.New(slog.DiscardHandler)) // returns at once
}
