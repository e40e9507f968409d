package parser

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/unicode/norm"
)

// plainText turns a fragment of HTML, or a text that only looks like one, into one line of plain text: tags dropped,
// entities decoded once, the content of scripts and styles dropped, then as cleanLine has it.
func plainText(fragment string) string {
	if !strings.ContainsAny(fragment, "<&") {
		return cleanLine(fragment)
	}
	var b strings.Builder
	b.Grow(len(fragment))
	z := html.NewTokenizer(strings.NewReader(fragment))
	var skip atom.Atom // the element whose content is being dropped
	for {
		switch z.Next() {
		case html.ErrorToken:
			// An unfinished tag at the end ("a <b") is text that happens to hold "<".
			if skip == 0 && len(z.Raw()) > 0 {
				b.Write(z.Raw())
			}
			return cleanLine(b.String())
		case html.TextToken:
			if skip == 0 {
				b.Write(z.Text())
			}
		case html.StartTagToken:
			name, _ := z.TagName()
			a := atom.Lookup(name)
			switch {
			case skip != 0:
			case a == atom.Script || a == atom.Style || a == atom.Template:
				skip = a
			case !isInline(a):
				b.WriteByte(' ')
			}
		case html.SelfClosingTagToken:
			if name, _ := z.TagName(); skip == 0 && !isInline(atom.Lookup(name)) {
				b.WriteByte(' ')
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			a := atom.Lookup(name)
			switch {
			case skip == a && skip != 0:
				skip = 0
			case skip == 0 && !isInline(a):
				b.WriteByte(' ')
			}
		}
	}
}

// cleanLine returns s in Unicode normal form C, on one line, with runs of white space as one space, without control
// characters, characters that override the direction of text, and invisible ones that only layout uses.
func cleanLine(s string) string {
	if isCleanLine(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		switch {
		case isSpace(r):
			space = b.Len() > 0
			continue
		case isDropped(r):
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return norm.NFC.String(b.String())
}

// isCleanLine is the quick way out for plain ASCII that is already clean.
func isCleanLine(s string) bool {
	space := true
	for i := range len(s) {
		c := s[i]
		switch {
		case c == ' ':
			if space {
				return false
			}
			space = true
		case c < ' ' || c >= 0x7f:
			return false
		default:
			space = false
		}
	}
	return s == "" || !space
}

func isSpace(r rune) bool {
	if r < utf8.RuneSelf {
		return r == ' ' || r >= '\t' && r <= '\r'
	}
	return unicode.IsSpace(r)
}

// isDropped tells the characters that no reader sees: controls, bidi overrides, embeddings and isolates, soft hyphen,
// zero-width space, word joiner, byte-order mark. Joiners and directional marks stay: scripts need them.
func isDropped(r rune) bool {
	switch {
	case r < ' ', r >= 0x7f && r < 0xa0, r == 0xad:
		return true
	case r < 0x200b:
		return false
	}
	return r == 0x200b || r == 0x2060 || r == 0xfeff || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 ||
		r >= 0xfff9 && r <= 0xfffb || r == 0xe0001
}

// isInline tells the elements that stand within a line of text.
func isInline(a atom.Atom) bool {
	switch a {
	case atom.A, atom.Abbr, atom.Acronym, atom.B, atom.Bdi, atom.Bdo, atom.Big, atom.Cite, atom.Code, atom.Data, atom.Del,
		atom.Dfn, atom.Em, atom.Font, atom.I, atom.Ins, atom.Kbd, atom.Label, atom.Mark, atom.Nobr, atom.Q, atom.Rb, atom.Ruby,
		atom.Rp, atom.Rt, atom.S, atom.Samp, atom.Small, atom.Span, atom.Strike, atom.Strong, atom.Sub, atom.Sup,
		atom.Time, atom.Tt, atom.U, atom.Var, atom.Wbr, 0:
		return true
	}
	return false
}
