package sink

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/feedmill/feedmill"
)

// Article is what a merging store holds of one id: the ledger that merging rests on, and what [Merge] made of it for
// readers. An id of which nothing is known has nothing but its ID, and Key if the store numbers its rows.
type Article struct {
	ID string
	// Key is the store's own number for the article; Merge does not look at it.
	Key int64
	// Root is the id of the article that this one was merged into in the end, "" if it was not.
	Root string
	Ledger

	// Revisions are what readers see one after the other; the number of a revision is its place, from 1.
	Revisions []Revision
	// Shown is the JSON of a [Shown].
	Shown string
	// SortAt, Host, URL and Indexed are of the newest revision: the time that it is sorted by, the host of its URL, its
	// URL, and the content_hash of what the search index holds. A store may leave URL out.
	SortAt time.Time
	// LastSeen is when the article, or one that was merged into it, was last seen, see [Pruner]; zero if that is not known
	// or the article is withdrawn.
	LastSeen  time.Time
	Host, URL string
	Indexed   string
	// Cursor is given by the store to articles whose Changes say so.
	Cursor int64

	// Changes say what Merge changed beside the fields above.
	Changes   Changes
	touched   bool
	withdrawn bool
}

// Ledger is what must be kept of an article so that records can be merged into it in any order.
type Ledger struct {
	Standing   Standing           `json:"standing,omitzero"`
	Renditions []*Rendition       `json:"renditions,omitempty"` // one for each source
	Mentions   []feedmill.Mention `json:"mentions,omitempty"`   // one for each key, see KeyOf
	URLs       []string           `json:"urls,omitempty"`       // sorted
}

// Rendition is what the newest pipeline made of one source of an article, and all that is known of that source.
type Rendition struct {
	// Key is the store's own number for the rendition; Merge does not look at it.
	Key         int64             `json:"-"`
	Source      string            `json:"source"` // SHA-256
	Rendition   string            `json:"rendition"`
	Pipeline    feedmill.Pipeline `json:"pipeline,omitzero"`
	SeenAt      time.Time         `json:"seen_at,omitzero"` // of the record that is kept
	ContentHash string            `json:"content_hash,omitempty"`
	// Digest is the SHA-256 of the JSON that is kept. A store may leave it out; it saves reading the JSON again when a
	// record is delivered again.
	Digest string `json:"digest,omitempty"`
	// Results are those of every pipeline, so that a reprocessed text can be told from an edited one.
	Results []Result `json:"results,omitempty"`
	// Sightings are when the source was fetched, sorted.
	Sightings []time.Time `json:"sightings,omitempty"`

	// Added is what Merge added, for the store to write. Record is the JSON to be kept from now on, "" for that which
	// is kept already; Head says that Rendition, Pipeline, SeenAt, ContentHash or Digest are others, whether the JSON is
	// or not. Results are new, or of another time of use than before.
	Added struct {
		Record    string
		Head      bool
		Results   []Result
		Sightings []time.Time
	} `json:"-"`

	doc *feedmill.Record // if it was written or read
	// Replaced says that readers see another record than before; remade that the record or the results are others, so
	// that changes must be worked out anew.
	replaced, remade bool
}

// Result is the content hash of what a pipeline once read out of a source. There is one for each version and hash, with
// the last times of use.
type Result struct {
	Pipeline    feedmill.Pipeline `json:"pipeline,omitzero"` // without its run
	ContentHash string            `json:"content_hash,omitempty"`
}

// Revision is one revision of an article: a source, and when it was last seen before the next revision. Its JSON goes
// over that of the rendition.
type Revision struct {
	Source   string          `json:"-"`
	SeenAt   time.Time       `json:"seen_at,omitzero"`
	Previous string          `json:"previous,omitempty"` // rendition of the revision before
	Change   json.RawMessage `json:"change,omitempty"`   // JSON of a feedmill.Change; none if empty
}

func (r *Revision) equal(o *Revision) bool {
	return r.Source == o.Source && r.SeenAt.Equal(o.SeenAt) && r.Previous == o.Previous && string(r.Change) == string(o.Change)
}

// Changes are what a store has to write of an article, beside the row of the article itself and what stands in
// Rendition.Added.
type Changes struct {
	// Mentions and URLs are new, or other than before.
	Mentions []feedmill.Mention
	URLs     []string
	// Revisions are the numbers of those that are new, or other than before; RevisionsBefore is how many there were.
	Revisions       []int
	RevisionsBefore int
	// Newest is the newest revision's record if it may be another than before, else nil; Index says that the search
	// index must be given its text.
	Newest *feedmill.Record
	Index  bool
	// Cursor says that readers can see a difference: the article needs a new cursor.
	Cursor bool
	// Forget says that the article is withdrawn: nothing may be kept of it but its id, its standing and what is shown.
	Forget bool
}

// Withdrawn tells whether the article was withdrawn, itself or with the one that stands for it.
func (a *Article) Withdrawn() bool { return a.withdrawn }

// top is the id of the article that stands for a.
func (a *Article) top() string {
	if a.Root != "" {
		return a.Root
	}
	return a.ID
}

// State is the state that readers see.
func (a *Article) State() feedmill.State {
	if a.Root == "" {
		return a.Standing.State()
	}
	merged := a.Standing.Merge
	merged.MergedInto = a.Root
	return merged
}

// Story is the id of the story that readers find the article in, "" for none: one that was merged or withdrawn is in none.
func (a *Article) Story() string {
	if a.Root != "" || a.withdrawn {
		return ""
	}
	return a.Standing.Story.ID
}

// Rendition returns what is known of a source, nil if nothing is.
func (a *Article) Rendition(source string) *Rendition {
	i := slices.IndexFunc(a.Renditions, func(r *Rendition) bool { return r.Source == source })
	if i < 0 {
		return nil
	}
	return a.Renditions[i]
}
