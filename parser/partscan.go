package parser

import (
	"bytes"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/feedmill/feedmill"
)

// mayLead tells whether a page could link to the next part of the article whose URL has the forms own. It looks only at
// what stands after each href, in a small part of the time that reading the document takes; few pages have a next part.
// It never holds back a link that leads: what it lets through is read properly.
func mayLead(p *feedmill.Page, base *url.URL, own []partForm) bool {
	body, utf := scannable(p)
	if hasBaseTag(body) {
		return true // the links start from elsewhere
	}
	for at := 0; ; {
		eq := bytes.IndexByte(body[at:], '=')
		if eq < 0 {
			return false
		}
		name := bytes.TrimRight(body[at:at+eq], " \t\r\n\f")
		at += eq + 1
		if n := len(name) - len("href"); n < 0 || !bytes.EqualFold(name[n:], []byte("href")) {
			continue
		}
		href := attributeValue(body[at:min(len(body), at+linkSize)])
		if !utf && !isASCII(href) {
			return true
		}
		numbers := leads(href, base, own)
		if len(numbers) > 0 && saysSo(body, at, numbers, utf) {
			return true
		}
	}
}

// scannable returns a document's bytes with their tags in ASCII, and whether all else is in UTF-8. Most documents are
// that already; decoding the others costs more than looking through them.
func scannable(p *feedmill.Page) (body []byte, utf bool) {
	escaped := bytes.IndexByte(p.Body, 0x1b) >= 0 // ISO-2022-JP writes its characters in ASCII
	if !escaped && utf8.Valid(p.Body) {
		return p.Body, true
	}
	if !escaped && bytes.IndexByte(p.Body, 0) < 0 && !bytes.HasPrefix(p.Body, []byte{0xff, 0xfe}) && !bytes.HasPrefix(p.Body, []byte{0xfe, 0xff}) {
		return p.Body, false
	}
	body, _ = decode(p)
	return body, true
}

func isASCII(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c >= utf8.RuneSelf })
}

// linkSize is how much of a document is read for one link.
const linkSize = 4 << 10

// saysSo tells whether the link whose href is at the given place calls itself the next part, or cannot be read here.
func saysSo(body []byte, at int, numbers []int, utf bool) bool {
	start := bytes.LastIndexByte(body[:at], '<')
	if start < 0 {
		return false
	}
	link := body[start:min(len(body), start+linkSize)]
	end := bytes.Index(link, []byte("</a>"))
	if end < 0 || !utf && !isASCII(link[:end]) {
		return true
	}
	list := readPartLinks(link[:end]).list
	return len(list) != 1 || list[0].next || slices.ContainsFunc(numbers, list[0].leadsTo)
}

func hasBaseTag(body []byte) bool {
	for rest := body; ; {
		i := bytes.IndexByte(rest, '<')
		if i < 0 || len(rest) < i+len("<base") {
			return false
		}
		if rest = rest[i+1:]; bytes.EqualFold(rest[:len("base")], []byte("base")) {
			return true
		}
	}
}

// attributeValue is the value that b begins with, as it is written.
func attributeValue(b []byte) []byte {
	b = bytes.TrimLeft(b, " \t\r\n\f")
	end := 0
	if len(b) > 0 && (b[0] == '"' || b[0] == '\'') {
		b, end = b[1:], bytes.IndexByte(b[1:], b[0])
	} else {
		end = bytes.IndexAny(b, " \t\r\n\f>")
	}
	if end < 0 {
		return b
	}
	return b[:end]
}

// leads returns the numbers of parts that a link's URL can be read as, where one of the document's own comes before.
func leads(href []byte, base *url.URL, own []partForm) []int {
	if bytes.IndexByte(href, '&') >= 0 {
		href = []byte(html.UnescapeString(string(href)))
	}
	if !mayBeNumbered(href, own) {
		return nil
	}
	u, err := url.Parse(strings.TrimSpace(string(href)))
	if err != nil {
		return nil
	}
	var numbers []int
	for _, f := range partForms(base.ResolveReference(u)) {
		if slices.ContainsFunc(own, func(o partForm) bool { return o.stem == f.stem && o.number+1 == f.number }) {
			numbers = append(numbers, f.number)
		}
	}
	return numbers
}

// mayBeNumbered tells whether the number of a next part stands where a URL can have it: in the query, or behind the last
// slash but one at the end.
func mayBeNumbered(href []byte, own []partForm) bool {
	if bytes.Contains(href, []byte("%3")) {
		return true // a digit, written as an escape
	}
	href, _, _ = bytes.Cut(href, []byte{'#'})
	path, query, _ := bytes.Cut(href, []byte{'?'})
	path = bytes.TrimRight(path, "/ \t\r\n\f")
	path = path[bytes.LastIndexByte(path, '/')+1:]
	if len(bytes.Trim(path, ".")) == 0 && len(path) > 0 {
		return true // "..": the number may be one of the document's own URL
	}
	for _, o := range own {
		var buf [4]byte
		n := strconv.AppendInt(buf[:0], int64(o.number+1), 10)
		if hasNumber(path, n) || hasNumber(query, n) {
			return true
		}
	}
	return false
}

// hasNumber tells whether b has the digits with none beside them.
func hasNumber(b, digits []byte) bool {
	for {
		i := bytes.Index(b, digits)
		if i < 0 {
			return false
		}
		end := i + len(digits)
		if (i == 0 || !isDigit(b[i-1])) && (end == len(b) || !isDigit(b[end])) {
			return true
		}
		b = b[end:]
	}
}
