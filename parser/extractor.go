package parser

import (
	"bytes"
	"cmp"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/parser/blockmodel"
	"github.com/feedmill/feedmill/parser/siterule"
)

// Version is the version of article extraction. It grows with every change that can change a result.
const Version = 12

// Options are the settings of an [Extractor]. A nil *Options, and each zero field, stand for the defaults.
type Options struct {
	// MaxDepth bounds the nesting of elements; what is nested deeper counts as the content of the deepest. Default 400.
	MaxDepth int
	// MaxNodes bounds the elements and texts that are read of one page; what comes after is left out. Default 250,000.
	MaxNodes int
	// Rules are the site rules. Default: none.
	Rules *siterule.Set
	// BlockModel is the block classifier; one without trees leaves it out, and so does, with a warning, one over other
	// features than [BlockFeatures]. Default: the one that is built in.
	BlockModel *blockmodel.Model
	// Logger gets a line, at debug level, for each page that could only be read in part. Default: none.
	Logger *slog.Logger
}

// Extractor takes articles out of pages. It is safe for concurrent use and does no I/O.
type Extractor struct {
	maxDepth, maxNodes int
	log                *slog.Logger
	rules              *ruleSet
	sites              *siterule.Set
	model              *blockmodel.Model
	judge              *blockmodel.Judge
	without            string          // a step of the body's that is left out, to measure what it is worth
	beforeModel        func(*document) // gets the document before the classifier is asked, which then is not
}

// NewExtractor returns an extractor; o may be nil.
func NewExtractor(o *Options) *Extractor {
	if o == nil {
		o = &Options{}
	}
	model := o.BlockModel
	if model == nil {
		model = blockmodel.Default()
	}
	log := cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	if len(model.Roots) > 0 && !slices.Equal(model.Features, blockFeatures) {
		log.Warn("the block model was trained on other features than this parser has; pages are read by the rules alone", "stage", "parser")
		model = &blockmodel.Model{}
	}
	return &Extractor{
		maxDepth: cmp.Or(o.MaxDepth, 400),
		maxNodes: cmp.Or(o.MaxNodes, 250_000),
		log:      log,
		rules:    loadRules(),
		sites:    o.Rules,
		model:    model,
		judge:    blockmodel.NewJudge(model),
	}
}

// Extract takes the article out of a page. Where the page has no body, is not HTML or holds no text, the article is made
// from the page's Item alone, with the warning "feed_only". Without an item that is a [feedmill.Permanent] error: class
// "type" for a document that is not HTML, "parse" for one that cannot be read as a page.
func (x *Extractor) Extract(p *feedmill.Page) (*feedmill.Article, error) {
	return x.extract(p, nil)
}

// Explain is Extract with an account of how it came to its result.
func (x *Extractor) Explain(p *feedmill.Page) (*feedmill.Article, *Explanation, error) {
	e := &Explanation{}
	a, err := x.extract(p, e)
	return a, e, err
}

// document is one page on its way to an article.
type document struct {
	page    *feedmill.Page
	rules   *ruleSet
	rule    *ruling // of the site, nil where it has none
	base    *url.URL
	root    *html.Node
	meta    *metadata
	layout  *layout
	article *feedmill.Article
	explain *Explanation // nil unless asked for

	site     siteNames
	headline int // index of the block that shows the headline, -1 where none does
	pictures []captioned
	body     bodyText
	feedOnly bool
	x        *Extractor
	source   []byte               // the first document, decoded, with its scripts
	places   map[*html.Node]int32 // where elements of the metadata stand in the layout
}

func (x *Extractor) extract(p *feedmill.Page, e *Explanation) (*feedmill.Article, error) {
	d := x.document(p, e)
	a, err := x.extractInto(d)
	if d.layout != nil {
		d.layout.release()
	}
	return a, err
}

// document is a page before anything is read of it.
func (x *Extractor) document(p *feedmill.Page, e *Explanation) *document {
	return &document{x: x, page: p, rules: x.rules, explain: e, headline: -1}
}

func (x *Extractor) extractInto(d *document) (*feedmill.Article, error) {
	p := d.page
	if err := d.begin(); err != nil {
		return nil, err
	}
	if !isHTML(p) {
		if p.Item == nil {
			if len(p.Body) == 0 {
				return nil, feedmill.Permanent("parse", fmt.Errorf("parse %s: the page has no body%s", p.URL, because(p.Failure)))
			}
			return nil, feedmill.Permanent("type", fmt.Errorf("parse %s: the document is %s, not HTML", p.URL, documentType(p)))
		}
		d.fromItem()
		return d.finish()
	}
	for i, part := range append([]*feedmill.Page{p}, p.Parts...) {
		if i > 0 && !isHTML(part) {
			continue
		}
		if err := x.read(d, part, i == 0); err != nil {
			if p.Item == nil {
				return nil, feedmill.Permanent("parse", fmt.Errorf("parse %s: %w", p.URL, err))
			}
			break
		}
	}
	if len(d.body.blocks) == 0 && p.Item != nil {
		d.fromItem()
	}
	return d.finish()
}

// read takes one document of the article; the first also gives all that is not the body.
func (x *Extractor) read(d *document, part *feedmill.Page, first bool) error {
	if first {
		d.findRule(x.sites)
	}
	text, name := decode(part)
	root, bounded, cut, err := parseTree(text, x.maxDepth, x.maxNodes, d.rule != nil)
	if err != nil {
		return err
	}
	if bounded {
		x.log.Debug("page read by its tags alone", "stage", "parser", "url", part.URL, "cut", cut)
	}
	d.root = root
	if first {
		d.source = text
	}
	d.consult(root, first)
	d.meta = readMetadata(goquery.NewDocumentFromNode(root))
	d.base = baseURL(part, d.meta.baseHref)
	body := findBody(root)
	d.layout = segment(body, d.rules)
	if d.base != nil {
		d.layout.host = d.base.Host
	}
	d.placeRuled()
	d.explain.step("decode", "%s, %d bytes", name, len(part.Body))
	d.explain.step("lay out", "%d elements, %d blocks, %d pictures", len(d.layout.nodes), len(d.layout.blocks), len(d.layout.images))
	if first {
		d.readSource()
		d.readLanguage()
		d.readTitle()
		d.readRuledTitle()
	} else {
		d.headline = d.findHeadline(d.article.Title)
	}
	d.readPictures()
	d.readRuledCaptions()
	if first {
		d.readLabels()
		weigh(d.layout, d.rules)
		d.readDek()
		d.readKicker()
	}
	if !first {
		d.dropRepeatedDek()
	}
	d.selectBody()
	if !first {
		d.dropRepeated()
	}
	if first {
		d.readByline()
		d.readDates()
		d.readImages(first)
		d.readRights()
		d.readRuledFields()
	} else {
		d.readImages(first)
	}
	d.appendBody()
	if d.body.method != "json-ld" {
		d.noteRemoved()
	}
	return nil
}

// begin sets what is known before the document is read.
func (d *document) begin() error {
	p := d.page
	a := &feedmill.Article{Schema: feedmill.SchemaVersion, SeenAt: p.FetchedAt, ID: p.ID}
	a.State.Value = feedmill.StateLive
	d.article = a
	d.base = baseURL(p, "")
	link := pageURL(p)
	if p.Item != nil && p.Item.Link != "" {
		link = p.Item.Link
	}
	canonical, err := feedmill.CanonicalURL(link)
	if err != nil && p.Item != nil {
		canonical, err = feedmill.CanonicalURL(pageURL(p))
	}
	if err == nil {
		a.URL = canonical
	}
	hash, err := feedmill.SourceHash(p)
	if err != nil {
		return feedmill.Permanent("parse", err)
	}
	if a.ID == "" {
		switch {
		case p.Item != nil:
			feedURL := ""
			if p.Feed != nil {
				feedURL = p.Feed.URL
			}
			a.ID = feedmill.ArticleID(feedURL, p.Item)
		case a.URL != "":
			a.ID = feedmill.ArticleIDFromURL(a.URL)
		default: // a file, or nothing known: the document is still to be told from others
			a.ID = feedmill.ArticleIDFromURL(cmp.Or(p.URL, hash))
		}
	}
	a.Provenance.Fields = map[string]string{}
	a.Provenance.Pipeline = feedmill.Pipeline{Parser: Version, Rules: d.rules.hash}
	a.Provenance.Page = feedmill.PageProvenance{
		SHA256: hash, FetchedAt: p.FetchedAt, FinalURL: p.FinalURL, Status: p.Status, Redirects: p.Redirects,
		Robots: p.Robots, Addr: p.Addr, Failure: p.Failure,
	}
	if p.Feed != nil || p.Item != nil {
		a.Feeds = []feedmill.Mention{mention(p)}
	}
	return nil
}

// pageURL is the page's URL, "" where it is the feed's: that stands there for an item without a link and is no article's.
func pageURL(p *feedmill.Page) string {
	if p.Item != nil && p.Feed != nil && p.URL == p.Feed.URL {
		return ""
	}
	return p.URL
}

// finish sets what depends on all the rest.
func (d *document) finish() (*feedmill.Article, error) {
	a := d.article
	d.readDateline()
	d.writeBody()
	d.readMedia()
	d.addFeedFields()
	d.addURLs()
	d.judge()
	if len(a.Provenance.Fields) == 0 {
		a.Provenance.Fields = nil
	}
	a.ContentHash = feedmill.ContentHash(a)
	if d.explain != nil {
		d.explain.Removed = a.Removed
	}
	return a, nil
}

// mention is the feed entry that led to the page.
func mention(p *feedmill.Page) feedmill.Mention {
	m := feedmill.Mention{FirstSeen: p.FetchedAt, LastSeen: p.FetchedAt}
	if p.Feed != nil {
		m.Feed, m.FeedTitle = p.Feed.ID, p.Feed.Title
	}
	if it := p.Item; it != nil {
		m.URL, m.GUID, m.Title, m.Author, m.Tags, m.Published = it.Link, it.GUID, it.Title, cmp.Or(it.AuthorName, it.Author), it.Tags, it.Published
	}
	return m
}

// isHTML tells whether a page's body can be read as HTML: by its declared type, else by its first bytes.
func isHTML(p *feedmill.Page) bool {
	if len(p.Body) == 0 {
		return false
	}
	kind, _, err := mime.ParseMediaType(p.HeaderValue("Content-Type"))
	if err == nil {
		switch kind {
		case "text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml", "application/octet-stream":
		default:
			return false
		}
	}
	for _, magic := range [...]string{"%PDF-", "\x89PNG", "\xff\xd8\xff", "GIF8", "PK\x03\x04", "\x1f\x8b", "RIFF", "OggS", "ID3"} {
		if bytes.HasPrefix(p.Body, []byte(magic)) {
			return false
		}
	}
	head := p.Body[:min(len(p.Body), 4096)]
	if isBinary(head) {
		return false
	}
	if kind == "" || kind == "text/plain" || kind == "application/octet-stream" {
		return bytes.IndexByte(head, '<') >= 0
	}
	return true
}

// isBinary tells bytes that are no text in any charset: more than one in 33 is a control character that has no place in
// text (the "binary data bytes" of the WHATWG's MIME Sniffing, but for NUL, of which UTF-16 is full).
func isBinary(head []byte) bool {
	n := 0
	for _, c := range head {
		if c < ' ' && c != 0 && (c <= 0x08 || c == 0x0b || c >= 0x0e && c != 0x1b) {
			n++
		}
	}
	return n*33 > len(head)
}

// documentType names what a document is, for people: its declared type, unless that says HTML or nothing.
func documentType(p *feedmill.Page) string {
	kind, _, err := mime.ParseMediaType(p.HeaderValue("Content-Type"))
	if err == nil && !strings.Contains(kind, "html") && !strings.Contains(kind, "xml") && kind != "application/octet-stream" {
		return kind
	}
	found, _, _ := strings.Cut(http.DetectContentType(p.Body), ";")
	if found == "application/octet-stream" || isBinary(p.Body[:min(len(p.Body), 4096)]) {
		return "binary data"
	}
	return found
}

func because(failure string) string {
	if failure == "" {
		return ""
	}
	return " (" + failure + ")"
}

// baseURL is what the document's relative links are resolved against; nil where nothing is known.
func baseURL(p *feedmill.Page, href string) *url.URL {
	u, err := url.Parse(p.BaseURL())
	if err != nil || u.Host == "" {
		u = nil
	}
	if href != "" {
		if abs, ok := absoluteURL(href, u); ok {
			if b, err := url.Parse(abs); err == nil && b.Host != "" {
				return b
			}
		}
	}
	return u
}

// findBody returns the body element, or the root where there is none.
func findBody(root *html.Node) *html.Node {
	for n := root.FirstChild; n != nil; n = n.NextSibling {
		if n.DataAtom == atom.Html {
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				if c.DataAtom == atom.Body {
					return c
				}
			}
			return n
		}
	}
	return root
}

// set records where a field came from and what it beat.
func (d *document) set(field, value, from string, rivals ...found) {
	if value == "" {
		return
	}
	d.article.Provenance.Fields[field] = from
	d.explain.field(field, value, from, rivals)
}

// found is a value and where it stood.
type found struct {
	Value string `json:"value"`
	From  string `json:"from"`
}
