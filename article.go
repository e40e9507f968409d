package feedmill

import "time"

// Article is what was taken out of a page: a [Record] before annotation. Unknown is absent, never invented.
type Article struct {
	Schema string `json:"schema,omitempty"` // SchemaVersion
	// ID is the article's identity, see ArticleID; URL its canonical URL; AltURLs every other URL that led here.
	ID      string   `json:"id"`
	URL     string   `json:"url,omitempty"`
	AltURLs []string `json:"alt_urls,omitempty"`
	// Rendition names what one pipeline made of one source, see RenditionID. ContentHash covers what a reader sees.
	Rendition   string    `json:"rendition,omitempty"`
	ContentHash string    `json:"content_hash,omitempty"`
	SeenAt      time.Time `json:"seen_at,omitzero"`
	State       State     `json:"state,omitzero"`
	Source      Source    `json:"source,omitzero"`
	Feeds       []Mention `json:"feeds,omitempty"`

	Title          string          `json:"title"`
	Subtitle       string          `json:"subtitle,omitempty"`
	Kicker         string          `json:"kicker,omitempty"`
	Description    Description     `json:"description,omitzero"`
	Byline         Byline          `json:"byline,omitzero"`
	Dateline       Dateline        `json:"dateline,omitzero"`
	Published      Timestamp       `json:"published,omitzero"`
	Modified       Timestamp       `json:"modified,omitzero"`
	DateCandidates []DateCandidate `json:"date_candidates,omitempty"`
	Language       Language        `json:"language,omitzero"`
	Section        string          `json:"section,omitempty"`
	Tags           []string        `json:"tags,omitempty"`

	// Text is the body: the blocks joined by one blank line. No headline, byline, caption, credit or furniture.
	Text   string  `json:"text"`
	Blocks []Block `json:"blocks,omitempty"`
	HTML   string  `json:"html,omitempty"`
	Images []Image `json:"images,omitempty"`
	Media  []Media `json:"media,omitempty"`

	Quality Quality   `json:"quality,omitzero"`
	Access  Access    `json:"access,omitzero"`
	Rights  Rights    `json:"rights,omitzero"`
	Removed []Removed `json:"removed,omitempty"`

	Provenance Provenance `json:"provenance,omitzero"`
}

// State is whether the article still stands.
type State struct {
	// Value is "live", "gone", "merged" or "withdrawn".
	Value      string    `json:"value,omitempty"`
	Since      time.Time `json:"since,omitzero"`
	MergedInto string    `json:"merged_into,omitempty"`
}

// The values of State.Value.
const (
	StateLive      = "live"
	StateGone      = "gone"      // 404 or 410
	StateMerged    = "merged"    // the same article as MergedInto
	StateWithdrawn = "withdrawn" // deleted on request: only ids stay
)

// Source is the publisher. ID is the registrable domain, and the edition where there are several.
type Source struct {
	ID       string `json:"id,omitempty"`
	Name     string `json:"name,omitempty"`
	Domain   string `json:"domain,omitempty"`
	Country  string `json:"country,omitempty"` // ISO 3166-1 alpha-2
	Language string `json:"language,omitempty"`
}

// Mention is one feed entry in which the article was seen.
type Mention struct {
	Feed      string    `json:"feed"` // feed id
	FeedTitle string    `json:"feed_title,omitempty"`
	URL       string    `json:"url,omitempty"` // the entry's link, as stated
	GUID      string    `json:"guid,omitempty"`
	Title     string    `json:"title,omitempty"`
	Author    string    `json:"author,omitempty"`
	Tags      []string  `json:"tags,omitempty"`
	Published time.Time `json:"published,omitzero"`
	FirstSeen time.Time `json:"first_seen,omitzero"`
	LastSeen  time.Time `json:"last_seen,omitzero"`
}

// MentionOf says that an article was seen as an item of a feed at a time.
func MentionOf(f *FeedRef, it *Item, at time.Time) Mention {
	author := it.AuthorName
	if author == "" {
		author = it.Author
	}
	return Mention{Feed: f.ID, FeedTitle: f.Title, URL: it.Link, GUID: it.GUID, Title: it.Title, Author: author, Tags: it.Tags,
		Published: it.Published, FirstSeen: at, LastSeen: at}
}

// Description is the publisher's teaser and where it stood.
type Description struct {
	Text string `json:"text,omitempty"`
	From string `json:"from,omitempty"`
}

// Byline is who wrote it: the line as it stands, and the people and agency in it.
type Byline struct {
	Raw     string   `json:"raw,omitempty"`
	Authors []Author `json:"authors,omitempty"`
	Agency  string   `json:"agency,omitempty"`
}

// Author is one person of a byline.
type Author struct {
	Name         string `json:"name"`
	Role         string `json:"role,omitempty"`
	Organization string `json:"organization,omitempty"`
}

// Dateline is the place and date that news agencies set before the first sentence.
type Dateline struct {
	Raw   string `json:"raw,omitempty"`
	Place string `json:"place,omitempty"`
	Date  string `json:"date,omitempty"`
}

// Timestamp is a moment as precisely as its source states it, and no more so.
type Timestamp struct {
	// Value is ISO 8601, cut to Precision, with an offset only if one is known.
	Value string `json:"value,omitempty"`
	// UTC is set only where a zone is known.
	UTC time.Time `json:"utc,omitzero"`
	// Precision is "year", "month", "day", "minute" or "second".
	Precision string `json:"precision,omitempty"`
	// Zone is "stated" (the text has an offset), "source" (the publisher's own zone) or "none".
	Zone string `json:"zone,omitempty"`
	// From names the source of the choice, Raw the text that was read.
	From string `json:"from,omitempty"`
	Raw  string `json:"raw,omitempty"`
}

// DateCandidate is a publication date that was found, chosen or not.
type DateCandidate struct {
	Value string `json:"value"`
	From  string `json:"from"`
}

// Language is the text's language as a BCP 47 tag.
type Language struct {
	Tag        string  `json:"tag,omitempty"`
	Confidence float64 `json:"confidence,omitempty"`
	From       string  `json:"from,omitempty"`
}

// Block is one piece of the body. Start and End are offsets into Text.
type Block struct {
	Kind  string     `json:"kind"`
	Start int        `json:"start"`
	End   int        `json:"end"`
	Level int        `json:"level,omitempty"` // of a heading
	Items []Span     `json:"items,omitempty"` // of a list
	Rows  [][]string `json:"rows,omitempty"`  // of a table
	Links []Link     `json:"links,omitempty"`
}

// The kinds of blocks.
const (
	BlockParagraph    = "paragraph"
	BlockHeading      = "heading"
	BlockList         = "list"
	BlockQuote        = "quote"
	BlockTable        = "table"
	BlockPreformatted = "preformatted"
	BlockCorrection   = "correction"
	BlockEmbed        = "embed"
)

// Link is a hyperlink in the body. Start and End are offsets into Text.
type Link struct {
	URL   string `json:"url"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

// Image is a picture with its caption and credit apart.
type Image struct {
	ID        string `json:"id"`
	URL       string `json:"url"`
	Width     int    `json:"width,omitempty"`
	Height    int    `json:"height,omitempty"`
	Alt       string `json:"alt,omitempty"`
	Caption   string `json:"caption,omitempty"`
	Credit    string `json:"credit,omitempty"`
	CreditRaw string `json:"credit_raw,omitempty"`
	Lead      bool   `json:"lead,omitempty"`
	// Block is the index of the block that the picture stands before.
	Block int `json:"block"`
}

// Media is a film, sound, document or embedded thing.
type Media struct {
	ID       string  `json:"id"`
	Kind     string  `json:"kind"` // video, audio, document, embed
	URL      string  `json:"url"`
	Type     string  `json:"type,omitempty"`
	Length   int64   `json:"length,omitempty"`   // bytes
	Duration float64 `json:"duration,omitempty"` // seconds
	Title    string  `json:"title,omitempty"`
}

// Quality says how the body was had and how far it can be trusted.
type Quality struct {
	Method string `json:"method,omitempty"`
	// Score estimates the probability that the body is right; absent where it is not estimated.
	Score    float64  `json:"score,omitempty"`
	Words    int      `json:"words"`
	Warnings []string `json:"warnings,omitempty"`
}

// The warnings of Quality.
const (
	WarnShort            = "short"
	WarnPaywalled        = "paywalled"
	WarnTruncated        = "truncated"
	WarnScriptOnly       = "script_only"
	WarnSoft404          = "soft_404"
	WarnConsentWall      = "consent_wall"
	WarnFeedOnly         = "feed_only"
	WarnLanguageMismatch = "language_mismatch"
)

// Access is whether the whole text is free to read, where that is stated.
type Access struct {
	Paywalled *bool  `json:"paywalled,omitempty"`
	From      string `json:"from,omitempty"`
}

// Rights are the publisher's own statements.
type Rights struct {
	Copyright      string `json:"copyright,omitempty"`
	Holder         string `json:"holder,omitempty"`
	License        string `json:"license,omitempty"`
	TDMReservation *bool  `json:"tdm_reservation,omitempty"`
	TDMPolicy      string `json:"tdm_policy,omitempty"`
	AIOptOut       *bool  `json:"ai_opt_out,omitempty"`
	From           string `json:"from,omitempty"`
}

// Removed is something that cleaning took out, why, and by which rule.
type Removed struct {
	Text   string `json:"text"`
	Reason string `json:"reason"`
	Rule   string `json:"rule,omitempty"`
}

// Provenance is where everything came from.
type Provenance struct {
	Page     PageProvenance    `json:"page,omitzero"`
	Fields   map[string]string `json:"fields,omitempty"`
	Pipeline Pipeline          `json:"pipeline,omitzero"`
}

// PageProvenance names the document that the article was taken from.
type PageProvenance struct {
	SHA256    string     `json:"sha256,omitempty"` // of the page's bytes, or of the feed entry for a feed_only record
	FetchedAt time.Time  `json:"fetched_at,omitzero"`
	FinalURL  string     `json:"final_url,omitempty"`
	Status    int        `json:"status,omitempty"`
	Redirects []Redirect `json:"redirects,omitempty"`
	Robots    string     `json:"robots,omitempty"`
	Addr      string     `json:"addr,omitempty"`
	Failure   string     `json:"failure,omitempty"`
	Stream    string     `json:"stream,omitempty"`
	Seq       uint64     `json:"seq,omitempty"`
	Archive   string     `json:"archive,omitempty"`
}

// Pipeline holds the versions that made a record. Parser and Enricher are the stages' version numbers; Rules and Model
// are hashes of what they work with: word lists and the site's rule, lists and models. Run is the replay run, if any.
//
// ParserSince and EnricherSince are when a stage came into use as it was when it made the record, or when the replay was
// started that had it made, whichever is later; zero where nobody kept account of it. They belong to the ledger of a store
// and are no part of what it shows: the same versions, the same result, whenever.
type Pipeline struct {
	Parser        int       `json:"parser,omitempty"`
	Enricher      int       `json:"enricher,omitempty"`
	Rules         string    `json:"rules,omitempty"`
	Model         string    `json:"model,omitempty"`
	ParserSince   time.Time `json:"parser_since,omitzero"`
	EnricherSince time.Time `json:"enricher_since,omitzero"`
	Run           string    `json:"run,omitempty"`
}
