package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// free uncomments the settings of the example, so that they count.
func free(example string) string {
	var b strings.Builder
	for line := range strings.Lines(example) {
		if !strings.HasPrefix(line, "##") {
			line = strings.TrimPrefix(line, "#")
		}
		b.WriteString(line)
	}
	return b.String()
}

func TestExample(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"as it is": Example(), "freed": free(Example())} {
		c := Default()
		if err := c.decodeFile("example.yaml", []byte(text)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := diff(Default(), c); d != "" {
			t.Errorf("%s: the example does not show the defaults (-default +example):\n%s", name, d)
		}
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, key := range Keys() {
			if set := c.Origin(key) != "default"; set != (name == "freed") {
				t.Errorf("%s: %s comes from %s", name, key, c.Origin(key))
			}
		}
	}
}

func TestDemo(t *testing.T) {
	t.Parallel()
	c := Default()
	if err := c.Set("poll.min", "10s", "flag --poll-min"); err != nil {
		t.Fatal(err)
	}
	if err := c.Set("fetch.article_tries", "7", "flag --tries"); err != nil {
		t.Fatal(err)
	}
	Demo(c)
	want := Default()
	want.Poll = Poll{Min: 10 * seconds, Default: 10 * seconds, Max: 10 * seconds, BackoffMax: 10 * seconds, Spread: 2 * seconds, Unconditional: 7 * days}
	want.Fetch.ConnectTimeout, want.Fetch.HeaderTimeout, want.Fetch.Timeout = 2*seconds, 3*seconds, 5*seconds
	want.Fetch.HostDelay, want.Fetch.ArticleTries = 0, 7
	if d := diff(want, c); d != "" {
		t.Errorf("demo (-want +got):\n%s", d)
	}
	if err := c.Validate(); err != nil {
		t.Errorf("validate: %v", err)
	}
	if got := c.Origin("poll.default") + ", " + c.Origin("poll.min"); got != "demo, flag --poll-min" {
		t.Errorf("origins %s", got)
	}
	plain := Default()
	Demo(plain)
	if p := plain.Poll; p.Min != 1*seconds || p.Default != 5*seconds || p.Max != 5*seconds {
		t.Errorf("poll %+v, want 1s, 5s, 5s", p)
	}
}

func TestPending(t *testing.T) {
	t.Parallel()
	c := Default()
	if got := c.Pending(); len(got) != 0 {
		t.Errorf("the defaults are pending: %v", got)
	}
	err := c.decodeFile("f.yaml", []byte(`
http: {listen: ""}
poll: {min: 1m}
nats: {urls: [nats://x], replicas: 3}
enrich: {external: [{name: topics, subject: enrich.topics}]}
fetch: {revisit: [1h, 25h], article_tries: 2}
websub: {callback: "https://x"}
sinks:
  - {name: a, type: sqlite, wait_full_text: 10m}
  - {name: b, type: s3, filter: {field: title, match: a, action: drop}}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"sinks[1].type", "sinks[1].filter",
	}
	if d := cmp.Diff(want, c.Pending()); d != "" {
		t.Errorf("pending (-want +got):\n%s", d)
	}
}

func TestPendingKeysExist(t *testing.T) {
	t.Parallel()
	known := strings.Join(Keys(), "\n") + "\nsinks[].type\nsinks[].wait_full_text\nsinks[].filter"
	for _, p := range pending() {
		if !strings.Contains("\n"+known+"\n", "\n"+p.key+"\n") && !strings.Contains("\n"+known, "\n"+p.key+".") {
			t.Errorf("%s is no key", p.key)
		}
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	c := Default()
	err := c.decodeFile("f.yaml", []byte(`
nats: {urls: ["nats://user:s3cret@a:4222", "tls://t0ken@b"], nkey: SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY}
fetch: {contact: "123"}
sinks:
  - {name: a, type: postgres, dsn: "postgres://u:p@ss@h/db?sslpassword=q"}
  - {name: b, type: postgres, dsn: "host=h password='a b' user=u"}
`))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := c.ShowOrigins(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"  urls: ['nats://user:xxxxx@a:4222', 'tls://xxxxx@b'] # f.yaml:2:14\n", "  nkey: xxxxx # f.yaml:2:68\n", "  contact: \"123\" # f.yaml:3:18\n", "  min: 5m # default\n",
		"  dsn: postgres://u:xxxxx@h/db?sslpassword=xxxxx # f.yaml:5:36\n", "  dsn: host=h password=xxxxx user=u # f.yaml:6:36\n",
		"  max_body_bytes: 16MiB # default\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("shown configuration lacks %q", want)
		}
	}
	for _, secret := range []string{"s3cret", "t0ken", "p@ss", "a b", "SUACSS"} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("shown configuration tells %q", secret)
		}
	}
	if t.Failed() {
		t.Log(b.String())
	}
}

func TestShowLoadsAgain(t *testing.T) {
	t.Parallel()
	c := Default()
	c.Data, c.Feeds = "true", []string{"a: b", "#x", "~"}
	c.Sinks = append(c.Sinks, Sink{Name: "lake", Type: "file", Format: "jsonl", Dir: "out", Rotate: Rotate{Size: 1e9, Age: 36 * hours}})
	var b strings.Builder
	if err := c.Show(&b); err != nil {
		t.Fatal(err)
	}
	again := Default()
	if err := again.decodeFile("shown.yaml", []byte(b.String())); err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	if d := diff(c, again); d != "" {
		t.Errorf("(-shown +loaded):\n%s\n%s", d, b.String())
	}
}
