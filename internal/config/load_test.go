package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func diff(want, got *Config) string {
	return cmp.Diff(want, got, cmpopts.IgnoreUnexported(Config{}), cmpopts.EquateEmpty())
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "feedmill.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadOrder(t *testing.T) {
	t.Parallel()
	path := write(t, `
poll: {min: 2m, default: 3m}
fetch:
  allow_ports: [0]
  articles: false
sinks:
  - {name: main, type: sqlite, path: a.db}
  - {name: lake, type: file, format: jsonl, dir: out, rotate: {size: 256MiB, age: 1h}}
`)
	c, err := Load(path, []string{
		"HOME=/root",
		"FEEDMILL_POLL_DEFAULT=4m",
		"FEEDMILL_DATA=/var/lib/feedmill",
		"FEEDMILL_CONFIG=elsewhere.yaml",
		"FEEDMILL_FETCH_REVISIT=1h, 2d",
		"FEEDMILL_FILTERS=[{\"field\":\"title\",\"match\":\"ad\",\"action\":\"drop\"}]",
		"FEEDMILL_SERVICE_HOST=10.0.0.1",
		"FEEDMILL_NATS_PORT_4222_TCP_ADDR=10.0.0.2",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Set("poll.max", "6m", "flag --poll-max"); err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Data = "/var/lib/feedmill"
	want.Poll.Min, want.Poll.Default, want.Poll.Max = 2*minutes, 4*minutes, 6*minutes
	want.Fetch.AllowPorts, want.Fetch.Articles = []int{0}, false
	want.Fetch.Revisit = []Duration{1 * hours, 2 * days}
	want.Filters = []Filter{{Field: "title", Match: "ad", Action: "drop"}}
	want.Sinks = []Sink{
		{Name: "main", Type: "sqlite", Path: "a.db"},
		{Name: "lake", Type: "file", Format: "jsonl", Dir: "out", Rotate: Rotate{Size: 256 * mib, Age: 1 * hours}},
	}
	if d := diff(want, c); d != "" {
		t.Errorf("configuration (-want +got):\n%s", d)
	}
	if err := c.Validate(); err != nil {
		t.Errorf("validate: %v", err)
	}
	for key, want := range map[string]string{
		"poll.min":              path + ":2:13",
		"poll.default":          "env FEEDMILL_POLL_DEFAULT",
		"poll.max":              "flag --poll-max",
		"poll.spread":           "default",
		"sinks":                 path + ":7:3",
		"sinks[1].rotate.size":  path + ":8:70",
		"sinks[1].wait":         path + ":8:5",
		"fetch.allow_ports[0]":  path + ":4:17",
		"filters[0].action":     "env FEEDMILL_FILTERS",
		"fetch.max_items":       "default",
		"nothing.of.that.name":  "default",
		"fetch.connect_timeout": "default",
	} {
		if got := c.Origin(key); got != want {
			t.Errorf("Origin(%q) = %q, want %q", key, got, want)
		}
	}
}

func TestLoadNamesFileByVariable(t *testing.T) {
	t.Parallel()
	c, err := Load("", []string{"FEEDMILL_CONFIG=" + write(t, `{"data": "x"}`)})
	if err != nil || c.Data != "x" {
		t.Errorf("data = %q, error %v; want x from the file that FEEDMILL_CONFIG names", c.Data, err)
	}
}

func TestLoadNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "# all in comments\n", "poll:\nfetch:\n  # none\n", "---\n"} {
		c, err := Load(write(t, text), nil)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if d := diff(Default(), c); d != "" {
			t.Errorf("%q (-default +got):\n%s", text, d)
		}
	}
	if err := Default().Validate(); err != nil {
		t.Errorf("the defaults are not valid: %v", err)
	}
}

func TestFileErrors(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"unknown key": {
			"poll:\n  intervall: 3s\n",
			`f.yaml:2:3: unknown key "intervall"; known here: min, default, max, backoff_max, spread, unconditional`,
		},
		"misspelt":          {"fetch:\n  concurency: 3\n", `f.yaml:2:3: unknown key "concurency"; did you mean "concurrency"?`},
		"swapped letters":   {"pool: 1\n", `f.yaml:1:1: unknown key "pool"; did you mean "poll"?`},
		"of another group":  {"host_delay: 1s\n", `f.yaml:1:1: unknown key "host_delay"; did you mean "fetch.host_delay"?`},
		"dotted":            {"poll.min: 1s\n", `f.yaml:1:1: unknown key "poll.min"; write it as poll: {min: …}`},
		"in a list":         {"sinks:\n- nane: x\n", `f.yaml:2:3: unknown key "nane"; did you mean "name"?`},
		"no duration":       {"poll: {min: soon}", `f.yaml:1:13: poll.min: "soon" is not a duration; write one such as 30s, 5m or 7d`},
		"no unit":           {"poll: {min: 5}", `f.yaml:1:13: poll.min: "5" is not a duration; write one such as 30s, 5m or 7d`},
		"no size":           {"fetch: {max_body_bytes: 8 megs}", `f.yaml:1:25: fetch.max_body_bytes: "8 megs" is not a size; write one such as 8MiB`},
		"no number":         {"fetch: {per_host: two}", `f.yaml:1:19: fetch.per_host: "two" is not a whole number; write one such as 10`},
		"no truth":          {"enrich: {enabled: yes}", `f.yaml:1:19: enrich.enabled: "yes" is not true or false; write one such as true`},
		"no list":           {"feeds: feeds.yaml", `f.yaml:1:8: feeds: "feeds.yaml" is not a list; write one such as [feeds.yaml, feeds.opml]`},
		"no group":          {"poll: 5m", `f.yaml:1:7: poll: "5m" is not a group of keys; write one such as {min: …}`},
		"list for a value":  {"data: [a]", `f.yaml:1:7: data: a list is not a text; write one such as "text"`},
		"group for a value": {"poll: {min: {a: 1}}", `f.yaml:1:13: poll.min: a group of keys is not a duration; write one such as 30s, 5m or 7d`},
		"no value":          {"poll: {min: }", `f.yaml:1:13: poll.min has no value; write one such as 30s, 5m or 7d, or remove the key`},
		"empty element":     {"feeds:\n- a\n-\n", `f.yaml:3:2: feeds: an element has no value; write one or remove it`},
		"element's kind":    {"fetch: {allow_ports: [80, http]}", `f.yaml:1:27: fetch.allow_ports[1]: "http" is not a whole number; write one such as [80, 443]`},
		"twice":             {"data: a\nlog: {}\ndata: b\n", `f.yaml:3:1: data is set twice; remove one (the other is at line 1)`},
		"merge key":         {"<<: {data: a}\n", `f.yaml:1:1: merge keys (<<) are not supported; write the keys out`},
		"key not a word":    {"[a]: b\n", `f.yaml:1:1: a key must be a plain word`},
		"not a mapping":     {"- a\n- b\n", `f.yaml:1:1: a list is not a configuration; write keys such as poll: {min: 5m}`},
		"tab":               {"poll:\n\tmin: 1s\n", `f.yaml:2:1: not YAML: found character that cannot start any token; indent with spaces, not tabs`},
		"open bracket":      {"feeds: [a,\nb: 2", `f.yaml:3:1: not YAML: did not find expected ',' or ']' while parsing a flow sequence that begins at line 1`},
		"unknown anchor":    {"data: *x", `f.yaml:1:7: not YAML: unknown anchor 'x' referenced`},
		"two documents":     {"data: a\n---\ndata: b\n", `f.yaml:2:1: a second document begins here; one file holds one configuration, remove the ---`},
		"all together": {
			"dta: x\npoll: {min: soon, mx: 1h}\nfetch: {timeout: 1x}\n",
			`f.yaml:1:1: unknown key "dta"; did you mean "data"?
f.yaml:2:13: poll.min: "soon" is not a duration; write one such as 30s, 5m or 7d
f.yaml:2:19: unknown key "mx"; did you mean "max"?
f.yaml:3:18: fetch.timeout: "1x" is not a duration; write one such as 30s, 5m or 7d`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := Default().decodeFile("f.yaml", []byte(tt.text))
			if err == nil {
				t.Fatalf("no error, want %s", tt.want)
			}
			if d := cmp.Diff(tt.want, err.Error()); d != "" {
				t.Errorf("message (-want +got):\n%s", d)
			}
		})
	}
}

func TestManyErrorsAreCut(t *testing.T) {
	t.Parallel()
	err := Default().decodeFile("f.yaml", []byte("feeds:\n"+strings.Repeat("- [x]\n", 500)))
	lines := strings.Split(err.Error(), "\n")
	if got, want := lines[len(lines)-1], "f.yaml: 480 more errors"; len(lines) != 21 || got != want {
		t.Errorf("%d lines, the last %q; want 21, the last %q", len(lines), got, want)
	}
}

func TestUnreadableFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, tt := range map[string]struct{ path, want string }{
		"missing":   {dir + "/none.yaml", "config " + dir + "/none.yaml: there is no such file; check the path, or run without it to take the defaults"},
		"directory": {dir, "config " + dir + ": read " + dir + ": is a directory; name the file itself"},
		"huge":      {write(t, strings.Repeat("#", maxFileBytes+1)), "larger than 1MiB; this is hardly a configuration, check the path"},
	} {
		if _, err := Load(tt.path, nil); err == nil || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %s", name, err, tt.want)
		}
	}
}

func TestSetErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ key, text, want string }{
		{"poll.min", "soon", `flag --x: poll.min: "soon" is not a duration; write one such as 30s, 5m or 7d`},
		{"poll.mni", "1s", `flag --x: unknown key "poll.mni"; did you mean "min"?`},
		{"poll", "1s", `flag --x: poll is a group of keys; name one of min, default, max, backoff_max, spread, unconditional`},
		{"data.dir", "x", `flag --x: unknown key "data.dir"`},
		{"sinks", "[{name: a", `flag --x: sinks: "[{name: a" is not a list; write one such as [{name: main, type: sqlite}]`},
		{"sinks", "main", `flag --x: sinks: "main" is not a list; write one such as [{name: main, type: sqlite}]`},
		{"sinks", `[{"nme":"a"}]`, `flag --x: unknown key "nme"; did you mean "name"?`},
		{"fetch.allow_ports", "80,x", `flag --x: fetch.allow_ports[1]: "x" is not a whole number; write one such as [80, 443]`},
	} {
		err := Default().Set(tt.key, tt.text, "flag --x")
		if err == nil || err.Error() != tt.want {
			t.Errorf("Set(%q, %q) = %v\nwant %s", tt.key, tt.text, err, tt.want)
		}
	}
}

func TestSetLists(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{"": nil, "a": {"a"}, "a, b": {"a", "b"}, `["a,b", c]`: {"a,b", "c"}} {
		c := Default()
		if err := c.Set("feeds", text, "flag --feeds"); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if d := cmp.Diff(want, c.Feeds, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%q (-want +got):\n%s", text, d)
		}
	}
}

func TestVariableErrors(t *testing.T) {
	t.Parallel()
	_, err := Load("", []string{"FEEDMILL_POOL_MIN=1s", "FEEDMILL_HTTP_LISTEN=", "FEEDMILL_XYZZY=1", "FEEDMILL_LOG_LEVEL=debug", "FEEDMILL_FETCH_ARTICLES=no"})
	want := `env FEEDMILL_FETCH_ARTICLES: fetch.articles: "no" is not true or false; write one such as true
env FEEDMILL_POOL_MIN: unknown variable; did you mean FEEDMILL_POLL_MIN?
env FEEDMILL_XYZZY: unknown variable; names are those of the file, such as FEEDMILL_POLL_MIN for poll.min`
	if err == nil || err.Error() != want {
		t.Errorf("error:\n%v\nwant:\n%s", err, want)
	}
}

func TestVariableNamesAreUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, key := range Keys() {
		name := EnvName(key)
		if other, ok := seen[name]; ok {
			t.Errorf("%s and %s are both %s", key, other, name)
		}
		seen[name] = key
	}
	if len(seen) < 59 {
		t.Errorf("%d keys, want all of the documentation", len(seen))
	}
}

// FuzzLoad holds that any bytes give a configuration or an error that begins with the file's name, and that what was
// accepted shows as a file that is accepted again.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"", exampleYAML, free(exampleYAML), "poll: {min: 1s}", "a: &x [*x]", "feeds: &f [a, b]\nparse: {rules: *f}",
		"data: \"\\u0000\"", "sinks: [{name: 1, path: ~}]", "fetch: {min_rate: 9e99}", "poll: {min: 99999999999999999999d}",
		"<<: *a", "? [a]\n: b", "data: !!binary aGk=", "log: !!set {level}", "\xff\xfea\x00", "data: |\n  a\n  b\n", "data: '#x: y'",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c := Default()
		if err := c.decodeFile("f.yaml", data); err != nil {
			if !strings.HasPrefix(err.Error(), "f.yaml:") {
				t.Errorf("error %q does not name the file", err)
			}
			return
		}
		_ = c.Validate()
		c.Pending()
		var shown strings.Builder
		if err := c.Show(&shown); err != nil {
			t.Fatalf("show: %v", err)
		}
		again := Default()
		if err := again.decodeFile("shown.yaml", []byte(shown.String())); err != nil {
			t.Fatalf("shown configuration is refused: %v\n%s", err, shown.String())
		}
		if maskText(string(data)) == string(data) && !strings.Contains(shown.String(), masked) {
			if d := diff(c, again); d != "" {
				t.Errorf("shown configuration is another (-loaded +shown):\n%s", d)
			}
		}
	})
}
