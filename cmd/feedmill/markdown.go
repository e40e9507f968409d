package main

import (
	"io"
	"strings"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/parser"
)

// writeMarkdown writes articles as CommonMark, with a rule between two.
func writeMarkdown(w io.Writer, recs []*feedmill.Record) error {
	texts := make([]string, len(recs))
	for i, r := range recs {
		texts[i] = parser.Markdown(&r.Article)
	}
	_, err := io.WriteString(w, strings.Join(texts, "\n---\n\n"))
	return err
}
