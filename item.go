package feedmill

import "time"

// Item is one entry of a feed, as the feed states it: titles and names as plain text, summary and content as sanitised
// HTML, links absolute, times with the offset that was stated.
type Item struct {
	// GUID is the entry's own id (RSS guid, Atom id), unique in its feed at best.
	GUID        string      `json:"id,omitempty"`
	Title       string      `json:"title,omitempty"`
	Link        string      `json:"link,omitempty"`
	Summary     string      `json:"summary,omitempty"`
	Content     string      `json:"content,omitempty"`
	Published   time.Time   `json:"published,omitzero"`
	Updated     time.Time   `json:"updated,omitzero"`
	Author      string      `json:"author,omitempty"`
	AuthorName  string      `json:"author_name,omitempty"`
	AuthorEmail string      `json:"author_email,omitempty"`
	Tags        []string    `json:"tags,omitempty"`
	Enclosures  []Enclosure `json:"enclosures,omitempty"`
	Media       []FeedMedia `json:"media,omitempty"`
	// Base is the URL against which the entry's relative links were resolved.
	Base string `json:"base,omitempty"`
	// PublishedRaw and UpdatedRaw are the date texts as they stand in the feed.
	PublishedRaw string `json:"published_raw,omitempty"`
	UpdatedRaw   string `json:"updated_raw,omitempty"`
}

// Enclosure is a file that an item carries.
type Enclosure struct {
	URL    string `json:"url"`
	Type   string `json:"type,omitempty"`
	Length int64  `json:"length,omitempty"` // bytes
}

// FeedMedia is a picture or film of an item (Media RSS).
type FeedMedia struct {
	URL     string `json:"url"`
	Type    string `json:"type,omitempty"`
	Caption string `json:"caption,omitempty"`
	Credit  string `json:"credit,omitempty"`
}

// FeedDocument is one parsed feed document: a line of `feedmill parse` on a feed.
type FeedDocument struct {
	ID      string `json:"id,omitempty"`
	URL     string `json:"url,omitempty"`
	Feed    Feed   `json:"feed"`
	Entries []Item `json:"entries"`
}

// Entry is a new or changed item on its way to its article page.
type Entry struct {
	// ID is the article's id, see ArticleID.
	ID   string  `json:"id"`
	Feed FeedRef `json:"feed"`
	Item Item    `json:"item"`
	// URL is the page to ask for; empty where the item has no link.
	URL string `json:"url,omitempty"`
	// Host is the host as requests to it are spaced, see Poll.
	Host string `json:"host,omitempty"`
	// Changed is true for an item that was known and says something else now.
	Changed bool `json:"changed,omitempty"`
	// FoundAt is when the feed document was fetched.
	FoundAt time.Time `json:"found_at"`
	// Attempt counts the failed tries for the page so far; LastError is the newest.
	Attempt   int    `json:"attempt,omitempty"`
	LastError string `json:"last_error,omitempty"`
	// Slot is the time that was reserved on the host's calendar for the request; zero if none was.
	Slot time.Time `json:"slot,omitzero"`
	// Later is set where the next try is a long way off, since the page may not be asked for as things are.
	Later bool `json:"later,omitempty"`
	// Again is the sequence on the PAGE stream of a page that is to be looked at again for edits; such an entry has
	// neither a feed nor an item, for they are with that page.
	Again uint64 `json:"again,omitempty"`
}
