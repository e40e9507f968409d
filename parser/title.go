package parser

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/atom"
)

// titleSeparators part a headline from the names of site and section in titles made for browsers and search engines.
var titleSeparators = [...]string{" | ", " - ", " – ", " — ", " : ", " :: ", " · ", " • ", " » ", " « ", " / ", " // ", " ∣ ", " ｜ ", "｜", " > ", " ~ ", " -- ", " ‹ ", " › ", "|", ": "}

// readTitle finds the headline that a reader sees, by what it shares with the titles that the page states for others.
func (d *document) readTitle() {
	m := d.meta
	var stated []found // titles that the page or feed states, without the site's name
	add := func(value, from string) {
		if value = d.stripSite(plainText(value)); value != "" && !d.site.is(value) {
			stated = append(stated, found{value, from})
		}
	}
	if m.ld.found {
		add(m.ld.headline, "json-ld")
	}
	for _, name := range [...]string{"og:title", "twitter:title", "dc.title", "parsely-title", "sailthru.title", "headline"} {
		v, from := m.first(name)
		add(v, "meta:"+from)
	}
	if !m.ld.found {
		add(m.ld.headline, "json-ld")
	}
	add(m.title, "title")
	if it := d.page.Item; it != nil {
		add(it.Title, "feed")
	}
	for _, p := range m.itemprops {
		if p.name == "headline" {
			add(p.value, "itemprop:headline")
		}
	}
	shown := d.shownTitles(stated)
	all := append(shown, stated...)
	if len(all) == 0 {
		return
	}
	best := all[0]
	if len(shown) > 0 {
		best.Value = d.partKicker(best.Value, stated)
	}
	d.article.Title = best.Value
	d.set("title", best.Value, best.From, all[1:]...)
	if d.headline < 0 {
		d.headline = d.findHeadline(best.Value)
	}
	if d.headline >= 0 {
		d.layout.trustAround(d.headline)
	}
}

// partKicker takes the overline off a shown headline: what stands in front of a title that the page states as such.
func (d *document) partKicker(shown string, stated []found) string {
	for _, s := range stated {
		head, ok := strings.CutSuffix(shown, s.Value)
		kicker := strings.Trim(head, " :-–—|/·•")
		if !ok || kicker == "" || len(kicker) > 70 || len(words(s.Value)) < 3 {
			continue
		}
		d.article.Kicker = kicker
		d.set("kicker", kicker, "h1")
		return s.Value
	}
	return shown
}

// shownTitles are the visible headings that can be the headline, best first.
func (d *document) shownTitles(stated []found) []found {
	l := d.layout
	sets := make([][]string, len(stated))
	shortest, longest := 1<<20, 0
	for i, s := range stated {
		sets[i] = words(s.Value)
		shortest, longest = min(shortest, len(s.Value)), max(longest, len(s.Value))
	}
	runs := titleRuns(stated)
	heads := 0
	for i := range l.blocks {
		if b := &l.blocks[i]; l.nodes[b.near].heading == 1 && b.size >= 3 && !d.site.is(b.text) {
			heads++
		}
	}
	type shown struct {
		found
		block int
		score float64
	}
	var best shown
	var list []shown
	for i := range l.blocks {
		b := &l.blocks[i]
		e := &l.nodes[b.near]
		if b.size > 400 || b.size < 3 || b.hints&(hintNav|hintFooter|hintComment|hintRelated|hintConsent|hintSidebar|hintPromo|hintAd) != 0 && e.heading != 1 {
			continue
		}
		from := ""
		bonus := 0.0
		switch {
		case e.heading == 1:
			from, bonus = "h1", 0.3
		case e.heading > 1 && e.heading < 4:
			from = "h" + string('0'+rune(e.heading))
			if b.hints&hintTitle != 0 {
				bonus = 0.15
			}
		case b.hints&hintTitle != 0 && b.size > 10:
			from, bonus = "headline", 0.1
		case i > len(l.blocks)*2/3 || b.ends && b.size > 200:
			continue
		default:
			from = "text"
		}
		if from == "text" && (len(b.text)*3 < shortest || len(b.text) > 2*longest) {
			continue // far from any title that is stated
		}
		text := strings.TrimRight(strings.ReplaceAll(b.text, "\n", " "), " #¶")
		if line, _, ok := strings.Cut(b.text, "\n"); ok && e.heading > 0 && isStatedTitle(line, stated) {
			text = line // a subtitle stands in the next
		}
		if d.site.is(text) || e.heading > 1 && d.rules.isLine("consent", strings.ToLower(firstRunes(text, 60))) {
			continue
		}
		// A headline may stand in several blocks of one h1 (an overline, two lines): take the whole element then.
		if e.heading == 1 {
			if whole, last := l.wholeText(b.near, i); last > i && len(whole) < 400 {
				if overlapOf(words(whole), sets) >= overlapOf(words(text), sets) {
					text = whole
				}
			}
		}
		w := words(text)
		score := overlapOf(w, sets)
		if from != "h1" {
			score = max(score, partOfTitle(w, runs))
		}
		if from == "text" && (score < 0.7 || len(w) < 3) || from != "h1" && score < 0.4 || len(w) == 0 {
			continue
		}
		if from == "h1" && len(stated) == 0 {
			score = 0.5
		}
		if b.linked*2 > b.size {
			bonus -= 0.15 // headlines rarely link, teasers do
		}
		if from == "h1" {
			if heads == 1 && (len(w) > 1 || score > 0) {
				bonus += 0.2
			}
			score += 0.01 * float64(min(len(w), 6))    // of two that are stated, the one that says more
			score -= 0.02 * float64(min(len(list), 5)) // later ones lead to other articles
		}
		s := shown{found{text, from}, i, score + bonus}
		list = append(list, s)
		if s.score > best.score {
			best = s
		}
	}
	if best.Value == "" || best.score < 0.45 {
		return nil
	}
	d.headline = best.block
	title := d.stripSite(best.Value)
	for _, sep := range [...]string{" | ", " - ", " – ", " — "} { // a name that is not known, after a title that is stated
		if i := strings.LastIndex(title, sep); i > 0 && isStatedTitle(title[:i], stated) && len(words(title[:i])) >= 3 {
			title = title[:i]
		}
	}
	out := []found{{title, best.From}}
	for _, s := range list {
		if s.block != best.block && len(out) < 6 {
			out = append(out, s.found)
		}
	}
	return out
}

// isStatedTitle tells a text that the page states as its title, word for word.
func isStatedTitle(text string, stated []found) bool {
	for _, s := range stated {
		if sameWords(text, s.Value) {
			return true
		}
	}
	return false
}

// titleRuns are the beginnings and ends of the page's title at its separators, in words, where they are half of it or more:
// what is left when the names of site and section, which may be unknown, are taken off.
func titleRuns(stated []found) []titleRun {
	var runs []titleRun
	for _, s := range stated {
		if s.From != "title" {
			continue
		}
		all := len(words(s.Value))
		for _, sep := range titleSeparators {
			for i := 0; i < len(s.Value); {
				k := strings.Index(s.Value[i:], sep)
				if k < 0 {
					break
				}
				i += k
				for _, part := range [...]string{s.Value[:i], s.Value[i+len(sep):]} {
					if w := words(part); len(w) >= 4 && 2*len(w) >= all {
						runs = append(runs, titleRun{w, 0.7 + 0.25*float64(len(w))/float64(all)})
					}
				}
				i += len(sep)
			}
		}
	}
	return runs
}

type titleRun struct {
	words []string
	score float64
}

// partOfTitle is the best score of the runs that have just these words.
func partOfTitle(w []string, runs []titleRun) float64 {
	best := 0.0
	for _, r := range runs {
		if r.score > best && slices.Equal(w, r.words) {
			best = r.score
		}
	}
	return best
}

// wholeText joins the blocks of an element from block i on.
func (l *layout) wholeText(near int32, i int) (string, int) {
	e := &l.nodes[near]
	h := near
	for p := e.parent; p >= 0 && l.nodes[p].heading == e.heading; p = l.nodes[p].parent {
		h = p
	}
	text, last := "", i
	for k := i; k < int(l.nodes[h].endBlock) && k < len(l.blocks); k++ {
		if text != "" {
			text += " "
		}
		text += strings.ReplaceAll(l.blocks[k].text, "\n", " ")
		last = k
	}
	return text, last
}

// findHeadline returns the block that shows the title, -1 where none does.
func (d *document) findHeadline(title string) int {
	best, rank := -1, 0
	for i := range d.layout.blocks {
		b := &d.layout.blocks[i]
		if b.size > 400 || b.hints&(hintRelated|hintNav|hintFooter|hintSidebar) != 0 || !sameWords(b.text, title) {
			continue
		}
		r := 1
		if h := d.layout.nodes[b.near].heading; h > 0 {
			r = 10 - int(h)
		}
		if r > rank {
			best, rank = i, r
		}
	}
	return best
}

// overlapOf is the greatest share of words in common (Dice) with any of the sets.
func overlapOf(w []string, sets [][]string) float64 {
	best := 0.0
	for _, s := range sets {
		best = max(best, dice(w, s))
	}
	return best
}

func dice(a, b []string) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	used := make([]bool, len(b))
	n := 0
	for _, x := range a {
		for i, y := range b {
			if !used[i] && x == y {
				used[i] = true
				n++
				break
			}
		}
	}
	return 2 * float64(n) / float64(len(a)+len(b))
}

// words are the runs of letters and digits of a text, in lower case.
func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r)
	})
}

// firstWordByte is the first byte of a text's words, 0 where it has none but marks of ASCII.
func firstWordByte(s string) byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'A' && c <= 'Z':
			return c | 0x20
		case c >= utf8.RuneSelf, isWordByte(c):
			return c
		}
	}
	return 0
}

// sameWords tells whether two texts have the same words in the same order.
func sameWords(a, b string) bool {
	if a == b {
		return true
	}
	if n := len(a) - len(b); n > 24 || n < -24 {
		return false
	}
	if c, d := firstWordByte(a), firstWordByte(b); c != d && c < utf8.RuneSelf && d < utf8.RuneSelf {
		return false
	}
	x, y := words(a), words(b)
	if len(x) != len(y) || len(x) == 0 {
		return false
	}
	for i := range x {
		if x[i] != y[i] {
			return false
		}
	}
	return true
}

// stripSite takes the names of site and section off the ends of a title.
func (d *document) stripSite(title string) string {
	for range 4 {
		cut := ""
		for _, sep := range titleSeparators {
			if i := strings.LastIndex(title, sep); i > 0 {
				rest, tail := strings.TrimSpace(title[:i]), strings.TrimSpace(title[i+len(sep):])
				if rest != "" && d.site.is(tail) && !d.site.is(rest) {
					cut = rest
					break
				}
			}
			if i := strings.Index(title, sep); i > 0 {
				head, rest := strings.TrimSpace(title[:i]), strings.TrimSpace(title[i+len(sep):])
				if rest != "" && d.site.is(head) && !d.site.is(rest) {
					cut = rest
					break
				}
			}
		}
		if cut == "" {
			return title
		}
		title = cut
	}
	return title
}

// siteNames are the names that a publisher goes by, squashed to letters and digits in lower case.
type siteNames struct {
	names  []string
	domain string // the registrable domain's own label
	host   string
}

func squash(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func (s *siteNames) add(name string) {
	if q := squash(name); q != "" && len(q) < 80 {
		s.names = append(s.names, q)
	}
}

// is tells whether the text is the site's name or its domain.
func (s *siteNames) is(text string) bool {
	if len(text) > 80 {
		return false
	}
	q := squash(text)
	if q == "" {
		return false
	}
	for _, n := range s.names {
		if sameSquashed(q, n) {
			return true
		}
		if len(n) >= 5 && len(q) < len(n)+12 && strings.HasPrefix(q, n) && len(strings.Fields(text)) <= 3 { // "BBC News Online"
			return true
		}
	}
	if s.domain == "" {
		return false
	}
	if sameSquashed(q, s.domain) || q == s.host {
		return true
	}
	return len(q) >= 4 && len(s.domain) >= 4 && (strings.HasPrefix(s.domain, q) && len(q)*3 >= len(s.domain)*2 || strings.HasPrefix(q, s.domain) && len(q) <= len(s.domain)+6)
}

// sameSquashed tells whether two squashed names are one, an article in front of either aside.
func sameSquashed(a, b string) bool {
	return a == b || trimArticle(a) == b || a == trimArticle(b)
}

func trimArticle(s string) string {
	for _, a := range [...]string{"the", "der", "die", "das", "le", "la", "el", "www"} {
		if rest, ok := strings.CutPrefix(s, a); ok && len(rest) >= 3 {
			return rest
		}
	}
	return s
}

// readDek finds the lines around the headline: subtitle below, kicker above.
func (d *document) readDek() {
	l := d.layout
	a := d.article
	h := d.headline
	var stated []string
	for _, v := range []string{d.meta.ld.description, d.meta.ld.alternative, a.Description.Text} {
		if v != "" {
			stated = append(stated, v)
		}
	}
	if h >= 0 {
		for i := h + 1; i < min(h+7, len(l.blocks)); i++ {
			b := &l.blocks[i]
			if b.size < 15 || b.size > 500 || b.hints&(hintNav|hintFooter|hintComment|hintRelated|hintShare|hintAd|hintCaption|hintByline|hintDate|hintPromo) != 0 || looksLikeByline(b.text) || b.density() > 0.4 {
				continue
			}
			if b.hints&hintDek != 0 {
				d.takeDek(i, "dek")
				return
			}
			if e := &l.nodes[b.near]; e.heading >= 2 && e.heading <= 4 && i == h+1 && b.size > 25 && (len(stated) == 0 || i < h+2) {
				d.takeDek(i, e.n.Data)
				return
			}
			for _, s := range stated {
				if sameWords(b.text, s) && i < h+4 && !d.inFlow(i) {
					d.takeDek(i, "meta:description")
					return
				}
			}
		}
	}
	if alt := d.meta.ld.alternative; alt != "" && !sameWords(alt, a.Title) {
		a.Subtitle = alt
		d.set("subtitle", alt, "json-ld")
	}
}

// inFlow tells a block that stands among the body's paragraphs: an element like that of a long one soon after it, in the
// same element or each in an element of one kind.
func (d *document) inFlow(i int) bool {
	l := d.layout
	own := &l.nodes[l.blocks[i].near]
	for k := i + 1; k < min(i+4, len(l.blocks)); k++ {
		b := &l.blocks[k]
		other := &l.nodes[b.near]
		if b.weight <= 60 || own.n.DataAtom != other.n.DataAtom || own.parent < 0 || other.parent < 0 {
			continue
		}
		if own.parent == other.parent {
			return true
		}
		p, q := &l.nodes[own.parent], &l.nodes[other.parent]
		if p.parent == q.parent && p.n.DataAtom == q.n.DataAtom && p.endBlock-p.firstBlock == 1 && attr(p.n, "class") == attr(q.n, "class") {
			return true
		}
	}
	return false
}

func (d *document) takeDek(i int, from string) {
	b := &d.layout.blocks[i]
	d.article.Subtitle = strings.ReplaceAll(b.text, "\n", " ")
	b.drop = "subtitle"
	d.set("subtitle", d.article.Subtitle, from)
}

// readKicker finds the overline: a short line right above the headline, or the first line within its h1.
func (d *document) readKicker() {
	l := d.layout
	h := d.headline
	if h <= 0 || l.nodes[l.blocks[h].near].heading != 1 {
		return
	}
	b := &l.blocks[h-1]
	e := &l.nodes[b.near]
	if b.size > 60 || b.size < 3 || b.hints&(hintNav|hintFooter|hintShare|hintDate|hintByline|hintMeta|hintHidden) != 0 {
		return
	}
	class := strings.ToLower(attr(e.n, "class"))
	if e.n.DataAtom == atom.Span || strings.Contains(class, "kicker") || strings.Contains(class, "overline") || strings.Contains(class, "eyebrow") || strings.Contains(class, "dachzeile") || strings.Contains(class, "topline") {
		d.article.Kicker = cmp.Or(d.article.Kicker, b.text)
		d.set("kicker", b.text, "text")
	}
}
