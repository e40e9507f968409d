package main

import (
	"bufio"
	"context"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/enricher"
	"github.com/feedmill/feedmill/enricher/story"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

func enrichCommand(a *app) *cobra.Command {
	var stories bool
	c := &cobra.Command{
		Use:   "enrich [FILE...]",
		Short: "Annotate articles (JSON lines): people, places, dates, quotes",
		Long: `Read articles as JSON lines and write one record for each, in their order, with language, people, organizations,
places, dates, amounts and quotes. "id" and "text" are required; "title", "published", "language" and "source" help where
they are known. Without FILE, or for "-", standard input is read.

With --stories each record is also placed among those of the last three days before it, as copy, update or related ("story").
One that stands alone when its line is read has no "story", and is the original of those later ones whose "story" has its id.
The order of the lines decides then, so they are annotated one after the other.

Names are linked to the entities that were imported into the data directory. Enrichers of enrich.external are asked by the
daemon alone.

What cannot be read gives {"id": …, "url": …, "error": "…"} and the rest goes on; the exit code is 3 then.`,
		Example: `  feedmill fetch https://example.com/story | feedmill parse | feedmill enrich
  feedmill enrich --stories articles.jsonl | jq 'select(.story.role == "copy") | [.id, .story.of]'
  echo '{"id":"1","text":"Angela Merkel met Barack Obama in Berlin."}' | feedmill enrich | jq .entities`,
		RunE: func(c *cobra.Command, files []string) error {
			cfg, err := a.settings()
			if err != nil {
				return err
			}
			if err := a.checkInputs(files); err != nil {
				return err
			}
			chain, err := daemon.Chain(cfg, a.commandLogger(cfg), nil)
			if err != nil {
				return usageError{err}
			}
			workers, window := 0, (*lineWindow)(nil)
			if stories {
				workers, window = 1, &lineWindow{window: story.NewWindow(nil)}
			}
			lines, failed, err := a.inOrder(c.Context(), workers, func(send func(task) bool) error {
				return a.eachInput(files, func(_ string, in *bufio.Reader) error {
					return sendLines(in, send, func(ctx context.Context, line []byte) any { return enrichLine(ctx, chain, window, line) })
				})
			})
			return a.ended("enrich", lines, failed, err)
		},
	}
	a.dataFlag(c)
	c.Flags().BoolVar(&stories, "stories", false, "find copies and updates among the articles")
	return c
}

// enrichLine annotates the article that a line holds, and places it in the window if there is one.
func enrichLine(ctx context.Context, chain *enricher.Chain, window *lineWindow, line []byte) any {
	var in struct {
		feedmill.Article
		Text   *string `json:"text"`
		Status int     `json:"status"`
		Error  string  `json:"error"`
	}
	if err := decodeLine(line, &in); err != nil {
		return failure{ID: in.ID, URL: in.URL, Error: err.Error()}
	}
	switch {
	case in.Error != "": // of the filter before
		return failure{ID: in.ID, URL: in.URL, Status: in.Status, Error: in.Error}
	case in.ID == "":
		return failure{URL: in.URL, Error: `no "id"; an article needs "id" and "text"`}
	case in.Text == nil:
		return failure{ID: in.ID, URL: in.URL, Error: `no "text"; an article needs "id" and "text"`}
	}
	in.Article.Text = *in.Text
	r, err := annotate(ctx, chain, &in.Article)
	if err != nil {
		return failure{ID: in.ID, URL: in.URL, Error: err.Error()}
	}
	if window != nil {
		r.Story = window.place(r)
	}
	return r
}

// lineWindow places records in the order in which they come: no later line is the original of an earlier one.
type lineWindow struct {
	window *story.Window
	last   time.Time
}

func (w *lineWindow) place(r *feedmill.Record) *feedmill.Story {
	seen := placedAt(r, time.Now())
	if w.last = w.last.Add(1); seen.After(w.last) {
		w.last = seen
	}
	w.window.Place(&story.Article{ID: r.ID, Source: daemon.StorySource(r), At: w.last, Seen: seen, Text: story.NewFingerprint(r.Text)})
	p, ok := w.window.Of(r.ID)
	if !ok {
		return nil // it stands alone so far
	}
	return daemon.StoryOf(&p, time.Time{})
}

// placedAt is when a record is placed: when it was seen, or published, and never after now, since one date far ahead would
// move the window for good.
func placedAt(r *feedmill.Record, now time.Time) time.Time {
	at := r.SeenAt
	if at.IsZero() {
		at = r.Published.UTC
	}
	if at.After(now) {
		return now
	}
	return at
}

// annotate makes the record of an article, as the daemon's enrich worker does.
func annotate(ctx context.Context, chain *enricher.Chain, article *feedmill.Article) (*feedmill.Record, error) {
	r := feedmill.NewRecord(article)
	if err := chain.Enrich(ctx, r); err != nil {
		return nil, err
	}
	r.Provenance.Pipeline.Enricher, r.Provenance.Pipeline.Model = enricher.Version, chain.Model()
	if source := r.Provenance.Page.SHA256; source != "" {
		r.Rendition = feedmill.RenditionID(r.ID, source, r.Provenance.Pipeline)
	}
	return r, nil
}
