package bus

import (
	"fmt"
	"hash/fnv"
	"net/url"
	"strings"

	"github.com/feedmill/feedmill"
	"github.com/nats-io/nats.go"
)

// Partitions is the number of parts that hosts are spread over. The partition of a host stands in the subjects of work
// that asks the host for something, so that all of a host's work can be held by one process.
const Partitions = 64

// Subject is a family of subjects that carry values of type T on one stream. Its zero value is of no use; the families
// are the variables of this file.
type Subject[T any] struct {
	// Stream is the name of the stream, without prefix.
	Stream string
	name   string
	tokens func(T) []string
	// ids are the article's and the feed's id, which go into headers; empty where a value has none.
	ids func(T) (article, feed string)
	// notes are further headers, for those who read headers alone; nil: none.
	notes func(T, nats.Header)
	// handed says that a worker of the publishing process may be given the value itself. It must not be changed once it
	// is published, and hold nothing large that does not travel with it.
	handed bool
	// schedule names the schedule that holds a value back, where the family can be scheduled.
	schedule func(T) []string
}

// The subjects, as in the table of docs/bus.md. A subject ends at the host (or the feed): article ids are in headers,
// since a subject costs the server memory for as long as one of its messages is kept.
var (
	Polls = Subject[feedmill.Poll]{
		Stream: StreamWork, name: "poll",
		tokens: func(p feedmill.Poll) []string {
			switch {
			case p.Feed == "":
				return []string{partitionOf(p.Host), "all"}
			case p.Look:
				return []string{partitionOf(p.Host), p.Feed + lookMark} // else it would seem that the feed's poll is due
			case p.Back != nil:
				return []string{partitionOf(p.Host), p.Feed + pastMark}
			}
			return []string{partitionOf(p.Host), p.Feed}
		},
		ids: func(p feedmill.Poll) (string, string) { return "", p.Feed },
		schedule: func(p feedmill.Poll) []string {
			if p.Back != nil {
				return []string{"feed", p.Feed + pastMark} // beside the feed's next poll
			}
			return []string{"feed", p.Feed}
		},
	}
	Visits = Subject[feedmill.Entry]{
		Stream: StreamWork, name: "visit",
		tokens: func(e feedmill.Entry) []string { return []string{partitionOf(e.Host), e.ID} },
		ids:    entryIDs,
		// A page that failed is tried again once for all feeds that name it. An entry that was not tried yet has a schedule
		// of its own: one in the place of another feed's would lose the mention of the article in that feed.
		schedule: func(e feedmill.Entry) []string {
			switch {
			case e.Again > 0 && !e.Slot.IsZero():
				return []string{"slot", e.ID, "again"}
			case e.Again > 0:
				return []string{"page", e.ID, "again"}
			case !e.Slot.IsZero():
				return []string{"slot", e.ID, token(e.Feed.ID)}
			case e.Later:
				return []string{"later", e.ID}
			case e.Attempt > 0:
				return []string{"page", e.ID}
			}
			return []string{"page", e.ID, token(e.Feed.ID)}
		},
	}
	FeedPages = Subject[*feedmill.Page]{
		Stream: StreamFeed, name: "page.feed",
		handed: true,
		tokens: func(p *feedmill.Page) []string { return []string{p.Feed.ID} },
		ids:    func(p *feedmill.Page) (string, string) { return "", p.Feed.ID },
	}
	Items = Subject[feedmill.Entry]{
		Stream: StreamItem, name: "item",
		tokens: func(e feedmill.Entry) []string {
			return []string{partitionOf(e.Host), hostToken(feedmill.Host(e.URL))}
		},
		ids: entryIDs,
	}
	Pages = Subject[*feedmill.Page]{
		Stream: StreamPage, name: "page.article",
		handed: true,
		tokens: func(p *feedmill.Page) []string { return []string{hostToken(feedmill.Host(p.URL))} },
		ids: func(p *feedmill.Page) (string, string) {
			if p.Feed == nil {
				return p.ID, ""
			}
			return p.ID, p.Feed.ID
		},
		notes: func(p *feedmill.Page, h nats.Header) {
			if p.Visit != nil && p.Visit.Again > 0 {
				h.Set(headerAgain, p.Visit.Again.String())
				h.Set(headerURL, url.PathEscape(p.URL))
			}
		},
	}
	Articles = Subject[*feedmill.Article]{
		Stream: StreamArticle, name: "article",
		handed: true,
		tokens: func(a *feedmill.Article) []string { return []string{hostToken(feedmill.Host(a.URL))} },
		ids:    articleIDs,
	}
	Records = Subject[*feedmill.Record]{
		Stream: StreamRecord, name: "record",
		handed: true,
		tokens: func(r *feedmill.Record) []string {
			if r.Rendition == "" && r.Story != nil {
				return []string{noHost}
			}
			return []string{hostToken(feedmill.Host(r.URL))}
		},
		ids: func(r *feedmill.Record) (string, string) { return articleIDs(&r.Article) },
		notes: func(r *feedmill.Record, h nats.Header) {
			if r.Rendition != "" && !r.HasWarning(feedmill.WarnFeedOnly) {
				h.Set(headerText, textFull)
			}
			if r.State.Value != "" {
				h.Set(headerState, r.State.Value)
			}
		},
	}
	Events = Subject[feedmill.Event]{
		Stream: StreamEvent, name: "event",
		tokens: func(e feedmill.Event) []string { return []string{token(e.Stage), hostToken(feedmill.Host(e.URL))} },
		ids:    func(e feedmill.Event) (string, string) { return e.ID, e.Feed },
	}
)

const (
	// pastMark sets a document of a feed's past apart from the feed's next poll, on the calendar and when it is due.
	pastMark = "-past"
	// lookMark sets apart what says that a feed was changed.
	lookMark = "-look"
)

// OfPast is the feed whose past a schedule is about that [Bus.Scheduled] names; past tells whether it is of that kind.
func OfPast(schedule string) (feed string, past bool) {
	feed, past = strings.CutSuffix(schedule, pastMark)
	return feed[strings.LastIndexByte(feed, '.')+1:], past
}

// Held is the family of the records that a sink holds back for their full text.
func Held(sink string) Subject[*feedmill.Record] {
	return Subject[*feedmill.Record]{
		Stream: StreamWork, name: "held." + token(sink),
		tokens:   func(r *feedmill.Record) []string { return []string{r.ID} },
		ids:      func(r *feedmill.Record) (string, string) { return articleIDs(&r.Article) },
		schedule: func(r *feedmill.Record) []string { return []string{"held", token(sink), r.ID} },
	}
}

// ScheduleHeld counts, for Bus.Scheduled, the records that a sink holds back.
func ScheduleHeld(sink string) string { return "sched.held." + token(sink) }

// partFilter matches the family's subjects of one partition, without prefix.
func (s Subject[T]) partFilter(n int) string { return s.name + "." + partitionToken(n) + ".>" }

func entryIDs(e feedmill.Entry) (string, string) { return e.ID, e.Feed.ID }

func articleIDs(a *feedmill.Article) (string, string) {
	if len(a.Feeds) == 0 {
		return a.ID, ""
	}
	return a.ID, a.Feeds[0].Feed
}

// Schedules that hold work back, as Bus.Scheduled counts them.
const (
	SchedulePolls   = "sched.feed" // feeds until they are due
	ScheduleRetries = "sched.page" // article pages until their next try
	ScheduleSlots   = "sched.slot" // article pages until their host's next slot
	// Article pages that may not be asked for as things are, until they are tried once more; no pass speaks of these.
	ScheduleLater = "sched.later"
)

// of is the subject of one value, without prefix.
func (s Subject[T]) of(v T) string { return s.name + "." + strings.Join(s.tokens(v), ".") }

// filter matches every subject of the family, without prefix.
func (s Subject[T]) filter() string { return s.name + ".>" }

// partitionOf is the token of the partition that a host belongs to.
func partitionOf(host string) string { return partitionToken(PartitionOf(host)) }

// PartitionOf is the number of the partition that a host belongs to, below [Partitions].
func PartitionOf(host string) int {
	h := fnv.New32a()
	h.Write([]byte(host))
	return int(h.Sum32() % Partitions)
}

func partitionToken(n int) string { return fmt.Sprintf("p%02d", n) }

// noHost is the token of no host. The placements of all records in stories are under it, so that they can be read alone.
const noHost = "-"

// Placements is the subject of the stream RECORD that placements in stories are on, and other records without a URL.
const Placements = "record." + noHost

// hostToken is a host as one subject token: www.example.com is www-example-com, no host "-".
func hostToken(host string) string { return token(strings.ReplaceAll(host, ".", "-")) }

const maxToken = 64

// token makes any text fit for one subject token: what may not stand there becomes "_".
func token(s string) string {
	if s == "" {
		return noHost
	}
	b := make([]byte, 0, min(len(s), maxToken))
	for i := 0; i < len(s) && len(b) < maxToken; i++ {
		c := s[i]
		if c <= ' ' || c >= 0x7f || c == '.' || c == '*' || c == '>' {
			c = '_'
		}
		b = append(b, c)
	}
	return string(b)
}
