package feedmill

import (
	"strings"
	"time"
)

// Page is one fetched document, feed or article, as it came: the bytes after content decoding, charset untouched.
// It is a line of `feedmill fetch` and the input of `feedmill parse`. Only URL and Body are required there.
type Page struct {
	// ID is echoed from input to output; on the way to a record it is the article's id.
	ID        string              `json:"id,omitempty"`
	URL       string              `json:"url"`
	FinalURL  string              `json:"final_url,omitempty"`
	Status    int                 `json:"status,omitempty"`
	Header    map[string][]string `json:"header,omitempty"`
	FetchedAt time.Time           `json:"fetched_at,omitzero"`
	Body      []byte              `json:"body"`
	// Coded is Body as it was sent, where that was in the content coding that Coding names, "gzip" or "zstd". It spares
	// who keeps the page or passes it on a compression of his own; the page's JSON does not have it. A page without Body
	// has none.
	Coded  []byte `json:"-"`
	Coding string `json:"-"`
	// Parts are the further pages of an article in several parts, in order.
	Parts []*Page `json:"parts,omitempty"`
	// Feed and Item are what is known from the feed.
	Feed      *FeedRef   `json:"feed,omitempty"`
	Item      *Item      `json:"item,omitempty"`
	Redirects []Redirect `json:"redirects,omitempty"`
	// Robots is the verdict of robots.txt: "allowed", "disallowed" or "unreachable"; empty where it was not asked.
	Robots string `json:"robots,omitempty"`
	// OptOut is what robots.txt, the header and tdmrep.json say of use by machines; nil where they say nothing.
	OptOut *OptOut `json:"opt_out,omitempty"`
	// Protocol is the version of HTTP that it came by ("HTTP/2.0"), Sent the size of the body as it was sent, in bytes.
	Protocol string `json:"protocol,omitempty"`
	Sent     int64  `json:"sent,omitempty"`
	// Addr is the network address that answered.
	Addr string `json:"addr,omitempty"`
	// Truncated says that the body ended before its stated end. It is so only of feeds, whose first items are worth having.
	Truncated bool `json:"truncated,omitempty"`
	// Pushed is set where a hub has sent the document (WebSub): it may hold no more of the feed than what is new.
	Pushed bool `json:"pushed,omitempty"`
	// Rule is the name of the site rule by which the page is to be read, whatever its host; "off" for none, "" for that of its
	// host.
	Rule string `json:"rule,omitempty"`
	// Back is set on a document of a feed's past.
	Back *Back `json:"back,omitempty"`
	// Rendered says that Body is no answer of the server, but what a renderer made of one.
	Rendered bool `json:"rendered,omitempty"`
	// Failure says why there is no body. The record is then made from Item alone.
	Failure string `json:"failure,omitempty"`
	// Visit is set on the first page of an article and on each of those that it is looked at again for edits.
	Visit *Visit `json:"visit,omitempty"`
}

// Visit is one look at an article's page: the first, or a later one that asks whether the page was edited. A later look
// that found nothing new has no body.
type Visit struct {
	// Number is 0 for the first look.
	Number int `json:"number,omitempty"`
	// Again is after how long the page is to be looked at again, in nanoseconds; 0: not again.
	Again time.Duration `json:"again,omitempty"`
	// Validators are those of the last body that was fetched, where there is none here or a rendered one.
	Validators Validators `json:"validators,omitzero"`
	// Gone says that the page was gone at the look before.
	Gone bool `json:"gone,omitempty"`
}

// IsGone tells whether the answer was that the page is no longer there.
func (p *Page) IsGone() bool {
	return p.Failure != "" && (p.Status == statusNotFound || p.Status == statusGone)
}

const (
	statusNotFound = 404
	statusGone     = 410
)

// Unread tells whether this is a later look at an article that brought no text: nothing new, or no answer of use.
func (p *Page) Unread() bool { return p.Visit != nil && p.Visit.Number > 0 && len(p.Body) == 0 }

// OptOut is what a site says, beside the text of a page, of its use by machines.
type OptOut struct {
	// AI says that use for machine learning is declined.
	AI bool `json:"ai,omitempty"`
	// TDM says whether text and data mining is reserved, nil where nothing is said of it; Policy is the URL of the terms.
	TDM    *bool  `json:"tdm,omitempty"`
	Policy string `json:"policy,omitempty"`
	// From names where it was said, such as "robots.txt: gptbot", "header TDM-Reservation" or "tdmrep.json".
	From []string `json:"from,omitempty"`
}

// Declines tells whether the site declines any of both.
func (o *OptOut) Declines() bool { return o != nil && (o.AI || o.TDM != nil && *o.TDM) }

// Redirect is one hop: the URL asked, the status it answered with, and where that pointed.
type Redirect struct {
	URL    string `json:"url"`
	Status int    `json:"status"`
	To     string `json:"to"`
}

// HeaderValue returns the first value of the named header (any case), or "".
func (p *Page) HeaderValue(name string) string {
	for k, v := range p.Header {
		if len(v) > 0 && strings.EqualFold(k, name) {
			return v[0]
		}
	}
	return ""
}

// BaseURL is the URL that the document's relative links are resolved against: the final one where it is known.
func (p *Page) BaseURL() string {
	if p.FinalURL != "" {
		return p.FinalURL
	}
	return p.URL
}
