package parser

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

// shared is where the corpora and the acceptance piece are, outside the tree.
const shared = "../../shared"

type expectedArticle struct {
	URL          string   `json:"url"`
	FeedURL      string   `json:"feed_url"`
	SiteName     string   `json:"site_name"`
	Language     string   `json:"language"`
	Headline     string   `json:"headline"`
	Byline       string   `json:"byline"`
	Authors      []string `json:"authors"`
	Section      string   `json:"section"`
	Published    string   `json:"published"`
	PublishedUTC string   `json:"published_utc"`
	LeadImage    struct {
		URL           string
		Width, Height int
		Caption       string
		Credit        string
	} `json:"lead_image"`
	Paragraphs []string `json:"paragraphs"`
	MustNot    []string `json:"text_must_not_contain"`
}

func seed(t *testing.T) (page []byte, want expectedArticle) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(shared, "seed", "korea-times.html"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the acceptance piece is not here: ../shared/seed is absent")
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(shared, "seed", "korea-times.expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	return page, want
}

func TestSeed(t *testing.T) {
	t.Parallel()
	body, want := seed(t)
	at := time.Date(2011, 1, 11, 0, 0, 0, 0, time.UTC)
	alone := feedmill.Page{URL: want.URL, Body: body, FetchedAt: at}
	fromFeed := alone
	fromFeed.Feed = &feedmill.FeedRef{ID: "f", URL: want.FeedURL, Title: "The Korea Times : Nation", Language: "en-us"}
	published, err := time.Parse(time.RFC3339, want.Published)
	if err != nil {
		t.Fatal(err)
	}
	fromFeed.Item = &feedmill.Item{Title: want.Headline, Link: want.URL, Tags: []string{"Nation"}, Published: published, Author: "Lee Tae-hoon"}
	for name, page := range map[string]*feedmill.Page{"alone": &alone, "with feed": &fromFeed} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := NewExtractor(nil).Extract(page)
			if err != nil {
				t.Fatal(err)
			}
			check := func(field string, got, want any) {
				t.Helper()
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("%s (-want +got):\n%s", field, d)
				}
			}
			var paragraphs []string
			for _, b := range a.Blocks {
				check("kind", b.Kind, feedmill.BlockParagraph)
				paragraphs = append(paragraphs, feedmill.NewText(a.Text).Slice(b.Start, b.End))
			}
			check("paragraphs", paragraphs, want.Paragraphs)
			check("text", a.Text, strings.Join(want.Paragraphs, "\n\n"))
			check("title", a.Title, want.Headline)
			check("byline", a.Byline, feedmill.Byline{Raw: want.Byline, Authors: []feedmill.Author{{Name: want.Authors[0]}}})
			check("url", a.URL, want.URL)
			check("id", a.ID, feedmill.ArticleIDFromURL(want.URL))
			check("site", a.Source.Name, want.SiteName)
			check("section", a.Section, want.Section)
			li := want.LeadImage
			check("images", a.Images, []feedmill.Image{{ID: "i1", URL: li.URL, Width: li.Width, Height: li.Height, Caption: li.Caption, Credit: li.Credit, CreditRaw: "/ " + li.Credit, Lead: true}})
			if name == "with feed" {
				check("published", a.Published.Value, want.Published)
				check("published.utc", a.Published.UTC.Format(time.RFC3339), want.PublishedUTC)
				check("published.from", a.Published.From, "feed")
				check("language", a.Language.Tag, want.Language)
			} else {
				check("published", a.Published.Value, "2011-01-10T19:41")
				check("published.zone", a.Published.Zone, "none")
			}
			all := a.Text + a.HTML
			for _, s := range want.MustNot {
				if strings.Contains(a.Text, s) {
					t.Errorf("text holds %q", s)
				}
			}
			if strings.Contains(all, "javascript:") {
				t.Error("output holds a script URL")
			}
			if !bytes.Contains(body, []byte("euc-kr")) {
				t.Error("the piece is not the one this test is for")
			}
		})
	}
}

// TestNestedList holds that a list within a list stays one, in the HTML and in Markdown.
func TestNestedList(t *testing.T) {
	t.Parallel()
	item := " of the bridge was closed for the whole of the summer, said the council."
	list := "<ul><li>North" + item + "<ol><li>First" + item + "</li><li>Second" + item + "</li></ol></li><li>South" + item + "</li></ul>"
	a, err := NewExtractor(nil).Extract(&feedmill.Page{URL: "https://a.example/x", Body: []byte("<html><body><article><h1>Bridge</h1>" + paragraphs(3) + list + paragraphs(2) + "</article></body></html>")})
	if err != nil {
		t.Fatal(err)
	}
	want := "<ul>\n<li>North" + item + "<ol>\n<li>First" + item + "</li>\n<li>Second" + item + "</li>\n</ol>\n</li>\n<li>South" + item + "</li>\n</ul>"
	if !strings.Contains(a.HTML, want) {
		t.Errorf("no %s in %s", want, a.HTML)
	}
	if want := "- North" + item + "\n  1. First" + item + "\n  2. Second" + item + "\n- South" + item; !strings.Contains(Markdown(a), want) {
		t.Errorf("no %s in %s", want, Markdown(a))
	}
}
