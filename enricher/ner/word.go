package ner

import (
	"unicode"
	"unicode/utf8"
)

// word is what the features of a word type are made of.
type word struct {
	exact, lower   uint64 // hashes, digits written as 0
	shape, short   uint64
	prefix, suffix [4]uint64
	part           uint64 // the last part of a compound with a hyphen, lower case
	length         uint64
	lex            entry
	capital        bool // starts with a capital
	caps           bool // two letters or more, all capitals
	letters        bool
	digits         bool
	mark           bool // neither letter nor digit
}

const maxWord = 64 // longer words are cut: they are no names

// analyse fills w with what is known of the word s.
func (w *word) analyse(s string, lex *Lexicon) {
	*w = word{}
	if len(s) > maxWord {
		n := maxWord
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n]
	}
	s = plain(s)
	var exact, lower [2*maxWord + 8]byte
	var at [maxWord + 1]int // where the runes of lower start
	e, l := exact[:0], lower[:0]
	shape, short := uint64(fnvOffset), uint64(fnvOffset)
	last := byte(0)
	runes, lowers, hyphen := 0, 0, -1
	for _, r := range s {
		c := byte('?')
		up := r
		switch {
		case 'a' <= r && r <= 'z':
			c = 'x'
		case 'A' <= r && r <= 'Z':
			c = 'X'
			r += 'a' - 'A'
		case '0' <= r && r <= '9':
			c = 'd'
			r, up = '0', '0'
		case r < utf8.RuneSelf:
			c = byte(r)
		case unicode.IsUpper(r):
			c = 'X'
			r = unicode.ToLower(r)
		case unicode.IsLetter(r):
			c = 'x'
		case unicode.IsDigit(r):
			c = 'd'
		}
		switch c {
		case 'X':
			w.letters = true
			if runes == 0 {
				w.capital = true
			}
		case 'x':
			w.letters = true
			lowers++
		case 'd':
			w.digits = true
		}
		at[runes] = len(l)
		runes++
		e = utf8.AppendRune(e, up)
		l = utf8.AppendRune(l, r)
		if r == '-' {
			hyphen = len(l)
		}
		if runes <= 12 {
			shape = (shape ^ uint64(c)) * fnvPrime
		}
		if c != last {
			short = (short ^ uint64(c)) * fnvPrime
		}
		last = c
	}
	w.caps = w.capital && lowers == 0 && runes > 1
	w.mark = !w.letters && !w.digits
	w.exact, w.lower = hashBytes(e), hashBytes(l)
	w.shape, w.short = mix(shape), mix(short)
	w.length = uint64(min(runes, 8))
	for k := 1; k <= 4; k++ {
		if runes > k {
			w.prefix[k-1] = hashBytes(l[:at[k]])
			w.suffix[k-1] = hashBytes(l[at[runes-k]:])
		}
	}
	if hyphen > 1 && hyphen < len(l) {
		w.part = hashBytes(l[hyphen:])
	}
	w.lex = lex.find(w.lower)
	if w.part != 0 && w.lex.known == 0 {
		w.lex = lex.find(w.part)
		w.lex.classes = 0
	}
}

// plain writes typographic marks as plain ones and takes the full stop of an abbreviation off, so that "Corp." and
// "Corp" are one word.
func plain(s string) string {
	switch s {
	case "“", "”", "„", "``", "''", "«", "»", "″":
		return `"`
	case "‘", "’", "‚", "`", "ʼ", "′":
		return "'"
	case "–", "—", "--", "‑", "−":
		return "-"
	case "…":
		return "..."
	case "’s", "ʼs", "'S", "’S":
		return "'s"
	case "-LRB-", "[":
		return "("
	case "-RRB-", "]":
		return ")"
	}
	if n := len(s) - 1; n > 2 && s[n] == '.' {
		for i := range n {
			if s[i] == '.' {
				return s
			}
		}
		return s[:n]
	}
	return s
}
