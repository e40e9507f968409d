package parser

import (
	"cmp"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Limits of what a rewritten feed may hold, whatever the document says.
const (
	maxInlineDepth  = 128 // elements open at once inside one text; deeper ones lose their tags, not their text
	maxFeedBindings = 64  // namespace declarations in scope
	maxKnownNames   = 512 // names of elements that are remembered
)

// feedRewriter reads a feed document as it came and writes the same feed in the one form that leaves gofeed nothing to
// guess or to fail on: well-formed, UTF-8, the elements of RSS or Atom without prefixes and nothing else, texts without
// inline markup (every one of them HTML, whatever its type was), URLs absolute (RFC 3986 §5.1: xml:base, else the
// document's own), whole items only and no more than asked for.
//
// Two things pass gofeed by, which would only carry them through and looks at each byte many times. Long texts are put
// aside, with a number in their place. What gofeed has no field for, and dates, which it reads in fewer forms than feeds
// write them, are kept as notes of the feed or the item. So the way through gofeed costs no more than gofeed alone.
type feedRewriter struct {
	z         *xmlTokenizer
	out       strings.Builder
	aside     asideTexts
	notes     feedNotes   // of the feed
	itemNotes []feedNotes // of the items, by their number
	base      *url.URL    // of the document; the root's, once that is read
	maxItems  int

	format string // "rss", "rdf", "feed" or "channel"; the root's local name
	items  int
	cut    bool // the document ended before its root did
	// itemStart is where the open item began in out: an item that the document does not finish is taken back.
	itemStart int

	open     []feedElement
	bindings []xmlBinding
	// rootBindings is how many bindings the root made. While no others are in scope, names are looked up in names.
	rootBindings int
	names        map[string]string
	// rootSpace is the namespace of the root element: elements in it are the format's own, whatever it is called.
	rootSpace string
	// reread is how many bytes may still be read again, see readText: a document of unclosed elements must not cost more
	// than its length allows.
	reread int
}

// feedElement is one open element of the feed's structure.
type feedElement struct {
	raw      string // name as written
	name     string // name as rewritten, canonical prefix included; "" for one that is passed over
	bindings int    // len(feedRewriter.bindings) before it
	base     *url.URL
	// note is the number of the note that a structure is kept as, or noteWritten, or noteLost.
	note int
}

type xmlBinding struct{ prefix, space string }

// rewriteFeed returns the rewritten document. It is nil where there is no feed in doc.
func rewriteFeed(doc string, base *url.URL, maxItems int) *feedRewriter {
	w := &feedRewriter{
		z: newXMLTokenizer(doc), base: base, maxItems: maxItems, itemStart: -1, reread: 4*len(doc) + 1<<20, names: make(map[string]string),
	}
	if !w.findRoot() {
		return nil
	}
	w.readBody()
	return w
}

// findRoot reads up to the root element and opens it. Text and stray markup before it is passed over. A document that
// begins as HTML is a page, unless all of the page is a feed: the root then follows at once, and says what it is.
func (w *feedRewriter) findRoot() bool {
	page := false
	for {
		t := w.z.next()
		switch t.Kind {
		case xmlEOF:
			return false
		case xmlStart:
			switch local := strings.ToLower(localName(t.Name)); local {
			case "html", "head", "body":
				page = true
			case "rss", "rdf", "feed", "channel":
				if page && !namesFeed(t.Attrs) {
					return false
				}
				w.format = local
				w.openRoot(t)
				return true
			case "title", "meta", "pre":
			default:
				if page {
					return false
				}
			}
		}
	}
}

// namesFeed tells whether a root element names the format's namespace or version.
func namesFeed(attrs []xmlAttr) bool {
	for _, a := range attrs {
		v := feedVocabularies[spaceKey(a.Value)]
		if a.Name == "version" || strings.HasPrefix(a.Name, "xmlns") && (v == "atom" || v == "rss") {
			return true
		}
	}
	return false
}

func (w *feedRewriter) openRoot(t xmlToken) {
	e := feedElement{raw: t.Name, name: w.format, base: w.base, note: noteWritten}
	if w.format != "feed" {
		e.name = "rss" // RSS 1.0 differs in where its items stand, which gofeed takes either way
	}
	w.bind(t.Attrs)
	w.rootBindings = len(w.bindings)
	w.scope(&e, t.Attrs)
	w.base = e.base
	w.rootSpace = w.space(t.Name)
	if w.format == "feed" {
		w.out.WriteString(`<feed xmlns="http://www.w3.org/2005/Atom"`)
		if lang := attrValue(t.Attrs, "xml:lang"); lang != "" {
			w.writeAttr("lang", lang)
		}
	} else {
		w.out.WriteString(`<rss version="2.0"`)
	}
	w.out.WriteByte('>')
	w.open = append(w.open, e)
	if w.format == "channel" {
		// RSS 1.1 and CDF have no element around the channel.
		w.open[0].raw = ""
		w.open = append(w.open, feedElement{raw: t.Name, name: "channel", bindings: len(w.bindings), base: e.base, note: noteWritten})
		w.writeStart(w.top(), t.Attrs)
		w.writeChannelAttrs(w.top(), t.Attrs)
	}
	if t.Empty {
		w.closeTo(0)
	}
}

// readBody reads everything inside the root and closes it.
func (w *feedRewriter) readBody() {
	for len(w.open) > 0 {
		switch t := w.z.next(); t.Kind {
		case xmlEOF:
			// Around a channel that is the root stands one that is only ours.
			w.cut = w.format != "channel" || len(w.open) > 1
			w.dropOpenItem()
			w.closeTo(0)
		case xmlStart:
			w.start(t)
		case xmlEnd:
			w.end(t.Name)
		}
		if w.maxItems > 0 && w.items >= w.maxItems {
			w.closeTo(0)
		}
	}
}

// start handles a start tag between the texts: structure, a text, or something to pass over.
func (w *feedRewriter) start(t xmlToken) {
	parent := w.top()
	e := feedElement{raw: t.Name, bindings: len(w.bindings), base: parent.base, note: noteWritten}
	w.bind(t.Attrs)
	w.scope(&e, t.Attrs)
	e.name = w.canonicalName(t.Name)
	if isItem(e.name) && useOf(parent.name, e.name) == useNone {
		// The item before, or something in it or before it, was never closed.
		for i := len(w.open) - 2; i >= 0; i-- {
			if useOf(w.open[i].name, e.name) != useNone {
				w.bindings = w.bindings[:e.bindings]
				w.closeTo(i + 1)
				w.start(t)
				return
			}
		}
	}
	switch useOf(parent.name, e.name) {
	case useStructure, noteStructure:
		switch {
		case useOf(parent.name, e.name) == noteStructure:
			e.note = w.addNote(e, "", t.Attrs)
			w.open = append(w.open, e)
		case isItem(e.name):
			w.openItem(e, t.Attrs)
		default:
			w.open = append(w.open, e)
			w.writeStart(e, t.Attrs)
		}
		if t.Empty {
			w.closeTo(len(w.open) - 1)
		}
	case useNone:
		e.name = ""
		fallthrough
	default:
		w.open = append(w.open, e)
		w.readText(e, t)
	}
}

// openItem begins an item. Its number travels through gofeed in an element that is read for nothing else.
func (w *feedRewriter) openItem(e feedElement, attrs []xmlAttr) {
	n := feedNotes{base: e.base}
	for _, a := range attrs {
		if localName(a.Name) == "about" {
			n.about = strings.Clone(a.Value)
		}
	}
	w.itemStart = w.out.Len()
	w.itemNotes = append(w.itemNotes, n)
	w.open = append(w.open, e)
	w.writeStart(e, attrs)
	number := strconv.Itoa(len(w.itemNotes) - 1)
	if w.format == "feed" {
		w.out.WriteString("<rights>" + number + "</rights>")
	} else {
		w.out.WriteString("<comments>" + number + "</comments>")
	}
	if w.format == "channel" {
		w.writeChannelAttrs(e, attrs)
	}
}

// end handles an end tag between the texts. One that closes nothing is passed over. Few elements are open at any time:
// no structure of feedElements leads back to itself.
func (w *feedRewriter) end(raw string) {
	for i := len(w.open) - 1; i >= 0; i-- {
		if w.open[i].raw == raw {
			w.closeTo(i)
			return
		}
	}
}

// closeTo closes elements until n are open.
func (w *feedRewriter) closeTo(n int) {
	for len(w.open) > n {
		e := w.top()
		w.open = w.open[:len(w.open)-1]
		w.bindings = w.bindings[:e.bindings]
		if e.note == noteWritten {
			w.writeEnd(e.name)
		}
		if isItem(e.name) {
			w.items++
			w.itemStart = -1
		}
	}
}

// dropOpenItem takes back an item that the document does not finish.
func (w *feedRewriter) dropOpenItem() {
	for i, e := range w.open {
		if isItem(e.name) && w.itemStart >= 0 {
			kept := w.out.String()[:w.itemStart]
			w.out.Reset()
			w.out.WriteString(kept)
			w.open = w.open[:i]
			w.itemStart = -1
			return
		}
	}
}

func (w *feedRewriter) top() feedElement { return w.open[len(w.open)-1] }

// bind takes in the namespace declarations of a start tag.
func (w *feedRewriter) bind(attrs []xmlAttr) {
	for _, a := range attrs {
		if len(w.bindings) >= maxFeedBindings {
			return
		}
		if a.Name == "xmlns" {
			w.bindings = append(w.bindings, xmlBinding{"", spaceKey(a.Value)})
		} else if p, ok := strings.CutPrefix(a.Name, "xmlns:"); ok {
			w.bindings = append(w.bindings, xmlBinding{p, spaceKey(a.Value)})
		}
	}
}

// scope takes in xml:base of a start tag.
func (w *feedRewriter) scope(e *feedElement, attrs []xmlAttr) {
	if base := attrValue(attrs, "xml:base"); base != "" {
		if u := webURL(base, e.base); u != nil {
			e.base = u
		}
	}
}

// attrValue is the value of the attribute of that name, as written; "" where there is none.
func attrValue(attrs []xmlAttr, name string) string {
	for _, a := range attrs {
		if a.Name == name {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

// space is the key of the namespace that a name is in: what its prefix is bound to, or "prefix:" where it is bound to
// nothing, which publishers forget.
func (w *feedRewriter) space(name string) string {
	prefix := ""
	if i := strings.IndexByte(name, ':'); i >= 0 {
		prefix = name[:i]
	}
	for i := len(w.bindings) - 1; i >= 0; i-- {
		if w.bindings[i].prefix == prefix {
			return w.bindings[i].space
		}
	}
	if prefix == "" {
		return ""
	}
	return strings.ToLower(prefix) + ":"
}

// canonicalName is an element's name with its vocabulary's usual prefix, in lower case; the format's own elements have
// no prefix. It is "" in a vocabulary that nothing is read from.
func (w *feedRewriter) canonicalName(name string) string {
	if len(w.bindings) != w.rootBindings {
		return w.lookUpName(name)
	}
	known, ok := w.names[name]
	if !ok {
		known = w.lookUpName(name)
		if len(w.names) < maxKnownNames {
			w.names[name] = known
		}
	}
	return known
}

func (w *feedRewriter) lookUpName(name string) string {
	space := w.space(name)
	local := strings.ToLower(localName(name))
	if w.format == "channel" && local == "abstract" {
		return "description" // of CDF
	}
	vocabulary, known := feedVocabularies[space]
	prefixed := strings.Contains(name, ":")
	switch {
	case space == "" || vocabulary == w.vocabulary():
		return local
	case space == w.rootSpace && (!known || !prefixed):
		// A default namespace that the publisher made up, or took from elsewhere.
		return local
	case !known && w.vocabulary() == "rss" && (!prefixed || space == "rss:" || space == "rdf:"):
		return local
	case !known || vocabulary == "rss":
		return ""
	}
	return vocabulary + ":" + local
}

// vocabulary is the one whose elements have no prefix in the rewritten document.
func (w *feedRewriter) vocabulary() string {
	if w.format == "feed" {
		return "atom"
	}
	return "rss"
}

func localName(name string) string {
	if i := strings.LastIndexByte(name, ':'); i >= 0 {
		return name[i+1:]
	}
	return name
}

func (w *feedRewriter) writeStart(e feedElement, attrs []xmlAttr) {
	if e.name == "items" {
		return // of RSS 1.1: gofeed looks for items in the channel
	}
	w.out.WriteByte('<')
	w.out.WriteString(e.name)
	if len(attrs) > 0 {
		w.writeAttrs(e, attrs)
	}
	w.out.WriteByte('>')
}

func (w *feedRewriter) writeEnd(name string) {
	if name == "items" {
		return
	}
	w.out.WriteString("</")
	w.out.WriteString(name)
	w.out.WriteByte('>')
}

// writeAttrs writes the attributes that are read, URLs among them absolute.
func (w *feedRewriter) writeAttrs(e feedElement, attrs []xmlAttr) {
	var seen uint16
	for _, a := range attrs {
		kept, ok := keptAttr(a.Name, &seen)
		if !ok {
			continue
		}
		value := a.Value
		if kept.url {
			value = feedLink(value, e.base)
		}
		w.writeAttr(kept.name, value)
	}
}

func (w *feedRewriter) writeAttr(name, value string) {
	w.out.WriteByte(' ')
	w.out.WriteString(name)
	w.out.WriteString(`="`)
	w.out.WriteString(html.EscapeString(strings.TrimSpace(value)))
	w.out.WriteByte('"')
}

// writeChannelAttrs reads what CDF says in attributes of the channel or an item: its page and when that last changed.
func (w *feedRewriter) writeChannelAttrs(e feedElement, attrs []xmlAttr) {
	for _, a := range attrs {
		switch {
		case strings.EqualFold(a.Name, "href"):
			w.out.WriteString("<link>" + html.EscapeString(feedLink(a.Value, e.base)) + "</link>")
		case strings.EqualFold(a.Name, "lastmod"):
			w.addNote(feedElement{name: "dcterms:modified", base: e.base}, a.Value, nil)
		}
	}
}

// addNote keeps an element of the open item, or of the feed, and returns its number.
func (w *feedRewriter) addNote(e feedElement, value string, attrs []xmlAttr) int {
	n := w.currentNotes()
	if len(n.elements) >= maxNotes {
		return noteLost
	}
	note := noteElement{name: e.name, value: value, in: -1}
	var seen uint16
	for _, a := range attrs {
		if kept, ok := keptAttr(a.Name, &seen); ok {
			v := strings.Clone(strings.TrimSpace(a.Value))
			if kept.url {
				v = feedLink(v, e.base)
			}
			note.attrs = append(note.attrs, xmlAttr{kept.name, v})
		}
	}
	for i := len(w.open) - 1; i >= 0 && note.in < 0 && !isItem(w.open[i].name); i-- {
		note.in = w.open[i].note
	}
	n.elements = append(n.elements, note)
	return len(n.elements) - 1
}

// currentNotes are those of the open item, or of the feed.
func (w *feedRewriter) currentNotes() *feedNotes {
	if w.itemStart >= 0 {
		return &w.itemNotes[len(w.itemNotes)-1]
	}
	return &w.notes
}

func withoutAttr(attrs []xmlAttr, name string) []xmlAttr {
	return slices.DeleteFunc(slices.Clone(attrs), func(a xmlAttr) bool { return strings.EqualFold(a.Name, name) })
}

// readText reads the text of the element e, which t began and which is the last open one, up to its end, and writes the
// element. An element that is passed over is read in the same way, so that what is left open in it does no harm.
func (w *feedRewriter) readText(e feedElement, t xmlToken) {
	text := &feedText{atom: w.format == "feed" && !strings.Contains(e.name, ":"), discard: e.name == "", attrs: t.Attrs}
	var last xmlToken
	if !t.Empty {
		var closed bool
		last, closed = w.collect(text, e)
		if back := w.z.pos - text.cut.pos; !closed && last.Kind != xmlEOF && text.cut.set && back <= w.reread {
			// It ended where the first element began that belongs beside it, not into it. Read on from there. Where the
			// document breaks off, though, its end tag may have been to come.
			w.reread -= back
			w.z.pos = text.cut.pos
			text.rewind()
			last = xmlToken{}
		}
	}
	if e.name != "" {
		w.writeText(e, t, text)
	}
	w.open = w.open[:len(w.open)-1]
	w.bindings = w.bindings[:e.bindings]
	switch last.Kind {
	case xmlStart:
		w.start(last)
	case xmlEnd:
		w.end(last.Name)
	}
}

// collect reads text and inline markup up to the end tag of e. Where that is missing, e is not closed: collect stops at
// the tag that shows so and returns it, the end of an element that e stands in or the start of the next item.
func (w *feedRewriter) collect(text *feedText, e feedElement) (last xmlToken, closed bool) {
	var inline []string
	deeper := 0 // open elements beyond maxInlineDepth
	for {
		start := w.z.pos
		t := w.z.next()
		switch t.Kind {
		case xmlEOF:
			text.finish(inline)
			return t, false
		case xmlText:
			text.addText(t.Text)
		case xmlStart:
			if !text.cut.set && useOf(w.parentName(), w.canonicalName(t.Name)) != useNone {
				text.markCut(start)
			}
			switch {
			case text.canEndAtItem() && w.isOpenItem(t.Name):
				text.finish(inline)
				return t, false
			case len(inline) < maxInlineDepth:
				text.addStart(t, len(inline))
				if !t.Empty {
					inline = append(inline, t.Name)
				}
			case !t.Empty:
				deeper++
			}
		case xmlEnd:
			n := lastIndex(inline, t.Name)
			switch {
			case deeper > 0 && (n >= 0 || !w.inside(t.Name)):
				deeper--
			case n >= 0:
				for ; len(inline) > n; inline = inline[:len(inline)-1] {
					text.addEnd(inline[len(inline)-1], len(inline)-1)
				}
			case t.Name == e.raw:
				text.finish(inline)
				return xmlToken{}, true
			case w.inside(t.Name):
				text.finish(inline)
				return t, false
			}
		}
	}
}

// isOpenItem tells whether name, as written, is that of the item that is open.
func (w *feedRewriter) isOpenItem(name string) bool {
	for _, e := range w.open {
		if isItem(e.name) {
			return e.raw == name
		}
	}
	return false
}

// inside tells whether an element of that name, as written, is open.
func (w *feedRewriter) inside(raw string) bool {
	for _, e := range w.open {
		if e.raw == raw {
			return true
		}
	}
	return false
}

func lastIndex(list []string, s string) int {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i] == s {
			return i
		}
	}
	return -1
}

// writeText writes an element that holds a text, or keeps it as a note.
func (w *feedRewriter) writeText(e feedElement, t xmlToken, text *feedText) {
	use := useOf(w.parentName(), e.name)
	isHTML := use == useHTML || use == noteHTML
	value := strings.TrimSpace(text.value(isHTML))
	switch e.name {
	case "link", "url", "icon", "logo", "uri":
		if value != "" {
			value = feedLink(value, e.base)
		}
		if w.format == "feed" && e.name == "link" && value != "" {
			// Atom states links as attributes; some publishers forget.
			t.Attrs = append([]xmlAttr{{"href", value}}, t.Attrs...)
		}
	case "id":
		if w.format == "feed" && (strings.HasPrefix(value, "/") || strings.HasPrefix(value, "../")) {
			value = cmp.Or(feedLink(value, e.base), value) // ids are IRIs
		}
	case "xhtml:body", "xhtml:div", "fullitem":
		e.name = "body"
	}
	switch use {
	case noteText:
		w.addNote(e, strings.Clone(value), t.Attrs)
		return
	case noteHTML:
		w.addNote(e, value, t.Attrs)
		w.noteBase(e)
		return
	}
	if !isHTML {
		w.writeStart(e, t.Attrs)
		w.out.WriteString(html.EscapeString(value))
		w.writeEnd(e.name)
		return
	}
	if len(t.Attrs) > 0 {
		t.Attrs = withoutAttr(t.Attrs, "type") // whatever it was, it is HTML now
	}
	w.writeStart(e, t.Attrs)
	w.out.WriteString(w.aside.put(value))
	w.writeEnd(e.name)
	w.noteBase(e)
}

// noteBase keeps the base of a text where it is not that of the element around it.
func (w *feedRewriter) noteBase(e feedElement) {
	if len(w.open) < 2 || e.base == w.open[len(w.open)-2].base {
		return
	}
	n := w.currentNotes()
	if n.bases == nil {
		n.bases = make(map[string]*url.URL)
	}
	n.bases[e.name] = e.base
}

func (w *feedRewriter) parentName() string {
	if len(w.open) < 2 {
		return ""
	}
	return w.open[len(w.open)-2].name
}
