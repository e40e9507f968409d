package parser

import "bytes"

// stripInert returns the document without what no step reads and a parser spends most of its time on: the content of
// scripts that are not JSON-LD, of styles and of vector drawings, and comments. The elements stay, empty. It looks at
// tags as a tokenizer does, so that what only looks like one within an attribute, a title or a text area is left alone; a
// document without any of it is returned as it is.
func stripInert(b []byte) []byte {
	var out []byte
	from := 0 // what is before it has been copied
	drop := func(start, end int) {
		if end-start < 16 {
			return
		}
		if out == nil {
			out = make([]byte, 0, start+(len(b)-end)*3/4)
		}
		out = append(out, b[from:start]...)
		from = end
	}
	for i := 0; i < len(b); {
		k := bytes.IndexByte(b[i:], '<')
		if k < 0 || i+k+3 >= len(b) {
			break
		}
		i += k
		c := b[i+1]
		if c == '!' {
			if !bytes.HasPrefix(b[i:], []byte("<!--")) {
				i += 2
				continue
			}
			// "<!-->" and "<!--->" are whole comments.
			end := commentEnd(b, i+2)
			if end < 0 {
				break
			}
			drop(i, end)
			i = end
			continue
		}
		if c|0x20 < 'a' || c|0x20 > 'z' {
			i++
			if c == '/' {
				i++
			}
			continue
		}
		name := tagName(b[i+1:])
		end := tagEnd(b, i+1+len(name))
		if end < 0 {
			break
		}
		tag := b[i:end]
		i = end
		if len(name) < 3 || len(name) > 9 {
			continue
		}
		raw := rawElement(name)
		if raw == "" {
			continue
		}
		if raw == "svg" && tag[len(tag)-2] == '/' { // empty
			continue
		}
		stop := closingTag(b, i, raw)
		if stop < 0 {
			break // it runs to the end of the document, as the parser will find
		}
		switch raw {
		case "script":
			// The standard's script states: "<!--" within a script may hide its end.
			if !bytes.Contains(tag, []byte("ld+json")) && !bytes.Contains(b[i:stop], []byte("<!--")) {
				drop(i, stop)
			}
		case "style":
			drop(i, stop)
		case "svg":
			// One within another is left to the parser, up to the first end of both, so that many of them cost no more.
			if !bytes.Contains(b[i:stop], []byte("<svg")) && !bytes.Contains(b[i:stop], []byte("foreignObject")) {
				drop(i, stop)
			}
		}
		i = stop
	}
	if out == nil {
		return b
	}
	return append(out, b[from:]...)
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

// tagEnd is the index after the ">" of a tag whose name ends at i, -1 where there is none.
func tagEnd(b []byte, i int) int {
	for i < len(b) {
		switch b[i] {
		case '>':
			return i + 1
		case '=':
			i++
			for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r' || b[i] == '\f') {
				i++
			}
			if i >= len(b) {
				return -1
			}
			if q := b[i]; q == '"' || q == '\'' {
				k := bytes.IndexByte(b[i+1:], q)
				if k < 0 {
					return -1
				}
				i += k + 2
				continue
			}
			// Unquoted: up to white space or ">".
			for i < len(b) && b[i] != '>' && b[i] != ' ' && b[i] != '\t' && b[i] != '\n' && b[i] != '\r' && b[i] != '\f' {
				i++
			}
			continue
		}
		i++
	}
	return -1
}

// rawElement is the lower-case name of an element whose content a tokenizer reads otherwise than as markup, or that is
// dropped; "" for all others.
func rawElement(name []byte) string {
	for _, n := range [...]string{"script", "style", "svg", "title", "textarea", "noscript", "iframe", "xmp", "noembed", "noframes"} {
		if len(n) == len(name) && bytes.EqualFold(name, []byte(n)) {
			return n
		}
	}
	return ""
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
