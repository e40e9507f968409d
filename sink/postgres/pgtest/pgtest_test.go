package pgtest_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/feedmill/feedmill/sink/postgres/pgtest"
)

func TestNew(t *testing.T) {
	t.Parallel()
	one, two := connect(t, pgtest.New(t)), connect(t, pgtest.New(t))
	if _, err := one.Exec(t.Context(), "CREATE TABLE x ()"); err != nil {
		t.Fatal(err)
	}
	var there bool
	if err := two.QueryRow(t.Context(), "SELECT to_regclass('x') IS NOT NULL").Scan(&there); err != nil || there {
		t.Errorf("a table of another database is there: %v, %v", there, err)
	}
}

func TestStopAndStart(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	dsn := s.Database(t)
	if _, err := connect(t, dsn).Exec(t.Context(), "CREATE TABLE x ()"); err != nil {
		t.Fatal(err)
	}
	s.Stop(t)
	if conn, err := pgx.Connect(t.Context(), dsn); err == nil {
		conn.Close(t.Context())
		t.Error("a stopped server answers")
	}
	s.Start(t)
	if _, err := connect(t, dsn).Exec(t.Context(), "SELECT FROM x"); err != nil {
		t.Errorf("after a stop and a start: %v", err)
	}
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}
