package parser

import (
	"regexp"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html/atom"
)

// feedPolicy is the markup that a feed's summaries and contents may keep: an article's, and drawings in SVG and formulas in
// MathML as far as they only show something. Of these, what runs, loads, links, animates, styles or holds HTML is left out,
// and every value is one of numbers, names and colours: there is no url() and no reference.
var feedPolicy = sync.OnceValue(func() *bluemonday.Policy {
	p := textPolicy()
	p.AllowElements("title") // of drawings: absoluteURLs takes out others
	p.AllowNoAttrs().OnElements(append(append([]string{"svg", "math"}, svgElements...), mathElements...)...)
	p.AllowAttrs("xmlns").Matching(regexp.MustCompile(`^http://www\.w3\.org/(?:2000/svg|1998/Math/MathML)$`)).OnElements("svg", "math")
	p.AllowAttrs(svgAttrs...).Matching(drawingValue).OnElements(append([]string{"svg"}, svgElements...)...)
	p.AllowAttrs(mathAttrs...).Matching(drawingValue).OnElements(append([]string{"math"}, mathElements...)...)
	p.SkipElementsContent("annotation", "annotation-xml", "foreignobject")
	// What frames and objects hold for who cannot show them is text.
	p.AllowElementsContent("frame", "frameset", "iframe", "noembed", "noframes", "object")
	return p
})

// drawingSpaces are the namespaces of the elements that drawings and formulas stand in.
var drawingSpaces = map[atom.Atom]string{
	atom.Svg:  "http://www.w3.org/2000/svg",
	atom.Math: "http://www.w3.org/1998/Math/MathML",
}

// drawingValue is a value of a drawing's attribute: words, numbers and colours, functions of numbers.
var drawingValue = regexp.MustCompile(`^[\w\s.,;#%+-]*(?:\([\d\s.,%+-]*\)[\w\s.,;#%+-]*)*$`)

// Names are in lower case, as tokens have them; who parses the HTML finds their proper case again (HTML §13.2.6.5).
var (
	svgElements = []string{
		"g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "desc", "defs", "lineargradient",
		"radialgradient", "stop",
	}
	svgAttrs = []string{
		"version", "baseprofile", "viewbox", "preserveaspectratio", "width", "height", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx",
		"ry", "fx", "fy", "dx", "dy", "d", "points", "pathlength", "transform", "rotate", "offset", "fill", "fill-opacity", "fill-rule",
		"stroke", "stroke-width", "stroke-opacity", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-dasharray",
		"stroke-dashoffset", "stop-color", "stop-opacity", "opacity", "color", "display", "visibility", "font-family", "font-size",
		"font-weight", "font-style", "text-anchor", "gradientunits", "gradienttransform", "spreadmethod", "textlength",
	}
	mathElements = []string{
		"mrow", "mi", "mn", "mo", "mtext", "ms", "mspace", "mfrac", "msqrt", "mroot", "mstyle", "merror", "mpadded", "mphantom", "mfenced",
		"menclose", "msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "none", "mtable", "mtr",
		"mlabeledtr", "mtd", "semantics",
	}
	mathAttrs = []string{
		"accent", "accentunder", "align", "bevelled", "close", "columnalign", "columnlines", "columnspacing", "columnspan", "depth", "display",
		"displaystyle", "equalcolumns", "equalrows", "fence", "frame", "height", "linethickness", "lspace", "mathbackground", "mathcolor",
		"mathsize", "mathvariant", "maxsize", "minsize", "notation", "open", "rowalign", "rowlines", "rowspacing", "rowspan", "rspace",
		"scriptlevel", "selection", "separator", "separators", "stretchy", "symmetric", "voffset", "width",
	}
)
