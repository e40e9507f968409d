package daemon_test

import (
	"context"
	"testing"
	"time"

	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/internal/newsroom"
)

// A sink that was renamed leaves a position behind that nobody reads on from; nothing waits for it.
func TestASinkThatIsNoMoreHoldsUpNothing(t *testing.T) {
	t.Parallel()
	_, addr, feeds := startNewsroom(t, &newsroom.GenerateOptions{Feeds: 2, Items: 3, PageBytes: 4 << 10})
	dir := t.TempDir()
	runOnce(t, dir, addr, feeds[:1])
	cfg := testConfig(dir)
	cfg.Sinks[0].Name = "renamed"
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	sum, err := daemon.Run(ctx, daemon.Options{Config: cfg, Also: addr, Feeds: feeds, Once: true, Logger: testLogger(t)})
	if err != nil {
		t.Fatal(err)
	}
	if sum.Partial() {
		t.Errorf("%+v, want everything done", sum)
	}
}
