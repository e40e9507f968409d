package main

import (
	"bufio"
	"context"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/enricher"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

func enrichCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "enrich [FILE...]",
		Short: "Annotate articles (JSON lines): people, places, dates, quotes",
		Long: `Read articles as JSON lines and write one record for each, in their order, with language, people, organizations,
places, dates, amounts and quotes. "id" and "text" are required; "title", "published", "language" and "source" help where
they are known. Without FILE, or for "-", standard input is read.

Enrichers of enrich.external are asked by the daemon alone.

What cannot be read gives {"id": …, "url": …, "error": "…"} and the rest goes on; the exit code is 3 then.`,
		Example: `  feedmill fetch https://example.com/story | feedmill parse | feedmill enrich
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
			lines, failed, err := a.inOrder(c.Context(), 0, func(send func(task) bool) error {
				return a.eachInput(files, func(_ string, in *bufio.Reader) error {
					return sendLines(in, send, func(ctx context.Context, line []byte) any { return enrichLine(ctx, chain, line) })
				})
			})
			return a.ended("enrich", lines, failed, err)
		},
	}
}

// enrichLine annotates the article that a line holds.
func enrichLine(ctx context.Context, chain *enricher.Chain, line []byte) any {
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
	return r
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
