package parser

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

// sharedFile is the path of a test file that stands beside the repository; the test is skipped where it is absent.
func sharedFile(t testing.TB, name string) string {
	t.Helper()
	p := filepath.Join("..", "..", "shared", filepath.FromSlash(name))
	if _, err := os.Stat(p); err != nil {
		t.Skipf("corpus file %s is absent: %v", name, err)
	}
	return p
}

var updateFeeds = flag.Bool("update-feeds", false, "rewrite the expected documents in testdata/feeds")

// TestFeedDocument reads each document of testdata/feeds and compares with what stands beside it as .golden.json.
func TestFeedDocument(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/feeds/*")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, file := range files {
		name := filepath.Base(file)
		if strings.HasSuffix(name, ".golden.json") {
			continue
		}
		read++
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := FeedDocument(fixturePage(t, name))
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, filepath.Ext(file)) + ".golden.json"
			if *updateFeeds {
				b, err := json.MarshalIndent(got, "", "  ")
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(golden, append(b, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			b, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			want := new(feedmill.FeedDocument)
			if err := json.Unmarshal(b, want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if read < 14 {
		t.Fatalf("%d documents in testdata/feeds, want 14 or more", read)
	}
}

// fixturePage is a document of testdata/feeds as if it had been fetched in 2011.
func fixturePage(t testing.TB, name string) *feedmill.Page {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "feeds", name))
	if err != nil {
		t.Fatal(err)
	}
	return &feedmill.Page{
		ID: name, URL: "https://asked.example/feed", FinalURL: "https://www.example/dir/feed.xml", Body: body,
		FetchedAt: time.Date(2011, 1, 11, 0, 0, 0, 0, time.UTC),
	}
}

// TestParseFeedSeed reads the acceptance feed.
func TestParseFeedSeed(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile(sharedFile(t, "seed/korea-times.rss"))
	if err != nil {
		t.Fatal(err)
	}
	feed, items, err := ParseFeed(&feedmill.Page{URL: "http://www.koreatimes.co.kr/www/rss/nation.xml", Body: body})
	if err != nil {
		t.Fatal(err)
	}
	kst := time.FixedZone("", 9*60*60)
	wantFeed := feedmill.Feed{
		Title:    "The Korea Times : Nation",
		Link:     "http://www.koreatimes.co.kr/www/sub_nation.asp",
		Subtitle: "Nation news from The Korea Times",
		Language: "en-us",
		Rights:   "Copyright 2011 The Korea Times",
		Updated:  time.Date(2011, 1, 10, 20, 0, 0, 0, kst),
		TTL:      30,
	}
	if diff := cmp.Diff(wantFeed, feed); diff != "" {
		t.Errorf("feed (-want +got):\n%s", diff)
	}
	const link = "http://www.koreatimes.co.kr/www/news/nation/2011/01/205_79383.html"
	want := feedmill.Item{
		GUID:  link,
		Title: "Defense chiefs meet to discuss exchange of info on NK nukes",
		Link:  link,
		Summary: "Top military officials of South Korea and Japan agreed to bolster security ties between their countries Monday, " +
			"amid a growing call for a regional alliance framework from the United States.",
		Published:    time.Date(2011, 1, 10, 19, 41, 0, 0, kst),
		PublishedRaw: "Mon, 10 Jan 2011 19:41:00 +0900",
		Author:       "Lee Tae-hoon",
		AuthorName:   "Lee Tae-hoon",
		Tags:         []string{"Nation"},
		Base:         "http://www.koreatimes.co.kr/www/rss/nation.xml",
	}
	if len(items) != 4 {
		t.Fatalf("%d items, want 4", len(items))
	}
	if diff := cmp.Diff(want, items[0]); diff != "" {
		t.Errorf("first item (-want +got):\n%s", diff)
	}
	if got, want := items[0].Published.Format(time.RFC3339), "2011-01-10T19:41:00+09:00"; got != want {
		t.Errorf("published %s, want %s", got, want)
	}
}
