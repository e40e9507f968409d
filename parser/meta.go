package parser

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// metadata is what a page's head, and the data within its body, say of the article.
type metadata struct {
	names     map[string][]string // meta name, property or itemprop, in lower case, to contents
	title     string              // of the title element
	canonical string
	amp       string
	license   string
	baseHref  string
	lang      string
	ld        linkedData
	itemprops []itemprop
}

// itemprop is one microdata property (or rel="author" link) in the body.
type itemprop struct {
	name, value string
	n           *html.Node
}

// first returns the first value that is not empty of the named meta elements, and its name.
func (m *metadata) first(names ...string) (value, name string) {
	for _, n := range names {
		for _, v := range m.names[n] {
			if v != "" {
				return v, n
			}
		}
	}
	return "", ""
}

// stating is a [goquery.Matcher] of the elements that can state something of their document. It stands for the selector
// html, title, base, meta, link, script, a, time, [itemprop], and is many times faster.
type stating struct{}

func (stating) Match(n *html.Node) bool {
	if n.Type != html.ElementNode {
		return false
	}
	switch n.DataAtom {
	case atom.Html, atom.Title, atom.Base, atom.Meta, atom.Link, atom.Script, atom.Time:
		return true
	case atom.A:
		return hasAttr(n, "rel") || hasAttr(n, "itemprop") // a link alone says nothing of itself
	}
	return len(n.Attr) > 0 && (hasAttr(n, "itemprop") || hasAttr(n, "property"))
}

func (m stating) MatchAll(root *html.Node) []*html.Node {
	all := make([]*html.Node, 0, 128)
	for n := root; ; {
		if m.Match(n) {
			all = append(all, n)
		}
		if n.FirstChild != nil {
			n = n.FirstChild
			continue
		}
		for n != root && n.NextSibling == nil {
			n = n.Parent
		}
		if n == root {
			return all
		}
		n = n.NextSibling
	}
}

func (m stating) Filter(nodes []*html.Node) []*html.Node {
	return slices.DeleteFunc(slices.Clone(nodes), func(n *html.Node) bool { return !m.Match(n) })
}

// readMetadata collects what the document states of itself, in one pass.
func readMetadata(doc *goquery.Document) *metadata {
	m := &metadata{names: make(map[string][]string, 48)}
	var scripts []string
	for _, n := range doc.FindMatcher(stating{}).Nodes {
		switch n.DataAtom {
		case atom.Html:
			m.lang = cmp.Or(attr(n, "lang"), attr(n, "xml:lang"))
		case atom.Title:
			if m.title == "" && !insideSVG(n) {
				m.title = cleanLine(nodeText(n))
			}
		case atom.Base:
			if m.baseHref == "" {
				m.baseHref = attr(n, "href")
			}
		case atom.Meta:
			content := strings.TrimSpace(attr(n, "content"))
			if content == "" {
				continue
			}
			for _, key := range [...]string{"property", "name", "itemprop", "http-equiv"} {
				if name := attr(n, key); name != "" {
					name = strings.ToLower(strings.TrimSpace(name))
					m.names[name] = append(m.names[name], content)
				}
			}
		case atom.Link:
			m.link(n)
		case atom.Script:
			if n.FirstChild != nil && strings.Contains(attr(n, "type"), "ld+json") {
				scripts = append(scripts, n.FirstChild.Data)
			}
		case atom.A:
			for rel := range strings.FieldsSeq(attr(n, "rel")) {
				switch strings.ToLower(rel) {
				case "author":
					m.itemprops = append(m.itemprops, itemprop{"rel-author", cleanLine(nodeText(n)), n})
				case "tag":
					m.itemprops = append(m.itemprops, itemprop{"rel-tag", cleanLine(nodeText(n)), n})
				case "license":
					m.license = cmp.Or(m.license, attr(n, "href"))
				}
			}
			if name := attr(n, "itemprop"); name != "" {
				m.itemprops = append(m.itemprops, itemprop{name, cleanLine(nodeText(n)), n})
			}
		default:
			name := attr(n, "itemprop")
			if name == "" {
				name = strings.TrimPrefix(attr(n, "property"), "schema:") // RDFa
			}
			if n.DataAtom == atom.Time && name == "" {
				name = "time"
			}
			switch name {
			case "headline", "name", "author", "creator", "datePublished", "dateModified", "dateCreated", "articleSection", "time", "copyrightHolder":
				v := cmp.Or(attr(n, "content"), attr(n, "datetime"))
				if v == "" {
					v = nodeText(n)
				}
				if len(v) < 600 {
					m.itemprops = append(m.itemprops, itemprop{name, cleanLine(v), n})
				}
			}
		}
	}
	m.ld = readLinkedData(scripts)
	return m
}

func (m *metadata) link(n *html.Node) {
	href := attr(n, "href")
	for rel := range strings.FieldsSeq(attr(n, "rel")) {
		switch strings.ToLower(rel) {
		case "canonical":
			m.canonical = cmp.Or(m.canonical, href)
		case "amphtml":
			m.amp = cmp.Or(m.amp, href)
		case "license":
			m.license = cmp.Or(m.license, href)
		}
	}
}

func insideSVG(n *html.Node) bool { return n.Namespace != "" }

// nodeText joins the text below a node, without that of scripts and styles; boundaries of blocks become spaces.
func nodeText(top *html.Node) string {
	s, _ := nodeTextWithin(top, math.MaxInt)
	return s
}

// nodeTextWithin is nodeText where that is no longer than most bytes; whole is false where it is, and s then "".
func nodeTextWithin(top *html.Node, most int) (s string, whole bool) {
	if c := top.FirstChild; c != nil && c == top.LastChild && c.Type == html.TextNode {
		if len(c.Data) > most {
			return "", false
		}
		return c.Data, true
	}
	var b strings.Builder
	n := top
	for {
		if b.Len() > most || n.Type == html.TextNode && len(n.Data) > most-b.Len() {
			return "", false
		}
		down := false
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
		case n.Type == html.ElementNode:
			down = n.DataAtom != atom.Script && n.DataAtom != atom.Style && n.DataAtom != atom.Noscript && n.DataAtom != atom.Svg
			if !isInline(n.DataAtom) {
				b.WriteByte(' ')
			}
		default:
			down = true
		}
		if down && n.FirstChild != nil {
			n = n.FirstChild
			continue
		}
		for n != top && n.NextSibling == nil {
			n = n.Parent
			if n.Type == html.ElementNode && !isInline(n.DataAtom) {
				b.WriteByte(' ')
			}
		}
		if n == top {
			return b.String(), true
		}
		n = n.NextSibling
	}
}
