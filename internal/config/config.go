package config

// Config is the whole configuration. The yaml tags are the documented names; a key is written with dots, such as
// poll.min. The zero value is of no use: start from [Default] or [Load].
type Config struct {
	// Data is the directory of the embedded server, SQLite, the lock and bus.json.
	Data  string `yaml:"data"`
	Log   Log    `yaml:"log"`
	HTTP  HTTP   `yaml:"http"`
	NATS  NATS   `yaml:"nats"`
	Feeds []File `yaml:"feeds" example:"[feeds.yaml, feeds.opml]"`
	// Filters keep or drop entries before their page is fetched, in order.
	Filters []Filter `yaml:"filters" example:"[{field: title, match: (?i)weather, action: drop}]"`
	// Settings hold for some feeds and hosts in the place of what holds for all. Of several that say the same of one feed
	// or page, the last counts.
	Settings []Setting `yaml:"settings" example:"[{for: [example.com], interval: 30m}]"`
	// Secrets is the file with logins, cookies and header fields; see [Config.OpenSecrets].
	Secrets   File      `yaml:"secrets"`
	Poll      Poll      `yaml:"poll"`
	Fetch     Fetch     `yaml:"fetch"`
	WebSub    WebSub    `yaml:"websub"`
	Parse     Parse     `yaml:"parse"`
	Enrich    Enrich    `yaml:"enrich"`
	Stories   Stories   `yaml:"stories"`
	Sinks     []Sink    `yaml:"sinks" example:"[{name: main, type: sqlite}]"`
	Retention Retention `yaml:"retention"`

	origins map[string]string
	// secretVariables are those of the environment that hold secrets, by name. They are never shown.
	secretVariables map[string]string
}

// File is the name of a file or directory.
type File = string

// Log says what is logged and how.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn or error
	Format string `yaml:"format"` // text, json, or auto: text on a terminal, else json
}

// HTTP is the address of a daemon's metrics and health.
type HTTP struct {
	Listen string `yaml:"listen"` // host:port; empty turns it off
}

// NATS says where the bus is. Without URLs and Context the server is embedded.
type NATS struct {
	URLs    []string `yaml:"urls" example:"[nats://127.0.0.1:4222]"`
	Context string   `yaml:"context"` // a context of the nats command-line tool
	Creds   File     `yaml:"creds"`
	NKey    File     `yaml:"nkey"`
	TLS     TLS      `yaml:"tls"`
	// Prefix begins every subject and ends with a dot.
	Prefix   string `yaml:"prefix"`
	Replicas int    `yaml:"replicas"`
	// Durability says when the embedded server syncs to disk: always, every second (1s), or when the system likes (fast).
	Durability string `yaml:"durability"`
	// MaxStore is the size of all streams; 0 is a quarter of the free disk.
	MaxStore Size `yaml:"max_store"`
}

// External tells whether the bus is on servers of somebody else's.
func (n *NATS) External() bool { return len(n.URLs) > 0 || n.Context != "" }

// TLS names the PEM files of a connection.
type TLS struct {
	CA   File `yaml:"ca"`
	Cert File `yaml:"cert"`
	Key  File `yaml:"key"`
}

// Filter is one rule over feed entries.
type Filter struct {
	Feeds  string `yaml:"feeds"`  // a tag or a feed URL; empty for all
	Field  string `yaml:"field"`  // title, url, category or author
	Match  string `yaml:"match"`  // a regular expression (RE2)
	Action string `yaml:"action"` // keep or drop
}

// Setting is what holds for some feeds and hosts. A key that is left out says nothing.
type Setting struct {
	For         []string   `yaml:"for" example:"[sport, example.com]"` // feeds (URL), tags and hosts with those below them
	Interval    Duration   `yaml:"interval"`                           // between two polls, whatever the feed posts
	MinInterval Duration   `yaml:"min_interval"`                       // at least between two polls
	UserAgent   string     `yaml:"user_agent"`
	Secret      string     `yaml:"secret"`                      // the name of one in Secrets or the environment
	FullText    string     `yaml:"full_text" example:"off"`     // on or off: whether pages are fetched
	Revisit     []Duration `yaml:"revisit" example:"[1h, 24h]"` // as Fetch.Revisit; empty: never
	Renderer    string     `yaml:"renderer" example:"on"`       // on or off: whether the renderer is asked
	Rules       string     `yaml:"rules" example:"mysite"`      // the site rule by which pages are read, or off
}

// Poll bounds the time between two polls of a feed.
type Poll struct {
	Min        Duration `yaml:"min"`
	Default    Duration `yaml:"default"`
	Max        Duration `yaml:"max"`
	BackoffMax Duration `yaml:"backoff_max"` // the longest pause of a failing feed
	Spread     Duration `yaml:"spread"`      // overdue feeds are spread over this window
	// Unconditional is how often a feed is asked without validators, in case its server's 304s are wrong; 0 is never.
	Unconditional Duration `yaml:"unconditional"`
}

// Fetch bounds and directs the fetching of feeds and pages.
type Fetch struct {
	ConnectTimeout  Duration `yaml:"connect_timeout"`
	HeaderTimeout   Duration `yaml:"header_timeout"`
	Timeout         Duration `yaml:"timeout"`
	MinRate         Size     `yaml:"min_rate"`        // bytes a second
	MinRateWindow   Duration `yaml:"min_rate_window"` // the time over which they are counted
	MaxHeaderBytes  Size     `yaml:"max_header_bytes"`
	MaxBodyBytes    Size     `yaml:"max_body_bytes"`    // as sent
	MaxDecodedBytes Size     `yaml:"max_decoded_bytes"` // after decompression
	MaxRatio        int      `yaml:"max_ratio"`         // of the two, above a megabyte
	MaxItems        int      `yaml:"max_items"`         // of one feed document
	// ArchivePages is how many archives or further pages of a feed are read where items may have been missed; 0: none.
	ArchivePages int      `yaml:"archive_pages"`
	MaxRedirects int      `yaml:"max_redirects"`
	Concurrency  int      `yaml:"concurrency"`
	PerHost      int      `yaml:"per_host"`
	HostDelay    Duration `yaml:"host_delay"`
	// AllowCIDRs are networks that may be asked in addition to public addresses.
	AllowCIDRs []string `yaml:"allow_cidrs" example:"[10.0.0.0/8]"`
	// AllowPorts are the ports that may be asked; a 0 among them allows all.
	AllowPorts []int `yaml:"allow_ports"`
	// Proxy is the URL of a proxy by which all is asked, or "environment"; empty: none, whatever the environment says.
	Proxy string `yaml:"proxy" example:"http://127.0.0.1:3128"`
	// UserAgent is sent with each request; empty: the caller's product and version.
	UserAgent   string `yaml:"user_agent"`
	RobotsAgent string `yaml:"robots_agent"` // the name looked for in robots.txt
	// RobotsMaxAge is how long a copy of robots.txt may be relied on.
	RobotsMaxAge Duration `yaml:"robots_max_age"`
	Contact      string   `yaml:"contact"`  // a URL or mail address shown in the user agent
	Articles     bool     `yaml:"articles"` // false: records are made from the feed alone
	// ArticleTries is how often a page is asked for until it is had. After the first try its item is stored with what the
	// feed says.
	ArticleTries int `yaml:"article_tries"`
	// Revisit says how long after the first fetch a page is looked at again for edits; RevisitOff names feeds, tags and
	// hosts whose pages are not.
	Revisit    []Duration `yaml:"revisit" example:"[1h, 24h]"`
	RevisitOff []string   `yaml:"revisit_off" example:"[sport, example.com]"`
	// Renderer is the NATS subject of an external renderer of pages that are nothing without scripts; RendererFor names the
	// feeds, tags and hosts whose pages it is asked for.
	Renderer     string   `yaml:"renderer"`
	RendererFor  []string `yaml:"renderer_for" example:"[sport, example.com]"`
	TDMRep       bool     `yaml:"tdmrep"`          // ask each site for /.well-known/tdmrep.json
	ObeyAIOptOut bool     `yaml:"obey_ai_opt_out"` // leave articles whose use by machines is declined
}

// WebSub is the subscriber's side of WebSub; off without Callback.
type WebSub struct {
	Callback string `yaml:"callback"` // URL under which hubs reach Listen
	Listen   string `yaml:"listen"`   // host:port
}

// Parse bounds the parser and names the directories of site rules.
type Parse struct {
	Rules    []File `yaml:"rules" example:"[./rules]"`
	MaxDepth int    `yaml:"max_depth"`
	MaxNodes int    `yaml:"max_nodes"`
}

// Enrich directs the enricher.
type Enrich struct {
	Enabled bool `yaml:"enabled"`
	// Steps are the steps to run, in order; empty is all of them.
	Steps    []string   `yaml:"steps" example:"[language, entities]"`
	Timeout  Duration   `yaml:"timeout"`  // for all steps of one record
	Model    File       `yaml:"model"`    // entity model: news or open, both built in, or a file; empty: news
	Entities File       `yaml:"entities"` // what feedmill entities import has made; empty: entities in the data directory
	External []External `yaml:"external" example:"[{name: topics, subject: enrich.topics, timeout: 5s}]"`
}

// External is an enricher outside the process, asked over NATS, in the order of the list and after all steps.
type External struct {
	Name    string   `yaml:"name"`
	Subject string   `yaml:"subject"`
	Timeout Duration `yaml:"timeout"` // how long an answer is waited for; 0: enrich.timeout
}

// Stories directs the finding of copies among records. One enricher does it at a time.
type Stories struct {
	Enabled bool     `yaml:"enabled"`
	Window  Duration `yaml:"window"` // how far back a copy's original may lie
	Max     int      `yaml:"max"`    // the most articles that are kept in mind, 3.3 KB each
}

// Sink is one storage that records are written to. Which fields matter depends on its type.
type Sink struct {
	Name   string `yaml:"name"`
	Type   string `yaml:"type"`
	Path   File   `yaml:"path"`   // sqlite; empty: feedmill.db in the data directory
	DSN    string `yaml:"dsn"`    // postgres
	Format string `yaml:"format"` // file: jsonl or parquet
	Dir    File   `yaml:"dir"`    // file
	Rotate Rotate `yaml:"rotate"` // file
	// WaitFullText holds records made from the feed alone back for so long.
	WaitFullText Duration `yaml:"wait_full_text"`
	// Filter keeps or drops records before this sink.
	Filter Filter `yaml:"filter"`
}

// Rotate says when a file sink begins a new file: at a size or at an age, whichever is first; 0 is no bound.
type Rotate struct {
	Size Size     `yaml:"size"`
	Age  Duration `yaml:"age"`
}

// Retention says how long things are kept; 0 is for ever.
type Retention struct {
	Records Duration `yaml:"records"` // in the sinks, since an article was last fetched, or new or changed in a feed
	Pages   Duration `yaml:"pages"`   // age limits of the streams
	Events  Duration `yaml:"events"`
	Dead    Duration `yaml:"dead"`
}
