package parser

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/newsroom"
)

const newsroomBase = "http://newsroom.example"

// ask fetches a document of a newsroom.
func ask(t testing.TB, n *newsroom.Newsroom, link string) *feedmill.Page {
	t.Helper()
	w := httptest.NewRecorder()
	n.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, link, nil))
	res := w.Result()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return &feedmill.Page{URL: link, Status: res.StatusCode, Header: res.Header, Body: body}
}

// newsroomPages are the articles that a feed lists, with their further parts and with what the feed says of them.
func newsroomPages(t testing.TB, n *newsroom.Newsroom, feedURL string) []*feedmill.Page {
	t.Helper()
	feed, items, err := ParseFeed(ask(t, n, feedURL))
	if err != nil {
		t.Fatal(err)
	}
	var list []*feedmill.Page
	for i := range items {
		p := ask(t, n, items[i].Link)
		if p.Status != http.StatusOK {
			continue
		}
		p.Feed = &feedmill.FeedRef{ID: "f", URL: feedURL, Title: feed.Title, Language: feed.Language}
		p.Item = &items[i]
		for next, more := NextPart(p); more && len(p.Parts) < 10; {
			part := ask(t, n, next)
			p.Parts = append(p.Parts, part)
			next, more = NextPart(part)
		}
		list = append(list, p)
	}
	return list
}

// told is what a newsroom knows of its articles.
type told struct {
	Title           string
	Authors         []string
	Published       string
	Paragraphs      []string
	Caption, Credit string
}

func toldBy(truth *newsroom.Truth) told {
	w := told{Title: truth.Title, Authors: truth.Authors, Published: truth.Published.Format(time.DateOnly), Paragraphs: truth.Paragraphs, Caption: truth.Caption, Credit: truth.Credit}
	if truth.Correction != "" {
		w.Paragraphs = append(w.Paragraphs[:len(w.Paragraphs):len(w.Paragraphs)], truth.Correction)
	}
	return w
}

func readFrom(a *feedmill.Article) told {
	g := told{Title: a.Title, Authors: authorNames(a), Published: a.Published.Value[:min(len(a.Published.Value), len(time.DateOnly))]}
	text := feedmill.NewText(a.Text)
	for _, b := range a.Blocks {
		g.Paragraphs = append(g.Paragraphs, text.Slice(b.Start, b.End))
	}
	if im := leadImage(a); im != nil {
		g.Caption, g.Credit = im.Caption, im.Credit
	}
	return g
}

// TestNewsroom reads every page of a newsroom, demo and generated, before and after an edit, with and without its feed,
// and compares with what the newsroom knows.
func TestNewsroom(t *testing.T) {
	t.Parallel()
	n := newsroom.New(nil)
	if _, err := n.Generate(&newsroom.GenerateOptions{Feeds: 24, Items: 8}); err != nil {
		t.Fatal(err)
	}
	x := NewExtractor(nil)
	for _, feedURL := range n.Feeds(newsroomBase) {
		t.Run(strings.TrimPrefix(feedURL, newsroomBase), func(t *testing.T) {
			t.Parallel()
			for _, p := range newsroomPages(t, n, feedURL) {
				u, err := url.Parse(p.URL)
				if err != nil {
					t.Fatal(err)
				}
				check := func(name string, p *feedmill.Page) {
					t.Helper()
					a, err := x.Extract(p)
					if err != nil {
						t.Errorf("%s %s: %v", u.Path, name, err)
						return
					}
					want := toldBy(n.Truth(u.Path))
					got := readFrom(a)
					if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
						t.Errorf("%s %s (-want +got):\n%s", u.Path, name, d)
					}
					checkOffsets(t, u.Path, a)
				}
				check("with feed", p)
				alone := *p
				alone.Feed, alone.Item = nil, nil
				check("alone", &alone)
			}
		})
	}
}
