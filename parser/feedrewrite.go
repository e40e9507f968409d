package parser

import (
	"cmp"
	"html"
	"maps"
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

// noteNamespace holds what gofeed has no field for: an entry's base URL, an id exactly as stated. The rewriter writes
// such notes into the document, gofeed hands them on as extensions.
const noteNamespace = "urn:feedmill:note"

// feedRewriter reads a feed document as it came and writes the same feed in the one form that leaves gofeed nothing to
// guess or to fail on: well-formed, UTF-8, known vocabularies under known prefixes and nothing else, texts without inline
// markup (every one of them HTML, whatever its type was), URLs absolute (RFC 3986 §5.1: xml:base, else the document's
// own), whole items only and no more than asked for.
//
// Long texts are put aside: gofeed, which copies and looks at each byte many times, is given a number in their place. That
// is why the way through it costs no more than gofeed alone.
type feedRewriter struct {
	z        *xmlTokenizer
	out      strings.Builder
	aside    asideTexts
	base     *url.URL // of the document; the root's, once that is read
	maxItems int

	format string // "rss", "rdf", "feed" or "channel"; the root's local name
	items  int
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
}

type xmlBinding struct{ prefix, space string }

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
		if i, err := strconv.Atoi(n); err == nil && i < len(a) {
			return a[i]
		}
	}
	return s
}

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

// The root elements that are written, with the vocabularies that are read.
var (
	rootSpaces = func() string {
		var b strings.Builder
		for _, prefix := range slices.Sorted(maps.Keys(canonicalSpaces)) {
			b.WriteString(` xmlns:` + prefix + `="` + canonicalSpaces[prefix] + `"`)
		}
		return b.String() + ` xmlns:note="` + noteNamespace + `"`
	}()
	atomRoot = `<feed xmlns="http://www.w3.org/2005/Atom"` + rootSpaces
	rssRoot  = `<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"` + rootSpaces
)

func (w *feedRewriter) openRoot(t xmlToken) {
	e := feedElement{raw: t.Name, name: w.format, base: w.base}
	if w.format != "feed" {
		e.name = "rss" // RSS 1.0 differs in where its items stand, which gofeed takes either way
	}
	w.bind(t.Attrs)
	w.rootBindings = len(w.bindings)
	w.scope(&e, t.Attrs)
	w.base = e.base
	w.rootSpace = w.space(t.Name)
	if w.format == "feed" {
		w.out.WriteString(atomRoot)
		if lang := attrValue(t.Attrs, "xml:lang"); lang != "" {
			w.writeAttr("lang", lang)
		}
	} else {
		w.out.WriteString(rssRoot)
	}
	w.out.WriteByte('>')
	w.open = append(w.open, e)
	if w.format == "channel" {
		// RSS 1.1 and CDF have no element around the channel.
		w.open[0].raw = ""
		w.open = append(w.open, feedElement{raw: t.Name, name: "channel", bindings: len(w.bindings), base: e.base})
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
	e := feedElement{raw: t.Name, bindings: len(w.bindings), base: parent.base}
	w.bind(t.Attrs)
	w.scope(&e, t.Attrs)
	e.name = w.canonicalName(t.Name)
	if isItem(e.name) && isItem(parent.name) {
		// The item before was never closed.
		w.closeTo(len(w.open) - 1)
		w.start(t)
		return
	}
	switch useOf(parent.name, e.name) {
	case useStructure:
		if isItem(e.name) {
			w.itemStart = w.out.Len()
		}
		w.open = append(w.open, e)
		w.writeStart(e, t.Attrs)
		if isItem(e.name) {
			w.writeItemNotes(e, t.Attrs)
			if w.format == "channel" {
				w.writeChannelAttrs(e, t.Attrs)
			}
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

// end handles an end tag between the texts. One that closes nothing is passed over.
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
		w.writeEnd(e.name)
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
	if u := webURL(attrValue(attrs, "xml:base"), e.base); u != nil {
		e.base = u
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
		kept, ok := keptAttrs[a.Name]
		if !ok {
			kept, ok = keptAttrs[strings.ToLower(a.Name)]
		}
		if !ok || seen&kept.bit != 0 {
			continue
		}
		seen |= kept.bit
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

// writeChannelAttrs writes what CDF says in attributes of the channel or an item: its page and when that last changed.
func (w *feedRewriter) writeChannelAttrs(e feedElement, attrs []xmlAttr) {
	for _, a := range attrs {
		switch {
		case strings.EqualFold(a.Name, "href"):
			w.out.WriteString("<link>" + html.EscapeString(feedLink(a.Value, e.base)) + "</link>")
		case strings.EqualFold(a.Name, "lastmod"):
			w.out.WriteString("<dcterms:modified>" + html.EscapeString(a.Value) + "</dcterms:modified>")
		}
	}
}

func withoutAttr(attrs []xmlAttr, name string) []xmlAttr {
	return slices.DeleteFunc(slices.Clone(attrs), func(a xmlAttr) bool { return strings.EqualFold(a.Name, name) })
}

// writeNote writes something that gofeed has no field for.
func (w *feedRewriter) writeNote(name, of, value string) {
	w.out.WriteString("<note:" + name)
	if of != "" {
		w.writeAttr("of", of)
	}
	w.out.WriteString(">" + html.EscapeString(value) + "</note:" + name + ">")
}

func (w *feedRewriter) writeItemNotes(e feedElement, attrs []xmlAttr) {
	if e.base != w.base && e.base != nil && *e.base != *w.base {
		w.writeNote("base", "", e.base.String())
	}
	for _, a := range attrs {
		if local := localName(a.Name); local == "about" {
			w.writeNote("about", "", a.Value)
		}
	}
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

// writeText writes an element that holds a text.
func (w *feedRewriter) writeText(e feedElement, t xmlToken, text *feedText) {
	use := useOf(w.parentName(), e.name)
	value := strings.TrimSpace(text.value(use))
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
		if w.format == "feed" {
			if strings.HasPrefix(value, "/") || strings.HasPrefix(value, "../") {
				value = cmp.Or(feedLink(value, e.base), value) // ids are IRIs
			}
		}
	case "created": // of Atom 0.3
		e.name = "dcterms:created"
	case "xhtml:body", "xhtml:div", "body", "fullitem":
		w.out.WriteString("<note:body>" + w.aside.put(value) + "</note:body>")
		w.writeTextBase(e, "body")
		return
	case "author":
		if w.format != "feed" && w.parentName() == "channel" {
			w.writeNote("author", "", value)
			return
		}
	}
	if use == useHTML && len(t.Attrs) > 0 {
		t.Attrs = withoutAttr(t.Attrs, "type") // whatever it was, it is HTML now
	}
	w.writeStart(e, t.Attrs)
	if use == useHTML {
		w.out.WriteString(w.aside.put(value))
	} else {
		w.out.WriteString(html.EscapeString(value))
	}
	w.writeEnd(e.name)
	w.writeTextBase(e, e.name)
}

// writeTextBase notes the base of a text where it is not that of the element around it.
func (w *feedRewriter) writeTextBase(e feedElement, of string) {
	if len(w.open) < 2 || e.base == nil {
		return
	}
	if around := w.open[len(w.open)-2].base; around == nil || *around != *e.base {
		w.writeNote("base", of, e.base.String())
	}
}

func (w *feedRewriter) parentName() string {
	if len(w.open) < 2 {
		return ""
	}
	return w.open[len(w.open)-2].name
}
