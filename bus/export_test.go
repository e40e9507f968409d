package bus

import (
	"encoding/json"
	"testing"
	"time"
)

// Reopen makes a replay one of which nothing was looked at, whose sender was last heard of at that time.
func Reopen(t *testing.T, b *Bus, id string, at time.Time) {
	t.Helper()
	change(t, b, id, func(r *Replay) { r.Beat, r.Next, r.Complete = at, 0, false })
}

// Beat says that whoever sends a replay's pointers was last heard of at that time.
func Beat(t *testing.T, b *Bus, id string, at time.Time) {
	t.Helper()
	change(t, b, id, func(r *Replay) { r.Beat = at })
}

func change(t *testing.T, b *Bus, id string, change func(*Replay)) {
	t.Helper()
	kv, err := b.replays(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := stored(t.Context(), kv, id)
	if err != nil {
		t.Fatal(err)
	}
	change(r)
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Put(t.Context(), id, raw); err != nil {
		t.Fatal(err)
	}
}
