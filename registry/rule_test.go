package registry

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

func TestRules(t *testing.T) {
	t.Parallel()
	news := feedmill.FeedState{URL: "https://example.org/news", Tags: []string{"News/Korea", "daily"}}
	sport := feedmill.FeedState{URL: "https://example.org/sport", Tags: []string{"Sport"}}
	weather := feedmill.Item{Title: "Weather: rain", Link: "https://example.org/weather/1", Tags: []string{"Service", "Weather"}}
	live := feedmill.Item{Title: "LIVE: election night", Link: "https://example.org/live/2?utm_source=rss", Author: "desk@example.org (The Desk)", AuthorName: "The Desk", AuthorEmail: "desk@example.org"}
	bare := feedmill.Item{GUID: "3"}

	rule := func(feeds, field, match, action string) Rule {
		return Rule{Feeds: feeds, Field: field, Match: match, Action: action}
	}
	tests := []struct {
		name  string
		rules []Rule
		feed  feedmill.FeedState
		want  []string // the rules that drop the three items, "" for none
	}{
		{"no rules", nil, news, []string{"", "", ""}},
		{"drop by title", []Rule{rule("", "title", "(?i)weather", "drop")}, news, []string{"0", "", ""}},
		{"a match is anywhere, and of the case that is written", []Rule{rule("", "title", "weather", "drop"), rule("", "title", "rain$", "drop")}, news, []string{"1", "", ""}},
		{"drop by URL, as stated", []Rule{rule("", "url", `/live/.*utm_source`, "drop")}, news, []string{"", "0", ""}},
		{"drop by any category", []Rule{rule("", "category", "^Weather$", "drop")}, news, []string{"0", "", ""}},
		{"drop by author as stated, name or address", []Rule{
			rule("", "author", `^desk@example\.org$`, "drop"), rule("", "author", "^The Desk$", "drop"),
		}, news, []string{"", "0", ""}},
		{"what is missing is empty", []Rule{rule("", "author", "^$", "drop")}, news, []string{"0", "", "0"}},
		{"missing title", []Rule{rule("", "title", "^$", "drop")}, news, []string{"", "", "0"}},
		{"missing category", []Rule{rule("", "category", "^$", "drop")}, news, []string{"", "0", "0"}},
		{"keep: all others go", []Rule{rule("", "title", "LIVE", "keep")}, news, []string{"0", "", "0"}},
		{"keep: one of several is enough", []Rule{rule("", "title", "LIVE", "keep"), rule("", "title", "Weather", "keep")}, news, []string{"", "", "0"}},
		{"the first that matches decides: keep", []Rule{rule("", "url", "/weather/", "keep"), rule("", "title", "Weather", "drop")}, news, []string{"", "0", "0"}},
		{"the first that matches decides: drop", []Rule{rule("", "title", "Weather", "drop"), rule("", "url", "/weather/|/live/", "keep")}, news, []string{"0", "", "1"}},
		{"exceptions: a keep rule for all at the end", []Rule{
			rule("", "title", "rain", "keep"), rule("", "category", "Service", "drop"), rule("", "title", "", "keep"),
		}, news, []string{"", "", ""}},
		{"feed URL", []Rule{rule("https://example.org/sport", "title", "", "drop")}, news, []string{"", "", ""}},
		{"feed URL, this one", []Rule{rule(" https://example.org/sport ", "title", "", "drop")}, sport, []string{"0", "0", "0"}},
		{"tag, and tags below", []Rule{rule("News", "title", "LIVE", "drop")}, news, []string{"", "0", ""}},
		{"tag of another feed", []Rule{rule("News", "title", "LIVE", "drop")}, sport, []string{"", "", ""}},
		{"part of a tag is another tag", []Rule{rule("New", "title", "LIVE", "drop")}, news, []string{"", "", ""}},
		{"keep of another feed", []Rule{rule("Sport", "title", "goal", "keep")}, news, []string{"", "", ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for i := range tt.rules {
				tt.rules[i].Name = string(rune('0' + i))
			}
			rules, err := NewRules(tt.rules)
			if err != nil {
				t.Fatal(err)
			}
			some := rules.For(&tt.feed)
			var got []string
			for _, it := range []feedmill.Item{weather, live, bare} {
				by, reason := some.Drops(&it)
				if (by == nil) != (reason == "") {
					t.Errorf("%q is dropped by %v because of %q", it.Title, by, reason)
				}
				if by == nil {
					by = &Rule{}
				}
				got = append(got, by.Name)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("dropped by (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRuleReasons(t *testing.T) {
	t.Parallel()
	rules, err := NewRules([]Rule{
		{Name: "filters[0]", Place: "feedmill.yaml:3:5", Field: "title", Match: "(?i)weather", Action: "drop"},
		{Name: "filters[1]", Field: "title", Match: "Korea", Action: "keep"},
		{Name: "filters[2]", Field: "url", Match: "/korea/", Action: "keep"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range []*Rules{rules, {rules: rules.rules[:2]}} {
		for _, title := range []string{"Weather", "Sport"} {
			_, reason := r.Drops(&feedmill.Item{Title: title})
			got = append(got, reason)
		}
	}
	want := []string{
		`filters[0] at feedmill.yaml:3:5: drop where the title matches "(?i)weather"`,
		`none of 2 rules keeps it: filters[1]: keep where the title matches "Korea", …`,
		`filters[0] at feedmill.yaml:3:5: drop where the title matches "(?i)weather"`,
		`no rule keeps it: filters[1]: keep where the title matches "Korea"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

func TestRulesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, r := range []Rule{
		{Field: "title", Match: "(", Action: "drop"},
		{Field: "title", Match: `(a)\1`, Action: "drop"}, // RE2 has no back-references
		{Field: "body", Match: "a", Action: "drop"},
		{Field: "title", Match: "a", Action: "mark"},
	} {
		if _, err := NewRules([]Rule{r}); err == nil {
			t.Errorf("%+v is taken", r)
		}
	}
}
