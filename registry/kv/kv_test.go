package kv_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/feedmill/feedmill/registry"
	"github.com/feedmill/feedmill/registry/kv"
	"github.com/feedmill/feedmill/registry/registrytest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	registrytest.Run(t, func(t *testing.T) registry.Store {
		s, err := kv.Open(t.Context(), connect(t, t.TempDir()), nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

// connect starts a server on a directory that listens nowhere, and connects to it. Both end with the test.
func connect(t *testing.T, dir string) jetstream.JetStream {
	t.Helper()
	srv, err := server.NewServer(&server.Options{JetStream: true, StoreDir: dir, DontListen: true, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() {
		srv.Shutdown()
		srv.WaitForShutdown()
	})
	if !srv.ReadyForConnections(30 * time.Second) {
		t.Fatal("server is not ready after 30 s")
	}
	nc, err := nats.Connect("", nats.InProcessServer(srv))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}
