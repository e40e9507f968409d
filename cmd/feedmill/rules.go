package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/parser"
	"github.com/feedmill/feedmill/parser/siterule"
)

// ruleDirectory is where rules are written: the one named, else the first of parse.rules.
func ruleDirectory(named string, cfg *config.Config) (string, error) {
	switch {
	case named != "":
		return named, nil
	case len(cfg.Parse.Rules) > 0:
		return cfg.Parse.Rules[0], nil
	}
	return "", usageError{fmt.Errorf("where are the rules to go? Name a directory with --into, or in the configuration with parse.rules")}
}

// extractorWith makes an extractor with one rule file, or several, and no others.
func extractorWith(cfg *config.Config, sites ...*siterule.Site) (*parser.Extractor, error) {
	set, err := siterule.NewSet(sites...)
	if err != nil {
		return nil, err
	}
	return parser.NewExtractor(&parser.Options{MaxDepth: cfg.Parse.MaxDepth, MaxNodes: cfg.Parse.MaxNodes, Rules: set}), nil
}

// ruleDifference is what a rule changes in what is read out of one page.
type ruleDifference struct {
	ID    string `json:"id,omitempty"`
	URL   string `json:"url,omitempty"`
	Rule  string `json:"rule,omitempty"` // "" where none holds for the page
	Error string `json:"error,omitempty"`
	// Changes are the fields that differ.
	Changes []fieldDifference `json:"changes,omitempty"`
}

type fieldDifference struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// compareRules reads a page with two extractors.
func compareRules(before, after *parser.Extractor, page *feedmill.Page) ruleDifference {
	d := ruleDifference{ID: page.ID, URL: page.URL}
	a, err := before.Extract(page)
	if err != nil {
		d.Error = err.Error()
		return d
	}
	b, err := after.Extract(page)
	if err != nil {
		d.Error = err.Error()
		return d
	}
	d.ID = b.ID
	if _, rule, ok := strings.Cut(b.Provenance.Pipeline.Rules, "+"); ok {
		d.Rule = rule
	}
	was, is := comparedFields(a), comparedFields(b)
	for _, field := range slices.Sorted(maps.Keys(is)) {
		if was[field] != is[field] {
			d.Changes = append(d.Changes, fieldDifference{field, was[field], is[field]})
		}
	}
	return d
}

// comparedFields is what a person would compare of an article, as text.
func comparedFields(a *feedmill.Article) map[string]string {
	image, caption, credit := "", "", ""
	for i := range a.Images {
		if im := &a.Images[i]; im.Lead {
			image, caption, credit = im.URL, im.Caption, im.Credit
		}
	}
	authors := make([]string, len(a.Byline.Authors))
	for i := range a.Byline.Authors {
		authors[i] = a.Byline.Authors[i].Name
	}
	access := ""
	if p := a.Access.Paywalled; p != nil {
		access = map[bool]string{true: "paywalled", false: "free"}[*p]
	}
	return map[string]string{
		"title": a.Title, "subtitle": a.Subtitle, "kicker": a.Kicker, "description": a.Description.Text,
		"byline": strings.Join(append(authors, nonEmpty(a.Byline.Agency)...), ", "), "published": a.Published.Value, "modified": a.Modified.Value,
		"language": a.Language.Tag, "section": a.Section, "tags": strings.Join(a.Tags, ", "), "source": a.Source.Name,
		"copyright": a.Rights.Copyright, "license": a.Rights.License, "access": access, "text": a.Text,
		"image": image, "caption": caption, "credit": credit,
	}
}

// showDifference says field by field what a rule changes. Of a text it shows the paragraphs that come and go.
func (a *app) showDifference(w io.Writer, d *ruleDifference) {
	fmt.Fprintf(w, "%s\n", a.term.bold(printable(cmp.Or(d.URL, d.ID))))
	switch {
	case d.Error != "":
		fmt.Fprintf(w, "  %s\n", oneLine(d.Error))
	case d.Rule == "":
		fmt.Fprintln(w, "  no rule holds for this page")
	case len(d.Changes) == 0:
		fmt.Fprintln(w, "  the rule changes nothing")
	}
	for _, c := range d.Changes {
		fmt.Fprintf(w, "  %s\n", c.Field)
		before, after := lines(c.Before), lines(c.After)
		for _, l := range before {
			if !slices.Contains(after, l) {
				fmt.Fprintf(w, "    - %s\n", shortened(printable(l), 200))
			}
		}
		for _, l := range after {
			if !slices.Contains(before, l) {
				fmt.Fprintf(w, "    + %s\n", shortened(printable(l), 200))
			}
		}
	}
}

// lines are the lines of a text that are not empty.
func lines(s string) []string {
	return slices.DeleteFunc(strings.Split(s, "\n"), func(l string) bool { return strings.TrimSpace(l) == "" })
}

func shortened(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// eachPage calls f for the pages of the named inputs: URLs, which are fetched, HTML files, which came from url, and files
// of pages as JSON lines.
func (a *app) eachPage(ctx context.Context, cfg *config.Config, names []string, url string, f func(*feedmill.Page) error) error {
	fetch := a.visitor(cfg)
	defer fetch.Close()
	for _, name := range names {
		if isURL(name) {
			page, err := a.tryPage(ctx, fetch, name, &tryFlags{})
			if err != nil {
				return err
			}
			if err := f(page); err != nil {
				return err
			}
			continue
		}
		if err := a.pagesOfFile(name, url, f); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) pagesOfFile(name, url string, f func(*feedmill.Page) error) error {
	in, err := a.openInput(name)
	if err != nil {
		return err
	}
	defer in.Close()
	r := bufio.NewReaderSize(in, 64<<10)
	head, _ := r.Peek(512) // what is wrong is said by the read that follows
	if isDocument(name, head) {
		body, err := readDocument(name, r)
		if err != nil {
			return err
		}
		if url == "" {
			return usageError{fmt.Errorf("%s: say with --url where it came from; rules go by the host", name)}
		}
		return f(documentPage(name, url, body))
	}
	dec := json.NewDecoder(r)
	for n := 1; dec.More(); n++ {
		page := &feedmill.Page{}
		if err := dec.Decode(page); err != nil {
			return fmt.Errorf("%s: page %d: %w", name, n, err)
		}
		if err := f(page); err != nil {
			return err
		}
	}
	return nil
}
