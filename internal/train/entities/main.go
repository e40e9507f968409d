// Entities trains the models that find names in English text and writes them, their lexicon and their card to
// enricher/ner/data:
//
//	go run ./internal/train/entities -data ../shared/corpora
//
// The data folder holds ner (annotated corpora, a token and its tag a line) and gazetteer (lists and word clusters). The
// same input gives the same bytes. It takes about ten minutes of processor time and 2 GB of memory.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/feedmill/feedmill/enricher/ner"
)

func main() {
	data := flag.String("data", "../shared/corpora", "folder with ner and gazetteer")
	out := flag.String("out", "enricher/ner/data", "folder to write to")
	only := flag.String("only", "", "train this model alone")
	flag.Parse()
	log.SetFlags(log.Ltime)
	if err := run(*data, *out, *only); err != nil {
		log.Fatal(err)
	}
}

func recipes() []recipe {
	first := settings{epochs: 3, rate: 0.1, l1: 1e-4, dropout: 0.3}
	return []recipe{
		{
			name: "news", sets: []string{"conll2003", "worldwide", "wikigold", "wnut17"}, rows: 280_000, folds: 3, trust: 0.6,
			choose: settings{epochs: 1, rate: 0.1, l1: 2e-4, dropout: 0.3}, first: first,
			second: settings{epochs: 3, rate: 0.01, l1: 1e-4},
		},
		{
			name: "open", sets: []string{"wikigold", "wnut17"}, rows: 80_000, folds: 3, trust: 0.6,
			choose: settings{epochs: 2, rate: 0.1, l1: 2e-4, dropout: 0.3}, first: settings{epochs: 4, rate: 0.1, l1: 1e-4, dropout: 0.3},
			second: settings{epochs: 3, rate: 0.004, l1: 1e-4},
		},
	}
}

func run(data, out, only string) error {
	raw, err := buildLexicon(filepath.Join(data, "gazetteer"), "enricher/data", "internal/train/entities/lists")
	if err != nil {
		return err
	}
	if err := writeZipped(filepath.Join(out, "lexicon.gz"), raw); err != nil {
		return err
	}
	lex, err := ner.OpenLexicon(string(raw))
	if err != nil {
		return err
	}
	corpora := filepath.Join(data, "ner")
	demonym := func(s string) bool { return lex.Classes(s)&ner.ClassGroup != 0 }
	devs := map[string][]*document{}
	for _, s := range devSets {
		if devs[s], err = readSet(corpora, s, "dev", demonym); err != nil {
			return err
		}
	}
	var cards []card
	for _, r := range recipes() {
		if only != "" && r.name != only {
			continue
		}
		var docs []*document
		for _, s := range r.sets {
			d, err := readSet(corpora, s, "train", demonym)
			if err != nil {
				return err
			}
			docs = append(docs, d...)
		}
		file := filepath.Join(out, r.name+".model.gz")
		c, err := build(&r, docs, lex, devs, file)
		if err != nil {
			return err
		}
		cards = append(cards, *c)
	}
	if only != "" {
		return nil
	}
	return writeCards(filepath.Join(out, "README.md"), cards)
}

// build trains one model, measures it and writes it to a file.
func build(r *recipe, docs []*document, lex *ner.Lexicon, devs map[string][]*document, file string) (*card, error) {
	say := func(format string, args ...any) { log.Printf(r.name+": "+format, args...) }
	gate := trainGate(docs)
	first, second := learn(r, docs, lex, say)
	var b bytes.Buffer
	if err := ner.Write(&b, &ner.Card{Name: r.name, Sets: r.sets}, gate, first, second); err != nil {
		return nil, err
	}
	m, err := ner.OpenModel(b.String(), lex)
	if err != nil {
		return nil, err
	}
	c := &card{recipe: r, bytes: b.Len(), rows: len(first.Rows) + len(second.Rows)}
	c.one, c.two = scores(m, devs, say)
	sum := sha256.Sum256(b.Bytes())
	say("%d bytes, %s", b.Len(), hex.EncodeToString(sum[:6]))
	return c, writeZipped(file, b.Bytes())
}

func writeZipped(file string, data []byte) error {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(data); err != nil {
		return fmt.Errorf("compress %s: %w", file, err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("compress %s: %w", file, err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	return nil
}

type card struct {
	recipe   *recipe
	bytes    int
	rows     int
	one, two map[string]float64
}

// writeCards writes the table of scores into the model card, between its marks.
func writeCards(file string, cards []card) error {
	const start, end = "<!-- scores -->\n", "<!-- end of scores -->\n"
	raw, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read model card: %w", err)
	}
	head, rest, ok := strings.Cut(string(raw), start)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return fmt.Errorf("the model card %s has lost the marks of its scores", file)
	}
	var b strings.Builder
	b.WriteString("| model | trained on | MB | features | conll2003.dev | worldwide.dev | uner-ewt.dev (P/O/L) | wikigold.dev |\n|---|---|---|---|---|---|---|---|\n")
	for _, c := range cards {
		fmt.Fprintf(&b, "| `%s` | %s | %.1f | %d |", c.recipe.name, strings.Join(c.recipe.sets, ", "), float64(c.bytes)/1e6, c.rows)
		for _, s := range devSets {
			fmt.Fprintf(&b, " %.2f (%.2f) |", c.two[s], c.one[s])
		}
		b.WriteString("\n")
	}
	if err := os.WriteFile(file, []byte(head+start+b.String()+end+tail), 0o644); err != nil {
		return fmt.Errorf("write model card: %w", err)
	}
	return nil
}
