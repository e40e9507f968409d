package enricher

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"

	"github.com/feedmill/feedmill/enricher/internal/fold"
)

type tokenKind uint8

const (
	kindWord tokenKind = iota
	kindNumber
	kindPunct
	kindPossessive // the 's of "Japan's"
)

// token is a word, number or mark of a field. Offsets are bytes.
type token struct {
	start, end int
	text       string
	key        string // folded
	kind       tokenKind
	upper      bool // starts with a capital
	caps       bool // two letters or more, all capitals
	abbr       bool // ends with the full stop of an abbreviation
	gap        bool // white space before
	line       bool // a line break before
}

func (t *token) is(s string) bool { return t.text == s }

func (t *token) word() bool { return t.kind == kindWord }

// maxHyphens is how many parts are joined to a word at most: names have two or three.
const maxHyphens = 4

// tokenize splits s at the word boundaries of UAX 29 and then joins and parts what names need joined and parted:
// "U.S.", "Kwan-jin" and "Self-Defense" are one token, "Japan’s" and "U.S.-led" are several.
func tokenize(s string) []token {
	raw := rawTokens(s)
	g := gazetteerData()
	out := make([]token, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		t := raw[i]
		if t.kind == kindWord {
			if i+1 < len(raw) && raw[i+1].text == "." && !raw[i+1].gap && takesStop(t, raw, i) {
				t = join(s, t, raw[i+1])
				t.abbr = true
				i++
			}
			for n := 0; n < maxHyphens && i+2 < len(raw) && raw[i+1].text == "-" && !raw[i+1].gap && !raw[i+2].gap && hyphenJoins(g, t, raw[i+2]); n++ {
				t = join(s, t, raw[i+2])
				i += 2
			}
		}
		out = append(out, t)
	}
	return out
}

func rawTokens(s string) []token {
	var out []token
	gap, line := false, false
	add := func(start, end int) {
		t := newToken(s, start, end)
		t.gap, t.line = gap, line
		out = append(out, t)
		gap, line = false, false
	}
	for it := words.FromString(s); it.Next(); {
		start, end := it.Start(), it.End()
		w := s[start:end]
		if blank(w) {
			gap = true
			line = line || strings.ContainsAny(w, "\n\r\u2028\u2029")
			continue
		}
		// "said.The": a full stop that lost its space.
		if dot := strings.IndexByte(w, '.'); dot >= 3 && dot+1 < len(w) && lowerLetter(w[dot-1]) && upperLetter(w[dot+1]) {
			add(start, start+dot)
			add(start+dot, start+dot+1)
			start += dot + 1
			w = s[start:end]
		}
		if base := possessive(w); base > 0 {
			add(start, start+base)
			add(start+base, end)
			out[len(out)-1].kind = kindPossessive
			continue
		}
		add(start, end)
	}
	return out
}

func lowerLetter(c byte) bool { return 'a' <= c && c <= 'z' }
func upperLetter(c byte) bool { return 'A' <= c && c <= 'Z' }

func newToken(s string, start, end int) token {
	w := s[start:end]
	t := token{start: start, end: end, text: w, kind: kindPunct}
	letters, digits, capitals := 0, 0, 0
	for i, r := range w {
		switch {
		case unicode.IsLetter(r):
			letters++
			if unicode.IsUpper(r) {
				capitals++
				if i == 0 {
					t.upper = true
				}
			}
		case unicode.IsDigit(r):
			digits++
		}
	}
	switch {
	case letters > 0:
		t.kind = kindWord
		t.key = fold.Key(w)
		t.caps = letters > 1 && capitals == letters
		if !t.upper && strings.HasPrefix(t.key, "al-") {
			r, _ := utf8.DecodeRuneInString(w[3:])
			t.upper = unicode.IsUpper(r)
		}
	case digits > 0:
		t.kind = kindNumber
		t.key = w
	default:
		t.key = w
	}
	return t
}

func join(s string, a, b token) token {
	t := newToken(s, a.start, b.end)
	t.gap, t.line = a.gap, a.line
	return t
}

func blank(w string) bool {
	for _, r := range w {
		if !unicode.IsSpace(r) && !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r) {
			return false
		}
	}
	return true
}

// possessive returns where the base of "Japan’s" ends, 0 if w is no possessive.
func possessive(w string) int {
	if len(w) < 3 || (w[len(w)-1] != 's' && w[len(w)-1] != 'S') {
		return 0
	}
	head := w[:len(w)-1]
	for _, mark := range []string{"'", "’", "ʼ"} {
		if base, ok := strings.CutSuffix(head, mark); ok {
			return len(base)
		}
	}
	return 0
}

// takesStop tells whether the full stop after raw[i] belongs to it.
func takesStop(t token, raw []token, i int) bool {
	if strings.Contains(t.text, ".") {
		return len(t.text) <= 8 && initials(t.text)
	}
	if len(t.text) == 1 {
		return t.upper && t.text != "I"
	}
	switch abbreviations()[t.key] {
	case abbrAlways:
		return true
	case abbrCapital:
		return t.upper
	case abbrNumber:
		return i+2 < len(raw) && raw[i+2].kind == kindNumber
	}
	return false
}

// initials tells whether w is letters parted by full stops: "U.S", "a.m", "Ph.D".
func initials(w string) bool {
	for part := range strings.SplitSeq(w, ".") {
		if len(part) == 0 || len(part) > 2 {
			return false
		}
	}
	return true
}

// hyphenJoins tells whether a hyphen makes one word of a and b: not where a stands for itself ("U.S.-led",
// "Seoul-based", "Japan-China").
func hyphenJoins(g *gazetteer, a, b token) bool {
	if b.kind == kindNumber {
		return a.upper
	}
	if b.kind != kindWord {
		return false
	}
	if g.phrases[a.key+"-"+b.key] != nil {
		return true
	}
	if a.upper && calendarWords()[a.key] {
		return false
	}
	if a.upper && (a.abbr || g.phrases[a.key] != nil || hyphenSuffixes()[b.key]) {
		return false
	}
	if a.upper && b.upper && g.cities.has(a.key) && (g.cities.has(b.key) || g.phrases[b.key] != nil) && !g.common.has(a.key) {
		return false
	}
	return true
}
