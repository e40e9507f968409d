package parser

import (
	"cmp"
	"html"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/feedmill/feedmill"
)

// asideTexts are texts that gofeed sees only the number of.
type asideTexts []string

// asideMark begins the number of a text. It is for private use (U+E000), and a text that begins with it is put aside.
const asideMark = "\uE000"

// minAside is the length in bytes from which on a text is put aside.
const minAside = 40

// put returns what to write in place of the text.
func (a *asideTexts) put(s string) string {
	if len(s) < minAside && !strings.HasPrefix(s, asideMark) {
		return html.EscapeString(s)
	}
	*a = append(*a, s)
	return asideMark + strconv.Itoa(len(*a)-1)
}

// get returns the text that s, as gofeed gives it, stands for.
func (a asideTexts) get(s string) string {
	if n, ok := strings.CutPrefix(s, asideMark); ok {
		if i, err := strconv.ParseUint(n, 10, 31); err == nil && int(i) < len(a) {
			return a[i]
		}
	}
	return s
}

// maxNotes is how many elements of one item, and of the feed itself, are kept beside gofeed.
const maxNotes = 5000

// What feedElement.note says of a structure that is no note.
const (
	noteWritten = -1 // it is written for gofeed
	noteLost    = -2 // there were too many notes
)

// feedNotes are what is kept of an item, or of the feed itself, beside gofeed.
type feedNotes struct {
	base     *url.URL            // that of the item
	bases    map[string]*url.URL // of the texts that have one of their own, by the names of their elements
	about    string              // rdf:about
	elements []noteElement
}

// noteElement is an element by its canonical name. Its value is HTML where elementUse says so; its attributes are those
// that are read, URLs among them absolute.
type noteElement struct {
	name, value string
	attrs       []xmlAttr
	in          int // the number of the element that it stands in; negative for none
}

func (e *noteElement) attr(name string) string { return attrValue(e.attrs, name) }

// all gives the elements of that name.
func (n *feedNotes) all(name string) iter.Seq[*noteElement] {
	return func(yield func(*noteElement) bool) {
		for i := range n.elements {
			if e := &n.elements[i]; e.name == name && !yield(e) {
				return
			}
		}
	}
}

// text is the first text among the elements of that name.
func (n *feedNotes) text(name string) string {
	for e := range n.all(name) {
		if e.value != "" {
			return e.value
		}
	}
	return ""
}

func (n *feedNotes) texts(name string) []string {
	var out []string
	for e := range n.all(name) {
		if e.value != "" {
			out = append(out, e.value)
		}
	}
	return out
}

// attr is the first value of an attribute of the elements of that name.
func (n *feedNotes) attr(name, attr string) string {
	for e := range n.all(name) {
		if s := e.attr(attr); s != "" {
			return s
		}
	}
	return ""
}

// link is the atom:link with that relation in an RSS document.
func (n *feedNotes) link(rel string) string {
	for e := range n.all("atom:link") {
		if href := e.attr("href"); href != "" && strings.EqualFold(cmp.Or(e.attr("rel"), "alternate"), rel) {
			return href
		}
	}
	return ""
}

// baseOf is the base URL of one text of the item.
func (n *feedNotes) baseOf(element string) *url.URL {
	if u, ok := n.bases[element]; ok {
		return u
	}
	return n.base
}

// tags adds the tags of other vocabularies.
func (n *feedNotes) tags(tags []string) []string {
	for e := range n.all("dc:subject") {
		tags = addTag(tags, e.value)
	}
	for e := range n.all("itunes:category") {
		tags = addTag(tags, e.attr("text"))
	}
	if s := n.text("itunes:keywords"); s != "" {
		for s := range strings.SplitSeq(s, ",") {
			tags = addTag(tags, s)
		}
	}
	for e := range n.all("media:category") {
		tags = addTag(tags, e.value)
	}
	return tags
}

// author is the first author that is stated: one of those given, Dublin Core's creators, the podcast's author. Of
// several creators, name and address are the first one's.
func (n *feedNotes) author(stated ...string) (author, name, email string) {
	creators := append(n.texts("dc:creator"), n.texts("dc:author")...)
	raw := cmp.Or(firstOf(stated), firstOf(creators), n.text("itunes:author"))
	author, name, email = splitAuthor(raw)
	if len(creators) > 1 && raw == creators[0] {
		all := make([]string, 0, len(creators))
		for _, c := range creators {
			if a, n, _ := splitAuthor(c); a != "" {
				all = append(all, cmp.Or(n, a))
			}
		}
		author = strings.Join(all, ", ")
	}
	return author, name, email
}

// updatePeriod is the syndication module's period divided by its frequency, in seconds; zero if neither is stated.
func (n *feedNotes) updatePeriod() int {
	period, frequency := n.text("sy:updateperiod"), n.text("sy:updatefrequency")
	if period == "" && frequency == "" {
		return 0
	}
	times := max(1, number(frequency))
	const day = 24 * 60 * 60
	switch strings.ToLower(period) {
	case "hourly":
		return max(1, 60*60/times)
	case "", "daily": // the module's default
		return max(1, day/times)
	case "weekly":
		return max(1, 7*day/times)
	case "monthly":
		return max(1, 30*day/times)
	case "yearly":
		return max(1, 365*day/times)
	}
	return 0
}

// media are the pictures and films of Media RSS, each with the caption and credit that stand nearest: its own, its
// group's, the item's. The podcast's picture of the item comes last.
func (n *feedNotes) media() []feedmill.FeedMedia {
	var c mediaCollector
	first := slices.IndexFunc(n.elements, func(e noteElement) bool { return strings.HasPrefix(e.name, "media:") })
	if first >= 0 {
		// The media of groups come before those of the item.
		notes := n.mediaNotes(first)
		for _, grouped := range []bool{true, false} {
			for i := first; i < len(n.elements); i++ {
				if n.inGroup(i) == grouped {
					c.add(n, i, notes)
				}
			}
		}
	}
	for e := range n.all("itunes:image") {
		c.one(e.attr("href"), "image", mediaNote{})
	}
	for e := range n.all("itunes:link") {
		if e.attr("rel") == "image" {
			c.one(e.attr("href"), "image", mediaNote{})
		}
	}
	return c.out
}

// inGroup tells whether an element stands in a media:group, at whatever depth.
func (n *feedNotes) inGroup(i int) bool {
	for i = n.elements[i].in; i >= 0; i = n.elements[i].in {
		if n.elements[i].name == "media:group" {
			return true
		}
	}
	return false
}

// mediaNote is what is said of a picture or film, or of those in a group, or of all of the item's: -1 has the item's.
type mediaNote struct{ description, title, text, credit string }

func (n *feedNotes) mediaNotes(first int) map[int]mediaNote {
	notes := make(map[int]mediaNote)
	for i := first; i < len(n.elements); i++ {
		e := &n.elements[i]
		note := notes[max(-1, e.in)]
		var field *string
		switch e.name {
		case "media:description":
			field = &note.description
		case "media:title":
			field = &note.title
		case "media:text":
			field = &note.text
		case "media:credit":
			field = &note.credit
		default:
			continue
		}
		if *field == "" {
			*field = plainText(e.value)
			notes[max(-1, e.in)] = note
		}
	}
	return notes
}

type mediaCollector struct{ out []feedmill.FeedMedia }

// add takes the element if it is a picture or a film.
func (c *mediaCollector) add(n *feedNotes, i int, notes map[int]mediaNote) {
	e := &n.elements[i]
	var typ string
	switch e.name {
	case "media:content":
		typ = cmp.Or(e.attr("type"), e.attr("medium"))
	case "media:thumbnail":
		typ = cmp.Or(e.attr("type"), "image")
		i = e.in
	default:
		return
	}
	var said mediaNote
	for ; i >= 0; i = n.elements[i].in {
		said.description = cmp.Or(said.description, notes[i].description, notes[i].title)
		if n.elements[i].name == "media:content" {
			said.description = cmp.Or(said.description, notes[i].text)
		}
		said.credit = cmp.Or(said.credit, notes[i].credit)
	}
	said.description = cmp.Or(said.description, notes[-1].description)
	said.credit = cmp.Or(said.credit, notes[-1].credit)
	u := e.attr("url")
	if e.name == "media:thumbnail" {
		u = cmp.Or(u, e.value)
	}
	c.one(u, typ, said)
}

func (c *mediaCollector) one(u, typ string, said mediaNote) {
	if !isWebURL(u) || len(c.out) >= maxItemParts || slices.ContainsFunc(c.out, func(m feedmill.FeedMedia) bool { return m.URL == u }) {
		return
	}
	c.out = append(c.out, feedmill.FeedMedia{URL: u, Type: cleanLine(typ), Caption: said.description, Credit: said.credit})
}
