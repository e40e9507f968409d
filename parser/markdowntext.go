package parser

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// oneLine folds all white space to single spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// escapeText escapes what CommonMark reads as markup within a line, whatever comes after the text.
func escapeText(s string) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/16)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\\', '`', '*', '[', ']', '<', '>', '~':
			b.WriteByte('\\')
		case '_':
			if !betweenLetters(s, i) {
				b.WriteByte('\\')
			}
		case '&': // only what may be an entity
			if i+1 == len(s) || s[i+1] == '#' || isASCIILetter(s[i+1]) {
				b.WriteByte('\\')
			}
		case '!': // with a link behind it, it would be a picture
			if i+1 == len(s) {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func isASCIILetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// betweenLetters tells an underscore within a word, which is no markup.
func betweenLetters(s string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[i+1:])
	return isAlnum(before) && isAlnum(after)
}

func isAlnum(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

// escapeStart escapes what CommonMark reads as the beginning of a heading, list, rule or the like, in each line of a
// paragraph whose text is escaped already.
func escapeStart(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		l = strings.TrimLeft(l, " \t")
		switch {
		case l == "":
		case strings.IndexByte("#+-=|:", l[0]) >= 0:
			l = `\` + l
		case isDigit(l[0]):
			n := 0
			for n < len(l) && isDigit(l[n]) {
				n++
			}
			if n < len(l) && n <= 9 && (l[n] == '.' || l[n] == ')') {
				l = l[:n] + `\` + l[n:]
			}
		}
		lines[i] = l
	}
	return strings.Join(lines, "\n")
}

// headingText escapes a number sign at the end of a heading, which would be taken for its frame.
func headingText(s string) string {
	if strings.HasSuffix(s, "#") {
		return strings.TrimSuffix(s, "#") + `\#`
	}
	return s
}

// escapeBars escapes the bars of a table's cell that are not escaped.
func escapeBars(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func longestRun(s string, c byte) int {
	longest, n := 0, 0
	for i := range len(s) {
		if s[i] != c {
			n = 0
			continue
		}
		n++
		longest = max(longest, n)
	}
	return longest
}

// destination writes a URL as the target of a link; it is not ok where a reader could not follow it, or should not.
func destination(raw string) (string, bool) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", false
	}
	switch u.Scheme {
	case "http", "https", "mailto", "tel":
	default:
		return "", false
	}
	var b strings.Builder
	for i := range len(raw) {
		switch c := raw[i]; {
		case c <= ' ' || c == 0x7f || strings.IndexByte("()<>\"'\\`|[]*_~", c) >= 0 && c != '_' && c != '~' && c != '*':
			b.WriteString("%" + string("0123456789ABCDEF"[c>>4]) + string("0123456789ABCDEF"[c&15]))
		case c == '&' && strings.Contains(raw[i:], ";"):
			b.WriteString("&amp;")
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), true
}

// inlineText writes a line of text with emphasis, code and links; a line break is a backslash and a line feed.
func inlineText(nodes []*html.Node) string {
	w := &inlineWriter{}
	for _, n := range nodes {
		w.node(n, 0)
	}
	return w.String()
}

// inlineWriter collects a paragraph. Marks are set only where CommonMark's rules of flanking read them as such; where they
// would not be, the text stays without.
type inlineWriter struct {
	out   []piece
	marks int // open emphasis
}

// piece is some text that is escaped, or a mark.
type piece struct {
	text  string
	mark  string // of emphasis, "" for text
	other int    // of a mark, the index of its counterpart
}

func (w *inlineWriter) text(s string) {
	if s != "" {
		w.out = append(w.out, piece{text: s})
	}
}

func (w *inlineWriter) node(n *html.Node, depth int) {
	switch {
	case n.Type == html.TextNode:
		w.text(escapeText(foldSpace(n.Data)))
		return
	case n.Type != html.ElementNode:
		return
	}
	mark := ""
	switch n.DataAtom {
	case atom.Br:
		w.text("\n")
		return
	case atom.Img:
		w.text(pictureText(n))
		return
	case atom.Script, atom.Style, atom.Template, atom.Iframe, atom.Object, atom.Noscript:
		return
	case atom.Code, atom.Kbd, atom.Samp, atom.Tt:
		code := oneLine(nodeText(n))
		if w.endsInBacktick() { // the two would be read as one
			w.text(escapeText(code))
		} else {
			w.text(codeSpan(code))
		}
		return
	case atom.A:
		if dest, ok := destination(attr(n, "href")); ok {
			inner := inlineText(children(n))
			lead, trail := edges(nodeText(n))
			if inner = strings.ReplaceAll(inner, "\\\n", " "); inner != "" {
				w.text(lead + "[" + inner + "](" + dest + ")" + trail)
				return
			}
		}
	case atom.Strong, atom.B:
		mark = "**"
	case atom.Em, atom.I:
		mark = "*"
	case atom.S, atom.Del, atom.Strike:
		mark = "~~"
	}
	if depth > markdownDepth*4 {
		w.text(escapeText(foldSpace(nodeText(n))))
		return
	}
	if mark == "" || w.marks > 0 {
		for c := range n.ChildNodes() {
			w.node(c, depth+1)
		}
		return
	}
	w.marks++
	open := len(w.out)
	w.out = append(w.out, piece{mark: mark})
	for c := range n.ChildNodes() {
		w.node(c, depth+1)
	}
	w.marks--
	w.out[open].other = len(w.out)
	w.out = append(w.out, piece{mark: mark, other: open})
}

// endsInBacktick looks past the marks, for they may be left out.
func (w *inlineWriter) endsInBacktick() bool {
	for i := len(w.out) - 1; i >= 0; i-- {
		if p := w.out[i]; p.mark == "" && p.text != "" {
			return strings.HasSuffix(p.text, "`")
		}
	}
	return false
}

// edges are the white space at the ends of a text, as one space or none.
func edges(s string) (lead, trail string) {
	if s == "" {
		return "", ""
	}
	if first, _ := utf8.DecodeRuneInString(s); unicode.IsSpace(first) {
		lead = " "
	}
	if last, _ := utf8.DecodeLastRuneInString(s); unicode.IsSpace(last) {
		trail = " "
	}
	return lead, trail
}

// foldSpace folds runs of ASCII white space to one space, as a browser does.
func foldSpace(s string) string {
	var b strings.Builder
	space := false
	for i := range len(s) {
		switch s[i] {
		case ' ', '\t', '\n', '\r', '\f':
			space = true
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteByte(s[i])
	}
	if space {
		b.WriteByte(' ')
	}
	return b.String()
}

// String joins the pieces: white space goes out of the marks, and marks that would not be read as such are left out.
func (w *inlineWriter) String() string {
	for i := range w.out {
		p := &w.out[i]
		if p.mark == "" || p.other < i {
			continue
		}
		// White space at the ends of what is marked moves outside.
		lead, trail := w.trim(i, p.other)
		inner := w.between(i+1, p.other)
		before, after := w.last(i)+lead, trail+w.first(p.other)
		if inner == "" || !flanks(before, inner, after) {
			p.mark, w.out[p.other].mark = "", ""
		}
		p.text, w.out[p.other].text = lead+p.mark, w.out[p.other].mark+trail
	}
	var b strings.Builder
	for i := range w.out {
		b.WriteString(w.out[i].text)
	}
	var lines []string
	for line := range strings.SplitSeq(b.String(), "\n") {
		if line = strings.Trim(strings.TrimSpace(foldSpace(line)), "\n"); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\\\n")
}

// trim takes the white space off the ends of what stands between two marks.
func (w *inlineWriter) trim(from, to int) (lead, trail string) {
	for k := from + 1; k < to; k++ {
		t := strings.TrimLeft(w.out[k].text, " \n")
		if t != w.out[k].text {
			lead = " "
			if strings.HasPrefix(strings.TrimLeft(w.out[k].text, " "), "\n") {
				lead = "\n"
			}
		}
		w.out[k].text = t
		if t != "" {
			break
		}
	}
	for k := to - 1; k > from; k-- {
		t := strings.TrimRight(w.out[k].text, " \n")
		if t != w.out[k].text {
			trail = " "
			if strings.HasSuffix(strings.TrimRight(w.out[k].text, " "), "\n") {
				trail = "\n"
			}
		}
		w.out[k].text = t
		if t != "" {
			break
		}
	}
	return lead, trail
}

func (w *inlineWriter) between(from, to int) string {
	var b strings.Builder
	for k := from; k < to; k++ {
		b.WriteString(w.out[k].text)
	}
	return b.String()
}

// last is the text that stands before piece i, first that after it.
func (w *inlineWriter) last(i int) string {
	for k := i - 1; k >= 0; k-- {
		if w.out[k].text != "" {
			return w.out[k].text
		}
	}
	return ""
}

func (w *inlineWriter) first(i int) string {
	for k := i + 1; k < len(w.out); k++ {
		if w.out[k].mark != "" {
			return "*" // another mark right after: as good as punctuation, and not to be joined
		}
		if w.out[k].text != "" {
			return w.out[k].text
		}
	}
	return ""
}

// flanks tells whether marks around inner would be read as opening and closing (CommonMark 0.31, 6.2).
func flanks(before, inner, after string) bool {
	b, _ := utf8.DecodeLastRuneInString(before)
	a, _ := utf8.DecodeRuneInString(after)
	first, _ := utf8.DecodeRuneInString(inner)
	last, _ := utf8.DecodeLastRuneInString(inner)
	if before == "" {
		b = ' '
	}
	if after == "" {
		a = ' '
	}
	if b == '*' || b == '~' || a == '*' || a == '~' || strings.Contains(inner, "\n\n") {
		return false
	}
	opens := !unicode.IsSpace(first) && (!isMarkPunct(first) || unicode.IsSpace(b) || isMarkPunct(b))
	closes := !unicode.IsSpace(last) && (!isMarkPunct(last) || unicode.IsSpace(a) || isMarkPunct(a))
	return opens && closes
}

func isMarkPunct(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) }

// codeSpan writes code between more backticks than stand in it.
func codeSpan(s string) string {
	if s == "" {
		return ""
	}
	fence := strings.Repeat("`", longestRun(s, '`')+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}
