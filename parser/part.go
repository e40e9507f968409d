package parser

import (
	"bytes"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/feedmill/feedmill"
)

// maxParts is the highest number that is read as that of a part; above it, numbers name articles or years.
const maxParts = 60

// NextPart returns the absolute URL of the part that follows a page, for an article that is set on several. It goes by
// what the page states (rel="next") and by links with the number of the next part or a word such as "Next page"; in
// either case the URL must be the page's own with the next number: as a query value (?page=2), as the last element of the
// path (/2, /page/2) or at its end (-2, _2, ,page=2). So it is never the next article, never on another host, and there
// is none for front pages and lists. A page that does not come from a feed's item must be marked as an article or have a
// path like one; pass the item along with later parts. How many parts to follow, and not to come back to one, is the caller's to see to.
func NextPart(p *feedmill.Page) (next string, ok bool) {
	if !isHTML(p) {
		return "", false
	}
	base := baseURL(p, "")
	if base == nil {
		return "", false
	}
	own := partForms(base)
	if isListPath(base) || !mayLead(p, base, own) {
		return "", false
	}
	return nextPart(p, base, own)
}

// nextPart is NextPart by all that the document says.
func nextPart(p *feedmill.Page, base *url.URL, own []partForm) (next string, ok bool) {
	body, _ := decode(p)
	links := readPartLinks(body)
	if p.Item == nil && !links.article && !hasArticlePath(base) {
		return "", false
	}
	if links.base != "" {
		base = baseURL(p, links.base)
	}
	for i := range links.list {
		l := &links.list[i]
		u, err := url.Parse(strings.TrimSpace(l.href))
		if err != nil {
			continue
		}
		u = base.ResolveReference(u)
		l.url, l.forms = u, partForms(u)
	}
	for _, stated := range [...]bool{true, false} {
		for i := range links.list {
			l := &links.list[i]
			if l.next != stated || l.url == nil || (l.url.Scheme != "http" && l.url.Scheme != "https") {
				continue
			}
			for _, f := range l.forms {
				k := slices.IndexFunc(own, func(o partForm) bool { return o.stem == f.stem && o.number+1 == f.number })
				if k < 0 || !stated && !l.leadsTo(f.number) {
					continue
				}
				if own[k].number > 1 && !links.numbered(f.stem, own[k].number) {
					continue // article-12 is no part of "article"
				}
				u := *l.url
				u.Fragment = ""
				return u.String(), true
			}
		}
	}
	return "", false
}

// partForm is one way to read a URL: as part number of what stem names. Every URL can be the first of its own.
type partForm struct {
	stem   string
	number int
}

func isPartKey(key string) bool {
	switch strings.ToLower(key) {
	case "page", "p", "pg", "pagenum", "pageno", "page_no", "seite", "part", "teil", "pagina", "paged", "pp", "sida", "side":
		return true
	}
	return false
}

// partForms reads a URL in all ways.
func partForms(u *url.URL) []partForm {
	host := strings.TrimPrefix(strings.ToLower(u.Host), "www.")
	query := u.Query()
	stem := func(p string, q url.Values) string {
		return host + strings.TrimSuffix(p, "/") + "?" + q.Encode()
	}
	forms := []partForm{{stem(u.Path, query), 1}}
	add := func(s string, n int, ok bool) {
		if ok {
			forms = append(forms, partForm{s, n})
		}
	}
	for key := range query {
		if n, ok := partNumber(query.Get(key)); ok && isPartKey(key) {
			rest := u.Query()
			rest.Del(key)
			add(stem(u.Path, rest), n, true)
		}
	}
	dir, file := path.Split(strings.TrimSuffix(u.Path, "/"))
	if n, ok := partNumber(file); ok {
		up := strings.TrimSuffix(dir, "/")
		add(stem(up, query), n, true)
		if isPartKey(path.Base(up)) {
			add(stem(path.Dir(up), query), n, true)
		}
	}
	ext := path.Ext(file)
	name := strings.TrimSuffix(file, ext)
	digits := len(name)
	for digits > 0 && isDigit(name[digits-1]) {
		digits--
	}
	if n, ok := partNumber(name[digits:]); ok && digits > 0 {
		head := strings.TrimRight(name[:digits], "=-_")
		marked := len(head) < digits
		if i := strings.LastIndexAny(head, "-_,;."); isPartKey(head[i+1:]) {
			head, marked = head[:max(i, 0)], true
		}
		if marked && head != "" {
			add(stem(dir+head+ext, query), n, true)
		} else if marked { // /story/page-2
			add(stem(strings.TrimSuffix(dir, "/"), query), n, true)
		}
	}
	return forms
}

func partNumber(s string) (int, bool) {
	if len(s) == 0 || len(s) > 2 {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 1 && n <= maxParts && s[0] != '0'
}

// partLink is a link of the page that may lead to another part.
type partLink struct {
	href, text string
	next       bool // by rel
	url        *url.URL
	forms      []partForm
}

// leadsTo tells a link whose text is the number, or says that it goes on.
func (l *partLink) leadsTo(number int) bool {
	t := strings.ToLower(strings.Trim(cleanLine(l.text), " «»‹›<>→[]()|.:…\u00a0"))
	n := strconv.Itoa(number)
	if t == n {
		return true
	}
	if len(t) > 40 || strings.Contains(t, "comment") || strings.Contains(t, "article") || strings.Contains(t, "story") || strings.Contains(t, "post") {
		return false
	}
	for _, w := range [...]string{"next", "continue", "weiter", "nächste", "suivant", "suite", "siguiente", "seguinte", "próxima", "successiva", "volgende", "nästa", "neste", "næste", "seuraava", "następna", "další", "sonraki", "далее", "следующая", "次へ", "次のページ", "다음", "下一页", "下一頁", "التالي", "page " + n, "seite " + n, "part " + n, "teil " + n, "página " + n, "pagina " + n, "sida " + n, "side " + n} {
		if strings.HasPrefix(t, w) {
			return true
		}
	}
	return t == "" && (strings.ContainsAny(l.text, "»›→"))
}

type partLinks struct {
	list    []partLink
	base    string
	article bool // the page says that it is one
}

// numbered tells whether the page has links to other parts of the same article by their numbers: what makes a number at
// the end of a URL that of a part.
func (p *partLinks) numbered(stem string, own int) bool {
	for i := range p.list {
		l := &p.list[i]
		for _, f := range l.forms {
			if f.stem == stem && f.number < own && strings.Trim(cleanLine(l.text), " []()|") == strconv.Itoa(f.number) {
				return true
			}
		}
	}
	return false
}

// readPartLinks reads the links of a document and whether it is marked as an article.
func readPartLinks(body []byte) *partLinks {
	p := &partLinks{}
	z := html.NewTokenizer(bytes.NewReader(body))
	open := -1 // the link whose text is being read
	linkedData := false
	for len(p.list) < 4000 {
		switch z.Next() {
		case html.ErrorToken:
			return p
		case html.TextToken:
			if linkedData {
				raw := z.Raw()
				p.article = p.article || bytes.Contains(raw, []byte("Article\"")) || bytes.Contains(raw, []byte("\"BlogPosting\""))
				linkedData = false
			} else if open >= 0 && len(p.list[open].text) < 200 {
				p.list[open].text += string(z.Text())
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); atom.Lookup(name) == atom.A {
				open = -1
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			a := atom.Lookup(name)
			switch a {
			case atom.A, atom.Link, atom.Meta, atom.Base, atom.Script:
			default:
				continue
			}
			var href, rel, property, content, kind string
			for more {
				var k, v []byte
				k, v, more = z.TagAttr()
				switch string(k) {
				case "href":
					href = string(v)
				case "rel":
					rel = strings.ToLower(string(v))
				case "property":
					property = string(v)
				case "content":
					content = string(v)
				case "type":
					kind = string(v)
				}
			}
			next := slices.Contains(strings.Fields(rel), "next")
			switch {
			case a == atom.Base && p.base == "":
				p.base = href
			case a == atom.Meta && property == "og:type":
				p.article = p.article || content == "article"
			case a == atom.Script:
				linkedData = strings.Contains(kind, "ld+json")
			case a == atom.Link && next && href != "":
				p.list = append(p.list, partLink{href: href, next: true})
			case a == atom.A:
				open = -1
				if href != "" && href[0] != '#' {
					p.list = append(p.list, partLink{href: href, next: next})
					open = len(p.list) - 1
				}
			}
		}
	}
	return p
}

// hasArticlePath tells the paths of articles from those of lists: a last element of several words, with a number of four
// figures, with an extension, or below a date.
func hasArticlePath(u *url.URL) bool {
	dir, file := path.Split(strings.TrimSuffix(u.Path, "/"))
	if _, ok := partNumber(file); ok {
		dir, file = path.Split(strings.TrimSuffix(dir, "/"))
	}
	if m, _, ok := urlDate(dir); ok && m.month > 0 && strings.Trim(file, "0123456789") != "" {
		return true
	}
	digits := 0
	for i := range len(file) {
		if isDigit(file[i]) {
			digits++
		}
	}
	return digits >= 4 || strings.Count(file, "-")+strings.Count(file, "_") >= 2 || path.Ext(file) != "" && !strings.HasPrefix(file, "index.")
}

// isListPath tells the front page and lists by tag, author or search.
func isListPath(u *url.URL) bool {
	p := strings.Trim(strings.ToLower(u.Path), "/")
	if p == "" {
		return true
	}
	first := true
	for part := range strings.SplitSeq(p, "/") {
		switch part {
		case "category", "categories", "tag", "tags", "author", "authors", "archive", "archives", "search", "topic", "topics", "kategorie", "schlagwort", "thema", "themen", "autor", "suche":
			return true
		case "page", "seite":
			if first {
				return true
			}
		}
		first = false
	}
	return u.Query().Has("s") || u.Query().Has("q")
}

// dropRepeatedDek drops the dek and teaser that a later part shows again below its headline.
func (d *document) dropRepeatedDek() {
	a := d.article
	for i := range d.layout.blocks[:min(max(d.headline, 0)+12, len(d.layout.blocks))] {
		b := &d.layout.blocks[i]
		if b.drop == "" && (a.Subtitle != "" && sameWords(b.text, a.Subtitle) || a.Description.Text != "" && sameWords(b.text, a.Description.Text)) {
			b.drop = "subtitle"
		}
	}
}

// dropRepeated drops from a later part what the parts before it have said: teasers at its start, or all of it where the
// site gave the same part again.
func (d *document) dropRepeated() {
	said := make(map[string]bool, len(d.body.blocks))
	for i := range d.body.blocks {
		said[d.body.blocks[i].text] = true
	}
	var kept []int
	for _, i := range d.body.kept {
		if b := &d.layout.blocks[i]; said[b.text] && b.size >= 40 {
			b.drop = "repeated"
			continue
		}
		kept = append(kept, i)
	}
	d.body.kept = kept
}
