package sink

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/feedmill/feedmill"
)

// Unparted tells whether r belongs to a script whose words are found by parts of them: Chinese characters and Japanese
// kana are written without spaces, and Korean hangul joins particles and endings to its words.
func Unparted(r rune) bool {
	return r >= 0x1100 && (unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) || r == 'ー')
}

// Searched is the text of a record that is searched, each part prepared by SearchText.
type Searched struct{ Title, Subtitle, Byline, Text, Captions string }

// SearchedIn returns what of a record is searched.
func SearchedIn(rec *feedmill.Record) Searched {
	var captions strings.Builder
	for i := range rec.Images {
		captions.WriteString(rec.Images[i].Caption)
		captions.WriteString("\n")
	}
	return Searched{
		Title: SearchText(rec.Title), Subtitle: SearchText(rec.Subtitle), Byline: SearchText(rec.Byline.Raw),
		Text: SearchText(rec.Text), Captions: SearchText(captions.String()),
	}
}

// SearchText prepares a text for a full-text index that parts words at spaces and punctuation. Compatibility forms are
// made one (NFKC), and every run of unparted characters becomes its overlapping pairs and its last character alone:
// "한국어" becomes "한국 국어 어". A search for any part of a run is then a search for a phrase of pairs, and for one
// character a search for words that begin with it.
func SearchText(s string) string {
	s = norm.NFKC.String(s)
	if strings.IndexFunc(s, Unparted) < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(2 * len(s))
	pairs(&b, s, true)
	return b.String()
}

// pairs writes s with its unparted runs as pairs. The last character of a run stands alone only if single says so, or
// if it is the only one.
func pairs(b *strings.Builder, s string, single bool) {
	var run []rune
	flush := func(last bool) {
		for i := range len(run) - 1 {
			b.WriteByte(' ')
			b.WriteString(string(run[i : i+2]))
		}
		if len(run) == 1 || len(run) > 1 && (single || !last) {
			b.WriteByte(' ')
			b.WriteRune(run[len(run)-1])
		}
		if len(run) > 0 {
			b.WriteByte(' ')
		}
		run = run[:0]
	}
	for _, r := range s {
		if Unparted(r) {
			run = append(run, r)
			continue
		}
		flush(false)
		b.WriteRune(r)
	}
	flush(true)
}

// Term is one thing to look for in text that went through SearchText: a phrase of words in this order. With Prefix the
// last word may be the beginning of a longer one.
type Term struct {
	Phrase string
	Prefix bool
}

// ParseText reads what a person types into a search box: words, all of which must be there; "words in quotation marks"
// side by side in this order; and word* for words that begin so. Everything else is searched for as it stands: no
// input is an error. No terms means that there is nothing that could be found.
func ParseText(s string) []Term {
	s = norm.NFKC.String(strings.Map(func(r rune) rune {
		switch {
		case r == '“' || r == '”' || r == '„' || r == '«' || r == '»':
			return '"'
		case unicode.IsControl(r):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " ")))
	var terms []Term
	for i, part := range strings.Split(s, `"`) {
		if i%2 == 1 {
			terms = appendTerm(terms, part, false)
			continue
		}
		for word := range strings.FieldsSeq(part) {
			word, prefix := strings.CutSuffix(word, "*")
			terms = appendTerm(terms, word, prefix)
		}
	}
	return terms
}

func appendTerm(terms []Term, phrase string, prefix bool) []Term {
	phrase = strings.TrimRightFunc(phrase, func(r rune) bool { return !searchable(r) })
	if strings.IndexFunc(phrase, searchable) < 0 {
		return terms
	}
	var b strings.Builder
	pairs(&b, phrase, false)
	out := strings.Join(strings.Fields(b.String()), " ")
	// A single character at the end stands for every pair that begins with it.
	tail := []rune(out)
	n := len(tail)
	if Unparted(tail[n-1]) && (n == 1 || !Unparted(tail[n-2])) {
		prefix = true
	}
	return append(terms, Term{Phrase: out, Prefix: prefix})
}

func searchable(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }
