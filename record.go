package feedmill

import "time"

// SchemaVersion names the contract that a record's JSON keeps.
const SchemaVersion = "feedmill.record/1"

// Record is what feedmill is for: an article with its annotations, as sinks store it and consumers read it.
//
// Revision, Previous, Change, FirstSeenAt and Cursor are assembled by a store that can merge; on the bus and in plain
// files they are absent.
//
// A record without Rendition carries no article: it says only that a known article was seen in one more feed, and a
// store merges its Feeds and AltURLs; or where it belongs among others, its Story.
type Record struct {
	Article
	Annotations
	Revision    int       `json:"revision,omitempty"`
	Previous    string    `json:"previous,omitempty"` // rendition of the revision before
	Change      *Change   `json:"change,omitempty"`
	FirstSeenAt time.Time `json:"first_seen_at,omitzero"`
	// Cursor is the store's change sequence: it grows with every change of what the store says of the article.
	Cursor int64 `json:"cursor,omitempty"`
}

// Change says what a revision changed against the one before.
type Change struct {
	// Class is the kind of change: headline, correction, added, removed, typo, retracted, completed or reprocessed; the
	// weightiest where several apply.
	Class  string      `json:"class"`
	Blocks []BlockDiff `json:"blocks,omitempty"`
}

// BlockDiff is one block that came or went.
type BlockDiff struct {
	Op   string `json:"op"` // "-" or "+"
	Text string `json:"text"`
}

// The classes of changes.
const (
	ChangeHeadline    = "headline"
	ChangeCorrection  = "correction"
	ChangeAdded       = "added"
	ChangeRemoved     = "removed"
	ChangeTypo        = "typo"
	ChangeRetracted   = "retracted"
	ChangeCompleted   = "completed" // full text after feed_only
	ChangeReprocessed = "reprocessed"
)

// NewRecord makes a record of an article, without annotations.
func NewRecord(a *Article) *Record {
	r := &Record{Article: *a}
	r.Schema = SchemaVersion
	return r
}

// Field returns the text that a span's In names, or "" where there is none: the record's text for "", else "title",
// "subtitle" or "images/<image id>/caption".
func (a *Article) Field(in string) string {
	switch in {
	case "":
		return a.Text
	case "title":
		return a.Title
	case "subtitle":
		return a.Subtitle
	}
	for i := range a.Images {
		if in == CaptionField(a.Images[i].ID) {
			return a.Images[i].Caption
		}
	}
	return ""
}

// CaptionField is the name, in a span's In, of the caption of the image with that id.
func CaptionField(image string) string { return "images/" + image + "/caption" }

// HasWarning tells whether the article carries the warning.
func (a *Article) HasWarning(w string) bool {
	for _, x := range a.Quality.Warnings {
		if x == w {
			return true
		}
	}
	return false
}
