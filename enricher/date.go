package enricher

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
)

// findDates finds time expressions and the calendar time that they mean. Relative ones are counted from the day of
// publication where the source is (see anchorDay). Without it they are given as far as the text proves them: it was
// written after the latest day that it speaks of as past, so "yesterday" is an interval with an open end, "2010-02-28/..".
func findDates(ctx context.Context, d *document) error {
	anchor, known := anchorDay(d.r)
	open := false
	if !known && d.english() {
		var err error
		if anchor, open, err = d.provenDay(ctx); err != nil {
			return err
		}
	}
	var out []feedmill.Date
	for _, f := range d.fields {
		p := &dater{toks: f.tokens(), anchor: anchor, anchored: known || open, english: d.english(), lang: d.lang}
		err := p.each(ctx, func(w when) {
			date := feedmill.Date{
				Span: f.span(p.toks[w.from].start+w.skip, p.toks[w.to-1].end), Value: w.value, Precision: w.precision,
			}
			date.Text = f.text.Slice(date.Start, date.End)
			switch {
			case w.relative && open:
				from, _, _ := strings.Cut(w.value, "/")
				date.Value = from + "/.."
			case w.relative:
				date.Anchor = day(anchor)
			}
			out = append(out, date)
		})
		if err != nil {
			return err
		}
	}
	d.r.Dates = out
	return nil
}

// each calls f with the expressions of the field whose time is known.
func (p *dater) each(ctx context.Context, f func(when)) error {
	for i, n := 0, 0; i < len(p.toks); n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		w, ok := p.at(i)
		if !ok || w.value == "" || w.relative && !p.anchored {
			i = max(i+1, w.to)
			continue
		}
		f(w)
		p.last = w
		i = w.to
	}
	return nil
}

// The precisions of dates.
const (
	precisionDay     = "day"
	precisionWeek    = "week"
	precisionMonth   = "month"
	precisionQuarter = "quarter"
	precisionSeason  = "season"
	precisionYear    = "year"
	precisionDecade  = "decade"
	precisionCentury = "century"
)

// when is a time expression of the tokens from and to; skip bytes of the first are not part of it ("mid-").
type when struct {
	from, to, skip   int
	value, precision string
	relative         bool
}

// dater reads the time expressions of one field.
type dater struct {
	toks     []token
	anchor   time.Time
	anchored bool
	english  bool
	lang     string
	last     when // the expression before
}

// noToken stands for what is beyond the text. Nobody writes to it.
var noToken = token{kind: kindPunct}

func (p *dater) tok(i int) *token {
	if i < 0 || i >= len(p.toks) {
		return &noToken
	}
	return &p.toks[i]
}

// at reads the expression that starts at token i.
func (p *dater) at(i int) (when, bool) {
	w, ok := p.single(i)
	if ok && p.english {
		w = p.extend(w)
	}
	return w, ok
}

// dateReaders are the forms of English expressions, in the order in which they are tried.
var dateReaders = [...]func(*dater, int) (when, bool){
	(*dater).weekday, (*dater).monthFirst, (*dater).dayFirst, (*dater).listedDay, (*dater).deictic, (*dater).ago, (*dater).later, (*dater).inUnits,
	(*dater).stretchAlone, (*dater).quarter, (*dater).monthsOf, (*dater).lastNext, (*dater).weekend, (*dater).season, (*dater).holiday, (*dater).decade,
	(*dater).years, (*dater).unitOf, (*dater).monthAlone,
}

// single reads an expression that is no range of two.
func (p *dater) single(i int) (when, bool) {
	if t := p.tok(i); t.kind == kindPunct && !t.is("'") && !t.is("’") && !t.is("‘") {
		return when{}, false
	}
	w, ok := p.numeric(i)
	if !ok && !p.english {
		w, ok = p.foreignDay(i)
	}
	if !ok && p.english {
		for _, read := range &dateReaders {
			if w, ok = read(p, i); ok {
				break
			}
		}
	}
	if ok {
		w.from = i
	}
	return w, ok
}

func day(t time.Time) string   { return t.Format(time.DateOnly) }
func month(t time.Time) string { return t.Format("2006-01") }

func isoWeek(t time.Time) string {
	y, w := t.ISOWeek()
	return fmt.Sprintf("%04d-W%02d", y, w)
}

// makeDay returns the day if there is one: no February 30.
func makeDay(y, m, d int) (time.Time, bool) {
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return t, m >= 1 && m <= 12 && d >= 1 && t.Month() == time.Month(m) && t.Day() == d
}

// year reads a year in four digits from 1000 to 2199.
func (p *dater) year(i int) int {
	t := p.tok(i)
	if t.kind != kindNumber || len(t.text) != 4 {
		return 0
	}
	y := p.integer(i)
	if y < 1000 || y > 2199 {
		return 0
	}
	return y
}

// integer reads a number of at most four digits, with an ordinal's ending or without; -1 for anything else.
func (p *dater) integer(i int) int {
	t := p.tok(i)
	s := t.key
	if t.kind == kindWord && len(s) >= 3 && len(s) <= 4 {
		switch s[len(s)-2:] {
		case "st", "nd", "rd", "th":
			s = s[:len(s)-2]
		}
	}
	if s == "" || len(s) > 4 {
		return -1
	}
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return -1
		}
		n = 10*n + int(c-'0')
	}
	return n
}

func (p *dater) dayNumber(i int) int {
	if n := p.integer(i); n >= 1 && n <= 31 && len(p.tok(i).text) <= 4 {
		// "5 percent", "3 p.m.", "10:30" are no days.
		next := p.tok(i + 1)
		if next.is("%") || next.key == "percent" || next.is(":") || next.key == "p.m." || next.key == "a.m." || next.key == "pm" || next.key == "am" {
			return 0
		}
		return n
	}
	return 0
}

func (p *dater) dash(i int) bool {
	switch p.tok(i).text {
	case "-", "–", "—", "‐", "‑", "−":
		return true
	}
	return false
}

// rangeMark returns how many tokens join the ends of a range at i: a dash, "to", "through", "until".
func (p *dater) rangeMark(i int) int {
	if p.dash(i) {
		return 1
	}
	switch p.tok(i).key {
	case "to", "through", "until", "till", "thru":
		return 1
	}
	return 0
}

// trailingYear reads the year behind a day or month: ", 2011", "2011", "of 2010", "in 2010", "last year". It returns
// how many tokens that takes.
func (p *dater) trailingYear(i int) (y, n int, relative bool) {
	if y = p.year(i); y > 0 && !p.tok(i).line {
		return y, 1, false
	}
	t := p.tok(i)
	switch {
	case t.is(",") || t.key == "of" || t.key == "in":
		if y = p.year(i + 1); y > 0 {
			return y, 2, false
		}
		if p.tok(i+1).key == "last" && p.tok(i+2).key == "year" || p.tok(i+1).key == "this" && p.tok(i+2).key == "year" || p.tok(i+1).key == "next" && p.tok(i+2).key == "year" {
			y, n, relative = p.trailingYear(i + 1)
			return y, n + 1, relative
		}
	case p.tok(i+1).key == "year" && p.anchored:
		switch t.key {
		case "last":
			return p.anchor.Year() - 1, 2, true
		case "this":
			return p.anchor.Year(), 2, true
		case "next":
			return p.anchor.Year() + 1, 2, true
		}
	}
	// "of the same year", "that year": of the expression before.
	j := i
	if p.tok(j).key == "of" {
		j++
	}
	switch {
	case p.tok(j).key == "the" && p.tok(j+1).key == "same" && p.tok(j+2).key == "year":
		j += 3
	case p.tok(j).key == "that" && p.tok(j+1).key == "year":
		j += 2
	default:
		return 0, 0, false
	}
	if t, ok := p.antecedent(i); ok {
		return t.Year(), j - i, false
	}
	return 0, 0, false
}

// numeric reads ISO dates, dates with the year first, 26.03.2010, and 26/03/2010 where day and month cannot be mistaken.
func (p *dater) numeric(i int) (when, bool) {
	t := p.tok(i)
	if t.kind != kindNumber && !(t.kind == kindWord && len(t.text) > 0 && t.text[0] >= '0' && t.text[0] <= '9') {
		return when{}, false
	}
	if w, ok := p.eastAsian(i); ok {
		return w, ok
	}
	if parts, ok := splitNumber(t.text, '.'); ok && len(parts) == 3 {
		y, m, d := parts[0], parts[1], parts[2]
		if y < 1000 {
			y, d = d, y
		}
		if x, ok := makeDay(y, m, d); ok && y >= 1000 && y < 2200 {
			return when{to: i + 1, value: day(x), precision: precisionDay}, true
		}
		return when{}, false
	}
	sep := p.tok(i + 1).text
	if sep != "-" && sep != "/" || p.tok(i+2).kind == kindWord && p.integer(i+2) < 0 || p.tok(i+3).text != sep || p.tok(i+1).gap || p.tok(i+2).gap || p.tok(i+3).gap || p.tok(i+4).gap {
		return when{}, false
	}
	a, b, c := p.integer(i), p.integer(i+2), p.leadingInt(i+4)
	if a < 0 || b < 0 || c < 0 {
		return when{}, false
	}
	y, m, d := a, b, c
	switch {
	case a >= 1000:
	case c >= 1000 && a > 12:
		y, m, d = c, b, a
	case c >= 1000 && b > 12 || c >= 1000 && a == b:
		y, m, d = c, a, b
	default:
		return when{}, false
	}
	x, ok := makeDay(y, m, d)
	if !ok || y > 2199 {
		return when{}, false
	}
	return when{to: i + 5, value: day(x), precision: precisionDay}, true
}

// leadingInt reads the digits that a token starts with: the day of "2010-03-26T10".
func (p *dater) leadingInt(i int) int {
	n, seen := 0, 0
	for _, c := range []byte(p.tok(i).text) {
		if c < '0' || c > '9' || seen == 4 {
			break
		}
		n, seen = 10*n+int(c-'0'), seen+1
	}
	if seen == 0 || seen < len(p.tok(i).text) && p.tok(i).text[seen] != 'T' {
		return -1
	}
	return n
}

func splitNumber(s string, sep byte) ([]int, bool) {
	parts, n, digits := []int(nil), 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9' && digits < 4:
			n, digits = 10*n+int(c-'0'), digits+1
		case c == sep && digits > 0 && len(parts) < 3:
			parts, n, digits = append(parts, n), 0, 0
		default:
			return nil, false
		}
	}
	if digits == 0 {
		return nil, false
	}
	return append(parts, n), true
}

// eastAsian reads 2011年1月10日 and 2011년 1월 10일.
func (p *dater) eastAsian(i int) (when, bool) {
	y, j := p.counter(i, "年", "년")
	if y < 1000 || y > 2199 {
		return when{}, false
	}
	w := when{to: j, value: fmt.Sprintf("%04d", y), precision: precisionYear}
	m, k := p.counter(j, "月", "월")
	if m < 1 || m > 12 {
		return w, true
	}
	w.to, w.value, w.precision = k, fmt.Sprintf("%04d-%02d", y, m), precisionMonth
	d, l := p.counter(k, "日", "일")
	if x, ok := makeDay(y, m, d); ok && d > 0 {
		w.to, w.value, w.precision = l, day(x), precisionDay
	}
	return w, true
}

// counter reads a number with its counter, in one token or two, and returns the token behind.
func (p *dater) counter(i int, marks ...string) (n, next int) {
	t := p.tok(i)
	digits := 0
	for digits < len(t.text) && t.text[digits] >= '0' && t.text[digits] <= '9' {
		n = 10*n + int(t.text[digits]-'0')
		digits++
		if digits > 4 {
			return -1, i
		}
	}
	if digits == 0 {
		return -1, i
	}
	for _, m := range marks {
		rest := t.text[digits:]
		if len(rest) >= len(m) && rest[:len(m)] == m {
			return n, i + 1
		}
		if rest == "" && len(p.tok(i+1).text) >= len(m) && p.tok(i + 1).text[:len(m)] == m {
			return n, i + 2
		}
	}
	return -1, i
}

// monthFirst reads "March 26", "Nov. 23 in 2010", "March 26 last year", "Jan. 10-12, 2011", "March 2010",
// "June 30 to July 2".
func (p *dater) monthFirst(i int) (when, bool) {
	m := monthOf(p.tok(i).key)
	if m == 0 || !p.tok(i).upper {
		return when{}, false
	}
	d := p.dayNumber(i + 1)
	if d == 0 || p.tok(i+1).line {
		return p.monthYear(i, m)
	}
	j := i + 2
	m2, d2 := m, 0
	if n := p.rangeMark(j); n > 0 || p.tok(j).key == "and" {
		n = max(n, 1)
		if x := monthOf(p.tok(j + n).key); x != 0 && p.dayNumber(j+n+1) > 0 && n > 0 && p.tok(j).key != "and" {
			m2, d2, j = x, p.dayNumber(j+n+1), j+n+2
		} else if e := p.dayNumber(j + n); e > d && p.tok(j).key != "and" {
			d2, j = e, j+n+1
		}
	}
	y, n, rel := p.trailingYear(j)
	return p.monthDay(y, m, d, m2, d2, when{from: i, to: j + n, relative: rel})
}

// dayFirst reads "26 March 2010", "26th of March", "the 26th of March last year".
func (p *dater) dayFirst(i int) (when, bool) {
	d := p.dayNumber(i)
	if d == 0 {
		return when{}, false
	}
	j, d2 := i+1, 0
	if n := p.rangeMark(j); n > 0 && p.dayNumber(j+n) > d {
		d2, j = p.dayNumber(j+n), j+n+1
	}
	if p.tok(j).key == "of" {
		j++
	}
	m := monthOf(p.tok(j).key)
	if m == 0 || !p.tok(j).upper || p.tok(j).line || !p.tok(j).gap {
		return when{}, false
	}
	// "May 5 March": the number belongs to the month before it.
	y, n, rel := p.trailingYear(j + 1)
	return p.monthDay(y, m, d, m, d2, when{from: i, to: j + 1 + n, relative: rel})
}

// monthDay gives the value of a day, or of a range if d2 is not 0, whose year may be unknown (0).
func (p *dater) monthDay(y, m, d, m2, d2 int, w when) (when, bool) {
	if y == 0 {
		if !p.anchored {
			_, ok := makeDay(2000, m, d)
			return w, ok
		}
		w.relative = true
		y = p.nearestYear(m, d, p.future(w.from, w.to))
		if y == 0 {
			return w, false
		}
	}
	a, ok := makeDay(y, m, d)
	if !ok {
		return w, false
	}
	w.value, w.precision = day(a), precisionDay
	if d2 > 0 {
		y2 := y
		if m2 < m {
			y2++
		}
		b, ok := makeDay(y2, m2, d2)
		if !ok {
			return w, false
		}
		w.value = day(a) + "/" + day(b)
	}
	return w, true
}

// nearestYear is the year that makes month and day the latest one not after the anchor, or with future the next one not
// before it.
func (p *dater) nearestYear(m, d int, future bool) int {
	step, y := -1, p.anchor.Year()
	if future {
		step = 1
	}
	for range 9 { // February 29 comes every fourth year, or eighth
		if x, ok := makeDay(y, m, d); ok && (!future && !x.After(p.anchor) || future && !x.Before(p.anchor)) {
			return y
		}
		y += step
	}
	return 0
}

// monthYear reads a month with its year: "March 2010", "March of last year", "January-March 2010".
func (p *dater) monthYear(i, m int) (when, bool) {
	j, m2 := i+1, 0
	if n := p.rangeMark(j); n > 0 {
		if x := monthOf(p.tok(j + n).key); x > 0 && p.dayNumber(j+n+1) == 0 {
			m2, j = x, j+n+1
		}
	}
	y, n, rel := p.trailingYear(j)
	if y == 0 {
		return when{}, false
	}
	w := when{to: j + n, value: fmt.Sprintf("%04d-%02d", y, m), precision: precisionMonth, relative: rel}
	if m2 > m {
		w.value += fmt.Sprintf("/%04d-%02d", y, m2)
	}
	return w, true
}

// monthAlone reads a month without day and year where a word before it shows that it is one: "in March", "last May".
func (p *dater) monthAlone(i int) (when, bool) {
	j, word := i, ""
	switch p.tok(i).key {
	case "last", "next", "this":
		word, j = p.tok(i).key, i+1
	}
	m := monthOf(p.tok(j).key)
	if m == 0 || !p.tok(j).upper || p.tok(j).line {
		return when{}, false
	}
	before := p.tok(i - 1).key
	if word == "" && !monthPreposition(before) && !(before == "and" && monthOf(p.tok(i-2).key) > 0) && !p.attributive(j) {
		return when{}, false
	}
	if next := p.tok(j + 1); word == "" && next.upper && next.word() && next.gap && p.tok(j).key == "may" {
		return when{}, false
	}
	w := when{to: j + 1, precision: precisionMonth, relative: true}
	if !p.anchored {
		return w, true
	}
	a, y := p.anchor, p.anchor.Year()
	now := int(a.Month())
	switch {
	case word == "last" && m >= now, word == "" && m > now && !p.future(i, j+1):
		y--
	case word == "next" && m <= now, word == "" && m < now && p.future(i, j+1):
		y++
	}
	w.value = fmt.Sprintf("%04d-%02d", y, m)
	return w, true
}

// attributive tells whether token i says of which time the noun behind it is: "the April survey".
func (p *dater) attributive(i int) bool {
	next := p.tok(i + 1)
	if !next.word() || next.upper || next.line || functionWords()[next.key] || speechVerbs()[next.key] {
		return false
	}
	switch p.tok(i - 1).key {
	case "the", "its", "their", "his", "her", "this":
		return true
	}
	return p.tok(i-1).kind == kindPossessive
}

func monthPreposition(k string) bool {
	switch k {
	case "in", "since", "by", "until", "till", "from", "during", "early", "late", "mid", "of", "before", "after", "between", "through", "late-", "for", "each", "every":
		return k != "each" && k != "every"
	}
	return false
}

func monthOf(k string) int {
	switch k {
	case "january", "jan", "jan.":
		return 1
	case "february", "feb", "feb.":
		return 2
	case "march", "mar", "mar.":
		return 3
	case "april", "apr", "apr.":
		return 4
	case "may":
		return 5
	case "june", "jun", "jun.":
		return 6
	case "july", "jul", "jul.":
		return 7
	case "august", "aug", "aug.":
		return 8
	case "september", "sept", "sept.", "sep", "sep.":
		return 9
	case "october", "oct", "oct.":
		return 10
	case "november", "nov", "nov.":
		return 11
	case "december", "dec", "dec.":
		return 12
	}
	return 0
}
