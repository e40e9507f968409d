package postgres

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

// Words are parted and folded here and not by the server, whose parser and locale are not the same everywhere. These are
// its limits for a tsvector (https://www.postgresql.org/docs/current/textsearch-limitations.html), and our own below them.
const (
	maxPosition = 16_383
	maxVector   = 900 << 10 // bytes, of 1 MB
	maxWord     = 200       // bytes, of 2 KB
	maxTerms    = 256       // words in one search
)

// vector returns a tsvector, as text, of what is searched in a record.
func vector(rec *feedmill.Record) string {
	in := sink.SearchedIn(rec)
	v := vectorWriter{seen: make(map[string]bool)}
	v.add(in.Title, 'A')
	v.add(in.Subtitle, 'B')
	v.add(in.Byline, 'B')
	v.add(in.Captions, 'C')
	v.add(in.Text, 'D')
	return v.b.String()
}

type vectorWriter struct {
	b        strings.Builder
	seen     map[string]bool
	position int
	size     int // of the tsvector, at most
}

func (v *vectorWriter) add(text string, weight byte) {
	words(text, func(word string) bool {
		v.position++
		known := v.seen[word]
		if known && v.position > maxPosition {
			return true
		}
		if !known {
			v.seen[word] = true
			v.size += 4 + len(word) + 4
		}
		if v.size += 2; v.size > maxVector {
			return false
		}
		v.b.WriteByte('\'')
		v.b.WriteString(word)
		v.b.WriteString("':")
		v.b.WriteString(strconv.Itoa(min(v.position, maxPosition)))
		v.b.WriteByte(weight)
		v.b.WriteByte(' ')
		return true
	})
	v.position++ // no phrase goes on from one part to the next
}

// tsquery writes terms in the query syntax of PostgreSQL. It is not ok if nothing can match.
func tsquery(terms []sink.Term) (_ string, ok bool) {
	var b strings.Builder
	n := 0
	for _, t := range terms {
		var phrase []string
		words(t.Phrase, func(word string) bool {
			phrase = append(phrase, "'"+word+"'")
			n++
			return n < maxTerms
		})
		if len(phrase) == 0 {
			return "", false
		}
		if b.Len() > 0 {
			b.WriteString(" & ")
		}
		b.WriteString("(" + strings.Join(phrase, " <-> "))
		if t.Prefix {
			b.WriteString(":*")
		}
		b.WriteString(")")
		if n >= maxTerms {
			break
		}
	}
	return b.String(), b.Len() > 0
}

// words calls yield with each word of a text that went through sink.SearchText, folded, until it returns false. Words are
// runs of letters and digits; marks on them do not count.
func words(text string, yield func(string) bool) {
	start := -1
	for i, r := range text {
		switch {
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			if start < 0 {
				start = i
			}
		case start < 0 || unicode.IsMark(r):
		default:
			if !yieldFolded(text[start:i], yield) {
				return
			}
			start = -1
		}
	}
	if start >= 0 {
		yieldFolded(text[start:], yield)
	}
}

func yieldFolded(word string, yield func(string) bool) bool {
	word = fold(word)
	return word == "" || yield(word)
}

// fold makes one of words that differ only in case and marks.
func fold(word string) string {
	if len(word) > 4*maxWord {
		word = cut(word, 4*maxWord)
	}
	if strings.IndexFunc(word, func(r rune) bool { return r >= utf8.RuneSelf && !sink.Unparted(r) }) < 0 {
		word = strings.ToLower(word)
	} else {
		word = norm.NFC.String(strings.Map(func(r rune) rune {
			if unicode.IsMark(r) {
				return -1
			}
			return r
		}, norm.NFD.String(cases.Fold().String(word))))
	}
	return cut(word, maxWord)
}

// cut returns as many whole characters as have n bytes at most.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
