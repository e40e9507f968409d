package parser

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/feedmill/feedmill"
)

// maxTags bounds the tags of one article.
const maxTags = 40

// readLabels reads what the page states around the text: teaser, section, tags.
func (d *document) readLabels() {
	a, m := d.article, d.meta
	og, _ := m.first("og:description")
	name, _ := m.first("description", "dc.description", "twitter:description")
	for _, f := range [...]found{{plainText(og), "meta:og:description"}, {plainText(name), "meta:description"}, {m.ld.description, "json-ld"}} {
		if f.Value != "" && f.Value != "null" && !d.site.is(f.Value) {
			a.Description = feedmill.Description{Text: f.Value, From: f.From}
			d.set("description", f.Value, f.From)
			break
		}
	}
	d.readSection()
	d.readTags()
}

func (d *document) readSection() {
	m := d.meta
	section, name := m.first("article:section", "parsely-section", "og:article:section", "dc.subject.section", "section", "articlesection", "cxenseparse:category", "category")
	candidates := []found{{m.ld.section, "json-ld"}, {plainText(section), "meta:" + name}}
	for _, p := range m.itemprops {
		if p.name == "articleSection" {
			candidates = append(candidates, found{p.value, "itemprop:articleSection"})
		}
	}
	if it := d.page.Item; it != nil && len(it.Tags) == 1 {
		candidates = append(candidates, found{it.Tags[0], "feed"})
	}
	candidates = append(candidates, found{d.crumb(), "breadcrumb"})
	for i, c := range candidates {
		if c.Value != "" && len(c.Value) < 80 && !d.site.is(c.Value) {
			d.article.Section = c.Value
			d.set("section", c.Value, c.From, candidates[i+1:]...)
			return
		}
	}
}

// crumb is the second link of a trail such as "Home > Nation > Defense" above the headline.
func (d *document) crumb() string {
	l := d.layout
	last := d.headline
	if last < 0 {
		last = min(len(l.blocks), 80)
	}
	for i := range last {
		b := &l.blocks[i]
		if b.size > 120 || b.linked == 0 || len(b.inlines) < 2 || !strings.ContainsAny(b.text, ">»›/") {
			continue
		}
		parts := strings.FieldsFunc(b.text, func(r rune) bool { return r == '>' || r == '»' || r == '›' || r == '/' })
		if len(parts) >= 2 && isHome(parts[0]) {
			return strings.TrimSpace(parts[1])
		}
	}
	return ""
}

func isHome(s string) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "home", "homepage", "startseite", "start", "accueil", "inicio", "início", "home page", "главная", "hem", "hjem", "etusivu", "forside", "ana sayfa", "anasayfa", "beranda":
		return true
	}
	return false
}

func (d *document) readTags() {
	a, m := d.article, d.meta
	add := func(v string) {
		if v = cleanLine(v); v != "" && len(v) < 100 && len(a.Tags) < maxTags {
			a.Tags = addTag(a.Tags, v)
		}
	}
	from := ""
	switch {
	case len(m.ld.keywords) > 0:
		from = "json-ld"
		for _, k := range m.ld.keywords {
			add(k)
		}
	case len(m.names["article:tag"]) > 0:
		from = "meta:article:tag"
		for _, v := range m.names["article:tag"] {
			for k := range strings.SplitSeq(plainText(v), ",") {
				add(k)
			}
		}
	default:
		for _, p := range m.itemprops {
			if p.name == "rel-tag" && !d.inComments(p) {
				from = "rel-tag"
				add(p.value)
			}
		}
		if v, name := m.first("news_keywords", "parsely-tags", "keywords"); from == "" && v != "" && (name != "keywords" || d.page.Item == nil || len(d.page.Item.Tags) == 0) {
			from = "meta:" + name
			for k := range strings.FieldsFuncSeq(plainText(v), func(r rune) bool { return r == ',' || r == ';' }) {
				if !d.site.is(k) {
					add(k)
				}
			}
		}
	}
	if len(a.Tags) > 0 {
		d.set("tags", strings.Join(a.Tags, ", "), from)
	}
}

// readRights reads the publisher's statements on access and use.
func (d *document) readRights() {
	a, m := d.article, d.meta
	if m.ld.free != nil {
		paywalled := !*m.ld.free
		a.Access = feedmill.Access{Paywalled: &paywalled, From: "json-ld"}
	}
	if d.page.Status == http.StatusPaymentRequired {
		paywalled := true
		a.Access = feedmill.Access{Paywalled: &paywalled, From: "status"}
	}
	r := &a.Rights
	if v, name := m.first("copyright", "dc.rights", "dcterms.rights", "rights"); v != "" {
		r.Copyright, r.From = cutRunes(plainText(v), 300), "meta:"+name
	}
	if m.ld.copyright != "" {
		r.Copyright, r.From = cutRunes(m.ld.copyright, 300), "json-ld"
	}
	r.Holder = m.ld.holder
	if abs, ok := absoluteURL(firstNonEmpty(m.ld.license, m.license), d.base); ok {
		r.License = abs
	}
	if o := d.page.OptOut; o != nil {
		r.TDMReservation, r.From = o.TDM, cmp.Or(r.From, strings.Join(o.From, ", "))
		if abs, ok := absoluteURL(o.Policy, d.base); ok && o.Policy != "" {
			r.TDMPolicy = abs
		}
		if o.AI {
			r.AIOptOut = &o.AI
		}
	}
	if v, _ := m.first("tdm-reservation"); v == "0" || v == "1" {
		reserved := v == "1"
		r.TDMReservation = &reserved
	}
	if v, _ := m.first("tdm-policy"); v != "" {
		if abs, ok := absoluteURL(v, d.base); ok {
			r.TDMPolicy = abs
		}
	}
	robots, _ := m.first("robots")
	if l := strings.ToLower(robots); strings.Contains(l, "noai") {
		out := true
		r.AIOptOut = &out
	}
	if r.Copyright == "" {
		d.shownCopyright()
	}
	if r.From == "" && (r.Holder != "" || r.License != "" || r.TDMReservation != nil || r.TDMPolicy != "" || r.AIOptOut != nil) {
		r.From = "meta"
	}
}

// shownCopyright reads the copyright line at the foot of the page.
func (d *document) shownCopyright() {
	l := d.layout
	for i := len(l.blocks) - 1; i >= max(len(l.blocks)-60, 0); i-- {
		b := &l.blocks[i]
		k := strings.Index(b.text, "©")
		if k < 0 {
			if k = strings.Index(b.text, "Copyright "); k < 0 {
				continue
			}
		} else if j := strings.LastIndex(b.text[:k], "Copyright"); j >= 0 && k-j < 12 {
			k = j
		}
		if b.size > 600 {
			continue
		}
		line := b.text[k:]
		if n := strings.IndexByte(line, '\n'); n >= 0 {
			line = line[:n]
		}
		d.article.Rights.Copyright, d.article.Rights.From = cutRunes(line, 300), "text"
		return
	}
}
