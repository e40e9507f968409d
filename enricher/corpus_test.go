package enricher

import (
	"cmp"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/feedmill/feedmill"
)

// corpus is a set of annotated documents and what to ask of the chain on it. The bars for the model alone are higher in
// part: see the model's card.
type corpus struct {
	file  string
	types map[string]string // its types in ours; others are not scored
	// vague corpora call groups, events, works, products and laws by one type, other.
	vague bool
	// only are the types to score, all if nil.
	only  []string
	chunk int // sentences that make a document, 0 where the file marks documents
	floor float64
}

var conllTypes = map[string]string{"PER": "person", "ORG": "organization", "LOC": "place", "MISC": "other"}

func corpora() []corpus {
	return []corpus{
		{file: "conll2003.dev", types: conllTypes, vague: true, floor: 0.944},
		{file: "worldwide.dev", types: map[string]string{
			"Person": "person", "Organization": "organization", "Location": "place", "Facility": "place", "NORP": "group", "Misc": "other", "Product": "other",
		}, floor: 0.80},
		{file: "uner-ewt.dev", types: conllTypes, only: []string{"person", "organization", "place"}, floor: 0.68},
		{file: "wikigold.dev", types: conllTypes, vague: true, floor: 0.65},
	}
}

// TestCorpusEntities scores exact spans with their types on the development parts of annotated corpora, whose tokens are
// joined by spaces and sentences by line feeds.
func TestCorpusEntities(t *testing.T) {
	t.Parallel()
	for _, c := range corpora() {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			docs := c.read(t)
			chain := newChain(t, &Options{Steps: []string{"entities"}})
			hits, given, wanted := map[string]int{}, map[string]int{}, map[string]int{}
			errs := map[string]int{}
			for _, d := range docs {
				r := &feedmill.Record{}
				r.Text, r.Language.Tag = d.text, "en"
				if err := chain.Enrich(t.Context(), r); err != nil || len(r.Warnings) > 0 {
					t.Fatalf("error %v, warnings %q", err, r.Warnings)
				}
				got := c.found(r)
				for s := range d.gold {
					wanted[s.typ]++
					if !got[s] {
						errs["miss  "+s.typ+" "+string([]rune(d.text)[s.start:s.end])]++
					}
				}
				for s := range got {
					given[s.typ]++
					if d.gold[s] {
						hits[s.typ]++
					} else {
						errs["false "+s.typ+" "+string([]rune(d.text)[s.start:s.end])]++
					}
				}
			}
			var h, g, w int
			for _, typ := range []string{"person", "organization", "place", "group", "other"} {
				if wanted[typ] > 0 {
					t.Logf("%-13s precision %.3f recall %.3f F1 %.3f (%d)", typ, ratio(hits[typ], given[typ]), ratio(hits[typ], wanted[typ]),
						2*ratio(hits[typ], given[typ]+wanted[typ]), wanted[typ])
					h, g, w = h+hits[typ], g+given[typ], w+wanted[typ]
				}
			}
			f1 := 2 * ratio(h, g+w)
			t.Logf("%s: F1 %.4f", c.file, f1)
			if os.Getenv("ENRICHER_ERRORS") != "" {
				var keys []string
				for k := range errs {
					keys = append(keys, k)
				}
				slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(errs[b], errs[a]), cmp.Compare(a, b)) })
				for _, k := range keys[:min(len(keys), 250)] {
					t.Logf("%4d %s", errs[k], k)
				}
			}
			if f1 < c.floor {
				t.Errorf("F1 %.3f, want %.2f", f1, c.floor)
			}
		})
	}
}

type goldDocument struct {
	text string
	gold map[spanText]bool
}

func (c *corpus) scored(typ string) bool { return c.only == nil || slices.Contains(c.only, typ) }

// found gives the record's mentions in the corpus's terms.
func (c *corpus) found(r *feedmill.Record) map[spanText]bool {
	out := map[spanText]bool{}
	for _, e := range r.Entities {
		typ := e.Type
		switch typ {
		case "person", "organization", "place":
		case "group":
			if c.vague {
				typ = "other"
			}
		default:
			typ = "other"
		}
		for _, m := range e.Mentions {
			if c.scored(typ) {
				out[spanText{start: m.Start, end: m.End, typ: typ}] = true
			}
		}
	}
	return out
}

// read rebuilds the texts of a file of tokens and BIO tags.
func (c *corpus) read(t *testing.T) []goldDocument {
	t.Helper()
	var docs []goldDocument
	var text strings.Builder
	gold := map[spanText]bool{}
	n, sentences := 0, 0 // code points written
	var open *spanText
	shut := func() {
		if open != nil && c.scored(open.typ) {
			gold[*open] = true
		}
		open = nil
	}
	flush := func() {
		shut()
		if text.Len() > 0 {
			docs = append(docs, goldDocument{text.String(), gold})
		}
		text.Reset()
		gold, n, sentences = map[spanText]bool{}, 0, 0
	}
	write := func(s string) {
		text.WriteString(s)
		n += utf8.RuneCountInString(s)
	}
	between := "" // what goes before the next token
	for line := range strings.Lines(string(readBeside(t, corporaNER+c.file+".tsv"))) {
		word, tag, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
		switch {
		case word == "-DOCSTART-":
			flush()
			between = ""
			continue
		case word == "":
			shut()
			if between != "" {
				between = "\n"
				sentences++
			}
			if c.chunk > 0 && sentences == c.chunk {
				flush()
				between = ""
			}
			continue
		}
		typ := c.types[strings.TrimPrefix(strings.TrimPrefix(tag, "B-"), "I-")]
		if typ == "" || !strings.HasPrefix(tag, "I-") || open != nil && open.typ != typ {
			shut()
		}
		write(between)
		if typ != "" && open == nil {
			open = &spanText{start: n, typ: typ}
		}
		write(word)
		if open != nil {
			open.end = n
		}
		between = " "
	}
	flush()
	return docs
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
