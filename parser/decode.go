package parser

import (
	"bytes"
	"mime"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"

	"github.com/feedmill/feedmill"
)

// declarationWindow is how far into a document its charset declaration is looked for. Browsers read 1,024 bytes, but
// pages that put scripts first are common, and a declaration further down is still the author's word.
const declarationWindow = 16 << 10

// decode returns the page's body as UTF-8 and the charset that it was in. A byte-order mark decides; then whether the
// bytes are valid UTF-8, because pages lie about their charset and no other charset passes for UTF-8 by chance; then
// the declared charset; then a guess from the bytes.
func decode(p *feedmill.Page) (body []byte, name string) {
	b := p.Body
	switch {
	case bytes.HasPrefix(b, []byte{0xef, 0xbb, 0xbf}):
		return bytes.ToValidUTF8(b[3:], []byte("\ufffd")), "utf-8"
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		return decodeWith(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), b), "utf-16le"
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return decodeWith(unicode.UTF16(unicode.BigEndian, unicode.UseBOM), b), "utf-16be"
	}
	valid := utf8.Valid(b)
	escaped := bytes.IndexByte(b, 0x1b) >= 0
	if valid && !escaped {
		return b, "utf-8"
	}
	declared := declaredCharset(p)
	if declared == "iso-2022-jp" && escaped { // all its bytes are ASCII
		if e, _ := charset.Lookup(declared); e != nil {
			return decodeWith(e, b), declared
		}
	}
	if valid {
		return b, "utf-8"
	}
	if declared != "" && declared != "utf-8" {
		if e, name := charset.Lookup(declared); e != nil {
			return decodeWith(e, b), name
		}
	}
	if mostlyUTF8(b) {
		return bytes.ToValidUTF8(b, []byte("\ufffd")), "utf-8"
	}
	e, name, _ := charset.DetermineEncoding(b, "")
	return decodeWith(e, b), name
}

func decodeWith(e encoding.Encoding, b []byte) []byte {
	out, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return bytes.ToValidUTF8(b, []byte("\ufffd"))
	}
	return out
}

// declaredCharset is what the document, else the answer's header, says of its charset; "" where neither does.
func declaredCharset(p *feedmill.Page) string {
	if _, params, err := mime.ParseMediaType(p.HeaderValue("Content-Type")); err == nil && params["charset"] != "" {
		if e, name := charset.Lookup(params["charset"]); e != nil {
			return name
		}
	}
	head := p.Body[:min(len(p.Body), declarationWindow)]
	z := html.NewTokenizer(bytes.NewReader(head))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			if string(name) != "meta" {
				continue
			}
			var label, content []byte
			for more {
				var k, v []byte
				k, v, more = z.TagAttr()
				switch string(k) {
				case "charset":
					label = v
				case "content":
					content = v
				}
			}
			if label == nil {
				if _, params, err := mime.ParseMediaType(string(content)); err == nil {
					label = []byte(params["charset"])
				}
			}
			if e, name := charset.Lookup(string(label)); e != nil {
				return name
			}
		}
	}
}

// mostlyUTF8 tells text in UTF-8 with a few broken sequences (cut-off titles, pasted bytes) from other charsets.
func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for len(b) > 0 {
		if b[0] < utf8.RuneSelf {
			b = b[1:]
			continue
		}
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		b = b[n:]
	}
	return good > 10*bad
}
