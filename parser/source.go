package parser

import (
	"cmp"
	"net/url"
	"path"
	"strings"

	"golang.org/x/net/html/atom"
	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/language"

	"github.com/feedmill/feedmill"
)

// readSource finds who published the page.
func (d *document) readSource() {
	s := &d.article.Source
	d.setDomain()
	m := d.meta
	site, _ := m.first("og:site_name")
	var names []found
	for _, f := range [...]found{{plainText(site), "meta:og:site_name"}, {m.ld.publisher, "json-ld"}, {m.ld.siteName, "json-ld"}} {
		if f.Value != "" && len(f.Value) < 80 {
			names = append(names, f)
			d.site.add(f.Value)
		}
	}
	for _, n := range [...]string{"application-name", "apple-mobile-web-app-title", "twitter:site", "publisher", "dc.publisher", "al:ios:app_name", "al:android:app_name"} {
		if v, _ := m.first(n); v != "" && len(v) < 60 {
			d.site.add(v)
		}
	}
	names = append(names, d.namesInTitles()...)
	if f := d.page.Feed; f != nil && f.Title != "" {
		if d.site.is(f.Title) {
			names = append(names, found{f.Title, "feed"})
		}
		d.site.add(f.Title)
	}
	if len(names) > 0 {
		s.Name = names[0].Value
		d.set("source.name", s.Name, names[0].From, names[1:]...)
	}
	s.Language, _ = d.statedLanguage()
}

// namesInTitles are the parts of the titles of page and feed that are the site's name: that say the domain's name in words,
// or that stand alone in a second place: in the other title, on the logo or on the link to the front page.
func (d *document) namesInTitles() []found {
	var names []found
	page := titleParts(d.meta.title)
	var feed []string
	if f := d.page.Feed; f != nil {
		feed = titleParts(f.Title)
	}
	marks := d.layout.siteMarks(d.base)
	for _, in := range [...]struct {
		from         string
		parts, other []string
	}{{"title", page, feed}, {"feed", feed, nil}} {
		for _, part := range in.parts {
			if len(part) >= 80 || len(in.parts) < 2 && in.from == "title" || len(squash(part)) < 2 {
				continue
			}
			if d.site.is(part) || sameName(part, in.other) || sameName(part, marks) {
				names = append(names, found{part, in.from})
				d.site.add(part)
			}
		}
	}
	return names
}

// titleParts are what a title's separators part, the brackets at its end included.
func titleParts(title string) []string {
	parts := []string{title}
	if i := strings.LastIndexByte(title, '('); i > 0 && strings.HasSuffix(title, ")") {
		parts = []string{title[:i], title[i+1 : len(title)-1]}
	}
	for _, sep := range titleSeparators {
		var finer []string
		for _, p := range parts {
			finer = append(finer, strings.Split(p, sep)...)
		}
		parts = finer
	}
	kept := parts[:0]
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			kept = append(kept, p)
		}
	}
	return kept
}

func sameName(name string, among []string) bool {
	q := squash(name)
	for _, o := range among {
		if sameSquashed(q, squash(o)) {
			return true
		}
	}
	return false
}

// siteMarks are what the page's head shows of the site: the text of links to the front page, and the alternative texts of
// pictures in them and of logos.
func (l *layout) siteMarks(base *url.URL) []string {
	var marks []string
	add := func(s string) {
		if s = cleanLine(s); s != "" && len(s) < 60 && len(marks) < 16 && !isHome(s) {
			marks = append(marks, s)
			if rest, ok := strings.CutSuffix(strings.ToLower(s), " logo"); ok {
				marks = append(marks, s[:len(rest)])
			}
		}
	}
	for i := range l.nodes {
		e := &l.nodes[i]
		if e.n.DataAtom == atom.A && isFrontPage(attr(e.n, "href"), base) {
			add(nodeText(e.n))
		}
	}
	for i := range l.images {
		im := &l.images[i]
		alt := attr(im.n, "alt")
		if alt == "" || im.node < 0 {
			continue
		}
		logo := strings.Contains(strings.ToLower(attr(im.n, "src")), "logo") || strings.Contains(strings.ToLower(attr(im.n, "class")), "logo")
		if link := l.nodes[im.node].link; logo || link >= 0 && isFrontPage(attr(l.nodes[link].n, "href"), base) {
			add(alt)
		}
	}
	return marks
}

// isFrontPage tells a link to the root of the page's own host, or to an edition such as /en/.
func isFrontPage(href string, base *url.URL) bool {
	if href == "" || len(href) > 80 {
		return false
	}
	// Most links are seen to be longer without reading them as URLs.
	rest := href
	if _, after, ok := strings.Cut(rest, "//"); ok {
		rest = after[max(strings.IndexByte(after, '/'), 0):]
	}
	if file := rest[strings.LastIndexByte(rest, '/')+1:]; len(rest) > 5 && !strings.Contains(file, ".") {
		return false
	}
	u, err := url.Parse(href)
	if err != nil || u.RawQuery != "" || u.Host != "" && (base == nil || registrable(u.Hostname()) != registrable(base.Hostname())) {
		return false
	}
	if href[0] == '#' || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	dir, file := path.Split(u.Path)
	if strings.HasPrefix(file, "index.") || strings.HasPrefix(file, "default.") || strings.HasPrefix(file, "home.") {
		return strings.Count(dir, "/") <= 2
	}
	return len(strings.Trim(u.Path, "/")) <= 3 && (u.Path != "" || u.Host != "")
}

// nameOfFeed is the feed's title without the section that it may name beside the site.
func (d *document) nameOfFeed(title string) string {
	parts := titleParts(title)
	if len(parts) < 2 {
		return title
	}
	for _, p := range parts {
		if d.site.host != "" && (&siteNames{domain: d.site.domain, host: d.site.host}).is(p) {
			return p
		}
	}
	for _, p := range parts {
		if it := d.page.Item; p != d.article.Section && (it == nil || !sameName(p, it.Tags)) {
			return p
		}
	}
	return parts[0]
}

// setDomain takes the source's domain from the article's URL.
func (d *document) setDomain() {
	s := &d.article.Source
	host := feedmill.Host(cmp.Or(d.article.URL, d.page.BaseURL()))
	s.Domain = strings.TrimPrefix(host, "www.")
	s.ID = registrable(host)
	d.site.host = squash(s.Domain)
	label, _, _ := strings.Cut(s.ID, ".")
	d.site.domain = squash(label)
}

// registrable is the domain that was registered: the public suffix and one label more; the host itself where it has none.
func registrable(host string) string {
	if r, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return r
	}
	return host
}

// statedLanguage is the language that the page says it is in.
func (d *document) statedLanguage() (tag, from string) {
	m := d.meta
	og, _ := m.first("og:locale")
	content, _ := m.first("content-language", "dc.language", "language", "dcterms.language")
	for _, f := range [...]found{{m.lang, "html lang"}, {m.ld.language, "json-ld"}, {content, "meta:content-language"}, {og, "meta:og:locale"}} {
		v, _, _ := strings.Cut(f.Value, ",")
		if t := bcp47(v); t != "" {
			return t, f.From
		}
	}
	if f := d.page.Feed; f != nil {
		if t := bcp47(f.Language); t != "" {
			return t, "feed"
		}
	}
	return "", ""
}

// bcp47 brings a language code into the form of BCP 47; "" where it is none.
func bcp47(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), "_", "-")
	if len(s) < 2 || len(s) > 35 {
		return ""
	}
	t, err := language.Parse(s)
	if err != nil || t == language.Und {
		return ""
	}
	return t.String()
}

func (d *document) readLanguage() {
	tag, from := d.statedLanguage()
	if tag == "" {
		return
	}
	base, _, _ := strings.Cut(tag, "-")
	d.article.Language = feedmill.Language{Tag: tag, From: from}
	if base == "en" || tag != base && from == "feed" { // "en-us" is what tools write for any English
		d.article.Language.Tag = base
	}
	d.set("language", d.article.Language.Tag, from)
}

// addURLs collects the other URLs that lead to the article.
func (d *document) addURLs() {
	a, p := d.article, d.page
	if a.Source.ID == "" {
		d.setDomain()
	}
	seen := map[string]bool{a.URL: true}
	add := func(raw string) {
		if c, err := feedmill.CanonicalURL(raw); err == nil && !seen[c] {
			seen[c] = true
			a.AltURLs = append(a.AltURLs, c)
		}
	}
	add(pageURL(p))
	if p.Item != nil {
		add(p.Item.Link)
	}
	add(p.FinalURL)
	for i := range p.Redirects {
		add(p.Redirects[i].To)
	}
	if d.meta == nil {
		return
	}
	og, _ := d.meta.first("og:url")
	for _, ref := range [...]string{d.meta.canonical, d.meta.amp, og} {
		abs, ok := absoluteURL(ref, d.base)
		if !ok {
			continue
		}
		if u, err := url.Parse(abs); err == nil && registrable(u.Hostname()) == a.Source.ID && (strings.Trim(u.Path, "/") != "" || u.RawQuery != "") {
			add(abs)
		}
	}
}
