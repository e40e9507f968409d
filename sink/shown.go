package sink

import (
	"slices"
	"time"

	"github.com/feedmill/feedmill"
)

// Shown is what is merged over all records of an article, and those merged into it. Its JSON goes over that of a
// rendition.
type Shown struct {
	State       feedmill.State     `json:"state,omitzero"`
	FirstSeenAt time.Time          `json:"first_seen_at,omitzero"`
	Feeds       []feedmill.Mention `json:"feeds,omitempty"`
	AltURLs     []string           `json:"alt_urls,omitempty"`
	Story       *feedmill.Story    `json:"story,omitempty"`
}

// Row is what a store holds of one revision of an article.
type Row struct {
	ID     string
	Cursor int64
	Shown  string // JSON of a Shown
	// Record is the JSON of the rendition, "" for a merged id of which no article came; it has no revision.
	Record   string
	Number   int
	Revision Revision
}

// Assemble makes the record that readers see.
func (row *Row) Assemble() (*feedmill.Record, error) {
	rec := new(feedmill.Record)
	rec.Schema, rec.ID = feedmill.SchemaVersion, row.ID
	if row.Record != "" {
		if err := Decode(row.Record, rec); err != nil {
			return nil, err
		}
		rec.SeenAt, rec.Revision, rec.Previous = row.Revision.SeenAt, row.Number, row.Revision.Previous
		if len(row.Revision.Change) > 0 {
			if err := Decode(string(row.Revision.Change), &rec.Change); err != nil {
				return nil, err
			}
		}
	}
	var over Shown
	if err := Decode(row.Shown, &over); err != nil {
		return nil, err
	}
	rec.State, rec.FirstSeenAt, rec.Feeds, rec.AltURLs = over.State, over.FirstSeenAt, over.Feeds, over.AltURLs
	rec.Story = over.Story
	rec.Cursor = row.Cursor
	return rec, nil
}

// show returns the JSON of what is merged over all records of an article, and of those merged into it.
func (m *merging) show(a *Article, seen []sighting) (string, error) {
	group := []*Article{a}
	out := Shown{State: a.State()}
	if a.Root == "" {
		group = append(group, m.merged[a.ID]...)
	}
	if len(seen) > 0 {
		out.FirstSeenAt = seen[0].at
	}
	if a.Story() != "" {
		out.Story = &a.Standing.Story
	}
	for _, g := range group {
		out.Feeds = append(out.Feeds, g.Mentions...)
		out.AltURLs = append(out.AltURLs, g.URLs...)
	}
	var err error
	if out.Feeds, err = MergeMentions(out.Feeds); err != nil {
		return "", err
	}
	slices.Sort(out.AltURLs)
	out.AltURLs = slices.Compact(out.AltURLs)
	if len(a.Revisions) > 0 {
		out.AltURLs = slices.DeleteFunc(out.AltURLs, func(u string) bool { return u == a.URL })
	}
	return Encode(out)
}
