package siterule

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

const whole = `hosts: [news.example.com, "*.example.org", bücher.example]
rules:
  - until: 2024-03-01
    body: "#story"
  - paths: [/news/*, "*.html"]
    title: h1.headline
    byline: [.byline a, .byline]
    published: time::attr(datetime)
    section: =News
    strip: //div[@class="ad"]
    keep: true
    zone: Asia/Seoul
    dates: day-first
  - from: 2024-03-01T12:00:00+02:00
    body: article
`

func parse(t *testing.T, name, text string) *Site {
	t.Helper()
	s, err := Parse(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRuleOfAPage(t *testing.T) {
	t.Parallel()
	site := parse(t, "rules/one.yaml", whole)
	other := parse(t, "two.yaml", "hosts: [sport.example.org]\nrules: [{body: .match}]")
	set, err := NewSet(other, site)
	if err != nil {
		t.Fatal(err)
	}
	at := func(day string) time.Time {
		t, _ := time.Parse(time.DateOnly, day)
		return t
	}
	for _, tt := range []struct {
		url, day string
		want     *Rule
	}{
		{"https://news.example.com/a", "2024-02-29", site.Rules[0]},
		{"https://www.news.example.com/news/a", "2024-03-01", site.Rules[1]},
		{"https://NEWS.example.com:8443/a.html?x=1", "2024-03-01", site.Rules[1]},
		{"https://news.example.com/a", "2024-03-01", nil}, // the third begins at noon
		{"https://news.example.com/a", "2024-03-02", site.Rules[2]},
		{"https://news.example.com/news", "2024-03-02", site.Rules[2]},
		{"https://news.example.com/", "", site.Rules[2]},
		{"https://xn--bcher-kva.example/", "", site.Rules[2]},
		{"https://a.b.example.org/", "", site.Rules[2]},
		{"https://sport.example.org/", "", other.Rules[0]},
		{"https://example.org/", "", nil},
		{"https://example.com/", "", nil},
		{"https://other.news.example.com/", "", nil},
		{"news.example.com", "", nil},
	} {
		if got := set.For(tt.url, at(tt.day)); got != tt.want {
			t.Errorf("%s on %s: got %+v, want %+v", tt.url, tt.day, got, tt.want)
		}
	}
	var none *Set
	if none.For("https://news.example.com/", time.Time{}) != nil || none.Hash() != "" || none.Sites() != nil {
		t.Error("no set has rules")
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, path string
		want          bool
	}{
		{"/news/*", "/news/a/b", true},
		{"/news/*", "/news", false},
		{"/20??/*", "/2024/x", true},
		{"/20??/*", "/20/x", false},
		{"*/live/*", "/sport/live/1", true},
		{"/a", "/a", true},
		{"/a", "/ab", false},
		{strings.Repeat("*a", 30) + "b", strings.Repeat("a", 5000), false}, // in no time
	} {
		if got := matchPath(tt.pattern, tt.path); got != tt.want {
			t.Errorf("%s on %.40s: %v, want %v", tt.pattern, tt.path, got, tt.want)
		}
	}
}

// TestHash: the hash names what a rule finds, and nothing else.
func TestHash(t *testing.T) {
	t.Parallel()
	hash := func(rule string) string {
		return parse(t, "a.yaml", "hosts: [a.example]\nrules:\n  - {"+rule+"}").Rules[0].Hash()
	}
	base := hash("title: h1, body: .story")
	for _, same := range []string{"body: [.story], title: h1", "from: 2024-01-01, until: 2025-01-01, paths: /x, title: h1, body: .story"} {
		if hash(same) != base {
			t.Errorf("%s: another hash", same)
		}
	}
	for _, other := range []string{"title: h2, body: .story", "title: h1", "title: h1, body: .story, keep: true", "title: h1, body: .story, zone: UTC", "title: h1, body: .story, dates: day-first", "title: .story, body: h1"} {
		if hash(other) == base {
			t.Errorf("%s: the same hash", other)
		}
	}
}

func TestConflict(t *testing.T) {
	t.Parallel()
	one := parse(t, "b.yaml", "hosts: [a.example, b.example]\nrules: [{body: .b}]")
	two := parse(t, "a.yaml", "hosts: [a.example]\nrules: [{body: .a}]")
	set, err := NewSet(one, two)
	if err == nil || !strings.Contains(err.Error(), "host a.example has rules in a and in b; those of a are taken") {
		t.Errorf("error %v", err)
	}
	if r := set.For("http://a.example/", time.Time{}); r != two.Rules[0] {
		t.Errorf("rule %+v", r)
	}
	if r := set.For("http://b.example/", time.Time{}); r != one.Rules[0] {
		t.Errorf("rule %+v: what is right in a file stays", r)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"", "r.yaml: the file is empty"},
		{"# nothing\n", "r.yaml: the file is empty"},
		{"[a]", `r.yaml:1:1: a list is not a rule file; write keys such as hosts: …`},
		{"hosts: [a.example]", "r.yaml:1:1: rules is missing"},
		{"rules: [{body: a}]", "r.yaml:1:1: hosts is missing"},
		{"hosts: a.example\nrules: {body: a}", "r.yaml:2:8: rules: a group of keys is not a list of rules"},
		{"host: a.example\nrules: [{body: a}]", `r.yaml:1:1: unknown key "host"; did you mean "hosts"?`},
		{"hosts: a.example\nrules:\n  - titel: h1\n    body: a", `r.yaml:3:5: unknown key "titel"; did you mean "title"?`},
		{"hosts: a.example\nrules:\n  - nonsense: h1", `r.yaml:3:5: unknown key "nonsense"; known here: title, subtitle`},
		{"hosts: a.example\nrules:\n  - body: a\n    body: b", "r.yaml:4:5: body is set twice; remove one (the other is at line 3)"},
		{"hosts: a.example\nrules:\n  - body: 'div['", `r.yaml:3:11: body: "div[" is no CSS selector`},
		{"hosts: a.example\nrules:\n  - body: '//div['", `r.yaml:3:11: body: "//div[" is no XPath`},
		{"hosts: a.example\nrules:\n  - body: =x", `r.yaml:3:11: body: "=x" is a value, and body needs an element`},
		{"hosts: a.example\nrules:\n  - title: [h1, null]", "r.yaml:3:17: title: nothing is not a text"},
		{"hosts: a.example\nrules:\n  - title: []", "r.yaml:3:12: title: the list is empty"},
		{"hosts: a.example\nrules:\n  - {}", "r.yaml:3:5: the rule says nothing"},
		{"hosts: a.example\nrules:\n  - from: soon\n    body: a", `r.yaml:3:11: from: "soon" is not a day`},
		{"hosts: a.example\nrules:\n  - from: 2024-01-02\n    until: 2024-01-02\n    body: a", "r.yaml:4:12: until: the rule ends before it begins"},
		{"hosts: a.example\nrules:\n  - zone: Mars\n    body: a", `r.yaml:3:11: zone: "Mars" is not the name of a time zone`},
		{"hosts: a.example\nrules:\n  - dates: dmy\n    body: a", `r.yaml:3:12: dates: "dmy" is not day-first or month-first`},
		{"hosts: a.example\nrules:\n  - keep: maybe\n    body: a", `r.yaml:3:11: keep: "maybe" is not true or false`},
		{"hosts: a.example\nrules:\n  - paths: news\n    body: a", `r.yaml:3:12: paths: "news": a path begins with /`},
		{"hosts: ['https://a.example/']\nrules: [{body: a}]", `r.yaml:1:9: hosts: "https://a.example/" is a URL; write its host alone`},
		{"hosts: ['a b']\nrules: [{body: a}]", `r.yaml:1:9: hosts: "a b" is not a host`},
		{"hosts: [a.example, A.example]\nrules: [{body: a}]", "r.yaml:1:20: hosts: a.example stands there twice"},
		{"hosts: [a.example\nrules: x", "r.yaml:2:"},
		{"hosts: a.example\nrules: [{body: a}]\n---\nhosts: b", "r.yaml:3:1: a second document begins here"},
		{strings.Repeat("#", 2<<20), "r.yaml: larger than 1 MiB"},
	} {
		_, err := Parse("r.yaml", []byte(tt.text))
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%.60q: %v, want %s…", tt.text, err, tt.want)
		}
	}
	_, err := Parse("r.yaml", []byte("hosts: a.example\nrules:\n  - titel: h1\n    body: 'a['\n  - zone: x"))
	if n := len(strings.Split(err.Error(), "\n")); n != 3 {
		t.Errorf("%d errors told at once, want 3:\n%v", n, err)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	root, err := html.Parse(strings.NewReader(`<html><body><div class="s a">one <a href=/x title=T>two</a></div><div class=s>three</div><p id=p>four</p></body></html>`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		selector string
		want     []string // an element's name with id, or a value
	}{
		{".s", []string{"div", "div"}},
		{".s, p", []string{"div", "div", "p#p"}},
		{"div > a::attr( href )", []string{"/x"}},
		{".s::attr(title)", nil},
		{"p:contains('four')", []string{"p#p"}},
		{"=Sport", []string{"Sport"}},
		{"//a", []string{"a"}},
		{"//a/@title", []string{"T"}},
		{"//div[contains(@class,'a')]/text()", []string{"one"}},
		{"(//div)[2]", []string{"div"}},
		{"//div | //p", []string{"div", "div", "p#p"}},
		{"substring-after(//a, 't')", []string{"wo"}},
		{"string(//none)", nil},
		{"count(//div)", []string{"2"}},
		{"boolean(//p)", []string{"true"}},
		{"boolean(//h1)", nil},
		{"//div[999999999999999999999]", nil},
	} {
		s, err := ParseSelector(tt.selector)
		if err != nil {
			t.Errorf("%s: %v", tt.selector, err)
			continue
		}
		var got []string
		for _, m := range s.Find(root) {
			v := strings.TrimSpace(m.Value)
			if m.Whole {
				v = m.Node.Data
				if id, ok := attribute(m.Node, "id"); ok {
					v += "#" + id
				}
			}
			got = append(got, v)
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.selector, d)
		}
	}
}

// FuzzParse: whatever a rule file holds, reading it ends in rules or in an error that names the file, and what it holds
// can be asked of a page.
func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("hosts: a.example\nrules: [{body: '//*[', title: ':has(:not(a'}]"))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("hosts: &h [a.example]\nrules: [{body: *h}]"))
	page, err := html.Parse(strings.NewReader("<div class=a><p>x</div>"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("r.yaml", data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "r.yaml") {
				t.Errorf("error %q does not name the file", err)
			}
			return
		}
		for _, r := range s.Rules {
			if r.Hash() == "" {
				t.Error("a rule without hash")
			}
			for _, list := range r.Fields {
				for _, sel := range list {
					sel.Find(page)
				}
			}
		}
	})
}
