package daemon_test

import (
	"context"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/feedmill/feedmill/sink"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestOnePassFindsAWireCopy has the demo's report that two papers have, one shortened and under another headline: a pass
// that has ended has placed both, by the time of publication whichever came first. A second pass changes nothing.
func TestOnePassFindsAWireCopy(t *testing.T) {
	t.Parallel()
	_, addr, feeds := startDemo(t)
	cfg := testConfig(t.TempDir())
	cfg.Stories = config.Default().Stories
	var cursors []int64
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		_, err := daemon.Run(ctx, daemon.Options{Config: cfg, Also: addr, Feeds: feeds, Once: true, Logger: testLogger(t)})
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		all := records(t, cfg.Data, sink.Query{})
		first, second := byPath(t, all, newsroom.OriginalPath)[0], byPath(t, all, newsroom.CopyPath)[0]
		want := []*feedmill.Story{{ID: first.ID, Role: feedmill.StoryOriginal}, {ID: first.ID, Role: feedmill.StoryCopy, Of: first.ID}}
		if d := cmp.Diff(want, []*feedmill.Story{first.Story, second.Story}, cmpopts.IgnoreFields(feedmill.Story{}, "Containment", "Shared", "Sampled", "PlacedAt")); d != "" {
			t.Errorf("stories (-want +got):\n%s", d)
		}
		for _, rs := range all {
			if rs[0].Story != nil && rs[0].Story.ID != first.ID {
				t.Errorf("%s is placed: %+v", rs[0].URL, rs[0].Story)
			}
		}
		cursors = append(cursors, first.Cursor, second.Cursor)
	}
	if cursors[0] != cursors[2] || cursors[1] != cursors[3] {
		t.Errorf("cursors %v: the second pass placed what was placed", cursors)
	}
}
