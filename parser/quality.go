package parser

import (
	"strings"
	"unicode"
)

// shortWords is below how many words a text is called short.
const shortWords = 60

// judge says how the body was had and what speaks against it.
func (d *document) judge() {
	a := d.article
	q := &a.Quality
	q.Method = d.body.method
	q.Words = countWords(a.Text)
	warn := func(w string) { q.Warnings = append(q.Warnings, w) }
	if d.feedOnly {
		q.Method = "feed"
		warn("feed_only")
	}
	if q.Words < shortWords {
		warn("short")
	}
	if a.Access.Paywalled != nil && *a.Access.Paywalled {
		warn("paywalled")
	}
	if d.feedOnly || d.layout == nil {
		return
	}
	switch {
	case isConsentWall(a.Title, q.Words):
		warn("consent_wall")
	case q.Words < shortWords && isMissing(a.Title):
		warn("soft_404")
	case q.Words < 20 && d.asksForScript():
		warn("script_only")
	}
	if endsCut(a.Text) {
		warn("truncated")
	}
}

// countWords counts words; of scripts without spaces, two characters are a word.
func countWords(s string) int {
	n, wide := 0, 0
	in := false
	for _, r := range s {
		switch {
		case isWide(r):
			wide++
			in = false
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if !in {
				n++
			}
			in = true
		case in && (r == '\'' || r == '’' || r == '-' || unicode.Is(unicode.M, r)):
		default:
			in = false
		}
	}
	return n + (wide+1)/2
}

func isMissing(title string) bool {
	l := strings.ToLower(title)
	for _, w := range [...]string{"404", "not found", "page not available", "seite nicht gefunden", "nicht gefunden", "page introuvable", "página no encontrada", "pagina non trovata", "no longer available", "página não encontrada", "gone"} {
		if strings.Contains(l, w) && len(l) < 80 {
			return true
		}
	}
	return false
}

func isConsentWall(title string, words int) bool {
	l := strings.ToLower(title)
	if words > 400 {
		return false
	}
	for _, w := range [...]string{"before you continue", "cookie consent", "we value your privacy", "privacy gate", "consent", "your privacy choices", "zustimmung", "access denied", "attention required", "just a moment", "are you a robot", "verify you are human"} {
		if strings.HasPrefix(l, w) {
			return true
		}
	}
	return false
}

// asksForScript tells a page that shows nothing without scripts.
func (d *document) asksForScript() bool {
	for i := range d.layout.blocks {
		l := strings.ToLower(firstRunes(d.layout.blocks[i].text, 120))
		if strings.Contains(l, "javascript") {
			return true
		}
	}
	return len(d.layout.blocks) < 5
}

// endsCut tells a text that stops in the middle with dots, as teasers do.
func endsCut(s string) bool {
	s = strings.TrimRight(s, " \n")
	return strings.HasSuffix(s, "[…]") || strings.HasSuffix(s, "[...]") || strings.HasSuffix(s, "[&hellip;]")
}
