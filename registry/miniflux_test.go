package registry

import (
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

// TestReadMiniflux reads answers of a real Miniflux (2.3.5), as TestImportFromARunningMiniflux records them.
func TestReadMiniflux(t *testing.T) {
	t.Parallel()
	read := func(name string) []byte {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	subs, left, err := ReadMiniflux(read("miniflux-feeds.json"), read("miniflux-me.json"), "Miniflux at reader.example")
	if err != nil {
		t.Fatal(err)
	}
	filters := func(rules ...string) []feedmill.ItemFilter {
		var all []feedmill.ItemFilter
		for _, r := range rules {
			action, rest, _ := strings.Cut(r, " ")
			field, match, _ := strings.Cut(rest, " ")
			all = append(all, feedmill.ItemFilter{Field: field, Match: match, Action: action})
		}
		return all
	}
	const from = "Miniflux at reader.example"
	user := []string{"drop title (?i)sponsored", "drop category ^ads$"}
	want := []Subscription{
		{URL: "http://127.0.0.1/plain.xml", Title: "plain", Tags: []string{"All"},
			Settings: &feedmill.Settings{FullText: "off", From: from, Filters: filters(user...)}},
		{URL: "http://127.0.0.1/crawled.xml", Title: "Renamed by hand", Tags: []string{"News/Korea"},
			Settings: &feedmill.Settings{FullText: "on", UserAgent: "reader/1.0", From: from, Filters: filters(append(user, "drop url /video/", "drop author ^Bot$",
				"keep title (?i)korea", "keep category ^World$")...)}},
		{URL: "http://127.0.0.1/old.xml", Title: "old", Tags: []string{"All"}, Paused: true,
			Settings: &feedmill.Settings{FullText: "off", From: from, Filters: filters(append(user, "drop url (?i)advert", "drop title (?i)advert", "drop author (?i)advert", "drop category (?i)advert",
				"keep url a=b|c", "keep title a=b|c", "keep author a=b|c", "keep category a=b|c")...)}},
		{URL: "http://127.0.0.1/login.xml", Title: "login", Tags: []string{"All"},
			Settings: &feedmill.Settings{FullText: "off", From: from, Filters: filters(user...)}},
	}
	order := func(a, b Subscription) int { return strings.Compare(a.URL, b.URL) }
	slices.SortFunc(want, order)
	slices.SortFunc(subs, order)
	if d := cmp.Diff(want, subs); d != "" {
		t.Error(d)
	}
	var told []string
	for _, l := range left {
		text := l.URL + ": " + l.What
		if l.Login {
			text += " (login)"
		}
		told = append(told, text)
		if strings.Contains(text+l.Next, "hunter2") {
			t.Errorf("a login is told: %+v", l)
		}
	}
	slices.Sort(told)
	wantTold := []string{
		"http://127.0.0.1/crawled.xml: scraper rules",
		"http://127.0.0.1/crawled.xml: rewrite rules",
		"http://127.0.0.1/login.xml: keep rules over content, date or comments",
		"http://127.0.0.1/login.xml: user and password (login)",
		"http://127.0.0.1/login.xml: cookie (login)",
		"http://127.0.0.1/login.xml: a proxy for this feed alone",
		"http://127.0.0.1/login.xml: self-signed certificates",
		"http://127.0.0.1/login.xml: updates of entries are ignored there",
	}
	slices.Sort(wantTold)
	if d := cmp.Diff(wantTold, told); d != "" {
		t.Error(d)
	}
}

// TestMinifluxRules compares what becomes of entries with what Miniflux does with them.
func TestMinifluxRules(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		feed, user string
		item       feedmill.Item
		drop       bool
	}{
		"no rules":                      {`{}`, `{}`, feedmill.Item{Title: "x"}, false},
		"blocked by title":              {`{"block_filter_entry_rules": "EntryTitle=(?i)SALE\r\nEntryURL = /ad/"}`, `{}`, feedmill.Item{Title: "A sale"}, true},
		"blocked by URL":                {`{"block_filter_entry_rules": "EntryTitle=(?i)SALE\r\nEntryURL = /ad/"}`, `{}`, feedmill.Item{Title: "x", Link: "https://a/ad/1"}, true},
		"the user's rules":              {`{}`, `{"block_filter_entry_rules": "EntryTag=^ads$"}`, feedmill.Item{Title: "x", Tags: []string{"ads"}}, true},
		"kept":                          {`{"keep_filter_entry_rules": "EntryTitle=korea\nEntryAuthor=Kim"}`, `{}`, feedmill.Item{Title: "x", AuthorName: "Kim"}, false},
		"not kept":                      {`{"keep_filter_entry_rules": "EntryTitle=korea\nEntryAuthor=Kim"}`, `{}`, feedmill.Item{Title: "x", AuthorName: "Lee"}, true},
		"kept, but blocked":             {`{"keep_filter_entry_rules": "EntryTitle=korea", "block_filter_entry_rules": "EntryTitle=north"}`, `{}`, feedmill.Item{Title: "north korea"}, true},
		"kept by the user's":            {`{"keep_filter_entry_rules": "EntryTitle=korea"}`, `{"keep_filter_entry_rules": "EntryTitle=japan"}`, feedmill.Item{Title: "japan"}, false},
		"old block list":                {`{"blocklist_rules": "advert"}`, `{}`, feedmill.Item{Title: "x", Tags: []string{"advert"}}, true},
		"old keep list":                 {`{"keeplist_rules": "korea"}`, `{}`, feedmill.Item{Title: "x", Link: "https://a/korea/"}, false},
		"old keep list, not kept":       {`{"keeplist_rules": "korea"}`, `{}`, feedmill.Item{Title: "x", Link: "https://a/japan/"}, true},
		"old keep list beside new":      {`{"keeplist_rules": "korea", "keep_filter_entry_rules": "EntryTitle=japan"}`, `{}`, feedmill.Item{Title: "korea"}, true},
		"an expression that is none":    {`{"block_filter_entry_rules": "EntryTitle=(\nEntryTitle=sale", "blocklist_rules": "("}`, `{}`, feedmill.Item{Title: "sale"}, true},
		"keep rules only over contents": {`{"keep_filter_entry_rules": "EntryContent=korea\nEntryTitle=japan"}`, `{}`, feedmill.Item{Title: "x", Content: "korea"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			feed := `[{"feed_url": "https://a.example/", ` + strings.TrimPrefix(tt.feed, "{") + `]`
			feed = strings.Replace(feed, ", }", "}", 1)
			subs, _, err := ReadMiniflux([]byte(feed), []byte(tt.user), "x")
			if err != nil {
				t.Fatal(err)
			}
			var rules *Rules
			rule, reason := rules.For(&feedmill.FeedState{URL: "https://a.example/", Settings: subs[0].Settings}).Drops(&tt.item)
			if (rule != nil) != tt.drop {
				t.Errorf("dropped: %v (%s), want %v", rule != nil, reason, tt.drop)
			}
		})
	}
}

func TestReadMinifluxThatIsNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"<html>", `{"error_message": "hunter2"}`, `[{"feed_url": 3}]`, ""} {
		if _, _, err := ReadMiniflux([]byte(text), nil, ""); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", text, err)
		}
	}
	subs, left, err := ReadMiniflux([]byte(`[{"feed_url": "https://jan:hunter2@a.example/f?x=@"}]`), nil, "")
	if err != nil || len(subs) != 1 || subs[0].URL != "https://a.example/f?x=@" || len(left) != 1 || !left[0].Login {
		t.Errorf("%+v, %+v, %v: want the URL without its login", subs, left, err)
	}
	for raw, want := range map[string]string{
		"http://jan:p%zzhunter2@a.example/f": "http://a.example/f", // no reader of URLs takes it
		"http:/jan:hunter2@a.example/f":      "http:/a.example/f",
		"//jan:hunter2@a.example/f":          "//a.example/f",
		"jan:hunter2@a.example/f":            "a.example/f",
		"http:\n//jan:hunter2@a.example/f":   "http://a.example/f",
		"http://jan:hunter2/x@a.example/f":   "http://a.example/f",
		`http://jan:hunter2\@a.example/f`:    "http://a.example/f",
		"https://a.example/@jan/f":           "https://a.example/@jan/f",
	} {
		clean, login := withoutLogin(raw)
		if clean != want || login != (raw != want) {
			t.Errorf("%q without its login: %q, %v, want %q", raw, clean, login, want)
		}
	}
}

func FuzzReadMiniflux(f *testing.F) {
	for _, name := range []string{"miniflux-feeds.json", "miniflux-me.json"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, b)
	}
	f.Add([]byte(`[{"feed_url": "http://jan:p%zz@a.example/f", "category": null}, null, {"feed_url": "jan:x@"}]`), []byte("null"))
	f.Add([]byte(`[{"feed_url": "https://a/", "keep_filter_entry_rules": "EntryTitle=(\n=\nEntryTitle"}]`), []byte(`{"block_filter_entry_rules": "EntryURL=("}`))
	f.Fuzz(func(t *testing.T, feeds, user []byte) {
		subs, left, err := ReadMiniflux(feeds, user, "x")
		if err != nil {
			return
		}
		urls := map[string]bool{}
		for _, s := range subs {
			if urls[s.URL] {
				t.Fatalf("URL %q stands twice", s.URL)
			}
			urls[s.URL] = true
			if u, err := url.Parse(s.URL); err == nil && u.User != nil {
				t.Fatalf("URL %q has a login", s.URL)
			}
			if err := CheckFilters(s.Settings.Filters); err != nil {
				t.Fatalf("%s: %v", s.URL, err)
			}
		}
		for _, l := range left {
			if !urls[l.URL] {
				t.Fatalf("%+v is left of no feed", l)
			}
		}
	})
}
