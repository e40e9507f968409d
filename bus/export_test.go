package bus

import (
	"encoding/json"
	"testing"
	"time"
)

// Beat says that whoever sends a replay's pointers was last heard of at that time.
func Beat(t *testing.T, b *Bus, id string, at time.Time) {
	t.Helper()
	kv, err := b.replays(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := stored(t.Context(), kv, id)
	if err != nil {
		t.Fatal(err)
	}
	r.Beat = at
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Put(t.Context(), id, raw); err != nil {
		t.Fatal(err)
	}
}
