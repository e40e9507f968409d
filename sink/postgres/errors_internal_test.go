package postgres

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/feedmill/feedmill"
)

// TestAServerThatSaysNothingIsDown connects to a server that takes connections and never answers.
func TestAServerThatSaysNothingIsDown(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = pgconn.Connect(ctx, "postgres://ann@"+listener.Addr().String()+"/db?sslmode=disable")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("connect: %v, want that the deadline passed", err)
	}
	s := &Store{}
	if _, down := feedmill.RetryTime(s.explain("write", err)); !down {
		t.Errorf("%v does not say that the store is down", s.explain("write", err))
	}
	if _, down := feedmill.RetryTime(s.explain("write", context.DeadlineExceeded)); down {
		t.Error("a deadline alone says that the store is down")
	}
}
