package main

import (
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/term"
	"golang.org/x/text/width"
)

// terminal says how standard output and standard error are to be written to. Colour is used only on a terminal, and
// nowhere if NO_COLOR is set (https://no-color.org) or TERM is dumb.
type terminal struct {
	outIsTerminal, errIsTerminal bool
	outColour, errColour         bool
	columns                      int // of standard output; 0: no limit
}

func newTerminal(out, err io.Writer, environ []string) terminal {
	plain := false
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		plain = plain || name == "NO_COLOR" && value != "" || name == "TERM" && value == "dumb"
	}
	t := terminal{}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		t.outIsTerminal, t.outColour = true, !plain
		if columns, _, e := term.GetSize(int(f.Fd())); e == nil {
			t.columns = columns
		}
	}
	if f, ok := err.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		t.errIsTerminal, t.errColour = true, !plain
	}
	return t
}

// red, yellow and dim colour a message on standard error; bold and faint a part of the data on standard output.
func (t terminal) red(s string) string    { return coloured(t.errColour, "31", s) }
func (t terminal) yellow(s string) string { return coloured(t.errColour, "33", s) }
func (t terminal) dim(s string) string    { return coloured(t.errColour, "2", s) }
func (t terminal) bold(s string) string   { return coloured(t.outColour, "1", s) }
func (t terminal) faint(s string) string  { return coloured(t.outColour, "2", s) }

func coloured(on bool, code, s string) string {
	if !on || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// printable makes a text from outside safe for a terminal: control characters other than line feeds and tabs, with
// which a page could move the cursor or change the title, and those that turn the direction of what follows become
// U+FFFD.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) && r != '\n' && r != '\t',
			r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return '\ufffd'
		}
		return r
	}, s)
}

// oneLine is printable text without line breaks.
func oneLine(s string) string { return strings.Join(strings.Fields(printable(s)), " ") }

// columnsOf counts the columns that s takes on a terminal: two for wide characters, none for combining marks.
func columnsOf(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
		return 2
	}
	return 1
}

// cut shortens s to a number of columns, with an ellipsis where something was taken away.
func cut(s string, columns int) string {
	if columns <= 0 || columnsOf(s) <= columns {
		return s
	}
	n := 0
	for i, r := range s {
		if n += runeColumns(r); n > columns-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// wrap breaks s into lines of at most so many columns, at spaces, or anywhere in scripts that have none.
func wrap(s string, columns int) []string {
	var lines []string
	var line strings.Builder
	n := 0
	flush := func() {
		lines = append(lines, line.String())
		line.Reset()
		n = 0
	}
	for _, word := range strings.Fields(s) {
		w := columnsOf(word)
		if n > 0 && n+1+w > columns {
			flush()
		}
		if n > 0 {
			line.WriteByte(' ')
			n++
		}
		for _, r := range word {
			k := runeColumns(r)
			if n+k > columns && n > 0 {
				flush()
			}
			line.WriteRune(r)
			n += k
		}
	}
	if n > 0 {
		flush()
	}
	return lines
}
