package enricher

import (
	"strings"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/enricher/entityfile"
	"github.com/feedmill/feedmill/enricher/ner"
)

// document is a record while it is annotated: its fields with their tokens, made once, and the entities in the making.
type document struct {
	r      *feedmill.Record
	fields []*field
	ents   []*entity
	found  bool             // the entities step has run
	model  *ner.Model       // nil where no step needs one
	known  *entityfile.File // nil where nothing was imported
	lang   string
}

// field is one text of the record. Its tokens and sentences are made when first asked for.
type field struct {
	in   string
	text *feedmill.Text
	toks []token
	// sents are token ranges, in order, without gaps.
	sents []sentence
	done  bool
}

type sentence struct{ from, to int }

// newDocument lays out the fields in the order a reader meets them: headline, subtitle, body, captions.
func newDocument(r *feedmill.Record) *document {
	d := &document{r: r}
	add := func(in, s string) {
		if strings.TrimSpace(s) != "" {
			d.fields = append(d.fields, &field{in: in, text: feedmill.NewText(s)})
		}
	}
	add("title", r.Title)
	add("subtitle", r.Subtitle)
	add("", r.Text)
	seen := map[string]bool{}
	for i := range r.Images {
		// A span names a caption by its image's id, so of images that share one only the first can be annotated.
		if id := r.Images[i].ID; !seen[id] {
			seen[id] = true
			add(feedmill.CaptionField(id), r.Images[i].Caption)
		}
	}
	d.setLanguage()
	return d
}

func (d *document) setLanguage() {
	tag := d.r.Language.Tag
	if tag == "" {
		tag = d.r.Source.Language
	}
	d.lang = baseLanguage(tag)
}

// english tells whether the rules for English apply: where nothing is known they do.
func (d *document) english() bool { return d.lang == "en" || d.lang == "" || d.lang == "und" }

func (f *field) tokens() []token {
	f.prepare()
	return f.toks
}

func (f *field) sentences() []sentence {
	f.prepare()
	return f.sents
}

func (f *field) prepare() {
	if f.done {
		return
	}
	f.done = true
	f.toks = tokenize(f.text.String())
	f.sents = splitSentences(f.toks)
}

// span converts bytes to the record's code points.
func (f *field) span(start, end int) feedmill.Span {
	return feedmill.Span{Start: f.text.Point(start), End: f.text.Point(end), In: f.in}
}

func (f *field) slice(start, end int) string { return f.text.String()[start:end] }

// sentenceAt returns the index of the sentence that holds token i.
func (f *field) sentenceAt(i int) int {
	s := f.sentences()
	lo, hi := 0, len(s)
	for lo+1 < hi {
		mid := (lo + hi) / 2
		if s[mid].from <= i {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// tokenAt returns the index of the first token that ends after byte b.
func (f *field) tokenAt(b int) int {
	t := f.tokens()
	lo, hi := 0, len(t)
	for lo < hi {
		mid := (lo + hi) / 2
		if t[mid].end <= b {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}
