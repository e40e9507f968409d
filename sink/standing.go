package sink

import (
	"cmp"
	"time"

	"github.com/feedmill/feedmill"
)

// Standing is what all records of one id say of whether the article still stands. Records may be added in any order
// and more than once.
type Standing struct {
	// Stated is the newest state that was stated with its time, or as gone or withdrawn.
	Stated feedmill.State `json:"stated,omitzero"`
	// AliveAt is when the article's page was last fetched whole.
	AliveAt time.Time `json:"alive_at,omitzero"`
	// Merge is the newest merge. It is never undone: an id that was merged stays an alias.
	Merge feedmill.State `json:"merge,omitzero"`
	// Story is the latest placement, that of a person before all others.
	Story feedmill.Story `json:"story,omitzero"`
}

// Add takes the record into account. A state without a time counts from the record's SeenAt.
func (s *Standing) Add(rec *feedmill.Record) {
	s.addStory(rec.Story)
	st := rec.State
	if st.Value == feedmill.StateLive && st.Since.IsZero() {
		st.Value = ""
	}
	if st.Since.IsZero() {
		st.Since = rec.SeenAt
	}
	st.Since = instant(st.Since)
	switch st.Value {
	case "":
		// A text from the feed is no proof that the page still stands.
		if seen := instant(rec.SeenAt); rec.Rendition != "" && !rec.HasWarning(feedmill.WarnFeedOnly) && seen.After(s.AliveAt) {
			s.AliveAt = seen
		}
	case feedmill.StateMerged:
		if st.MergedInto != rec.ID && later(st, s.Merge) {
			s.Merge = st
		}
	default:
		st.MergedInto = ""
		if later(st, s.Stated) {
			s.Stated = st
		}
	}
}

// addStory takes a placement into account. That of a person gives way to a later one of a person alone. Where two are of one time,
// the one that sorts first goes before, so that the order in which they come decides nothing.
func (s *Standing) addStory(p *feedmill.Story) {
	if p == nil || p.ID == "" {
		return
	}
	placed := *p
	placed.PlacedAt = instant(placed.PlacedAt)
	have := &s.Story
	if have.ID == "" || cmp.Or(cmp.Compare(placed.By, have.By), placed.PlacedAt.Compare(have.PlacedAt), cmp.Compare(have.ID, placed.ID),
		cmp.Compare(have.Of, placed.Of), cmp.Compare(have.Role, placed.Role), cmp.Compare(have.Shared, placed.Shared), cmp.Compare(have.Sampled, placed.Sampled)) > 0 {
		s.Story = placed
	}
}

// later orders states by time; ties go to the weightier state, then to the smaller target. What is withdrawn stays so,
// whatever is stated later.
func later(a, b feedmill.State) bool {
	weight := map[string]int{"": 0, feedmill.StateLive: 1, feedmill.StateGone: 2, feedmill.StateMerged: 3, feedmill.StateWithdrawn: 4}
	if b.Value == "" {
		return true
	}
	if (a.Value == feedmill.StateWithdrawn) != (b.Value == feedmill.StateWithdrawn) {
		return a.Value == feedmill.StateWithdrawn
	}
	return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(weight[a.Value], weight[b.Value]),
		cmp.Compare(b.MergedInto, a.MergedInto)) > 0
}

// State is the state to show, merges apart: the newest that was stated, live where there is none, and live again where
// the page of a gone article was fetched since.
func (s *Standing) State() feedmill.State {
	if s.Stated.Value == "" || s.Stated.Value == feedmill.StateGone && s.AliveAt.After(s.Stated.Since) {
		return feedmill.State{Value: feedmill.StateLive}
	}
	return s.Stated
}

// instant drops what does not belong to a moment: its offset and the process's monotonic clock.
func instant(t time.Time) time.Time { return t.UTC().Round(0) }
