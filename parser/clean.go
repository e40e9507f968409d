package parser

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/feedmill/feedmill"
)

// maxRemoved bounds, in bytes, what a record keeps of the removed text.
const maxRemoved = 2 << 10

// selectBody chooses the container and marks every block of it as kept or dropped. Two candidates guard against each
// other: where the one that trusts names holds only a small part of the page's sentences, the one that trusts hardly any
// name is tried; and where the page's JSON-LD has another text than the page shows, that one is taken.
func (d *document) selectBody() {
	l := d.layout
	weigh(l, d.rules)
	if d.readRuledBody() {
		return
	}
	d.body.method = "container"
	size := d.tryBody()
	if all := l.sentences(); size < all/3 && d.x.without != "guard" {
		before := make([]string, len(l.blocks))
		kept, container := slices.Clone(d.body.kept), d.body.container
		for i := range l.blocks {
			b := &l.blocks[i]
			before[i] = b.drop
			if !d.isElsewhere(i) {
				b.drop = ""
			}
			b.hints &= hintNav | hintFooter | hintConsent | hintBody
		}
		weigh(l, d.rules)
		if other := d.tryBody(); other > 2*size {
			size = other
			d.body.method = "sentences"
			d.explain.step("guard", "names of elements are not trusted here: %d characters instead of %d", other, size)
		} else {
			for i := range l.blocks {
				l.blocks[i].drop = before[i]
			}
			d.body.kept, d.body.container = kept, container
		}
	}
	if d.x.beforeModel != nil {
		d.x.beforeModel(d)
		return
	}
	if d.takeLinkedBody(size) {
		return
	}
	size = d.classify(size)
	d.explain.step("body", "%d of %d blocks of the page kept, %d characters", len(d.body.kept), len(l.blocks), size)
}

// tryBody chooses by the weights that the blocks have, and returns the size of what it keeps.
func (d *document) tryBody() int {
	l := d.layout
	d.body.kept = nil
	d.body.container = -1
	list := containers(l)
	if len(list) == 0 {
		return d.labelledBody()
	}
	best := list[0]
	if d.x.without != "own article" {
		best = d.ownArticle(list, best)
	}
	best = innermost(l, list, best)
	d.body.container = best.node
	d.explain.containers(l, list, best.node)
	n := &l.nodes[best.node]
	first, last := int(n.firstBlock), min(int(n.endBlock), len(l.blocks))
	for _, step := range [...]struct {
		name string
		take func()
	}{
		{"furniture and prompts", func() { d.markFurniture(first, last) }},
		{"link lists", func() { d.pruneLists(best.node) }},
		{"repeated copies", func() { d.dropRepeats(first, last) }},
		{"related sections", func() { d.cutSections(best.node) }},
		{"start trimmer", func() { d.trimStart(first, last) }},
		{"tail trimmer", func() { d.trimEnd(first, last) }},
	} {
		if step.name != d.x.without {
			step.take()
		}
	}
	size := 0
	for i := first; i < last; i++ {
		if b := &l.blocks[i]; b.drop == "" {
			d.body.kept = append(d.body.kept, i)
			size += b.size
		}
	}
	return size
}

// ownArticle goes from a container that holds several article elements, as pages do that go on with the next article, to
// the one of them that the headline is in, where the text outside it is that of the others.
func (d *document) ownArticle(list []candidate, best candidate) candidate {
	l := d.layout
	if d.headline < 0 {
		return best
	}
	for i := l.blocks[d.headline].near; i > best.node; i = l.nodes[i].parent {
		if l.nodes[i].n.DataAtom != atom.Article || !l.under(i, best.node) {
			continue
		}
		k := slices.IndexFunc(list, func(c candidate) bool { return c.node == i })
		if k < 0 || list[k].good < 0.25*best.good || list[k].good < 600 {
			continue
		}
		others := 0.0
		for _, c := range list {
			if e := &l.nodes[c.node]; e.n.DataAtom == atom.Article && l.under(c.node, best.node) && !l.under(c.node, i) && l.outerArticle(c.node) < 0 {
				others += c.good
			}
		}
		if list[k].good+others > 0.9*best.good && others > 0 {
			return list[k]
		}
	}
	return best
}

// outerArticle is the article element that another stands in, -1 where it stands in none.
func (l *layout) outerArticle(i int32) int32 {
	for i = l.nodes[i].parent; i >= 0; i = l.nodes[i].parent {
		if l.nodes[i].n.DataAtom == atom.Article {
			return i
		}
	}
	return -1
}

// labelledBody keeps the paragraphs of the whole page, for pages where no element holds more text than furniture.
func (d *document) labelledBody() int {
	l := d.layout
	size := 0
	d.markFurniture(0, len(l.blocks))
	for i := range l.blocks {
		if b := &l.blocks[i]; l.isParagraph(b) {
			d.body.kept = append(d.body.kept, i)
			size += b.size
		}
	}
	return size
}

// isElsewhere tells a block that another field of the article holds: headline, dek, or a picture's caption.
func (d *document) isElsewhere(i int) bool {
	if i == d.headline {
		return true
	}
	switch d.layout.blocks[i].drop {
	case "subtitle", "caption":
		return true
	}
	return false
}

// sentences is the size of all that reads like running text on the page, whatever its place is called.
func (l *layout) sentences() int {
	n := 0
	for i := range l.blocks {
		b := &l.blocks[i]
		if b.size >= 80 && (b.ends || b.size >= 150) && b.linked*3 < b.size && b.hints&(hintNav|hintFooter|hintConsent|hintComment) == 0 {
			n += b.size
		}
	}
	return n
}

// takeLinkedBody takes the text that the page's JSON-LD states, where the page itself shows another or hardly any.
func (d *document) takeLinkedBody(size int) bool {
	text := d.meta.ld.body
	if len(text) < 200 || len(d.body.blocks) > 0 || d.x.without == "JSON-LD candidate" {
		return false
	}
	paragraphs := linkedParagraphs(text)
	want := 0
	shown := make(map[string]bool, 512)
	for _, i := range d.body.kept {
		for _, w := range words(d.layout.blocks[i].text) {
			shown[w] = true
		}
	}
	total, found := 0, 0
	for _, p := range paragraphs {
		want += len(p)
		for _, w := range words(p) {
			total++
			if shown[w] {
				found++
			}
		}
	}
	if want < 200 || total == 0 || size*3 > want && found*10 > total*4 {
		return false
	}
	d.body.method = "json-ld"
	d.body.kept = nil
	for _, p := range paragraphs {
		d.body.blocks = append(d.body.blocks, outBlock{kind: feedmill.BlockParagraph, text: p})
	}
	d.set("text", "articleBody", "json-ld")
	d.explain.step("body", "taken from JSON-LD: %d paragraphs; the page shows %d characters of its %d", len(paragraphs), size, want)
	return true
}

// linkedParagraphs parts a text, which may hold markup, into its paragraphs.
func linkedParagraphs(text string) []string {
	if strings.Contains(text, "&lt;") {
		text = html.UnescapeString(text)
	}
	if strings.Contains(text, "</p>") || strings.Contains(text, "<br") {
		text = strings.NewReplacer("\n", " ", "</p>", "\n", "<br>", "\n", "<br/>", "\n", "<br />", "\n").Replace(text)
	}
	var out []string
	for p := range strings.SplitSeq(text, "\n") {
		if p = plainText(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// noteRemoved notes what was taken out of the container, within the bound. Readers' comments are never noted, nor is what
// stands in another field of the article.
func (d *document) noteRemoved() {
	l := d.layout
	first, last := 0, len(l.blocks)
	if c := d.body.container; c >= 0 {
		first, last = int(l.nodes[c].firstBlock), min(int(l.nodes[c].endBlock), last)
	} else if !d.feedOnly {
		return
	}
	var fields []string
	for i := first; i < last && d.body.removed < maxRemoved; i++ {
		b := &l.blocks[i]
		if b.drop == "" || b.text == "" || b.drop == "before" || b.drop == "after" || b.hints&(hintComment|hintNav|hintFooter|hintConsent|hintHidden) != 0 {
			continue
		}
		if fields == nil {
			fields = d.fieldTexts()
		}
		if d.standsElsewhere(b, fields) {
			continue
		}
		text := cutRunes(b.text, min(maxRemoved-d.body.removed, 400))
		if text == "" {
			return
		}
		d.body.removed += len(text)
		reason, rule, _ := strings.Cut(b.drop, "/")
		d.article.Removed = append(d.article.Removed, feedmill.Removed{Text: text, Reason: reason, Rule: rule})
	}
}

// fieldTexts are the texts of the article's other fields, the longer first.
func (d *document) fieldTexts() []string {
	a := d.article
	list := []string{a.Title, a.Subtitle, a.Kicker, a.Description.Text, a.Byline.Raw, a.Byline.Agency, a.Section, a.Published.Raw, a.Modified.Raw, a.Source.Name}
	for i := range a.Byline.Authors {
		list = append(list, a.Byline.Authors[i].Name)
	}
	for i := range d.body.pictures {
		im := &d.body.pictures[i].image
		list = append(list, im.Caption, im.CreditRaw)
	}
	list = slices.DeleteFunc(list, func(s string) bool { return s == "" })
	slices.SortStableFunc(list, func(x, y string) int { return len(y) - len(x) })
	return list
}

// standsElsewhere tells a block of which nothing is left when the texts of other fields are taken out of it, save the word
// before a name, and dates where the article has one. Marks without a letter stand nowhere else.
func (d *document) standsElsewhere(b *block, fields []string) bool {
	rest := strings.ReplaceAll(b.text, "\n", " ")
	if !hasLetter(rest) {
		return false
	}
	found := false
	for _, f := range fields {
		if strings.Contains(rest, f) {
			rest = strings.Replace(rest, f, " ", 1)
			found = true
		}
	}
	rest = strings.TrimSpace(rest)
	if word, ok := cutBylineWord(rest); ok && found {
		rest = word
	}
	if !hasLetter(rest) {
		return found
	}
	return d.article.Published.Value != "" && b.drop != "caption" && looksLikeDate(rest)
}

// cutRunes cuts s to at most n bytes, between characters.
func cutRunes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// markFurniture drops, block by block, what is never part of a body.
func (d *document) markFurniture(first, last int) {
	l := d.layout
	for i := first; i < last; i++ {
		b := &l.blocks[i]
		e := &l.nodes[b.near]
		lower := b.opening()
		short := b.size < 250
		density := b.density()
		if b.drop != "" {
			continue // a caption or subtitle
		}
		kind := ""
		if short {
			kind = d.rules.phraseKind(lower)
		}
		switch {
		case b.hints&hintFurniture != 0:
			b.drop = "furniture/" + (b.hints & hintFurniture).name()
		case i == d.headline || d.article.Title != "" && b.size < 300 && sameWords(b.text, d.article.Title):
			b.drop = "headline"
		case e.figure >= 0 && b.size < 600 || b.hints&(hintCaption|hintCredit) != 0 && b.size < 600:
			b.drop = "caption/box"
		case b.hints&hintPullquote != 0 && b.size < 400:
			b.drop = "pullquote"
		case b.hints&(hintByline|hintDate) != 0 && b.size < 200 && !(b.ends && b.size > 80):
			b.drop = "byline"
		case b.size < 60 && d.rules.isLine("furniture", lower):
			b.drop = "furniture/line"
		case b.size < 60 && d.rules.isLine("endhead", lower):
			b.drop = "related/heading"
		case kind == "promo":
			b.drop = "prompt/promo"
		case kind == "prompt" && (density > 0.3 || b.size < 40):
			b.drop = "prompt/related"
		case kind == "prompt" && b.size < 140 && !b.ends:
			b.drop = "prompt/related"
		case density > 0.9 && b.commas < 3 && e.heading == 0 && e.item < 0 && b.size > 20 && !l.inTable(b.near):
			b.drop = "links"
		case l.isTeaser(b):
			b.drop = "related/teaser"
		case !hasLetter(b.text):
			b.drop = "residue"
		}
	}
}

// hasLetter tells text from bars, bullets and arrows.
func hasLetter(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			return true
		}
	}
	for _, r := range s {
		if r >= 0xc0 && r != 0xd7 && r != 0xf7 && !(r >= 0x2000 && r < 0x2c00) && !(r >= 0x3000 && r < 0x3040) && !(r >= 0xe000 && r < 0xf900) {
			return true
		}
	}
	return false
}

func (l *layout) inTable(i int32) bool { return l.nodes[i].cell >= 0 && l.nodes[i].table >= 0 }

// pruneLists drops the lists and boxes within the container that are mostly links, with the heading that announces them.
func (d *document) pruneLists(top int32) {
	l := d.layout
	for i := top + 1; i < l.nodes[top].end; i++ {
		e := &l.nodes[i]
		switch e.n.DataAtom {
		case atom.Ul, atom.Ol, atom.Dl, atom.Div, atom.Section, atom.Aside, atom.Table, atom.Form, atom.Footer, atom.Header, atom.Menu, atom.Nav:
		default:
			continue
		}
		first, last := int(e.firstBlock), min(int(e.endBlock), len(l.blocks))
		if last <= first {
			i = max(i, e.end-1)
			continue
		}
		size, linked, good, blocks := 0, 0, 0.0, 0
		for k := first; k < last; k++ {
			b := &l.blocks[k]
			if b.drop != "" && b.drop != "links" {
				continue
			}
			blocks++
			size += b.size
			linked += b.linked
			good += max(b.weight, 0)
		}
		if size == 0 {
			continue
		}
		density := float64(linked) / float64(size)
		isList := e.n.DataAtom == atom.Ul || e.n.DataAtom == atom.Ol || e.n.DataAtom == atom.Menu
		switch {
		case isList && density > 0.6 && (good < 40 || density > 0.85):
		case !isList && density > 0.5 && good < 60 && blocks > 1:
		case e.own&hintForm != 0 && good < 200:
		default:
			continue
		}
		for k := first; k < last; k++ {
			if l.blocks[k].drop == "" {
				l.blocks[k].drop = "links/list"
			}
		}
		if k := first - 1; k >= int(l.nodes[top].firstBlock) && isList {
			if b := &l.blocks[k]; b.drop == "" && b.size < 80 && (l.nodes[b.near].heading > 0 || b.bold) {
				b.drop = "links/heading"
			}
		}
		i = e.end - 1
	}
}

// isParagraph tells a block that is surely running text.
func (l *layout) isParagraph(b *block) bool {
	return b.drop == "" && b.weight >= 30 && l.nodes[b.near].heading == 0 && (b.ends || b.size > 200)
}

// dropRepeats drops what the page has once more elsewhere in the tree: the copy for another width of screen. A refrain
// stands beside what it repeats and stays.
func (d *document) dropRepeats(first, last int) {
	l := d.layout
	said := make(map[string]int32, last-first) // text -> the element that holds it
	for i := first; i < last; i++ {
		b := &l.blocks[i]
		if b.drop != "" || b.size < 40 || l.nodes[b.near].pre >= 0 || l.inTable(b.near) {
			continue
		}
		in := l.nodes[b.near].parent
		if before, ok := said[b.text]; ok && before != in {
			b.drop = "repeated"
			continue
		}
		said[b.text] = in
	}
}

// cutSections drops the sections that a heading such as "Related resources" opens, once enough of the article is past.
func (d *document) cutSections(top int32) {
	l := d.layout
	first, last := int(l.nodes[top].firstBlock), min(int(l.nodes[top].endBlock), len(l.blocks))
	good, before := 0.0, -1
	for i := first; i < last; i++ {
		b := &l.blocks[i]
		if b.drop == "related/heading" && good > 800 && before >= 0 {
			section := int32(-1)
			for k := b.near; k >= 0 && k != top && int(l.nodes[k].firstBlock) > before; k = l.nodes[k].parent {
				section = k
			}
			if section >= 0 && int(l.nodes[section].firstBlock) >= i-1 {
				for k := i; k < min(int(l.nodes[section].endBlock), last); k++ {
					if l.blocks[k].drop == "" {
						l.blocks[k].drop = "related/section"
					}
				}
			}
		}
		if b.drop == "" && b.weight > 0 {
			good += b.weight
			if l.isParagraph(b) {
				before = i
			}
		}
	}
}

// trimStart drops what stands before the first paragraph: headline, dek, date line, teaser lists.
func (d *document) trimStart(first, last int) {
	l := d.layout
	if h := d.headline; h >= first && h < last {
		before, after := 0.0, 0.0
		for i := first; i < last; i++ {
			if l.blocks[i].drop != "" {
				continue
			}
			if i < h {
				before += max(l.blocks[i].weight, 0)
			} else {
				after += max(l.blocks[i].weight, 0)
			}
		}
		if after > before {
			for i := first; i < h; i++ {
				if l.blocks[i].drop == "" {
					l.blocks[i].drop = "before/headline"
				}
			}
		}
	}
	start := first
	for start < last && !l.isParagraph(&l.blocks[start]) {
		start++
	}
	if start == last {
		return
	}
	for i := first; i < start; i++ {
		b := &l.blocks[i]
		if b.drop != "" || d.opens(i, start) {
			continue
		}
		b.drop = "start"
	}
}

// opens tells whether a block before the first paragraph may stay: a sentence, a sub-heading right above the paragraph
// and beside it in the tree, or a list item.
func (d *document) opens(i, start int) bool {
	l := d.layout
	b := &l.blocks[i]
	e := &l.nodes[b.near]
	same := e.parent == l.nodes[l.blocks[start].near].parent || e.near == l.blocks[start].near
	switch {
	case b.hints&(hintByline|hintDate|hintDek|hintTitle) != 0:
		return false
	case looksLikeByline(b.text) || looksLikeDate(b.text):
		return false
	case e.heading > 1 && same && i == start-1:
		return true
	case e.heading > 0:
		return false
	case b.ends && b.size >= 15 && same && b.density() < 0.3:
		return true
	case e.item >= 0 && b.size > 30 && b.density() < 0.3:
		return true
	}
	return false
}

// trimEnd drops what comes after the last paragraph.
func (d *document) trimEnd(first, last int) {
	l := d.layout
	d.cutAfterEndHeading(first, last)
	for i := last - 1; i >= first; i-- {
		b := &l.blocks[i]
		if b.drop != "" {
			continue
		}
		if d.closes(b) {
			return
		}
		b.drop = "end"
	}
}

// closes tells whether a block may be the last of a body.
func (d *document) closes(b *block) bool {
	l := d.layout
	e := &l.nodes[b.near]
	lower := b.opening()
	kind := d.rules.phraseKind(lower)
	switch {
	case e.heading > 0:
		return false
	case kind == "tail" && b.size < 300:
		return false
	case kind != "" && (b.size < 200 || b.density() > 0.2):
		return false
	case e.item >= 0 || e.cell >= 0 && e.table >= 0:
		return b.density() < 0.5 && b.size > 10
	case b.density() > 0.5:
		return false
	case looksLikeByline(b.text) || looksLikeDate(b.text):
		return false
	case b.ends:
		return b.size >= 10
	case e.quote >= 0 || e.pre >= 0:
		return true
	}
	return b.size >= 60
}

// cutAfterEndHeading drops everything from a heading such as "Related stories" on, where hardly any text follows it.
func (d *document) cutAfterEndHeading(first, last int) {
	l := d.layout
	total := 0.0
	for i := first; i < last; i++ {
		if l.blocks[i].drop == "" {
			total += max(l.blocks[i].weight, 0)
		}
	}
	sofar := 0.0
	for i := first; i < last; i++ {
		b := &l.blocks[i]
		if b.drop == "" {
			sofar += max(b.weight, 0)
		}
		if b.drop == "related/heading" && sofar > 0.75*total {
			for k := i; k < last; k++ {
				if l.blocks[k].drop == "" {
					l.blocks[k].drop = "related/after-heading"
				}
			}
			return
		}
	}
}
