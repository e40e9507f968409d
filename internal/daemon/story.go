package daemon

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/enricher/story"
	"github.com/feedmill/feedmill/internal/config"
)

// storyWorker is the name of the worker that places records in stories.
const storyWorker = "story"

// storyNote is what the header of a record says for the story worker: of an article its publisher, its time and its
// fingerprint, of a placement where it was placed.
type storyNote struct {
	Source      string          `json:"source,omitempty"`
	At          time.Time       `json:"at,omitzero"`
	Fingerprint string          `json:"fingerprint,omitempty"`
	Story       *feedmill.Story `json:"story,omitempty"`
}

func (n *storyNote) String() string {
	b, err := json.Marshal(n)
	if err != nil { // a time out of range: it is placed by the time at which it is stored
		b, _ = json.Marshal(&storyNote{Source: n.Source, Fingerprint: n.Fingerprint})
	}
	return string(b)
}

// putRecord publishes a record, with what the story worker has to know of it.
func (p *pipeline) putRecord(out *bus.Outbox, r *feedmill.Record) {
	if !p.cfg.Stories.Enabled || out.Cause().Run != "" {
		bus.Put(out, bus.Records, r) // a replay places nothing anew
		return
	}
	n := storyNote{Source: StorySource(r), At: StoryTime(r), Fingerprint: story.NewFingerprint(r.Text).String()}
	bus.PutNoted(out, bus.Records, r, n.String())
}

// StorySource names who published a record. Several publishers may be of one domain.
func StorySource(r *feedmill.Record) string {
	return strings.TrimSpace(cmp.Or(r.Source.ID, r.Source.Domain) + " " + r.Source.Name)
}

// StoryTime is the time by which the earlier of two records is told: when it was published, where that is known to the
// minute with its zone, else when it was seen.
func StoryTime(r *feedmill.Record) time.Time {
	at, precise := r.Published.UTC, r.Published.Precision == "minute" || r.Published.Precision == "second"
	if precise && !at.IsZero() && !at.After(r.SeenAt) {
		return at
	}
	return r.SeenAt
}

// StoryOf is a placement as records have it. At is when it was made.
func StoryOf(p *story.Placement, at time.Time) *feedmill.Story {
	return &feedmill.Story{ID: p.Story, Role: p.Role, Of: p.Of, Containment: math.Round(1000*p.Containment) / 1000, Shared: p.Shared, Sampled: p.Compared, PlacedAt: at}
}

// placementOf is where a record says that an article belongs.
func placementOf(id string, s *feedmill.Story) story.Placement {
	return story.Placement{ID: id, Story: s.ID, Role: s.Role, Of: s.Of, Containment: s.Containment, Shared: s.Shared, Compared: s.Sampled}
}

// placing places records in stories. Of several enrichers one does so at a time.
type placing struct {
	*pipeline
	window *story.Window
	// last is the latest time of a placement: clocks of processes differ, and the latest placement of an article holds.
	last   time.Time
	unsent []*feedmill.Record
}

// placeStories is the story worker.
func (p *pipeline) placeStories(ctx context.Context) error {
	s := &placing{pipeline: p}
	w := &bus.HeaderWorker{Name: storyWorker, Stream: bus.StreamRecord, Since: time.Duration(p.cfg.Stories.Window), Begin: s.begin, Handle: s.place}
	return w.Run(ctx, p.Bus)
}

// begin rebuilds the window from what the stream holds: the placements that are older than the window, then what is in it. What
// of that was not placed yet comes, and is looked at then.
func (s *placing) begin(ctx context.Context) error {
	start := time.Now()
	s.window, s.unsent = newStoryWindow(s.cfg), nil
	since := start.Add(-time.Duration(s.cfg.Stories.Window))
	err := s.Bus.Select(ctx, bus.Selection{Stream: bus.StreamRecord, Subject: bus.Placements, Until: since}, false, func(m *bus.Stored) bool {
		if n, ok := s.read(m); ok && n.Story != nil {
			s.restore(m, n)
		}
		return true
	})
	if err != nil {
		return err
	}
	err = s.Bus.Select(ctx, bus.Selection{Stream: bus.StreamRecord, Since: since}, false, func(m *bus.Stored) bool {
		n, ok := s.read(m)
		switch {
		case !ok:
		case n.Story != nil:
			s.restore(m, n)
		case standsElsewhere(m):
			s.window.Remove(m.ID)
		default:
			if a := s.article(m, n); a != nil {
				s.window.Load(a)
			}
		}
		return true
	})
	if err != nil {
		return err
	}
	s.metrics.StoryWindow(s.window.Len())
	s.log.Info("stories are placed here", "articles", s.window.Len(), "took", time.Since(start).Round(time.Millisecond))
	return nil
}

// restore puts an article where a message says that it was placed.
func (s *placing) restore(m *bus.Stored, n storyNote) {
	s.after(n.Story.PlacedAt)
	s.window.Restore(placementOf(m.ID, n.Story), n.Story.By == feedmill.ByHand)
}

func newStoryWindow(cfg *config.Config) *story.Window {
	return story.NewWindow(&story.Options{Age: time.Duration(cfg.Stories.Window), Max: cfg.Stories.Max})
}

// standsElsewhere tells whether a record says that its article was merged into another, or withdrawn.
func standsElsewhere(m *bus.Stored) bool {
	return m.State == feedmill.StateMerged || m.State == feedmill.StateWithdrawn
}

// after makes the next placement be later than t.
func (s *placing) after(t time.Time) {
	if t.After(s.last) {
		s.last = t
	}
}

// read reads a message's note. It is not ok where the message says nothing that is placed.
func (s *placing) read(m *bus.Stored) (n storyNote, ok bool) {
	if m.Run != "" || m.ID == "" {
		return n, false
	}
	if m.Note == "" {
		return n, standsElsewhere(m)
	}
	if err := json.Unmarshal([]byte(m.Note), &n); err != nil {
		s.log.Warn("a record's note cannot be read; it is not placed", "seq", m.Seq, "id", m.ID, "error", err)
		return n, false
	}
	return n, true
}

// article is what a message says of an article, nil where that cannot be read.
func (s *placing) article(m *bus.Stored, n storyNote) *story.Article {
	text, err := story.Parse(n.Fingerprint)
	if err != nil {
		s.log.Warn("a record's fingerprint cannot be read; it is not placed", "seq", m.Seq, "id", m.ID, "error", err)
		return nil
	}
	at := n.At
	if at.IsZero() {
		at = m.Time
	}
	return &story.Article{ID: m.ID, Source: n.Source, At: at, Seen: m.Time, Text: text}
}

// place places the articles of a batch and publishes what came of it.
func (s *placing) place(ctx context.Context, batch []*bus.Stored) error {
	moved := map[string]story.Placement{}
	var order []string
	note := func(all []story.Placement) {
		for _, p := range all {
			if _, known := moved[p.ID]; !known {
				order = append(order, p.ID)
			}
			moved[p.ID] = p
		}
	}
	for _, m := range batch {
		n, ok := s.read(m)
		switch {
		case !ok:
		case n.Story != nil && n.Story.By == feedmill.ByHand:
			s.after(n.Story.PlacedAt)
			delete(moved, m.ID)
			note(s.window.Decide(placementOf(m.ID, n.Story)))
		case n.Story != nil: // its own, or the last words of who had the turn before
			s.after(n.Story.PlacedAt)
		case standsElsewhere(m):
			s.window.Remove(m.ID)
		default:
			if a := s.article(m, n); a != nil {
				note(s.window.Place(a))
			}
		}
	}
	if s.last = s.last.Add(1); time.Now().After(s.last) {
		s.last = time.Now()
	}
	for _, id := range order {
		if p, ok := moved[id]; ok {
			r := feedmill.NewRecord(&feedmill.Article{ID: id})
			r.Story = StoryOf(&p, s.last.UTC())
			s.unsent = append(s.unsent, r)
			s.metrics.Placed(p.Role)
		}
	}
	s.metrics.StoryWindow(s.window.Len())
	return s.send(ctx)
}

// send publishes what was placed.
func (s *placing) send(ctx context.Context) error {
	if len(s.unsent) == 0 {
		return nil
	}
	err := s.Bus.Send(ctx, storyWorker, s.last.Format(time.RFC3339Nano), func(out *bus.Outbox) {
		for _, r := range s.unsent {
			bus.PutNoted(out, bus.Records, r, (&storyNote{Story: r.Story}).String())
		}
	})
	if err == nil {
		s.unsent = nil
	}
	return err
}

// dismissStories drops the story worker's place where no stories are wanted any more: who fills the stream would wait for
// it. On a server of others' another process may place stories, and if none does, the server drops it.
func (p *pipeline) dismissStories(ctx context.Context) error {
	if p.cfg.Stories.Enabled || !p.Bus.Embedded() {
		return nil
	}
	_, err := p.Bus.Dismiss(ctx, bus.StreamRecord, func(worker string) bool { return worker == storyWorker })
	return err
}

// PlaceByHand places an article where a person wants it: in a story of its own, or where s says. The story worker leaves it
// there.
func (c *Client) PlaceByHand(ctx context.Context, id, url string, s feedmill.Story) error {
	now := time.Now().UTC()
	if !now.After(s.PlacedAt) {
		now = s.PlacedAt.Add(1) // the clock of who placed it before is ahead
	}
	s.By, s.PlacedAt = feedmill.ByHand, now
	r := feedmill.NewRecord(&feedmill.Article{ID: id, URL: url})
	r.Story = &s
	return c.Bus.Send(ctx, storyWorker+"-hand", id+":"+now.Format(time.RFC3339Nano), func(out *bus.Outbox) {
		bus.PutNoted(out, bus.Records, r, (&storyNote{Story: r.Story}).String())
	})
}
