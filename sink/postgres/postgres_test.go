package postgres_test

import (
	"sync"
	"testing"

	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/postgres"
	"github.com/feedmill/feedmill/sink/postgres/pgtest"
	"github.com/feedmill/feedmill/sink/sinktest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	var databases sync.Map
	sinktest.Run(t, func(t *testing.T) sink.Sink {
		dsn, ok := databases.Load(t.Name())
		if !ok {
			dsn = pgtest.New(t)
			databases.Store(t.Name(), dsn)
		}
		return open(t, dsn.(string), nil)
	})
}

// open opens the store, and closes it at the end of the test.
func open(t testing.TB, dsn string, o *postgres.Options) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), dsn, o)
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
