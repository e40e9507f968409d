package siterule

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/cascadia"
	"github.com/antchfx/htmlquery"
	"github.com/antchfx/xpath"
	"golang.org/x/net/html"
)

// maxMatches bounds what one selector finds on one page.
const maxMatches = 1000

// Selector finds elements and values in a document. It is written as one of
//
//	h1.headline             CSS (Selectors 3, with :contains, :has and the like of jQuery)
//	time::attr(datetime)    CSS, and the attribute that holds the value
//	//h1[@class="x"]        XPath 1.0: what begins with / or ( or with a function
//	=Sport                  the value itself; it is there on every page
//
// It is safe for concurrent use.
type Selector struct {
	text    string
	css     cascadia.Matcher
	attr    string
	xpath   *sync.Pool // of *xpath.Expr, which hold state while they are evaluated
	literal string
}

// Match is what a selector found.
type Match struct {
	// Node is the element, nil for a value that belongs to none.
	Node *html.Node
	// Value is what was asked for where that is not the element itself: an attribute, a computed text, or a literal.
	Value string
	// Whole says that the element itself was asked for: its value is for the caller to read.
	Whole bool
}

var (
	attrSuffix = regexp.MustCompile(`::attr\(\s*([A-Za-z_][A-Za-z0-9_:.-]*)\s*\)$`)
	function   = regexp.MustCompile(`^[a-z-]+\(`)
)

// ParseSelector reads a selector.
func ParseSelector(text string) (*Selector, error) {
	s := &Selector{text: strings.TrimSpace(text)}
	switch {
	case s.text == "":
		return nil, fmt.Errorf("a selector is empty")
	case s.text[0] == '=':
		if s.literal = strings.TrimSpace(s.text[1:]); s.literal == "" {
			return nil, fmt.Errorf("%q: a value follows the =", s.text)
		}
	case s.text[0] == '/', s.text[0] == '(', function.MatchString(s.text):
		if _, err := compileXPath(s.text); err != nil {
			return nil, fmt.Errorf("%q is no XPath: %w", s.text, err)
		}
		s.xpath = &sync.Pool{New: func() any {
			e, err := compileXPath(s.text)
			if err != nil {
				return nil // it was compiled above
			}
			return e
		}}
	default:
		css := s.text
		if m := attrSuffix.FindStringSubmatchIndex(css); m != nil {
			css, s.attr = css[:m[0]], strings.ToLower(css[m[2]:m[3]])
		}
		var err error
		if s.css, err = cascadia.ParseGroup(css); err != nil {
			return nil, fmt.Errorf("%q is no CSS selector: %w", css, err)
		}
	}
	return s, nil
}

func compileXPath(text string) (e *xpath.Expr, err error) {
	defer func() {
		if p := recover(); p != nil { // the compiler has been seen to panic at odd expressions
			err = fmt.Errorf("%v", p)
		}
	}()
	return xpath.Compile(text)
}

// String returns the selector as it was written.
func (s *Selector) String() string { return s.text }

// Literal tells whether the selector is a value and needs no page.
func (s *Selector) Literal() bool { return s.literal != "" }

// Find returns what the selector finds below root, in document order, at most a thousand. Where an attribute is asked
// for, elements without it are left out.
func (s *Selector) Find(root *html.Node) []Match {
	switch {
	case s.literal != "":
		return []Match{{Value: s.literal}}
	case s.xpath != nil:
		return s.findXPath(root)
	}
	var out []Match
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || !s.css.Match(n) {
			continue
		}
		if s.attr == "" {
			out = append(out, Match{Node: n, Whole: true})
		} else if v, ok := attribute(n, s.attr); ok {
			out = append(out, Match{Node: n, Value: v})
		}
		if len(out) == maxMatches {
			break
		}
	}
	return out
}

func (s *Selector) findXPath(root *html.Node) (out []Match) {
	e, ok := s.xpath.Get().(*xpath.Expr)
	if !ok {
		return nil
	}
	defer func() {
		if recover() != nil { // an expression that is of no use on this page finds nothing, and is not used again
			out = nil
			return
		}
		s.xpath.Put(e)
	}()
	switch v := e.Evaluate(htmlquery.CreateXPathNavigator(root)).(type) {
	case string:
		if v = strings.TrimSpace(v); v != "" {
			return []Match{{Value: v}}
		}
	case float64:
		return []Match{{Value: strconv.FormatFloat(v, 'f', -1, 64)}}
	case bool:
		if v {
			return []Match{{Value: "true"}}
		}
	case *xpath.NodeIterator:
		for len(out) < maxMatches && v.MoveNext() {
			nav, ok := v.Current().(*htmlquery.NodeNavigator)
			if !ok {
				continue
			}
			switch n := nav.Current(); {
			case nav.NodeType() == xpath.AttributeNode:
				out = append(out, Match{Node: n, Value: nav.Value()})
			case n.Type == html.ElementNode:
				if !slices.ContainsFunc(out, func(m Match) bool { return m.Node == n && m.Whole }) {
					out = append(out, Match{Node: n, Whole: true})
				}
			case n.Type == html.TextNode:
				out = append(out, Match{Node: n.Parent, Value: n.Data})
			}
		}
	}
	return out
}

// attribute returns the value of an element's attribute.
func attribute(n *html.Node, key string) (string, bool) {
	for i := range n.Attr {
		if n.Attr[i].Key == key {
			return n.Attr[i].Val, true
		}
	}
	return "", false
}
