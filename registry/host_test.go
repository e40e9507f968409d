package registry_test

import (
	"testing"
	"time"

	"github.com/feedmill/feedmill/registry"
	"github.com/feedmill/feedmill/registry/mem"
	"github.com/google/go-cmp/cmp"
)

func TestHeldHosts(t *testing.T) {
	t.Parallel()
	r := registry.New(mem.New())
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, hold := range []struct {
		host string
		d    time.Duration
	}{{"a.example", time.Hour}, {"a.example", time.Minute}, {"b.example", time.Minute}, {"[::1]:8080", 2 * time.Hour}} {
		if err := r.HoldHost(t.Context(), hold.host, now.Add(hold.d)); err != nil {
			t.Fatal(err)
		}
	}
	for _, at := range []struct {
		d    time.Duration
		want map[string]time.Time
	}{
		{0, map[string]time.Time{"a.example": now.Add(time.Hour), "b.example": now.Add(time.Minute), "[::1]:8080": now.Add(2 * time.Hour)}},
		{time.Minute, map[string]time.Time{"a.example": now.Add(time.Hour), "[::1]:8080": now.Add(2 * time.Hour)}},
		{3 * time.Hour, map[string]time.Time{}},
		{0, map[string]time.Time{}}, // what was over is forgotten
	} {
		got, err := r.HeldHosts(t.Context(), now.Add(at.d))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(at.want, got); diff != "" {
			t.Errorf("after %v (-want +got):\n%s", at.d, diff)
		}
	}
}
