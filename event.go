package feedmill

import "time"

// Event is something that happened on the way and is not data: a 304, a refusal, a retry, a rejection. Events answer
// the question why a record is, or is not, there.
type Event struct {
	Time    time.Time `json:"time"`
	Stage   string    `json:"stage"`
	Outcome Outcome   `json:"outcome"`
	URL     string    `json:"url,omitempty"`
	Feed    string    `json:"feed,omitempty"` // feed id
	ID      string    `json:"id,omitempty"`   // article id
	Status  int       `json:"status,omitempty"`
	Items   int       `json:"items,omitempty"`
	New     int       `json:"new,omitempty"`
	// Dropped counts the new and changed items that the filters dropped.
	Dropped int `json:"dropped,omitempty"`
	// Rule names the filter that dropped an item, such as "filters[2]".
	Rule   string `json:"rule,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Next is when it will be tried again, if it will.
	Next time.Time `json:"next,omitzero"`
}
