package sinktest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
)

// day is when the tests' time begins.
var day = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// hour is the time n hours later.
func hour(n int) time.Time { return day.Add(time.Duration(n) * time.Hour) }

// pipe is the pipeline of that parser version.
func pipe(parser int) feedmill.Pipeline {
	return feedmill.Pipeline{Parser: parser, Enricher: 1, Rules: "r"}
}

// Record makes a record as the stages do: the article of the given name (its id comes from its URL), with a body, from
// a source that has these bytes, seen at a time, read by a pipeline. Paragraphs are parted by blank lines.
func Record(name, title, body, source string, seenAt time.Time, p feedmill.Pipeline) *feedmill.Record {
	url := "https://news.example/" + name
	sum := sha256.Sum256([]byte(source))
	a := &feedmill.Article{
		ID:       feedmill.ArticleIDFromURL(url),
		URL:      url,
		SeenAt:   seenAt,
		Source:   feedmill.Source{ID: "news.example", Name: "Example News"},
		Title:    title,
		Byline:   feedmill.Byline{Raw: "By Ann Doe", Authors: []feedmill.Author{{Name: "Ann Doe"}}},
		Language: feedmill.Language{Tag: "en", Confidence: 0.9, From: "text"},
		Text:     body,
		HTML:     "<p>" + strings.ReplaceAll(body, "\n\n", "</p><p>") + "</p>",
		Images:   []feedmill.Image{{ID: "i1", URL: url + "/1.jpg", Caption: "The shore at dawn", Credit: "Example", Lead: true}},
		Quality:  feedmill.Quality{Method: "test", Words: len(strings.Fields(body))},
		Feeds:    []feedmill.Mention{Mention("main", name, title, seenAt, seenAt)},
		Provenance: feedmill.Provenance{
			Page:     feedmill.PageProvenance{SHA256: hex.EncodeToString(sum[:]), FetchedAt: seenAt, Status: 200},
			Fields:   map[string]string{"title": "h1"},
			Pipeline: p,
		},
	}
	a.Published = feedmill.Timestamp{Value: "2026-03-01", Precision: "day", Zone: "none", From: "meta"}
	text := feedmill.NewText(body)
	end := 0
	for para := range strings.SplitSeq(body, "\n\n") {
		start := end
		end = start + len(para)
		a.Blocks = append(a.Blocks, feedmill.Block{Kind: feedmill.BlockParagraph, Start: text.Point(start), End: text.Point(end)})
		end += len("\n\n")
	}
	seal(a)
	r := feedmill.NewRecord(a)
	speaker := "e1"
	r.Entities = []feedmill.Entity{{
		ID: "e1", Key: "local:1", Type: feedmill.TypePerson, Name: "Ann Doe",
		Mentions: []feedmill.EntityMention{{Span: feedmill.Span{Start: 0, End: 1}, Text: "A", Kind: feedmill.MentionShort}},
	}}
	r.Quotes = []feedmill.Quote{{Span: feedmill.Span{Start: 1, End: 2}, Text: "b", Speaker: &speaker, Direct: true}}
	return r
}

// seal computes what is computed from the rest of the article.
func seal(a *feedmill.Article) {
	a.ContentHash = feedmill.ContentHash(a)
	a.Rendition = feedmill.RenditionID(a.ID, a.Provenance.Page.SHA256, a.Provenance.Pipeline)
}

// Mention makes a mention of an article of the given name in a feed.
func Mention(feed, name, title string, first, last time.Time) feedmill.Mention {
	return feedmill.Mention{
		Feed: feed, FeedTitle: "Feed " + feed, URL: "https://news.example/" + name + "?utm_source=" + feed,
		GUID: name, Title: title, FirstSeen: first, LastSeen: last,
	}
}

// MentionOnly makes a record without an article: the article of that name was seen in one more feed.
func MentionOnly(name, feed, title string, at time.Time) *feedmill.Record {
	url := "https://news.example/" + name
	return feedmill.NewRecord(&feedmill.Article{
		ID: feedmill.ArticleIDFromURL(url), URL: url, AltURLs: []string{url + "?from=" + feed}, SeenAt: at,
		Feeds: []feedmill.Mention{Mention(feed, name, title, at, at)},
	})
}

// Merged makes a record that says that one article was merged into another.
func Merged(name, into string, since time.Time) *feedmill.Record {
	return feedmill.NewRecord(&feedmill.Article{
		ID: idOf(name),
		State: feedmill.State{
			Value: feedmill.StateMerged, Since: since, MergedInto: idOf(into),
		},
	})
}

// Stated makes a record that says that an article is gone, withdrawn or live since a time.
func Stated(name, state string, since time.Time) *feedmill.Record {
	return feedmill.NewRecord(&feedmill.Article{ID: idOf(name), State: feedmill.State{Value: state, Since: since}})
}

func idOf(name string) string { return feedmill.ArticleIDFromURL("https://news.example/" + name) }

// body makes a text of so many paragraphs of some ten words each, the same for the same seed.
func body(seed, paragraphs int) string {
	var b strings.Builder
	for i := range paragraphs {
		if i > 0 {
			b.WriteString("\n\n")
		}
		fmt.Fprintf(&b, "Paragraph %d of story %d tells of rivers and towns in plain words.", i, seed)
	}
	return b.String()
}
