package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/feedmill/feedmill/enricher"
	"github.com/feedmill/feedmill/enricher/ner"
)

// set is a corpus file and how it is read.
type set struct {
	file string
	// types maps the file's types to ours; what it does not name is no name to us.
	types map[string]ner.Type
	// vague tells that the file calls nationalities and other things by one type.
	vague bool
	kind  ner.Kind
	// chunk is how many sentences make a document where the file has no documents, 0 where it has.
	chunk int
}

var conllTypes = map[string]ner.Type{"PER": ner.Person, "ORG": ner.Organization, "LOC": ner.Place, "MISC": ner.Misc}

var sets = []set{
	{file: "conll2003", types: conllTypes, vague: true, kind: ner.WireKind},
	{file: "worldwide", kind: ner.SiteKind, types: map[string]ner.Type{
		"Person": ner.Person, "Organization": ner.Organization, "Location": ner.Place, "Facility": ner.Place,
		"NORP": ner.Group, "Misc": ner.Misc, "Product": ner.Misc,
	}},
	{file: "wikigold", types: conllTypes, vague: true},
	{file: "re3d", types: map[string]ner.Type{
		"Person": ner.Person, "Organisation": ner.Organization, "Location": ner.Place, "Nationality": ner.Group,
		"Weapon": ner.Misc, "MilitaryPlatform": ner.Misc, "DocumentReference": ner.Misc,
	}, chunk: 5},
	{file: "wnut17", types: conllTypes, vague: true, chunk: 1},
	{file: "uner-ewt", types: conllTypes},
}

// document is a text of a corpus, cut into the product's tokens.
type document struct {
	set   *set
	words []string
	kind  ner.Kind
	toks  []enricher.Token
	ends  []int
	gold  []name
	// labels are the labels that the corpus allows for each token, as a set of bits.
	labels []uint32
}

// name is a gold or found name: bytes of the text.
type name struct {
	start, end int
	typ        ner.Type
}

// readSet reads FILE.SPLIT.tsv: a token and its BIO tag a line, an empty line behind each sentence. The text is rebuilt
// with a space between tokens and a line for each sentence.
func readSet(dir, file, split string, demonym func(string) bool) ([]*document, error) {
	var s *set
	for i := range sets {
		if sets[i].file == file {
			s = &sets[i]
		}
	}
	if s == nil {
		return nil, fmt.Errorf("unknown corpus %q", file)
	}
	b, err := os.ReadFile(filepath.Join(dir, file+"."+split+".tsv"))
	if err != nil {
		return nil, fmt.Errorf("read corpus: %w", err)
	}
	var docs []*document
	var text strings.Builder
	var gold []name
	sentences, open := 0, ""
	flush := func() {
		if text.Len() > 0 {
			docs = append(docs, newDocument(s, text.String(), gold, demonym))
		}
		text.Reset()
		gold, sentences = nil, 0
	}
	for line := range strings.Lines(string(b)) {
		word, tag, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
		switch {
		case word == "-DOCSTART-":
			flush()
			open = ""
			continue
		case strings.TrimSpace(word) == "":
			if s := text.String(); s != "" && s[len(s)-1] != '\n' {
				text.WriteByte('\n')
				sentences++
			}
			open = ""
			if s.chunk > 0 && sentences >= s.chunk {
				flush()
			}
			continue
		}
		if s := text.String(); s != "" && s[len(s)-1] != '\n' {
			text.WriteByte(' ')
		}
		start := text.Len()
		text.WriteString(word)
		typ, ok := s.types[strings.TrimPrefix(strings.TrimPrefix(tag, "B-"), "I-")]
		switch {
		case !ok:
			open = ""
		case open == tag[2:] && tag[0] == 'I':
			gold[len(gold)-1].end = text.Len()
		default:
			open = tag[2:]
			gold = append(gold, name{start, text.Len(), typ})
		}
	}
	flush()
	return docs, nil
}

func newDocument(s *set, text string, gold []name, demonym func(string) bool) *document {
	d := &document{set: s, gold: gold, kind: s.kind}
	d.toks, d.ends = enricher.Tokenize(text)
	d.words = make([]string, len(d.toks))
	d.labels = make([]uint32, len(d.toks))
	for i, t := range d.toks {
		d.words[i] = text[t.Start:t.End]
		d.labels[i] = 1
	}
	i, sent := 0, 0
	for _, g := range gold {
		for i < len(d.toks) && d.toks[i].End <= g.start {
			i++
		}
		from := i
		for i < len(d.toks) && d.toks[i].Start < g.end {
			i++
		}
		for sent < len(d.ends) && d.ends[sent] <= from {
			sent++
		}
		to := i
		if sent < len(d.ends) {
			to = min(to, d.ends[sent]) // a name that the sentence splitter cut
		}
		for k := from; k < to; k++ {
			typ := g.typ
			if typ == ner.Misc && s.vague && demonym(text[g.start:g.end]) {
				typ = ner.Group
			}
			d.labels[k] = 1 << ner.Label(typ, k-from, to-from)
			if typ == ner.Misc && s.vague && s.file == "conll2003" {
				d.labels[k] |= 1 << ner.Label(ner.Group, k-from, to-from)
			}
		}
	}
	return d
}
