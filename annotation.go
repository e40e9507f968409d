package feedmill

import (
	"fmt"
	"time"
)

// Span is a stretch of text, counted in Unicode code points, end exclusive. In names the field when it is not the
// record's text: "title", "subtitle" or "images/<image id>/caption".
type Span struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	In    string `json:"in,omitempty"`
}

// Annotations are what enrichment adds to an article.
type Annotations struct {
	Topics       []Topic     `json:"topics,omitempty"`
	Sentences    []Span      `json:"sentences,omitempty"`
	Entities     []Entity    `json:"entities,omitempty"`
	Dates        []Date      `json:"dates,omitempty"`
	Amounts      []Amount    `json:"amounts,omitempty"`
	Quotes       []Quote     `json:"quotes,omitempty"`
	Keyphrases   []Keyphrase `json:"keyphrases,omitempty"`
	KeySentences []Span      `json:"key_sentences,omitempty"`
	Fingerprint  string      `json:"fingerprint,omitempty"`
	Story        *Story      `json:"story,omitempty"`
	// External are the external enrichers that answered, in the order they were asked in.
	External []ExternalEnricher `json:"external,omitempty"`
	// Warnings name the enrichment steps whose part is missing, and why.
	Warnings []string `json:"enrich_warnings,omitempty"`
}

// ExternalEnricher is an enricher outside of feedmill and the version that it gave itself.
type ExternalEnricher struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Topic is an IPTC Media Topic.
type Topic struct {
	Code       string  `json:"code"`
	Name       string  `json:"name,omitempty"`
	Confidence float64 `json:"confidence,omitempty"`
	Method     string  `json:"method,omitempty"`
}

// Entity is one person, organization, place or other named thing of a record, with all its mentions.
type Entity struct {
	// ID is unique in the record ("e1"); Key across records: "geonames:1835848", "wikidata:Q884" or "local:<hash>".
	ID         string          `json:"id"`
	Key        string          `json:"key"`
	Type       string          `json:"type"`
	Name       string          `json:"name"`
	Roles      []Role          `json:"roles,omitempty"`
	Links      Links           `json:"links,omitzero"`
	Confidence float64         `json:"confidence,omitempty"`
	Mentions   []EntityMention `json:"mentions"`
}

// The types of entities.
const (
	TypePerson       = "person"
	TypeOrganization = "organization" // parties too
	TypePlace        = "place"        // facilities too
	TypeGroup        = "group"        // nationality, religion, ethnicity
	TypeEvent        = "event"
	TypeWork         = "work"
	TypeProduct      = "product"
	TypeLaw          = "law"
	TypeOther        = "other"
)

// Role is a title that the text gives a person: "Defense Minister", of an entity id or of a name.
type Role struct {
	Title string `json:"title"`
	Of    string `json:"of,omitempty"`
	Span
}

// Links are an entity's ids elsewhere.
type Links struct {
	Wikidata   string `json:"wikidata,omitempty"`
	GeoNames   int    `json:"geonames,omitempty"`
	ISOCountry string `json:"iso_country,omitempty"` // ISO 3166-1 alpha-2
}

// EntityMention is one place where an entity is named.
type EntityMention struct {
	Span
	Text       string  `json:"text"`
	Kind       string  `json:"kind"` // name, short, acronym, alias, metonym
	Confidence float64 `json:"confidence,omitempty"`
}

// The kinds of mentions.
const (
	MentionName    = "name"
	MentionShort   = "short"
	MentionAcronym = "acronym"
	MentionAlias   = "alias"
	MentionMetonym = "metonym"
)

// Date is a time expression of the text and the calendar time it means.
type Date struct {
	Span
	Text string `json:"text"`
	// Value is ISO 8601, an interval "a/b" for ranges.
	Value     string `json:"value"`
	Precision string `json:"precision"`
	// Anchor is the day that a relative expression was counted from; absent for an absolute one.
	Anchor string `json:"anchor,omitempty"`
}

// Amount is money, a percentage or a quantity.
type Amount struct {
	Span
	Text  string  `json:"text"`
	Kind  string  `json:"kind"` // money, percent, quantity
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"`
}

// Quote is something said. The span is without quotation marks.
type Quote struct {
	Span
	Text string `json:"text"`
	// Speaker is the id of an entity of the record, nil where nobody is named.
	Speaker     *string `json:"speaker"`
	SpeakerText string  `json:"speaker_text,omitempty"`
	Cue         string  `json:"cue,omitempty"`
	Direct      bool    `json:"direct"`
}

// Keyphrase is a telling phrase with its score.
type Keyphrase struct {
	Text  string  `json:"text"`
	Score float64 `json:"score"`
}

// Story places a record among the others that tell the same. It comes in a record of its own, without Rendition, once an
// article has others beside it; an article that stands alone has none.
type Story struct {
	ID   string `json:"id"`   // the id of the story's first article
	Role string `json:"role"` // original, copy, update, related
	// Of is the earlier article that it is a copy or an update of, or related to.
	Of string `json:"of,omitempty"`
	// Containment says why: the estimated share, 0 to 1, of the shorter text's three-word runs that the other has too, from
	// Shared of Sampled runs.
	Containment float64 `json:"containment,omitempty"`
	Shared      int     `json:"shared,omitempty"`
	Sampled     int     `json:"sampled,omitempty"`
	// By is "hand" where a person decided.
	By string `json:"by,omitempty"`
	// PlacedAt is when it was placed. The latest placement of an article holds, that of a person before all others.
	PlacedAt time.Time `json:"placed_at,omitzero"`
}

// Reason tells a person why the record is where it is.
func (s *Story) Reason() string {
	text := s.Role
	switch {
	case s.Role == StoryOriginal:
		text = "the earliest"
	case s.Role == StoryRelated && s.Sampled > 0:
		text = "shares a passage with " + s.Of
	case s.Of != "":
		text += " of " + s.Of
		if s.Role == StoryRelated {
			text = "related to " + s.Of
		}
	}
	if s.By == ByHand {
		text += ", by hand"
	}
	if s.Sampled > 0 {
		text += fmt.Sprintf(": %.0f %% of the shorter text's runs of three words are in the other (%d of %d sampled)", 100*s.Containment, s.Shared, s.Sampled)
	}
	return text
}

// The roles of a record in its story.
const (
	StoryOriginal = "original" // the first of the story
	StoryCopy     = "copy"     // the same text, edited or not
	StoryUpdate   = "update"   // the same text carried on: by its own source, or with a fifth more in it
	StoryRelated  = "related"  // another text that shares a passage with it
)

// ByHand is who placed a record where a person did.
const ByHand = "hand"
