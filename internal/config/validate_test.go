package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"poll order": {
			"poll: {min: 2h, max: 30m}",
			`f.yaml:1:13: poll.min is 2h, which is above poll.default (1h); lower it or raise poll.default
poll.default is 1h, which is above poll.max (30m); lower it or raise poll.max`,
		},
		"poll too often": {"poll: {min: 10ms}", `f.yaml:1:13: poll.min is 10ms, which is less than a second; write 1s or more`},
		"network":        {"fetch: {allow_cidrs: [10.0.0.1]}", `f.yaml:1:23: fetch.allow_cidrs[0] is "10.0.0.1", which is no network; write one such as 10.0.0.0/8, or 192.0.2.7/32 for one address`},
		"port":           {"fetch: {allow_ports: [80, 70000]}", `f.yaml:1:27: fetch.allow_ports[1] is 70000, which is out of range; write a number from 0 to 65535`},
		"no ports":       {"fetch: {allow_ports: []}", `f.yaml:1:22: fetch.allow_ports is [], which allows no request at all; write ports such as [80, 443], or [0] for any`},
		"header":         {"fetch: {user_agent: \"a\\nb: c\"}", `f.yaml:1:21: fetch.user_agent is "a\nb: c", which cannot stand in a header; write printable ASCII`},
		"proxy":          {"fetch: {proxy: 'ftp://jan:pw@proxy'}", `f.yaml:1:16: fetch.proxy is "ftp://jan:xxxxx@proxy", which is no proxy; write one such as http://127.0.0.1:3128 or socks5://127.0.0.1:1080, or environment to take it from HTTP_PROXY and HTTPS_PROXY`},
		"settings": {"settings: [{interval: 10ms, min_interval: 1h, secret: 'pass word', full_text: maybe, revisit: [2h, 1h], rules: a/b, renderer: on}]",
			`f.yaml:1:12: settings[0].for is [], but feeds, tags or hosts are needed; write some such as [sport, example.com]
f.yaml:1:23: settings[0].interval is 10ms, which is less than a second; write 1s or more
f.yaml:1:43: settings[0].min_interval is 1h, but interval is set too, which says all; remove one of them
f.yaml:1:55: settings[0].secret is "xxxxx", which is no name of a secret: up to 64 of a-z, 0-9, -, _ and .; the secret itself belongs into the file of secrets
f.yaml:1:79: settings[0].full_text is "maybe", which is none of the known words; write one of on, off
f.yaml:1:127: settings[0].renderer is "on", but fetch.renderer names none; write its NATS subject there, such as render.page
f.yaml:1:100: settings[0].revisit[1] is 1h, which is not after the one before (2h); write growing times such as [1h, 24h]
f.yaml:1:112: settings[0].rules is "a/b", which is no name of a site rule; write that of its file without directory and extension, or off`},
		"timeouts":     {"fetch: {timeout: 0s}", "f.yaml:1:18: fetch.timeout is 0, which leaves no time; write a duration above 0 such as 10s\nfetch.connect_timeout is 10s, which is above fetch.timeout (0); lower it or raise fetch.timeout\nfetch.header_timeout is 15s, which is above fetch.timeout (0); lower it or raise fetch.timeout"},
		"body size":    {"fetch: {max_body_bytes: 2GiB}", `f.yaml:1:25: fetch.max_body_bytes is 2GiB, which is out of range; write a size from 1KiB to 1GiB`},
		"listen":       {"http: {listen: localhost}", `f.yaml:1:16: http.listen is "localhost", which is no address to listen on; write host:port such as 127.0.0.1:8686, or "" to turn it off`},
		"listen port":  {"http: {listen: 'a:99999'}", `f.yaml:1:16: http.listen is "a:99999", which is no address to listen on; write host:port such as 127.0.0.1:8686, or "" to turn it off`},
		"level":        {"log: {level: loud}", `f.yaml:1:14: log.level is "loud", which is none of the known words; write one of debug, info, warn, error`},
		"regexp":       {"filters: [{field: title, action: drop, match: '('}]", "f.yaml:1:47: filters[0].match is \"(\", which is no regular expression (error parsing regexp: missing closing ): `(`); the syntax is at https://github.com/google/re2/wiki/Syntax"},
		"filter words": {"filters: [{field: body, action: drop, match: a}]", `f.yaml:1:19: filters[0].field is "body", which is none of the known words; write one of title, url, category, author`},
		"no sinks":     {"sinks: []", `f.yaml:1:8: sinks is [], so that nothing would be stored; write one such as {name: main, type: sqlite}`},
		"sink type":    {"sinks: [{name: a, type: mongo}]", `f.yaml:1:25: sinks[0].type is "mongo", which is none of the known words; write one of sqlite, postgres, file, warc, s3, webhook, opensearch`},
		"sink names": {
			"sinks: [{name: a, type: sqlite}, {name: a, type: sqlite, path: x}]",
			`f.yaml:1:41: sinks[1].name is "a", which sinks[0] has already; give each its own name`,
		},
		"sink paths":               {"sinks: [{name: a, type: sqlite}, {name: b, type: sqlite}]", `f.yaml:1:34: sinks[1].path is "", so that it would write to the file of sinks[0] (data/feedmill.db); give each its own path`},
		"sink name form":           {"sinks: [{name: a.b, type: sqlite}]", `f.yaml:1:16: sinks[0].name is "a.b", which is no name; write up to 32 of a-z, 0-9, - and _, such as main`},
		"dsn":                      {"sinks: [{name: a, type: postgres}]", `f.yaml:1:9: sinks[0].dsn is "", but a postgres sink needs one; write one such as postgres://feedmill@localhost/feedmill`},
		"server":                   {"nats: {urls: ['http://u:pw@x']}", `f.yaml:1:15: nats.urls[0] is "http://u:xxxxx@x", which is no server address; write one such as nats://127.0.0.1:4222`},
		"creds alone":              {"nats: {creds: f.creds}", `f.yaml:1:15: nats.creds is "f.creds", but the server is embedded, which needs none; set nats.urls or remove it`},
		"prefix":                   {"nats: {prefix: fm}", `f.yaml:1:16: nats.prefix is "fm", which cannot begin a subject; write words each ended by a dot, such as fm.`},
		"replicas":                 {"nats: {replicas: 2}", `f.yaml:1:18: nats.replicas is 2, which no cluster can hold well; write 1, 3 or 5`},
		"tls pair":                 {"nats: {urls: ['tls://x'], tls: {cert: c.pem}}", `f.yaml:1:39: nats.tls.cert is "c.pem", and nats.tls.key is ""; a certificate and its key go together, set both or none`},
		"seed":                     {"nats: {urls: ['tls://x'], nkey: SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY}", `f.yaml:1:33: nats.nkey is "xxxxx", which is the seed itself; put it into a file and write the file's name`},
		"retention":                {"retention: {pages: 1s}", `f.yaml:1:20: retention.pages is 1s, which is gone before anybody can read it; write 1m or more, or 0 for ever`},
		"renderer: wildcard":       {"fetch: {renderer_for: [a.example], renderer: 'a.*'}", `f.yaml:1:46: fetch.renderer is "a.*", which is no subject to ask; write one such as render.page`},
		"renderer: all":            {"fetch: {renderer_for: [a.example], renderer: 'render.>'}", `f.yaml:1:46: fetch.renderer is "render.>", which is no subject to ask; write one such as render.page`},
		"renderer: space":          {"fetch: {renderer_for: [a.example], renderer: 'a b'}", `f.yaml:1:46: fetch.renderer is "a b", which is no subject to ask; write one such as render.page`},
		"renderer: no token":       {"fetch: {renderer_for: [a.example], renderer: 'render..page'}", `f.yaml:1:46: fetch.renderer is "render..page", which is no subject to ask; write one such as render.page`},
		"renderer: dot at the end": {"fetch: {renderer_for: [a.example], renderer: 'render.'}", `f.yaml:1:46: fetch.renderer is "render.", which is no subject to ask; write one such as render.page`},
		"renderer: own":            {"fetch: {renderer_for: [a.example], renderer: 'fm.render'}", `f.yaml:1:46: fetch.renderer is "fm.render", which is among feedmill's own (nats.prefix is fm.); write one such as render.page`},
		"renderer: server's":       {"fetch: {renderer_for: [a.example], renderer: '$SYS.page'}", `f.yaml:1:46: fetch.renderer is "$SYS.page", which is among the server's own; write one such as render.page`},
		"renderer: inbox":          {"fetch: {renderer_for: [a.example], renderer: '_INBOX.page'}", `f.yaml:1:46: fetch.renderer is "_INBOX.page", which is among the server's own; write one such as render.page`},
		"external: own":            {"{nats: {prefix: mill.}, enrich: {external: [{name: a, subject: mill.a}]}}", `f.yaml:1:64: enrich.external[0].subject is "mill.a", which is among feedmill's own (nats.prefix is mill.); write one such as enrich.topics`},
		"external: space":          {"enrich: {external: [{name: a, subject: 'a b'}]}", `f.yaml:1:40: enrich.external[0].subject is "a b", which is no subject to ask; write one such as enrich.topics`},
		"external: none":           {"enrich: {external: [{name: a}]}", `f.yaml:1:21: enrich.external[0].subject is "", but a NATS subject is needed; write one such as enrich.topics`},
		"no data":                  {"data: ''", `f.yaml:1:7: data is "", but a directory is needed; write one such as ./data`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := Default()
			if err := c.decodeFile("f.yaml", []byte(tt.text)); err != nil {
				t.Fatal(err)
			}
			err := c.Validate()
			if err == nil {
				t.Fatalf("no error, want %s", tt.want)
			}
			if d := cmp.Diff(tt.want, err.Error()); d != "" {
				t.Errorf("message (-want +got):\n%s", d)
			}
		})
	}
}
