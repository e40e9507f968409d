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
)

// canonicalSpaces are the namespaces of the extensions that are read, by their usual prefixes.
var canonicalSpaces = map[string]string{
	"content": "http://purl.org/rss/1.0/modules/content/",
	"dc":      "http://purl.org/dc/elements/1.1/",
	"dcterms": "http://purl.org/dc/terms/",
	"itunes":  "http://www.itunes.com/dtds/podcast-1.0.dtd",
	"media":   "http://search.yahoo.com/mrss/",
	"sy":      "http://purl.org/rss/1.0/modules/syndication/",
}

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

// keptAttr is an attribute that is read: its name as gofeed looks for it, a bit of its own, and whether it is a URL.
type keptAttr struct {
	name string
	bit  uint16
	url  bool
}

// keptAttrs are the attributes that are read, by their names in lower case.
var keptAttrs = map[string]keptAttr{
	"url": {"url", 1, true}, "href": {"href", 1 << 1, true}, "src": {"src", 1 << 2, true}, "type": {"type", 1 << 3, false},
	"length": {"length", 1 << 4, false}, "rel": {"rel", 1 << 5, false}, "term": {"term", 1 << 6, false}, "label": {"label", 1 << 7, false},
	"medium": {"medium", 1 << 8, false}, "text": {"text", 1 << 9, false}, "ispermalink": {"isPermaLink", 1 << 10, false},
}

// feedElements lists, for each element of the structure, the elements that are read in it.
var feedElements = map[string]map[string]elementUse{
	"rss": {"channel": useStructure, "item": useStructure, "image": useStructure},
	"channel": {
		"item": useStructure, "items": useStructure, "image": useStructure, "skiphours": useStructure, "skipdays": useStructure,
		"title": useHTML, "description": useHTML, "link": useText, "language": useText, "copyright": useHTML,
		"managingeditor": useText, "webmaster": useText, "author": useText, "pubdate": useText, "lastbuilddate": useText,
		"generator": useText, "ttl": useText, "category": useText,
		"atom:link": useText, "atom:updated": useText,
		"dc:title": useHTML, "dc:description": useHTML, "dc:language": useText, "dc:rights": useHTML, "dc:creator": useText, "dc:author": useText,
		"dc:publisher": useText, "dc:date": useText, "dc:subject": useText, "dcterms:modified": useText, "dcterms:issued": useText, "dcterms:created": useText, "logo": useText,
		"sy:updateperiod": useText, "sy:updatefrequency": useText,
		"itunes:author": useText, "itunes:image": useText, "itunes:category": useText, "itunes:keywords": useText, "itunes:subtitle": useHTML, "itunes:summary": useHTML,
	},
	"items":     {"item": useStructure}, // RSS 1.1
	"image":     {"url": useText, "title": useHTML, "link": useText},
	"skiphours": {"hour": useText},
	"skipdays":  {"day": useText},
	"item": {
		"title": useHTML, "description": useHTML, "link": useText, "author": useText, "category": useText, "guid": useText,
		"pubdate": useText, "enclosure": useText,
		"content:encoded": useHTML, "xhtml:body": useHTML, "xhtml:div": useHTML, "body": useHTML, "fullitem": useHTML, "summary": useHTML,
		"tags": useText, "logo": useText, "itunes:image": useText, "itunes:link": useText,
		"atom:link": useText, "atom:updated": useText, "atom:published": useText, "atom:summary": useHTML, "atom:content": useHTML,
		"dc:title": useHTML, "dc:description": useHTML, "dc:creator": useText, "dc:author": useText, "dc:date": useText, "dc:subject": useText,
		"dcterms:issued": useText, "dcterms:created": useText, "dcterms:modified": useText,
		"itunes:category": useText, "itunes:keywords": useText, "media:category": useText,
		"itunes:author": useText, "itunes:title": useHTML, "itunes:subtitle": useHTML, "itunes:summary": useHTML,
		"media:group": useStructure, "media:content": useStructure, "media:thumbnail": useText, "media:title": useHTML,
		"media:description": useHTML, "media:text": useHTML, "media:credit": useText,
	},
	"feed": {
		"title": useHTML, "subtitle": useHTML, "tagline": useHTML, "id": useText, "updated": useText, "modified": useText,
		"generator": useText, "icon": useText, "logo": useText, "rights": useHTML, "copyright": useHTML, "link": useText,
		"category": useText, "author": useStructure, "entry": useStructure,
		"dc:language": useText, "dcterms:issued": useText, "dcterms:created": useText, "sy:updateperiod": useText, "sy:updatefrequency": useText, "itunes:image": useText,
	},
	"entry": {
		"title": useHTML, "summary": useHTML, "content": useHTML, "id": useText, "updated": useText, "modified": useText,
		"published": useText, "issued": useText, "created": useText, "link": useText, "category": useText, "author": useStructure,
		"dc:creator": useText, "dc:author": useText, "dc:date": useText, "dc:subject": useText,
		"dcterms:issued": useText, "dcterms:modified": useText, "itunes:image": useText, "itunes:keywords": useText, "media:category": useText,
		"media:group": useStructure, "media:content": useStructure, "media:thumbnail": useText, "media:title": useHTML,
		"media:description": useHTML, "media:text": useHTML, "media:credit": useText,
	},
	"author": {"name": useText, "email": useText, "uri": useText, "url": useText},
	"media:group": {
		"media:content": useStructure, "media:thumbnail": useText, "media:title": useHTML, "media:description": useHTML,
		"media:text": useHTML, "media:credit": useText,
	},
	"media:content": {
		"media:thumbnail": useText, "media:title": useHTML, "media:description": useHTML, "media:text": useHTML,
		"media:credit": useText,
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
