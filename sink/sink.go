package sink

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/feedmill/feedmill"
)

// ErrClosed is what a closed store answers to everything but Close.
var ErrClosed = errors.New("the store is closed")

// ErrEmpty is what a store answers that is opened for reading and in which nothing was ever stored.
var ErrEmpty = errors.New("nothing has been stored there yet")

// downPause is how long a store that can take nothing is left alone, at least.
const downPause = time.Second

// Down marks an error of a store that can take nothing now, whatever it is given: it cannot be reached, is full, or lets
// nobody write. So the caller need not look for a record at fault, and tries again later (see feedmill.RetryTime). A nil
// err stays nil.
func Down(err error) error { return feedmill.RetryAfter(time.Now().Add(downPause), err) }

// Sink stores records. Package sinktest checks what is said here.
type Sink interface {
	// Write stores all of recs or none, and returns once they will survive the death of the process. It may be called
	// at the same time from several goroutines, and does not change or keep recs. Records that were written before
	// are no error and change nothing. An error marked by feedmill.Permanent blames a record of the batch; one of [Down]
	// the store, whatever is written; any other blames the store too, though a record may be behind it.
	Write(ctx context.Context, recs []*feedmill.Record) error
	// Close releases the store. A second Close does nothing.
	Close() error
}

// Querier is a store that can answer.
type Querier interface {
	// Query yields the records that q asks for, one by one as they are read, and ends after the first error. The loop
	// may be left at any time.
	Query(ctx context.Context, q Query) iter.Seq2[*feedmill.Record, error]
}

// Statter is a store that can count what it holds.
type Statter interface {
	Stats(ctx context.Context) (Stats, error)
}

// StoryTeller is a store that can list stories.
type StoryTeller interface {
	// Stories yields the stories of more than one article, the one with the latest article first. Since and Until bound the
	// time of the latest article as in a [Query]; limit is the greatest number of stories, 0 is none.
	Stories(ctx context.Context, since, until time.Time, limit int) iter.Seq2[*Story, error]
}

// Story is what a store holds of a story.
type Story struct {
	ID string `json:"id"`
	// Title and URL are of the story's first article, where the store has it.
	Title string `json:"title,omitempty"`
	URL   string `json:"url,omitempty"`
	// Articles counts its articles, Hosts the hosts that they are from.
	Articles int64 `json:"articles"`
	Hosts    int64 `json:"hosts"`
	// First and Last are the times that its articles are sorted by.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
}

// Query selects records. All conditions must hold; the zero Query asks for the newest revision of every article.
type Query struct {
	// ID is an article's id. The id of a merged article gives that article, in state merged.
	ID string
	// URL is an article's URL, canonical or not, or any other that led to it. The URL of a merged article gives the
	// article it was merged into.
	URL string
	// Text is what a person types into a search box, see ParseText. Newest revisions are searched: title, subtitle,
	// byline, text and captions.
	Text string
	// Feed is the id of a feed that the article was seen in.
	Feed string
	// Host is the host of the article's URL, or a domain above it.
	Host string
	// Story is the id of a story: the articles that belong to it.
	Story string
	// Since (inclusive) and Until (exclusive) bound the time that records are sorted by: the publication time where it
	// is known with its zone, else the time when the article's source was fetched.
	Since, Until time.Time
	// Revisions is RevisionsNewest unless it says otherwise.
	Revisions Revisions
	Order     Order
	// Limit is the greatest number of records; 0 is no limit. With RevisionsAll each revision counts.
	Limit int
	// After asks for articles whose cursor is greater: what has changed since a reader last looked.
	After int64
	// IncludeMerged lists merged articles too, in state merged, each beside the article that it was merged into.
	IncludeMerged bool
}

// Revisions says which revisions of an article are meant.
type Revisions int

const (
	// RevisionsNewest is the newest revision of each article.
	RevisionsNewest Revisions = iota
	// RevisionsAll is every revision, each article's from the first to the newest.
	RevisionsAll
)

// Order is the order of a query's records.
type Order int

const (
	// OrderDefault is OrderRelevance with Query.Text, OrderChanged with Query.After, else OrderNewest.
	OrderDefault Order = iota
	// OrderNewest puts the latest publication time first, see Query.Since.
	OrderNewest
	// OrderOldest puts the earliest publication time first.
	OrderOldest
	// OrderChanged follows the cursor: what changed last comes last. A reader that keeps the last cursor it saw and
	// asks for more with Query.After misses no change.
	OrderChanged
	// OrderRelevance puts the best match for Query.Text first. Without Text it is OrderNewest.
	OrderRelevance
)

// Resolve returns the order that q is answered in: never OrderDefault, and OrderRelevance only with Text.
func (q *Query) Resolve() Order {
	switch {
	case q.Order == OrderRelevance && q.Text == "":
		return OrderNewest
	case q.Order != OrderDefault:
		return q.Order
	case q.Text != "":
		return OrderRelevance
	case q.After > 0:
		return OrderChanged
	}
	return OrderNewest
}

// Stats is what a store holds.
type Stats struct {
	// Records counts the articles that are listed, Revisions all their revisions.
	Records   int64 `json:"records"`
	Revisions int64 `json:"revisions"`
	// Merged counts the articles that were merged into another and are not listed.
	Merged int64 `json:"merged"`
	// Bytes is the space that the store takes.
	Bytes int64 `json:"bytes"`
	// Oldest and Newest are the first and last times that listed records are sorted by, zero where there are none.
	Oldest time.Time `json:"oldest,omitzero"`
	Newest time.Time `json:"newest,omitzero"`
	// Cursor is the highest cursor given out so far.
	Cursor int64 `json:"cursor"`
}
