package parser

import (
	"net/url"
	"strings"
)

// elementUse is what the rewriter makes of an element.
type elementUse int

const (
	useNone      elementUse = iota // passed over with all that is in it
	useStructure                   // holds elements
	useText                        // holds a plain text
	useHTML                        // holds a text that is, or becomes, HTML

	// The same of what is kept beside gofeed.
	noteStructure
	noteText
	noteHTML
)

// feedVocabularies names the vocabulary of each namespace key (see spaceKey), and of the prefixes that are used without
// a declaration.
var feedVocabularies = map[string]string{
	"www.w3.org/2005/atom": "atom",
	"purl.org/atom/ns":     "atom",
	"atom:":                "atom",

	"purl.org/rss/1.0":                         "rss",
	"purl.org/net/rss1.1":                      "rss",
	"my.netscape.com/rdf/simple/0.9":           "rss",
	"channel.netscape.com/rdf/simple/0.9":      "rss",
	"my.netscape.com/publish/formats/rss-0.91": "rss",
	"backend.userland.com/rss":                 "rss",
	"backend.userland.com/rss2":                "rss",
	"blogs.law.harvard.edu/tech/rss":           "rss",
	"cyber.law.harvard.edu/rss":                "rss",
	"cyber.law.harvard.edu/rss/rss.html":       "rss",
	"www.w3.org/1999/02/22-rdf-syntax-ns":      "rdf",
	"purl.org/rss/1.0/modules/content":         "content",
	"content:":                                 "content",
	"purl.org/dc/elements/1.0":                 "dc",
	"purl.org/dc/elements/1.1":                 "dc",
	"dc:":                                      "dc",
	"purl.org/dc/terms":                        "dcterms",
	"dcterms:":                                 "dcterms",
	"www.itunes.com/dtds/podcast-1.0.dtd":      "itunes",
	"example.com/dtds/podcast-1.0.dtd":         "itunes",
	"itunes:":                                  "itunes",
	"search.yahoo.com/mrss":                    "media",
	"video.search.yahoo.com/mrss":              "media",
	"media:":                                   "media",
	"purl.org/rss/1.0/modules/syndication":     "sy",
	"sy:":                                      "sy",
	"www.w3.org/1999/xhtml":                    "xhtml",
	"xhtml:":                                   "xhtml",
}

// spaceKey is a namespace name without what publishers get wrong in it: scheme, case, a slash or "#" at the end.
func spaceKey(space string) string {
	s := strings.ToLower(strings.TrimSpace(space))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://")
	return strings.TrimRight(s, "/#")
}

// knownAttr is an attribute that is read: its name as gofeed looks for it, a bit of its own, and whether it is a URL.
type knownAttr struct {
	name string
	bit  uint16
	url  bool
}

// knownAttrs are the attributes that are read, by their names in lower case.
var knownAttrs = map[string]knownAttr{
	"url": {"url", 1, true}, "href": {"href", 1 << 1, true}, "src": {"src", 1 << 2, true}, "type": {"type", 1 << 3, false},
	"length": {"length", 1 << 4, false}, "rel": {"rel", 1 << 5, false}, "term": {"term", 1 << 6, false}, "label": {"label", 1 << 7, false},
	"medium": {"medium", 1 << 8, false}, "text": {"text", 1 << 9, false}, "ispermalink": {"isPermaLink", 1 << 10, false},
}

// keptAttr looks an attribute up. Each is kept once: seen has the bits of those that were.
func keptAttr(name string, seen *uint16) (knownAttr, bool) {
	known, ok := knownAttrs[name]
	if !ok {
		known, ok = knownAttrs[strings.ToLower(name)]
	}
	if !ok || *seen&known.bit != 0 {
		return knownAttr{}, false
	}
	*seen |= known.bit
	return known, true
}

// feedElements lists, for each element of the structure, the elements that are read in it. What is not of RSS or Atom
// itself, and what gofeed would only hand on, is kept as a note.
var feedElements = map[string]map[string]elementUse{
	"rss": {"channel": useStructure, "item": useStructure, "image": useStructure},
	"channel": {
		"item": useStructure, "items": useStructure, "image": useStructure, "skiphours": useStructure, "skipdays": useStructure,
		"title": useHTML, "description": useHTML, "link": useText, "language": useText, "copyright": useHTML,
		"managingeditor": useText, "webmaster": useText, "author": noteText, "pubdate": noteText, "lastbuilddate": noteText,
		"generator": useText, "ttl": useText, "category": useText, "logo": noteText,
		"atom:link": noteText, "atom:updated": noteText,
		"dc:title": noteHTML, "dc:description": noteHTML, "dc:language": noteText, "dc:rights": noteHTML, "dc:creator": noteText,
		"dc:author": noteText, "dc:publisher": noteText, "dc:date": noteText, "dc:subject": noteText,
		"dcterms:modified": noteText, "dcterms:issued": noteText, "dcterms:created": noteText,
		"sy:updateperiod": noteText, "sy:updatefrequency": noteText,
		"itunes:author": noteText, "itunes:image": noteText, "itunes:category": noteText, "itunes:keywords": noteText,
		"itunes:subtitle": noteHTML, "itunes:summary": noteHTML,
	},
	"items":     {"item": useStructure}, // RSS 1.1
	"image":     {"url": useText, "title": useHTML, "link": useText},
	"skiphours": {"hour": useText},
	"skipdays":  {"day": useText},
	"item": {
		"title": useHTML, "description": useHTML, "link": useText, "author": useText, "category": useText, "guid": useText,
		"pubdate": noteText, "enclosure": useText,
		"content:encoded": noteHTML, "xhtml:body": noteHTML, "xhtml:div": noteHTML, "body": noteHTML, "fullitem": noteHTML,
		"summary": noteHTML, "tags": noteText, "logo": noteText,
		"atom:link": noteText, "atom:updated": noteText, "atom:published": noteText, "atom:summary": noteHTML, "atom:content": noteHTML,
		"dc:title": noteHTML, "dc:description": noteHTML, "dc:creator": noteText, "dc:author": noteText, "dc:date": noteText,
		"dc:subject": noteText, "dcterms:issued": noteText, "dcterms:created": noteText, "dcterms:modified": noteText,
		"itunes:category": noteText, "itunes:keywords": noteText, "itunes:author": noteText, "itunes:title": noteHTML,
		"itunes:subtitle": noteHTML, "itunes:summary": noteHTML, "itunes:image": noteText, "itunes:link": noteText,
		"media:group": noteStructure, "media:content": noteStructure, "media:thumbnail": noteText, "media:title": noteHTML,
		"media:description": noteHTML, "media:text": noteHTML, "media:credit": noteText, "media:category": noteText,
	},
	"feed": {
		"title": useHTML, "subtitle": useHTML, "tagline": useHTML, "id": useText, "updated": noteText, "modified": noteText,
		"generator": useText, "icon": useText, "logo": useText, "rights": useHTML, "copyright": useHTML, "link": useText,
		"category": useText, "author": useStructure, "entry": useStructure,
		"dc:language": noteText, "dcterms:issued": noteText, "dcterms:created": noteText, "sy:updateperiod": noteText,
		"sy:updatefrequency": noteText, "itunes:image": noteText,
	},
	"entry": {
		"title": useHTML, "summary": useHTML, "content": useHTML, "id": useText, "updated": noteText, "modified": noteText,
		"published": noteText, "issued": noteText, "created": noteText, "link": useText, "category": useText, "author": useStructure,
		"dc:creator": noteText, "dc:author": noteText, "dc:date": noteText, "dc:subject": noteText,
		"dcterms:issued": noteText, "dcterms:created": noteText, "dcterms:modified": noteText,
		"itunes:image": noteText, "itunes:keywords": noteText,
		"media:group": noteStructure, "media:content": noteStructure, "media:thumbnail": noteText, "media:title": noteHTML,
		"media:description": noteHTML, "media:text": noteHTML, "media:credit": noteText, "media:category": noteText,
	},
	"author": {"name": useText, "email": useText, "uri": useText, "url": useText},
	"media:group": {
		"media:content": noteStructure, "media:thumbnail": noteText, "media:title": noteHTML, "media:description": noteHTML,
		"media:text": noteHTML, "media:credit": noteText,
	},
	"media:content": {
		"media:thumbnail": noteText, "media:title": noteHTML, "media:description": noteHTML, "media:text": noteHTML,
		"media:credit": noteText,
	},
}

// useOf says what is made of an element inside another, both by their canonical names.
func useOf(parent, name string) elementUse { return feedElements[parent][name] }

func isItem(name string) bool { return name == "item" || name == "entry" }

// feedLink resolves a link of a feed; "" where it does not lead to a web page. A link that is already absolute stays as
// it was stated.
func feedLink(ref string, base *url.URL) string {
	ref = strings.TrimSpace(ref)
	if isWebURL(ref) && strings.IndexFunc(ref, func(r rune) bool { return r <= ' ' }) < 0 && webURL(ref, nil) != nil {
		return ref
	}
	abs, ok := absoluteURL(ref, base)
	if !ok || webURL(abs, nil) == nil {
		return ""
	}
	return abs
}

// isWebURL tells http and https URLs by their beginning.
func isWebURL(s string) bool {
	return len(s) > 8 && (strings.EqualFold(s[:7], "http://") || strings.EqualFold(s[:8], "https://"))
}
