package parser

import "bytes"

// tagKind is what the look at a document has to know of an element.
type tagKind struct {
	flags      uint8
	formatting uint8  // which formatting element it is (HTML Standard, §13.2.4.3), 0 for none
	raw        string // its name, if its content is not read as markup, or is dropped
}

const (
	apartTag  uint8 = 1 << iota // it is no part of a line: white space beside it means nothing
	plainTag                    // only its usual attributes are read
	preTag                      // white space within it counts
	headTag                     // it may stand in the head
	opensHead                   // the head itself
)

func (k tagKind) is(flag uint8) bool { return k.flags&flag != 0 }

// formattingKinds is how many kinds of formatting elements there are, and one for none.
const formattingKinds = 15

// kindOf returns what is known of the element of that name.
func kindOf(name []byte) tagKind {
	var buf [12]byte
	if len(name) > len(buf) {
		return tagKind{}
	}
	switch lower := lowerInto(buf[:0], name); string(lower) {
	case "head":
		return tagKind{flags: apartTag | plainTag | opensHead}
	case "html", "body", "div", "p", "ul", "ol", "li", "dl", "dt", "dd", "section", "article", "header", "footer", "nav", "aside", "main",
		"h1", "h2", "h3", "h4", "h5", "h6", "figure", "figcaption", "blockquote", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "form",
		"fieldset", "address", "center", "hr", "details", "summary":
		return tagKind{flags: apartTag | plainTag}
	case "span", "button", "label", "time", "cite", "picture":
		return tagKind{flags: plainTag}
	case "link":
		return tagKind{flags: plainTag | headTag}
	case "meta", "base":
		return tagKind{flags: headTag}
	case "pre", "listing":
		return tagKind{flags: preTag}
	case "script":
		return tagKind{flags: plainTag | headTag, raw: "script"}
	case "style":
		return tagKind{flags: plainTag | headTag, raw: "style"}
	case "svg":
		return tagKind{flags: plainTag, raw: "svg"}
	case "select":
		return tagKind{flags: plainTag, raw: "select"}
	case "noscript":
		return tagKind{flags: plainTag, raw: "noscript"}
	case "title":
		return tagKind{flags: headTag, raw: "title"}
	case "textarea", "iframe", "xmp", "noembed", "noframes":
		return tagKind{raw: string(lower)}
	// Of formatting elements but a, the parser counts those that are alike to the last attribute.
	case "a":
		return tagKind{flags: plainTag, formatting: 1}
	case "b":
		return tagKind{formatting: 2}
	case "big":
		return tagKind{formatting: 3}
	case "code":
		return tagKind{formatting: 4}
	case "em":
		return tagKind{formatting: 5}
	case "font":
		return tagKind{formatting: 6}
	case "i":
		return tagKind{formatting: 7}
	case "nobr":
		return tagKind{formatting: 8}
	case "s":
		return tagKind{formatting: 9}
	case "small":
		return tagKind{formatting: 10}
	case "strike":
		return tagKind{formatting: 11}
	case "strong":
		return tagKind{formatting: 12}
	case "tt":
		return tagKind{formatting: 13}
	case "u":
		return tagKind{formatting: 14}
	}
	return tagKind{}
}

// lowerInto appends ASCII in lower case.
func lowerInto(buf, s []byte) []byte {
	for _, c := range s {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		buf = append(buf, c)
	}
	return buf
}

// isReadAttribute tells the attributes of elements other than pictures, embeds and meta elements that some step, or the
// parser itself, reads.
func isReadAttribute(name, value []byte) bool {
	var buf [16]byte
	if len(name) > len(buf) {
		return false
	}
	switch string(lowerInto(buf[:0], name)) {
	case "class", "id", "href", "itemprop", "property", "content", "datetime", "hidden", "lang", "xml:lang", "type", "encoding",
		"data-testid", "data-component", "data-qa", "data-type", "data-block":
		return true
	case "rel":
		return !isUnreadRelation(value)
	case "role":
		return !isUnreadRole(value)
	case "style":
		return bytes.Contains(value, []byte("display")) || bytes.IndexByte(value, '&') >= 0
	}
	return false
}

// isUnreadRelation tells the most common relations of links that no step reads.
func isUnreadRelation(value []byte) bool {
	for word := range bytes.FieldsSeq(value) {
		switch string(word) {
		case "nofollow", "noopener", "noreferrer", "bookmark", "external", "ugc", "sponsored", "stylesheet", "preload", "dns-prefetch", "preconnect", "prefetch", "home":
		default:
			return false
		}
	}
	return true
}

// isUnreadRole tells the most common roles of elements that no step reads.
func isUnreadRole(value []byte) bool {
	switch string(value) {
	case "button", "presentation", "none", "img", "list", "listitem", "menuitem", "tab", "tabpanel", "main", "article", "link", "heading", "group", "region", "document":
		return true
	}
	return false
}

// attributesEnd returns the index after the tag whose name ends at i, -1 where it has no end. It parts the attributes as
// the tokenizer does and, where that is asked for, drops those that no step reads.
func (s *stripper) attributesEnd(i int, drop bool) int {
	b := s.b
	from, out := s.from, len(s.out)
	for {
		i = skipHTMLSpace(b, i)
		if i >= len(b) {
			s.from, s.out = from, s.out[:out]
			return -1
		}
		if b[i] == '>' {
			return i + 1
		}
		start := i
		for i < len(b) && !(b[i] == '=' && i > start || b[i] == '/' || b[i] == '>' || isHTMLSpace(b[i])) {
			i++
		}
		name, end := b[start:i], i
		var value []byte
		i = skipHTMLSpace(b, i)
		switch {
		case i >= len(b):
			continue
		case b[i] == '/':
			i++
		case b[i] == '=':
			if i = skipHTMLSpace(b, i+1); i >= len(b) {
				continue
			}
			switch q := b[i]; q {
			case '>':
			case '"', '\'':
				k := bytes.IndexByte(b[i+1:], q)
				if k < 0 {
					i = len(b)
					continue
				}
				value = b[i+1 : i+1+k]
				i += k + 2
			default:
				at := i
				for i < len(b) && b[i] != '>' && !isHTMLSpace(b[i]) {
					i++
				}
				value = b[at:i]
			}
			end = i
		}
		// A slash before it must not become the last sign of the tag, nor what follows the value of an attribute before it.
		if !drop || len(name) == 0 || b[start-1] == '/' || isReadAttribute(name, value) {
			continue
		}
		if next := skipHTMLSpace(b, end); next < len(b) && b[next] == '=' {
			continue
		}
		s.drop(start, end)
	}
}

func skipHTMLSpace(b []byte, i int) int {
	for i < len(b) && isHTMLSpace(b[i]) {
		i++
	}
	return i
}

// tagName is the name that follows "<".
func tagName(b []byte) []byte {
	for i := range b {
		switch b[i] {
		case ' ', '\t', '\n', '\r', '\f', '/', '>':
			return b[:i]
		}
		if i > 16 {
			return b[:i]
		}
	}
	return b
}
