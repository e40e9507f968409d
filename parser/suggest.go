package parser

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/parser/siterule"
)

// Suggest returns selectors, by the fields of site rules, that find on this page what the extractor found by itself: a
// rule to begin with. A field whose place cannot be named by CSS is left out, and so is one that stands nowhere on the
// page. No rule is applied.
func (x *Extractor) Suggest(p *feedmill.Page) (map[string]string, error) {
	bare := *x
	bare.sites = nil
	out := map[string]string{}
	d := x.document(p, nil)
	if err := d.begin(); err != nil {
		return nil, err
	}
	if !isHTML(p) {
		return out, nil
	}
	if err := bare.read(d, p, true); err != nil {
		return nil, feedmill.Permanent("parse", err)
	}
	l := d.layout
	name := func(field string, i int32, whole string) {
		if i < 0 {
			return
		}
		if s := cssOf(l.nodes[i].n, d.root, whole); s != "" {
			out[field] = s
		}
	}
	if d.headline >= 0 {
		name("title", l.blocks[d.headline].near, d.article.Title)
	}
	if d.body.container >= 0 {
		name("body", d.body.container, "")
	}
	for i := range l.blocks {
		b := &l.blocks[i]
		line := strings.ReplaceAll(b.text, "\n", " ")
		switch {
		case out["subtitle"] == "" && d.article.Subtitle != "" && line == d.article.Subtitle:
			name("subtitle", b.node, line)
		case out["byline"] == "" && d.article.Byline.Raw != "" && line == d.article.Byline.Raw:
			name("byline", b.node, line)
		case out["published"] == "" && d.article.Published.Raw != "" && line == cleanLine(d.article.Published.Raw):
			name("published", b.node, line)
		}
	}
	for _, ip := range d.meta.itemprops {
		if ip.n.DataAtom == atom.Time && out["published"] == "" && d.article.Published.Raw != "" && ip.value == cleanLine(d.article.Published.Raw) {
			if s := cssOf(ip.n, d.root, ""); s != "" {
				out["published"] = s
			}
		}
	}
	return out, nil
}

// cssOf is a short selector whose first match is the element; where whole is not empty, the match's text must be that. It
// is "" where there is none that names things rather than counting them.
func cssOf(n, root *html.Node, whole string) string {
	below := ""
	for up := n; up != nil && up.Type == html.ElementNode && up.DataAtom != atom.Html; up = up.Parent {
		for _, own := range namesOf(up) {
			text := own
			if below != "" {
				text += " " + below
			}
			if !namesThing(text) {
				continue
			}
			s, err := siterule.ParseSelector(text)
			if err != nil {
				continue
			}
			if found := s.Find(root); len(found) > 0 && found[0].Node == n && (whole == "" || cleanLine(nodeText(n)) == whole) {
				return text
			}
		}
		if below == "" {
			if below = namesOf(up)[0]; whole == "" && up.DataAtom == atom.Body {
				return ""
			}
		}
	}
	return ""
}

// namesThing tells a selector that says more than kinds of elements that stand anywhere.
func namesThing(selector string) bool {
	if strings.ContainsAny(selector, "#.[") {
		return true
	}
	switch selector[strings.LastIndexByte(selector, ' ')+1:] {
	case "h1", "article", "main", "time":
		return true
	}
	return false
}

// namesOf are the names that an element goes by, the surest first: its id, a class, its kind. Names with figures in them
// are left out, for they are mostly made by programs and other ones tomorrow.
func namesOf(n *html.Node) []string {
	var out []string
	if id := attr(n, "id"); isStableName(id) {
		out = append(out, "#"+id)
	}
	for class := range strings.FieldsSeq(attr(n, "class")) {
		if isStableName(class) {
			out = append(out, n.Data+"."+class)
		}
	}
	if v := attr(n, "itemprop"); isStableName(v) {
		out = append(out, n.Data+"[itemprop="+v+"]")
	}
	return append(out, n.Data)
}

func isStableName(s string) bool {
	if s == "" || len(s) > 60 {
		return false
	}
	for i, r := range s {
		if !unicode.IsLetter(r) && r != '_' && (r != '-' || i == 0) || r > unicode.MaxASCII {
			return false
		}
	}
	return true
}
