package parser

import (
	"html"
	"strings"
	"unicode/utf8"
)

// The kinds of tokens that an xmlTokenizer gives.
type xmlKind int

const (
	xmlEOF xmlKind = iota
	xmlText
	xmlStart
	xmlEnd
)

// xmlToken is one piece of a document. Name is the tag's name as written, prefix included; Text has its references
// resolved; an Empty start tag is "<name/>" and has no end tag.
type xmlToken struct {
	Kind  xmlKind
	Name  string
	Attrs []xmlAttr
	Text  string
	Empty bool
}

type xmlAttr struct {
	Name, Value string
}

// xmlTokenizer reads XML as publishers write it. What is well-formed gives the tokens that the XML recommendation asks
// for; what is not never ends the reading: a "<" that starts no tag and an "&" that starts no reference are text, an
// attribute needs no quotes, an unfinished tag is dropped. Comments, processing instructions and the document type are
// passed over, and nothing that a document type declares is ever expanded.
//
// Every byte is looked at a bounded number of times, whatever the input: a search for a closing mark that has once
// failed is not repeated.
type xmlTokenizer struct {
	s   string
	pos int
	// started is set by the first tag: a document type can only stand before it.
	started bool
	// missing holds, for closing marks, the offset from which on they do not occur.
	missing map[string]int
}

func newXMLTokenizer(s string) *xmlTokenizer {
	return &xmlTokenizer{s: s, missing: make(map[string]int)}
}

// next returns the next token; xmlEOF at the end, however often it is called.
func (z *xmlTokenizer) next() xmlToken {
	for z.pos < len(z.s) {
		if z.s[z.pos] != '<' {
			return z.text()
		}
		rest := z.s[z.pos:]
		switch {
		case strings.HasPrefix(rest, "<![CDATA["):
			return z.cdata()
		case strings.HasPrefix(rest, "<!--"):
			z.skipTo(4, "-->")
		case strings.HasPrefix(rest, "<?"):
			z.skipTo(2, "?>")
		case strings.HasPrefix(rest, "<!"):
			z.skipDirective()
		case len(rest) > 1 && isNameStart(rest[1]):
			if t, ok := z.startTag(); ok {
				return t
			}
		case len(rest) > 2 && rest[1] == '/' && isNameStart(rest[2]):
			return z.endTag()
		default:
			return z.text()
		}
	}
	return xmlToken{Kind: xmlEOF}
}

// find returns the offset of mark at or after from, or -1.
func (z *xmlTokenizer) find(from int, mark string) int {
	if known, ok := z.missing[mark]; ok && from >= known || from > len(z.s) {
		return -1
	}
	i := strings.Index(z.s[from:], mark)
	if i < 0 {
		z.missing[mark] = from
		return -1
	}
	return from + i
}

// skipTo passes over a construct whose opening is n bytes long: to the end of mark, or of the next ">" where the mark
// is missing.
func (z *xmlTokenizer) skipTo(n int, mark string) {
	if i := z.find(z.pos+n, mark); i >= 0 {
		z.pos = i + len(mark)
		return
	}
	z.skipPastGreater()
}

func (z *xmlTokenizer) skipPastGreater() {
	if i := z.find(z.pos, ">"); i >= 0 {
		z.pos = i + 1
		return
	}
	z.pos = len(z.s)
}

// skipDirective passes over a document type with its internal subset.
func (z *xmlTokenizer) skipDirective() {
	if z.started {
		z.skipPastGreater()
		return
	}
	z.started = true // one subset is enough
	depth := 0
	for i := z.pos + 2; i < len(z.s); i++ {
		switch c := z.s[i]; {
		case c == '[':
			depth++
		case c == ']':
			depth--
		case c == '>' && depth <= 0:
			z.pos = i + 1
			return
		case depth > 0 && (c == '"' || c == '\''):
			j := strings.IndexByte(z.s[i+1:], c)
			if j < 0 {
				z.skipPastGreater()
				return
			}
			i += j + 1
		case depth > 0 && strings.HasPrefix(z.s[i:], "<!--"):
			j := strings.Index(z.s[i:], "-->")
			if j < 0 {
				z.skipPastGreater()
				return
			}
			i += j + 2
		}
	}
	z.skipPastGreater()
}

// cdata reads a CDATA section; one that does not end goes on to the end of the document.
func (z *xmlTokenizer) cdata() xmlToken {
	start := z.pos + len("<![CDATA[")
	end := z.find(start, "]]>")
	if end < 0 {
		z.pos = len(z.s)
		return xmlToken{Kind: xmlText, Text: z.s[start:]}
	}
	z.pos = end + len("]]>")
	return xmlToken{Kind: xmlText, Text: z.s[start:end]}
}

func (z *xmlTokenizer) text() xmlToken {
	i := z.pos + 1
	for i < len(z.s) {
		j := strings.IndexByte(z.s[i:], '<')
		if j < 0 {
			i = len(z.s)
			break
		}
		i += j
		if startsMarkup(z.s[i:]) {
			break
		}
		i++
	}
	t := xmlToken{Kind: xmlText, Text: resolveReferences(z.s[z.pos:i])}
	z.pos = i
	return t
}

func startsMarkup(s string) bool {
	if len(s) < 2 {
		return false
	}
	return isNameStart(s[1]) || s[1] == '?' || s[1] == '!' || s[1] == '/' && len(s) > 2 && isNameStart(s[2])
}

func (z *xmlTokenizer) endTag() xmlToken {
	i := nameEnd(z.s, z.pos+2)
	t := xmlToken{Kind: xmlEnd, Name: z.s[z.pos+2 : i]}
	// An end tag has nothing but its name: a "<" before the ">" belongs to the next one.
	for i < len(z.s) && z.s[i] != '>' && z.s[i] != '<' {
		i++
	}
	if i < len(z.s) && z.s[i] == '>' {
		i++
	}
	z.started, z.pos = true, i
	return t
}

// startTag reads a start tag. One that does not end before the document does is dropped.
func (z *xmlTokenizer) startTag() (xmlToken, bool) {
	z.started = true
	i := nameEnd(z.s, z.pos+1)
	t := xmlToken{Kind: xmlStart, Name: z.s[z.pos+1 : i]}
	for {
		i = skipXMLSpace(z.s, i)
		if i >= len(z.s) {
			z.pos = len(z.s)
			return xmlToken{}, false
		}
		switch z.s[i] {
		case '>':
			z.pos = i + 1
			return t, true
		case '<':
			// The tag was never closed; what it says so far stands.
			z.pos = i
			return t, true
		case '/':
			if i+1 < len(z.s) && z.s[i+1] == '>' {
				t.Empty = true
				z.pos = i + 2
				return t, true
			}
			i++
			continue
		case '=', '"', '\'':
			i++
			continue
		}
		end := nameEnd(z.s, i)
		a := xmlAttr{Name: z.s[i:end]}
		i = skipXMLSpace(z.s, end)
		if i < len(z.s) && z.s[i] == '=' {
			a.Value, i = z.attrValue(skipXMLSpace(z.s, i+1))
		}
		t.Attrs = append(t.Attrs, a)
	}
}

func (z *xmlTokenizer) attrValue(i int) (string, int) {
	if i < len(z.s) && (z.s[i] == '"' || z.s[i] == '\'') {
		if end := z.find(i+1, z.s[i:i+1]); end >= 0 {
			return attrText(z.s[i+1 : end]), end + 1
		}
		i++
	}
	start := i
	for i < len(z.s) && !isXMLSpace(z.s[i]) && z.s[i] != '>' && z.s[i] != '<' && !strings.HasPrefix(z.s[i:], "/>") {
		i++
	}
	return attrText(z.s[start:i]), i
}

// attrText resolves references after white space has become spaces, as attribute values are normalised.
func attrText(s string) string {
	if strings.ContainsAny(s, "\t\n\r") {
		s = strings.NewReplacer("\t", " ", "\n", " ", "\r", " ").Replace(s)
	}
	return resolveReferences(s)
}

func isNameStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == ':' || c >= utf8.RuneSelf
}

func nameEnd(s string, i int) int {
	for i < len(s) && !isXMLSpace(s[i]) && s[i] != '/' && s[i] != '>' && s[i] != '<' && s[i] != '=' {
		i++
	}
	return i
}

func isXMLSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func skipXMLSpace(s string, i int) int {
	for i < len(s) && isXMLSpace(s[i]) {
		i++
	}
	return i
}

// maxReference is longer than the longest named reference of HTML ("&CounterClockwiseContourIntegral;").
const maxReference = 40

// resolveReferences replaces character references and the named ones of XML and HTML, once. What is no complete
// reference stays as it is: publishers forget to escape "&".
func resolveReferences(s string) string {
	i := strings.IndexByte(s, '&')
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i >= 0 {
		b.WriteString(s[:i])
		s = s[i:]
		n := referenceLen(s)
		if n == 0 {
			b.WriteByte('&')
			s = s[1:]
		} else {
			writeReference(&b, s[:n])
			s = s[n:]
		}
		i = strings.IndexByte(s, '&')
	}
	b.WriteString(s)
	return b.String()
}

// referenceLen is the length of the reference that s begins with, from "&" to ";"; 0 where there is none.
func referenceLen(s string) int {
	for i := 1; i < len(s) && i < maxReference; i++ {
		switch c := s[i]; {
		case c == ';':
			if i == 1 {
				return 0
			}
			return i + 1
		case c == '#' && i == 1:
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		default:
			return 0
		}
	}
	return 0
}

func writeReference(b *strings.Builder, ref string) {
	switch ref {
	case "&amp;":
		b.WriteByte('&')
	case "&lt;":
		b.WriteByte('<')
	case "&gt;":
		b.WriteByte('>')
	default:
		text := html.UnescapeString(ref)
		if strings.HasSuffix(text, ";") && ref != "&semi;" && ref != "&#59;" {
			text = ref // HTML would take "&notit;" for "&not" and text
		}
		for _, r := range text {
			if isXMLChar(r) {
				b.WriteRune(r)
			}
		}
	}
}

// isXMLChar tells whether XML 1.0 allows the character (§2.2).
func isXMLChar(r rune) bool {
	return r >= 0x20 && r != 0xFFFE && r != 0xFFFF || r == '\t' || r == '\n' || r == '\r'
}
