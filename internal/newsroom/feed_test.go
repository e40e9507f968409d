package newsroom

import (
	"encoding/json"
	"encoding/xml"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type rssItem struct {
	Title       string   `xml:"title"`
	Link        string   `xml:"link"`
	Description string   `xml:"description"`
	Author      string   `xml:"author"`
	Creators    []string `xml:"http://purl.org/dc/elements/1.1/ creator"`
	Category    string   `xml:"category"`
	GUID        struct {
		PermaLink string `xml:"isPermaLink,attr"`
		ID        string `xml:",chardata"`
	} `xml:"guid"`
	PubDate string `xml:"pubDate"`
}

type atomItem struct {
	Title string `xml:"title"`
	Link  struct {
		Href string `xml:"href,attr"`
	} `xml:"link"`
	ID        string   `xml:"id"`
	Published string   `xml:"published"`
	Updated   string   `xml:"updated"`
	Authors   []string `xml:"author>name"`
	Summary   string   `xml:"summary"`
}

func readRSS(t *testing.T, a answer) (title string, items []rssItem) {
	t.Helper()
	var doc struct {
		XMLName xml.Name  `xml:"rss"`
		Title   string    `xml:"channel>title"`
		Items   []rssItem `xml:"channel>item"`
	}
	if err := xml.Unmarshal([]byte(a.body), &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Title, doc.Items
}

func readAtom(t *testing.T, a answer) (updated string, items []atomItem) {
	t.Helper()
	var doc struct {
		XMLName xml.Name   `xml:"http://www.w3.org/2005/Atom feed"`
		Updated string     `xml:"updated"`
		Entries []atomItem `xml:"entry"`
	}
	if err := xml.Unmarshal([]byte(a.body), &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Updated, doc.Entries
}

func mustParse(t *testing.T, text string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDemoFeeds(t *testing.T) {
	t.Parallel()
	n := New(nil)
	base := open(t, n)
	if d := cmp.Diff([]string{base + rssPath, base + atomPath, base + jsonPath, base + MalformedFeedPath}, n.Feeds(base)); d != "" {
		t.Errorf("feeds (-want +got):\n%s", d)
	}
	rss, atom := get(t, base+rssPath), get(t, base+atomPath)
	if got := rss.header.Get("Content-Type"); got != "application/rss+xml; charset=utf-8" {
		t.Errorf("RSS is %s", got)
	}
	if got := atom.header.Get("Content-Type"); got != "application/atom+xml; charset=utf-8" {
		t.Errorf("Atom is %s", got)
	}
	title, items := readRSS(t, rss)
	if title != "The Korea Times : Nation" || len(items) != 2 {
		t.Fatalf("RSS %q of %d items", title, len(items))
	}
	want := rssItem{
		Title:       "Defense chiefs meet to discuss exchange of info on NK nukes",
		Link:        base + KoreaTimesPath,
		Description: n.Truth(KoreaTimesPath).Paragraphs[0],
		Author:      "Lee Tae-hoon", Category: "Nation", PubDate: "Mon, 10 Jan 2011 19:41:00 +0900",
	}
	want.GUID.PermaLink, want.GUID.ID = "true", base+KoreaTimesPath
	if d := cmp.Diff(want, items[0]); d != "" {
		t.Errorf("item (-want +got):\n%s", d)
	}
	_, entries := readAtom(t, atom)
	if len(entries) != 6 {
		t.Fatalf("%d Atom entries, want 6", len(entries))
	}
	if !slices.ContainsFunc(entries, func(e atomItem) bool { return e.Link.Href == items[1].Link && e.ID == items[1].Link }) {
		t.Errorf("no article stands in both feeds: %s", items[1].Link)
	}
	if !slices.IsSortedFunc(entries, func(a, b atomItem) int {
		return mustParse(t, b.Published).Compare(mustParse(t, a.Published))
	}) {
		t.Error("the entries are not newest first")
	}
	broken := 0
	for _, e := range entries {
		a := get(t, e.Link.Href)
		if a.status == 500 {
			broken++
		} else if a.status != 200 {
			t.Errorf("%s: %d", e.Link.Href, a.status)
		}
		if e.Title == "" || e.Summary == "" || len(e.Authors) == 0 || e.Published != e.Updated {
			t.Errorf("entry %+v", e)
		}
	}
	if broken != 1 {
		t.Errorf("%d broken pages, want 1", broken)
	}
}

// TestJSONFeed holds the feed to what JSON Feed 1.1 requires.
func TestJSONFeed(t *testing.T) {
	t.Parallel()
	n := New(nil)
	base := open(t, n)
	a := get(t, base+jsonPath)
	if got := a.header.Get("Content-Type"); got != "application/feed+json" {
		t.Errorf("it is %s", got)
	}
	var doc struct {
		Version, Title string
		Self           string `json:"feed_url"`
		Items          []struct {
			ID, URL, Title, Summary string
			Text                    string `json:"content_text"`
			Published               string `json:"date_published"`
			Authors                 []struct{ Name string }
		}
	}
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Version != "https://jsonfeed.org/version/1.1" || doc.Title == "" || doc.Self != base+jsonPath || len(doc.Items) != 6 {
		t.Fatalf("version %s, title %q, self %s, %d items", doc.Version, doc.Title, doc.Self, len(doc.Items))
	}
	for i, item := range doc.Items {
		truth := n.Truth(strings.TrimPrefix(item.URL, base))
		if truth == nil || item.ID == "" || item.Title != truth.Title || item.Text == "" || len(item.Authors) != len(truth.Authors) || !mustParse(t, item.Published).Equal(truth.Published) {
			t.Errorf("item %d is not its article: %+v", i, item)
		}
		if i > 0 && mustParse(t, doc.Items[i-1].Published).Before(mustParse(t, item.Published)) {
			t.Errorf("item %d is newer than the one before", i)
		}
	}
}

// TestMalformedFeed holds that the feed breaks the rules that it is there to break, and that it names its articles.
func TestMalformedFeed(t *testing.T) {
	t.Parallel()
	n := New(nil)
	base := open(t, n)
	a := get(t, base+MalformedFeedPath)
	if err := xml.Unmarshal([]byte(a.body), new(struct{})); err == nil {
		t.Error("it is well-formed")
	}
	for _, want := range []string{"Hexley & Thorne", "cottage & garden", "utm_source=rss&utm_medium=feed"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("no bare %q", want)
		}
	}
	if items := strings.Count(a.body, "<item>"); items != 2 || strings.Contains(a.body, "</rss>") {
		t.Errorf("%d items; want two, and the end to be missing", items)
	}
	for _, path := range []string{"/parish/2025/03/lock-cottage/", "/parish/2025/03/six-ringers/"} {
		if !strings.Contains(a.body, base+path) || get(t, base+path+"?utm_source=rss").status != 200 {
			t.Errorf("%s is not listed, or not there", path)
		}
	}
}

func TestEditedEntry(t *testing.T) {
	t.Parallel()
	n := New(nil)
	base := open(t, n)
	find := func() (string, atomItem) {
		updated, entries := readAtom(t, get(t, base+atomPath))
		return updated, entries[slices.IndexFunc(entries, func(e atomItem) bool { return e.ID == base+EditedPath })]
	}
	feedBefore, before := find()
	if err := n.Edit(EditedPath); err != nil {
		t.Fatal(err)
	}
	feedAfter, after := find()
	if !strings.Contains(before.Summary, "300 metres") || !strings.Contains(after.Summary, "130 metres") {
		t.Errorf("summaries %q, %q", before.Summary, after.Summary)
	}
	if before.Published != after.Published || before.Updated >= after.Updated || feedBefore >= feedAfter {
		t.Errorf("published %s, %s; updated %s, %s; feed %s, %s", before.Published, after.Published, before.Updated, after.Updated, feedBefore, feedAfter)
	}
}

func TestGeneratedFeeds(t *testing.T) {
	t.Parallel()
	n := New(nil)
	base := open(t, n)
	if _, err := n.Generate(&GenerateOptions{Feeds: 2, Items: 30}); err != nil {
		t.Fatal(err)
	}
	_, items := readRSS(t, get(t, base+"/gen/0/feed.xml"))
	_, entries := readAtom(t, get(t, base+"/gen/1/feed.atom"))
	if len(items) != 30 || len(entries) != 30 {
		t.Fatalf("%d items, %d entries", len(items), len(entries))
	}
	for i, item := range items {
		truth := n.Truth(strings.TrimPrefix(item.Link, base))
		published, err := time.Parse(time.RFC1123Z, item.PubDate)
		if err != nil || truth == nil || truth.Title != item.Title || !truth.Published.Equal(published) {
			t.Errorf("item %d is not its article: %+v, %v", i, item, err)
			continue
		}
		authors := item.Creators
		if item.Author != "" {
			authors = append(authors, item.Author)
		}
		if d := cmp.Diff(truth.Authors, authors); d != "" || len(item.Creators) == 1 {
			t.Errorf("item %d: authors (-want +got):\n%s", i, d)
		}
	}
	for i, entry := range entries {
		truth := n.Truth(strings.TrimPrefix(entry.Link.Href, base))
		if truth == nil || truth.Title != entry.Title || cmp.Diff(truth.Authors, entry.Authors) != "" || truth.Published.Format(time.RFC3339) != entry.Published {
			t.Errorf("entry %d is not its article: %+v", i, entry)
		}
		if i > 0 && entries[i-1].Published < entry.Published {
			t.Errorf("entry %d is newer than the one before", i)
		}
	}
}

// TestEditedRSSItem holds that an edit shows in an RSS item, which has no time of update.
func TestEditedRSSItem(t *testing.T) {
	t.Parallel()
	n := New(nil)
	base := open(t, n)
	if _, err := n.Generate(&GenerateOptions{Items: 1}); err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, step := range []func(string) error{n.Edit, n.Edit, n.Revert} {
		_, items := readRSS(t, get(t, base+"/gen/0/feed.xml"))
		seen = append(seen, items[0].Description)
		if err := step("/gen/0/article-0.html"); err != nil {
			t.Fatal(err)
		}
	}
	_, items := readRSS(t, get(t, base+"/gen/0/feed.xml"))
	if seen[0] == seen[1] || seen[1] == seen[2] || items[0].Description != seen[1] {
		t.Errorf("descriptions %q, then %q; want three, then the second again", seen, items[0].Description)
	}
}
