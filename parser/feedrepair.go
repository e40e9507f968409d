package parser

import (
	"strings"
)

// repairText makes a decoded document fit for reading: line ends become line feeds (XML 1.0 §2.11) and characters that
// XML forbids are dropped. Text without either comes back as it is.
//
// The rest of what is wrong with a feed is met where it is read: [xmlTokenizer] takes marks that begin nothing as text,
// and [feedRewriter] closes what is left open and drops what is closed twice.
func repairText(s string) string {
	if strings.Contains(s, "\r") {
		s = strings.ReplaceAll(s, "\r\n", "\n")
		s = strings.ReplaceAll(s, "\r", "\n")
	}
	if strings.IndexFunc(s, func(r rune) bool { return !isXMLChar(r) }) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if isXMLChar(r) {
			return r
		}
		return -1
	}, s)
}
