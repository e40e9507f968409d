package parser

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/atom"
)

// traits are what the characters of a block's text tell, counted in one pass.
type traits struct {
	runes, letters, uppers, digits, words uint32
	first, last                           rune
	marks                                 mark
}

// mark is a set of signs that a text holds.
type mark uint16

const (
	markBar mark = 1 << iota
	markDot
	markSlash
	markAt
	markURL
	markCopyright
	markArrow
	markColon
	markQuestion
	markQuote
)

// readTraits counts the characters of a text.
func readTraits(text string) traits {
	var t traits
	in := false
	for i := 0; i < len(text); {
		c := text[i]
		r, n := rune(c), 1
		if c >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(text[i:])
		}
		t.runes++
		letter := false
		switch {
		case c >= 'a' && c <= 'z':
			t.letters++
			letter = true
		case c >= 'A' && c <= 'Z':
			t.letters++
			t.uppers++
			letter = true
		case c >= '0' && c <= '9':
			t.digits++
			letter = true
		case c == '|':
			t.marks |= markBar
		case c == '/':
			if i > 0 && text[i-1] == ':' {
				t.marks |= markURL
			} else {
				t.marks |= markSlash
			}
		case c == '@':
			t.marks |= markAt
		case c == ':':
			t.marks |= markColon
		case c == '?':
			t.marks |= markQuestion
		case c == '"':
			t.marks |= markQuote
		case c < utf8.RuneSelf:
		case r == '©':
			t.marks |= markCopyright
		case r == '·' || r == '•' || r == '●':
			t.marks |= markDot
		case r == '»' || r == '›' || r == '→' || r == '▶' || r == '►':
			t.marks |= markArrow
		case r == '“' || r == '”' || r == '„' || r == '«':
			t.marks |= markQuote
		case unicode.IsLetter(r):
			t.letters++
			letter = true
			if unicode.IsUpper(r) {
				t.uppers++
			}
		}
		if letter && !in {
			t.words++
		}
		in = letter
		if i == 0 {
			t.first = r
		}
		t.last = r
		i += n
	}
	return t
}

// blockFeatures are the features of the block classifier, in the order of a row. A change here needs new weights.
var blockFeatures = func() []string {
	own := []string{
		"size", "word length", "density", "links", "commas", "ends", "bold", "apart", "heading", "item", "quote", "cell", "pre", "figure",
		"digits", "uppers", "first", "last", "marks bar", "marks at", "marks url", "marks copyright", "marks arrow", "marks colon", "marks question", "marks quote", "marks dot", "lines",
		"phrase", "line", "tag", "depth", "weight", "kept", "drop", "inside", "levels", "under container", "parent good", "parent density", "parent blocks", "parent kept", "near blocks",
		"signature good", "signature kept", "signature count", "parent signature kept", "relative place", "good before", "good after", "to previous", "to next", "to headline", "page blocks",
		"title", "repeated", "date", "byline", "teaser", "wide", "linked body", "description",
		"heading before", "heading before kept", "heading before line", "heading next", "heading before level",
		"container share", "container good", "container paragraphs", "hints below", "previous alike", "next alike",
		"other article", "said before", "list density", "list blocks", "list kept", "good in parent before", "good in parent after", "run before", "run after",
	}
	for _, n := range hintNames {
		own = append(own, "hint "+n)
	}
	for _, n := range stems {
		own = append(own, "stem "+n)
	}
	for _, side := range [...]string{"-2", "-1", "+1", "+2"} {
		for _, f := range [...]string{"size", "density", "ends", "heading", "kept", "weight", "alike", "drop"} {
			own = append(own, f+" "+side)
		}
	}
	return own
}()

// stems are parts of names that may tell something of a block and are left to the classifier to judge.
var stems = [...]string{
	"box", "fact", "embed", "tweet", "twitter", "instagram", "summary", "key", "highlight", "product", "price", "cta", "faq", "modal", "accordion",
	"collapse", "expand", "quote", "list", "card", "widget", "teaser", "block", "content", "text", "paragraph", "lead", "intro", "foot", "note",
	"disclaimer", "legal", "video", "media", "table", "info", "read", "more", "head", "aside",
}

// stemsOf returns the stems in the class and id of an element.
func (f *featureReader) stemsOf(i int32) uint64 {
	if f.stemsAt[i] != 0 {
		return f.stemsAt[i] &^ stemsRead
	}
	n := f.l.nodes[i].n
	set := uint64(0)
	for k := range n.Attr {
		if a := &n.Attr[k]; a.Val != "" && (a.Key == "class" || a.Key == "id") {
			s, ok := f.stemSets[a.Val]
			if !ok {
				s = stemsIn(strings.ToLower(a.Val))
				f.stemSets[a.Val] = s
			}
			set |= s
		}
	}
	f.stemsAt[i] = set | stemsRead
	return set
}

// stemsBy are the stems by their first letter.
var stemsBy = func() (by ['z' + 1][]int) {
	for k, stem := range stems {
		by[stem[0]] = append(by[stem[0]], k)
	}
	return by
}()

// stemsIn returns the stems in a name.
func stemsIn(lower string) uint64 {
	set := uint64(0)
	for i := range len(lower) {
		if c := lower[i]; c <= 'z' {
			for _, k := range stemsBy[c] {
				if strings.HasPrefix(lower[i:], stems[k]) {
					set |= 1 << k
				}
			}
		}
	}
	return set
}

// stemsRead marks an element whose stems have been read.
const stemsRead = 1 << 63

// dropCodes number the first words of the rules' reasons for the classifier.
var dropCodes = [...]string{"", "furniture", "headline", "subtitle", "caption", "pullquote", "byline", "related", "prompt", "links", "residue", "before", "start", "end", "kicker"}

func dropCode(drop string) float32 {
	reason, _, _ := strings.Cut(drop, "/")
	for i, d := range dropCodes {
		if d == reason {
			return float32(i)
		}
	}
	return float32(len(dropCodes))
}

// featureReader makes the rows of one page's blocks.
type featureReader struct {
	d         *document
	l         *layout
	kept      []bool
	good      []float64 // running sums of the positive weights
	keptGood  []float64
	keptCount []int32
	linked    []int32 // running sums
	sizes     []int32
	node      *node // the container, nil where there is none
	first     int
	last      int
	signs     []int32 // signature of each block
	parents   []int32
	bySign    map[signature]int32
	signGood  []float64
	signKept  []int32
	signCount []int32
	prevKept  []int32 // index of the kept block before
	nextKept  []int32
	heads     []int32 // index of the heading before, within the page
	nextHead  []int32
	repeated  map[string]int32
	before    []int32 // how often the text was said before
	stemSets  map[string]uint64
	stemsAt   []uint64 // of each element, once it has been asked for
	article   int32    // the article element around the headline, -1 for none
	title     *wordSet
	ld        *wordSet
	headKind  float32 // of the heading headOf, as lineKind has it
	headOf    int32
	sentences float64
}

// signature is what blocks of one kind have in common: the element and its class.
type signature struct {
	tag   atom.Atom
	class string
	up    int32 // signature of the parent, -1 for none: what tells a parent's signatures from a block's
}

func (f *featureReader) sign(i int32, up int32) int32 {
	e := &f.l.nodes[i]
	k := signature{e.n.DataAtom, attr(e.n, "class"), up}
	s, ok := f.bySign[k]
	if !ok {
		s = int32(len(f.signGood))
		f.bySign[k] = s
		f.signGood = append(f.signGood, 0)
		f.signKept = append(f.signKept, 0)
		f.signCount = append(f.signCount, 0)
	}
	return s
}

// readFeatures prepares the rows of a page whose blocks have been weighed and, by the rules, kept or dropped.
func (d *document) readFeatures() *featureReader {
	l := d.layout
	n := len(l.blocks)
	f := &featureReader{
		d: d, l: l, kept: make([]bool, n), good: make([]float64, n+1), keptGood: make([]float64, n+1), keptCount: make([]int32, n+1),
		linked: make([]int32, n+1), sizes: make([]int32, n+1), signs: make([]int32, n), parents: make([]int32, n), bySign: make(map[signature]int32, 64),
		prevKept: make([]int32, n), nextKept: make([]int32, n), heads: make([]int32, n), nextHead: make([]int32, n), repeated: make(map[string]int32, n),
		last: n, before: make([]int32, n), stemSets: make(map[string]uint64, 64), stemsAt: make([]uint64, len(l.nodes)), article: -1, headOf: -1,
	}
	if d.headline >= 0 {
		f.article = l.outerArticle(l.blocks[d.headline].near)
	}
	for _, i := range d.body.kept {
		f.kept[i] = true
	}
	if c := d.body.container; c >= 0 {
		f.node = &l.nodes[c]
		f.first, f.last = int(f.node.firstBlock), min(int(f.node.endBlock), n)
	}
	prev, head := int32(-1), int32(-1)
	for i := range l.blocks {
		b := &l.blocks[i]
		w := max(b.weight, 0)
		f.good[i+1] = f.good[i] + w
		f.keptGood[i+1], f.keptCount[i+1] = f.keptGood[i], f.keptCount[i]
		if f.kept[i] {
			f.keptGood[i+1] += float64(b.size)
			f.keptCount[i+1]++
		}
		f.sizes[i+1] = f.sizes[i] + int32(b.size)
		f.linked[i+1] = f.linked[i] + int32(b.linked)
		f.before[i] = f.repeated[b.text]
		f.repeated[b.text]++
		f.prevKept[i], f.heads[i] = prev, head
		if f.kept[i] {
			prev = int32(i)
		}
		if l.nodes[b.near].heading > 0 {
			head = int32(i)
		}
		s := f.sign(b.near, -1)
		f.signs[i] = s
		f.signGood[s] += w
		f.signCount[s]++
		p := int32(-1)
		if up := l.nodes[b.near].parent; up >= 0 {
			p = f.sign(up, s)
			f.signCount[p]++
		}
		f.parents[i] = p
		if f.kept[i] {
			f.signKept[s]++
			if p >= 0 {
				f.signKept[p]++
			}
		}
	}
	next, head := int32(-1), int32(-1)
	for i := n - 1; i >= 0; i-- {
		f.nextKept[i], f.nextHead[i] = next, head
		if f.kept[i] {
			next = int32(i)
		}
		if l.nodes[l.blocks[i].near].heading > 0 {
			head = int32(i)
		}
	}
	f.title = newWordSet(d.article.Title)
	if body := d.meta.ld.body; len(body) > 200 {
		f.ld = newWordSet(body)
	}
	f.sentences = float64(l.sentences())
	return f
}

// wordSet is a set of words.
type wordSet struct {
	words map[string]bool
	kinds [256]uint64 // the lengths of the words, modulo 64, by their first byte: most words are seen not to be in the set
}

func newWordSet(s string) *wordSet {
	m := &wordSet{words: make(map[string]bool, min(len(s)/8, 2048))}
	eachWord(s, func(w []byte) {
		if !m.has(w) {
			m.words[string(w)] = true
			m.kinds[w[0]] |= 1 << (len(w) & 63)
		}
	})
	return m
}

func (m *wordSet) has(w []byte) bool { return m.kinds[w[0]]>>(len(w)&63)&1 != 0 && m.words[string(w)] }

// eachWord calls f with the words of a text as words has them. What f gets is valid until it returns.
func eachWord(s string, f func(w []byte)) {
	var buf [64]byte
	w := buf[:0]
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
				w = append(w, c)
				continue
			case c >= 'A' && c <= 'Z':
				w = append(w, c|0x20)
				continue
			}
		} else {
			r, n := utf8.DecodeRuneInString(s[i:])
			i += n
			if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r) {
				w = utf8.AppendRune(w, unicode.ToLower(r))
				continue
			}
		}
		if len(w) > 0 {
			f(w)
			w = w[:0]
		}
	}
	if len(w) > 0 {
		f(w)
	}
}

// wordShare is the share of a text's words that are in a set, -1 where there is no set or no word.
func wordShare(text string, set *wordSet) float32 {
	if set == nil {
		return -1
	}
	n, in := 0, 0
	eachWord(text, func(w []byte) {
		n++
		if set.has(w) {
			in++
		}
	})
	if n == 0 {
		return -1
	}
	return float32(in) / float32(n)
}

func bit(b bool) float32 {
	if b {
		return 1
	}
	return 0
}

func ratio(a, b float64) float32 {
	if b == 0 {
		return 0
	}
	return float32(a / b)
}

func logOf(n int) float32 { return float32(math.Log1p(float64(n))) }

// asked tells whether the classifier is asked about a block: one near the container, or one that reads like a sentence
// wherever it is. What is neither is furniture beyond doubt.
func (f *featureReader) asked(i int) bool {
	b := &f.l.blocks[i]
	if b.linked*20 >= b.size*19 && b.size < 60 && !f.kept[i] && (i < f.first || i >= f.last) && f.node != nil {
		return false // a link of a menu
	}
	return f.node == nil || i >= f.first-askedAround && i < f.last+askedAround || b.weight > 15 || b.size >= 80 && b.ends && b.linked*2 < b.size
}

// askedAround is how many blocks before and after the container the classifier is asked about.
const askedAround = 12

// row appends the features of block i to row.
func (f *featureReader) row(row []float32, i int) []float32 {
	d, l := f.d, f.l
	b := &l.blocks[i]
	e := &l.nodes[b.near]
	t := readTraits(b.text)
	put := func(v ...float32) { row = append(row, v...) }

	links := 0
	for _, m := range b.inlines {
		if m.tag == atom.A {
			links++
		}
	}
	put(logOf(b.size), ratio(float64(t.letters), float64(t.words)), float32(b.density()), float32(min(links, 20)), ratio(float64(b.commas)*100, float64(b.size)),
		bit(b.ends), bit(b.bold), bit(b.apart()), float32(e.heading), bit(e.item >= 0), bit(e.quote >= 0), bit(e.cell >= 0 && e.table >= 0), bit(e.pre >= 0), bit(e.figure >= 0))
	put(ratio(float64(t.digits), float64(t.runes)), ratio(float64(t.uppers), float64(t.letters)), runeClass(t.first), runeClass(t.last))
	for _, m := range [...]mark{markBar, markAt, markURL, markCopyright, markArrow, markColon, markQuestion, markQuote, markDot} {
		put(bit(t.marks&m != 0))
	}
	lines := strings.Count(b.text, "\n")
	put(float32(min(lines, 20)))

	lower := b.opening()
	phrase := float32(0)
	if b.size < 400 {
		switch d.rules.phraseKind(lower) {
		case "prompt":
			phrase = 1
		case "promo":
			phrase = 2
		case "tail":
			phrase = 3
		}
	}
	put(phrase, d.lineKind(b, lower))
	depth := 0
	for k := b.near; k >= 0; k = l.nodes[k].parent {
		depth++
	}
	put(tagClass(e.n.DataAtom), float32(depth), float32(b.weight), bit(f.kept[i]), dropCode(b.drop))

	// Where it stands in the tree.
	inside := i >= f.first && i < f.last && f.node != nil
	levels := -1
	if inside {
		levels = 0
		for k := b.near; k >= 0 && k != d.body.container; k = l.nodes[k].parent {
			levels++
		}
	}
	put(bit(inside), float32(levels), bit(inside && e.parent == d.body.container))
	up := e.parent
	if up < 0 {
		up = b.near
	}
	p := &l.nodes[up]
	pf, pl := int(p.firstBlock), min(int(p.endBlock), len(l.blocks))
	containerGood := f.good[f.last] - f.good[f.first]
	put(ratio(f.good[pl]-f.good[pf], containerGood), ratio(float64(f.linked[pl]-f.linked[pf]), float64(f.sizes[pl]-f.sizes[pf])), logOf(pl-pf), ratio(float64(f.keptCount[pl]-f.keptCount[pf]), float64(pl-pf)),
		logOf(int(e.endBlock-e.firstBlock)))
	s, ps := f.signs[i], f.parents[i]
	put(ratio(f.signGood[s], f.good[len(l.blocks)]), ratio(float64(f.signKept[s]), float64(f.signCount[s])), logOf(int(f.signCount[s])))
	if ps >= 0 {
		put(ratio(float64(f.signKept[ps]), float64(f.signCount[ps])))
	} else {
		put(-1)
	}
	total := f.keptGood[len(l.blocks)]
	put(ratio(float64(i-f.first), float64(f.last-f.first)), ratio(f.keptGood[i], total), ratio(total-f.keptGood[i+1], total))
	put(gap(i, f.prevKept[i]), gap(int(f.nextKept[i]), int32(i)))
	if d.headline >= 0 {
		put(float32(max(min(i-d.headline, 300), -100)))
	} else {
		put(-200)
	}
	put(logOf(len(l.blocks)))
	short := b.size < 300
	if short {
		put(wordShare(b.text, f.title))
	} else {
		put(-1)
	}
	put(float32(min(f.repeated[b.text], 5)), bit(b.size < 100 && t.digits > 0 && looksLikeDate(b.text)), bit(b.size < 160 && t.words < 24 && looksLikeByline(b.text)), bit(l.isTeaser(b)), bit(isWide(t.first)), wordShare(b.text, f.ld))
	put(bit(short && d.article.Description.Text != "" && strings.HasPrefix(d.article.Description.Text, firstRunes(b.text, 40))))

	// Headings around.
	if h := f.heads[i]; h >= 0 {
		put(float32(min(i-int(h), 60)), bit(f.kept[h]), f.headingKind(h))
	} else {
		put(100, -1, -1)
	}
	put(gap(int(f.nextHead[i]), int32(i)))
	if h := f.heads[i]; h >= 0 {
		put(float32(l.nodes[l.blocks[h].near].heading))
	} else {
		put(0)
	}

	put(ratio(containerGood, f.good[len(l.blocks)]), logOf(int(containerGood)), logOf(int(f.keptCount[len(l.blocks)])))
	below := hint(0)
	if inside {
		for k := b.near; k >= 0 && k != d.body.container; k = l.nodes[k].parent {
			below |= l.nodes[k].own
		}
	}
	put(bit(below&hintFurniture != 0))
	put(bit(i > 0 && f.signs[i-1] == s), bit(i+1 < len(l.blocks) && f.signs[i+1] == s))
	switch in := l.outerArticle(b.near); {
	case in < 0:
		put(-1)
	case in == f.article:
		put(0)
	default:
		put(1)
	}
	put(float32(min(f.before[i], 5)))
	if e.list >= 0 {
		li := &l.nodes[e.list]
		lf, ll := int(li.firstBlock), min(int(li.endBlock), len(l.blocks))
		put(ratio(float64(f.linked[ll]-f.linked[lf]), float64(f.sizes[ll]-f.sizes[lf])), logOf(ll-lf), ratio(float64(f.keptCount[ll]-f.keptCount[lf]), float64(ll-lf)))
	} else {
		put(-1, 0, -1)
	}
	put(logOf(int(f.good[i]-f.good[pf])), logOf(int(f.good[pl]-f.good[i+1])))
	run := 0
	for k := i - 1; k >= 0 && run < 20 && f.kept[k] == f.kept[i]; k-- {
		run++
	}
	put(float32(run))
	run = 0
	for k := i + 1; k < len(l.blocks) && run < 20 && f.kept[k] == f.kept[i]; k++ {
		run++
	}
	put(float32(run))
	for k := range hintNames {
		put(bit(b.hints&(1<<k) != 0))
	}
	found := uint64(0)
	for k, up := b.near, 0; k >= 0 && k != d.body.container && up < 12; k, up = l.nodes[k].parent, up+1 {
		found |= f.stemsOf(k)
	}
	for k := range stems {
		put(bit(found&(1<<k) != 0))
	}
	for _, k := range [...]int{i - 2, i - 1, i + 1, i + 2} {
		if k < 0 || k >= len(l.blocks) {
			put(-1, -1, -1, -1, -1, 0, -1, -1)
			continue
		}
		o := &l.blocks[k]
		put(logOf(o.size), float32(o.density()), bit(o.ends), float32(l.nodes[o.near].heading), bit(f.kept[k]), float32(o.weight), bit(f.signs[k] == s), dropCode(o.drop))
	}
	return row
}

func gap(a int, b int32) float32 {
	if a < 0 || b < 0 {
		return 100
	}
	return float32(min(a-int(b), 60))
}

// headingKind is the kind of line that a block, the heading before those that are asked about, is.
func (f *featureReader) headingKind(h int32) float32 {
	if h != f.headOf {
		b := &f.l.blocks[h]
		f.headOf, f.headKind = h, f.d.lineKind(b, b.opening())
	}
	return f.headKind
}

// lineKind tells whether a block is a whole line of furniture, or a heading that ends articles.
func (d *document) lineKind(b *block, lower string) float32 {
	switch {
	case b.size >= 60:
		return 0
	case d.rules.isLine("furniture", lower):
		return 1
	case d.rules.isLine("endhead", lower):
		return 2
	}
	return 0
}

func runeClass(r rune) float32 {
	switch {
	case r >= 'a' && r <= 'z':
		return 1
	case r >= 'A' && r <= 'Z':
		return 2
	case r >= '0' && r <= '9':
		return 3
	case r == '.' || r == '!' || r == '。' || r == '…':
		return 4
	case r == '?' || r == '？':
		return 5
	case r == ':' || r == '：':
		return 6
	case r == '"' || r == '\'' || r == '“' || r == '”' || r == '„' || r == '«' || r == '»' || r == '’' || r == '‘':
		return 7
	case r == '(' || r == '[' || r == ')' || r == ']':
		return 8
	case r < utf8.RuneSelf || r >= 0x2000 && r < 0x2c00:
		return 9
	case unicode.IsLower(r):
		return 1
	case unicode.IsUpper(r):
		return 2
	}
	return 10
}

func tagClass(a atom.Atom) float32 {
	switch a {
	case atom.P:
		return 1
	case atom.Div:
		return 2
	case atom.Li, atom.Dd, atom.Dt:
		return 3
	case atom.Td, atom.Th:
		return 4
	case atom.H1:
		return 5
	case atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return 6
	case atom.Article, atom.Section, atom.Main, atom.Body:
		return 7
	case atom.Blockquote, atom.Pre:
		return 8
	case atom.Figcaption, atom.Figure:
		return 9
	case atom.Header, atom.Footer, atom.Aside, atom.Nav:
		return 10
	}
	return 0
}
