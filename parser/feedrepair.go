package parser

import "strings"

// repairText makes a decoded document fit for reading: line ends become line feeds (XML 1.0 §2.11) and characters that
// XML forbids are dropped. Text without either comes back as it is.
//
// The rest of what is wrong with a feed is met where it is read: [xmlTokenizer] takes marks that begin nothing as text,
// and [feedRewriter] closes what is left open and drops what is closed twice.
func repairText(s string) string {
	if isCleanXML(s) {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	return strings.Map(func(r rune) rune {
		if isXMLChar(r) {
			return r
		}
		return -1
	}, s)
}

// isCleanXML tells whether s holds neither carriage returns nor characters that XML forbids. It may say no where there are
// none, of a text with characters near U+FFFF.
func isCleanXML(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= ' ' && c != 0xEF:
		case c == 0xEF: // U+F000 to U+FFFF; of these, U+FFFE and U+FFFF are no characters
			if i+2 < len(s) && s[i+1] == 0xBF && s[i+2] >= 0xBE {
				return false
			}
		case c != '\t' && c != '\n':
			return false
		}
	}
	return true
}
