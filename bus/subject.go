package bus

import (
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/feedmill/feedmill"
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
	// schedule names the schedule that holds a value back, where the family can be scheduled.
	schedule func(T) []string
}

// The subjects, as in the table of the package documentation. A subject ends at the host (or the feed): article ids are
// in the values, since a subject costs the server memory for as long as one of its messages is kept.
var (
	Polls = Subject[feedmill.Poll]{StreamWork, "poll",
		func(p feedmill.Poll) []string { return []string{partition(feedmill.Host(p.URL)), p.Feed} },
		func(p feedmill.Poll) []string { return []string{"feed", p.Feed} }}
	Visits = Subject[feedmill.Entry]{StreamWork, "visit",
		func(e feedmill.Entry) []string { return []string{partition(feedmill.Host(e.URL)), e.ID} },
		func(e feedmill.Entry) []string {
			if e.Slot.IsZero() {
				return []string{"page", e.ID}
			}
			return []string{"slot", e.ID}
		}}
	FeedPages = Subject[*feedmill.Page]{StreamFeed, "page.feed",
		func(p *feedmill.Page) []string { return []string{p.Feed.ID} }, nil}
	Items = Subject[feedmill.Entry]{StreamItem, "item",
		func(e feedmill.Entry) []string {
			h := feedmill.Host(e.URL)
			return []string{partition(h), hostToken(h)}
		}, nil}
	Pages = Subject[*feedmill.Page]{StreamPage, "page.article",
		func(p *feedmill.Page) []string { return []string{hostToken(feedmill.Host(p.URL))} }, nil}
	Articles = Subject[*feedmill.Article]{StreamArticle, "article",
		func(a *feedmill.Article) []string { return []string{hostToken(feedmill.Host(a.URL))} }, nil}
	Records = Subject[*feedmill.Record]{StreamRecord, "record",
		func(r *feedmill.Record) []string { return []string{hostToken(feedmill.Host(r.URL))} }, nil}
	Events = Subject[feedmill.Event]{StreamEvent, "event",
		func(e feedmill.Event) []string { return []string{token(e.Stage), hostToken(feedmill.Host(e.URL))} }, nil}
)

// Schedules that hold work back, as Bus.Scheduled counts them.
const (
	SchedulePolls   = "sched.feed" // feeds until they are due
	ScheduleRetries = "sched.page" // article pages until their next try
	ScheduleSlots   = "sched.slot" // article pages until their host's next slot
)

// of is the subject of one value, without prefix.
func (s Subject[T]) of(v T) string { return s.name + "." + strings.Join(s.tokens(v), ".") }

// filter matches every subject of the family, without prefix.
func (s Subject[T]) filter() string { return s.name + ".>" }

func partition(host string) string {
	h := fnv.New32a()
	h.Write([]byte(host))
	return fmt.Sprintf("p%02d", h.Sum32()%Partitions)
}

// hostToken is a host as one subject token: www.example.com is www-example-com, no host "-".
func hostToken(host string) string { return token(strings.ReplaceAll(host, ".", "-")) }

const maxToken = 64

// token makes any text fit for one subject token: what may not stand there becomes "_".
func token(s string) string {
	if s == "" {
		return "-"
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
