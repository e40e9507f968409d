package config

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/feedmill/feedmill"
)

// Validate checks ranges and what belongs together, and reports everything that is wrong, one a line: where the value
// was set, the key, the value, why it cannot be, and what to do.
func (c *Config) Validate() error {
	v := &validator{c: c}
	v.general()
	v.nats()
	v.filters()
	v.settings()
	v.poll()
	v.fetch()
	v.rest()
	v.sinks()
	return errors.Join(v.errs...)
}

type validator struct {
	c    *Config
	errs []error
}

// bad reports the value of a key; why tells the reason and, after a semicolon, what to do.
func (v *validator) bad(key string, value any, why string, args ...any) {
	if s, ok := value.(string); ok {
		value = strconv.Quote(maskText(s))
	}
	place := ""
	if o := v.c.Origin(key); o != originDefault {
		place = o + ": "
	}
	v.errs = append(v.errs, fmt.Errorf("%s%s is %v, %s", place, key, value, fmt.Sprintf(why, args...)))
}

func (v *validator) oneOf(key, value string, words ...string) {
	if !slices.Contains(words, value) {
		v.bad(key, value, "which is none of the known words; write one of %s", strings.Join(words, ", "))
	}
}

func (v *validator) between(key string, value, low, high int) {
	if value < low || value > high {
		v.bad(key, value, "which is out of range; write a number from %d to %d", low, high)
	}
}

func (v *validator) positive(key string, d Duration) {
	if d <= 0 {
		v.bad(key, d, "which leaves no time; write a duration above 0 such as 10s")
	}
}

// notAbove checks low <= high.
func (v *validator) notAbove(lowKey string, low Duration, highKey string, high Duration) {
	if low > high {
		v.bad(lowKey, low, "which is above %s (%s); lower it or raise %s", highKey, high, highKey)
	}
}

func (v *validator) size(key string, value, low, high Size) {
	if value < low || value > high {
		v.bad(key, value, "which is out of range; write a size from %s to %s", low, high)
	}
}

func (v *validator) listen(key, address string) {
	if address == "" {
		return
	}
	_, port, err := net.SplitHostPort(address)
	if n, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil || n > math.MaxUint16 {
		v.bad(key, address, "which is no address to listen on; write host:port such as 127.0.0.1:8686, or \"\" to turn it off")
	}
}

func (v *validator) regexp(key, expression string) {
	if _, err := regexp.Compile(expression); err != nil {
		v.bad(key, expression, "which is no regular expression (%v); the syntax is at https://github.com/google/re2/wiki/Syntax", err)
	}
}

func (v *validator) general() {
	if v.c.Data == "" {
		v.bad("data", v.c.Data, "but a directory is needed; write one such as ./data")
	}
	v.oneOf("log.level", v.c.Log.Level, "debug", "info", "warn", "error")
	v.oneOf("log.format", v.c.Log.Format, "auto", "text", "json")
	v.listen("http.listen", v.c.HTTP.Listen)
	for i, name := range v.c.Feeds {
		if name == "" {
			v.bad(fmt.Sprintf("feeds[%d]", i), name, "but a file is needed; write its name or remove the element")
		}
	}
}

// nkeySeed is what the content of a key file looks like; it does not belong into a configuration.
var nkeySeed = regexp.MustCompile(`^S[A-Z2-7]{57}$`)

func (v *validator) nats() {
	n := &v.c.NATS
	for i, u := range n.URLs {
		p, err := url.Parse(u)
		if err != nil || p.Host == "" || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, p.Scheme) {
			v.bad(fmt.Sprintf("nats.urls[%d]", i), u, "which is no server address; write one such as nats://127.0.0.1:4222")
		}
	}
	if len(n.URLs) > 0 && n.Context != "" {
		v.bad("nats.context", n.Context, "but nats.urls is set too; remove one of them")
	}
	if len(n.URLs) == 0 {
		why := "but the server is embedded, which needs none; set nats.urls or remove it"
		if n.Context != "" {
			why = "but nats.context is set, whose file says this; remove one of them"
		}
		for _, k := range []struct{ key, value string }{
			{"nats.creds", n.Creds},
			{"nats.nkey", n.NKey},
			{"nats.tls.ca", n.TLS.CA},
			{"nats.tls.cert", n.TLS.Cert},
			{"nats.tls.key", n.TLS.Key},
		} {
			if k.value != "" {
				v.bad(k.key, k.value, "%s", why)
			}
		}
	}
	if nkeySeed.MatchString(n.NKey) {
		v.bad("nats.nkey", n.NKey, "which is the seed itself; put it into a file and write the file's name")
	}
	if n.Creds != "" && n.NKey != "" {
		v.bad("nats.nkey", n.NKey, "but nats.creds is set too; remove one of them")
	}
	if (n.TLS.Cert == "") != (n.TLS.Key == "") {
		v.bad("nats.tls.cert", n.TLS.Cert, "and nats.tls.key is %q; a certificate and its key go together, set both or none", n.TLS.Key)
	}
	if !strings.HasSuffix(n.Prefix, ".") || strings.HasPrefix(n.Prefix, ".") || strings.Contains(n.Prefix, "..") || strings.ContainsAny(n.Prefix, "*> \t\r\n") {
		v.bad("nats.prefix", n.Prefix, "which cannot begin a subject; write words each ended by a dot, such as fm.")
	}
	if n.Replicas != 1 && n.Replicas != 3 && n.Replicas != 5 {
		v.bad("nats.replicas", n.Replicas, "which no cluster can hold well; write 1, 3 or 5")
	}
	v.oneOf("nats.durability", n.Durability, "fast", "1s", "always")
	if n.MaxStore != 0 {
		v.size("nats.max_store", n.MaxStore, 16*mib, math.MaxInt64)
	}
}

func (v *validator) filters() {
	for i := range v.c.Filters {
		v.filter(fmt.Sprintf("filters[%d]", i), &v.c.Filters[i])
	}
}

func (v *validator) filter(key string, f *Filter) {
	v.oneOf(key+".field", f.Field, "title", "url", "category", "author")
	v.oneOf(key+".action", f.Action, "keep", "drop")
	if f.Match == "" {
		v.bad(key+".match", f.Match, "but an expression is needed; write one such as (?i)weather")
	}
	v.regexp(key+".match", f.Match)
}

func (v *validator) poll() {
	p := &v.c.Poll
	if p.Min < 1*seconds {
		v.bad("poll.min", p.Min, "which is less than a second; write 1s or more")
	}
	v.notAbove("poll.min", p.Min, "poll.default", p.Default)
	v.notAbove("poll.default", p.Default, "poll.max", p.Max)
	v.notAbove("poll.min", p.Min, "poll.backoff_max", p.BackoffMax)
}

func (v *validator) fetch() {
	f := &v.c.Fetch
	v.positive("fetch.connect_timeout", f.ConnectTimeout)
	v.positive("fetch.header_timeout", f.HeaderTimeout)
	v.positive("fetch.timeout", f.Timeout)
	v.notAbove("fetch.connect_timeout", f.ConnectTimeout, "fetch.timeout", f.Timeout)
	v.notAbove("fetch.header_timeout", f.HeaderTimeout, "fetch.timeout", f.Timeout)
	v.size("fetch.max_header_bytes", f.MaxHeaderBytes, 4*kib, 16*mib)
	v.size("fetch.max_body_bytes", f.MaxBodyBytes, 1*kib, 1024*mib)
	v.size("fetch.max_decoded_bytes", f.MaxDecodedBytes, 1*kib, 1024*mib)
	v.positive("fetch.min_rate_window", f.MinRateWindow)
	v.between("fetch.max_ratio", f.MaxRatio, 10, 1_000_000)
	v.positive("fetch.robots_max_age", f.RobotsMaxAge)
	if f.RobotsMaxAge > 24*hours {
		v.bad("fetch.robots_max_age", f.RobotsMaxAge, "which is longer than RFC 9309 allows; write 24h or less")
	}
	v.between("fetch.max_items", f.MaxItems, 1, 30_000) // so many are remembered of one feed
	v.between("fetch.archive_pages", f.ArchivePages, 0, 1_000)
	v.between("fetch.max_redirects", f.MaxRedirects, 0, 100)
	v.between("fetch.concurrency", f.Concurrency, 1, 10_000)
	v.between("fetch.per_host", f.PerHost, 1, 1_000)
	v.between("fetch.article_tries", f.ArticleTries, 1, 100)
	for i, cidr := range f.AllowCIDRs {
		if _, err := netip.ParsePrefix(cidr); err != nil {
			v.bad(fmt.Sprintf("fetch.allow_cidrs[%d]", i), cidr, "which is no network; write one such as 10.0.0.0/8, or 192.0.2.7/32 for one address")
		}
	}
	if len(f.AllowPorts) == 0 {
		v.bad("fetch.allow_ports", f.AllowPorts, "which allows no request at all; write ports such as [80, 443], or [0] for any")
	}
	for i, port := range f.AllowPorts {
		v.between(fmt.Sprintf("fetch.allow_ports[%d]", i), port, 0, math.MaxUint16)
	}
	if f.Proxy != "" && f.Proxy != "environment" {
		if u, err := url.Parse(f.Proxy); err != nil || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) ||
			u.Hostname() == "" || strings.Trim(u.Path, "/")+u.RawQuery+u.Fragment != "" {
			v.bad("fetch.proxy", f.Proxy, "which is no proxy; write one such as http://127.0.0.1:3128 or socks5://127.0.0.1:1080, or environment to take it from HTTP_PROXY and HTTPS_PROXY")
		}
	}
	for _, k := range []struct{ key, value string }{
		{"fetch.user_agent", f.UserAgent},
		{"fetch.robots_agent", f.RobotsAgent},
		{"fetch.contact", f.Contact},
	} {
		if strings.ContainsFunc(k.value, func(r rune) bool { return r < ' ' || r > '~' }) {
			v.bad(k.key, k.value, "which cannot stand in a header; write printable ASCII")
		}
	}
	if f.RobotsAgent == "" {
		v.bad("fetch.robots_agent", f.RobotsAgent, "but robots.txt needs a name to look for; write one such as feedmill")
	}
	if f.Renderer != "" && len(f.RendererFor) == 0 && !slices.ContainsFunc(v.c.Settings, func(s Setting) bool { return s.Renderer == "on" }) {
		v.bad("fetch.renderer", f.Renderer, "but nothing says whose pages it is asked for; write feeds, tags or hosts into fetch.renderer_for, such as [example.com]")
	}
	if f.Renderer != "" {
		v.subject("fetch.renderer", f.Renderer, "render.page")
	}
	v.revisit("fetch.revisit", f.Revisit)
}

// revisit checks the times after which pages are looked at again.
func (v *validator) revisit(list string, times []Duration) {
	for i, d := range times {
		key := fmt.Sprintf("%s[%d]", list, i)
		v.positive(key, d)
		if i > 0 && d <= times[i-1] {
			v.bad(key, d, "which is not after the one before (%s); write growing times such as [1h, 24h]", times[i-1])
		}
		if pages := v.c.Retention.Pages; pages > 0 && d >= pages && v.c.Origin(list) != originDefault {
			v.bad(key, d, "by when the page is forgotten (retention.pages is %s); write less, or raise retention.pages", pages)
		}
	}
}

func (v *validator) settings() {
	for i := range v.c.Settings {
		s, key := &v.c.Settings[i], fmt.Sprintf("settings[%d]", i)
		if len(s.For) == 0 || slices.Contains(s.For, "") {
			v.bad(key+".for", s.For, "but feeds, tags or hosts are needed; write some such as [sport, example.com]")
		}
		for _, k := range []struct {
			key   string
			value Duration
		}{{key + ".interval", s.Interval}, {key + ".min_interval", s.MinInterval}} {
			if k.value != 0 && k.value < 1*seconds {
				v.bad(k.key, k.value, "which is less than a second; write 1s or more")
			}
		}
		if s.Interval != 0 && s.MinInterval != 0 {
			v.bad(key+".min_interval", s.MinInterval, "but interval is set too, which says all; remove one of them")
		}
		if strings.ContainsFunc(s.UserAgent, func(r rune) bool { return r < ' ' || r > '~' }) {
			v.bad(key+".user_agent", s.UserAgent, "which cannot stand in a header; write printable ASCII")
		}
		if s.Secret != "" && !feedmill.IsSecretName(s.Secret) {
			v.bad(key+".secret", masked, "which is no name of a secret: up to 64 of a-z, 0-9, -, _ and .; the secret itself belongs into the file of secrets")
		}
		for _, k := range []struct{ key, value string }{{key + ".full_text", s.FullText}, {key + ".renderer", s.Renderer}} {
			if k.value != "" {
				v.oneOf(k.key, k.value, "on", "off")
			}
		}
		if s.Renderer == "on" && v.c.Fetch.Renderer == "" {
			v.bad(key+".renderer", s.Renderer, "but fetch.renderer names none; write its NATS subject there, such as render.page")
		}
		v.revisit(key+".revisit", s.Revisit)
		if s.Rules != "" && !feedmill.IsRuleName(s.Rules) {
			v.bad(key+".rules", s.Rules, "which is no name of a site rule; write that of its file without directory and extension, or off")
		}
	}
}

func (v *validator) rest() {
	v.listen("websub.listen", v.c.WebSub.Listen)
	if w := v.c.WebSub; w.Callback != "" {
		u, err := url.Parse(w.Callback)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(u.Path, "{}") {
			v.bad("websub.callback", w.Callback, "which is no URL that hubs can call; write one without a query, such as https://feeds.example.com/websub")
		}
		if w.Listen == "" {
			v.bad("websub.listen", w.Listen, "but websub.callback is set, whose calls must come in somewhere; write host:port such as 127.0.0.1:8688")
		}
	}
	v.between("parse.max_depth", v.c.Parse.MaxDepth, 16, 10_000)
	v.between("parse.max_nodes", v.c.Parse.MaxNodes, 1_000, 100_000_000)
	v.positive("enrich.timeout", v.c.Enrich.Timeout)
	names := map[string]int{}
	for i, e := range v.c.Enrich.External {
		key := fmt.Sprintf("enrich.external[%d]", i)
		v.name(key, "enrich.external", e.Name, i, names)
		if e.Subject == "" {
			v.bad(key+".subject", e.Subject, "but a NATS subject is needed; write one such as enrich.topics")
		} else {
			v.subject(key+".subject", e.Subject, "enrich.topics")
		}
		if e.Timeout < 0 {
			v.bad(key+".timeout", e.Timeout, "but it is a time to wait; leave it out for that of enrich.timeout")
		}
	}
	if w := v.c.Stories.Window; w < 1*minutes || w > 30*days {
		v.bad("stories.window", w, "but records are on the bus for 30 days; write a time from 1m to 30d such as 3d")
	}
	v.between("stories.max", v.c.Stories.Max, 100, 10_000_000)
	for _, k := range []struct {
		key   string
		value Duration
	}{
		{"retention.records", v.c.Retention.Records},
		{"retention.pages", v.c.Retention.Pages},
		{"retention.events", v.c.Retention.Events},
		{"retention.dead", v.c.Retention.Dead},
	} {
		if k.value != 0 && k.value < 1*minutes {
			v.bad(k.key, k.value, "which is gone before anybody can read it; write 1m or more, or 0 for ever")
		}
	}
}

// subject checks that somebody of the user's may be asked at a NATS subject.
func (v *validator) subject(key, subject, such string) {
	own := strings.TrimRight(v.c.NATS.Prefix, ".") + "."
	switch {
	case strings.ContainsFunc(subject, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '*' || r == '>' }),
		slices.Contains(strings.Split(subject, "."), ""):
		v.bad(key, subject, "which is no subject to ask; write one such as %s", such)
	case strings.HasPrefix(subject, own):
		v.bad(key, subject, "which is among feedmill's own (nats.prefix is %s); write one such as %s", v.c.NATS.Prefix, such)
	case strings.HasPrefix(subject, "$"), strings.HasPrefix(subject, "_INBOX"):
		v.bad(key, subject, "which is among the server's own; write one such as %s", such)
	}
}

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)

// name checks that the name of a list's element i can be part of a consumer's name and is its own.
func (v *validator) name(key, list, name string, i int, seen map[string]int) {
	if !nameForm.MatchString(name) {
		v.bad(key+".name", name, "which is no name; write up to 32 of a-z, 0-9, - and _, such as main")
		return
	}
	if other, ok := seen[name]; ok {
		v.bad(key+".name", name, "which %s[%d] has already; give each its own name", list, other)
		return
	}
	seen[name] = i
}

func (v *validator) sinks() {
	if len(v.c.Sinks) == 0 {
		v.bad("sinks", v.c.Sinks, "so that nothing would be stored; write one such as {name: main, type: sqlite}")
	}
	names, paths := map[string]int{}, map[string]int{}
	for i := range v.c.Sinks {
		s, key := &v.c.Sinks[i], fmt.Sprintf("sinks[%d]", i)
		v.name(key, "sinks", s.Name, i, names)
		v.oneOf(key+".type", s.Type, "sqlite", "postgres", "file", "warc", "s3", "webhook", "opensearch")
		switch s.Type {
		case "sqlite":
			path := v.c.SQLitePath(s)
			if other, ok := paths[path]; ok {
				v.bad(key+".path", s.Path, "so that it would write to the file of sinks[%d] (%s); give each its own path", other, path)
			}
			paths[path] = i
		case "postgres":
			if s.DSN == "" {
				v.bad(key+".dsn", s.DSN, "but a postgres sink needs one; write one such as postgres://feedmill@localhost/feedmill")
			}
		case "file":
			v.oneOf(key+".format", s.Format, "jsonl", "parquet")
			if s.Dir == "" {
				v.bad(key+".dir", s.Dir, "but a file sink needs one; write one such as ./out")
			}
		}
		if s.Filter != (Filter{}) {
			v.filter(key+".filter", &s.Filter)
		}
	}
}
