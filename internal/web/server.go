package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// closeWait is how long answers under way may go on after Close.
const closeWait = 500 * time.Millisecond

// Server is a listener that serves until it is closed.
type Server struct {
	http *http.Server
	addr net.Addr
	end  func() error
}

// Listen serves a handler at an address, host:port; port 0 takes a free one. The logger is told of broken connections at
// level debug.
func Listen(ctx context.Context, address string, h http.Handler, log *slog.Logger) (*Server, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	s := &Server{addr: l.Addr(), http: &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(l) }()
	s.end = sync.OnceValue(func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWait)
		defer cancel()
		err := s.http.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			err = s.http.Close() // whoever reads so slowly gets the rest no more
		}
		if e := <-served; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		if err != nil {
			return fmt.Errorf("HTTP listener at %s: %w", address, err)
		}
		return nil
	})
	return s, nil
}

// URL is where the server is, without a slash at the end.
func (s *Server) URL() string { return "http://" + s.addr.String() }

// Close takes no more requests, gives those under way half a second, and frees the address. It may be called again, and
// on nil.
func (s *Server) Close() error {
	if s == nil {
		return nil
	}
	return s.end()
}
