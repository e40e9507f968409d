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
	s := partScan{base: base, own: own, utf: utf8.Valid(p.Body), body: p.Body}
	if !taggedInASCII(p.Body) {
		s.body, _ = decode(p)
		s.utf = true
	}
	may := s.run()
	if may && s.unsure {
		s.body, _ = decode(p)
		s.utf, s.unsure = true, false
		may = s.run()
	}
	return may
}

// taggedInASCII tells whether a document's tags can be found without decoding it.
func taggedInASCII(b []byte) bool {
	// ISO-2022-JP writes its characters in ASCII, behind an escape; UTF-16 writes all in two bytes.
	return bytes.IndexByte(b, 0x1b) < 0 && (utf8.Valid(b) ||
		bytes.IndexByte(b, 0) < 0 && !bytes.HasPrefix(b, []byte{0xff, 0xfe}) && !bytes.HasPrefix(b, []byte{0xfe, 0xff}))
}

// partScan is one look through a document.
type partScan struct {
	body []byte
	utf  bool // in UTF-8; else only what is ASCII can be read
	base *url.URL
	own  []partForm
	// unsure is set where the answer rests on something that is not ASCII.
	unsure bool
}

func (s *partScan) run() bool {
	if hasBaseTag(s.body) {
		return true // the links start from elsewhere
	}
	for at := 0; ; {
		eq := bytes.IndexByte(s.body[at:], '=')
		if eq < 0 {
			return false
		}
		name := s.body[at : at+eq]
		at += eq + 1
		if !endsInHref(name) {
			continue
		}
		if numbers := s.leads(attributeValue(s.body[at:min(len(s.body), at+linkSize)])); len(numbers) > 0 && s.saysSo(at, numbers) || s.unsure {
			return true
		}
	}
}

// endsInHref tells whether b ends in href, but for white space.
func endsInHref(b []byte) bool {
	n := len(b)
	for n > 0 && isHTMLSpace(b[n-1]) {
		n--
	}
	return n >= 4 && b[n-1]|0x20 == 'f' && bytes.EqualFold(b[n-4:n], []byte("href"))
}

func isHTMLSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }

func isASCII(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c >= utf8.RuneSelf })
}

// linkSize is how much of a document is read for one link.
const linkSize = 4 << 10

// saysSo tells whether the link whose href is at the given place calls itself the next part, or cannot be read here.
func (s *partScan) saysSo(at int, numbers []int) bool {
	before := max(0, at-linkSize)
	start := bytes.LastIndexByte(s.body[before:at], '<')
	if start < 0 {
		return before > 0
	}
	start += before
	link := s.body[start:min(len(s.body), start+linkSize)]
	end := endOfLink(link)
	if end < 0 {
		return true
	}
	if s.unsure = !s.utf && !isASCII(link[:end]); s.unsure {
		return true
	}
	list := readPartLinks(link[:end]).list
	return len(list) != 1 || list[0].next || slices.ContainsFunc(numbers, list[0].leadsTo)
}

// endOfLink is where the end tag of a link stands, -1 where there is none.
func endOfLink(b []byte) int {
	for at := 0; ; at += 2 {
		i := bytes.Index(b[at:], []byte("</"))
		if i < 0 {
			return -1
		}
		if at += i; len(b) > at+3 && b[at+2]|0x20 == 'a' && (b[at+3] == '>' || isHTMLSpace(b[at+3])) {
			return at
		}
	}
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
func (s *partScan) leads(href []byte) []int {
	if bytes.IndexByte(href, '&') >= 0 {
		href = []byte(html.UnescapeString(string(href)))
	}
	if !mayBeNumbered(href, s.own) {
		return nil
	}
	if s.unsure = !s.utf && !isASCII(href); s.unsure {
		return nil
	}
	u, err := url.Parse(strings.TrimSpace(string(href)))
	if err != nil {
		return nil
	}
	var numbers []int
	for _, f := range partForms(s.base.ResolveReference(u)) {
		if slices.ContainsFunc(s.own, func(o partForm) bool { return o.stem == f.stem && o.number+1 == f.number }) {
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
