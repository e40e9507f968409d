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
	n := &r.notes
	f := feedmill.Feed{
		Title:        r.plain(cmp.Or(in.Title, n.text("dc:title"))),
		Link:         cmp.Or(firstOf(in.Links), n.link("alternate")),
		Subtitle:     r.plain(cmp.Or(in.Description, n.text("dc:description"), n.text("itunes:subtitle"), n.text("itunes:summary"))),
		Language:     feedLanguage(cmp.Or(in.Language, n.text("dc:language"), r.language)),
		Rights:       r.plain(cmp.Or(in.Copyright, n.text("dc:rights"))),
		Generator:    r.plain(in.Generator),
		TTL:          max(0, number(strings.TrimSpace(in.TTL))),
		SkipHours:    skipHours(in.SkipHours),
		SkipDays:     skipDays(in.SkipDays),
		UpdatePeriod: n.updatePeriod(),
		Hub:          n.link("hub"),
		Self:         n.link("self"),
		Next:         n.link("next"),
		PrevArchive:  n.link("prev-archive"),
	}
	f.Author, f.AuthorName, f.AuthorEmail = n.author(in.ManagingEditor, n.text("author"))
	if f.Author == "" {
		f.Author, f.AuthorName, f.AuthorEmail = splitAuthor(cmp.Or(n.text("dc:publisher"), in.WebMaster))
	}
	f.Updated, _ = r.date(n, "lastbuilddate", "dcterms:modified", "atom:updated", "dc:date")
	f.Published, _ = r.date(n, "pubdate", "dcterms:issued", "dcterms:created")
	if in.Image != nil {
		f.Image, f.ImageTitle = in.Image.URL, r.plain(in.Image.Title)
	}
	f.Image = cmp.Or(f.Image, n.attr("itunes:image", "href"), n.attr("logo", "href"))
	for _, c := range in.Categories {
		f.Tags = addTag(f.Tags, c.Value)
	}
	f.Tags = n.tags(f.Tags)
	items := make([]feedmill.Item, 0, len(in.Items))
	for _, it := range in.Items {
		items = append(items, r.rssItem(it))
	}
	return f, items, nil
}

func (r *feedReader) rssItem(in *rss.Item) feedmill.Item {
	n := r.notesOf(in.Comments)
	it := feedmill.Item{
		Title: r.plain(cmp.Or(in.Title, n.text("dc:title"), n.text("itunes:title"), n.text("media:title"))),
		Link:  cmp.Or(firstOf(in.Links), n.link("alternate")),
		Base:  r.baseText(n.base),
		Media: n.media(),
	}
	if in.GUID != nil {
		it.GUID = in.GUID.Value
		if !strings.EqualFold(strings.TrimSpace(in.GUID.IsPermalink), "false") && it.Link == "" && isWebURL(it.GUID) {
			it.Link = feedLink(it.GUID, n.base)
		}
	}
	it.GUID = cmp.Or(it.GUID, n.about)
	if it.Link == "" && isWebURL(n.about) {
		it.Link = feedLink(n.about, n.base)
	}
	summary, content := n.text("summary"), cmp.Or(n.text("content:encoded"), n.text("body"), n.text("atom:content"))
	switch {
	case in.Description != "":
		it.Summary = r.html(in.Description, n.baseOf("description"))
		if content == "" {
			it.Content = r.html(summary, n.baseOf("summary")) // the description is one of two
		}
	case n.text("atom:summary") != "":
		it.Summary = r.html(n.text("atom:summary"), n.baseOf("atom:summary"))
	default:
		it.Summary = r.html(cmp.Or(n.text("dc:description"), summary, n.text("itunes:summary"), n.text("itunes:subtitle")), n.base)
	}
	for _, name := range []string{"content:encoded", "body", "atom:content"} {
		if it.Content == "" {
			it.Content = r.html(n.text(name), n.baseOf(name))
		}
	}
	it.Published, it.PublishedRaw = r.date(n, "pubdate", "dc:date", "dcterms:issued", "dcterms:created", "atom:published")
	it.Updated, it.UpdatedRaw = r.date(n, "dcterms:modified", "atom:updated")
	it.Author, it.AuthorName, it.AuthorEmail = n.author(in.Author)
	if s := n.text("tags"); s != "" {
		for s := range strings.SplitSeq(s, ",") {
			it.Tags = addTag(it.Tags, s)
		}
	}
	for _, c := range in.Categories {
		it.Tags = addTag(it.Tags, c.Value)
	}
	it.Tags = n.tags(it.Tags)
	for _, e := range in.Enclosures {
		it.Enclosures = addEnclosure(it.Enclosures, e.URL, e.Type, e.Length)
	}
	for l := range n.all("atom:link") {
		if l.attr("rel") == "enclosure" {
			it.Enclosures = addEnclosure(it.Enclosures, l.attr("href"), l.attr("type"), l.attr("length"))
		}
	}
	return it
}

// notesOf are the notes of the item with that number.
func (r *feedReader) notesOf(n string) *feedNotes {
	if i, err := strconv.Atoi(n); err == nil && i >= 0 && i < len(r.itemNotes) {
		return &r.itemNotes[i]
	}
	return new(feedNotes)
}

// readAtom reads a rewritten Atom document.
func (r *feedReader) readAtom(doc string) (feedmill.Feed, []feedmill.Item, error) {
	in, err := new(atom.Parser).Parse(strings.NewReader(doc))
	if err != nil {
		return feedmill.Feed{}, nil, feedmill.Permanent("parse", fmt.Errorf("read rewritten Atom: %w", err))
	}
	n := &r.notes
	f := feedmill.Feed{
		Title:        r.plain(in.Title),
		Link:         atomLink(in.Links, "alternate"),
		Subtitle:     r.plain(in.Subtitle),
		Language:     feedLanguage(cmp.Or(in.Language, n.text("dc:language"), r.language)),
		Rights:       r.plain(in.Rights),
		Image:        cmp.Or(in.Logo, in.Icon, n.attr("itunes:image", "href")),
		UpdatePeriod: n.updatePeriod(),
		Hub:          atomLink(in.Links, "hub"),
		Self:         atomLink(in.Links, "self"),
		Next:         atomLink(in.Links, "next"),
		PrevArchive:  atomLink(in.Links, "prev-archive"),
	}
	if in.Generator != nil {
		f.Generator = r.plain(in.Generator.Value)
	}
	f.Author, f.AuthorName, f.AuthorEmail = atomAuthor(in.Authors)
	f.Updated, _ = r.date(n, "updated", "modified")
	f.Published, _ = r.date(n, "dcterms:issued", "dcterms:created")
	for _, c := range in.Categories {
		f.Tags = addTag(f.Tags, atomTag(c))
	}
	items := make([]feedmill.Item, 0, len(in.Entries))
	for _, e := range in.Entries {
		items = append(items, r.atomItem(e))
	}
	return f, items, nil
}

func (r *feedReader) atomItem(in *atom.Entry) feedmill.Item {
	n := r.notesOf(in.Rights)
	it := feedmill.Item{
		GUID:    in.ID,
		Title:   r.plain(cmp.Or(in.Title, n.text("media:title"))),
		Link:    atomLink(in.Links, "alternate"),
		Summary: r.html(in.Summary, n.baseOf("summary")),
		Base:    r.baseText(n.base),
		Media:   n.media(),
	}
	if in.Content != nil {
		it.Content = r.html(in.Content.Value, n.baseOf("content"))
		if it.Link == "" {
			it.Link = in.Content.Src // content elsewhere (RFC 4287 §4.1.3.2)
		}
	}
	it.Published, it.PublishedRaw = r.date(n, "published", "issued", "dcterms:issued", "created", "dcterms:created", "dc:date")
	it.Updated, it.UpdatedRaw = r.date(n, "updated", "modified", "dcterms:modified")
	it.Author, it.AuthorName, it.AuthorEmail = atomAuthor(in.Authors)
	if it.Author == "" {
		it.Author, it.AuthorName, it.AuthorEmail = n.author()
	}
	for _, c := range in.Categories {
		it.Tags = addTag(it.Tags, atomTag(c))
	}
	it.Tags = n.tags(it.Tags)
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

// atomTag is a category's term, which publishers write for people; the label where the term is an identifier.
func atomTag(c *atom.Category) string {
	if isWebURL(c.Term) {
		return cmp.Or(c.Label, c.Term)
	}
	return cmp.Or(c.Term, c.Label)
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
