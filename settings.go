package feedmill

import "regexp"

// Settings are what an operator has said of one feed alone. A field with its zero value says nothing: then what holds for
// the feed's tags and hosts counts, and last what holds for all.
type Settings struct {
	// Interval is the time between two polls in seconds, whatever the feed posts. MinInterval is the shortest.
	Interval    int `json:"interval,omitempty"`
	MinInterval int `json:"min_interval,omitempty"`
	// UserAgent is sent with the requests for the feed and its pages.
	UserAgent string `json:"user_agent,omitempty"`
	// Secret is the name of the login, cookie or header fields that the feed is asked with. What they are stands elsewhere.
	Secret string `json:"secret,omitempty"`
	// FullText, Revisit and Renderer say whether the feed's pages are fetched, looked at again for edits, and rendered.
	FullText Switch `json:"full_text,omitempty"`
	Revisit  Switch `json:"revisit,omitempty"`
	Renderer Switch `json:"renderer,omitempty"`
	// Rules is the name of the site rule by which the feed's pages are read, whatever their host; "off" for none.
	Rules string `json:"rules,omitempty"`
	// Filters keep or drop the feed's items, beside what holds for all feeds.
	Filters []ItemFilter `json:"filters,omitempty"`
	// From says where the settings were written down, such as "feeds.yaml:12"; "" if they were set by hand.
	From string `json:"from,omitempty"`
}

// IsZero tells whether nothing is said.
func (s *Settings) IsZero() bool {
	return s == nil || s.Interval == 0 && s.MinInterval == 0 && s.UserAgent == "" && s.Secret == "" && s.FullText == "" && s.Revisit == "" &&
		s.Renderer == "" && s.Rules == "" && len(s.Filters) == 0
}

// Switch turns something on or off; "" says nothing.
type Switch string

// The values of a Switch.
const (
	On  Switch = "on"
	Off Switch = "off"
)

// ItemFilter keeps or drops items of a feed.
type ItemFilter struct {
	Field  string `json:"field" yaml:"field"`   // title, url, category or author
	Match  string `json:"match" yaml:"match"`   // a regular expression (RE2)
	Action string `json:"action" yaml:"action"` // keep or drop
}

var (
	secretName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
	ruleName   = regexp.MustCompile(`^[^/\\\s]{1,100}$`)
)

// IsSecretName tells whether a text can be the name of a secret.
func IsSecretName(s string) bool { return secretName.MatchString(s) }

// IsRuleName tells whether a text can be the name of a site rule: that of its file without directory and extension.
func IsRuleName(s string) bool { return ruleName.MatchString(s) }
