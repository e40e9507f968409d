package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/parser"
	"github.com/spf13/cobra"
)

func parseCommand(a *app) *cobra.Command {
	url := ""
	c := &cobra.Command{
		Use:   "parse [FILE...]",
		Short: "Turn pages (JSON lines) into articles, and feeds into items",
		Long: `Read pages as JSON lines and write one line for each, in their order: the article of an HTML page, the items of a feed
document. Only "url" and "body" (base64) are required; an "id" is echoed. A FILE may also be an HTML page or a feed
document itself. Without FILE, or for "-", standard input is read.

What cannot be parsed gives {"id": …, "url": …, "error": "…"} and the rest goes on; the exit code is 3 then. A line may
be 64 MiB long. Nothing is fetched.`,
		Example: `  feedmill fetch https://example.com/story | feedmill parse
  feedmill parse pages.jsonl | feedmill enrich > records.jsonl
  feedmill parse --url https://example.com/story story.html`,
		RunE: func(c *cobra.Command, files []string) error {
			cfg, err := a.settings()
			if err != nil {
				return err
			}
			if err := a.checkInputs(files); err != nil {
				return err
			}
			extractor := daemon.Extractor(cfg, a.commandLogger(cfg))
			lines, failed, err := a.inOrder(c.Context(), 0, func(send func(task) bool) error {
				return a.eachInput(files, func(name string, in *bufio.Reader) error {
					head, err := in.Peek(4096)
					if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
						return err
					}
					if !isDocument(name, head) {
						return sendLines(in, send, func(_ context.Context, line []byte) any { return parseLine(extractor, line) })
					}
					body, err := readDocument(name, in)
					if err != nil {
						return err
					}
					page := documentPage(name, url, body)
					send(task{bytes: int64(len(body)), make: func(context.Context) any { return parsePage(extractor, page) }})
					return nil
				})
			})
			return a.ended("parse", lines, failed, err)
		},
	}
	c.Flags().StringVar(&url, "url", "", "where a FILE that is a document came from")
	return c
}

// parseLine parses the page that a line holds.
func parseLine(x *parser.Extractor, line []byte) any {
	var in struct {
		feedmill.Page
		Error string `json:"error"`
	}
	if err := decodeLine(line, &in); err != nil {
		return failure{ID: in.ID, URL: in.URL, Error: err.Error()}
	}
	p := &in.Page
	switch {
	case in.Error != "": // of the filter before
		return failure{ID: p.ID, URL: p.URL, Status: p.Status, Error: in.Error}
	case p.URL == "":
		return failure{ID: p.ID, Error: `no "url"; a page needs "url" and "body"`}
	case slices.Contains(p.Parts, nil):
		return failure{ID: p.ID, URL: p.URL, Error: `"parts" holds null; want pages`}
	case len(p.Body) == 0 && p.Item == nil:
		return failure{ID: p.ID, URL: p.URL, Error: `no "body"; a page needs "url" and "body" (base64)`}
	}
	return parsePage(x, p)
}

func parsePage(x *parser.Extractor, p *feedmill.Page) any {
	var v any
	var err error
	if parser.IsFeed(p) {
		v, err = parser.FeedDocument(p)
	} else {
		v, err = x.Extract(p)
	}
	if err != nil {
		return failure{ID: p.ID, URL: p.URL, Error: err.Error()}
	}
	return v
}
