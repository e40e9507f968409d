package parser

import (
	"encoding/base64"
	"html"
	"strings"
	"unicode/utf8"
)

// feedText collects the text of one element, with the markup inside it.
type feedText struct {
	atom    bool // typed as Atom's text constructs are
	discard bool
	attrs   []xmlAttr
	plain   strings.Builder // text as it stands, and markup
	marked  strings.Builder // text escaped, and markup; filled once there is markup
	markup  bool
	// escaped is set where the text itself, once its references are resolved, holds tags.
	escaped bool
	// cut is where the text ends if its element turns out to have no end tag: before the first tag inside it that belongs
	// beside it.
	cut textCut
	// wrapped and unwrap follow the div around XHTML, which is not part of the text (RFC 4287 §3.1.1.3): met, and open.
	wrapped, unwrap bool
}

// textCut is a place in the document and the state of the text there.
type textCut struct {
	set             bool
	pos             int
	plain, marked   int
	markup, escaped bool
}

func (t *feedText) markCut(pos int) {
	t.cut = textCut{set: true, pos: pos, plain: t.plain.Len(), marked: t.marked.Len(), markup: t.markup, escaped: t.escaped}
}

// rewind takes back what was read after the cut.
func (t *feedText) rewind() {
	plain, marked := t.plain.String()[:t.cut.plain], t.marked.String()[:t.cut.marked]
	t.plain.Reset()
	t.plain.WriteString(plain)
	t.marked.Reset()
	t.marked.WriteString(marked)
	t.markup, t.escaped = t.cut.markup, t.cut.escaped
}

// canEndAtItem tells whether the start of an item inside the text shows that the text was never closed. XML inside an
// entry may hold entries of its own.
func (t *feedText) canEndAtItem() bool { return !t.atom || t.kind() != "xhtml" }

func (t *feedText) addText(s string) {
	if t.discard {
		return
	}
	t.plain.WriteString(s)
	if t.markup {
		t.marked.WriteString(html.EscapeString(s))
	}
	t.escaped = t.escaped || holdsTag(s)
}

func (t *feedText) mark(s string) {
	if t.discard {
		return
	}
	if !t.markup {
		t.markup = true
		t.marked.WriteString(html.EscapeString(t.plain.String()))
	}
	t.plain.WriteString(s)
	t.marked.WriteString(s)
}

func (t *feedText) addStart(tok xmlToken, depth int) {
	local := strings.ToLower(localName(tok.Name))
	if depth == 0 && local == "div" && !t.wrapped && t.atom && t.attr("type") == "xhtml" && !tok.Empty {
		t.wrapped, t.unwrap = true, true
		t.mark("")
		return
	}
	var b strings.Builder
	b.WriteString("<" + local)
	for _, a := range tok.Attrs {
		if a.Name == "xmlns" || strings.Contains(a.Name, ":") {
			continue
		}
		b.WriteString(" " + a.Name + `="` + html.EscapeString(a.Value) + `"`)
	}
	b.WriteByte('>')
	if tok.Empty && !isVoidTag(local) {
		b.WriteString("</" + local + ">")
	}
	t.mark(b.String())
}

func (t *feedText) addEnd(name string, depth int) {
	local := strings.ToLower(localName(name))
	if depth == 0 && t.unwrap {
		t.unwrap = false
		return
	}
	if !isVoidTag(local) {
		t.mark("</" + local + ">")
	}
}

// finish closes the markup that is still open.
func (t *feedText) finish(inline []string) {
	for i := len(inline) - 1; i >= 0; i-- {
		t.addEnd(inline[i], i)
	}
}

// value is the text: as HTML, or as it is stated.
func (t *feedText) value(isHTML bool) string {
	if !isHTML {
		if t.markup {
			return plainText(t.marked.String())
		}
		return t.plain.String()
	}
	if !t.atom {
		return t.html()
	}
	switch t.kind() {
	case "html":
		return t.html()
	case "base64":
		b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(t.plain.String()), ""))
		if err != nil || !utf8.Valid(b) {
			return ""
		}
		return repairText(string(b))
	}
	if t.markup {
		return t.marked.String()
	}
	return html.EscapeString(t.plain.String())
}

// html takes the text for HTML, as RSS does. Where publishers mix escaped tags and open ones, both are tags.
func (t *feedText) html() string {
	if t.markup && !t.escaped {
		return t.marked.String()
	}
	return t.plain.String()
}

// kind is how an Atom text is written: "text", "html", "xhtml" or "base64" (RFC 4287 §3.1.1 and §4.1.3.3, and
// the modes of Atom 0.3).
func (t *feedText) kind() string {
	mode := t.attr("mode")
	typ, _, _ := strings.Cut(t.attr("type"), ";")
	switch {
	case mode == "base64":
		return "base64"
	case mode == "escaped" && strings.HasSuffix(typ, "html"):
		return "html"
	case typ == "" || typ == "text" || typ == "text/plain":
		return "text"
	case typ == "html" || typ == "text/html":
		if mode == "xml" {
			return "xhtml"
		}
		return "html"
	case strings.Contains(typ, "html") || strings.HasSuffix(typ, "xml"):
		return "xhtml"
	case strings.HasPrefix(typ, "text/"):
		return "text"
	}
	return "base64"
}

func (t *feedText) attr(name string) string {
	for _, a := range t.attrs {
		if strings.EqualFold(a.Name, name) {
			return strings.ToLower(strings.TrimSpace(a.Value))
		}
	}
	return ""
}

// holdsTag tells whether s holds what looks like a tag of HTML.
func holdsTag(s string) bool {
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			return false
		}
		s = strings.TrimPrefix(s[i+1:], "/")
		if s != "" && (s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z') {
			return true
		}
	}
}

func isVoidTag(name string) bool {
	switch name {
	case "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr":
		return true
	}
	return false
}
