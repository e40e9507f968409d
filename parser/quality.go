package parser

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/feedmill/feedmill"
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
		warn(feedmill.WarnFeedOnly)
	}
	if q.Words < shortWords {
		warn(feedmill.WarnShort)
	}
	if a.Access.Paywalled != nil && *a.Access.Paywalled {
		warn(feedmill.WarnPaywalled)
	}
	if d.feedOnly || d.layout == nil {
		return
	}
	switch {
	case isConsentWall(a.Title, q.Words):
		warn(feedmill.WarnConsentWall)
	case q.Words < shortWords && isMissing(a.Title):
		warn(feedmill.WarnSoft404)
	case q.Words < 20 && d.asksForScript():
		warn(feedmill.WarnScriptOnly)
	}
	if endsCut(a.Text) {
		warn(feedmill.WarnTruncated)
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

// missingTitles are what the pages are called that servers show, with status 200, instead of an article that is gone.
var missingTitles = [...]string{"404", "error 404", "404 error", "not found", "page not found", "404 not found", "404 page not found", "error 404 not found", "page not available", "page unavailable", "page does not exist", "410 gone", "gone", "article not found", "content not found", "this page could not be found", "sorry this page could not be found", "this page isn t available", "oops page not found", "oops that page can t be found", "article no longer available", "this article is no longer available", "page no longer available",
	"seite nicht gefunden", "seite nicht gefunden 404", "404 seite nicht gefunden", "nicht gefunden", "fehler 404", "artikel nicht gefunden", "page introuvable", "page non trouvée", "erreur 404", "página no encontrada", "error 404 página no encontrada", "página não encontrada", "pagina non trovata", "pagina niet gevonden", "sidan hittades inte", "siden ble ikke funnet", "siden blev ikke fundet", "sivua ei löytynyt", "nie znaleziono strony", "stránka nenalezena", "sayfa bulunamadı", "страница не найдена", "ページが見つかりません", "お探しのページは見つかりませんでした", "페이지를 찾을 수 없습니다", "找不到页面", "找不到網頁", "الصفحة غير موجودة"}

// wallTitles are what the pages are called that stand before an article until a reader agrees or proves to be one.
var wallTitles = [...]string{"before you continue", "cookie consent", "we value your privacy", "your privacy choices", "privacy gate", "privacy settings", "consent", "consent required", "zustimmung", "zustimmung erforderlich", "datenschutzeinstellungen", "access denied", "attention required", "attention required cloudflare", "just a moment", "are you a robot", "verify you are human", "please verify you are human", "human verification", "security check", "one more step", "checking your browser", "robot check"}

// titled tells whether a title, or its part before a separator, is one of a list, in words.
func titled(title string, list []string) bool {
	w := strings.Join(words(title), " ")
	head := w
	if parts := titleParts(title); len(parts) > 0 {
		head = strings.Join(words(parts[0]), " ")
	}
	return slices.Contains(list, w) || slices.Contains(list, head)
}

func isMissing(title string) bool { return titled(title, missingTitles[:]) }

// isConsentWall tells a page of hardly any text that is called like one.
func isConsentWall(title string, words int) bool { return words < 250 && titled(title, wallTitles[:]) }

// asksForScript tells a page that shows nothing without scripts: it says so, or it has scripts and next to no text.
func (d *document) asksForScript() bool {
	scripts := 0
	for n := range d.root.Descendants() {
		switch {
		case n.DataAtom == atom.Script:
			scripts++
		case n.Type == html.TextNode && n.Parent != nil && n.Parent.DataAtom != atom.Script && len(n.Data) < 2000 && strings.Contains(strings.ToLower(n.Data), "javascript"):
			return true
		}
	}
	return scripts > 0 && len(d.layout.blocks) < 3
}

// endsCut tells a text that stops in the middle with dots in brackets, as teasers do.
func endsCut(s string) bool {
	s = strings.TrimRight(s, " \n")
	return strings.HasSuffix(s, "[…]") || strings.HasSuffix(s, "[...]") || strings.HasSuffix(s, "[&hellip;]")
}
