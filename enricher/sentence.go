package enricher

import (
	"context"
	"strings"

	"github.com/feedmill/feedmill"
)

// markSentences gives the sentences of all fields.
func markSentences(ctx context.Context, d *document) error {
	var out []feedmill.Span
	for _, f := range d.fields {
		if err := ctx.Err(); err != nil {
			return err
		}
		toks := f.tokens()
		for _, s := range f.sentences() {
			out = append(out, f.span(toks[s.from].start, toks[s.to-1].end))
		}
	}
	d.r.Sentences = out
	return nil
}

// splitSentences cuts tokens into sentences: at line breaks, and after closing marks unless the full stop is that of an
// abbreviation or the text goes on in lower case.
func splitSentences(toks []token) []sentence {
	var out []sentence
	from := 0
	cut := func(to int) {
		if to > from {
			out = append(out, sentence{from, to})
			from = to
		}
	}
	for i := 0; i < len(toks); i++ {
		if i > from && toks[i].line {
			cut(i)
		}
		t := &toks[i]
		if !sentenceEnd(t.text) && !t.abbr {
			continue
		}
		// Closing quotes and brackets, and repeated marks, belong to the sentence that they close.
		j := i + 1
		for j < len(toks) && !toks[j].line && (closing(toks[j].text) && !toks[j].gap || sentenceEnd(toks[j].text) && !t.abbr) {
			j++
		}
		if j >= len(toks) {
			break
		}
		next := &toks[j]
		switch {
		case next.line:
		case t.abbr:
			if abbreviations()[strings.TrimSuffix(t.key, ".")] == abbrAlways && !endsCompany(t.key) || len(t.text) == 2 {
				continue
			}
			if !next.gap || !next.upper || !starter(next.key) {
				continue
			}
		case wideEnd(t.text):
		case !next.gap:
			continue
		case next.kind == kindWord && !next.upper && lowerLetterStart(next.text):
			continue
		}
		cut(j)
		i = j - 1
	}
	cut(len(toks))
	return out
}

func sentenceEnd(s string) bool {
	switch s {
	case ".", "!", "?", "…", "...", "‼", "⁇", "؟", "۔", "।", "॥", "。", "！", "？", "｡", "．":
		return true
	}
	return false
}

// wideEnd marks end a sentence without white space after them.
func wideEnd(s string) bool {
	switch s {
	case "。", "！", "？", "｡", "।", "॥", "۔":
		return true
	}
	return false
}

func closing(s string) bool {
	switch s {
	case `"`, "'", "”", "’", "»", "›", ")", "]", "」", "』", "）", "】", "〉", "》", "''":
		return true
	}
	return false
}

func lowerLetterStart(s string) bool {
	for _, r := range s {
		// Scripts without case cannot tell, so only letters that have a capital form count.
		return strings.ToUpper(string(r)) != string(r)
	}
	return false
}

func endsCompany(key string) bool {
	switch key {
	case "inc.", "corp.", "co.", "ltd.", "jr.", "sr.", "etc.", "bros.":
		return true
	}
	return false
}

func starter(key string) bool {
	switch key {
	case "the", "a", "an", "he", "she", "it", "they", "we", "i", "you", "in", "on", "at", "but", "and", "this", "that",
		"these", "those", "his", "her", "its", "their", "our", "if", "when", "while", "as", "there", "however", "after",
		"before", "for", "with", "since", "some", "many", "most", "one", "two", "meanwhile", "also", "what", "why", "how",
		"not", "no", "both", "such", "under", "to", "by", "from", "mr.", "mrs.", "ms.", "dr.", "despite", "although":
		return true
	}
	return false
}
