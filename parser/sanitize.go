package parser

import (
	"bytes"
	"io"
	"net/url"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// articlePolicy is the markup that an article may keep: structure, emphasis, links, pictures and tables. Whatever can
// run, load or style something else is not in it, and so not in any output. A built policy is safe for concurrent use.
var articlePolicy = sync.OnceValue(func() *bluemonday.Policy {
	p := textPolicy()
	p.SkipElementsContent("svg", "math", "title")
	return p
})

// textPolicy is what articlePolicy and feedPolicy have in common.
func textPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements(
		"p", "br", "hr", "wbr", "h1", "h2", "h3", "h4", "h5", "h6", "div", "span", "section", "article", "header", "footer", "aside",
		"ul", "li", "dl", "dt", "dd", "blockquote", "q", "cite", "pre", "code", "kbd", "samp", "var", "tt",
		"a", "b", "strong", "i", "em", "u", "s", "strike", "del", "ins", "mark", "small", "big", "sub", "sup", "abbr", "acronym", "dfn",
		"address", "center", "font", "bdi", "ruby", "rb", "rt", "rp", "rtc", "time", "figure", "figcaption", "picture", "img",
		"table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "td", "th", "details", "summary", "ol",
	)
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("cite").OnElements("blockquote", "q", "del", "ins")
	p.AllowAttrs("title").OnElements("a", "abbr", "acronym", "dfn", "img")
	p.AllowAttrs("src", "alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(bluemonday.NumberOrPercent).OnElements("img", "td", "th", "table")
	p.AllowAttrs("datetime").Matching(bluemonday.ISO8601).OnElements("time", "del", "ins")
	p.AllowAttrs("colspan", "rowspan", "start", "value").Matching(bluemonday.Integer).OnElements("td", "th", "ol", "li")
	p.AllowAttrs("lang").Matching(bluemonday.SpaceSeparatedTokens).Globally()
	p.AllowAttrs("dir").Matching(bluemonday.Direction).Globally()
	p.AllowNoAttrs().OnElements("a", "span", "font", "img")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(true) // only where the caller knows no base
	p.SkipElementsContent("template", "textarea", "select", "noscript", "iframe", "object", "canvas", "audio", "video")
	return p
}

// sanitizeHTML returns a fragment of a feed with article markup, drawings and formulas only: nothing active, no URL that
// is not http, https, mailto or tel, links and picture sources absolute against base (which may be nil). Text is kept,
// save that of scripts, styles and embedded objects. It works on tokens, so the depth of the markup does not matter.
func sanitizeHTML(fragment string, base *url.URL) string {
	switch {
	case !strings.ContainsAny(fragment, "<&"):
		return strings.Clone(strings.TrimSpace(fragment)) // it may be a part of the whole document
	case !strings.Contains(fragment, "<"):
		return html.EscapeString(html.UnescapeString(strings.TrimSpace(fragment)))
	}
	if !urlsMayStay(fragment) {
		fragment = absoluteURLs(fragment, base)
	}
	return strings.TrimSpace(feedPolicy().Sanitize(fragment))
}

// urlsMayStay tells fragments that absoluteURLs would give back as they are. Most of those that hold only absolute links
// are seen to be, by a look at nothing but the names of tags and what follows href, src and cite.
func urlsMayStay(fragment string) bool {
	if strings.Contains(fragment, "data-") || strings.Contains(fragment, "DATA-") {
		return false
	}
	for i := 0; i < len(fragment); i++ {
		switch fragment[i] {
		case '<':
			if rest := fragment[i+1:]; hasAnyFold(rest, "svg", "math", "title", "iframe", "noembed", "noframes", "/title") {
				return false
			}
		case '=':
			name := fragment[:i]
			if n := len(name); n > 0 && isXMLSpace(name[n-1]) {
				name = strings.TrimRight(name, " \t\r\n")
			}
			if endsInAnyFold(name, "srcset") {
				return false
			}
			if !endsInAnyFold(name, "href", "src", "cite") {
				continue
			}
			rest := fragment[i+1:]
			if rest == "" || rest[0] != '"' && rest[0] != '\'' {
				return false
			}
			end := strings.IndexByte(rest[1:], rest[0])
			if end < 0 {
				return false
			}
			u := rest[1 : end+1]
			if strings.Count(u, "&") != strings.Count(u, "&amp;") || !isPlainWebURL(u) || isPlaceholder(u) {
				return false
			}
			i += end + 2
		}
	}
	return true
}

func hasAnyFold(s string, words ...string) bool {
	for _, w := range words {
		if len(s) >= len(w) && strings.EqualFold(s[:len(w)], w) {
			return true
		}
	}
	return false
}

func endsInAnyFold(s string, words ...string) bool {
	for _, w := range words {
		if len(s) >= len(w) && strings.EqualFold(s[len(s)-len(w):], w) {
			return true
		}
	}
	return false
}

// isPlainWebURL tells http and https URLs that are written with the characters that a URL may have.
func isPlainWebURL(s string) bool {
	rest, ok := strings.CutPrefix(s, "http")
	rest, ok2 := strings.CutPrefix(strings.TrimPrefix(rest, "s"), "://")
	if !ok || !ok2 || rest == "" {
		return false
	}
	for i := range len(rest) {
		if c := rest[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>[]\\^`{|}", c) >= 0 {
			return false
		}
	}
	return true
}

// absoluteURLs rewrites the URL attributes of a fragment. Pictures that wait for a script get the source that the
// script would have given them. Of titles, those of drawings are kept.
func absoluteURLs(fragment string, base *url.URL) string {
	b := make([]byte, 0, len(fragment)+len(fragment)/8)
	z := html.NewTokenizer(strings.NewReader(fragment))
	var attrs []tagAttr
	drawings := 0
	for {
		tt := z.Next()
		switch tt {
		case html.ErrorToken:
			if z.Err() == io.EOF {
				return string(b)
			}
			return string(b) + html.EscapeString(string(z.Raw()))
		case html.EndTagToken:
			start := len(b)
			b = append(b, z.Raw()...)
			switch name, _ := z.TagName(); {
			case drawings == 0 && string(name) == "title":
				b = b[:start]
			case drawings > 0 && string(name) == "svg":
				drawings--
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			start := len(b)
			b = append(b, z.Raw()...) // before the attributes are read, which changes the tokenizer's bytes
			name, more := z.TagName()
			tag := atom.Lookup(name)
			switch tag {
			case atom.Iframe, atom.Noembed, atom.Noframes:
				// What stands in it for who cannot show it is text and markup.
				z.NextIsNotRawText()
				b = b[:start]
				continue
			case atom.Svg:
				if tt == html.StartTagToken {
					drawings++
				}
			case atom.Title:
				if drawings > 0 {
					break
				}
				b = b[:start]
				if tt == html.StartTagToken {
					z.Next() // its text: nothing else stands in a title
				}
				continue
			}
			attrs = attrs[:0]
			space := drawingSpaces[tag]
			keep := space == ""
			for more {
				var a tagAttr
				a.key, a.value, more = z.TagAttr()
				attrs = append(attrs, a)
				keep = keep && a.mayStay(tag)
				if string(a.key) == "xmlns" {
					space = ""
				}
			}
			if keep || tag == 0 {
				continue
			}
			t := html.Token{Type: tt, DataAtom: tag, Data: string(name)}
			for _, a := range attrs {
				t.Attr = append(t.Attr, html.Attribute{Key: string(a.key), Val: string(a.value)})
			}
			if space != "" {
				t.Attr = append(t.Attr, html.Attribute{Key: "xmlns", Val: space})
			}
			if rewriteAttrs(&t, base) || space != "" {
				b = append(b[:start], t.String()...)
			}
		default:
			b = append(b, z.Raw()...)
		}
	}
}

// tagAttr is an attribute in the tokenizer's own bytes.
type tagAttr struct{ key, value []byte }

// mayStay tells attributes that need no rewriting: they hold no URL, or one that is absolute and well written.
func (a tagAttr) mayStay(tag atom.Atom) bool {
	switch string(a.key) {
	case "href", "src", "cite":
	case "srcset":
		return tag != atom.Img
	default:
		return tag != atom.Img || !bytes.HasPrefix(a.key, []byte("data-"))
	}
	value := string(a.value)
	return isPlainWebURL(value) && (tag != atom.Img || !isPlaceholder(value))
}

func rewriteAttrs(t *html.Token, base *url.URL) bool {
	changed := false
	if t.DataAtom == atom.Img {
		if src := imageSource(t.Attr, base); src != "" {
			kept := t.Attr[:0]
			for _, a := range t.Attr {
				if a.Key != "src" {
					kept = append(kept, a)
				}
			}
			t.Attr = append(kept, html.Attribute{Key: "src", Val: src})
			return true
		}
	}
	for i := range t.Attr {
		a := &t.Attr[i]
		switch a.Key {
		case "href", "src", "cite":
			if abs, ok := absoluteURL(a.Val, base); ok && abs != a.Val {
				a.Val, changed = abs, true
			} else if !ok {
				a.Val, changed = "", true
			}
		}
	}
	if changed {
		kept := t.Attr[:0]
		for _, a := range t.Attr {
			if a.Val != "" || a.Key == "alt" {
				kept = append(kept, a)
			}
		}
		t.Attr = kept
	}
	return changed
}

// absoluteURL resolves ref against base. It is not ok where the result is not a URL that a reader can follow.
func absoluteURL(ref string, base *url.URL) (string, bool) {
	ref = strings.TrimFunc(ref, func(r rune) bool { return r <= ' ' || r == '\u00a0' })
	if ref == "" {
		return "", false
	}
	if strings.ContainsAny(ref, "\t\r\n") { // the URL standard drops these wherever they stand
		ref = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(ref)
	}
	u, err := url.Parse(ref)
	if err != nil {
		if u, err = url.Parse(strings.NewReplacer(" ", "%20", "%", "%25", "[", "%5B", "]", "%5D").Replace(ref)); err != nil {
			return "", false
		}
	}
	if base != nil {
		u = base.ResolveReference(u)
	}
	switch u.Scheme {
	case "http", "https":
		if u.Host == "" {
			return "", false
		}
	case "mailto", "tel":
	case "":
		if base != nil {
			return "", false
		}
	default:
		return "", false
	}
	return u.String(), true
}
