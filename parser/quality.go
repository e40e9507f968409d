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
	q.Score = d.score()
	switch {
	case isConsentWall(a.Title, q.Words):
		warn(feedmill.WarnConsentWall)
	case q.Words < shortWords && isMissing(a.Title):
		warn(feedmill.WarnSoft404)
	case q.Words < 20 && d.asksForScript():
		warn(feedmill.WarnScriptOnly)
	}
	if d.isCut() {
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

// continuePhrases are what stands, in lower case, where a text goes on for subscribers or on another page only.
var continuePhrases = [...]string{
	"subscribe to continue", "subscribe to read", "subscribe now to read", "to continue reading", "to keep reading", "to read the full", "to read the rest", "read the full story", "continue reading this", "for subscribers only", "is for subscribers", "available to subscribers", "exclusive to subscribers", "already a subscriber",
	"weiterlesen mit", "jetzt weiterlesen", "um weiterzulesen", "weiter lesen mit", "diesen artikel weiterlesen", "nur für abonnenten", "exklusiv für abonnenten", "lesen sie den ganzen", "den vollständigen artikel",
	"il vous reste", "la suite est réservée", "réservé aux abonnés", "réservé à nos abonnés", "réservée aux abonnés", "pour lire la suite", "suscríbete para seguir", "para seguir leyendo", "para continuar leyendo", "exclusivo para suscriptores", "riservato agli abbonati", "per continuare a leggere", "para continuar lendo", "exclusivo para assinantes",
	"om verder te lezen", "exclusief voor abonnees", "för att läsa vidare", "för att fortsätta läsa", "for å lese videre", "for å fortsette å lese", "for at læse videre", "jatkaaksesi lukemista", "aby czytać dalej", "dla prenumeratorów", "чтобы читать дальше", "続きを読むには", "有料会員", "계속 읽으려면", "订阅后", "訂閱後",
}

// isCut tells a text that stops in the middle: with dots in brackets, as teasers do; with words that it goes on for
// subscribers; or with dots, and such words right after it or a page that is stated not to be free.
func (d *document) isCut() bool {
	text := strings.TrimRight(d.article.Text, " \n")
	if endsCut(text) {
		return true
	}
	if len(d.body.kept) == 0 {
		return false
	}
	last := d.body.kept[len(d.body.kept)-1]
	asks := func(s string) bool {
		s = strings.ToLower(s)
		return firstIndex(s, continuePhrases[:]) >= 0
	}
	if b := &d.layout.blocks[last]; b.size < 300 && asks(b.text) {
		return true
	}
	if !strings.HasSuffix(text, "…") && !strings.HasSuffix(text, "...") {
		return false
	}
	if p := d.article.Access.Paywalled; p != nil && *p {
		return true
	}
	for i := last + 1; i < min(last+5, len(d.layout.blocks)); i++ {
		if b := &d.layout.blocks[i]; b.size < 300 && asks(b.text) {
			return true
		}
	}
	return false
}

// endsCut tells a text that stops in the middle with dots in brackets, as teasers do.
func endsCut(s string) bool {
	s = strings.TrimRight(s, " \n")
	return strings.HasSuffix(s, "[…]") || strings.HasSuffix(s, "[...]") || strings.HasSuffix(s, "[&hellip;]")
}
