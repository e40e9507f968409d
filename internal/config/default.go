package config

import (
	"path/filepath"
	"time"
)

const (
	seconds = Duration(time.Second)
	minutes = Duration(time.Minute)
	hours   = Duration(time.Hour)
	days    = 24 * hours

	kib = Size(1) << 10
	mib = Size(1) << 20
)

// Default returns a new configuration with every documented default.
func Default() *Config {
	return &Config{
		Data: "./data",
		Log:  Log{Level: "info", Format: "auto"},
		HTTP: HTTP{Listen: "127.0.0.1:8686"},
		NATS: NATS{Prefix: "fm.", Replicas: 1, Durability: "1s"},
		Poll: Poll{Min: 5 * minutes, Default: 1 * hours, Max: 24 * hours, BackoffMax: 24 * hours, Spread: 10 * minutes, Unconditional: 7 * days},
		Fetch: Fetch{
			ConnectTimeout:  10 * seconds,
			HeaderTimeout:   15 * seconds,
			Timeout:         60 * seconds,
			MinRate:         1 * kib,
			MinRateWindow:   5 * seconds,
			MaxHeaderBytes:  256 * kib,
			MaxBodyBytes:    16 * mib,
			MaxDecodedBytes: 32 * mib,
			MaxRatio:        500,
			MaxItems:        10_000,
			ArchivePages:    10,
			MaxRedirects:    10,
			Concurrency:     64,
			PerHost:         2,
			HostDelay:       1 * seconds,
			AllowPorts:      []int{80, 443},
			RobotsAgent:     "feedmill",
			RobotsMaxAge:    24 * hours,
			TDMRep:          true,
			Articles:        true,
			ArticleTries:    6,
			Revisit:         []Duration{1 * hours, 24 * hours},
		},
		Parse:     Parse{MaxDepth: 512, MaxNodes: 1_000_000},
		Enrich:    Enrich{Enabled: true, Timeout: 10 * seconds},
		Stories:   Stories{Enabled: true, Window: 3 * days, Max: 100_000},
		Sinks:     []Sink{{Name: "main", Type: "sqlite"}},
		Retention: Retention{Pages: 7 * days, Events: 7 * days, Dead: 90 * days},
		origins:   map[string]string{},
	}
}

// Demo sets the short times of the demo: feeds are polled every few seconds and a fault is given up on within seconds.
// What a file, the environment or a flag has set stays as it is. The address of the demo's own site is allowed by the
// caller, who knows it.
func Demo(c *Config) {
	preset(c, "poll.min", &c.Poll.Min, 1*seconds)
	preset(c, "poll.default", &c.Poll.Default, max(5*seconds, c.Poll.Min))
	preset(c, "poll.max", &c.Poll.Max, max(5*seconds, c.Poll.Default))
	preset(c, "poll.backoff_max", &c.Poll.BackoffMax, max(5*seconds, c.Poll.Min))
	preset(c, "poll.spread", &c.Poll.Spread, 2*seconds)
	preset(c, "fetch.connect_timeout", &c.Fetch.ConnectTimeout, 2*seconds)
	preset(c, "fetch.header_timeout", &c.Fetch.HeaderTimeout, 3*seconds)
	preset(c, "fetch.timeout", &c.Fetch.Timeout, max(5*seconds, c.Fetch.ConnectTimeout, c.Fetch.HeaderTimeout))
	preset(c, "fetch.host_delay", &c.Fetch.HostDelay, 0)
	preset(c, "fetch.article_tries", &c.Fetch.ArticleTries, 3)
}

func preset[T any](c *Config, key string, field *T, value T) {
	if c.Origin(key) == originDefault {
		*field = value
		c.setOrigin(key, "demo")
	}
}

// EntitiesPath returns the file of imported entities, which need not be there.
func (c *Config) EntitiesPath() string {
	if c.Enrich.Entities != "" {
		return c.Enrich.Entities
	}
	return filepath.Join(c.Data, "entities")
}

// SQLitePath returns the file of a sqlite sink: its own path, or feedmill.db in the data directory. In the data
// directory only one sink can go without a path; [Config.Validate] sees to it.
func (c *Config) SQLitePath(s *Sink) string {
	if s.Path != "" {
		return s.Path
	}
	return filepath.Join(c.Data, "feedmill.db")
}
