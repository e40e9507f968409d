package parser

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/parser/siterule"
)

// ruling is what a site's rule found in one document.
type ruling struct {
	*siterule.Rule
	from   string // what provenance says of fields that the rule gave
	values map[string][]ruled
	tops   []int32 // of the layout: the elements that the rule names as the body
}

// ruled is one value of a field that a rule points to.
type ruled struct {
	value    string
	node     *html.Node // nil for a value that belongs to no element
	selector *siterule.Selector
}

// findRule asks for the page's rule.
func (d *document) findRule(sites *siterule.Set) {
	rule := d.siteRule(sites)
	if rule == nil {
		return
	}
	d.rule = &ruling{Rule: rule, from: "rule:" + rule.Name}
	d.article.Provenance.Pipeline.Rules = RulesWith(rule)
	d.explain.step("site rule", "%s", rule.Name)
}

// consult reads the fields that the page's rule points to, and takes out of the tree what it strips. The first document
// decides which rule holds; of further parts only body, pictures and what is stripped are read.
func (d *document) consult(root *html.Node, first bool) {
	if d.rule == nil {
		return
	}
	r := d.rule
	r.values, r.tops = map[string][]ruled{}, nil
	for _, field := range siterule.Fields() {
		switch field {
		case "body", "image", "caption", "credit":
		default:
			if !first || field == "strip" {
				continue
			}
		}
		d.readRuled(root, field)
	}
	for _, s := range r.Fields["strip"] {
		found := s.Find(root)
		for _, m := range found {
			if m.Node != nil && m.Whole && isShown(m.Node) && m.Node.Parent != nil {
				d.noteStripped(m.Node, s)
				m.Node.Parent.RemoveChild(m.Node)
			}
		}
		d.explain.step("site rule", "strip %s: %d elements", s, len(found))
	}
}

// siteRule is the rule that the page names, else that of its host. Where there is none of the name it is that of its host too.
func (d *document) siteRule(sites *siterule.Set) *siterule.Rule {
	switch d.page.Rule {
	case "":
	case "off":
		d.explain.step("site rule", "off")
		return nil
	default:
		if rule := sites.Named(d.page.Rule, d.page.BaseURL(), d.page.FetchedAt); rule != nil {
			return rule
		}
		d.explain.step("site rule", "there is no %s for this page", d.page.Rule)
	}
	return sites.For(d.page.BaseURL(), d.page.FetchedAt)
}

// readRuled reads what the selectors of one field find. Of most fields the first that finds a value counts.
func (d *document) readRuled(root *html.Node, field string) {
	r := d.rule
	for _, s := range r.Fields[field] {
		n := len(r.values[field])
		for _, m := range s.Find(root) {
			v := ruled{value: cleanLine(m.Value), node: m.Node, selector: s}
			if m.Whole {
				v.value = shownValue(m.Node, field)
			}
			if v.value != "" || field == "body" || field == "paywalled" || field == "image" {
				r.values[field] = append(r.values[field], v)
			}
		}
		if len(r.values[field]) == n {
			d.explain.step("site rule", "%s: %s finds nothing", field, s)
		} else if field != "caption" && field != "credit" && field != "tags" {
			break
		}
	}
}

// shownValue is what an element says of itself for a field.
func shownValue(n *html.Node, field string) string {
	if n.DataAtom == atom.Meta {
		return plainText(attr(n, "content"))
	}
	switch field {
	case "published", "modified":
		if v := cmp.Or(attr(n, "datetime"), attr(n, "content")); v != "" {
			return cleanLine(v)
		}
	case "license":
		if v := attr(n, "href"); v != "" {
			return v
		}
	case "language":
		if v := attr(n, "lang"); v != "" {
			return v
		}
	case "body", "image":
		return ""
	}
	return cleanLine(nodeText(n))
}

// isShown tells elements that a reader can see from the head, its elements, and scripts.
func isShown(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Html, atom.Body, atom.Head, atom.Script, atom.Style:
		return false
	}
	for p := n.Parent; p != nil; p = p.Parent {
		if p.DataAtom == atom.Head {
			return false
		}
	}
	return true
}

// noteStripped notes what a rule takes out, within the bound for all that is removed.
func (d *document) noteStripped(n *html.Node, s *siterule.Selector) {
	text := cutRunes(cleanLine(nodeText(n)), min(maxRemoved-d.body.removed, 400))
	if text == "" {
		return
	}
	d.body.removed += len(text)
	d.article.Removed = append(d.article.Removed, feedmill.Removed{Text: text, Reason: "rule", Rule: s.String()})
}

// placeRuled finds the elements that a rule named in the layout: those of the body, whose surroundings' names say nothing
// from now on, and those of other fields, which are no part of the running text.
func (d *document) placeRuled() {
	if d.rule == nil {
		return
	}
	l, r := d.layout, d.rule
	at := map[*html.Node]int32{}
	for _, list := range r.values {
		for _, v := range list {
			if v.node != nil {
				at[v.node] = -1
			}
		}
	}
	for i := range l.nodes {
		if _, ok := at[l.nodes[i].n]; ok {
			at[l.nodes[i].n] = int32(i)
		}
	}
	for _, v := range r.values["body"] {
		if i, ok := at[v.node]; ok && i >= 0 && l.nodes[i].endBlock > l.nodes[i].firstBlock {
			r.tops = append(r.tops, i)
		}
	}
	slices.Sort(r.tops)
	end := int32(-1)
	r.tops = slices.DeleteFunc(r.tops, func(i int32) bool { // what stands within another is there already
		if i < end {
			return true
		}
		end = l.nodes[i].end
		return false
	})
	for _, top := range r.tops {
		for i := top; i >= 0; i = l.nodes[i].parent {
			l.nodes[i].own = 0
		}
	}
	if len(r.tops) > 0 {
		l.inheritHints()
	}
	l.dropFound(r, "headline", "title")
	l.dropFound(r, "subtitle", "subtitle")
	l.dropFound(r, "byline", "byline", "published", "modified")
	l.dropFound(r, "furniture/rule", "kicker", "section", "tags", "copyright")
}

// ruledValue is the first value that the rule found for a field, "" where it found none.
func (d *document) ruledValue(field string) string {
	if d.rule == nil {
		return ""
	}
	for _, v := range d.rule.values[field] {
		if v.value != "" {
			return v.value
		}
	}
	return ""
}

// setRuled puts the rule's value in the place of a field's.
func (d *document) setRuled(field string, to *string) bool {
	v := d.ruledValue(field)
	if v == "" {
		return false
	}
	var before []found
	if *to != "" {
		before = []found{{*to, d.article.Provenance.Fields[field]}}
	}
	*to = v
	d.set(field, v, d.rule.from, before...)
	return true
}

// readRuledTitle sets what later steps rest on: headline, publisher and language.
func (d *document) readRuledTitle() {
	if d.rule == nil {
		return
	}
	a := d.article
	if v := d.ruledValue("source"); v != "" {
		before := found{a.Source.Name, a.Provenance.Fields["source.name"]}
		a.Source.Name = v
		d.site.add(v)
		d.set("source.name", v, d.rule.from, before)
	}
	if v := bcp47(d.ruledValue("language")); v != "" {
		a.Language = feedmill.Language{Tag: v, From: d.rule.from}
		d.set("language", v, d.rule.from)
	}
	if d.setRuled("title", &a.Title) {
		if d.headline = d.findHeadline(a.Title); d.headline >= 0 {
			d.layout.trustAround(d.headline)
		}
	}
}

// readRuledBody keeps what stands in the elements that the rule names as the body, and tells whether there are any.
func (d *document) readRuledBody() bool {
	if d.rule == nil || len(d.rule.tops) == 0 {
		return false
	}
	l, r := d.layout, d.rule
	d.body.kept, d.body.method = nil, "rule"
	d.body.container = r.tops[0]
	for !l.under(r.tops[len(r.tops)-1], d.body.container) && l.nodes[d.body.container].parent >= 0 {
		d.body.container = l.nodes[d.body.container].parent
	}
	size := 0
	for k, top := range r.tops {
		first, last := int(l.nodes[top].firstBlock), min(int(l.nodes[top].endBlock), len(l.blocks))
		if !r.Keep {
			d.markFurniture(first, last)
			d.pruneLists(top)
			if k == 0 {
				d.trimStart(first, last)
			}
			if k == len(r.tops)-1 {
				d.trimEnd(first, last)
			}
		}
		for i := first; i < last; i++ {
			if b := &l.blocks[i]; b.drop == "" {
				d.body.kept = append(d.body.kept, i)
				size += b.size
			}
		}
	}
	if len(d.body.kept) == 0 {
		return false
	}
	d.set("text", l.path(r.tops[0]), r.from)
	d.explain.step("body", "taken from the site rule: %d elements, %d blocks, %d characters", len(r.tops), len(d.body.kept), size)
	return true
}

// readRuledCaptions gives each picture the caption and credit that the rule points to near it: those within the largest
// element that holds this picture and no other.
func (d *document) readRuledCaptions() {
	if d.rule == nil || len(d.rule.Fields["caption"])+len(d.rule.Fields["credit"]) == 0 {
		return
	}
	l := d.layout
	for i := range d.pictures {
		c := &d.pictures[i]
		box := c.ref.node
		for up := l.nodes[box].parent; up >= 0 && l.imagesIn(up) == 1; up = l.nodes[up].parent {
			if n := l.nodes[up].n; n.DataAtom == atom.Body || n.DataAtom == atom.Article || slices.Contains(d.rule.tops, up) {
				break
			}
			box = up
		}
		d.takeRuledCaption(c, l.nodes[box].n)
	}
	l.dropFound(d.rule, "caption", "caption", "credit")
}

func (d *document) takeRuledCaption(c *captioned, box *html.Node) {
	within := func(field string) []string {
		var out []string
		for _, v := range d.rule.values[field] {
			if v.value != "" && (v.node == nil || isWithin(v.node, box)) && !slices.Contains(out, v.value) {
				out = append(out, v.value)
			}
		}
		return out
	}
	caption, credit := strings.Join(within("caption"), " "), strings.Join(within("credit"), " ")
	switch {
	case caption != "" && credit != "":
		c.caption, c.raw, c.credit = strings.TrimSpace(strings.Replace(caption, credit, "", 1)), credit, cmp.Or(bareCredit(credit), credit)
	case caption != "" && len(d.rule.Fields["credit"]) > 0:
		c.caption = caption
	case caption != "":
		c.caption, c.raw, c.credit = splitCredit(caption)
	case credit != "":
		if text, ok := strings.CutSuffix(c.caption, credit); ok {
			c.caption = strings.TrimSpace(text)
		}
		c.raw, c.credit = credit, cmp.Or(bareCredit(credit), credit)
	default:
		return
	}
	c.boxed, c.ruled = true, true
}

// dropFound takes what a rule found for the fields out of the running text: the blocks within the elements, and those of
// which nothing is left without their values. An element that holds the body is not meant.
func (l *layout) dropFound(r *ruling, drop string, fields ...string) {
	values := map[*html.Node]string{}
	for _, f := range fields {
		for _, v := range r.values[f] {
			if v.node != nil {
				values[v.node] = v.value
			}
		}
	}
	if len(values) == 0 {
		return
	}
	rest := map[int32]string{}
	for i := range l.nodes {
		e := &l.nodes[i]
		value, ok := values[e.n]
		if !ok || slices.ContainsFunc(r.tops, func(top int32) bool { return l.under(top, int32(i)) }) {
			continue
		}
		for k := e.firstBlock; k < e.endBlock && int(k) < len(l.blocks); k++ {
			b := &l.blocks[k]
			if l.under(b.node, int32(i)) {
				b.drop, b.weight = drop, 0
				continue
			}
			if _, ok := rest[k]; !ok {
				rest[k] = strings.ReplaceAll(b.text, "\n", " ")
			}
			if rest[k] = strings.Replace(rest[k], value, "", 1); !hasLetter(rest[k]) {
				b.drop, b.weight = drop, 0
			}
		}
	}
}

func isWithin(n, top *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n == top {
			return true
		}
	}
	return false
}

// readRuledFields puts the rule's values in the place of what the other steps found.
func (d *document) readRuledFields() {
	if d.rule == nil {
		return
	}
	a, r := d.article, d.rule
	d.setRuled("subtitle", &a.Subtitle)
	d.setRuled("kicker", &a.Kicker)
	if d.setRuled("description", &a.Description.Text) {
		a.Description.From = r.from
	}
	d.setRuled("section", &a.Section)
	if list := r.values["tags"]; len(list) > 0 {
		a.Tags = nil
		for _, v := range list {
			if len(a.Tags) < maxTags {
				a.Tags = addTag(a.Tags, v.value)
			}
		}
		d.set("tags", strings.Join(a.Tags, ", "), r.from)
	}
	d.readRuledByline()
	d.readRuledDate("published", &a.Published)
	d.readRuledDate("modified", &a.Modified)
	if d.setRuled("copyright", &a.Rights.Copyright) {
		a.Rights.From = r.from
	}
	if abs, ok := absoluteURL(d.ruledValue("license"), d.base); ok {
		a.Rights.License, a.Rights.From = abs, r.from
		d.set("license", abs, r.from)
	}
	if len(r.Fields["paywalled"]) > 0 {
		paywalled := len(r.values["paywalled"]) > 0
		a.Access = feedmill.Access{Paywalled: &paywalled, From: r.from}
		if paywalled {
			d.set("access", "paywalled", r.from)
		} else {
			d.set("access", "free", r.from)
		}
	}
	d.readRuledImage()
}

// readRuledByline takes every element that the rule names for an author or a line of authors. A person who writes a rule
// is believed: what does not look like a name is one all the same.
func (d *document) readRuledByline() {
	list := d.rule.values["byline"]
	if len(list) == 0 {
		return
	}
	b := feedmill.Byline{}
	var raw []string
	for _, v := range list {
		raw = append(raw, v.value)
		line := stripByline(v.value)
		names := splitNames(line)
		if len(names) == 0 && line != "" {
			names = []feedmill.Author{{Name: line}}
		}
		for _, n := range names {
			switch {
			case isAgency(n.Name):
				b.Agency = cmp.Or(b.Agency, n.Name)
			case !hasAuthor(b.Authors, n.Name):
				b.Authors = append(b.Authors, n)
			}
		}
	}
	before := found{joinAuthors(d.article.Byline.Authors), d.article.Provenance.Fields["byline"]}
	b.Raw = strings.Join(slices.Compact(raw), ", ")
	d.article.Byline = b
	d.set("byline", cmp.Or(joinAuthors(b.Authors), b.Agency), d.rule.from, before)
}

// readRuledDate takes the date that the rule names, and gives a date without zone the site's.
func (d *document) readRuledDate(field string, to *feedmill.Timestamp) {
	r := d.rule
	order := d.dayOrder()
	switch r.Dates {
	case siterule.DayFirst:
		order = dayFirst
	case siterule.MonthFirst:
		order = monthFirst
	}
	for _, v := range r.values[field] {
		m, ok := d.rules.readMoment(v.value, order)
		if !ok {
			m, ok = epoch(v.value)
		}
		if !ok || d.inFuture(m) {
			d.explain.step("site rule", "%s: %q is no date", field, v.value)
			continue
		}
		if m.ambiguous {
			m = d.settle(m)
		}
		if m.ambiguous {
			d.explain.step("site rule", "%s: %q could be either of two days; the rule's key dates says which", field, v.value)
			continue
		}
		before := found{to.Value, to.From}
		*to = m.timestamp(r.from, v.value)
		d.set(field, to.Value, r.from, before)
		if field == "published" && !slices.ContainsFunc(d.article.DateCandidates, func(c feedmill.DateCandidate) bool { return c.From == r.from }) {
			d.article.DateCandidates = append([]feedmill.DateCandidate{{Value: to.Value, From: r.from}}, d.article.DateCandidates...)
		}
		break
	}
	if r.Zone == nil || to.Zone != "none" || to.Precision != "minute" && to.Precision != "second" {
		return
	}
	if m, ok := d.rules.readMoment(to.Value, orderUnknown); ok && m.clock {
		m.zone = r.Zone
		t := m.timestamp(to.From, to.Raw)
		t.Zone = "source"
		*to = t
		d.article.Provenance.Fields[field+".zone"] = r.from
	}
}

// readRuledImage makes the picture that the rule names the lead picture.
func (d *document) readRuledImage() {
	r := d.rule
	for _, v := range r.values["image"] {
		src := v.value
		if v.node != nil && src == "" {
			switch v.node.DataAtom {
			case atom.A, atom.Link:
				src = attr(v.node, "href")
			case atom.Meta:
				src = attr(v.node, "content")
			default:
				src = imageSource(v.node.Attr, d.base)
			}
			if src == "" {
				for n := range v.node.Descendants() {
					if n.DataAtom == atom.Img || n.Data == "amp-img" {
						if src = imageSource(n.Attr, d.base); src != "" {
							break
						}
					}
				}
			}
		}
		abs, ok := absoluteURL(src, d.base)
		if !ok {
			continue
		}
		d.leadWith(abs)
		d.set("image", abs, r.from)
		return
	}
}

// leadWith makes a picture the lead one: the article's own where it is among them, else one more before all.
func (d *document) leadWith(u string) {
	at := -1
	for i := range d.body.pictures {
		d.body.pictures[i].image.Lead = false
		if d.body.pictures[i].image.URL == u {
			at = i
		}
	}
	if at >= 0 {
		d.body.pictures[at].image.Lead = true
		return
	}
	im := feedmill.Image{URL: u, Lead: true}
	c := captioned{url: u}
	for i := range d.pictures {
		if p := &d.pictures[i]; p.url == u {
			c = *p
			im.Width, im.Height, im.Alt = dimension(p.ref.n, "width"), dimension(p.ref.n, "height"), cleanLine(attr(p.ref.n, "alt"))
		}
	}
	if !c.ruled { // it stands in no box of its own: the first caption and credit are its
		for _, field := range []string{"caption", "credit"} {
			if list := d.rule.values[field]; len(list) > 0 {
				d.rule.values[field] = list[:1]
			}
		}
		if n := d.layoutTop(); n != nil {
			d.takeRuledCaption(&c, n)
		}
	}
	im.Caption, im.Credit, im.CreditRaw = c.caption, c.credit, c.raw
	d.body.pictures = append([]picture{{im, 0}}, d.body.pictures...)
}

// layoutTop is the element that holds the whole layout.
func (d *document) layoutTop() *html.Node {
	if len(d.layout.nodes) == 0 {
		return nil
	}
	return d.layout.nodes[0].n
}
