package parser

import (
	"cmp"
	"net/url"
	"strings"

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
	// The part of the title that is the domain's name in words: "The Korea Times" of koreatimes.co.kr.
	for _, sep := range titleSeparators {
		for part := range strings.SplitSeq(m.title, sep) {
			if part = strings.TrimSpace(part); part != "" && part != m.title && d.site.is(part) {
				names = append(names, found{part, "title"})
			}
		}
	}
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
	add(p.URL)
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
