package parser

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
)

// dateFound is a date and where it stood.
type dateFound struct {
	moment moment
	from   string
	raw    string
	label  dateLabel // of what is shown
	rank   int       // of what is shown: the higher, the surer is it the article's
}

// dateList is the dates that a page gives, the surest first.
type dateList struct {
	d     *document
	order dayOrder
	found []dateFound
}

// add reads a date; it tells whether there is one.
func (l *dateList) add(raw, from string) bool { return l.addShown(raw, from, labelNone, 0) }

// reads tells whether a date can be read that add would take.
func (l *dateList) reads(raw string) bool {
	_, ok := l.read(raw)
	return ok
}

func (l *dateList) read(raw string) (moment, bool) {
	m, ok := l.d.rules.readMoment(cleanLine(raw), l.order)
	if !ok {
		m, ok = epoch(raw)
	}
	return m, ok && !l.d.inFuture(m)
}

func (l *dateList) addShown(raw, from string, label dateLabel, rank int) bool {
	m, ok := l.read(raw)
	if !ok {
		return false
	}
	if m.ambiguous {
		m = l.d.settle(m)
	}
	l.found = append(l.found, dateFound{moment: m, from: from, raw: raw, label: label, rank: rank})
	return true
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
	if a.Published.Value == "" && a.Modified.Value != "" {
		d.publishedByChange()
	}
}

// publishedByChange gives the day of the last change where the page tells no other: what is read was published no later.
// Its origin says so. A change on the day of reading says nothing, for many servers write the time of the answer there.
func (d *document) publishedByChange() {
	a := d.article
	m, ok := d.rules.readMoment(a.Modified.Value, orderUnknown)
	if !ok || d.onReadingDay(m) {
		return
	}
	m.clock, m.seconds, m.zone = false, false, nil
	a.Published = m.timestamp("modified:"+a.Modified.From, a.Modified.Raw)
	d.set("published", a.Published.Value, a.Published.From)
}

// chooseDate takes the first sure candidate; the feed's where the page only repeats it without a zone.
func (d *document) chooseDate(list []dateFound) (dateFound, bool) {
	var feed *dateFound
	for i := range list {
		if list[i].from == "feed" {
			feed = &list[i]
		}
	}
	for _, c := range byTrust(list) {
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

// weakMeta are the meta elements that state a date of any kind: of the publication, of a change, of the printed issue.
var weakMeta = map[string]bool{"meta:date": true, "meta:dc.date": true, "meta:dcterms.date": true, "meta:created": true, "meta:dcterms.created": true, "meta:dc.date.created": true}

// byTrust puts first what is surer than the order of places says: a date that is announced to readers as that of the
// publication; one near the headline where only a date of any kind is stated; a day in which others agree against the first.
func byTrust(list []dateFound) []dateFound {
	usable := func(c dateFound) bool { return !c.moment.ambiguous && c.moment.day > 0 }
	first := func(c dateFound) []dateFound {
		return append([]dateFound{c}, list...)
	}
	if len(list) < 2 || !usable(list[0]) {
		return list
	}
	for _, c := range list {
		if c.label == labelPublished && usable(c) && c.from != "url" {
			if u, ok := urlRival(list); ok && u.moment.sameDay(list[0].moment) {
				break
			}
			if c.moment.sameDay(list[0].moment) {
				return list
			}
			return first(c)
		}
	}
	if list[0].from == "json-ld" {
		for _, c := range list {
			if strings.HasPrefix(c.from, "meta:") && !weakMeta[c.from] && usable(c) && !within(c.moment.at(), list[0].moment.at(), 48*time.Hour) && isShownDay(c.moment, list) {
				return first(c)
			}
		}
	}
	if weakMeta[list[0].from] {
		for _, c := range list {
			if (c.rank >= 3 || c.from == "time:far") && usable(c) {
				return first(c)
			}
		}
	}
	return list
}

// isShownDay tells whether readers are shown the day, which is not called that of a change.
func isShownDay(m moment, list []dateFound) bool {
	for _, c := range list {
		if c.rank >= 2 && c.moment.sameDay(m) {
			return true
		}
	}
	return false
}

// titleDate reads the date with which the page's title ends.
func (d *document) titleDate(list *dateList) {
	parts := titleParts(d.meta.title)
	if len(parts) < 2 {
		return
	}
	if last := parts[len(parts)-1]; len(last) <= 24 && looksLikeDate(last) {
		list.add(last, "title")
	}
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
	list := &dateList{d: d, order: d.dayOrder()}
	ld := d.meta.ld
	if ld.published != "" && ld.found {
		list.add(ld.published, "json-ld")
	}
	for _, name := range publishedMeta {
		if v, _ := d.meta.first(name); v != "" {
			list.add(v, "meta:"+name)
		}
	}
	for _, p := range d.meta.itemprops {
		if (p.name == "datePublished" || p.name == "dateCreated") && !d.inComments(p) && list.add(p.value, "itemprop:"+p.name) {
			break
		}
	}
	if ld.published != "" && !ld.found {
		list.add(ld.published, "json-ld")
	}
	d.titleDate(list)
	d.shownDates(list)
	if m, raw, ok := urlDate(firstNonEmpty(d.article.URL, d.page.BaseURL())); ok && m.day > 0 {
		list.found = append(list.found, dateFound{moment: m, from: "url", raw: raw})
	}
	d.farDates(list)
	if !slices.ContainsFunc(list.found, func(c dateFound) bool { return !weakMeta[c.from] }) {
		d.looseDates(list)
	}
	if len(list.found) == 0 {
		d.scriptDates(list)
	}
	if it := d.page.Item; it != nil && !it.Published.IsZero() {
		list.found = append(list.found, dateFound{moment: momentOf(it.Published), from: "feed", raw: it.PublishedRaw})
	}
	return list.found
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
	if raw, from := d.shownChange(); raw != "" && try(raw, from) {
		return
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

// settle decides an ambiguous date by the page's URL, by one of the two readings not having come yet, by a time element that
// says the same day, or by how the page's other dates are written.
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
		return m
	}
	for _, p := range d.meta.itemprops {
		// The same day in a form that is sure.
		if p.name != "time" && p.name != "dateModified" {
			continue
		}
		if o, ok := d.rules.readMoment(p.value, orderUnknown); ok && !o.ambiguous && o.day > 0 && (o.sameDay(m) || o.sameDay(m.swapped())) {
			if !o.sameDay(m) {
				m = m.swapped()
			}
			m.ambiguous = false
			return m
		}
	}
	switch d.habit() {
	case dayFirst:
		m = m.swapped() // an ambiguous date was read as month first
		m.ambiguous = false
	case monthFirst:
		m.ambiguous = false
	}
	return m
}

// habit is how the page's other dates of numbers alone are written, where one of the two numbers can be no month and all of
// them agree.
func (d *document) habit() dayOrder {
	habit := orderUnknown
	note := func(s string) bool {
		toks := dateTokens(nil, s)
		for i := 0; i+4 < len(toks); i++ {
			a, sep, b, y := toks[i], toks[i+1].kind, toks[i+2], toks[i+4]
			if a.kind != 'n' || b.kind != 'n' || y.kind != 'n' || sep != '/' && sep != '-' || toks[i+3].kind != sep || len(a.text) > 2 || len(b.text) > 2 || len(y.text) != 4 || y.num < 1990 || y.num > 2100 {
				continue
			}
			seen := orderUnknown
			switch {
			case a.num > 12 && a.num <= 31 && b.num >= 1 && b.num <= 12:
				seen = dayFirst
			case b.num > 12 && b.num <= 31 && a.num >= 1 && a.num <= 12:
				seen = monthFirst
			default:
				continue
			}
			if habit != orderUnknown && habit != seen {
				habit = orderUnknown
				return false
			}
			habit = seen
		}
		return true
	}
	for i := range d.layout.blocks {
		if b := &d.layout.blocks[i]; b.size < 160 && !note(b.text) {
			return orderUnknown
		}
	}
	return habit
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
