package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/parser"
	"github.com/spf13/cobra"
)

// tryFlags are the flags of try.
type tryFlags struct {
	url     string
	item    int
	feed    bool
	explain bool
	full    bool
	form    *form
}

func tryCommand(a *app) *cobra.Command {
	f := &tryFlags{}
	c := &cobra.Command{
		Use:   "try URL|FILE",
		Short: "Take one page or feed through all stages, and store nothing",
		Long: `Fetch a page (or read a FILE; "-" is standard input), take the article out of it and annotate it. Of a feed the items
are listed, and the first one, or --item N, goes the way. Nothing is stored and no daemon is needed.

--explain adds what was taken from where and what it was preferred to, which parts of the page were considered for the
text, and what was removed and why.`,
		Example: `  feedmill try https://example.com/story
  feedmill try https://example.com/feed.xml --item 3
  feedmill try story.html --url https://example.com/story --explain
  feedmill try https://example.com/story -o markdown > story.md
  feedmill try https://example.com/story -o json | jq '.entities[] | select(.type == "person").name'`,
		Args: exactArgs(1, "one URL or file"),
		RunE: func(c *cobra.Command, args []string) error { return a.try(c.Context(), args[0], f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.url, "url", "", "where a FILE came from: links are resolved against it, and it gives the id")
	flags.IntVar(&f.item, "item", 1, "which item of a feed, counted from 1")
	flags.BoolVar(&f.feed, "feed", false, "the URL is a feed: robots.txt is not asked")
	flags.BoolVar(&f.explain, "explain", false, "say how the result came about")
	flags.BoolVar(&f.full, "full", false, "show the whole text, not only its beginning")
	f.form = outputFlag(c, formTable, formJSON, formMarkdown)
	return c
}

func (a *app) try(ctx context.Context, what string, f *tryFlags) error {
	if f.url != "" && !isURL(f.url) {
		return usageError{fmt.Errorf("--url %q is no http or https URL", f.url)}
	}
	cfg, err := a.settings()
	if err != nil {
		return err
	}
	log := a.commandLogger(cfg)
	fetch := a.visitor(cfg)
	defer fetch.Close()
	page, err := a.tryPage(ctx, fetch, what, f)
	if err != nil {
		return err
	}
	if parser.IsFeed(page) {
		if page, err = a.tryFeed(ctx, fetch, page, f); err != nil {
			return err
		}
	}
	if f.explain && f.form.value == formMarkdown {
		return usageError{errors.New("--explain has no Markdown; use -o table or -o json")}
	}
	article, explanation, err := daemon.Extractor(cfg, log).Explain(page)
	if err != nil {
		return err
	}
	record, err := a.tryEnrich(ctx, cfg, article)
	if err != nil {
		return err
	}
	if f.form.value == formJSON {
		if f.explain {
			return encoder(a.out, true).Encode(struct {
				Record      *feedmill.Record    `json:"record"`
				Explanation *parser.Explanation `json:"explanation"`
			}{record, explanation})
		}
		return encoder(a.out, true).Encode(record)
	}
	if f.form.value == formMarkdown {
		return writeMarkdown(a.out, []*feedmill.Record{record})
	}
	s := newSheet(a.out, a.term)
	if err := s.record(record, f.full); err != nil {
		return err
	}
	if f.explain {
		return s.explanation(explanation)
	}
	return s.removed(record.Removed)
}

func (a *app) tryEnrich(ctx context.Context, cfg *config.Config, article *feedmill.Article) (*feedmill.Record, error) {
	chain, err := daemon.Chain(cfg, a.commandLogger(cfg), nil)
	if err != nil {
		return nil, usageError{err}
	}
	return annotate(ctx, chain, article)
}

// tryPage fetches or reads the document.
func (a *app) tryPage(ctx context.Context, fetch *visitor, what string, f *tryFlags) (*feedmill.Page, error) {
	if isURL(what) {
		page, v := get(ctx, fetch, what, f.feed)
		if v.Outcome != feedmill.OutcomeFetched {
			return nil, errors.New(reason(what, v))
		}
		return page, nil
	}
	in, err := a.openInput(what)
	if err != nil {
		return nil, fmt.Errorf("%w; want a URL with http:// or https://, or a file", err)
	}
	defer in.Close()
	body, err := readDocument(what, bufio.NewReader(in))
	if err != nil {
		return nil, err
	}
	if len(body) == 0 {
		return nil, fmt.Errorf("%s is empty", what)
	}
	page := documentPage(what, f.url, body)
	page.FetchedAt = time.Now()
	return page, nil
}

// tryFeed lists a feed's items and returns the page of the chosen one: fetched, or where that fails or there is no link,
// made from the feed's own words.
func (a *app) tryFeed(ctx context.Context, fetch *visitor, page *feedmill.Page, f *tryFlags) (*feedmill.Page, error) {
	doc, err := parser.FeedDocument(page)
	if err != nil {
		return nil, err
	}
	if f.form.value == formTable {
		if err := a.listItems(doc); err != nil {
			return nil, err
		}
	}
	if len(doc.Entries) == 0 {
		return nil, errors.New("the feed has no items")
	}
	if f.item < 1 || f.item > len(doc.Entries) {
		return nil, usageError{fmt.Errorf("--item %d: the feed has items 1 to %d", f.item, len(doc.Entries))}
	}
	item := &doc.Entries[f.item-1]
	url := cmp.Or(page.URL, doc.Feed.Self)
	ref := &feedmill.FeedRef{ID: feedmill.FeedID(url), URL: url, Title: doc.Feed.Title, Link: doc.Feed.Link, Language: doc.Feed.Language}
	made := &feedmill.Page{URL: item.Link, FetchedAt: page.FetchedAt}
	if isURL(item.Link) {
		got, v := get(ctx, fetch, item.Link, false)
		if v.Outcome == feedmill.OutcomeFetched {
			made = got
		} else {
			a.say("%s; the record is made from the feed alone", printable(reason(item.Link, v)))
			made.Failure = v.Reason
		}
	}
	made.Feed, made.Item = ref, item
	return made, nil
}

func (a *app) listItems(doc *feedmill.FeedDocument) error {
	if _, err := fmt.Fprintf(a.out, "%s: %s\n\n", a.term.bold(oneLine(cmp.Or(doc.Feed.Title, doc.URL, "feed"))), count(int64(len(doc.Entries)), "item")); err != nil {
		return err
	}
	t := newTable("ITEM", "PUBLISHED", "TITLE")
	for i := range doc.Entries {
		it := &doc.Entries[i]
		published := ""
		if !it.Published.IsZero() {
			published = it.Published.Format("2006-01-02 15:04")
		}
		t.add(fmt.Sprint(i+1), published, cmp.Or(it.Title, it.Link, it.GUID))
	}
	if err := t.write(a.out, a.term); err != nil {
		return err
	}
	_, err := fmt.Fprintln(a.out)
	return err
}

// explanation says how an article came out of its page.
func (s *sheet) explanation(e *parser.Explanation) error {
	s.heading("How each field was chosen")
	for _, c := range e.Fields {
		s.field(cut(c.Field, 13), cut(oneLine(c.Value), 60)+"  from "+c.From)
		var also []string
		for _, r := range c.Beat {
			if r.Value == c.Value && !slices.Contains(also, r.From) && r.From != c.From {
				also = append(also, r.From)
			}
		}
		if len(also) > 0 {
			s.field("", "also from "+strings.Join(also, ", "))
		}
		for i, r := range c.Beat {
			if r.Value != c.Value && !slices.Contains(c.Beat[:i], r) {
				s.field("", "not "+cut(oneLine(r.Value), 56)+"  from "+r.From)
			}
		}
	}
	if len(e.Candidates) > 0 {
		s.heading("Considered for the text")
		s.field("    weight", "element and what it is in")
		for _, c := range e.Candidates {
			mark := ""
			if c.Chosen {
				mark = "  ← chosen"
			}
			s.field(fmt.Sprintf("%10.0f", c.Score), fmt.Sprintf("%s  (%s)%s", lastElements(c.Path, 4), count(int64(c.Blocks), "block"), mark))
		}
	}
	if len(e.Steps) > 0 {
		s.heading("Steps")
		for _, step := range e.Steps {
			s.field(cut(step.Name, 13), step.Note)
		}
	}
	return s.removed(e.Removed)
}

// lastElements is the end of a way from the body to an element: so many elements of it.
func lastElements(path string, n int) string {
	parts := strings.Split(path, " > ")
	if len(parts) <= n {
		return path
	}
	return "… > " + strings.Join(parts[len(parts)-n:], " > ")
}
