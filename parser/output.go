package parser

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/feedmill/feedmill"
)

// bodyText is the body under construction.
type bodyText struct {
	container int32
	kept      []int // indices of the layout's blocks
	method    string
	removed   int // bytes noted as removed
	doubt     doubt
	blocks    []outBlock
	pictures  []picture
}

// outBlock is one block of the article; its offsets are bytes into its own text.
type outBlock struct {
	kind  string
	level int
	text  string
	items []listItem
	rows  [][]string
	marks []inline
}

// listItem is an item of a list, or of a list within its items.
type listItem struct {
	inlineSpan
	depth int
	order bool // numbered
}

type inlineSpan struct{ start, end int }

// picture is an image of the article and the block it stands before.
type picture struct {
	image feedmill.Image
	block int
}

// appendBody turns the kept blocks of the layout into blocks of the article.
func (d *document) appendBody() {
	l := d.layout
	base := len(d.body.blocks)
	at := make(map[int]int, len(d.body.kept)) // layout block -> article block
	for k := 0; k < len(d.body.kept); {
		i := d.body.kept[k]
		b := &l.blocks[i]
		e := &l.nodes[b.near]
		at[i] = len(d.body.blocks)
		switch {
		case e.table >= 0 && e.cell >= 0 && l.isDataTable(e.table):
			top := e.table
			n := k
			for n < len(d.body.kept) && l.under(l.blocks[d.body.kept[n]].near, top) {
				at[d.body.kept[n]] = len(d.body.blocks)
				n++
			}
			d.body.blocks = append(d.body.blocks, l.tableBlock(d.body.kept[k:n]))
			k = n
			continue
		case e.list >= 0 && e.item >= 0:
			top := l.outermostList(e.list)
			n := k
			for n < len(d.body.kept) && l.under(l.blocks[d.body.kept[n]].near, top) && l.nodes[l.blocks[d.body.kept[n]].near].heading == 0 {
				at[d.body.kept[n]] = len(d.body.blocks)
				n++
			}
			if n > k {
				d.body.blocks = append(d.body.blocks, d.listBlock(d.body.kept[k:n], top))
				k = n
				continue
			}
		}
		d.body.blocks = append(d.body.blocks, d.plainBlock(b, e))
		k++
	}
	for i := range d.body.pictures {
		p := &d.body.pictures[i]
		if p.block < 0 { // still an index of the layout
			p.block = placeOf(at, -1-p.block, len(l.blocks), len(d.body.blocks), base)
		}
	}
}

// placeOf is the article block that came of the first kept layout block at or after i.
func placeOf(at map[int]int, i, blocks, end, base int) int {
	for ; i < blocks; i++ {
		if k, ok := at[i]; ok {
			return k
		}
	}
	return max(end, base)
}

func (d *document) plainBlock(b *block, e *node) outBlock {
	o := outBlock{kind: feedmill.BlockParagraph, text: b.text, marks: d.marks(b, 0)}
	lower := firstRunes(b.opening(), 40)
	switch {
	case e.heading > 0:
		o.kind, o.level = feedmill.BlockHeading, int(e.heading)
		o.text = strings.ReplaceAll(o.text, "\n", " ")
	case e.pre >= 0:
		o.kind = feedmill.BlockPreformatted
	case e.quote >= 0:
		o.kind = feedmill.BlockQuote
	case strings.HasPrefix(lower, "correction:") || strings.HasPrefix(lower, "correction (") || strings.HasPrefix(lower, "clarification:") || strings.HasPrefix(lower, "editor's note:") && strings.Contains(lower, "correct"):
		o.kind = feedmill.BlockCorrection
	case b.bold && !b.ends && b.size < 120 && !strings.Contains(b.text, "\n"):
		o.kind, o.level = feedmill.BlockHeading, 3
	}
	return o
}

// marks are the inline stretches of a block that the article keeps, moved by offset, with their links made absolute.
func (d *document) marks(b *block, offset int) []inline {
	var out []inline
	for _, m := range b.inlines {
		if m.end <= m.start {
			continue
		}
		if m.tag == atom.A {
			abs, ok := absoluteURL(m.url, d.base)
			if !ok || strings.HasPrefix(strings.TrimSpace(m.url), "#") {
				continue
			}
			m.url = abs
		}
		m.start += offset
		m.end += offset
		out = append(out, m)
	}
	return out
}

// isDataTable tells tables that show data from those that lay out a page.
func (l *layout) isDataTable(t int32) bool {
	rows, headers, long, nested := 0, 0, 0, 0
	for i := t + 1; i < l.nodes[t].end; i++ {
		e := &l.nodes[i]
		switch e.n.DataAtom {
		case atom.Table:
			nested++
		case atom.Tr:
			rows++
		case atom.Th, atom.Caption:
			headers++
		case atom.Td:
			size := 0
			for k := e.firstBlock; k < e.endBlock && int(k) < len(l.blocks); k++ {
				size += l.blocks[k].size
			}
			if size > 300 {
				long++
			}
		case atom.Img:
			long++
		}
	}
	if nested > 0 || rows < 2 {
		return false
	}
	return headers > 0 && long*4 <= rows || long == 0 && rows >= 3
}

// tableBlock joins the cells of a table: one line a row, cells parted by a bar.
func (l *layout) tableBlock(kept []int) outBlock {
	o := outBlock{kind: feedmill.BlockTable}
	var b strings.Builder
	row, cell := int32(-1), int32(-1)
	for _, i := range kept {
		e := &l.nodes[l.blocks[i].near]
		r := e.cell
		for r >= 0 && l.nodes[r].n.DataAtom != atom.Tr {
			r = l.nodes[r].parent
		}
		text := strings.ReplaceAll(l.blocks[i].text, "\n", " ")
		switch {
		case len(o.rows) == 0 || r != row:
			if len(o.rows) > 0 {
				b.WriteByte('\n')
			}
			o.rows = append(o.rows, []string{text})
		case e.cell != cell:
			b.WriteString(" | ")
			o.rows[len(o.rows)-1] = append(o.rows[len(o.rows)-1], text)
		default:
			b.WriteByte(' ')
			last := o.rows[len(o.rows)-1]
			last[len(last)-1] += " " + text
		}
		b.WriteString(text)
		row, cell = r, e.cell
	}
	o.text = b.String()
	return o
}

func (l *layout) outermostList(i int32) int32 {
	for {
		p := l.nodes[i].parent
		if p < 0 || l.nodes[p].list < 0 {
			return i
		}
		i = l.nodes[p].list
	}
}

// listDepth is how many lists a list is in, from the outermost on, and no more than maxListDepth.
func (l *layout) listDepth(list, top int32) int {
	depth := 0
	for list != top && depth < maxListDepth {
		depth++
		p := l.nodes[list].parent
		if p < 0 || l.nodes[p].list < 0 {
			break
		}
		list = l.nodes[p].list
	}
	return depth
}

// maxListDepth bounds how deep the lists of an article are nested.
const maxListDepth = 8

func (d *document) listBlock(kept []int, top int32) outBlock {
	l := d.layout
	o := outBlock{kind: feedmill.BlockList}
	var b strings.Builder
	item := int32(-2)
	for _, i := range kept {
		blk := &l.blocks[i]
		e := &l.nodes[blk.near]
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		o.marks = append(o.marks, d.marks(blk, b.Len())...)
		start := b.Len()
		b.WriteString(blk.text)
		if e.item == item && len(o.items) > 0 {
			o.items[len(o.items)-1].end = b.Len()
		} else {
			list := e.list
			if list < 0 {
				list = top
			}
			o.items = append(o.items, listItem{inlineSpan{start, b.Len()}, l.listDepth(list, top), l.nodes[list].n.DataAtom == atom.Ol})
		}
		item = e.item
	}
	o.text = b.String()
	return o
}

// writeBody sets the article's text, blocks, HTML and pictures.
func (d *document) writeBody() {
	a := d.article
	var b strings.Builder
	starts := make([]int, len(d.body.blocks))
	size := 0
	for i := range d.body.blocks {
		size += len(d.body.blocks[i].text) + len("\n\n")
	}
	b.Grow(size)
	for i := range d.body.blocks {
		if i > 0 {
			b.WriteString("\n\n")
		}
		starts[i] = b.Len()
		b.WriteString(d.body.blocks[i].text)
	}
	a.Text = b.String()
	text := feedmill.NewText(a.Text)
	for i := range d.body.blocks {
		o := &d.body.blocks[i]
		at := starts[i]
		blk := feedmill.Block{Kind: o.kind, Level: o.level, Rows: o.rows, Start: text.Point(at), End: text.Point(at + len(o.text))}
		for _, s := range o.items {
			blk.Items = append(blk.Items, feedmill.Span{Start: text.Point(at + s.start), End: text.Point(at + s.end)})
		}
		for _, m := range o.marks {
			if m.tag == atom.A {
				blk.Links = append(blk.Links, feedmill.Link{URL: m.url, Start: text.Point(at + m.start), End: text.Point(at + m.end)})
			}
		}
		slices.SortStableFunc(blk.Links, func(x, y feedmill.Link) int { return cmp.Compare(x.Start, y.Start) })
		a.Blocks = append(a.Blocks, blk)
	}
	for i := range d.body.pictures {
		p := &d.body.pictures[i]
		p.image.ID = "i" + strconv.Itoa(i+1)
		p.image.Block = p.block
		a.Images = append(a.Images, p.image)
	}
	a.HTML = d.writeHTML()
}

// writeHTML makes the cleaned body from the blocks. Nothing of the page's markup is copied, and what is made goes through
// the sanitizer all the same, unless it is known to come out as it is.
func (d *document) writeHTML() string {
	if len(d.body.blocks) == 0 {
		return ""
	}
	var b strings.Builder
	b.Grow(len(d.article.Text) + len(d.article.Text)/4 + 1<<10)
	next := 0
	pictures := func(block int) {
		for next < len(d.body.pictures) && d.body.pictures[next].block <= block {
			writeFigure(&b, &d.body.pictures[next].image)
			next++
		}
	}
	for i := range d.body.blocks {
		pictures(i)
		o := &d.body.blocks[i]
		switch o.kind {
		case feedmill.BlockHeading:
			tag := "h" + strconv.Itoa(min(max(o.level, 2), 6))
			b.WriteString("<" + tag + ">")
			writeInline(&b, o.text, o.marks, 0, len(o.text))
			b.WriteString("</" + tag + ">\n")
		case feedmill.BlockQuote:
			b.WriteString("<blockquote><p>")
			writeInline(&b, o.text, o.marks, 0, len(o.text))
			b.WriteString("</p></blockquote>\n")
		case feedmill.BlockPreformatted:
			b.WriteString("<pre>" + html.EscapeString(o.text) + "</pre>\n")
		case feedmill.BlockList:
			writeList(&b, o)
		case feedmill.BlockTable:
			b.WriteString("<table>\n")
			for _, row := range o.rows {
				b.WriteString("<tr>")
				for _, cell := range row {
					b.WriteString("<td>" + html.EscapeString(cell) + "</td>")
				}
				b.WriteString("</tr>\n")
			}
			b.WriteString("</table>\n")
		default:
			b.WriteString("<p>")
			writeInline(&b, o.text, o.marks, 0, len(o.text))
			b.WriteString("</p>\n")
		}
	}
	pictures(len(d.body.blocks) + 1)
	made := strings.TrimSpace(b.String())
	if isClean(made) {
		return made
	}
	return strings.TrimSpace(articlePolicy().Sanitize(made)) // its URLs are absolute
}

// writeList writes a list; a deeper item stands in a list within the item before it.
func writeList(b *strings.Builder, o *outBlock) {
	type level struct {
		tag   string
		depth int
	}
	var open []level // the lists that are open, each with an item
	end := func() {
		b.WriteString("</li>\n</" + open[len(open)-1].tag + ">\n")
		open = open[:len(open)-1]
	}
	for _, s := range o.items {
		for len(open) > 0 && open[len(open)-1].depth > s.depth {
			end()
		}
		if len(open) > 0 && open[len(open)-1].depth == s.depth {
			b.WriteString("</li>\n")
		} else {
			tag := "ul"
			if s.order {
				tag = "ol"
			}
			open = append(open, level{tag, s.depth})
			b.WriteString("<" + tag + ">\n")
		}
		b.WriteString("<li>")
		writeInline(b, o.text, o.marks, s.start, s.end)
	}
	for len(open) > 0 {
		end()
	}
}

func writeFigure(b *strings.Builder, im *feedmill.Image) {
	b.WriteString(`<figure><img src="` + html.EscapeString(im.URL) + `" alt="` + html.EscapeString(im.Alt) + `"`)
	if im.Width > 0 && im.Height > 0 {
		b.WriteString(` width="` + strconv.Itoa(im.Width) + `" height="` + strconv.Itoa(im.Height) + `"`)
	}
	b.WriteString(">")
	if im.Caption != "" || im.Credit != "" {
		b.WriteString("<figcaption>" + html.EscapeString(im.Caption))
		if im.Credit != "" {
			if im.Caption != "" {
				b.WriteByte(' ')
			}
			b.WriteString("<small>" + html.EscapeString(im.Credit) + "</small>")
		}
		b.WriteString("</figcaption>")
	}
	b.WriteString("</figure>\n")
}

// writeInline writes text[from:to] with its marks. Marks nest as elements do; one that would cross another is cut.
func writeInline(b *strings.Builder, text string, marks []inline, from, to int) {
	var in []inline
	for _, m := range marks {
		m.start, m.end = max(m.start, from), min(m.end, to)
		if m.end > m.start && htmlMark(m.tag) != "" {
			in = append(in, m)
		}
	}
	slices.SortStableFunc(in, func(x, y inline) int {
		return cmp.Or(cmp.Compare(x.start, y.start), cmp.Compare(y.end, x.end))
	})
	var open []inline
	at := from
	advance := func(to int) {
		writeLines(b, text[at:to])
		at = to
	}
	closeTo := func(pos int) {
		for len(open) > 0 && open[len(open)-1].end <= pos {
			m := open[len(open)-1]
			advance(m.end)
			b.WriteString("</" + htmlMark(m.tag) + ">")
			open = open[:len(open)-1]
		}
	}
	for _, m := range in {
		closeTo(m.start)
		if len(open) > 0 {
			m.end = min(m.end, open[len(open)-1].end)
		}
		advance(m.start)
		if m.tag == atom.A {
			b.WriteString(`<a href="` + html.EscapeString(m.url) + `">`)
		} else {
			b.WriteString("<" + htmlMark(m.tag) + ">")
		}
		open = append(open, m)
	}
	closeTo(to)
	advance(to)
}

// writeLines writes text as HTML, with a line break for each line feed.
func writeLines(b *strings.Builder, text string) {
	from := 0
	for i := range len(text) {
		written := ""
		switch text[i] {
		case '\n':
			written = "<br>\n"
		case '&', '<', '>', '"', '\'', '\r':
			written = html.EscapeString(text[i : i+1])
		default:
			continue
		}
		b.WriteString(text[from:i])
		b.WriteString(written)
		from = i + 1
	}
	b.WriteString(text[from:])
}

// htmlMark is the element that a mark is written as, "" for none.
func htmlMark(a atom.Atom) string {
	switch a {
	case atom.A:
		return "a"
	case atom.B, atom.Strong:
		return "strong"
	case atom.I, atom.Em:
		return "em"
	case atom.Code, atom.Kbd:
		return "code"
	case atom.Sub, atom.Sup, atom.S, atom.Del, atom.Ins, atom.Mark, atom.Q, atom.Cite:
		return a.String()
	}
	return ""
}
