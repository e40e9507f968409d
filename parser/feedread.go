package parser

import (
	"cmp"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mmcdole/gofeed/atom"
	ext "github.com/mmcdole/gofeed/extensions"
	"github.com/mmcdole/gofeed/rss"

	"github.com/feedmill/feedmill"
)

// maxItemParts is how many tags, enclosures and pictures of one item, and tags of a feed, are kept.
const maxItemParts = 1000

// readRSS reads a rewritten RSS document.
func (r *feedReader) readRSS(doc string) (feedmill.Feed, []feedmill.Item, error) {
	in, err := new(rss.Parser).Parse(strings.NewReader(doc))
	if err != nil {
		return feedmill.Feed{}, nil, feedmill.Permanent("parse", fmt.Errorf("read rewritten RSS: %w", err))
	}
	x := extensions(in.Extensions)
	f := feedmill.Feed{
		Title:        r.plain(cmp.Or(in.Title, x.text("dc", "title"))),
		Link:         cmp.Or(firstOf(in.Links), x.link("alternate")),
		Subtitle:     r.plain(cmp.Or(in.Description, x.text("dc", "description"), x.text("itunes", "subtitle"), x.text("itunes", "summary"))),
		Language:     feedLanguage(cmp.Or(in.Language, x.text("dc", "language"), r.language)),
		Rights:       r.plain(cmp.Or(in.Copyright, x.text("dc", "rights"))),
		Generator:    r.plain(in.Generator),
		TTL:          max(0, number(strings.TrimSpace(in.TTL))),
		SkipHours:    skipHours(in.SkipHours),
		SkipDays:     skipDays(in.SkipDays),
		UpdatePeriod: x.updatePeriod(),
		Hub:          x.link("hub"),
		Self:         x.link("self"),
		Next:         x.link("next"),
	}
	f.Author, f.AuthorName, f.AuthorEmail = x.author(in.ManagingEditor, x.text("note", "author"))
	if f.Author == "" {
		f.Author, f.AuthorName, f.AuthorEmail = splitAuthor(cmp.Or(x.text("dc", "publisher"), in.WebMaster))
	}
	f.Updated, _ = r.date(in.LastBuildDate, x.text("dcterms", "modified"), x.text("atom", "updated"), x.text("dc", "date"))
	f.Published, _ = r.date(in.PubDate, x.text("dcterms", "issued"), x.text("dcterms", "created"))
	if in.Image != nil {
		f.Image, f.ImageTitle = in.Image.URL, r.plain(in.Image.Title)
	}
	f.Image = cmp.Or(f.Image, x.attr("itunes", "image", "href"))
	for _, c := range in.Categories {
		f.Tags = addTag(f.Tags, c.Value)
	}
	f.Tags = x.tags(f.Tags)
	items := make([]feedmill.Item, 0, len(in.Items))
	for _, it := range in.Items {
		items = append(items, r.rssItem(it))
	}
	return f, items, nil
}

func (r *feedReader) rssItem(in *rss.Item) feedmill.Item {
	x := extensions(in.Extensions)
	base := x.base("", r.base)
	it := feedmill.Item{
		Title: r.plain(cmp.Or(in.Title, x.text("dc", "title"), x.text("itunes", "title"), x.text("media", "title"))),
		Link:  cmp.Or(firstOf(in.Links), x.link("alternate")),
		Base:  r.baseText(base),
		Media: r.media(x),
	}
	if in.GUID != nil {
		it.GUID = in.GUID.Value
		if !strings.EqualFold(strings.TrimSpace(in.GUID.IsPermalink), "false") && it.Link == "" && isWebURL(it.GUID) {
			it.Link = feedLink(it.GUID, base)
		}
	}
	it.GUID = cmp.Or(it.GUID, x.text("note", "about"))
	if it.Link == "" && isWebURL(x.text("note", "about")) {
		it.Link = feedLink(x.text("note", "about"), base)
	}
	if s := cmp.Or(in.Description, x.text("atom", "summary"), x.text("dc", "description"), in.Custom["summary"]); s != "" {
		it.Summary = r.html(s, x.base("description", base))
	} else {
		it.Summary = r.html(cmp.Or(x.text("itunes", "summary"), x.text("itunes", "subtitle")), base)
	}
	switch body := x.text("note", "body"); {
	case in.Content != "":
		it.Content = r.html(in.Content, x.base("content:encoded", base))
	case body != "":
		it.Content = r.html(body, x.base("body", base))
	case in.Description != "" && in.Custom["summary"] != "":
		it.Content = r.html(in.Custom["summary"], base) // the description is one of two
	default:
		it.Content = r.html(x.text("atom", "content"), x.base("atom:content", base))
	}
	it.Published, it.PublishedRaw = r.date(in.PubDate, x.text("dc", "date"), x.text("dcterms", "issued"),
		x.text("dcterms", "created"), x.text("atom", "published"))
	it.Updated, it.UpdatedRaw = r.date(x.text("dcterms", "modified"), x.text("atom", "updated"))
	it.Author, it.AuthorName, it.AuthorEmail = x.author(in.Author)
	if s := in.Custom["tags"]; s != "" {
		for s := range strings.SplitSeq(s, ",") {
			it.Tags = addTag(it.Tags, s)
		}
	}
	for _, c := range in.Categories {
		it.Tags = addTag(it.Tags, c.Value)
	}
	it.Tags = x.tags(it.Tags)
	for _, e := range in.Enclosures {
		it.Enclosures = addEnclosure(it.Enclosures, e.URL, e.Type, e.Length)
	}
	for _, l := range x["atom"]["link"] {
		if l.Attrs["rel"] == "enclosure" {
			it.Enclosures = addEnclosure(it.Enclosures, l.Attrs["href"], l.Attrs["type"], l.Attrs["length"])
		}
	}
	return it
}

// readAtom reads a rewritten Atom document.
func (r *feedReader) readAtom(doc string) (feedmill.Feed, []feedmill.Item, error) {
	in, err := new(atom.Parser).Parse(strings.NewReader(doc))
	if err != nil {
		return feedmill.Feed{}, nil, feedmill.Permanent("parse", fmt.Errorf("read rewritten Atom: %w", err))
	}
	x := extensions(in.Extensions)
	f := feedmill.Feed{
		Title:        r.plain(in.Title),
		Link:         atomLink(in.Links, "alternate"),
		Subtitle:     r.plain(in.Subtitle),
		Language:     feedLanguage(cmp.Or(in.Language, x.text("dc", "language"), r.language)),
		Rights:       r.plain(in.Rights),
		Image:        cmp.Or(in.Logo, in.Icon, x.attr("itunes", "image", "href")),
		UpdatePeriod: x.updatePeriod(),
		Hub:          atomLink(in.Links, "hub"),
		Self:         atomLink(in.Links, "self"),
		Next:         atomLink(in.Links, "next"),
	}
	if in.Generator != nil {
		f.Generator = r.plain(in.Generator.Value)
	}
	f.Author, f.AuthorName, f.AuthorEmail = atomAuthor(in.Authors)
	f.Updated, _ = r.date(in.Updated)
	f.Published, _ = r.date(x.text("dcterms", "issued"), x.text("dcterms", "created"))
	for _, c := range in.Categories {
		f.Tags = addTag(f.Tags, cmp.Or(c.Term, c.Label))
	}
	items := make([]feedmill.Item, 0, len(in.Entries))
	for _, e := range in.Entries {
		items = append(items, r.atomItem(e))
	}
	return f, items, nil
}

func (r *feedReader) atomItem(in *atom.Entry) feedmill.Item {
	x := extensions(in.Extensions)
	base := x.base("", r.base)
	it := feedmill.Item{
		GUID:    in.ID,
		Title:   r.plain(cmp.Or(in.Title, x.text("media", "title"))),
		Link:    atomLink(in.Links, "alternate"),
		Summary: r.html(in.Summary, x.base("summary", base)),
		Base:    r.baseText(base),
		Media:   r.media(x),
	}
	if in.Content != nil {
		it.Content = r.html(in.Content.Value, x.base("content", base))
		if it.Link == "" {
			it.Link = in.Content.Src // content elsewhere (RFC 4287 §4.1.3.2)
		}
	}
	it.Published, it.PublishedRaw = r.date(in.Published, x.text("dcterms", "issued"), x.text("dcterms", "created"), x.text("dc", "date"))
	it.Updated, it.UpdatedRaw = r.date(in.Updated, x.text("dcterms", "modified"))
	it.Author, it.AuthorName, it.AuthorEmail = atomAuthor(in.Authors)
	if it.Author == "" {
		it.Author, it.AuthorName, it.AuthorEmail = x.author()
	}
	for _, c := range in.Categories {
		it.Tags = addTag(it.Tags, cmp.Or(c.Term, c.Label))
	}
	it.Tags = x.tags(it.Tags)
	for _, l := range in.Links {
		if l.Rel == "enclosure" {
			it.Enclosures = addEnclosure(it.Enclosures, l.Href, l.Type, l.Length)
		}
	}
	return it
}

// atomLink is the link with that relation (RFC 4287 §4.2.7); of several alternates, the first to a web page.
func atomLink(links []*atom.Link, rel string) string {
	best, bestRank := "", 0
	for _, l := range links {
		if l.Href == "" || !strings.EqualFold(strings.TrimPrefix(l.Rel, "http://www.iana.org/assignments/relation/"), rel) {
			continue
		}
		rank := 1
		if l.Type == "" || strings.Contains(l.Type, "html") {
			rank = 2
		}
		if rank > bestRank {
			best, bestRank = l.Href, rank
		}
	}
	return best
}

// author is the first author that is stated: one of those given, Dublin Core's creators, the podcast's author. Of
// several creators, name and address are the first one's.
func (x extensions) author(stated ...string) (author, name, email string) {
	creators := append(x.texts("dc", "creator"), x.texts("dc", "author")...)
	raw := cmp.Or(firstOf(stated), firstOf(creators), x.text("itunes", "author"))
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

func atomAuthor(people []*atom.Person) (author, name, email string) {
	var names []string
	for _, p := range people {
		n, e := plainText(p.Name), cleanLine(p.Email)
		if n == "" && e == "" {
			continue
		}
		if len(names) == 0 {
			name, email = n, e
		}
		names = append(names, cmp.Or(n, e))
	}
	if len(names) > 1 {
		return strings.Join(names, ", "), name, email
	}
	if email == "" {
		return splitAuthor(html.EscapeString(name)) // some write the address beside the name
	}
	if name == "" {
		return email, "", email
	}
	return name + " (" + email + ")", name, email
}

// splitAuthor takes name and e-mail address out of an author as RSS writes it: "mail (Name)", "Name (mail)",
// "Name <mail>", either alone.
func splitAuthor(raw string) (author, name, email string) {
	at := strings.IndexByte(raw, '@')
	if at < 0 {
		author = plainText(raw)
		return author, author, ""
	}
	author = cleanLine(resolveReferences(raw))
	for f := range strings.FieldsFuncSeq(author, func(r rune) bool { return strings.ContainsRune(" ()<>[],;\"", r) }) {
		if a := strings.TrimPrefix(f, "mailto:"); isEmail(a) {
			email = a
			name = strings.Replace(author, f, "", 1)
			break
		}
	}
	if email == "" {
		return author, author, ""
	}
	name = strings.NewReplacer("()", " ", "<>", " ", "[]", " ").Replace(name)
	name = strings.Trim(cleanLine(name), " ,;\"")
	if strings.HasPrefix(name, "(") && strings.HasSuffix(name, ")") {
		name = cleanLine(name[1 : len(name)-1])
	}
	return author, name, email
}

func isEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && !strings.Contains(domain, "@") && strings.Contains(strings.Trim(domain, "."), ".")
}

// extensions are the elements that gofeed hands on unread, by vocabulary and name.
type extensions ext.Extensions

func (x extensions) texts(vocabulary, name string) []string {
	var out []string
	for _, e := range x[vocabulary][name] {
		if s := strings.TrimSpace(e.Value); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func (x extensions) text(vocabulary, name string) string { return firstOf(x.texts(vocabulary, name)) }

func (x extensions) attr(vocabulary, name, attr string) string {
	for _, e := range x[vocabulary][name] {
		if s := e.Attrs[attr]; s != "" {
			return s
		}
	}
	return ""
}

// tags adds the tags of the extensions.
func (x extensions) tags(tags []string) []string {
	for _, s := range x.texts("dc", "subject") {
		tags = addTag(tags, s)
	}
	for _, c := range x["itunes"]["category"] {
		tags = addTag(tags, c.Attrs["text"])
	}
	for s := range strings.SplitSeq(x.text("itunes", "keywords"), ",") {
		tags = addTag(tags, s)
	}
	for _, s := range x.texts("media", "category") {
		tags = addTag(tags, s)
	}
	return tags
}

// link is the atom:link with that relation in an RSS document.
func (x extensions) link(rel string) string {
	for _, l := range x["atom"]["link"] {
		if strings.EqualFold(cmp.Or(l.Attrs["rel"], "alternate"), rel) && l.Attrs["href"] != "" {
			return l.Attrs["href"]
		}
	}
	return ""
}

// base is the base URL that was noted for the item, or for one text of it; otherwise, where there is none.
func (x extensions) base(of string, otherwise *url.URL) *url.URL {
	for _, n := range x["note"]["base"] {
		if n.Attrs["of"] == of {
			if u, err := url.Parse(n.Value); err == nil {
				return u
			}
		}
	}
	return otherwise
}

// updatePeriod is the syndication module's period divided by its frequency, in seconds; zero if neither is stated.
func (x extensions) updatePeriod() int {
	period, frequency := x.text("sy", "updateperiod"), x.text("sy", "updatefrequency")
	if period == "" && frequency == "" {
		return 0
	}
	n := max(1, number(frequency))
	const day = 24 * 60 * 60
	switch strings.ToLower(period) {
	case "hourly":
		return max(1, 60*60/n)
	case "", "daily": // the module's default
		return max(1, day/n)
	case "weekly":
		return max(1, 7*day/n)
	case "monthly":
		return max(1, 30*day/n)
	case "yearly":
		return max(1, 365*day/n)
	}
	return 0
}

// media are the pictures and films of Media RSS, each with the caption and credit that stand nearest: its own, its
// group's, the item's. The podcast's picture of the item comes last.
func (r *feedReader) media(x extensions) []feedmill.FeedMedia {
	m := x["media"]
	c := mediaCollector{texts: r.texts}
	if len(m) > 0 {
		item := mediaNotes{caption: c.text(m, "description"), credit: c.text(m, "credit")}
		for _, g := range m["group"] {
			notes := mediaNotes{
				caption: cmp.Or(c.text(g.Children, "description"), c.text(g.Children, "title"), item.caption),
				credit:  cmp.Or(c.text(g.Children, "credit"), item.credit),
			}
			c.add(g.Children, notes)
		}
		c.add(m, item)
	}
	for _, e := range x["itunes"]["image"] {
		c.one(e.Attrs["href"], "image", mediaNotes{})
	}
	for _, e := range x["itunes"]["link"] {
		if e.Attrs["rel"] == "image" {
			c.one(e.Attrs["href"], "image", mediaNotes{})
		}
	}
	return c.out
}

type mediaNotes struct{ caption, credit string }

type mediaCollector struct {
	texts asideTexts
	out   []feedmill.FeedMedia
}

// add collects the contents and thumbnails among the elements.
func (c *mediaCollector) add(in map[string][]ext.Extension, around mediaNotes) {
	for _, e := range in["content"] {
		notes := mediaNotes{
			caption: cmp.Or(c.text(e.Children, "description"), c.text(e.Children, "title"), c.text(e.Children, "text"), around.caption),
			credit:  cmp.Or(c.text(e.Children, "credit"), around.credit),
		}
		c.one(e.Attrs["url"], cmp.Or(e.Attrs["type"], e.Attrs["medium"]), notes)
		c.add(map[string][]ext.Extension{"thumbnail": e.Children["thumbnail"]}, notes)
	}
	for _, e := range in["thumbnail"] {
		c.one(cmp.Or(e.Attrs["url"], e.Value), cmp.Or(e.Attrs["type"], "image"), around)
	}
}

func (c *mediaCollector) one(u, typ string, notes mediaNotes) {
	if !isWebURL(u) || len(c.out) >= maxItemParts || slices.ContainsFunc(c.out, func(m feedmill.FeedMedia) bool { return m.URL == u }) {
		return
	}
	c.out = append(c.out, feedmill.FeedMedia{URL: u, Type: cleanLine(typ), Caption: notes.caption, Credit: notes.credit})
}

// text is the first text of the elements of that name, plain.
func (c *mediaCollector) text(in map[string][]ext.Extension, name string) string {
	for _, e := range in[name] {
		if s := plainText(c.texts.get(e.Value)); s != "" {
			return s
		}
	}
	return ""
}

func addEnclosure(list []feedmill.Enclosure, u, typ, length string) []feedmill.Enclosure {
	if !isWebURL(u) || len(list) >= maxItemParts {
		return list
	}
	n, err := strconv.ParseInt(strings.TrimSpace(length), 10, 64)
	if err != nil || n < 0 {
		n = 0
	}
	return append(list, feedmill.Enclosure{URL: u, Type: cleanLine(typ), Length: n})
}

// addTag adds a tag that is not there yet.
func addTag(tags []string, raw string) []string {
	t := plainText(raw)
	if t == "" || len(tags) >= maxItemParts || slices.Contains(tags, t) {
		return tags
	}
	return append(tags, t)
}

// skipHours reads hours in GMT. RSS 0.91 counts them from 1 to 24.
func skipHours(in []string) []int {
	var out []int
	for _, s := range in {
		h, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil || h < 0 || h > 24 {
			continue
		}
		if h %= 24; !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	slices.Sort(out)
	return out
}

// skipDays reads English day names.
func skipDays(in []string) []string {
	var out []string
	for _, s := range in {
		for d := time.Sunday; d <= time.Saturday; d++ {
			if strings.EqualFold(strings.TrimSpace(s), d.String()) && !slices.Contains(out, d.String()) {
				out = append(out, d.String())
			}
		}
	}
	return out
}

// feedLanguage is a language as stated, with the hyphen that BCP 47 asks for.
func feedLanguage(s string) string {
	return strings.ReplaceAll(cleanLine(s), "_", "-")
}

func firstOf(list []string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

func urlString(u *url.URL) string {
	if u == nil {
		return ""
	}
	return u.String()
}
