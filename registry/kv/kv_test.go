package kv_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/registry"
	"github.com/feedmill/feedmill/registry/kv"
	"github.com/feedmill/feedmill/registry/registrytest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	registrytest.Run(t, func(t *testing.T) registry.Store {
		js, _ := start(t, t.TempDir())
		return open(t, js, nil)
	})
}

func TestOpen(t *testing.T) {
	t.Parallel()
	js, _ := start(t, t.TempDir())
	ctx := t.Context()
	a, b := open(t, js, nil), open(t, js, &kv.Options{Prefix: "other-"})
	if _, err := a.Put(ctx, registry.BucketFeeds, "f", []byte("a"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put(ctx, registry.BucketFeeds, "f", []byte("b"), 0); err != nil {
		t.Errorf("stores with two prefixes share a key: %v", err)
	}
	if v, _, err := open(t, js, nil).Get(ctx, registry.BucketFeeds, "f"); err != nil || string(v) != "a" {
		t.Errorf("opened again: %q, %v; want what was put", v, err)
	}
	var names []string
	for name := range js.KeyValueStoreNames(ctx).Name() {
		names = append(names, name)
	}
	slices.Sort(names)
	want := []string{
		"fm_alias", "fm_denied", "fm_feeds", "fm_hosts", "fm_seen",
		"other-alias", "other-denied", "other-feeds", "other-hosts", "other-seen",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("buckets (-want +got):\n%s", diff)
	}
	bucket, err := js.KeyValue(ctx, "fm_feeds")
	if err != nil {
		t.Fatal(err)
	}
	status, err := bucket.Status(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if status.History() != 1 || status.Config().Storage != jetstream.FileStorage || status.Config().Replicas != 1 {
		t.Errorf("bucket has history %d, storage %v, %d replicas; want 1, file, 1",
			status.History(), status.Config().Storage, status.Config().Replicas)
	}
}

func TestOpenBad(t *testing.T) {
	t.Parallel()
	js, _ := start(t, t.TempDir())
	for _, o := range []*kv.Options{{Prefix: "a.b"}, {Replicas: 3}} {
		if _, err := kv.Open(t.Context(), js, o); err == nil || !strings.Contains(err.Error(), "open bucket "+o.Prefix) {
			t.Errorf("open with %+v on one server: %v, want an error that names the bucket", o, err)
		}
	}
	s := open(t, js, nil)
	if _, err := s.Put(t.Context(), "nonesuch", "k", nil, 0); err == nil || !strings.Contains(err.Error(), `no bucket "nonesuch"`) {
		t.Errorf("put into an unknown bucket: %v", err)
	}
	for _, err := range s.All(t.Context(), "nonesuch") {
		if err == nil {
			t.Error("an unknown bucket can be listed")
		}
	}
}

// TestRestart: feeds, seen sets, aliases and revisions are there after the server was.
func TestRestart(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), t.TempDir()
	js, stop := start(t, dir)
	r := registry.New(open(t, js, nil))
	want, _, err := r.Add(ctx, "https://example.org/feed", &registry.AddOptions{Tags: []string{"News"}})
	if err != nil {
		t.Fatal(err)
	}
	items := []feedmill.Item{{Link: "https://example.org/1"}}
	seen, rev, err := r.Seen(ctx, want.ID)
	if err != nil {
		t.Fatal(err)
	}
	found := seen.Unseen(want.URL, items, time.Now())
	if rev, err = r.PutSeen(ctx, want.ID, seen, rev); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Claim(ctx, "https://example.org/final", found[0].ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	gone, _, err := r.Add(ctx, "https://example.org/gone", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Remove(ctx, gone.ID); err != nil {
		t.Fatal(err)
	}
	stop()

	js, _ = start(t, dir)
	r = registry.New(open(t, js, nil))
	var got []feedmill.FeedState
	for st, err := range r.Feeds(ctx, nil) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, st)
	}
	if diff := cmp.Diff([]feedmill.FeedState{want}, got); diff != "" {
		t.Errorf("feeds after a restart (-want +got):\n%s", diff)
	}
	seen, gotRev, err := r.Seen(ctx, want.ID)
	if err != nil || gotRev != rev {
		t.Fatalf("seen set at %d, %v; want %d", gotRev, err, rev)
	}
	if found := seen.Unseen(want.URL, items, time.Now()); len(found) != 0 {
		t.Errorf("%d items are found again after a restart", len(found))
	}
	if id, ok, err := r.Resolve(ctx, "https://example.org/final"); err != nil || !ok || id != found[0].ID {
		t.Errorf("alias after a restart: %q, %v, %v; want %s", id, ok, err, found[0].ID)
	}
}

func open(t *testing.T, js jetstream.JetStream, o *kv.Options) *kv.Store {
	t.Helper()
	s, err := kv.Open(t.Context(), js, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// start starts a server that listens nowhere, and connects to it. Both end with the test, or with a call of stop.
func start(t *testing.T, dir string) (js jetstream.JetStream, stop func()) {
	t.Helper()
	srv, err := server.NewServer(&server.Options{
		JetStream: true, StoreDir: dir, SyncInterval: time.Second, DontListen: true, NoSigs: true, NoLog: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	stop = func() {
		srv.Shutdown()
		srv.WaitForShutdown()
	}
	t.Cleanup(stop)
	if !srv.ReadyForConnections(30 * time.Second) {
		t.Fatal("server is not ready after 30 s")
	}
	nc, err := nats.Connect("", nats.InProcessServer(srv))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	if js, err = jetstream.New(nc); err != nil {
		t.Fatal(err)
	}
	return js, stop
}
