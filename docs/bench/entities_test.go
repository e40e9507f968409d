package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/jdkato/prose/v2"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/enricher"
	"github.com/feedmill/feedmill/enricher/ner"
)

// news returns documents of Reuters news, a sentence a line, and how many tokens they have by the corpus's count.
func news(b *testing.B) (docs []string, tokens int) {
	b.Helper()
	const path = "../../../shared/corpora/ner/conll2003.dev.tsv"
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		b.Skipf("%s is absent", path)
	}
	if err != nil {
		b.Fatal(err)
	}
	var text strings.Builder
	for line := range strings.Lines(string(raw)) {
		word, _, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
		switch word {
		case "-DOCSTART-":
			if text.Len() > 0 {
				docs = append(docs, text.String())
			}
			text.Reset()
		case "":
			text.WriteByte('\n')
		default:
			if text.Len() > 0 {
				text.WriteByte(' ')
			}
			text.WriteString(word)
			tokens++
		}
	}
	return append(docs, text.String()), tokens
}

// BenchmarkEntities reads the same documents with each reader, from text to entities.
func BenchmarkEntities(b *testing.B) {
	docs, tokens := news(b)
	run := func(name string, read func(b *testing.B, text string)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			n, start := 0, processorTime(b)
			for b.Loop() {
				for _, d := range docs {
					read(b, d)
				}
				n++
			}
			b.ReportMetric(float64(tokens*n)/b.Elapsed().Seconds(), "tokens/s")
			b.ReportMetric(float64(tokens*n)/(processorTime(b)-start).Seconds(), "tokens/cpu-s")
		})
	}
	model, err := ner.Open("")
	if err != nil {
		b.Fatal(err)
	}
	for name, passes := range map[string]ner.Passes{"feedmill-1-pass": ner.OnePass, "feedmill-2-passes": ner.TwoPasses} {
		var words []string
		var spans []ner.Span
		run(name, func(_ *testing.B, text string) {
			toks, sents := enricher.Tokenize(text)
			words = words[:0]
			for _, t := range toks {
				words = append(words, text[t.Start:t.End])
			}
			spans = model.Tag(spans[:0], words, sents, passes, nil)
		})
	}
	chain, err := enricher.NewChain(&enricher.Options{Steps: []string{"entities"}})
	if err != nil {
		b.Fatal(err)
	}
	run("feedmill-chain", func(b *testing.B, text string) {
		r := &feedmill.Record{}
		r.Text, r.Language.Tag = text, "en"
		if err := chain.Enrich(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	})
	// prose reads its own model once: for every document, which is its default, it would be far slower.
	first, err := prose.NewDocument("Warm.")
	if err != nil {
		b.Fatal(err)
	}
	peer := first.Model
	run("prose", func(b *testing.B, text string) {
		d, err := prose.NewDocument(text, prose.UsingModel(peer))
		if err != nil {
			b.Fatal(err)
		}
		d.Entities()
	})
}
