package parser

import "bytes"

// stripper copies a document without what no step reads and a parser spends most of its time on.
type stripper struct {
	b    []byte
	out  []byte
	from int // what is before it has been copied or dropped
	// rest tells that not only the content of elements is dropped. A site's rule may ask for any of the rest.
	rest       bool
	open       [formattingKinds]int // start tags of formatting elements without their end tag, by kind
	formatting int                  // the sum of these
	pre        bool                 // within preformatted text
	head       bool                 // in the head, where white space means nothing
	tags       int                  // how many there were
}

// stripInert returns, written to buf where that is large enough, the document without the content of scripts that are not JSON-LD, of styles and of
// vector drawings, and without comments. Where the rest is asked for, too, it leaves out the choices of menus, attributes
// that no step reads, and white space beside elements that are no part of a line. The elements stay, empty. It looks at
// tags as a tokenizer does, so that what only looks like one within an attribute, a title or a text area is left alone; a
// document without any of it is returned as it is.
func stripInert(b, buf []byte, rest bool) []byte {
	s := stripper{b: b, out: buf[:0], rest: rest}
	s.run()
	if s.from == 0 {
		return b
	}
	return append(s.out, b[s.from:]...)
}

// drop leaves out what is between start and end.
func (s *stripper) drop(start, end int) {
	s.out = append(s.out, s.b[s.from:start]...)
	s.from = end
}

func (s *stripper) run() {
	b := s.b
	space := -1    // where white space begins that nothing but comments has followed, -1 for none
	apart := false // the tag before it is no part of a line
	for i := 0; i < len(b); {
		k := bytes.IndexByte(b[i:], '<')
		if k < 0 || i+k+3 >= len(b) {
			return
		}
		if k > 0 { // text
			space, apart, s.head = -1, false, false
		}
		i += k
		c := b[i+1]
		if c == '!' {
			if !bytes.HasPrefix(b[i:], []byte("<!--")) {
				i += 2
				space, apart = -1, false
				continue
			}
			// "<!-->" and "<!--->" are whole comments.
			end := commentEnd(b, i+2)
			if end < 0 {
				return
			}
			if end-i >= 16 {
				if space >= 0 && apart && s.mayDropSpace() {
					s.drop(space, end)
				} else {
					s.drop(i, end)
				}
			}
			i = end
			space, i = s.spaceFrom(i)
			continue
		}
		closing := c == '/'
		if closing {
			c = b[i+2]
		}
		if c|0x20 < 'a' || c|0x20 > 'z' {
			i++
			if closing {
				i++
			}
			space, apart = -1, false
			continue
		}
		at := i + 1
		if closing {
			at++
		}
		name := tagName(b[at:])
		kind := kindOf(name)
		if space >= 0 && (apart || s.head || kind.is(apartTag)) && s.mayDropSpace() {
			s.drop(space, i)
		}
		end := at + len(name)
		if end < len(b) && b[end] == '>' {
			end++
		} else {
			end = s.attributesEnd(end, s.rest && !closing && kind.is(plainTag))
		}
		if end < 0 {
			return
		}
		tag := b[i:end]
		i = end
		s.count(kind, closing)
		if raw := kind.raw; raw != "" && !closing {
			if i = s.content(raw, tag, i); i < 0 {
				return // it runs to the end of the document, as the parser will find
			}
			apart, space = false, -1
			continue
		}
		apart = kind.is(apartTag)
		space, i = s.spaceFrom(i)
	}
}

// spaceFrom skips white space at i: it returns where that begins, -1 where there is none, and where it ends.
func (s *stripper) spaceFrom(i int) (space, end int) {
	for end = i; end < len(s.b); end++ {
		if c := s.b[end]; c != ' ' && c != '\n' && c != '\t' && c != '\r' && c != '\f' {
			break
		}
	}
	if end == i {
		return -1, i
	}
	return i, end
}

func (s *stripper) mayDropSpace() bool { return s.rest && s.formatting == 0 && !s.pre }

// count keeps account of what formatting elements are open: white space in what is left of one that was not closed would
// open it again.
func (s *stripper) count(kind tagKind, closing bool) {
	s.tags++
	s.head = kind.is(opensHead) && !closing && s.tags <= 2 || s.head && kind.is(headTag)
	switch {
	case kind.is(preTag):
		s.pre = !closing
	case kind.formatting == 0:
	case !closing:
		s.open[kind.formatting]++
		s.formatting++
	case s.open[kind.formatting] > 0:
		s.open[kind.formatting]--
		s.formatting--
	}
}

// content drops what is to be dropped of an element whose start tag ends at i, and returns where the look at the document
// goes on: at its end tag, or -1 where there is none.
func (s *stripper) content(raw string, tag []byte, i int) int {
	b := s.b
	if raw == "svg" && tag[len(tag)-2] == '/' { // empty
		return i
	}
	stop := closingTag(b, i, raw)
	if stop < 0 {
		if raw == "select" {
			return i
		}
		return -1
	}
	if stop-i < 16 {
		if raw == "select" {
			return i
		}
		return stop
	}
	switch raw {
	case "script":
		// The standard's script states: "<!--" within a script may hide its end.
		if !bytes.Contains(tag, []byte("ld+json")) && !bytes.Contains(b[i:stop], []byte("<!--")) {
			s.drop(i, stop)
		}
	case "style":
		s.drop(i, stop)
	case "select":
		if !s.rest || !holdsOptionsOnly(b[i:stop]) {
			return i
		}
		s.drop(i, stop)
	case "svg":
		// One within another is left to the parser, up to the first end of both, so that many of them cost no more.
		if !bytes.Contains(b[i:stop], []byte("<svg")) && !bytes.Contains(b[i:stop], []byte("foreignObject")) {
			s.drop(i, stop)
		}
	}
	return stop
}

// holdsOptionsOnly tells the content of a menu of choices that holds no tags but those of its options.
func holdsOptionsOnly(b []byte) bool {
	for {
		i := bytes.IndexByte(b, '<')
		if i < 0 {
			return true
		}
		b = bytes.TrimPrefix(b[i+1:], []byte{'/'})
		if len(b) < 6 || !bytes.EqualFold(b[:6], []byte("option")) || len(b) > 6 && b[6] != '>' && !isHTMLSpace(b[6]) {
			return false
		}
	}
}

// commentEnd is the index after a comment whose "--" is at i, -1 where it has no end: "-->" or "--!>", of which the first
// may share its dashes with the beginning.
func commentEnd(b []byte, i int) int {
	for first := true; i < len(b); first = false {
		k := bytes.Index(b[i:], []byte("--"))
		if k < 0 {
			return -1
		}
		i += k
		switch rest := b[i+2:]; {
		case bytes.HasPrefix(rest, []byte(">")):
			return i + 3
		case bytes.HasPrefix(rest, []byte("!>")) && !first:
			return i + 4
		}
		i++
	}
	return -1
}

// closingTag is the index of the end tag of that name at or after i, -1 where there is none.
func closingTag(b []byte, i int, name string) int {
	for i < len(b) {
		k := bytes.Index(b[i:], []byte("</"))
		if k < 0 {
			return -1
		}
		i += k
		rest := b[i+2:]
		if len(rest) > len(name) && bytes.EqualFold(rest[:len(name)], []byte(name)) {
			switch rest[len(name)] {
			case ' ', '\t', '\n', '\r', '\f', '/', '>':
				return i
			}
		}
		i += 2
	}
	return -1
}
