package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

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
document. Only "url" and "body" (base64) are required; an "id" is echoed; "header" may hold Content-Type (its charset
counts) and Content-Location (links are resolved against it). A FILE may also be an HTML page or a feed document itself.
Without FILE, or for "-", standard input is read. What is compressed with gzip is decompressed.

What cannot be parsed gives {"id": …, "url": …, "error": "…"} and the rest goes on; the exit code is 3 then. A line or a
document may be 64 MiB large, and a feed have as many items as fetch.max_items says. Nothing is fetched.
'feedmill schema item' and 'feedmill schema record' describe the output.`,
		Example: `  feedmill fetch https://example.com/story | feedmill parse
  feedmill parse pages.jsonl | feedmill enrich > records.jsonl
  feedmill parse --url https://example.com/story story.html
  feedmill parse --url https://example.com/feed.xml feed.xml | jq -r '.entries[].title'`,
		RunE: func(c *cobra.Command, files []string) error {
			cfg, err := a.settings()
			if err != nil {
				return err
			}
			if err := a.checkInputs(files); err != nil {
				return err
			}
			w := &pageParser{a: a, extractor: daemon.Extractor(cfg, a.commandLogger(cfg)), maxItems: cfg.Fetch.MaxItems}
			lines, failed, err := a.inOrder(c.Context(), 0, func(send func(task) bool) error {
				return a.eachInput(files, func(name string, in *bufio.Reader) error {
					if err := w.send(name, url, in, send); err != nil && len(files) > 1 { // the other files go on
						send(task{make: func(context.Context) any {
							return failure{ID: filepath.Base(name), Error: fmt.Sprintf("%s: %v", name, err)}
						}})
					} else if err != nil {
						return err
					}
					return nil
				})
			})
			return a.ended("parse", lines, failed, err)
		},
	}
	c.Flags().StringVar(&url, "url", "", "where a FILE that is a document came from")
	return c
}

// pageParser makes one line of output of a page.
type pageParser struct {
	a         *app
	extractor *parser.Extractor
	maxItems  int
}

// send sends a task for each page of an input: the lines of JSON, or the one document that it is.
func (w *pageParser) send(name, url string, in *bufio.Reader, send func(task) bool) error {
	head, err := in.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return err
	}
	if !isDocument(name, head) {
		return sendLines(in, send, func(_ context.Context, line []byte) any { return w.line(line) })
	}
	body, err := readDocument(name, in)
	if err != nil {
		return err
	}
	page := documentPage(name, url, body)
	send(task{bytes: int64(len(body)), make: func(context.Context) any { return w.page(page, isFeedName(name) && !looksLikeHTML(body)) }})
	return nil
}

// line parses the page that a line holds.
func (w *pageParser) line(line []byte) any {
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
	return w.page(p, isFeedType(p.HeaderValue("Content-Type")))
}

// page parses a page. Stated says that it is called a feed: then it is to be one.
func (w *pageParser) page(p *feedmill.Page, stated bool) any {
	if parser.IsFeed(p) || stated {
		return w.feed(p)
	}
	article, err := w.extractor.Extract(p)
	if err != nil {
		return failure{ID: p.ID, URL: p.URL, Error: err.Error()}
	}
	return article
}

func (w *pageParser) feed(p *feedmill.Page) any {
	about, items, err := parser.ParseFeedOptions(p, &parser.FeedOptions{MaxItems: w.maxItems + 1})
	if err != nil {
		return failure{ID: p.ID, URL: p.URL, Error: err.Error()}
	}
	if len(items) > w.maxItems {
		w.a.say("%s: more than %d items; the first ones are taken, see fetch.max_items", printable(cmp.Or(p.URL, p.ID)), w.maxItems)
		items = items[:w.maxItems]
	}
	return &feedmill.FeedDocument{ID: p.ID, URL: p.URL, Feed: about, Entries: items}
}

// isFeedType tells a media type that only a feed has.
func isFeedType(contentType string) bool {
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	return slices.Contains([]string{"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json"}, strings.TrimSpace(kind))
}

// looksLikeHTML tells an HTML page by its beginning.
func looksLikeHTML(body []byte) bool {
	head := bytes.ToLower(body[:min(len(body), 4096)])
	return bytes.Contains(head, []byte("<html")) || bytes.Contains(head, []byte("<!doctype html"))
}
