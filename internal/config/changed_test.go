package config

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestChanged(t *testing.T) {
	t.Parallel()
	a, b := Default(), Default()
	if got := a.Changed(b); got != nil {
		t.Errorf("equal configurations: %v", got)
	}
	b.Poll.Min = Duration(time.Second)
	b.Feeds = []string{"feeds.txt"}
	b.Log.Level = "debug"
	b.Sinks[0].Name = "other"
	if diff := cmp.Diff([]string{"log.level", "feeds", "poll.min", "sinks"}, a.Changed(b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
