package parser

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/atom"

	"github.com/feedmill/feedmill"
)

// bylineWords begin a line that names the author, by language.
var bylineWords = [...]string{
	"written by", "reported by", "article by", "text by", "words and photos by", "story and photos by", "a report by", "contributed by", "author", "authors", "authors:", "auteurs:", "geschrieben von", "verfasst von", "erstellt von", "veröffentlicht von", "gepostet von", "vom", "écrit par", "publié par", "rédigé par", "escrito por", "publicado por", "scritto da", "a cura di", "geschreven door", "napsal", "napsala", "بقلم", "كتب", "文:", "取材・文", "글", "story by", "words by", "posted by", "published by", "by", "von", "par", "por", "di", "door", "af", "av", "fra", "text:", "text von", "autor:", "autorin:", "autor", "author:", "auteur :", "auteur:", "autore:", "written by:", "by:", "di:", "skrevet av", "ein artikel von", "ein beitrag von", "eine kolumne von", "ein kommentar von", "ein gastbeitrag von", "kommentar von", "interview:", "tekst:", "redazione:", "oleh", "kirjoittanut", "yazan:", "автор:", "текст:", "автор", "文／", "記者", "문：",
}

// agencies are the news agencies whose name in a byline is not a person's.
var agencies = [...]string{"reuters", "ap", "associated press", "the associated press", "afp", "agence france-presse", "dpa", "dpa-afx", "apa", "sda", "keystone-sda", "efe", "ansa", "pti", "ani", "ians", "xinhua", "yonhap", "yonhap news agency", "kyodo", "jiji", "tass", "interfax", "bloomberg", "afx", "upi", "pa", "pa media", "press association", "aap", "cp", "the canadian press", "ntb", "tt", "ritzau", "stt", "belga", "anp", "lusa", "europa press", "pap", "čtk", "mti", "agerpres", "bernama", "antara", "vna", "aa", "anadolu", "iha", "dha", "epd", "kna", "sid", "afp/relaxnews", "ats", "awp", "wam", "spa", "mena", "un news", "prnewswire", "pr newswire", "business wire", "globe newswire"}

// rolesOfAuthors are what may stand after a name, parted by a comma.
var rolesOfAuthors = [...]string{"staff writer", "staff reporter", "reporter", "correspondent", "editor", "journalist", "redakteur", "redakteurin", "contributor", "contributing writer", "senior writer", "writer", "columnist", "political editor", "freelance", "bureau chief", "producer", "intern", "staff", "special to", "news editor", "managing editor", "chief", "analyst", "author", "autor", "autorin", "journaliste", "redactor", "redactora", "head of", "founder", "co-founder", "ceo", "cto", "president", "director", "sr. director", "dietitian", "registered dietitian", "expert", "specialist", "consultant", "host", "research executive", "senior research executive", "fellow", "professor", "ph.d", "phd", "m.d.", "md"}

// notNames are words that no person's name has.
var notNames = map[string]bool{
	"staff": true, "newsroom": true, "admin": true, "administrator": true, "editor": true, "editors": true, "editorial": true, "redaktion": true, "redaction": true, "rédaction": true, "redacción": true, "redação": true, "redazione": true, "team": true, "desk": true, "updated": true, "published": true, "posted": true, "minutes": true, "min": true, "read": true, "share": true, "comments": true, "comment": true, "subscribe": true, "newsletter": true, "photo": true, "photos": true, "photograph": true, "http": true, "https": true, "www": true, "follow": true, "view": true, "profile": true, "posts": true, "articles": true, "contributor": true, "guest": true, "webmaster": true, "online": true, "web": true, "click": true, "more": true, "email": true, "contact": true, "about": true, "january": true, "february": true, "april": true, "june": true, "july": true, "august": true, "september": true, "october": true, "november": true, "december": true, "copyright": true, "unknown": true, "anonymous": true, "user": true, "login": true, "author": true, "authors": true,
	"the": true, "news": true, "times": true, "media": true, "magazine": true, "university": true, "institute": true, "inc": true, "ltd": true, "gmbh": true, "network": true, "association": true, "agency": true, "bureau": true, "verlag": true, "zeitung": true, "artikel": true, "agencies": true, "sources": true, "source": true, "today": true, "bio": true, "full": true, "text": true, "texte": true, "foto": true, "fotos": true, "bild": true, "auteur": true, "auteur(s": true, "article": true, "category": true, "written": true, "reading": true, "sponsored": true, "finance": true, "nachrichten": true, "wortlaut": true, "pressestelle": true,
}

// looksLikeByline tells a short line that names an author.
func looksLikeByline(text string) bool {
	if len(text) > 160 {
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
	lower := strings.ToLower(firstRunes(text, 32))
	best := 0
	for _, w := range bylineWords {
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
			case a.Name == "" || d.site.is(a.Name) || !isName(a.Name) || hasAuthor(kept, a.Name):
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
	for _, name := range [...]string{"author", "parsely-author", "twitter:misc:written by", "sailthru.author", "article:author", "article:author_name", "og:article:author", "dc.creator", "dcterms.creator", "dcsext.author", "byl", "cxenseparse:author", "twitter:data1", "creator", "citation_author", "shareaholic:article_author_name", "vr:author", "news_authors", "og:author"} {
		var list []feedmill.Author
		for _, v := range m.names[name] {
			if strings.Contains(v, "://") || strings.Contains(v, "/") && !strings.Contains(v, " ") || name == "twitter:data1" && !d.labelled("twitter:label1") {
				continue
			}
			list = append(list, splitNames(stripByline(plainText(v)))...)
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
	if it := d.page.Item; it != nil {
		add("feed", splitNames(stripByline(firstNonEmpty(it.AuthorName, it.Author))), "")
	}
	if len(candidates) == 0 {
		d.readCollective()
		if raw != "" {
			d.article.Byline.Raw = raw
		}
		return
	}
	best := 0
	for i, c := range candidates {
		if len(candidates[best].authors) == 0 && len(c.authors) > 0 {
			best = i
		}
	}
	c := candidates[best]
	b := &d.article.Byline
	b.Authors, b.Agency, b.Raw = c.authors, c.agency, raw
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
	d.set("byline", firstNonEmpty(joinAuthors(b.Authors), b.Agency), c.from, rivals...)
}

// readCollective takes a newsroom's desk or staff for the author where the page states it as such and names nobody else.
func (d *document) readCollective() {
	m := d.meta
	var list []found
	for _, a := range m.ld.authors {
		list = append(list, found{a.name, "json-ld"})
	}
	for _, name := range [...]string{"author", "parsely-author", "article:author", "og:article:author", "dc.creator", "shareaholic:article_author_name"} {
		if v, _ := m.first(name); v != "" {
			list = append(list, found{plainText(v), "meta:" + name})
		}
	}
	for _, p := range m.itemprops {
		if (p.name == "author" || p.name == "rel-author") && !d.inComments(p) {
			list = append(list, found{p.value, "itemprop:" + p.name})
		}
	}
	for i, f := range list {
		if name := stripByline(f.Value); isCollective(name) && !d.site.is(name) {
			d.article.Byline.Authors = []feedmill.Author{{Name: name}}
			d.set("byline", name, f.From, list[i+1:]...)
			return
		}
	}
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

// shownByline reads the visible line that names the authors: near the headline, or marked as byline.
func (d *document) shownByline() ([]feedmill.Author, string) {
	l := d.layout
	first := max(d.headline, 0)
	if d.headline < 0 && d.body.container >= 0 {
		first = max(int(l.nodes[d.body.container].firstBlock)-10, 0)
	}
	var marked []feedmill.Author
	markedRaw := ""
	for i := max(first-6, 0); i < min(first+25, len(l.blocks)); i++ {
		b := &l.blocks[i]
		if b.size > 220 || b.hints&(hintNav|hintFooter|hintComment|hintRelated|hintConsent|hintCaption|hintCredit) != 0 || b.hints&(hintAd|hintByline) == hintAd || i == d.headline {
			continue
		}
		line := strings.ReplaceAll(b.text, "\n", " | ")
		if rest, ok := cutBylineWord(line); ok {
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
	// Some sign at the end.
	last := d.body.kept[len(d.body.kept)-1]
	for i := last; i < min(last+5, len(l.blocks)); i++ {
		b := &l.blocks[i]
		if b.size > 80 || b.ends || b.hints&(hintFooter|hintComment|hintRelated|hintCaption|hintNav) != 0 {
			continue
		}
		if rest, ok := cutBylineWord(b.text); ok {
			if names := namesOnly(splitNames(rest)); len(names) > 0 && isCredit(names[0].Name) {
				return names, bareByline(strings.ReplaceAll(b.text, "\n", " | "), d.rules)
			}
		}
	}
	return nil, ""
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
		for _, w := range [...]string{"/author/", "/authors/", "/autor/", "/autoren/", "/auteur/", "/autore/", "/by/", "/people/", "/profile/", "/staff/", "/contributor", "/journalist", "/writers/", "/reporter", "/redakteur"} {
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
var bylineEnds = [...]string{"updated", "published", "posted", "last updated", "last modified", "modified", "created", "first published", "on ", "min read", "minute read", "read", "reading time", "share", "comment", "follow", "print", "e-mail", "email", "aktualisiert", "veröffentlicht", "stand:", "zuletzt", "erschienen", "publié", "mis à jour", "modifié", "publicado", "actualizado", "atualizado", "pubblicato", "aggiornato", "gepubliceerd", "uppdaterad", "publicerad", "oppdatert", "publisert", "opdateret", "입력", "수정", "更新", "公開"}

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
	if i := strings.IndexAny(piece, "0123456789"); i >= 0 {
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
	for _, end := range [...]string{" | ", " • ", " · ", " – ", " — ", " - ", "\n"} {
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

// isDegree tells the letters after a name: "MS", "Ph.D.", "CFP®".
func isDegree(s string) bool {
	letters := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
		}
		if unicode.IsSpace(r) {
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
	for _, w := range [...]string{" in ", " for ", " of ", " at ", " from ", " aus ", " für ", " (", " à ", " pour ", " updated ", " published ", " on "} {
		if i := indexFold(s, w); i > 2 {
			return s[:i], strings.Trim(s[i+len(w):], " )")
		}
	}
	return s, ""
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
	s = strings.Trim(cleanLine(s), " ,.;:|/·•-–—*\"“”«»()[]@")
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
		if i < 0 || !strings.Contains(s[:i], " ") {
			break
		}
		last := strings.ToLower(s[i+1:])
		if !isParticle(last) && !slices.Contains(rolesOfAuthors[:], last) && last != "senior" && last != "research" && last != "am" && last != "on" {
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
	if n < 2 || n > 60 || strings.ContainsAny(s, "@:/#<>{}=?!_|0123456789%$€\"") {
		return false
	}
	fields := strings.Fields(s)
	if len(fields) > 6 {
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

func isParticle(w string) bool {
	switch w {
	case "de", "del", "della", "di", "da", "dos", "das", "do", "du", "des", "la", "le", "von", "van", "der", "den", "zu", "zur", "ter", "ten", "al", "el", "bin", "ibn", "y", "e", "af", "av", "dela", "st", "d", "o", "und", "-":
		return true
	}
	return false
}
