package web_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill/internal/web"
)

func listen(t *testing.T, h http.Handler) *web.Server {
	t.Helper()
	s, err := web.Listen(t.Context(), "127.0.0.1:0", h, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestListenAtATakenAddress(t *testing.T) {
	t.Parallel()
	s := listen(t, http.NotFoundHandler())
	address := strings.TrimPrefix(s.URL(), "http://")
	_, err := web.Listen(t.Context(), address, http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), address) {
		t.Errorf("error %v, want one that names %s", err, address)
	}
}

func TestCloseFreesTheAddress(t *testing.T) {
	t.Parallel()
	s := listen(t, http.NotFoundHandler())
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", strings.TrimPrefix(s.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := (*web.Server)(nil).Close(); err != nil {
		t.Errorf("close of none: %v", err)
	}
}

// TestCloseDoesNotWaitForSlowReaders closes while an answer is under way that never ends.
func TestCloseDoesNotWaitForSlowReaders(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	s := listen(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
	}))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL(), nil)
		if err != nil {
			t.Error(err)
			return
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
		}
	}()
	<-entered
	start := time.Now()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
	<-answered
}
