package sqlite

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/feedmill/feedmill"
)

// shown is what is merged over all records of an article, and overlays the JSON of a rendition.
type shown struct {
	State       feedmill.State     `json:"state,omitzero"`
	FirstSeenAt time.Time          `json:"first_seen_at,omitzero"`
	Feeds       []feedmill.Mention `json:"feeds,omitempty"`
	AltURLs     []string           `json:"alt_urls,omitempty"`
}

// bare returns a copy of the record without what is merged or assembled: what one pipeline made of one source,
// wherever and whenever that was seen.
func bare(rec *feedmill.Record) *feedmill.Record {
	r := *rec
	r.Schema = feedmill.SchemaVersion
	r.AltURLs, r.Feeds, r.State, r.SeenAt = nil, nil, feedmill.State{}, time.Time{}
	r.Revision, r.Previous, r.Change, r.FirstSeenAt, r.Cursor = 0, "", nil, time.Time{}, 0
	if r.ContentHash == "" {
		r.ContentHash = feedmill.ContentHash(&r.Article)
	}
	return &r
}

// encode is JSON that leaves <, > and & as they are: half of the markup would be escapes otherwise.
func encode(v any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", err
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// timeLayout makes text that sorts by time, from year 0 to 9999.
const timeLayout = "2006-01-02T15:04:05.000000000Z"

func formatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

func parseTime(s string) (time.Time, error) { return time.Parse(timeLayout, s) }
