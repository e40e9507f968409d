package parser

import (
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
	p.SkipElementsContent("template", "textarea", "select", "svg", "math", "title", "noscript", "iframe", "object", "canvas", "audio", "video")
	return p
})

// sanitizeHTML returns the fragment with article markup only: nothing active, no URL that is not http, https, mailto or
// tel, links and picture sources absolute against base (which may be nil). Text is kept, save that of scripts, styles
// and embedded objects. It works on tokens, so the depth of the markup does not matter.
func sanitizeHTML(fragment string, base *url.URL) string {
	if !strings.ContainsAny(fragment, "<&") {
		return strings.TrimSpace(fragment)
	}
	return strings.TrimSpace(articlePolicy().Sanitize(absoluteURLs(fragment, base)))
}

// absoluteURLs rewrites the URL attributes of a fragment. Pictures that wait for a script get the source that the
// script would have given them.
func absoluteURLs(fragment string, base *url.URL) string {
	var b strings.Builder
	b.Grow(len(fragment) + len(fragment)/8)
	z := html.NewTokenizer(strings.NewReader(fragment))
	for {
		tt := z.Next()
		switch tt {
		case html.ErrorToken:
			if z.Err() == io.EOF {
				return b.String()
			}
			return b.String() + html.EscapeString(string(z.Raw()))
		case html.StartTagToken, html.SelfClosingTagToken:
			raw := string(z.Raw())
			t := z.Token()
			if t.DataAtom == 0 || !rewriteAttrs(&t, base) {
				b.WriteString(raw)
				continue
			}
			b.WriteString(t.String())
		default:
			b.Write(z.Raw())
		}
	}
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
