package parser

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// parseTree parses the document as browsers do. Documents that x/net/html refuses (more than 512 open elements) or that
// have more tags than maxNodes are read by a tokenizer instead, which keeps the depth and the number of nodes bounded.
// Bounded tells that the tokenizer was used, cut that nodes were left out. Attributes that only a site's rule can ask for
// are in the tree where whole is asked for.
func parseTree(body []byte, maxDepth, maxNodes int, whole bool) (root *html.Node, bounded, cut bool, err error) {
	buf := stripBuffers.Get().(*[]byte)
	defer stripBuffers.Put(buf)
	if cap(*buf) < len(body) && len(body) <= maxStripBuffer {
		*buf = make([]byte, 0, len(body))
	}
	body = stripInert(body, *buf, !whole) // the tree holds copies
	if bytes.Count(body, []byte{'<'}) <= maxNodes {
		if root, err = html.Parse(bytes.NewReader(body)); err == nil {
			return root, false, false, nil
		}
	}
	root, cut = tokenTree(body, maxDepth, maxNodes)
	if root.FirstChild == nil {
		return nil, true, cut, fmt.Errorf("parse HTML: no elements")
	}
	encloseTree(root)
	return root, true, cut, nil
}

// stripBuffers hold what is left of a page while it is parsed, up to maxStripBuffer bytes.
var stripBuffers = sync.Pool{New: func() any { return new([]byte) }}

const maxStripBuffer = 4 << 20

// tokenTree builds a tree from tags as they stand, without the standard's repairs: an end tag closes the nearest open
// element of its name, and elements deeper than maxDepth are left out, their text goes to the deepest one that is there.
func tokenTree(body []byte, maxDepth, maxNodes int) (root *html.Node, cut bool) {
	root = &html.Node{Type: html.DocumentNode}
	open := []*html.Node{root}
	over := 0 // open tags that made no element because of the depth
	nodes := 0
	z := html.NewTokenizer(bytes.NewReader(body))
	for nodes < maxNodes {
		switch tt := z.Next(); tt {
		case html.ErrorToken:
			return root, z.Err() != io.EOF
		case html.TextToken:
			nodes++
			open[len(open)-1].AppendChild(&html.Node{Type: html.TextNode, Data: string(z.Text())})
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			if t.DataAtom == 0 {
				continue
			}
			if len(open) >= maxDepth && !isEmptyElement(t.DataAtom) {
				if tt == html.StartTagToken {
					over++
				}
				continue
			}
			nodes++
			n := &html.Node{Type: html.ElementNode, Data: t.Data, DataAtom: t.DataAtom, Attr: t.Attr}
			if t.DataAtom == atom.P || t.DataAtom == atom.Li { // these close an open one of their kind
				if k := len(open) - 1; k > 0 && open[k].DataAtom == t.DataAtom {
					open = open[:k]
				}
			}
			open[len(open)-1].AppendChild(n)
			if tt == html.StartTagToken && !isEmptyElement(t.DataAtom) {
				open = append(open, n)
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			a := atom.Lookup(name)
			if over > 0 {
				over--
				continue
			}
			for k := len(open) - 1; k > 0 && k > len(open)-32; k-- {
				if open[k].DataAtom == a {
					open = open[:k]
					break
				}
			}
		}
	}
	return root, true
}

// encloseTree gives a tree the html element that the standard puts around a document whose tags leave it out.
func encloseTree(root *html.Node) {
	for n := range root.ChildNodes() {
		if n.DataAtom == atom.Html {
			return
		}
	}
	top := &html.Node{Type: html.ElementNode, Data: "html", DataAtom: atom.Html}
	for n := root.FirstChild; n != nil; n = root.FirstChild {
		root.RemoveChild(n)
		top.AppendChild(n)
	}
	root.AppendChild(top)
}

// isEmptyElement tells the elements that have no content and no end tag.
func isEmptyElement(a atom.Atom) bool {
	switch a {
	case atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input, atom.Link, atom.Meta, atom.Param,
		atom.Source, atom.Track, atom.Wbr:
		return true
	}
	return false
}

// attr returns the value of an element's attribute, "" where it has none.
func attr(n *html.Node, key string) string {
	for i := range n.Attr {
		if n.Attr[i].Key == key {
			return n.Attr[i].Val
		}
	}
	return ""
}

// hasAttr tells whether an element has the attribute.
func hasAttr(n *html.Node, key string) bool {
	for i := range n.Attr {
		if n.Attr[i].Key == key {
			return true
		}
	}
	return false
}
