package parser

import (
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/html"

	"github.com/feedmill/feedmill"
)

// dateFound is a date and where it stood.
type dateFound struct {
	moment moment
	from   string
	raw    string
}

// publishedMeta are the meta elements that state the time of publication, the surest first.
var publishedMeta = [...]string{
	"article:published_time", "article:published", "og:article:published_time", "og:published_time", "datepublished", "parsely-pub-date", "sailthru.date", "pubdate", "publishdate", "publish-date", "publish_date", "publication_date", "article.published", "published_time", "cxenseparse:recs:publishtime", "cxenseparse:recs:articlepublishedtime", "dcterms.created", "dcterms.issued", "dcterms.date", "dc.date.issued", "dc.date.created", "dc.date", "date", "bt:pubdate", "citation_publication_date", "citation_date", "vr:published_time", "rnews:datepublished", "displaydate", "originalpublicationdate", "date.created", "ptime", "last_published_date", "datecreated", "created", "article_date_original", "og:pubdate", "og:release_date", "gentime", "publisheddate", "published_on", "publication-date", "article:publish_date", "article:publication_date", "dc.date.published", "dcterms.available", "pub_date", "article-published", "schema:datepublished",
}

var modifiedMeta = [...]string{"article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "dc.date.modified", "article:modified", "last-modified", "lastmod", "revised", "article.updated"}

// readDates chooses the time of publication and of the last change. The time of reading is never one of them.
func (d *document) readDates() {
	list := d.publishedCandidates()
	a := d.article
	for _, c := range list {
		v := c.moment.timestamp(c.from, c.raw).Value
		if len(a.DateCandidates) < 12 {
			a.DateCandidates = append(a.DateCandidates, feedmill.DateCandidate{Value: v, From: c.from})
		}
	}
	if c, ok := d.chooseDate(list); ok {
		a.Published = c.moment.timestamp(c.from, c.raw)
		rivals := make([]found, 0, len(list))
		for _, r := range list {
			rivals = append(rivals, found{r.moment.timestamp(r.from, r.raw).Value, r.from})
		}
		d.set("published", a.Published.Value, c.from, rivals...)
	}
	d.readModified()
}

// chooseDate takes the first sure candidate; the feed's where the page only repeats it without a zone.
func (d *document) chooseDate(list []dateFound) (dateFound, bool) {
	var feed *dateFound
	for i := range list {
		if list[i].from == "feed" {
			feed = &list[i]
		}
	}
	for _, c := range list {
		m := c.moment
		if feed != nil && c.from != "feed" && m.zone == nil && m.day > 0 {
			swapped := m.swapped()
			switch {
			case m.sameMinute(feed.moment), m.ambiguous && swapped.sameMinute(feed.moment):
				return *feed, true
			case !m.clock && (m.sameDay(feed.moment) || m.ambiguous && swapped.sameDay(feed.moment)):
				return *feed, true
			case !m.clock && !m.ambiguous && within(m.at(), feed.moment.at(), 36*time.Hour):
				return *feed, true
			}
		}
		if m.ambiguous || m.day == 0 {
			continue
		}
		if strings.HasPrefix(c.from, "text") || strings.HasPrefix(c.from, "time") {
			if u, ok := urlRival(list); ok && !within(m.at(), u.moment.at(), 96*time.Hour) {
				return u, true // a date in the page's address is its own; one near the headline can be of anything
			}
		}
		c.moment = asShown(m, list)
		return c, true
	}
	return dateFound{}, false
}

// urlRival is the day in the page's address.
func urlRival(list []dateFound) (dateFound, bool) {
	for _, c := range list {
		if c.from == "url" && c.moment.day > 0 {
			return c, true
		}
	}
	return dateFound{}, false
}

// asShown puts a moment that is stated in UTC at the offset at which the page shows it: where another place has the same
// minute of another hour on another day: with a zone of its own the same instant, without one at an offset that there is. It
// stays the same instant.
func asShown(m moment, list []dateFound) moment {
	if !m.clock || m.zone == nil {
		return m
	}
	if _, offset := m.at().Zone(); offset != 0 {
		return m
	}
	for _, c := range list {
		o := c.moment
		if !o.clock || o.ambiguous || o.sameDay(m) || !strings.HasPrefix(c.from, "text") && !strings.HasPrefix(c.from, "time") && !strings.HasPrefix(c.from, "meta:") {
			continue
		}
		if o.seconds && m.seconds && o.sec != m.sec {
			continue
		}
		wall := time.Date(o.year, time.Month(o.month), o.day, o.hour, o.minute, 0, 0, time.UTC)
		offset := wall.Sub(m.at().Truncate(time.Minute))
		if o.zone == nil {
			if !isOffset(offset) || updateWord(strings.ToLower(c.raw)) >= 0 {
				continue
			}
		} else if _, stated := o.at().Zone(); offset != time.Duration(stated)*time.Second {
			continue // another instant
		}
		if offset != 0 {
			sec, seconds := m.sec, m.seconds
			m = momentOf(m.at().In(time.FixedZone("", int(offset/time.Second))))
			m.sec, m.seconds = sec, seconds
			return m
		}
	}
	return m
}

// isOffset tells an offset from UTC that clocks somewhere have: whole hours from -12 to +14, and the few between.
func isOffset(d time.Duration) bool {
	if d%time.Hour == 0 {
		return d >= -12*time.Hour && d <= 14*time.Hour
	}
	switch d / time.Minute {
	case -570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765, 825:
		return d%time.Minute == 0
	}
	return false
}

func within(a, b time.Time, limit time.Duration) bool { return a.Sub(b).Abs() <= limit }

func (d *document) publishedCandidates() []dateFound {
	var list []dateFound
	order := d.dayOrder()
	add := func(raw, from string) bool {
		m, ok := d.rules.readMoment(cleanLine(raw), order)
		if !ok {
			m, ok = epoch(raw)
		}
		if !ok || d.inFuture(m) {
			return false
		}
		if m.ambiguous {
			m = d.settle(m)
		}
		list = append(list, dateFound{m, from, raw})
		return true
	}
	ld := d.meta.ld
	if ld.published != "" && ld.found {
		add(ld.published, "json-ld")
	}
	for _, name := range publishedMeta {
		if v, _ := d.meta.first(name); v != "" {
			add(v, "meta:"+name)
		}
	}
	for _, p := range d.meta.itemprops {
		if (p.name == "datePublished" || p.name == "dateCreated") && !d.inComments(p) && add(p.value, "itemprop:"+p.name) {
			break
		}
	}
	if ld.published != "" && !ld.found {
		add(ld.published, "json-ld")
	}
	d.shownDates(add)
	if m, raw, ok := urlDate(firstNonEmpty(d.article.URL, d.page.BaseURL())); ok && m.day > 0 {
		list = append(list, dateFound{m, "url", raw})
	}
	d.farDates(add)
	if len(list) == 0 {
		d.looseDates(add)
	}
	if it := d.page.Item; it != nil && !it.Published.IsZero() {
		list = append(list, dateFound{momentOf(it.Published), "feed", it.PublishedRaw})
	}
	return list
}

// shownDates reads the dates that a reader sees near the headline.
func (d *document) shownDates(add func(raw, from string) bool) {
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
		if at >= first && at <= last && hints&(hintComment|hintRelated|hintSidebar|hintNav|hintFooter) == 0 && !mentionsUpdate(p.value) {
			if add(p.value, "time") {
				break
			}
		}
	}
	type line struct {
		text string
		rank int
	}
	var best line
	for i := first; i < last; i++ {
		b := &l.blocks[i]
		if b.size > 160 || b.size < 6 || b.hints&(hintComment|hintRelated|hintNav|hintFooter|hintSidebar|hintConsent|hintCaption) != 0 && b.hints&hintDate == 0 || mentionsUpdate(b.text) || strings.Contains(b.text, "©") {
			continue
		}
		if _, ok := d.rules.readMoment(b.text, dayFirst); !ok {
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
		if i > d.headline && rank > 0 && d.headline >= 0 {
			rank++
		}
		if rank > best.rank {
			best = line{b.text, rank}
		}
	}
	if best.rank > 0 {
		add(best.text, "text")
	}
}

// farDates reads dates that stand elsewhere but are marked as such, for pages that have none near the headline.
func (d *document) farDates(add func(raw, from string) bool) {
	l := d.layout
	for i := range l.blocks {
		b := &l.blocks[i]
		if b.size < 100 && b.size > 5 && b.hints&(hintDate|hintMeta) != 0 && b.hints&(hintComment|hintRelated|hintSidebar|hintNav|hintFooter) == 0 && !mentionsUpdate(b.text) {
			if add(b.text, "text:far") {
				break
			}
		}
	}
	for _, p := range d.meta.itemprops {
		if p.name == "time" {
			if _, hints := d.placeOfNode(p); hints&(hintComment|hintRelated|hintSidebar|hintNav|hintFooter) == 0 && add(p.value, "time:far") {
				break
			}
		}
	}
}

// looseDates reads dates for pages that have none in the usual places: time elements and lines that are a date, near the
// headline though in an element that is set aside; a date that begins the first line after the headline.
func (d *document) looseDates(add func(raw, from string) bool) {
	l := d.layout
	first, last := max(d.headline-15, 0), min(d.headline+40, len(l.blocks))
	if len(d.body.kept) > 0 {
		if d.headline < 0 {
			first = max(d.body.kept[0]-15, 0)
		}
		last = max(last, min(d.body.kept[len(d.body.kept)-1]+8, len(l.blocks)))
	}
	for _, p := range d.meta.itemprops {
		if p.name != "time" || mentionsUpdate(p.value) {
			continue
		}
		if at, hints := d.placeOfNode(p); at >= first && at <= last && hints&(hintComment|hintRelated|hintNav) == 0 && add(p.value, "time:far") {
			return
		}
	}
	line := func(i int) bool {
		b := &l.blocks[i]
		aside := b.hints&(hintComment|hintRelated|hintNav|hintConsent) != 0
		if aside && (b.linked > 0 || b.hints&hintDate == 0 && (i < d.headline-2 || i > d.headline+2)) {
			return false
		}
		return b.size < 64 && b.size > 5 && !mentionsUpdate(b.text) && looksLikeDate(b.text) && !strings.Contains(b.text, "©") && add(b.text, "text:far")
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
			if b := &l.blocks[i]; b.linked == 0 && b.hints&(hintComment|hintRelated|hintNav|hintFooter) == 0 && (b.size < 24 || announcesDate(b.text)) && line(i) {
				return
			}
		}
	}
	for i := d.headline + 1; i < min(d.headline+6, len(l.blocks)); i++ {
		b := &l.blocks[i]
		head := firstRunes(b.text, 45)
		if b.size < 40 || mentionsUpdate(head) || strings.IndexFunc(firstRunes(head, 24), unicode.IsDigit) < 0 {
			continue
		}
		if add(head, "text:start") {
			return
		}
	}
}

// announcesDate tells a line that says of its date that it is the publication's.
func announcesDate(s string) bool {
	l := strings.ToLower(firstRunes(s, 40))
	for _, w := range [...]string{"publi", "posted", "erschienen", "veröffentlicht", "gepostet", "eingestellt", "pubblicat", "gepubliceerd"} {
		if strings.Contains(l, w) {
			return true
		}
	}
	return false
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

func mentionsUpdate(s string) bool {
	l := strings.ToLower(s)
	i := updateWord(l)
	// "Published … updated …": the first date is the publication's.
	return i >= 0 && i < 24 && !strings.Contains(l[:i], "publi") && !strings.Contains(l[:i], "post") && !strings.ContainsAny(l[:i], "0123456789")
}

// updateWord is where a line, in lower case, speaks of a change; -1 where it does not.
func updateWord(s string) int {
	for _, w := range [...]string{"updated", "last update", "modified", "aktualisiert", "stand:", "mis à jour", "actualizado", "aggiornato", "atualizado", "bijgewerkt", "oppdatert", "uppdaterad", "opdateret", "geändert"} {
		if i := strings.Index(s, w); i >= 0 {
			return i
		}
	}
	return -1
}

func (d *document) readModified() {
	a := d.article
	try := func(raw, from string) bool {
		m, ok := d.rules.readMoment(cleanLine(raw), d.dayOrder())
		if !ok || m.ambiguous || d.inFuture(m) || m.day == 0 {
			return false
		}
		t := m.timestamp(from, raw)
		if a.Published.Value != "" && t.Value[:10] < firstRunes(a.Published.Value, 10) {
			return false
		}
		if t.Value == a.Published.Value {
			return false
		}
		a.Modified = t
		d.set("modified", t.Value, from)
		return true
	}
	if try(d.meta.ld.modified, "json-ld") {
		return
	}
	for _, name := range modifiedMeta {
		if v, _ := d.meta.first(name); v != "" && try(v, "meta:"+name) {
			return
		}
	}
	for _, p := range d.meta.itemprops {
		if p.name == "dateModified" && try(p.value, "itemprop:dateModified") {
			return
		}
	}
	if it := d.page.Item; it != nil && !it.Updated.IsZero() && it.Updated.After(it.Published) {
		m := momentOf(it.Updated)
		a.Modified = m.timestamp("feed", it.UpdatedRaw)
		d.set("modified", a.Modified.Value, "feed")
	}
}

// inFuture tells dates after the page was fetched: announcements, or misread.
func (d *document) inFuture(m moment) bool {
	return !d.page.FetchedAt.IsZero() && m.at().After(d.page.FetchedAt.Add(48*time.Hour))
}

// settle decides an ambiguous date by the page's URL, or by one of the two readings not having come yet.
func (d *document) settle(m moment) moment {
	if u, _, ok := urlDate(firstNonEmpty(d.article.URL, d.page.BaseURL())); ok && u.year == m.year && u.month > 0 {
		switch s := m.swapped(); {
		case m.month == u.month && (u.day == 0 || u.day == m.day):
			m.ambiguous = false
		case s.month == u.month && (u.day == 0 || u.day == s.day):
			m = s
			m.ambiguous = false
		}
		return m
	}
	if s := m.swapped(); d.inFuture(m) != d.inFuture(s) {
		if d.inFuture(m) {
			m = s
		}
		m.ambiguous = false
	}
	return m
}

// dayOrder is how the page's country or language writes dates of numbers alone; unknown where that is not sure.
func (d *document) dayOrder() dayOrder {
	lang, _ := d.statedLanguage()
	host := d.article.Source.Domain
	tld := host[strings.LastIndexByte(host, '.')+1:]
	base, region, _ := strings.Cut(strings.ToLower(lang), "-")
	switch tld {
	case "us", "gov", "mil", "ph":
		return monthFirst
	case "kr", "jp", "cn", "tw", "hk", "ca", "hu", "lt": // year first at home; either order in English
		return orderUnknown
	}
	if len(tld) == 2 && !genericTLD(tld) {
		return dayFirst
	}
	switch base {
	case "en", "":
		switch region {
		case "gb", "au", "nz", "ie", "in", "za":
			return dayFirst
		}
		return orderUnknown
	case "ko", "ja", "zh":
		return orderUnknown
	}
	return dayFirst
}

// genericTLD tells two-letter domains that are used without regard to the country.
func genericTLD(t string) bool {
	switch t {
	case "io", "co", "tv", "me", "ai", "cc", "fm", "ly", "gg", "to", "so", "sh", "eu", "am", "la", "ws":
		return true
	}
	return false
}

// urlDate reads a date from a URL's path: /2011/01/10/, /2011/01/, /20110110/, -2011-01-10-.
func urlDate(raw string) (m moment, text string, ok bool) {
	u, err := url.Parse(raw)
	if err != nil {
		return moment{}, "", false
	}
	p := u.Path
	for i := 0; i+4 <= len(p); i++ {
		if i > 0 && isDigit(p[i-1]) || !isDigit(p[i]) {
			continue
		}
		j := i
		for j < len(p) && isDigit(p[j]) {
			j++
		}
		switch {
		case j-i == 8:
			n, _ := strconv.Atoi(p[i:j])
			m := moment{year: n / 10000, month: n / 100 % 100, day: n % 100}
			if m.year >= 1995 && m.month > 0 && m.day > 0 && m.valid() {
				return m, p[i:j], true
			}
		case j-i == 4:
			year, _ := strconv.Atoi(p[i:j])
			if year < 1995 || year > 2099 || j >= len(p) || p[j] != '/' && p[j] != '-' && p[j] != '_' {
				break
			}
			sep := p[j]
			parts := strings.FieldsFunc(cutRunes(p[j+1:], 12), func(r rune) bool { return r == rune(sep) })
			if len(parts) == 0 {
				break
			}
			m := moment{year: year, month: monthPart(parts[0])}
			if m.month == 0 {
				break
			}
			if len(parts) > 1 {
				if day := leadingNumber(parts[1]); day >= 1 && day <= 31 {
					m.day = day
				}
			}
			if m.valid() && (m.day > 0 || sep == '/') {
				return m, p[i:min(j+7, len(p))], true
			}
		}
		i = j
	}
	return moment{}, "", false
}

func monthPart(s string) int {
	if n := leadingNumber(s); n >= 1 && n <= 12 && len(s) <= 2 {
		return n
	}
	if len(s) >= 3 && !isDigit(s[0]) {
		return loadRules().months[strings.ToLower(s)]
	}
	return 0
}

// leadingNumber is the one or two digits that s begins with, where no third follows; else 0.
func leadingNumber(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	if n == 0 || n > 2 {
		return 0
	}
	v, _ := strconv.Atoi(s[:n])
	return v
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// epoch reads seconds or milliseconds since 1970.
func epoch(s string) (moment, bool) {
	s = strings.TrimSpace(s)
	if len(s) != 10 && len(s) != 13 {
		return moment{}, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return moment{}, false
	}
	if len(s) == 13 {
		n /= 1000
	}
	m := momentOf(time.Unix(n, 0).UTC())
	return m, m.year >= 1995 && m.valid()
}
