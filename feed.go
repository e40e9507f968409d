package feedmill

import "time"

// Feed is what a feed document says of itself. Texts are plain text, links are absolute.
type Feed struct {
	Title       string    `json:"title,omitempty"`
	Link        string    `json:"link,omitempty"`
	Subtitle    string    `json:"subtitle,omitempty"`
	Language    string    `json:"language,omitempty"`
	Rights      string    `json:"rights,omitempty"`
	Author      string    `json:"author,omitempty"`
	AuthorName  string    `json:"author_name,omitempty"`
	AuthorEmail string    `json:"author_email,omitempty"`
	Updated     time.Time `json:"updated,omitzero"`
	Published   time.Time `json:"published,omitzero"`
	Image       string    `json:"image,omitempty"`
	ImageTitle  string    `json:"image_title,omitempty"`
	Generator   string    `json:"generator,omitempty"`
	Tags        []string  `json:"tags,omitempty"`
	// TTL is RSS's ttl: how many minutes the document may be kept before it is asked for again.
	TTL int `json:"ttl,omitempty"`
	// SkipHours are hours of the day in GMT, 0 to 23, and SkipDays English day names, on which the feed does not change.
	SkipHours []int    `json:"skip_hours,omitempty"`
	SkipDays  []string `json:"skip_days,omitempty"`
	// UpdatePeriod is the syndication module's period divided by its frequency, in seconds.
	UpdatePeriod int    `json:"update_period,omitempty"`
	Hub          string `json:"hub,omitempty"`
	Self         string `json:"self,omitempty"`
	// Next is the URL of the next page of a feed in pages, PrevArchive that of the archive document before this one (RFC
	// 5005 §3 and §4; next_url of JSON Feed).
	Next        string `json:"next,omitempty"`
	PrevArchive string `json:"prev_archive,omitempty"`
	// Truncated says that the document breaks off: its whole items were read, and what came after them is not known.
	Truncated bool `json:"truncated,omitempty"`
}

// FeedRef is what an item, a page and a record know of the feed they came from.
type FeedRef struct {
	ID       string `json:"id"`
	URL      string `json:"url"`
	Title    string `json:"title,omitempty"`
	Link     string `json:"link,omitempty"`
	Language string `json:"language,omitempty"`
}

// FeedState is one subscription: the feed that an operator asked for and what polling it has shown so far. It is the
// value that the registry keeps.
type FeedState struct {
	ID   string   `json:"id"`
	URL  string   `json:"url"`
	Tags []string `json:"tags,omitempty"`
	// Origin says who subscribed: "manual", or the feed list it stands in ("feeds.opml").
	Origin string    `json:"origin,omitempty"`
	Added  time.Time `json:"added,omitzero"`
	Paused bool      `json:"paused,omitempty"`
	// Settings are those of this feed alone.
	Settings *Settings `json:"settings,omitempty"`

	// Title, Link and Language are the feed's own, from its last good document.
	Title    string `json:"title,omitempty"`
	Link     string `json:"link,omitempty"`
	Language string `json:"language,omitempty"`
	// TTL, SkipHours, SkipDays and UpdatePeriod are the publisher's hints, as in Feed.
	TTL          int      `json:"ttl,omitempty"`
	SkipHours    []int    `json:"skip_hours,omitempty"`
	SkipDays     []string `json:"skip_days,omitempty"`
	UpdatePeriod int      `json:"update_period,omitempty"`

	// Posting is what is known of when the feed posts.
	Posting Posting `json:"posting,omitzero"`

	Validators Validators `json:"validators,omitzero"`
	// Fresh is the time until which the server said its last answer stays good (Cache-Control, Expires).
	Fresh time.Time `json:"fresh,omitzero"`
	// MaxAge is the lifetime in seconds that the stored answer stated (Cache-Control max-age). It holds again from each
	// 304 that states none of its own (RFC 9111 §4.3.4).
	MaxAge int `json:"max_age,omitempty"`
	// LastBody is when a whole document was last had, Unconditional until when the feed is asked without validators,
	// because a 304 of its server was not true.
	LastBody      time.Time `json:"last_body,omitzero"`
	Unconditional time.Time `json:"unconditional,omitzero"`
	// RetryAt is the time before which the server asked not to be polled again (Retry-After, RFC 9110 §10.2.3).
	RetryAt time.Time `json:"retry_at,omitzero"`
	// Due is when the next poll is scheduled.
	Due         time.Time `json:"due,omitzero"`
	LastPoll    time.Time `json:"last_poll,omitzero"`
	LastSuccess time.Time `json:"last_success,omitzero"`
	LastNew     time.Time `json:"last_new,omitzero"`
	// Failures counts the failed polls since the last success.
	Failures int `json:"failures,omitempty"`
	// Outcome is how the last poll ended, Error why if it failed, Status its HTTP status (0: no answer).
	Outcome Outcome `json:"outcome,omitempty"`
	Error   string  `json:"error,omitempty"`
	Status  int     `json:"status,omitempty"`
	// Class is the class of that failure in a word, such as "dns"; it decides how soon the feed is asked again.
	Class string `json:"class,omitempty"`
	// Items, New and Dropped (by filters) are counts of the last document that was read; Total counts all items ever sent on.
	Items   int `json:"items,omitempty"`
	New     int `json:"new,omitempty"`
	Dropped int `json:"dropped,omitempty"`
	Total   int `json:"total,omitempty"`
	// Gaps counts the documents that had no item in common with those before, so that items may have been missed; LastGap
	// is when the last one was fetched.
	Gaps    int       `json:"gaps,omitempty"`
	LastGap time.Time `json:"last_gap,omitzero"`
	// Recovered counts the items that were found after gaps in archives and further pages of the feed. Archive is the URL of
	// the latest archive document that was read for it; it and those before it are not asked for again.
	Recovered int    `json:"recovered,omitempty"`
	Archive   string `json:"archive,omitempty"`
	// Baseline is set on a feed whose first document is to be marked as seen without its items going on.
	Baseline bool `json:"baseline,omitempty"`
	// Outline holds the attributes of the feed's outline in the list that it came from that say nothing to us.
	Outline map[string]string `json:"outline,omitempty"`
	// Articles counts the feed's latest articles and Short those of them that came out short or were made of the feed's
	// own text; older ones count for less.
	Articles float64 `json:"articles,omitempty"`
	Short    float64 `json:"short,omitempty"`
	// Gone is set by a 410: the feed is kept, but not polled again until it is resumed.
	Gone bool `json:"gone,omitempty"`
	// MovedTo is the target of a permanent redirect that has been read as a feed; polls go there.
	MovedTo string `json:"moved_to,omitempty"`
	// PushedUntil is until when the feed's hub sends what is new (WebSub); the feed is polled seldom until then. LastPush is
	// when it last did.
	PushedUntil time.Time `json:"pushed_until,omitzero"`
	LastPush    time.Time `json:"last_push,omitzero"`
	// Rests names the stream positions that Validators and the seen set rest on. Where a stream turns out to be shorter
	// than that (after a power cut), both are forgotten and the feed is read again.
	Rests Rests `json:"rests,omitzero"`
	// Reread is set when they were forgotten: the feed's next document is taken as if none of it were known.
	Reread bool `json:"reread,omitempty"`
}

// PollURL is the URL to ask: the subscribed one, or where it has permanently moved to. Where that fails three times in a
// row, every other poll asks the subscribed one again: a move may have been a mistake.
func (s *FeedState) PollURL() string {
	if s.MovedTo != "" && (s.Failures < 3 || s.Failures%2 == 0) {
		return s.MovedTo
	}
	return s.URL
}

// Ref returns what a feed's items, pages and records are told of it.
func (s *FeedState) Ref() FeedRef {
	return FeedRef{ID: s.ID, URL: s.URL, Title: s.Title, Link: s.Link, Language: s.Language}
}

// Posting is what the registry has learnt of when a feed posts: how many items came in how long a time, the past counting
// for less the longer it is ago, and at which hours of the day. The time since Until is not part of it yet.
type Posting struct {
	Items float64 `json:"items,omitempty"`
	// Hours is the length of the time in which they came, in hours.
	Hours float64 `json:"hours,omitempty"`
	// Until is the end of that time.
	Until time.Time `json:"until,omitzero"`
	// Day is the number of items of each hour of the day, UTC, from 0 to 23, in parts of 255 of the fullest hour. Empty
	// while too little is known.
	Day []byte `json:"day,omitempty"`
	// Newest is the latest date of publication that an item of the feed has had, none from the future.
	Newest time.Time `json:"newest,omitzero"`
}

// Validators are a server's opaque marks of one answer, sent back exactly as received (RFC 9110 §13). They belong to
// the URL that gave them and are kept only with a body that was parsed.
type Validators struct {
	URL          string `json:"url,omitempty"`
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
	// BodyHash is the SHA-256 of that body, for servers without validators.
	BodyHash string `json:"body_hash,omitempty"`
}

// Rests holds sequences of the FEED and ITEM streams.
type Rests struct {
	Feed uint64 `json:"feed,omitempty"`
	Item uint64 `json:"item,omitempty"`
}

// Outcome is how one request or one step ended, in a word. Outcomes are counted, shown and written to events.
type Outcome string

// The outcomes of a poll and of an article page.
const (
	OutcomeFetched      Outcome = "fetched"       // a body was had
	OutcomeUnchanged    Outcome = "unchanged"     // 304, or the same bytes as last time
	OutcomeGone         Outcome = "gone"          // 410; for articles 404 too
	OutcomeFailed       Outcome = "failed"        // no usable answer
	OutcomeNotFeed      Outcome = "not_a_feed"    // an answer, but no feed in it
	OutcomeRefused      Outcome = "refused"       // the address guard or the URL's scheme or port forbids it
	OutcomeDisallowed   Outcome = "disallowed"    // robots.txt forbids it
	OutcomeRateLimited  Outcome = "rate_limited"  // 429, or 503 with Retry-After
	OutcomeLoginRefused Outcome = "login_refused" // 401 or 403 to a request with a login of the operator's
	OutcomePostponed    Outcome = "postponed"     // put off before any request: spread after a restart, host busy
	OutcomeFeedOnly     Outcome = "feed_only"     // the record was made from the feed's own text
	OutcomeDrift        Outcome = "drift"         // a site is read otherwise than before
	OutcomeDriftOver    Outcome = "drift_over"    // it is read as before again
	OutcomeGap          Outcome = "gap"           // a feed's document has nothing in common with the one before
	OutcomeArchive      Outcome = "archive"       // a feed's archive, or a further page of it, was read after a gap
	OutcomePushed       Outcome = "pushed"        // a feed's hub has sent what is new
	OutcomeDropped      Outcome = "dropped"       // a filter keeps the item from going on
)

// Poll says that a feed is due. With Look it says only that somebody has changed the registry.
type Poll struct {
	Feed string `json:"feed"` // feed id
	URL  string `json:"url"`
	// Host is the host as requests to it are spaced: all polls and pages of one host are handled by one process.
	Host string `json:"host"`
	// Due is when the poll was meant to happen.
	Due time.Time `json:"due"`
	// Slot is the time that was reserved on the host's calendar for the request; zero if none was.
	Slot time.Time `json:"slot,omitzero"`
	// PutOff says that the poll was overdue and has been put off once, which is enough.
	PutOff bool `json:"put_off,omitempty"`
	// Back says that URL is a document of the feed's past.
	Back *Back `json:"back,omitempty"`
	// Look says that what stands of the feed in the registry, or of all feeds of the host's partition where Feed is empty,
	// is to be read again by the process that polls them.
	Look bool `json:"look,omitempty"`
}

// Back is a document of a feed's past, an archive or a further page, that is asked for because items may have been missed.
type Back struct {
	// Page counts them: 1 is the first beyond the feed's own document.
	Page int `json:"page"`
	// Archive says that it is an archive document (RFC 5005 §4), which does not change.
	Archive bool `json:"archive,omitempty"`
	// Since is when the newest item was published that was known before; older ones are of no interest.
	Since time.Time `json:"since,omitzero"`
	// Try counts the failed requests for it.
	Try int `json:"try,omitempty"`
}
