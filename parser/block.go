package parser

import (
	"net/url"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/unicode/norm"
)

// node is one element of the body, in document order. Its subtree is the nodes from its own index to end, and the blocks
// from firstBlock to endBlock.
type node struct {
	n                    *html.Node
	parent, end          int32
	firstBlock, endBlock int32
	near                 int32 // nearest block-level element, itself included
	list, item           int32 // innermost list and list item, -1 where there is none
	quote, table, cell   int32
	pre, figure, link    int32
	heading              int8
	own, all             hint // of its own names; with those of its ancestors
}

// block is one line of the page as a reader sees it: a run of text between two block-level boundaries or empty lines.
type block struct {
	node    int32 // innermost element that holds all of it
	near    int32 // its nearest block-level element
	text    string
	inlines []inline
	size    int     // characters, ideographs and syllables counted double
	linked  int     // of these, in links
	commas  int     // commas and the like
	ends    bool    // with a full stop or the like
	bold    bool    // the whole of it
	hints   hint    // of the elements around it
	weight  float64 // above zero: probably the article's text
	drop    string  // the rule that took it out, "" while it is in
	kind    string  // as in feedmill.Block
	level   int
	lower   string // see opening
}

// openingRunes is how much of a block its opening holds.
const openingRunes = 80

// opening is the beginning of the block's text in lower case.
func (b *block) opening() string {
	if b.lower == "" {
		b.lower = strings.ToLower(firstRunes(b.text, openingRunes))
	}
	return b.lower
}

// inline is a stretch of a block within an inline element. Start and end are byte offsets into the block's text.
type inline struct {
	start, end int
	tag        atom.Atom
	url        string
}

// density is the share of a block's text that is in links.
func (b *block) density() float64 {
	if b.size == 0 {
		return 0
	}
	return float64(b.linked) / float64(b.size)
}

// isTeaser tells a block that has a line which is all link to the page's own site, with a short text on the line after it:
// the headline of another page and its first words.
func (l *layout) isTeaser(b *block) bool {
	if b.linked < 15 || b.size-b.linked > 300 {
		return false
	}
	for _, m := range b.inlines {
		if m.tag == atom.A && m.end-m.start >= 15 && m.end < len(b.text) && b.text[m.end] == '\n' && (m.start == 0 || b.text[m.start-1] == '\n') {
			return l.isOwnLink(m.url)
		}
	}
	return false
}

// isOwnLink tells a link to the site that the page is of.
func (l *layout) isOwnLink(href string) bool {
	u, err := url.Parse(href)
	if err != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	return u.Host == "" && u.Path != "" || u.Host != "" && strings.EqualFold(u.Host, l.host)
}

// layout is a page's body as elements, blocks and pictures in document order.
type layout struct {
	nodes  []node
	blocks []block
	images []imageRef
	embeds []embedRef
	host   string // of the page
}

type imageRef struct {
	node  int32
	block int32 // the first block that comes after it
	n     *html.Node
}

type embedRef struct {
	node, block int32
	n           *html.Node
}

// segmenter builds a layout in one walk over the tree.
type segmenter struct {
	layout
	rules  *ruleSet
	cur    int32
	buf    []byte
	spans  []inline
	open   []openInline
	first  int32 // innermost element that holds all text since the last flush, -1 where there is none
	space  bool  // white space is due before the next character
	breaks int   // line breaks since the last character
	hyper  int   // open links
	linked int
	strong int // characters within bold
	chars  int
	named  map[string]hint // what names say that were read before
}

type openInline struct {
	node  *html.Node
	start int
	url   string
}

// layouts are layouts that have been given back.
var layouts sync.Pool

// release gives the layout's memory to the next page. Nothing may hold a part of it.
func (l *layout) release() {
	if cap(l.nodes) > 1<<15 {
		return
	}
	clear(l.nodes)
	clear(l.blocks)
	clear(l.images)
	layouts.Put(&layout{nodes: l.nodes[:0], blocks: l.blocks[:0], images: l.images[:0]})
}

// segment lays out a body.
func segment(body *html.Node, rules *ruleSet) *layout {
	s := &segmenter{rules: rules, cur: -1, first: -1, named: make(map[string]hint, 128)}
	if used, ok := layouts.Get().(*layout); ok {
		s.nodes, s.blocks, s.images = used.nodes, used.blocks, used.images
	} else {
		s.nodes, s.blocks = make([]node, 0, 2048), make([]block, 0, 256)
	}
	n := body
	for {
		if s.enter(n) && n.FirstChild != nil {
			n = n.FirstChild
			continue
		}
		s.leave(n)
		for n != body && n.NextSibling == nil {
			n = n.Parent
			s.leave(n)
		}
		if n == body {
			break
		}
		n = n.NextSibling
	}
	s.flush()
	s.mergeHints()
	return &s.layout
}

// enter handles the start of a node and tells whether to go into it.
func (s *segmenter) enter(n *html.Node) bool {
	switch n.Type {
	case html.TextNode:
		s.text(n.Data)
		return false
	case html.ElementNode:
	default:
		return false
	}
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Object, atom.Svg, atom.Math, atom.Canvas, atom.Select,
		atom.Textarea, atom.Button, atom.Dialog, atom.Head, atom.Title, atom.Input, atom.Map, atom.Datalist, atom.Progress, atom.Meter:
		return false
	case atom.Iframe, atom.Video, atom.Audio, atom.Embed:
		s.embeds = append(s.embeds, embedRef{node: s.cur, block: int32(len(s.blocks)), n: n})
		return false
	case atom.Img:
		s.picture(n)
		return false
	case atom.Br:
		s.lineBreak()
		return false
	case atom.Wbr:
		return false
	case 0:
		switch n.Data { // of AMP
		case "amp-img", "amp-anim":
			s.picture(n)
			return false
		case "amp-iframe", "amp-video", "amp-audio":
			s.embeds = append(s.embeds, embedRef{node: s.cur, block: int32(len(s.blocks)), n: n})
			return false
		case "amp-ad", "amp-sidebar", "amp-analytics", "amp-consent", "amp-social-share", "amp-lightbox":
			return false
		}
	case atom.Hr:
		s.flush()
		return false
	}
	inlineElement := isInline(n.DataAtom)
	if !inlineElement {
		s.flush()
	}
	idx := int32(len(s.nodes))
	e := node{n: n, parent: s.cur, near: idx, firstBlock: int32(len(s.blocks)), list: -1, item: -1, quote: -1, table: -1, cell: -1, pre: -1, figure: -1, link: -1}
	if s.cur >= 0 {
		p := &s.nodes[s.cur]
		e.list, e.item, e.quote, e.table, e.cell, e.pre, e.figure, e.link, e.heading = p.list, p.item, p.quote, p.table, p.cell, p.pre, p.figure, p.link, p.heading
		if inlineElement {
			e.near = p.near
		}
	}
	switch n.DataAtom {
	case atom.Ul, atom.Ol, atom.Dl, atom.Menu:
		e.list, e.item = idx, -1
	case atom.Li, atom.Dt, atom.Dd:
		e.item = idx
	case atom.Blockquote:
		e.quote = idx
	case atom.Table:
		e.table, e.cell = idx, -1
	case atom.Td, atom.Th:
		e.cell, e.list, e.item = idx, -1, -1
	case atom.Pre, atom.Listing, atom.Xmp:
		e.pre = idx
	case atom.Figure:
		e.figure = idx
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		e.heading = int8(n.Data[1] - '0')
	case atom.A:
		e.link = idx
		s.hyper++
	}
	e.own = s.hintsOf(n)
	s.nodes = append(s.nodes, e)
	s.cur = idx
	if inlineElement && keepsInline(n.DataAtom) {
		o := openInline{node: n, start: len(s.buf)}
		if n.DataAtom == atom.A {
			o.url = attr(n, "href")
		}
		s.open = append(s.open, o)
	}
	return true
}

func (s *segmenter) picture(n *html.Node) {
	at := int32(len(s.blocks))
	if len(s.buf) > 0 {
		at++
	}
	s.images = append(s.images, imageRef{node: s.cur, block: at, n: n})
}

// leave handles the end of a node that was entered.
func (s *segmenter) leave(n *html.Node) {
	if s.cur < 0 || s.nodes[s.cur].n != n {
		return
	}
	if !isInline(n.DataAtom) {
		s.flush()
	}
	if k := len(s.open) - 1; k >= 0 && s.open[k].node == n {
		s.closeInline(s.open[k])
		s.open = s.open[:k]
	}
	if n.DataAtom == atom.A {
		s.hyper--
	}
	e := &s.nodes[s.cur]
	e.end = int32(len(s.nodes))
	e.endBlock = int32(len(s.blocks))
	if len(s.buf) > 0 {
		e.endBlock++ // the block under way is in it
	}
	s.cur = e.parent
}

// hintsOf reads what an element's name and attributes say of it.
func (s *segmenter) hintsOf(n *html.Node) hint {
	var h hint
	switch n.DataAtom {
	case atom.Body, atom.Html:
		return 0
	case atom.Nav:
		h = hintNav
	case atom.Footer:
		h = hintFooter
	case atom.Aside:
		h = hintSidebar
	case atom.Form:
		h = hintForm
	case atom.Figcaption:
		h = hintCaption
	}
	for i := range n.Attr {
		a := &n.Attr[i]
		switch a.Key {
		case "class", "id", "data-testid", "data-component", "data-qa", "data-type", "data-block":
			if a.Val == "" {
				continue
			}
			said, ok := s.named[a.Val]
			if !ok {
				said = s.rules.nameHints(a.Val)
				s.named[a.Val] = said
			}
			h |= said
		case "role":
			switch a.Val {
			case "navigation", "menu", "menubar", "search", "tablist":
				h |= hintNav
			case "banner":
				h |= hintHeader
			case "contentinfo":
				h |= hintFooter
			case "complementary":
				h |= hintSidebar
			case "dialog", "alertdialog":
				h |= hintPromo
			}
		case "itemprop":
			switch a.Val {
			case "articleBody":
				h |= hintBody
			case "author", "creator":
				h |= hintByline
			case "datePublished", "dateModified":
				h |= hintDate
			case "headline":
				h |= hintTitle
			case "caption":
				h |= hintCaption
			case "comment":
				h |= hintComment
			}
		case "hidden":
			h |= hintHidden
		case "style":
			if isHidingStyle(a.Val) {
				h |= hintHidden
			}
		}
	}
	return h
}

func isHidingStyle(style string) bool {
	i := strings.Index(style, "display")
	if i < 0 {
		return false
	}
	rest := strings.TrimLeft(style[i+len("display"):], " ")
	return strings.HasPrefix(rest, ":") && strings.HasPrefix(strings.TrimLeft(rest[1:], " "), "none")
}

// keepsInline tells the inline elements that a block's text remembers.
func keepsInline(a atom.Atom) bool {
	switch a {
	case atom.A, atom.B, atom.Strong, atom.I, atom.Em, atom.Code, atom.Sub, atom.Sup, atom.U, atom.S, atom.Del, atom.Ins, atom.Mark, atom.Q, atom.Cite, atom.Small, atom.Kbd:
		return true
	}
	return false
}

// text appends a text node to the block under way.
func (s *segmenter) text(data string) {
	pre := s.cur >= 0 && s.nodes[s.cur].pre >= 0
	if mayCompose(data) && !norm.NFC.IsNormalString(data) {
		data = norm.NFC.String(data)
	}
	inBold := false
	for i := len(s.open) - 1; i >= 0; i-- {
		if a := s.open[i].node.DataAtom; a == atom.B || a == atom.Strong {
			inBold = true
			break
		}
	}
	for i := 0; i < len(data); {
		c := data[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c == '\n' && pre:
				s.newline()
				continue
			case c == ' ' || c >= '\t' && c <= '\r':
				if pre && len(s.buf) > 0 && !s.space {
					s.buf = append(s.buf, ' ')
					continue
				}
				s.space = true
				continue
			case c < ' ' || c == 0x7f:
				continue
			}
			j := i
			for j < len(data) && data[j] > ' ' && data[j] < 0x7f {
				j++
			}
			s.begin()
			s.buf = append(s.buf, data[i-1:j]...)
			s.count(j-i+1, inBold)
			i = j
			continue
		}
		r, n := utf8.DecodeRuneInString(data[i:])
		i += n
		switch {
		case unicode.IsSpace(r):
			s.space = true
			continue
		case isDropped(r):
			continue
		}
		s.begin()
		s.buf = utf8.AppendRune(s.buf, r)
		if isWide(r) {
			s.count(2, inBold)
		} else {
			s.count(1, inBold)
		}
	}
}

// mayCompose tells a text with a character at or above U+0300: all below stand alone in Unicode normal form C.
func mayCompose(s string) bool {
	for i := range len(s) {
		if s[i] >= 0xcc {
			return true
		}
	}
	return false
}

// isWide tells ideographs, kana and Hangul, which say more than a letter does.
func isWide(r rune) bool {
	return r >= 0x2e80 && r <= 0x9fff || r >= 0xac00 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff || r >= 0x20000 && r <= 0x3ffff
}

func (s *segmenter) count(n int, inBold bool) {
	s.chars += n
	if s.hyper > 0 {
		s.linked += n
	}
	if inBold {
		s.strong += n
	}
}

// begin is called before a character is appended: it writes the white space or line break that is due.
func (s *segmenter) begin() {
	if s.first < 0 {
		s.first = s.cur
	} else {
		for s.nodes[s.first].end != 0 { // it was left: what holds all the text is further up
			s.first = s.nodes[s.first].parent
		}
	}
	if len(s.buf) > 0 {
		switch {
		case s.breaks > 0:
			s.buf = append(s.buf, '\n')
		case s.space:
			s.buf = append(s.buf, ' ')
		}
		if s.breaks > 0 || s.space {
			at := len(s.buf)
			for i := len(s.open) - 1; i >= 0 && s.open[i].start == at-1; i-- {
				s.open[i].start = at
			}
		}
	} else {
		for i := range s.open {
			s.open[i].start = 0
		}
	}
	s.space, s.breaks = false, 0
}

func (s *segmenter) newline() {
	if len(s.buf) > 0 {
		s.buf = append(s.buf, '\n')
	}
	s.space = false
}

// lineBreak handles br: two in a row end a paragraph.
func (s *segmenter) lineBreak() {
	if len(s.buf) == 0 {
		return
	}
	s.breaks++
	if s.breaks > 1 {
		s.flush()
	}
}

func (s *segmenter) closeInline(o openInline) {
	if len(s.buf) > o.start {
		s.spans = append(s.spans, inline{start: o.start, end: len(s.buf), tag: o.node.DataAtom, url: o.url})
	}
}

// flush ends the block under way.
func (s *segmenter) flush() {
	if len(s.buf) > 0 {
		for i := range s.open {
			s.closeInline(s.open[i])
		}
		text := strings.TrimRight(string(s.buf), " \n")
		for s.nodes[s.first].end != 0 && s.nodes[s.first].parent >= 0 {
			s.first = s.nodes[s.first].parent
		}
		b := block{node: s.first, near: s.nodes[s.first].near, text: text, size: s.chars, linked: s.linked, bold: s.strong*10 >= s.chars*9}
		if len(s.spans) > 0 {
			b.inlines = append([]inline(nil), s.spans...)
			for i := range b.inlines {
				b.inlines[i].end = min(b.inlines[i].end, len(text))
			}
		}
		b.commas, b.ends = punctuation(text)
		s.blocks = append(s.blocks, b)
		s.buf, s.spans = s.buf[:0], s.spans[:0]
	}
	for i := range s.open {
		s.open[i].start = 0
	}
	s.first, s.space, s.breaks, s.linked, s.strong, s.chars = -1, false, 0, 0, 0, 0
}

// punctuation counts the commas of a text and tells whether it ends as a sentence does.
func punctuation(text string) (commas int, ends bool) {
	for i := range len(text) {
		if c := text[i]; c == ',' || c == ';' {
			commas++
		}
	}
	commas += strings.Count(text, "，") + strings.Count(text, "、") + strings.Count(text, "،")
	end := strings.TrimRight(text, " \"'”’»)]“«›」』）*")
	r, _ := utf8.DecodeLastRuneInString(end)
	switch r {
	case '.', '!', '?', ':', '…', '。', '！', '？', '।', '؟', '۔', '；', ';', '：':
		return commas, true
	}
	return commas, false
}

// mergeHints gives every element the hints of its ancestors and every block those of its element. Names guess wrong: a
// hint of furniture on an element that holds much of the page's sentences ("has-sidebar", "comment-open"), or one that
// is on most of the page's sentences altogether ("widget" of a page builder), is left out.
func (s *segmenter) mergeHints() {
	sums := make([]int, len(s.blocks)+1)
	for i := range s.blocks {
		b := &s.blocks[i]
		n := 0
		if b.size >= 60 && (b.ends || b.commas >= 3) && b.linked*3 < b.size*2 {
			n = b.size - b.linked
		}
		sums[i+1] = sums[i] + n
	}
	total := float64(sums[len(s.blocks)])
	for i := range s.nodes {
		e := &s.nodes[i]
		if e.own&^(hintBody|hintForm) != 0 && total > 0 {
			first, last := min(int(e.firstBlock), len(s.blocks)), min(int(e.endBlock), len(s.blocks))
			share := float64(sums[last]-sums[first]) / total
			if e.own&hintNoProse != 0 && s.holdsProse(first, last) {
				e.own &^= hintNoProse
			}
			switch {
			case share > 0.9 && e.own&hintComment != 0 && s.articleOutside(first, last):
				e.own &= hintBody | hintForm | hintComment
			case share > 0.9, share > 0.4 && e.own&(hintComment|hintHidden) == 0:
				e.own &= hintBody | hintForm
			}
		}
	}
	s.inheritHints()
	var under [len(hintNames)]int
	for i := range s.blocks {
		if n := sums[i+1] - sums[i]; n > 0 {
			for bit := range under {
				if s.blocks[i].hints&(1<<bit) != 0 {
					under[bit] += n
				}
			}
		}
	}
	var wrong hint
	for bit, n := range under {
		limit := 0.6
		if h := hint(1 << bit); h == hintComment || h == hintHidden {
			limit = 0.92 // readers may well write more than the author, and hidden text may be all there is
		}
		if float64(n) > limit*total && !(hint(1<<bit) == hintComment && s.articleOutside(0, 0)) {
			wrong |= 1 << bit
		}
	}
	if wrong &= hintFurniture | hintDek | hintTitle | hintByline | hintDate | hintCaption | hintCredit | hintPullquote | hintGallery; wrong != 0 {
		for i := range s.nodes {
			s.nodes[i].own &^= wrong
		}
		s.inheritHints()
	}
}

// articleOutside tells whether there is an article that a thread of comments, however long, can be about: an h1 with
// paragraphs soon after it, outside some blocks and what is called comments already.
func (l *layout) articleOutside(first, last int) bool {
	long, size, after := 0, 0, -1
	for i := range l.blocks {
		if i >= first && i < last {
			continue
		}
		b := &l.blocks[i]
		e := &l.nodes[b.near]
		switch {
		case b.hints&(hintComment|hintNav|hintFooter|hintConsent|hintSidebar|hintRelated) != 0:
		case e.heading == 1:
			after, long, size = i, 0, 0
		case after >= 0 && i-after <= 30 && b.size >= 120 && b.ends && b.linked*4 < b.size:
			long++
			size += b.size
			if long >= 2 && size >= 400 {
				return true
			}
		}
	}
	return false
}

// hintNoProse are the hints of what holds labels and links and never paragraphs.
const hintNoProse = hintShare | hintTOC | hintMeta | hintNav | hintDate | hintTitle

// holdsProse tells blocks that are paragraphs for the most part: three long ones at least, or two without much else.
func (l *layout) holdsProse(first, last int) bool {
	long, prose, size := 0, 0, 0
	for i := first; i < last; i++ {
		b := &l.blocks[i]
		size += b.size
		if b.size >= 120 && b.ends && b.linked*4 < b.size {
			long++
			prose += b.size
		}
	}
	return long >= 3 && prose*2 > size || long == 2 && prose*4 > size*3
}

func (l *layout) inheritHints() {
	for i := range l.nodes {
		e := &l.nodes[i]
		e.all = e.own
		if e.parent >= 0 {
			e.all |= l.nodes[e.parent].all
		}
	}
	for i := range l.blocks {
		b := &l.blocks[i]
		b.hints = l.nodes[b.node].all
	}
}

// trustAround drops the hints that cannot be right of elements around the headline: an element that holds it is no list
// of comments or of other articles.
func (l *layout) trustAround(headline int) {
	const wrong = hintComment | hintRelated | hintShare | hintAd | hintPromo | hintMeta | hintBio | hintSidebar | hintGallery | hintCaption | hintTOC | hintConsent
	changed := false
	for i := l.nodes[l.blocks[headline].near].parent; i >= 0; i = l.nodes[i].parent {
		if e := &l.nodes[i]; e.own&wrong != 0 && e.endBlock-e.firstBlock > 3 {
			e.own &^= wrong
			changed = true
		}
	}
	if changed {
		l.inheritHints()
	}
}

// under tells whether node i is in the subtree of node top.
func (l *layout) under(i, top int32) bool {
	return top >= 0 && i >= top && i < l.nodes[top].end
}
