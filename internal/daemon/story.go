package daemon

import (
	"math"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/enricher/story"
)

// StoryOf is a placement as records have it. At is when it was made.
func StoryOf(p *story.Placement, at time.Time) *feedmill.Story {
	return &feedmill.Story{ID: p.Story, Role: p.Role, Of: p.Of, Containment: math.Round(1000*p.Containment) / 1000, Shared: p.Shared, Sampled: p.Compared, PlacedAt: at}
}
