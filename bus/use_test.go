package bus_test

import (
	"sync"
	"testing"
	"time"

	"github.com/feedmill/feedmill/bus/bustest"
)

// TestInUse: a version keeps its time while it is in use, one that is put back into use gets a later one than all others,
// and processes that tell of it at once agree.
func TestInUse(t *testing.T) {
	t.Parallel()
	b := bustest.New(t, nil)
	use := func(version string) time.Time {
		t.Helper()
		at, err := b.InUse(t.Context(), "parser", version)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	if version, since, err := b.UseOf(t.Context(), "parser"); version != "" || !since.IsZero() || err != nil {
		t.Errorf("before anything is in use: %q since %v, %v", version, since, err)
	}
	begin := time.Now()
	a := use("a")
	if d := a.Sub(begin).Abs(); d > time.Minute {
		t.Errorf("in use since %v, it is %v", a, begin)
	}
	if again := use("a"); !again.Equal(a) {
		t.Errorf("told of once more: since %v, want %v", again, a)
	}
	times := []time.Time{a}
	for _, v := range []string{"b", "a", "b", "a"} {
		times = append(times, use(v))
	}
	for i := 1; i < len(times); i++ {
		if !times[i].After(times[i-1]) {
			t.Errorf("in use at %v after %v", times[i], times[i-1])
		}
	}
	if version, since, err := b.UseOf(t.Context(), "parser"); version != "a" || !since.Equal(times[4]) || err != nil {
		t.Errorf("in use is %q since %v, %v", version, since, err)
	}
	if other, err := b.InUse(t.Context(), "enricher", "b"); err != nil || !other.After(times[0]) {
		t.Errorf("another part: %v, %v", other, err)
	}

	var group sync.WaitGroup
	var mu sync.Mutex
	seen := map[time.Time]bool{}
	for range 8 {
		group.Go(func() {
			at, err := b.InUse(t.Context(), "parser", "c")
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			seen[at] = true
		})
	}
	group.Wait()
	if len(seen) != 1 {
		t.Errorf("eight that came at once were told of %d times", len(seen))
	}
}
