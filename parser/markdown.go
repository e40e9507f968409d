package parser

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/feedmill/feedmill"
)

// Markdown writes an article as CommonMark, with tables and strikethrough as GitHub Flavored Markdown has them: headline,
// dek, a line with authors, day and address, then the body, made from the article's HTML. It holds no raw HTML, and links
// and pictures only to http, https, mailto and tel URLs; whatever of the text would be read as markup is escaped. What
// Markdown has no form for (subscript, marks) stays as text.
func Markdown(a *feedmill.Article) string {
	var parts []string
	if t := oneLine(a.Title); t != "" {
		parts = append(parts, "# "+headingText(escapeText(t)))
	}
	if s := oneLine(a.Subtitle); s != "" {
		parts = append(parts, escapeStart(escapeText(s)))
	}
	var about []string
	if a.Byline.Raw != "" {
		about = append(about, escapeText(oneLine(a.Byline.Raw)))
	}
	if v := a.Published.Value; v != "" {
		day, _, _ := strings.Cut(v, "T")
		about = append(about, escapeText(day))
	}
	if u, ok := destination(a.URL); ok {
		about = append(about, "["+escapeText(a.URL)+"]("+u+")")
	}
	if len(about) > 0 {
		parts = append(parts, escapeStart(strings.Join(about, " · ")))
	}
	if body := markdownBody(a.HTML); body != "" {
		parts = append(parts, body)
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "\n\n") + "\n"
}

// markdownBody writes a fragment of clean HTML as Markdown, without a line feed at its end.
func markdownBody(fragment string) string {
	nodes, err := html.ParseFragment(strings.NewReader(fragment), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil {
		return ""
	}
	w := &markdownWriter{}
	return strings.Join(w.blocks(nodes, 0), "\n\n")
}

// markdownDepth bounds how deep blocks are nested; what is nested deeper is written as text.
const markdownDepth = 16

type markdownWriter struct {
	// list is the marker of the list that was written last, 0 where something else was: lists that are neighbours get different
	// markers, or they would be one.
	list byte
}

// blocks writes each block of some nodes; neighbours that are no blocks are one paragraph.
func (w *markdownWriter) blocks(nodes []*html.Node, depth int) []string {
	var out []string
	var loose []*html.Node
	add := func(s string) {
		if s != "" {
			out = append(out, s)
			w.list = 0
		}
	}
	flush := func() {
		add(paragraphText(loose))
		loose = nil
	}
	for _, n := range nodes {
		if n.Type != html.ElementNode || isInline(n.DataAtom) && n.DataAtom != atom.Img || n.DataAtom == atom.Br || depth > markdownDepth {
			loose = append(loose, n)
			continue
		}
		flush()
		switch n.DataAtom {
		case atom.P:
			add(paragraphText(children(n)))
		case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
			if t := strings.ReplaceAll(inlineText(children(n)), "\\\n", " "); t != "" {
				add(strings.Repeat("#", int(n.Data[1]-'0')) + " " + headingText(t))
			}
		case atom.Blockquote:
			before := w.list
			w.list = 0
			inner := strings.Join(w.blocks(children(n), depth+1), "\n\n")
			if w.list = before; inner != "" {
				add(prefixLines(inner, "> ", "> "))
			}
		case atom.Pre:
			add(fenced(nodeText(n)))
		case atom.Ul, atom.Ol:
			if s := w.listText(n, depth); s != "" {
				out = append(out, s)
			}
		case atom.Table:
			add(tableText(n))
		case atom.Figure:
			add(figureText(n))
		case atom.Img:
			add(pictureText(n))
		case atom.Hr:
			add("---")
		case atom.Script, atom.Style, atom.Template, atom.Iframe, atom.Object, atom.Noscript:
		default:
			out = append(out, w.blocks(children(n), depth+1)...)
		}
	}
	flush()
	return out
}

func children(n *html.Node) []*html.Node { return slices.Collect(n.ChildNodes()) }

func paragraphText(nodes []*html.Node) string { return escapeStart(inlineText(nodes)) }

// listText writes a list; what an item holds besides text stands below it, indented.
func (w *markdownWriter) listText(n *html.Node, depth int) string {
	before, marker := w.list, byte('-')
	if n.DataAtom == atom.Ol {
		marker = '.'
	}
	if before == marker {
		marker = otherMarker[marker]
	}
	number := 1
	if v, err := strconv.Atoi(attr(n, "start")); err == nil && v >= 0 && v < 1e9 {
		number = v
	}
	var out []string
	for item := range n.ChildNodes() {
		if item.Type != html.ElementNode {
			continue
		}
		w.list = 0
		var parts []string
		if item.DataAtom == atom.Ul || item.DataAtom == atom.Ol { // a list right in a list
			parts = w.blocks([]*html.Node{item}, depth+1)
		} else {
			parts = w.blocks(children(item), depth+1)
		}
		if len(parts) == 0 {
			continue
		}
		first := string(marker) + " "
		if n.DataAtom == atom.Ol {
			first = strconv.Itoa(number) + first
		}
		number++
		sep := "\n\n"
		if len(parts) == 2 && isListText(parts[1]) {
			sep = "\n" // a list below a line
		}
		out = append(out, prefixLines(strings.Join(parts, sep), first, strings.Repeat(" ", len(first))))
	}
	if w.list = before; len(out) > 0 {
		w.list = marker
	}
	return strings.Join(out, "\n")
}

// otherMarker is the marker of a list right after one with the same.
var otherMarker = map[byte]byte{'-': '*', '.': ')'}

func isListText(s string) bool {
	if strings.HasPrefix(s, "- ") || strings.HasPrefix(s, "* ") {
		return true
	}
	return strings.HasPrefix(s, "1. ") || strings.HasPrefix(s, "1) ")
}

// prefixLines puts first before the first line and rest before the others that are not empty (or the mark alone, where it
// is one).
func prefixLines(s, first, rest string) string {
	var b strings.Builder
	for i, line := range strings.Split(s, "\n") {
		switch {
		case i == 0:
			b.WriteString(first)
		case line == "":
			b.WriteString("\n" + strings.TrimRight(rest, " "))
			continue
		default:
			b.WriteString("\n" + rest)
		}
		b.WriteString(line)
	}
	return b.String()
}

// tableText writes a table; its first row becomes the head, which Markdown's tables must have.
func tableText(table *html.Node) string {
	var rows [][]string
	columns := 0
	for n := range table.Descendants() {
		if n.DataAtom != atom.Tr {
			continue
		}
		var row []string
		for c := range n.ChildNodes() {
			if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
				text := strings.ReplaceAll(inlineText(children(c)), "\\\n", " ")
				row = append(row, escapeBars(text))
			}
		}
		rows = append(rows, row)
		columns = max(columns, len(row))
	}
	if columns == 0 {
		return ""
	}
	var b strings.Builder
	write := func(row []string) {
		b.WriteString("|")
		for i := range columns {
			b.WriteString(" ")
			if i < len(row) && row[i] != "" {
				b.WriteString(row[i] + " ")
			}
			b.WriteString("|")
		}
	}
	write(rows[0])
	b.WriteString("\n|" + strings.Repeat(" --- |", columns))
	for _, row := range rows[1:] {
		b.WriteString("\n")
		write(row)
	}
	return b.String()
}

// figureText writes a picture, and below it caption and credit.
func figureText(n *html.Node) string {
	var picture, caption, credit string
	for e := range n.Descendants() {
		switch e.DataAtom {
		case atom.Img:
			if picture == "" {
				picture = pictureText(e)
			}
		case atom.Figcaption:
			var plain []*html.Node
			for c := range e.ChildNodes() {
				if c.DataAtom == atom.Small {
					credit = oneLine(nodeText(c))
				} else {
					plain = append(plain, c)
				}
			}
			caption = strings.ReplaceAll(inlineText(plain), "\\\n", " ")
		}
	}
	if picture == "" {
		return ""
	}
	lines := []string{picture}
	if credit != "" {
		credit = "(" + escapeText(credit) + ")"
	}
	if about := strings.TrimSpace(caption + " " + credit); about != "" {
		lines = append(lines, escapeStart(about))
	}
	return strings.Join(lines, "\\\n")
}

func pictureText(n *html.Node) string {
	src, ok := destination(attr(n, "src"))
	if !ok {
		return ""
	}
	return "![" + escapeText(oneLine(attr(n, "alt"))) + "](" + src + ")"
}

// fenced writes text as it is, between fences that are longer than any in it.
func fenced(text string) string {
	text = strings.Trim(text, "\n")
	if strings.TrimSpace(text) == "" {
		return ""
	}
	fence := strings.Repeat("`", max(3, longestRun(text, '`')+1))
	return fence + "\n" + text + "\n" + fence
}
