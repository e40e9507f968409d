package story

import (
	"cmp"
	"math"
)

const (
	// copied is the least containment of a copy. Of a text in which four words in ten are others, one shingle in five is left.
	copied = 0.13
	// A containment below plain comes of words changed throughout, or of a paragraph of background that two articles share. The
	// former leaves the length, within stretch, and most of the words, at least the share wording; the latter seldom does.
	plain   = 0.45
	stretch = 1.5
	wording = 0.62
	// A table is a copy from alike on: tables of one kind, such as those of a league, share their headings and names.
	alike = 0.6
	// kept is the containment from which a text of the same source, or one that has grown, is the earlier one carried on.
	kept = 0.5
	// grown is by how much more a text has to hold to be an update of what it carries on.
	grown = 1.2
	// Two articles that are no copies are related where they share a passage: at least the share passage of the shorter one's
	// shingles, passageRuns of them by the estimate, and passageSeen of the sampled ones.
	passage     = 0.08
	passageRuns = 25
	passageSeen = 8
)

// The roles of articles in a story.
const (
	Original = "original" // the first of its story
	Copy     = "copy"     // the same text, edited or not
	Update   = "update"   // the same text carried on: by its own source, or with a fifth more in it
	Related  = "related"  // another text that shares a passage with it
)

// Placement is where an article belongs, and why.
type Placement struct {
	ID    string // of the article
	Story string // the id of the story's first article
	Role  string
	Of    string // the article that it is a copy or an update of, or related to; "" for an original
	// Containment is the estimated share of the shorter text's shingles that the other has; Shared of Compared sampled ones.
	Containment      float64
	Shared, Compared int
}

// sameAs tells whether both say the same, for whatever reason.
func (p *Placement) sameAs(o *Placement) bool {
	return p.Story == o.Story && p.Role == o.Role && p.Of == o.Of
}

// match is what an article is to an earlier one.
type match struct {
	role             string
	containment      float64
	shared, compared int
	at               int64 // of the earlier one
	id               string
}

// rank orders roles: a copy or update goes before a related text, that before nothing.
func (m *match) rank() int {
	switch m.role {
	case Copy, Update:
		return 2
	case Related:
		return 1
	}
	return 0
}

// better tells whether m says more than o: the copy goes before the related text, then what shares more, then the earlier.
func (m *match) better(o *match) bool {
	return cmp.Or(cmp.Compare(m.rank(), o.rank()), cmp.Compare(m.containment, o.containment), cmp.Compare(o.at, m.at), cmp.Compare(o.id, m.id)) > 0
}

// compare says what a later text is to an earlier one; the role is "" for nothing. Whether it is something does not depend
// on which is the later; what it is does.
func compare(later, earlier *Fingerprint, sameSource bool) match {
	c, shared, compared := containment(&later.runs, &earlier.runs)
	// Rounded as records have it, so that a placement that is read back says the same.
	m := match{containment: math.Round(1000*c) / 1000, shared: shared, compared: compared}
	table := later.table || earlier.table
	longer, shorter := max(later.runs.size, earlier.runs.size), min(later.runs.size, earlier.runs.size)
	isCopy := c >= copied && (!table || c >= alike)
	if isCopy && c < plain {
		same, _, _ := containment(&later.words, &earlier.words)
		isCopy = same >= wording && float64(longer) <= stretch*float64(shorter)
	}
	switch {
	case isCopy && c >= kept && (sameSource || float64(later.runs.size) >= grown*float64(earlier.runs.size)):
		m.role = Update
	case isCopy:
		m.role = Copy
	case !table && c >= passage && shared >= passageSeen && c*float64(shorter) >= passageRuns:
		m.role = Related
	}
	return m
}
