package sink

import (
	"context"
	"time"

	"github.com/feedmill/feedmill"
)

// Pruner is a store that can drop what is old.
type Pruner interface {
	// Prune drops articles that were last seen before the given time: fetched, or new or changed in a feed. An entry that
	// stands in a feed unchanged is not seen again, so its article goes too. Those that were unseen longest go first, limit
	// of them at most, in one transaction, each with all that is kept of it and of those merged into it. It returns how many it dropped. A dropped article is as one that never was: a record that is written later makes
	// a new one, and who follows the changes does not hear of it. What was withdrawn stays, so that it stays withdrawn.
	Prune(ctx context.Context, before time.Time, limit int) (int, error)
}

// lastSeen is when the article, or one that was merged into it, was last seen; the zero time where nothing says so.
func (m *merging) lastSeen(a *Article) time.Time {
	last := a.lastSeen()
	if a.Root == "" {
		for _, x := range m.merged[a.ID] {
			if at := x.lastSeen(); at.After(last) {
				last = at
			}
		}
	}
	return last
}

func (a *Article) lastSeen() (last time.Time) {
	if a.Standing.Stated.Value == feedmill.StateWithdrawn {
		return last
	}
	later := func(at time.Time) {
		if at = instant(at); at.After(last) {
			last = at
		}
	}
	for _, r := range a.Renditions {
		for _, at := range r.Sightings {
			later(at)
		}
	}
	for i := range a.Mentions {
		later(a.Mentions[i].LastSeen)
	}
	if last.IsZero() { // nothing but what was stated of it
		later(a.Standing.Stated.Since)
		later(a.Standing.Merge.Since)
		later(a.Standing.Story.PlacedAt)
	}
	return last
}

// Outlives tells whether an article that was merged into another stays when that is dropped, because it was withdrawn
// itself. It then stands alone.
func (a *Article) Outlives() (bool, error) {
	if a.Standing.Stated.Value != feedmill.StateWithdrawn {
		return false, nil
	}
	a.Root, a.Standing.Merge = "", feedmill.State{}
	shown, err := Encode(Shown{State: a.State()})
	a.Shown, a.LastSeen, a.withdrawn = shown, time.Time{}, true
	return true, err
}
