package parser

import (
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/html"
)

// shownDates reads the dates that a reader sees near the headline.
func (d *document) shownDates(list *dateList) {
	l := d.layout
	first, last := 0, len(l.blocks)
	switch {
	case d.headline >= 0:
		first, last = max(d.headline-12, 0), min(d.headline+25, len(l.blocks))
	case d.body.container >= 0:
		n := &l.nodes[d.body.container]
		first, last = max(int(n.firstBlock)-15, 0), min(int(n.firstBlock)+15, len(l.blocks))
	}
	for _, p := range d.meta.itemprops {
		if p.name != "time" {
			continue
		}
		at, hints := d.placeOfNode(p)
		if at >= first && at <= last && hints&(hintComment|hintRelated|hintSidebar|hintNav|hintFooter) == 0 {
			label := labelOfNode(p.n)
			if label == labelNone && at <= d.headline && hints&(hintByline|hintMeta) == 0 && d.isReadingDay(p.value) {
				continue
			}
			if label != labelUpdated && list.addShown(p.value, "time", label, 3) {
				break
			}
		}
	}
	type line struct {
		text  string
		rank  int
		label dateLabel
	}
	var best line
	for i := first; i < last; i++ {
		b := &l.blocks[i]
		if b.size > 160 || b.size < 6 || b.hints&(hintComment|hintRelated|hintNav|hintFooter|hintSidebar|hintConsent|hintCaption) != 0 && b.hints&hintDate == 0 {
			continue
		}
		if _, ok := d.rules.readMoment(b.text, dayFirst); !ok || mentionsUpdate(b.text) || strings.Contains(b.text, "©") {
			continue
		}
		label := l.labelOfBlock(i)
		if label == labelUpdated || label == labelNone && d.isMasthead(i) && d.isReadingDay(b.text) {
			continue
		}
		rank := 0
		switch {
		case b.hints&hintDate != 0:
			rank = 3
		case b.hints&(hintByline|hintMeta) != 0:
			rank = 2
		case looksLikeDate(b.text):
			rank = 2
		case b.size < 80 && !b.ends:
			rank = 1
		}
		if rank > 0 && d.headline >= 0 && i >= d.headline-2 {
			rank++
		}
		if rank > 0 && label == labelPublished {
			rank += 2
		}
		if rank > best.rank {
			best = line{b.text, rank, label}
		}
	}
	if best.rank > 0 {
		list.addShown(best.text, "text", best.label, best.rank)
	}
}

// farDates reads dates that stand elsewhere but are marked as such, for pages that have none near the headline: of each kind
// the first that is announced as that of the publication, else the first that is not announced as that of a change.
func (d *document) farDates(list *dateList) {
	l := d.layout
	const aside = hintComment | hintRelated | hintSidebar | hintNav | hintFooter
	best := -1
	for i := range l.blocks {
		b := &l.blocks[i]
		if b.size >= 100 || b.size <= 5 || b.hints&(hintDate|hintMeta) == 0 || b.hints&aside != 0 || !list.reads(b.text) || mentionsUpdate(b.text) {
			continue
		}
		label := l.labelOfBlock(i)
		if label == labelPublished {
			best = i
			break
		}
		if label == labelNone && best < 0 && !d.isReadingDay(b.text) {
			best = i
		}
	}
	if best >= 0 {
		list.addShown(l.blocks[best].text, "text:far", l.labelOfBlock(best), 1)
	}
	var element string
	for _, p := range d.meta.itemprops {
		if p.name != "time" || !list.reads(p.value) {
			continue
		}
		_, hints := d.placeOfNode(p)
		label := labelOfNode(p.n)
		if hints&aside != 0 && (hints&aside != hintSidebar || label != labelPublished) {
			continue
		}
		if label == labelPublished {
			list.addShown(p.value, "time:far", label, 1)
			return
		}
		if label == labelNone && element == "" && !d.isReadingDay(p.value) {
			element = p.value
		}
	}
	if element != "" {
		list.addShown(element, "time:far", labelNone, 1)
	}
}

// looseDates reads dates for pages that have none in the usual places: time elements and lines that are a date, near the
// headline though in an element that is set aside; a date that begins the first line after the headline.
func (d *document) looseDates(list *dateList) {
	l := d.layout
	first, last := max(d.headline-15, 0), min(d.headline+40, len(l.blocks))
	if len(d.body.kept) > 0 {
		if d.headline < 0 {
			first = max(d.body.kept[0]-15, 0)
		}
		last = max(last, min(d.body.kept[len(d.body.kept)-1]+8, len(l.blocks)))
	}
	for _, p := range d.meta.itemprops {
		label := labelNone
		if p.name == "time" {
			label = labelOfNode(p.n)
		}
		if p.name != "time" || label == labelUpdated || label == labelNone && d.isReadingDay(p.value) {
			continue
		}
		if at, hints := d.placeOfNode(p); at >= first && at <= last && hints&(hintComment|hintRelated|hintNav) == 0 && list.add(p.value, "time:far") {
			return
		}
	}
	line := func(i int) bool {
		b := &l.blocks[i]
		aside := b.hints&(hintComment|hintRelated|hintNav|hintConsent) != 0
		if aside && (b.linked > 0 || b.hints&hintDate == 0 && (i < d.headline-2 || i > d.headline+2)) {
			return false
		}
		if b.size >= 64 || b.size <= 5 || !looksLikeDate(b.text) || strings.Contains(b.text, "©") {
			return false
		}
		label := l.labelOfBlock(i)
		if label == labelUpdated || label == labelNone && d.isMasthead(i) && d.isReadingDay(b.text) {
			return false
		}
		return list.add(b.text, "text:far")
	}
	for i := first; i < min(d.headline+25, len(l.blocks)); i++ {
		if line(i) {
			return
		}
	}
	if len(d.body.kept) > 0 {
		start, end := d.body.kept[0], d.body.kept[len(d.body.kept)-1]+1
		for i := max(start-8, 0); i < start; i++ {
			if line(i) {
				return
			}
		}
		for i := end; i < min(end+10, len(l.blocks)); i++ { // after the body a date alone, or one that is announced
			if b := &l.blocks[i]; b.linked == 0 && b.hints&(hintComment|hintRelated|hintNav|hintFooter) == 0 && (b.size < 24 || l.labelOfBlock(i) == labelPublished) && line(i) {
				return
			}
		}
	}
	for i := d.headline + 1; i < min(d.headline+6, len(l.blocks)); i++ {
		b := &l.blocks[i]
		head := firstRunes(b.text, 45)
		if b.size < 40 || strings.IndexFunc(firstRunes(head, 24), unicode.IsDigit) < 0 || mentionsUpdate(head) {
			continue
		}
		if list.add(head, "text:start") {
			return
		}
	}
}

// shownChange is the first line, near the headline or else anywhere but among comments and links to other articles, that
// tells readers when the page was changed.
func (d *document) shownChange() (raw, from string) {
	l := d.layout
	line := func(i int) bool {
		b := &l.blocks[i]
		if b.size > 160 || b.size < 6 || b.hints&(hintComment|hintRelated|hintSidebar) != 0 {
			return false
		}
		if _, ok := d.rules.readMoment(b.text, dayFirst); !ok {
			return false
		}
		return l.labelOfBlock(i) == labelUpdated
	}
	for i := max(d.headline-12, 0); i < min(d.headline+25, len(l.blocks)); i++ {
		if line(i) {
			return l.blocks[i].text, "text"
		}
	}
	for i := range l.blocks {
		if line(i) {
			return l.blocks[i].text, "text:far"
		}
	}
	return "", ""
}

// isReadingDay tells a date that is the day on which the page was fetched, somewhere on earth, with no clock or that of the
// answer. Sites show it above their articles; where nothing says that it is the article's, it is taken for none.
func (d *document) isReadingDay(raw string) bool {
	m, ok := d.rules.readMoment(cleanLine(raw), dayFirst)
	if !ok || !d.onReadingDay(m) {
		return false
	}
	if !m.clock {
		return true
	}
	off := m.at().Sub(d.page.FetchedAt).Abs()
	if m.zone == nil {
		off %= 30 * time.Minute // any zone's
		off = min(off, 30*time.Minute-off)
	}
	return off <= 2*time.Minute
}

func (d *document) onReadingDay(m moment) bool {
	at := d.page.FetchedAt
	if at.IsZero() || m.day == 0 {
		return false
	}
	shown := m
	if m.ambiguous {
		shown = m.swapped()
	}
	const east, west = 14 * time.Hour, 12 * time.Hour
	for _, edge := range [...]time.Time{at.UTC().Add(-west), at.UTC(), at.UTC().Add(east)} {
		day := momentOf(edge)
		if m.sameDay(day) || shown.sameDay(day) {
			return true
		}
	}
	return false
}

// isMasthead tells a block that stands before the article and is none of its byline.
func (d *document) isMasthead(i int) bool {
	switch {
	case d.layout.blocks[i].hints&(hintByline|hintMeta) != 0:
		return false
	case d.headline >= 0:
		return i < d.headline
	case len(d.body.kept) > 0:
		return i < d.body.kept[0]
	}
	return true
}

// placeOfNode finds an element of the head's list in the layout: the block that it stands before, and its hints.
func (d *document) placeOfNode(p itemprop) (block int, hints hint) {
	l := d.layout
	if d.places == nil {
		d.places = make(map[*html.Node]int32, len(d.meta.itemprops))
		want := make(map[*html.Node]bool, len(d.meta.itemprops))
		for _, q := range d.meta.itemprops {
			want[q.n] = true
		}
		for i := range l.nodes {
			if want[l.nodes[i].n] {
				d.places[l.nodes[i].n] = int32(i)
			}
		}
	}
	i, ok := d.places[p.n]
	if !ok {
		return -1, 0
	}
	return int(l.nodes[i].firstBlock), l.nodes[i].all
}
