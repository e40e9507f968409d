package newsroom

import (
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Paths of the demo that tests and the demo's caller name.
const (
	// KoreaTimesPath is the page of 2011.
	KoreaTimesPath = "/www/news/nation/2011/01/205_79383.html"
	// SharedPath is the Korean page, which stands in both feeds.
	SharedPath = "/kr/society/2025031700123.html"
	// EditedPath is the article that is corrected later.
	EditedPath = "/2025/03/canal-tunnel-hexley"
	// BrokenPath always answers 500.
	BrokenPath = "/2025/03/market-hall-roof"
	// ForbiddenPath is what robots.txt asks not to fetch.
	ForbiddenPath = "/private/"

	// PartsPath is the first page of an article in three parts; the others follow under /2 and /3.
	PartsPath = "/2025/03/coast-road"
	// OriginalPath is the article that a second source has too, at CopyPath: under its own headline, shortened and with
	// some words changed.
	OriginalPath = "/2025/03/skarne-late-ferry"
	CopyPath     = "/nt/regions/evening-boat-skarne"
	// PaywalledPath is the page that shows a teaser and says that the rest is to be paid for.
	PaywalledPath = "/ledger/2025/thorne-weir-papers"
	// MalformedFeedPath is the feed that is no well-formed XML.
	MalformedFeedPath = "/parish/rss.xml"

	rssPath   = "/www/rss/nation.xml"
	atomPath  = "/feeds/courier.atom"
	jsonPath  = "/feeds/harbour-wire.json"
	courier   = "The Elmer Courier"
	telegraph = "Nordsund Telegraph"
	parish    = "Hexley & Thorne Parish News"
)

// demoFeeds are the demo's feeds, in the order in which they are told.
func demoFeeds() []string { return []string{rssPath, atomPath, jsonPath, MalformedFeedPath} }

// demoPlan is a line of the table of the demo's articles.
type demoPlan struct {
	path, layout, site string // no layout: the page answers 500
	files, feeds       []string
}

func demoPlans() []demoPlan {
	return []demoPlan{
		{KoreaTimesPath, "korea-times", "The Korea Times", []string{"korea-times"}, []string{rssPath}},
		{SharedPath, "korean", "강변신문", []string{"library"}, []string{rssPath, atomPath}},
		{OriginalPath, "semantic", courier, []string{"ferry"}, []string{atomPath}},
		{"/story/8841/seed-library", "jsonld", courier, []string{"seeds"}, []string{atomPath}},
		{EditedPath, "semantic", courier, []string{"tunnel-1", "tunnel-2"}, []string{atomPath}},
		{"/2025/03/river-gauge", "component", courier, []string{"gauge"}, []string{atomPath}},
		{BrokenPath, "", courier, []string{"market"}, []string{atomPath}},
		{"/jp/chiiki/250316-soko.html", "japanese", "湾岸日報", []string{"harbour"}, []string{jsonPath}},
		{"/ar/environment/2025/3/15/canal", "arabic", "صحيفة الميناء", []string{"oasis"}, []string{jsonPath}},
		{PartsPath, "multipart", "Elmer Weekend", []string{"coast"}, []string{jsonPath}},
		{CopyPath, "tabloid", telegraph, []string{"evening-boat"}, []string{jsonPath}},
		{"/nt/amp/lighthouse-lens", "amp", telegraph, []string{"auction"}, []string{jsonPath}},
		{PaywalledPath, "paywall", "The Thorne Ledger", []string{"weir"}, []string{jsonPath}},
		{"/parish/2025/03/lock-cottage/", "blog", parish, []string{"cottage"}, []string{MalformedFeedPath}},
		{"/parish/2025/03/six-ringers/", "blog", parish, []string{"bells"}, []string{MalformedFeedPath}},
	}
}

// demo is the site of the demo. It does not change; what editing does is the newsroom's to know.
type demo struct {
	n      *Newsroom
	pages  []*demoPage
	static map[string]*resource
}

type demoPage struct {
	path, layout string
	part         int // from 2 on: a further page of the article before
	feeds        []string
	versions     []*article
}

// partPath is the path of a part of the article at path, counted from 1.
func partPath(path string, part int) string {
	if part == 1 {
		return path
	}
	return fmt.Sprintf("%s/%d", path, part)
}

func newDemo(n *Newsroom) (*demo, error) {
	d := &demo{n: n, static: map[string]*resource{}}
	for _, p := range demoPlans() {
		page := &demoPage{path: p.path, layout: p.layout, feeds: p.feeds}
		for _, file := range p.files {
			text, err := pageFiles.ReadFile("pages/" + file + ".txt")
			if err != nil {
				return nil, fmt.Errorf("newsroom: %w", err)
			}
			a, err := parseArticle(string(text))
			if err != nil {
				return nil, fmt.Errorf("newsroom: %s: %w", file, err)
			}
			a.Site = p.site
			page.versions = append(page.versions, a)
		}
		d.pages = append(d.pages, page)
		d.addPicture(page.versions[0])
		for part := range page.versions[0].breaks {
			d.pages = append(d.pages, &demoPage{path: partPath(p.path, part+2), layout: p.layout, part: part + 2, versions: page.versions})
		}
	}
	d.addStatic("/robots.txt", "text/plain; charset=utf-8", "User-agent: *\nDisallow: "+ForbiddenPath+"\nDisallow: /www/common/\n")
	d.addStatic(ForbiddenPath, "text/html; charset=utf-8", "<!DOCTYPE html>\n<title>Private</title>\n<p>Robots are asked not to read this.</p>\n")
	d.addStatic("/", "text/html; charset=utf-8", d.index())
	return d, nil
}

func (d *demo) addStatic(path, contentType, text string) {
	d.static[path] = &resource{
		contentType: contentType, cacheControl: shortly,
		current: func() (int, int, time.Time) { return 0, 0, d.newest(nil) },
		render:  func(string, int, int) ([]byte, error) { return []byte(text), nil },
	}
}

func (d *demo) addPicture(a *article) {
	if p := a.Image; p != nil {
		d.static[p.Path] = pictureResource(p, a.Published)
	}
}

func pictureResource(p *picture, modified time.Time) *resource {
	return &resource{
		contentType: "image/jpeg", cacheControl: shortly,
		current: func() (int, int, time.Time) { return 0, 0, modified },
		render:  func(string, int, int) ([]byte, error) { return jpegFor(p.Path, p.Width, p.Height) },
	}
}

// index is the front page: the feeds, to be discovered, and the articles.
func (d *demo) index() string {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>" + courier + "</title>\n")
	b.WriteString("<link rel=\"alternate\" type=\"application/atom+xml\" title=\"" + courier + "\" href=\"" + atomPath + "\">\n")
	b.WriteString("<link rel=\"alternate\" type=\"application/rss+xml\" title=\"The Korea Times : Nation\" href=\"" + rssPath + "\">\n")
	b.WriteString("<link rel=\"alternate\" type=\"application/feed+json\" title=\"Harbour Wire\" href=\"" + jsonPath + "\">\n")
	b.WriteString("<link rel=\"alternate\" type=\"application/rss+xml\" title=\"" + template.HTMLEscapeString(parish) + "\" href=\"" + MalformedFeedPath + "\">\n")
	b.WriteString("</head>\n<body>\n<h1>" + courier + "</h1>\n<ul>\n")
	for _, p := range d.pages {
		if p.part > 1 {
			continue
		}
		fmt.Fprintf(&b, "<li><a href=\"%s\">%s</a></li>\n", p.path, template.HTMLEscapeString(p.versions[0].Title))
	}
	b.WriteString("</ul>\n</body>\n</html>\n")
	return b.String()
}

func (d *demo) page(path string) *demoPage {
	if i := slices.IndexFunc(d.pages, func(p *demoPage) bool { return p.path == path }); i >= 0 {
		return d.pages[i]
	}
	return nil
}

func (d *demo) article(path string, version int) *article {
	if p := d.page(path); p != nil && p.layout != "" && p.part == 0 {
		return p.versions[version]
	}
	return nil
}

func (d *demo) listing(path string) (feeds []string, versions int) {
	if p := d.page(path); p != nil && p.part == 0 {
		return p.feeds, len(p.versions)
	}
	return nil, 0
}

func (d *demo) find(path string) *resource {
	if r := d.static[path]; r != nil {
		return r
	}
	switch path {
	case rssPath:
		return d.feedResource(path, "application/rss+xml; charset=utf-8", d.rss)
	case atomPath:
		return d.feedResource(path, "application/atom+xml; charset=utf-8", d.atom)
	case jsonPath:
		return d.feedResource(path, "application/feed+json", d.json)
	case MalformedFeedPath:
		return d.feedResource(path, "text/xml", d.malformed)
	}
	p := d.page(path)
	if p == nil {
		return nil
	}
	if p.layout == "" {
		return &resource{status: http.StatusInternalServerError}
	}
	return &resource{
		contentType: d.n.setter.layouts[p.layout].contentType, cacheControl: shortly,
		current: func() (int, int, time.Time) {
			s := d.n.state(path)
			return s.version, s.edits, p.versions[0].Published.Add(time.Duration(s.edits) * editStep)
		},
		render: func(base string, version, edits int) ([]byte, error) {
			a := *p.versions[version]
			if len(a.breaks) > 0 {
				first := strings.TrimSuffix(path, fmt.Sprint("/", p.part))
				a = *a.partOf(max(1, p.part), func(part int) string { return partPath(first, part) })
			}
			a.Base, a.URL = base, base+path
			a.Modified = a.Published.Add(time.Duration(edits) * editStep)
			a.Nav = []link{{Path: "/local", Title: "Local"}, {Path: "/transport", Title: "Transport"}, {Path: "/science", Title: "Science"}, {Path: "/sport", Title: "Sport"}, {Path: "/feeds", Title: "Feeds"}}
			a.Related = d.related(p)
			return d.n.setter.set(p.layout, &a)
		},
	}
}

// related are the site's other articles.
func (d *demo) related(p *demoPage) []link {
	var links []link
	for _, o := range d.pages {
		if o != p && o.part == 0 && o.versions[0].Site == p.versions[0].Site {
			links = append(links, link{o.path, o.versions[0].Title, o.versions[0].Summary})
		}
	}
	return links
}

func (d *demo) feedResource(path, contentType string, write func(base string, updated time.Time) ([]byte, error)) *resource {
	updated := func(edits int) time.Time {
		return d.newest(func(p *demoPage) bool { return slices.Contains(p.feeds, path) }).Add(time.Duration(edits) * editStep)
	}
	return &resource{
		contentType: contentType, cacheControl: shortly,
		current: func() (int, int, time.Time) { s := d.n.state(path); return 0, s.edits, updated(s.edits) },
		render:  func(base string, _, edits int) ([]byte, error) { return write(base, updated(edits)) },
	}
}

// newest is when the last article was published, of those that are listed.
func (d *demo) newest(listed func(*demoPage) bool) time.Time {
	var t time.Time
	for _, p := range d.pages {
		if a := p.versions[0]; (listed == nil || listed(p)) && a.Published.After(t) {
			t = a.Published
		}
	}
	return t
}

func (d *demo) entries(base, feedPath string) []entry {
	var list []entry
	for _, p := range d.pages {
		if !slices.Contains(p.feeds, feedPath) {
			continue
		}
		s := d.n.state(p.path)
		a := p.versions[s.version]
		list = append(list, entry{
			title: a.Title, link: base + p.path, id: base + p.path, summary: a.Summary, category: a.Section, authors: a.Authors,
			published: a.Published, updated: a.Published.Add(time.Duration(s.edits) * editStep),
		})
	}
	return list
}

func (d *demo) rss(base string, _ time.Time) ([]byte, error) {
	f := &feed{
		title: "The Korea Times : Nation", subtitle: "Nation news from The Korea Times", language: "en-us",
		rights: "Copyright 2011 The Korea Times", home: base + "/www/sub_nation.asp", self: base + rssPath,
		updated: d.newest(func(p *demoPage) bool { return slices.Contains(p.feeds, rssPath) }),
		entries: d.entries(base, rssPath),
	}
	return f.rss()
}

func (d *demo) atom(base string, updated time.Time) ([]byte, error) {
	f := &feed{
		title: courier, subtitle: "News from both banks of the Elmer, and from friends", language: "en",
		rights: "© 2025 " + courier, home: base + "/", self: base + atomPath, updated: updated,
		entries: d.entries(base, atomPath),
	}
	f.newestFirst()
	return f.atom()
}

func (d *demo) json(base string, updated time.Time) ([]byte, error) {
	f := &feed{
		title: "Harbour Wire", subtitle: "From ports near and far, in the words of their own papers", language: "en",
		home: base + "/", self: base + jsonPath, updated: updated, entries: d.entries(base, jsonPath),
	}
	f.newestFirst()
	return f.json()
}

// malformed is a feed as a script of 2003 put it together: nothing is escaped, and the end was lost.
func (d *demo) malformed(base string, _ time.Time) ([]byte, error) {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\"?>\n<rss version=\"2.0\">\n<channel>\n<title>" + parish + "</title>\n<link>" + base + "/parish/</link>\n")
	b.WriteString("<description>What's on & what's off in both villages</description>\n")
	for _, e := range d.entries(base, MalformedFeedPath) {
		fmt.Fprintf(&b, "<item>\n<title>%s</title>\n<link>%s?utm_source=rss&utm_medium=feed</link>\n<guid isPermaLink=\"false\">%s</guid>\n<author>%s</author>\n<pubDate>%s</pubDate>\n<description>%s</description>\n</item>\n",
			e.title, e.link, strings.TrimPrefix(e.id, base), e.authors[0], e.published.Format(time.RFC1123Z), e.summary)
	}
	b.WriteString("<textInput><title>Search the vill")
	return []byte(b.String()), nil
}
