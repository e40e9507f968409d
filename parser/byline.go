package parser

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/feedmill/feedmill"
)

// bylineWords begin a line that names the author, by language.
var bylineWords = [...]string{
	"written by", "reported by", "article by", "text by", "words and photos by", "story and photos by", "a report by", "contributed by", "author", "authors", "authors:", "auteurs:", "auteur(s) :", "artikel von", "geschrieben von", "verfasst von", "erstellt von", "veröffentlicht von", "gepostet von", "vom", "écrit par", "publié par", "rédigé par", "escrito por", "publicado por", "scritto da", "a cura di", "geschreven door", "napsal", "napsala", "بقلم", "كتب", "责编：", "责编:", "责任编辑：", "责任编辑:", "責任編輯：", "编辑：", "作者：", "作者:", "autoren", "autoren:", "eingestellt von", "veröffentlicht durch", "文:", "取材・文", "글", "story by", "words by", "posted by", "published by", "by", "von", "par", "por", "di", "door", "af", "av", "fra", "text:", "text von", "autor:", "autorin:", "autor", "author:", "auteur :", "auteur:", "autore:", "written by:", "by:", "di:", "skrevet av", "ein artikel von", "ein beitrag von", "eine kolumne von", "ein kommentar von", "ein gastbeitrag von", "kommentar von", "interview:", "tekst:", "redazione:", "oleh", "kirjoittanut", "yazan:", "автор:", "текст:", "автор", "文／", "記者", "문：",
}

// bylineWordsBy are the bylineWords by their first byte, of ASCII letters in either case.
var bylineWordsBy = func() (by [256][]string) {
	for _, w := range bylineWords {
		by[w[0]] = append(by[w[0]], w)
		if c := w[0]; c >= 'a' && c <= 'z' {
			by[c-'a'+'A'] = append(by[c-'a'+'A'], w)
		}
	}
	return by
}()

// agencies are the news agencies whose name in a byline is not a person's.
var agencies = [...]string{"reuters", "ap", "associated press", "the associated press", "afp", "agence france-presse", "dpa", "dpa-afx", "apa", "sda", "keystone-sda", "efe", "ansa", "pti", "ani", "ians", "xinhua", "yonhap", "yonhap news agency", "kyodo", "jiji", "tass", "interfax", "bloomberg", "afx", "upi", "pa", "pa media", "press association", "aap", "cp", "the canadian press", "ntb", "tt", "ritzau", "stt", "belga", "anp", "lusa", "europa press", "pap", "čtk", "mti", "agerpres", "bernama", "antara", "vna", "aa", "anadolu", "iha", "dha", "epd", "kna", "sid", "afp/relaxnews", "ats", "awp", "wam", "spa", "mena", "un news", "prnewswire", "pr newswire", "business wire", "globe newswire"}

// rolesOfAuthors are what may stand after a name, parted by a comma.
var rolesOfAuthors = [...]string{"staff writer", "staff reporter", "reporter", "correspondent", "editor", "journalist", "redakteur", "redakteurin", "contributor", "contributing writer", "senior writer", "writer", "columnist", "political editor", "freelance", "bureau chief", "producer", "intern", "staff", "special to", "news editor", "managing editor", "chief", "analyst", "author", "autor", "autorin", "journaliste", "redactor", "redactora", "head of", "founder", "co-founder", "ceo", "cto", "president", "director", "sr. director", "dietitian", "registered dietitian", "expert", "specialist", "consultant", "host", "research executive", "senior research executive", "fellow", "professor", "ph.d", "phd", "m.d.", "md"}

// notNames are words that no person's name has.
var notNames = map[string]bool{
	"staff": true, "newsroom": true, "admin": true, "administrator": true, "editor": true, "editors": true, "editorial": true, "redaktion": true, "redaction": true, "rédaction": true, "redacción": true, "redação": true, "redazione": true, "team": true, "desk": true, "updated": true, "published": true, "posted": true, "minutes": true, "min": true, "read": true, "share": true, "comments": true, "comment": true, "subscribe": true, "newsletter": true, "photo": true, "photos": true, "photograph": true, "http": true, "https": true, "www": true, "follow": true, "view": true, "profile": true, "posts": true, "articles": true, "contributor": true, "guest": true, "webmaster": true, "online": true, "web": true, "click": true, "more": true, "email": true, "contact": true, "about": true, "january": true, "february": true, "april": true, "june": true, "july": true, "august": true, "september": true, "october": true, "november": true, "december": true, "copyright": true, "unknown": true, "anonymous": true, "user": true, "login": true, "author": true, "authors": true,
	"the": true, "news": true, "times": true, "media": true, "magazine": true, "university": true, "institute": true, "inc": true, "ltd": true, "gmbh": true, "network": true, "association": true, "agency": true, "bureau": true, "verlag": true, "zeitung": true, "artikel": true, "agencies": true, "sources": true, "source": true, "today": true, "bio": true, "full": true, "text": true, "texte": true, "foto": true, "fotos": true, "bild": true, "auteur": true, "auteur(s": true, "article": true, "category": true, "written": true, "reading": true, "sponsored": true, "finance": true, "nachrichten": true, "wortlaut": true, "pressestelle": true, "blog": true, "center": true, "centre": true, "department": true, "ministry": true, "commission": true, "council": true, "committee": true, "foundation": true, "society": true, "corporation": true, "company": true, "llc": true, "corp": true, "ag": true, "se": true, "hospital": true, "clinic": true, "landesanstalt": true, "bundesamt": true, "ministerium": true, "verband": true, "stiftung": true, "verein": true, "redaktionsteam": true, "onlineredaktion": true, "reviewer": true, "licensed": true, "checked": true, "reviewed": true,
}

// authorMeta are the meta elements that name authors, the surest first.
var authorMeta = [...]string{"author", "parsely-author", "twitter:misc:written by", "sailthru.author", "article:author", "article:author_name", "og:article:author", "dc.creator", "dcterms.creator", "dcsext.author", "byl", "cxenseparse:author", "twitter:data1", "creator", "citation_author", "shareaholic:article_author_name", "vr:author", "news_authors", "og:author"}

// looksLikeByline tells a short line that names an author.
func looksLikeByline(text string) bool {
	if len(text) > 160 || len(text) > 60 && strings.HasSuffix(text, ".") {
		return false
	}
	rest, ok := cutBylineWord(text)
	if !ok {
		return false
	}
	names := splitNames(rest)
	return len(names) > 0 && isName(names[0].Name)
}

// cutBylineWord takes "By" and its like off a line; "Abby" has none.
func cutBylineWord(text string) (rest string, ok bool) {
	text = strings.TrimLeft(text, " |·•-–—/")
	if text == "" || text[0] < utf8.RuneSelf && len(bylineWordsBy[text[0]]) == 0 {
		return text, false
	}
	lower := strings.ToLower(firstRunes(text, 32))
	best := 0
	for _, w := range bylineWordsBy[lower[0]] {
		if len(w) <= best || !strings.HasPrefix(lower, w) || len(lower) != len(firstRunes(text, 32)) {
			continue
		}
		next, _ := utf8.DecodeRuneInString(lower[len(w):])
		last, _ := utf8.DecodeLastRuneInString(w)
		if unicode.IsLetter(last) && (unicode.IsLetter(next) || unicode.IsDigit(next) || next == '\'' || next == '-') && !setClose(text, w) {
			continue
		}
		best = len(w)
	}
	if best == 0 {
		return text, false
	}
	return strings.TrimLeft(text[best:], " :\n"), true
}

// setClose tells a byline word that a name follows without a space, as in "ByAnn Lee": the two stand in elements of their
// own.
func setClose(text, word string) bool {
	if word != "by" && word != "von" && !strings.HasSuffix(word, " by") && !strings.HasSuffix(word, " von") {
		return false
	}
	rest := text[len(word):]
	r, n := utf8.DecodeRuneInString(rest)
	second, _ := utf8.DecodeRuneInString(rest[n:])
	return unicode.IsLower(rune(text[len(word)-1])) && unicode.IsUpper(r) && (unicode.IsLower(second) || second == '.')
}

// readByline finds the authors: those whom the page names to machines, else those of the visible line, else the feed's.
func (d *document) readByline() {
	var candidates []bylineFound
	add := func(from string, authors []feedmill.Author, raw string) {
		var kept []feedmill.Author
		agency := ""
		for _, a := range authors {
			a.Name = trimName(a.Name)
			switch {
			case isAgency(a.Name):
				agency = a.Name
			case a.Name == "" || !isName(a.Name) || hasAuthor(kept, a.Name) || d.site.is(a.Name):
			default:
				kept = append(kept, a)
			}
		}
		if len(kept) > 0 || agency != "" {
			candidates = append(candidates, bylineFound{from, raw, agency, kept})
		}
	}
	m := d.meta
	var ld []feedmill.Author
	for _, a := range m.ld.authors {
		if !a.person && len(words(a.name)) != 2 && len(words(a.name)) != 3 {
			if isAgency(a.name) {
				ld = append(ld, feedmill.Author{Name: a.name})
			}
			continue
		}
		for _, n := range splitNames(stripByline(a.name)) {
			n.Role = a.role
			ld = append(ld, n)
		}
	}
	shown, raw := d.shownByline()
	add("json-ld", ld, "")
	for _, name := range authorMeta {
		var list []feedmill.Author
		for _, v := range m.names[name] {
			if strings.Contains(v, "://") || strings.Contains(v, "/") && !strings.Contains(v, " ") || name == "twitter:data1" && !d.labelled("twitter:label1") {
				continue
			}
			v = plainText(v)
			if name == "citation_author" || name == "dc.creator" {
				v = uninverted(v)
			}
			list = append(list, splitNames(stripByline(v))...)
		}
		add("meta:"+name, list, "")
	}
	var props []feedmill.Author
	for _, name := range [...]string{"author", "rel-author", "creator"} {
		for _, p := range m.itemprops {
			if p.name == name && len(p.value) < 100 && !d.inComments(p) {
				props = append(props, splitNames(stripByline(p.value))...)
			}
		}
		if len(props) > 0 {
			add("itemprop:"+name, props[:min(len(props), 6)], "")
			break
		}
	}
	add("byline", shown, raw)
	if len(candidates) == 0 {
		add("author box", d.boxedAuthor(), "")
	}
	if it := d.page.Item; it != nil {
		add("feed", splitNames(stripByline(firstNonEmpty(it.AuthorName, it.Author))), "")
	}
	if len(candidates) == 0 {
		d.readStated(d.statedLine())
		if raw != "" {
			d.article.Byline.Raw = raw
		}
		return
	}
	best := 0
	for i, c := range candidates {
		if len(candidates[best].authors) == 0 && len(c.authors) > 0 || completes(candidates[best].authors, c.authors) {
			best = i
		}
	}
	c := candidates[best]
	b := &d.article.Byline
	b.Authors, b.Agency, b.Raw = c.authors, c.agency, raw
	if len(b.Authors) == 0 {
		d.readStated(d.statedLine())
	}
	if b.Agency == "" {
		for _, o := range candidates {
			if o.agency != "" {
				b.Agency = o.agency
				break
			}
		}
	}
	rivals := make([]found, 0, len(candidates))
	for _, o := range candidates {
		rivals = append(rivals, found{joinAuthors(o.authors), o.from})
	}
	if d.article.Provenance.Fields["byline"] == "" {
		d.set("byline", firstNonEmpty(joinAuthors(b.Authors), b.Agency), c.from, rivals...)
	}
}

// readStated takes the name of a group, an organisation or an account for the author where the page states it as such and
// names no person. It is always a statement of the page's: the site's own name is taken where the page puts it in the
// author's place, never from elsewhere, and is told to be that of an organisation.
func (d *document) readStated(line string) {
	m := d.meta
	var list []statedAuthor
	for _, a := range m.ld.authors {
		list = append(list, statedAuthor{a.name, "json-ld", !a.person})
	}
	if line != "" {
		list = append(list, statedAuthor{name: line, from: "byline"})
	}
	for _, p := range m.itemprops {
		if (p.name == "author" || p.name == "rel-author" || p.name == "creator") && !d.inComments(p) {
			list = append(list, statedAuthor{name: p.value, from: "itemprop:" + p.name})
		}
	}
	for _, name := range authorMeta {
		for _, v := range m.names[name] {
			if name != "twitter:data1" || d.labelled("twitter:label1") {
				list = append(list, statedAuthor{name: plainText(v), from: "meta:" + name})
			}
		}
	}
	if it := d.page.Item; it != nil {
		list = append(list, statedAuthor{name: firstNonEmpty(it.AuthorName, it.Author), from: "feed"})
	}
	best, rank := -1, 0
	for i, f := range list {
		name := statedName(f.name)
		r := 0
		switch {
		case !isStatedName(name) || isAgency(name):
		case isCollective(name):
			r = 3
		case f.from == "json-ld" || f.from == "byline":
			r = 2
		default:
			r = 1
		}
		if r > rank {
			best, rank = i, r
		}
	}
	if best < 0 {
		return
	}
	b := &d.article.Byline
	rivals := make([]found, 0, len(list))
	for _, f := range list {
		rivals = append(rivals, found{f.name, f.from})
		name := statedName(f.name)
		if f.from == list[best].from && isStatedName(name) && !isAgency(name) && !hasAuthor(b.Authors, name) && len(b.Authors) < 6 {
			a := feedmill.Author{Name: name}
			if f.group || d.site.is(name) {
				a.Organization = name
			}
			b.Authors = append(b.Authors, a)
		}
	}
	d.set("byline", joinAuthors(b.Authors), list[best].from, rivals...)
}

// statedLine is what the visible line after the headline puts in the author's place: after "By" and its like, else in an
// element whose name says byline.
func (d *document) statedLine() string {
	l := d.layout
	marked := ""
	for _, i := range d.bylinePlaces() {
		b := &l.blocks[i]
		if i == d.headline || b.size > 220 || b.hints&(hintNav|hintFooter|hintComment|hintRelated|hintConsent|hintCaption|hintCredit|hintAd) != 0 || isReview(b.text) {
			continue
		}
		line := strings.ReplaceAll(b.text, "\n", " | ")
		if rest, ok := cutBylineWord(line); ok && !(b.ends && b.size > 60 && b.hints&hintByline == 0) {
			if rest == "" && i+1 < len(l.blocks) && l.blocks[i+1].size < 80 {
				rest = strings.ReplaceAll(l.blocks[i+1].text, "\n", " | ")
			}
			if name := d.statedIn(rest); name != "" {
				return name
			}
		}
		if marked == "" {
			t := l.authorWithin(b)
			if t == "" && b.hints&hintByline != 0 && b.size < 80 {
				t = line
			}
			marked = d.statedIn(stripByline(t))
		}
	}
	if marked != "" || len(d.body.kept) == 0 {
		return marked
	}
	last := d.body.kept[len(d.body.kept)-1]
	for i := last + 1; i < min(last+4, len(l.blocks)); i++ {
		line, _, _ := strings.Cut(l.blocks[i].text, "\n")
		if rest, ok := cutBylineWord(line); ok && len(line) < 90 && l.blocks[i].hints&(hintComment|hintRelated|hintCaption) == 0 {
			if name := d.statedIn(rest); name != "" {
				return name
			}
		}
	}
	return ""
}

// statedIn is the name that a line without its byline word begins with, "" where that is no name.
func (d *document) statedIn(line string) string {
	name := bareByline(line, d.rules)
	if name == "" && line != "" && line[0] >= '0' && line[0] <= '9' {
		name = line
	}
	name = statedName(name)
	for _, end := range [...]string{" | ", " • ", " · ", " ⋅ ", " – ", " — ", " - ", ", "} {
		name, _, _ = strings.Cut(name, end)
	}
	r, _ := utf8.DecodeRuneInString(strings.TrimPrefix(name, "the "))
	if w := strings.ToLower(strings.TrimRight(firstField(name), ".,")); d.rules.months[w] > 0 || isWeekday(w) {
		return ""
	}
	if unicode.IsLower(r) && strings.Contains(name, " ") || strings.HasSuffix(name, ".") || !isStatedName(name) {
		return ""
	}
	return name
}

// signature reads the line that names who wrote at the end of the body: after a byline word, in brackets as the responsible
// editor of Chinese pages, or a name alone that is set in bold or slanted letters.
func (d *document) signature() ([]feedmill.Author, string) {
	l := d.layout
	last := d.body.kept[len(d.body.kept)-1]
	for i := last; i < min(last+6, len(l.blocks)); i++ {
		b := &l.blocks[i]
		if b.size > 250 || b.ends && b.size > 40 || b.hints&(hintFooter|hintComment|hintRelated|hintCaption|hintNav) != 0 {
			continue
		}
		for line := range strings.SplitSeq(b.text, "\n") {
			if len(line) > 120 {
				continue
			}
			line = strings.Trim(line, " ()（）[]")
			if rest, ok := cutBylineWord(line); ok {
				rest = bareByline(rest, d.rules)
				if names := namesOnly(splitNames(rest)); len(names) > 0 && (isCredit(names[0].Name) || isWideText(names[0].Name)) && names[0].Name != line {
					return names, bareByline(line, d.rules)
				}
			}
		}
		if i == last && (b.bold || b.apart()) && b.linked == 0 && l.nodes[b.near].heading == 0 {
			name := trimName(b.text)
			if n := len(strings.Fields(name)); n >= 2 && n <= 3 && isPersonal(name) && !d.site.is(name) {
				return []feedmill.Author{{Name: name}}, name
			}
		}
	}
	return nil, ""
}

// statedAuthor is what stands in the author's place, and where.
type statedAuthor struct {
	name, from string
	group      bool // said to be an organisation
}

// statedName is what stands in the author's place without the byline word and the marks around it.
func statedName(s string) string {
	s = strings.TrimLeft(cleanLine(stripByline(cleanLine(s))), " ,.;:|/·•-–—*\"“”«»()[]@")
	s = strings.TrimRight(s, " ,;:|/·•-–—*\"“”«»[]@")
	if strings.Count(s, "(") < strings.Count(s, ")") {
		s = strings.TrimRight(s, ")")
	}
	if !strings.HasSuffix(s, " Inc.") && !strings.HasSuffix(s, "e.V.") && !strings.HasSuffix(s, "e. V.") {
		s = strings.TrimRight(s, ".")
	}
	return s
}

// isStatedName tells what can be the name of whoever wrote, person or not.
func isStatedName(name string) bool {
	n := utf8.RuneCountInString(name)
	if n < 2 || n > 60 || strings.ContainsAny(name, "@:<>{}=|\"\\") || strings.Contains(name, "//") || strings.Contains(name, "  ") {
		return false
	}
	w := words(name)
	if len(w) == 0 || len(w) > 8 || strings.IndexFunc(name, unicode.IsLetter) < 0 || looksLikeDate(name) {
		return false
	}
	if len(w) == 1 && notAuthors[w[0]] {
		return false
	}
	for _, word := range w {
		if notStated[word] {
			return false
		}
	}
	return true
}

// notAuthors are names that tools write where nobody is named.
var notAuthors = map[string]bool{
	"admin": true, "administrator": true, "webmaster": true, "root": true, "user": true, "unknown": true, "undefined": true, "null": true, "none": true, "editor": true, "guest": true, "test": true, "default": true, "superuser": true, "wordpress": true, "na": true, "by": true, "read": true, "share": true, "comments": true, "name": true, "home": true, "website": true, "site": true, "blog": true,
}

// notStated are words of what stands beside a byline and never in it.
var notStated = map[string]bool{
	"author": true, "authors": true, "autor": true, "auteur": true, "minutes": true, "min": true, "comments": true, "comment": true, "subscribe": true, "newsletter": true, "share": true, "follow": true, "profile": true, "click": true, "login": true, "updated": true, "published": true, "posted": true, "copyright": true, "posts": true, "articles": true, "http": true, "https": true, "www": true,
}

// isCollective tells the name of a group that writes: staff, team, desk, editors.
func isCollective(name string) bool {
	if len(name) > 50 || strings.ContainsAny(name, "@:<>{}=_|\"/") {
		return false
	}
	for _, w := range words(name) {
		switch w {
		case "staff", "team", "desk", "newsroom", "editors", "redaktion", "redacción", "rédaction", "redazione", "redação", "redactie", "redaktionen", "toimitus", "redakcja":
			return true
		}
	}
	return false
}

// completes tells whether b names in full the one author whom a names by an account or a first name: "annlee" and "Ann" are
// "Ann Lee".
func completes(a, b []feedmill.Author) bool {
	if len(a) != 1 || len(b) != 1 || strings.Contains(a[0].Name, " ") || !isPersonal(b[0].Name) {
		return false
	}
	short, first := squash(a[0].Name), words(b[0].Name)[0]
	if unicode.IsLower(firstRune(a[0].Name)) { // an account
		full := squash(b[0].Name)
		return strings.HasSuffix(short, full) || strings.HasPrefix(short, full) || strings.Contains(a[0].Name, ".") && sharesName(a[0].Name, b[0].Name)
	}
	return short == first
}

// sharesName tells whether a part of an account is one of a person's names, or the initial of one: "a.lee" of Ann Lee.
func sharesName(account, person string) bool {
	names := words(person)
	return slices.ContainsFunc(words(account), func(part string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return part == name || part == string(firstRune(name)) })
	})
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

type bylineFound struct {
	from, raw, agency string
	authors           []feedmill.Author
}

func firstNonEmpty(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func joinAuthors(list []feedmill.Author) string {
	names := make([]string, len(list))
	for i := range list {
		names[i] = list[i].Name
	}
	return strings.Join(names, ", ")
}

func hasAuthor(list []feedmill.Author, name string) bool {
	for i := range list {
		if strings.EqualFold(list[i].Name, name) {
			return true
		}
	}
	return false
}

func (d *document) labelled(name string) bool {
	v, _ := d.meta.first(name)
	switch strings.ToLower(v) {
	case "written by", "verfasst von", "écrit par", "escrito por", "author", "by", "scritto da", "geschreven door", "geschrieben von", "skrivet av":
		return true
	}
	return false
}

func (d *document) inComments(p itemprop) bool {
	for n := p.n; n != nil; n = n.Parent {
		if n.DataAtom == atom.Body {
			return false
		}
		if d.rules.nameHints(attr(n, "class")+" "+attr(n, "id"))&(hintComment|hintRelated|hintSidebar) != 0 {
			return true
		}
	}
	return false
}

func stripByline(s string) string {
	rest, _ := cutBylineWord(s)
	return rest
}

// bylinePlaces are the blocks where a byline can stand: around the headline, and right before the body where that begins far
// from it.
func (d *document) bylinePlaces() []int {
	l := d.layout
	first := max(d.headline, 0)
	if d.headline < 0 && d.body.container >= 0 {
		first = max(int(l.nodes[d.body.container].firstBlock)-10, 0)
	}
	places := make([]int, 0, 40)
	for i := max(first-6, 0); i < min(first+25, len(l.blocks)); i++ {
		places = append(places, i)
	}
	if len(d.body.kept) > 0 {
		for i := max(d.body.kept[0]-6, first+25); i < d.body.kept[0]; i++ {
			places = append(places, i)
		}
		if d.body.kept[0] < first-6 {
			for i := max(d.body.kept[0]-6, 0); i < d.body.kept[0]; i++ {
				places = append(places, i)
			}
		}
	}
	return places
}

// shownByline reads the visible line that names the authors: near the headline, or marked as byline.
func (d *document) shownByline() ([]feedmill.Author, string) {
	l := d.layout
	first := max(d.headline, 0)
	var marked []feedmill.Author
	markedRaw := ""
	for _, i := range d.bylinePlaces() {
		b := &l.blocks[i]
		if b.size > 220 || b.hints&(hintNav|hintFooter|hintComment|hintRelated|hintConsent|hintCaption|hintCredit) != 0 || b.hints&(hintAd|hintByline) == hintAd || i == d.headline || isReview(b.text) {
			continue
		}
		line := strings.ReplaceAll(b.text, "\n", " | ")
		if rest, ok := cutBylineWord(line); ok && !(b.ends && b.size > 60 && b.hints&hintByline == 0) {
			if rest == "" && i+1 < len(l.blocks) { // "By" alone, the name in the next block
				rest = l.blocks[i+1].text
				line += " " + rest
			}
			if names := namesOnly(splitNames(rest)); len(names) > 0 && len(rest) < 160 {
				return names, bareByline(line, d.rules)
			}
			bare := bareByline(line, d.rules)
			if names := namesOnly(splitNames(stripByline(bare))); len(names) > 0 && len(bare) < 160 {
				return names, bare
			}
		}
		if t := l.authorWithin(b); t != "" && marked == nil {
			if names := namesOnly(splitNames(stripByline(t))); len(names) > 0 {
				marked, markedRaw = names, bareByline(t, d.rules)
			}
		}
		if names, at := namesBesideDate(line, d.rules); len(names) > 0 && marked == nil {
			marked, markedRaw = names, bareByline(line[at:], d.rules)
		}
		if marked == nil && i > first && d.isNameByDate(i) {
			marked, markedRaw = []feedmill.Author{{Name: trimName(line)}}, line
		}
		if (b.hints&hintByline != 0 || b.linksAuthor()) && marked == nil && b.size < 120 {
			if names := namesOnly(splitNames(stripByline(line))); len(names) > 0 {
				marked, markedRaw = names, bareByline(line, d.rules)
			}
		}
	}
	if marked != nil || len(d.body.kept) == 0 {
		return marked, markedRaw
	}
	return d.signature()
}

// boxedAuthor is the name in the first element, after the headline and not far behind the body, whose own name says author:
// that of a box about who wrote.
func (d *document) boxedAuthor() []feedmill.Author {
	l := d.layout
	if d.headline < 0 || len(d.body.kept) == 0 {
		return nil
	}
	end := int32(d.body.kept[len(d.body.kept)-1] + 30)
	for i := range l.nodes {
		e := &l.nodes[i]
		if int(e.firstBlock) <= d.headline || e.own&(hintByline|hintBio) == 0 && !namesAuthor(e.n) || e.all&(hintNav|hintComment|hintRelated|hintCaption|hintCredit) != 0 {
			continue
		}
		if e.firstBlock > end {
			break
		}
		name := ""
		// Elements that are nested share their text, so only so much of it is read.
		if e.n.DataAtom != atom.Body && e.endBlock-e.firstBlock <= 8 && int(e.firstBlock) < len(l.blocks) && int(e.end)-i <= 200 {
			if b := &l.blocks[e.firstBlock]; b.size <= 220 {
				name = b.text // of a box, its first line
			}
			if t, whole := nodeTextWithin(e.n, 1<<10); whole {
				if t = cleanLine(t); len(t) < 60 {
					name = t
				}
			}
		}
		if name = trimName(stripByline(name)); len(name) < 40 && isPersonal(name) && !d.site.is(name) {
			return []feedmill.Author{{Name: name}}
		}
	}
	return nil
}

// namesAuthor tells an element whose class says that it holds the name of an author.
func namesAuthor(n *html.Node) bool {
	class := strings.ToLower(attr(n, "class"))
	return strings.Contains(class, "author") && strings.Contains(class, "name")
}

// isNameByDate tells a block that is a name and nothing else, between the headline and the body and beside a block that is
// a date and nothing else.
func (d *document) isNameByDate(i int) bool {
	l := d.layout
	b := &l.blocks[i]
	if d.headline < 0 || len(d.body.kept) == 0 || i >= d.body.kept[0] || b.size > 40 || b.ends || l.nodes[b.near].heading > 0 {
		return false
	}
	if n := len(strings.Fields(b.text)); n < 2 || n > 3 || !isCredit(b.text) || d.site.is(b.text) {
		return false
	}
	for _, k := range [...]int{i - 1, i + 1} {
		if k > d.headline && k < len(l.blocks) && l.blocks[k].size < 60 && looksLikeDate(l.blocks[k].text) {
			return true
		}
	}
	return false
}

// authorWithin is the text of the outermost inline elements within a block whose names say byline, "" where there are none
// or where that is all of the block.
func (l *layout) authorWithin(b *block) string {
	var names []string
	for i := b.node + 1; i < l.nodes[b.node].end; i++ {
		e := &l.nodes[i]
		if e.own&hintByline == 0 || e.near != b.near {
			continue
		}
		if t := cleanLine(nodeText(e.n)); t != "" && len(t) < len(b.text) && len(t) < 120 && strings.Contains(b.text, t) && len(names) < 8 {
			names = append(names, t)
		}
		i = max(i, e.end-1)
	}
	return strings.Join(names, ", ")
}

// linksAuthor tells a block with a link to a page about an author.
func (b *block) linksAuthor() bool {
	for _, m := range b.inlines {
		if m.url == "" {
			continue
		}
		u := strings.ToLower(m.url)
		for _, w := range [...]string{"/author/", "/authors/", "/autor/", "/profil/", "/autoren/", "/auteur/", "/autore/", "/by/", "/people/", "/profile/", "/staff/", "/contributor", "/journalist", "/writers/", "/reporter", "/redakteur"} {
			if strings.Contains(u, w) {
				return true
			}
		}
	}
	return false
}

// namesBesideDate reads a line such as "Ann Lee | 3 May 2020", "3 May 2020 - Ann Lee" or "Posted on 3 May 2020 by Ann
// Lee and Bo Ek"; at is where the names begin, with the word that announces them.
func namesBesideDate(line string, rules *ruleSet) (names []feedmill.Author, at int) {
	if len(line) > 120 {
		return nil, 0
	}
	if _, ok := rules.readMoment(line, dayFirst); !ok {
		return nil, 0
	}
	for _, w := range [...]string{" by ", " von ", " par ", " por ", " door ", " di "} {
		if i := indexFold(line, w); i > 0 {
			if list := namesOnly(splitNames(line[i+len(w):])); len(list) > 0 && isCredit(list[0].Name) {
				return list, i + 1
			}
		}
	}
	const marks = "|•·,0123456789"
	head := line[:max(strings.IndexAny(line, marks), 0)]
	last := max(strings.LastIndexAny(line, marks), 0)
	_, n := utf8.DecodeRuneInString(line[last:])
	last += n
	for _, from := range [...]int{0, last} {
		part := line[last:]
		if from == 0 {
			part = head
		}
		part, _ = cutPlace(part)
		name := trimName(part)
		if n := len(strings.Fields(name)); n < 2 || n > 4 || !isCredit(name) {
			continue
		}
		isDate := false
		for _, w := range words(name) {
			isDate = isDate || rules.months[w] > 0
		}
		if !isDate {
			return []feedmill.Author{{Name: name}}, from
		}
	}
	return nil, 0
}

// bylineEnds are words that begin what follows a byline on its line.
var bylineEnds = [...]string{"updated", "published", "posted", "last updated", "last modified", "modified", "created", "first published", "on ", "reviewed by", "medically reviewed", "fact checked", "fact-checked", "edited by", "photos by", "photographs by", "photography by", "illustrations by", "illustration by", "min read", "minute read", "read", "reading time", "share", "comment", "follow", "print", "e-mail", "email", "aktualisiert", "veröffentlicht", "stand:", "zuletzt", "erschienen", "publié", "mis à jour", "modifié", "publicado", "actualizado", "atualizado", "pubblicato", "aggiornato", "gepubliceerd", "uppdaterad", "publicerad", "oppdatert", "publisert", "opdateret", "입력", "수정", "更新", "公開"}

// weekdays stand before dates.
var weekdays = [...]string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "mon", "tue", "wed", "thu", "fri", "sat", "sun", "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"}

// bareByline cuts a line down to the byline that it begins with: dates, times, "updated", the time that reading takes,
// addresses and what follows them are not of it. They change while the authors stay.
func bareByline(line string, rules *ruleSet) string {
	line = strings.TrimLeft(line, " |·•–—-/,")
	end := len(line)
	for from := 0; from < len(line); {
		// A piece goes to the next separator.
		next, n := len(line), 0
		for _, sep := range [...]string{", ", " | ", " • ", " · ", " – ", " — ", " - ", " / ", "|", "•", "·", " ("} {
			if i := strings.Index(line[from:], sep); i >= 0 && from+i < next {
				next, n = from+i, len(sep)
			}
		}
		piece := line[from:next]
		if at := endOfByline(piece, rules, from == 0); at >= 0 {
			end = from + at
			break
		}
		from = next + n
	}
	return strings.TrimRight(line[:end], " |·•–—-/,;:(")
}

// endOfByline returns where a piece of a line ceases to be of the byline, -1 where all of it is.
func endOfByline(piece string, rules *ruleSet, first bool) int {
	lower := strings.ToLower(piece)
	if len(lower) != len(piece) {
		lower = piece
	}
	if isWeekday(strings.Trim(lower, " .:")) {
		return 0
	}
	end := -1
	cut := func(at int) {
		if end < 0 || at < end {
			end = at
		}
	}
	for _, w := range bylineEnds {
		switch i := strings.Index(lower, w); {
		case i < 0:
		case i == 0 && !first, i > 0 && !isWordByte(lower[i-1]) && lower[i-1] < 0x80 && (w != "read" && w != "share" && w != "comment" && w != "follow" && w != "print"):
			if e := i + len(w); e == len(lower) || !isWordByte(w[len(w)-1]) || !isWordByte(lower[e]) {
				cut(i)
			}
		}
	}
	if i := strings.IndexByte(piece, '@'); i >= 0 {
		cut(max(strings.LastIndexByte(piece[:i], ' '), 0))
	}
	if i := strings.IndexAny(piece, "0123456789"); i >= 0 && !isAccount(piece) {
		// The words before the number that are of the date go with it: "Ann Lee Jan 3", "Ann Lee Monday 3".
		for {
			head := strings.TrimRight(piece[:i], " .")
			k := strings.LastIndexByte(head, ' ') + 1
			w := strings.ToLower(head[k:])
			if rules.months[w] == 0 && !isWeekday(w) {
				break
			}
			i = k
		}
		cut(i)
	}
	return end
}

// isAccount tells a line that ends in a word of small letters and figures, "annlee42", and has no other figures.
func isAccount(s string) bool {
	head := strings.TrimRight(s, "0123456789")
	word := head[strings.LastIndexByte(head, ' ')+1:]
	return len(s)-len(head) <= 4 && len(word) >= 3 && word == strings.ToLower(word) && !strings.ContainsAny(head, "0123456789") && isWordByte(word[len(word)-1])
}

// isReview tells a line that names who looked through an article, not who wrote it.
func isReview(line string) bool {
	lower := strings.ToLower(firstRunes(line, 40))
	for _, w := range [...]string{"reviewed by", "fact checked by", "fact-checked by", "edited by", "verified by", "approved by", "photos by", "photography by", "illustrations by"} {
		if i := strings.Index(lower, w); i >= 0 && len(strings.Fields(lower[:i])) <= 2 && !strings.Contains(lower[:i], "by") {
			return true
		}
	}
	return false
}

func isWeekday(w string) bool {
	for _, d := range weekdays {
		if w == d {
			return true
		}
	}
	return false
}

func namesOnly(list []feedmill.Author) []feedmill.Author {
	var out []feedmill.Author
	for _, a := range list {
		if isName(a.Name) && !slices.Contains(rolesOfAuthors[:], strings.ToLower(a.Name)) || isAgency(a.Name) {
			out = append(out, a)
		}
	}
	return out
}

func isAgency(name string) bool {
	l := strings.ToLower(strings.Trim(name, " .()/"))
	for _, a := range agencies {
		if l == a {
			return true
		}
	}
	return false
}

// splitNames parts a line of names: commas, "and", bars. What is not a name ends it: places, dates, addresses.
func splitNames(line string) []feedmill.Author {
	var out []feedmill.Author
	line = strings.TrimSpace(line)
	for _, end := range [...]string{" | ", " • ", " · ", " ⋅ ", " – ", " — ", " - ", "\n"} {
		// What follows the names is a role, a date or an organisation.
		if i := strings.Index(line, end); i > 2 {
			head, rest := line[:i], strings.TrimSpace(line[i+len(end):])
			if end == " | " && looksLikeNames(rest) {
				head += ", " + rest
			}
			line = head
		}
	}
	rest := line
	for rest != "" {
		i, n := nextJoint(rest)
		rest0 := rest
		part := strings.TrimSpace(rest[:i])
		rest = strings.TrimSpace(rest[min(i+n, len(rest)):])
		if part == "" {
			continue
		}
		if len(out) > 0 && isDegree(part) {
			continue
		}
		if isRole(part) && len(out) > 0 {
			out[len(out)-1].Role = part
			continue
		}
		name, place := cutPlace(part)
		name = trimName(name)
		if name == "" {
			continue
		}
		if !isName(name) && !isAgency(name) {
			if joint := rest0[i:min(i+n, len(rest0))]; len(out) == 0 && n > 2 && joint[0] == ' ' {
				return nil // "Center for Research and Design" is one name, and no person's
			}
			if len(out) > 0 && place == "" && out[len(out)-1].Organization == "" && len(part) < 60 && !strings.ContainsAny(part, "@:0123456789") {
				out[len(out)-1].Organization = part
			}
			continue
		}
		if len(out) < 24 {
			out = append(out, feedmill.Author{Name: name})
		}
	}
	return out
}

// uninverted puts a name as libraries write it, "Lee, Ann B.", in the order of speech.
func uninverted(s string) string {
	last, first, ok := strings.Cut(s, ", ")
	if !ok || strings.Contains(first, ",") || strings.ContainsAny(s, ";&") || len(strings.Fields(last)) > 2 || len(strings.Fields(first)) > 3 || len(strings.Fields(last)) == 2 && len(strings.Fields(first)) > 1 || isDegree(first) || isRole(first) {
		return s
	}
	return first + " " + last
}

// isPersonal tells a name of two to four words with capitals, as persons have whose site goes by their own name.
func isPersonal(name string) bool {
	n := len(strings.Fields(name))
	return n >= 2 && n <= 4 && isCredit(name)
}

// isDegree tells the letters after a name: "MS", "Ph.D.", "CFP®".
func isDegree(s string) bool {
	letters := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
		}
		if unicode.IsSpace(r) || unicode.IsLetter(r) && !unicode.IsUpper(r) && !unicode.IsLower(r) {
			return false
		}
	}
	return letters <= 5 && strings.ToUpper(s) == s && utf8.RuneCountInString(s) <= 7 || strings.EqualFold(s, "phd") || strings.EqualFold(s, "ph.d.")
}

func looksLikeNames(s string) bool {
	i, _ := nextJoint(s)
	return isName(strings.TrimSpace(s[:i])) && len(strings.Fields(s[:i])) >= 2 && !looksLikeDate(s)
}

// nextJoint finds where the first name of a line ends and how long the joint is.
func nextJoint(s string) (at, n int) {
	at, n = len(s), 0
	for _, j := range [...]string{", ", ",", ";", " and ", " und ", " et ", " y ", " e ", " & ", " och ", " og ", " en ", " with ", " mit ", "/", " i ", " ve ", " ja ", " dan ", "、", "，", "+"} {
		if i := strings.Index(s, j); i > 0 && (i < at || i == at && len(j) > n) {
			at, n = i, len(j)
		}
	}
	return at, n
}

// cutPlace takes "in Seoul" or "for The Site" off a name.
func cutPlace(s string) (name, place string) {
	at, n := len(s), 0
	for _, w := range [...]string{" in ", " for ", " of ", " at ", " from ", " aus ", " für ", " (", " à ", " pour ", " updated ", " published ", " on "} {
		if i := indexFold(s, w); i > 2 && i < at {
			at, n = i, len(w)
		}
	}
	return s[:at], strings.Trim(s[at+n:], " )")
}

func indexFold(s, lower string) int {
	if l := strings.ToLower(s); len(l) == len(s) {
		return strings.Index(l, lower)
	}
	return -1
}

func isRole(s string) bool {
	l := strings.ToLower(s)
	for _, r := range rolesOfAuthors {
		if l == r || strings.HasSuffix(l, " "+r) || strings.HasPrefix(l, r+" ") {
			return true
		}
	}
	return false
}

// trimName takes off what stands around a name.
func trimName(s string) string {
	if i := strings.Index(s, " @"); i > 0 { // a handle
		s = s[:i]
	}
	s = cleanLine(s)
	if strings.HasSuffix(s, ")") && strings.IndexByte(s, '(') > 0 {
		s = strings.TrimLeft(s, " ,.;:|/·•-–—*\"“”«»([@")
	} else {
		s = strings.Trim(s, " ,.;:|/·•-–—*\"“”«»()[]@")
	}
	for _, w := range [...]string{"By ", "by ", "BY ", "Von ", "von: ", "Par ", "Por ", "Dr. ", "Prof. Dr. ", "Prof. ", "Mr. ", "Ms. ", "Mrs. "} {
		if rest, ok := strings.CutPrefix(s, w); ok {
			if strings.HasPrefix(w, "Dr") || strings.HasPrefix(w, "Pr") || strings.HasPrefix(w, "M") {
				continue
			}
			s = rest
		}
	}
	for _, w := range [...]string{"By", "BY", "Author", "Autor", "Von"} { // set without a space, or in an element of its own
		if rest, ok := strings.CutPrefix(s, w); ok && strings.Contains(rest, " ") && len(rest) > 1 && rest[0] >= 'A' && rest[0] <= 'Z' && rest[1] != ' ' && (rest[1] < 'A' || rest[1] > 'Z') {
			s = rest
		}
	}
	// "Ann Lee Writer", "Ann Lee le": a role, or the first word of what follows
	for range 3 {
		i := strings.LastIndexByte(s, ' ')
		if i < 0 {
			break
		}
		last := strings.ToLower(s[i+1:])
		if !strings.Contains(s[:i], " ") && last != "at" && last != "um" {
			break
		}
		if (!isParticle(last) || last != s[i+1:]) && !slices.Contains(rolesOfAuthors[:], last) && last != "senior" && last != "research" && last != "am" && last != "on" && last != "at" && last != "um" {
			break
		}
		s = s[:i]
	}
	for _, w := range [...]string{"기자", "특파원", "記者", "记者"} {
		if rest, ok := strings.CutSuffix(s, w); ok && utf8.RuneCountInString(rest) >= 2 && isWideText(rest) {
			s = rest
		} else if rest, ok := strings.CutPrefix(s, w); ok && utf8.RuneCountInString(rest) >= 2 && isWideText(rest) {
			s = rest
		}
	}
	return strings.TrimSpace(s)
}

// isName tells whether a text can be a person's name: one to six words, nearly all with a capital or of a script without
// case, no digits, no addresses.
func isName(s string) bool {
	n := utf8.RuneCountInString(s)
	if strings.Count(s, `"`) == 2 && !strings.HasPrefix(s, `"`) { // a nickname between the names
		s = strings.ReplaceAll(s, `"`, "")
	}
	if n < 2 || n > 60 || strings.ContainsAny(s, "@:/#<>{}=?!_|0123456789%$€\"") {
		return false
	}
	fields := strings.Fields(s)
	if len(fields) > 6 || len(fields) == 1 && isDotted(s) {
		return false
	}
	if len(fields) == 1 && isWeekday(strings.ToLower(strings.Trim(s, ".,"))) {
		return false
	}
	capitals := 0
	for _, f := range fields {
		w := strings.ToLower(strings.Trim(f, ".,’'"))
		if notNames[w] {
			return false
		}
		r, _ := utf8.DecodeRuneInString(f)
		switch {
		case unicode.IsUpper(r) || unicode.IsTitle(r):
			capitals++
		case unicode.IsLetter(r) && !unicode.IsLower(r): // no case
			capitals++
		case isParticle(w):
		case unicode.IsLower(r) && len(fields) <= 2:
		case !unicode.IsLetter(r):
			if r != '(' && r != '’' && r != '\'' {
				return false
			}
		default:
			return false
		}
	}
	return capitals > 0 || len(fields) == 1 && n < 30
}

// isDotted tells a name that is a host's, a file's or an account's: "news.example", "ann.lee".
func isDotted(s string) bool {
	i := strings.IndexByte(s, '.')
	return i > 0 && i < len(s)-2 && s == strings.ToLower(s) && s[i+1] != '.'
}

func isParticle(w string) bool {
	switch w {
	case "de", "del", "della", "di", "da", "dos", "das", "do", "du", "des", "la", "le", "von", "van", "der", "den", "zu", "zur", "ter", "ten", "al", "el", "bin", "ibn", "y", "e", "af", "av", "dela", "st", "d", "o", "und", "-":
		return true
	}
	return false
}
