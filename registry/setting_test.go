package registry

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

func TestSet(t *testing.T) {
	t.Parallel()
	var s feedmill.Settings
	for _, kv := range []string{
		"min_interval=2h", "interval=15m", "user_agent=reader/1 (+x)", "secret=paper-login", "full_text=false", "revisit=off", "renderer=ON", "rules=paper",
		`filters=[{field: title, match: "(?i)live: now", action: drop}]`,
	} {
		key, value, _ := strings.Cut(kv, "=")
		if err := Set(&s, key, value); err != nil {
			t.Errorf("%s: %v", kv, err)
		}
	}
	want := feedmill.Settings{Interval: 900, UserAgent: "reader/1 (+x)", Secret: "paper-login", FullText: "off", Revisit: "off", Renderer: "on", Rules: "paper",
		Filters: []feedmill.ItemFilter{{Field: "title", Match: "(?i)live: now", Action: "drop"}}}
	if d := cmp.Diff(want, s); d != "" {
		t.Error(d)
	}
	for _, key := range SettingKeys() {
		if err := Set(&s, key, ""); err != nil {
			t.Errorf("take back %s: %v", key, err)
		}
	}
	if !s.IsZero() {
		t.Errorf("taken back, it is %+v", s)
	}
	for _, kv := range []string{
		"interval=10ms", "interval=often", "interval=9999d", "user_agent=a\nb", "secret=pass word", "full_text=maybe", "rules=a/b", "filters=x", "filters=[{field: title}]",
		"filters=[{field: title, match: '(', action: drop}]", "filters=[{field: body, match: x, action: drop}]", "intervall=1h",
	} {
		key, value, _ := strings.Cut(kv, "=")
		if err := Set(&s, key, value); err == nil {
			t.Errorf("%s is taken", kv)
		}
	}
}

func TestReadYAML(t *testing.T) {
	t.Parallel()
	list := `# my feeds
- https://a.example/f
- url: https://b.example/f
  title: B   feed
  tags: [news, /news//korea/]
  interval: 15m
  full_text: off
  filters:
    - {field: title, match: '(?i)weather', action: drop}
- {url: https://c.example/f, tags: one}
- ftp://d.example/f
- {url: https://e.example/f, intervall: 15m}
- {url: https://f.example/f, interval: never}
- {tags: [x]}
- https://a.example/f
- {url: https://c.example/f, title: C, secret: one}
- https://c.example/f
- {url: https://c.example/f, secret: one}
- {url: https://c.example/f, secret: two}
`
	subs, err := ReadSubscriptions("l.yaml", strings.NewReader(list))
	want := []Subscription{
		{URL: "https://a.example/f", Settings: &feedmill.Settings{From: "l.yaml:2"}},
		{URL: "https://b.example/f", Title: "B feed", Tags: []string{"news", "news/korea"}, Settings: &feedmill.Settings{From: "l.yaml:3", Interval: 900, FullText: "off",
			Filters: []feedmill.ItemFilter{{Field: "title", Match: "(?i)weather", Action: "drop"}}}},
		{URL: "https://c.example/f", Title: "C", Tags: []string{"one"}, Settings: &feedmill.Settings{From: "l.yaml:16", Secret: "one"}},
	}
	if d := cmp.Diff(want, subs); d != "" {
		t.Error(d)
	}
	wantErr := `l.yaml:11:3: url "ftp://d.example/f": want http:// or https:// at the beginning
l.yaml:12:30: unknown setting "intervall"; the settings are interval, min_interval, user_agent, secret, full_text, revisit, renderer, rules, filters
l.yaml:13:40: interval: "never" is no time from 1s to a year; write one such as 15m, 2h or 1d
l.yaml:14:3: a feed without url
l.yaml:19:3: https://c.example/f has other settings at l.yaml:16, which count; remove one`
	if err == nil || err.Error() != wantErr {
		t.Errorf("%v", cmp.Diff(wantErr, err.Error()))
	}
	for text, want := range map[string]string{
		"- a: [":                             "x.yaml:2:1: not YAML: ",
		"[https://a/, [":                     "x.yaml:2:1: not YAML: ",
		"- - x":                              "x.yaml:1:3: no feed; write a URL, ",
		"- ~":                                "x.yaml:1:3: no feed; write a URL, ",
		"- url: ~":                           "x.yaml:1:3: a feed without url",
		"- {url: https://a/, tags: [[x]]}":   "x.yaml:1:28: tags: want a text, or a list of texts",
		"- {url: https://a/, tags: {x: y}}":  "x.yaml:1:27: tags: want a text, or a list of texts",
		"- &a {url: https://a/}\n- {<<: *a}": "x.yaml:2:4: merge keys (<<) are not read; write the keys out",
		"- url: [a, b]":                      "x.yaml:1:8: url: want a text",
		"- https://a/\nx":                    "x.yaml:",
	} {
		if _, err := ReadSubscriptions("x.yaml", strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s…", text, err, want)
		}
	}
}

// In YAML null says nothing, and an alias stands for what it names.
func TestReadYAMLNullAndAlias(t *testing.T) {
	t.Parallel()
	list := `- {url: https://a.example/f, title: ~, tags: null, secret: , interval: ~, filters: ~}
- &b {url: https://b.example/f, tags: &tags [x, ~, y], interval: &often 5m}
- {url: https://c.example/f, tags: *tags, interval: *often}
- *b
`
	subs, err := ReadYAML("l.yaml", strings.NewReader(list))
	if err != nil {
		t.Fatal(err)
	}
	want := []Subscription{
		{URL: "https://a.example/f", Settings: &feedmill.Settings{From: "l.yaml:1"}},
		{URL: "https://b.example/f", Tags: []string{"x", "y"}, Settings: &feedmill.Settings{From: "l.yaml:2", Interval: 300}},
		{URL: "https://c.example/f", Tags: []string{"x", "y"}, Settings: &feedmill.Settings{From: "l.yaml:3", Interval: 300}},
	}
	if d := cmp.Diff(want, subs); d != "" {
		t.Error(d)
	}
}

func TestSame(t *testing.T) {
	t.Parallel()
	filters := []feedmill.ItemFilter{{Field: "title", Match: "x", Action: "drop"}}
	for name, tt := range map[string]struct {
		a, b *feedmill.Settings
		same bool
	}{
		"none":             {nil, &feedmill.Settings{From: "l.yaml:1"}, true},
		"one says nothing": {&feedmill.Settings{Secret: "a"}, nil, false},
		"elsewhere":        {&feedmill.Settings{Secret: "a", From: "l.yaml:1"}, &feedmill.Settings{Secret: "a", From: "l.yaml:2"}, true},
		"another":          {&feedmill.Settings{Secret: "a"}, &feedmill.Settings{Secret: "b"}, false},
		"filters":          {&feedmill.Settings{Filters: filters, From: "x"}, &feedmill.Settings{Filters: filters}, true},
		"other filters":    {&feedmill.Settings{Filters: filters, Secret: "a"}, &feedmill.Settings{Secret: "a"}, false},
	} {
		if got := Same(tt.a, tt.b); got != tt.same {
			t.Errorf("%s: %v, want %v", name, got, tt.same)
		}
	}
}

func TestFixedInterval(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		st    feedmill.FeedState
		fixed string
		want  string // at least; the jitter adds a tenth at most
	}{
		"below the minimum":  {feedmill.FeedState{ID: "a"}, "1m", "1m"},
		"above the maximum":  {feedmill.FeedState{ID: "a"}, "72h", "72h"},
		"the publisher's":    {feedmill.FeedState{ID: "a", TTL: 120}, "15m", "2h"},
		"whatever it posts":  {feedmill.FeedState{ID: "a", Posting: feedmill.Posting{Items: 500, Hours: 10, Until: now}}, "3h", "3h"},
		"failures slow down": {feedmill.FeedState{ID: "a", Failures: 3}, "1h", "4h"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fixed, want := duration(t, tt.fixed), duration(t, tt.want)
			got := Next(&tt.st, &Policy{Fixed: fixed}, now).Sub(now)
			if got < want || got > want+want/10 {
				t.Errorf("in %s, want %s and up to a tenth more", got, want)
			}
		})
	}
}

func duration(t *testing.T, s string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func FuzzReadYAML(f *testing.F) {
	f.Add("- https://a.example/f\n- {url: https://b.example/f, tags: [x, ~], interval: 5m, filters: [{field: title, match: x, action: drop}]}\n")
	f.Add("- &a {url: https://a.example/f, tags: &t [x]}\n- *a\n- {<<: *a, tags: *t}\n")
	f.Add("- &a [*a]\n- url: &b {x: *b}\n- {url: https://a/, filters: &c [*c]}\n")
	f.Add("- {url: https://a/, secret: x}\n- {url: https://a/, secret: y}\n- {? {a: b} : c}\n")
	f.Add("- {[a]: b, ~: c, tags: {}}\n---\n- x")
	f.Fuzz(func(t *testing.T, text string) {
		subs, _ := ReadYAML("l.yaml", strings.NewReader(text))
		urls := map[string]bool{}
		for _, s := range subs {
			if clean, err := cleanURL(s.URL); err != nil || clean != s.URL || urls[s.URL] {
				t.Fatalf("URL %q is not clean or stands twice: %v", s.URL, err)
			}
			urls[s.URL] = true
			if s.Settings == nil || !strings.HasPrefix(s.Settings.From, "l.yaml:") {
				t.Fatalf("%s: settings %+v say not where they stand", s.URL, s.Settings)
			}
			if err := CheckFilters(s.Settings.Filters); err != nil {
				t.Fatalf("%s: %v", s.URL, err)
			}
		}
	})
}
