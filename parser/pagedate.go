package parser

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/feedmill/feedmill"
)

// moment is a date as precisely as its text states it.
type moment struct {
	year, month, day  int // day may be 0
	hour, minute, sec int
	clock, seconds    bool // which of them were stated
	zone              *time.Location
	ambiguous         bool // day and month could be the other way round
}

// dayOrder is which of two numbers comes first in dates of numbers alone.
type dayOrder int

const (
	orderUnknown dayOrder = iota
	dayFirst
	monthFirst
)

// timestamp writes the moment down, cut to what was stated.
func (m moment) timestamp(from, raw string) feedmill.Timestamp {
	t := feedmill.Timestamp{From: from, Raw: cutRunes(raw, 120), Zone: "none", Precision: "day"}
	switch {
	case m.month == 0:
		t.Value, t.Precision = fmt.Sprintf("%04d", m.year), "year"
		return t
	case m.day == 0:
		t.Value, t.Precision = fmt.Sprintf("%04d-%02d", m.year, m.month), "month"
		return t
	}
	t.Value = fmt.Sprintf("%04d-%02d-%02d", m.year, m.month, m.day)
	if !m.clock {
		return t
	}
	t.Value += fmt.Sprintf("T%02d:%02d", m.hour, m.minute)
	t.Precision = "minute"
	if m.seconds {
		t.Value += fmt.Sprintf(":%02d", m.sec)
		t.Precision = "second"
	}
	if m.zone != nil {
		at := m.at()
		t.Value += at.Format("Z07:00")
		t.Zone = "stated"
		t.UTC = at.UTC()
	}
	return t
}

// at is the moment as a time, in UTC where no zone is known.
func (m moment) at() time.Time {
	zone := m.zone
	if zone == nil {
		zone = time.UTC
	}
	return time.Date(m.year, time.Month(max(m.month, 1)), max(m.day, 1), m.hour, m.minute, m.sec, 0, zone)
}

// momentOf is a time from a feed.
func momentOf(t time.Time) moment {
	_, offset := t.Zone()
	return moment{year: t.Year(), month: int(t.Month()), day: t.Day(), hour: t.Hour(), minute: t.Minute(), sec: t.Second(), clock: true, seconds: true, zone: time.FixedZone("", offset)}
}

func (m moment) sameDay(o moment) bool {
	return m.year == o.year && m.month == o.month && m.day == o.day
}

func (m moment) sameMinute(o moment) bool {
	return m.sameDay(o) && m.clock && o.clock && m.hour == o.hour && m.minute == o.minute
}

// swapped is the moment with day and month the other way round.
func (m moment) swapped() moment {
	m.day, m.month = m.month, m.day
	return m
}

func (m moment) valid() bool {
	if m.year < 1970 || m.year > 2100 || m.month < 0 || m.month > 12 || m.day < 0 || m.day > 31 || m.hour > 24 || m.minute > 59 || m.sec > 60 {
		return false
	}
	if m.day > 0 && m.month > 0 {
		return time.Date(m.year, time.Month(m.month), m.day, 0, 0, 0, 0, time.UTC).Day() == m.day
	}
	return true
}

// dateToken is a number, a word or a mark of a line.
type dateToken struct {
	text string
	kind byte // 'n' number, 'w' word, or the mark itself
	num  int
}

// readMoment finds the first date in a line of text.
func (r *ruleSet) readMoment(s string, order dayOrder) (moment, bool) {
	if len(s) > 400 {
		s = cutRunes(s, 400)
	}
	if !hasFigures(s, 3) { // as the shortest date has, "1 Jan 98"
		return moment{}, false
	}
	var buf [32]dateToken
	toks := dateTokens(buf[:0], s)
	for i := range toks {
		m, next, ok := r.dateAt(toks, i, order)
		if !ok || !m.valid() {
			continue
		}
		readClock(&m, toks, i, next)
		if m.valid() {
			return m, true
		}
		m.clock, m.seconds, m.hour, m.minute, m.sec, m.zone = false, false, 0, 0, 0, nil
		return m, true
	}
	return moment{}, false
}

// hasFigures tells a text with at least n figures.
func hasFigures(s string, n int) bool {
	for i := range len(s) {
		if c := s[i]; c >= '0' && c <= '9' {
			if n--; n == 0 {
				return true
			}
		}
	}
	return false
}

func dateTokens(toks []dateToken, s string) []dateToken {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			j := i
			for j < len(s) && s[j] >= '0' && s[j] <= '9' {
				j++
			}
			n := -1
			if j-i <= 14 {
				n, _ = strconv.Atoi(s[i:j])
			}
			toks = append(toks, dateToken{s[i:j], 'n', n})
			i = j
		case c < utf8.RuneSelf && !isWordByte(c):
			if c == ' ' {
				i++
				continue
			}
			toks = append(toks, dateToken{s[i : i+1], c, 0})
			i++
		default:
			j := i
			for j < len(s) {
				r, n := utf8.DecodeRuneInString(s[j:])
				if !unicode.IsLetter(r) && !unicode.Is(unicode.M, r) || r == '年' || r == '月' || r == '日' || r == '년' || r == '월' || r == '일' {
					if j == i {
						j += n
					}
					break
				}
				j += n
			}
			toks = append(toks, dateToken{strings.ToLower(s[i:j]), 'w', 0})
			i = j
		}
	}
	return toks
}

func (r *ruleSet) monthOf(w string) int { return r.months[w] }

// dateAt reads a date that begins at token i.
func (r *ruleSet) dateAt(t []dateToken, i int, order dayOrder) (m moment, next int, ok bool) {
	kind := func(k int) byte {
		if k < len(t) {
			return t[k].kind
		}
		return 0
	}
	is := func(k int, s string) bool { return k < len(t) && t[k].text == s }
	a := t[i]
	isYear := func(k int) bool { return kind(k) == 'n' && len(t[k].text) == 4 && t[k].num > 1900 && t[k].num < 2100 }
	small := func(k, limit int) bool {
		return kind(k) == 'n' && len(t[k].text) <= 2 && t[k].num >= 1 && t[k].num <= limit
	}
	switch {
	case a.kind == 'n' && len(a.text) == 4 && isYear(i):
		// 2011-01-10, 2011/1/10, 2011.01.10, 2011年1月10日
		if sep := kind(i + 1); (sep == '-' || sep == '/' || sep == '.') && small(i+2, 12) && kind(i+3) == sep && small(i+4, 31) {
			return moment{year: a.num, month: t[i+2].num, day: t[i+4].num}, i + 5, true
		}
		if (is(i+1, "年") || is(i+1, "년")) && small(i+2, 12) && (is(i+3, "月") || is(i+3, "월")) && small(i+4, 31) {
			return moment{year: a.num, month: t[i+2].num, day: t[i+4].num}, i + 6, true
		}
		// 2011 January 10, 2011-Jan-10, "2011. január 10."
		k := i + 1
		for kind(k) == '.' || kind(k) == '-' || kind(k) == ',' {
			k++
		}
		if kind(k) == 'w' && r.monthOf(t[k].text) > 0 {
			n := k + 1
			for kind(n) == '.' || kind(n) == '-' {
				n++
			}
			if small(n, 31) {
				return moment{year: a.num, month: r.monthOf(t[k].text), day: t[n].num}, n + 1, true
			}
		}
	case a.kind == 'n' && len(a.text) == 8 && a.num > 19700000 && a.num < 21000000 && (len(t) == 1 || is(i+1, "t")):
		return moment{year: a.num / 10000, month: a.num / 100 % 100, day: a.num % 100}, i + 1, true
	case a.kind == 'n' && len(a.text) == 14 && len(t) == 1:
		n := a.num
		return moment{year: n / 1e10, month: n / 1e8 % 100, day: n / 1e6 % 100, hour: n / 1e4 % 100, minute: n / 100 % 100, sec: n % 100, clock: true, seconds: true}, i + 1, true
	case small(i, 31):
		// 10.01.2011, 10/1/2011, 01-10-2011, with two figures for the year only after dots or slashes
		if sep := kind(i + 1); (sep == '-' || sep == '/' || sep == '.') && small(i+2, 31) && kind(i+3) == sep && (isYear(i+4) || sep != '-' && kind(i+4) == 'n' && len(t[i+4].text) == 2) {
			year := t[i+4].num
			if year < 100 {
				year += 2000
			}
			return numericDate(a.num, t[i+2].num, year, sep, order), i + 5, true
		}
		// 10 January 2011, 10. Januar 2011, 10-Jan-2011, 10 de enero de 2011, 10th January, 2011
		k := i + 1
		for k < i+4 && (kind(k) == '.' || kind(k) == '-' || kind(k) == '/' || is(k, "de") || is(k, "st") || is(k, "nd") || is(k, "rd") || is(k, "th") || is(k, "of") || is(k, "er") || is(k, "º") || is(k, "ta") || is(k, ",")) {
			k++
		}
		if kind(k) == 'w' && r.monthOf(t[k].text) > 0 {
			n := k + 1
			for n < k+4 && (kind(n) == '.' || kind(n) == ',' || kind(n) == '-' || kind(n) == '/' || is(n, "de") || is(n, "del") || is(n, "'") || is(n, "’")) {
				n++
			}
			if isYear(n) {
				return moment{year: t[n].num, month: r.monthOf(t[k].text), day: a.num}, n + 1, true
			}
			if kind(n) == 'n' && len(t[n].text) == 2 && t[n].num >= 90 != (t[n].num < 40) && kind(n+1) != ':' {
				year := 2000 + t[n].num
				if t[n].num >= 90 {
					year = 1900 + t[n].num
				}
				return moment{year: year, month: r.monthOf(t[k].text), day: a.num}, n + 1, true
			}
		}
	case a.kind == 'w' && r.monthOf(a.text) > 0:
		// January 10, 2011; Jan. 10th 2011
		k := i + 1
		for kind(k) == '.' || kind(k) == '-' {
			k++
		}
		if small(k, 31) {
			n := k + 1
			for n < k+4 && (kind(n) == ',' || kind(n) == '.' || is(n, "st") || is(n, "nd") || is(n, "rd") || is(n, "th") || kind(n) == '-' || is(n, "-")) {
				n++
			}
			if isYear(n) {
				return moment{year: t[n].num, month: r.monthOf(a.text), day: t[k].num}, n + 1, true
			}
		}
	}
	return moment{}, i, false
}

// numericDate decides which of two numbers is the day.
func numericDate(a, b, year int, sep byte, order dayOrder) moment {
	switch {
	case a > 12:
		return moment{year: year, month: b, day: a}
	case b > 12:
		return moment{year: year, month: a, day: b}
	case sep == '.' || a == b || order == dayFirst:
		return moment{year: year, month: b, day: a}
	case order == monthFirst:
		return moment{year: year, month: a, day: b}
	}
	return moment{year: year, month: a, day: b, ambiguous: true}
}

// zoneHours are the zone names that mean one offset wherever news pages use them, in minutes.
var zoneMinutes = map[string]int{
	"z": 0, "utc": 0, "gmt": 0, "est": -300, "edt": -240, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420,
	"cet": 60, "cest": 120, "mez": 60, "mesz": 120, "eet": 120, "eest": 180, "msk": 180, "kst": 540, "jst": 540, "hkt": 480, "sgt": 480, "wib": 420, "aest": 600, "aedt": 660, "sast": 120, "pkt": 300,
}

// readClock reads the time of day after (or right before) a date.
func readClock(m *moment, t []dateToken, start, next int) {
	if m.clock {
		return
	}
	for k := next; k < len(t) && k < next+9; k++ {
		if n := clockAt(m, t, k); n > 0 {
			readZone(m, t, n)
			return
		}
		if t[k].kind == 'n' && (len(t[k].text) == 4 || len(t[k].text) > 6) {
			return // another date begins
		}
	}
	for k := max(start-8, 0); k < start; k++ {
		if n := clockAt(m, t, k); n > 0 && n <= start {
			if n < start {
				readZone(m, t[:start], n)
			}
			return
		}
	}
}

// clockAt reads "19:41", "7:41:05 p.m.", "19.41 Uhr", "19h41" at token k; it returns the token after it, 0 if there is none.
func clockAt(m *moment, t []dateToken, k int) int {
	num := func(k int, limit int) bool {
		return k < len(t) && t[k].kind == 'n' && len(t[k].text) <= 2 && t[k].num <= limit
	}
	text := func(k int) string {
		if k < len(t) {
			return t[k].text
		}
		return ""
	}
	if !num(k, 24) {
		if k < len(t) && t[k].kind == 'n' && k > 0 && t[k-1].text == "t" && len(t[k].text) == 6 { // basic format
			m.hour, m.minute, m.sec, m.clock, m.seconds = t[k].num/10000, t[k].num/100%100, t[k].num%100, true, true
			return k + 1
		}
		return 0
	}
	hour, next := t[k].num, 0
	minute, sec, seconds := 0, 0, false
	switch {
	case (text(k+1) == ":" || text(k+1) == "h" || text(k+1) == "." && (text(k+3) == "uhr" || text(k+3) == "h")) && num(k+2, 59) && len(t[k+2].text) == 2:
		minute, next = t[k+2].num, k+3
		if text(next) == ":" && num(next+1, 60) {
			sec, seconds = t[next+1].num, true
			next += 2
			if text(next) == "." && next+1 < len(t) && t[next+1].kind == 'n' { // fractions
				next += 2
			}
		}
	case text(k+1) == "am" || text(k+1) == "pm" || (text(k+1) == "a" || text(k+1) == "p") && text(k+2) == "." && text(k+3) == "m":
		next = k + 1
	default:
		return 0
	}
	half := ""
	switch {
	case text(next) == "am" || text(next) == "pm":
		half, next = text(next), next+1
	case (text(next) == "a" || text(next) == "p") && text(next+1) == "." && text(next+2) == "m":
		half, next = text(next)+"m", next+3
		if text(next) == "." {
			next++
		}
	}
	switch {
	case half == "pm" && hour < 12:
		hour += 12
	case half == "am" && hour == 12:
		hour = 0
	}
	if hour > 23 {
		return 0
	}
	m.hour, m.minute, m.sec, m.clock, m.seconds = hour, minute, sec, true, seconds
	return next
}

// readZone reads the offset or zone name that follows a time of day.
func readZone(m *moment, t []dateToken, k int) {
	for k < len(t) && (t[k].kind == '(' || t[k].kind == ',' || t[k].text == "uhr") {
		k++
	}
	if k >= len(t) {
		return
	}
	if minutes, ok := zoneMinutes[t[k].text]; ok {
		if k+2 < len(t) && (t[k+1].kind == '+' || t[k+1].kind == '-') && minutes == 0 && t[k+2].kind == 'n' {
			k++
		} else {
			m.zone = time.FixedZone("", minutes*60)
			return
		}
	}
	if (t[k].kind == '+' || t[k].kind == '-') && k+1 < len(t) && t[k+1].kind == 'n' {
		n := t[k+1]
		h, mi := n.num, 0
		switch {
		case len(n.text) == 4:
			h, mi = n.num/100, n.num%100
		case len(n.text) > 2:
			return
		case k+3 < len(t) && t[k+2].kind == ':' && t[k+3].kind == 'n':
			mi = t[k+3].num
		}
		if h > 14 || mi > 59 {
			return
		}
		offset := h*3600 + mi*60
		if t[k].kind == '-' {
			offset = -offset
		}
		m.zone = time.FixedZone("", offset)
	}
}

// looksLikeDate tells a short line that states a date and hardly anything else.
func looksLikeDate(text string) bool {
	if len(text) > 100 {
		return false
	}
	if _, ok := loadRules().readMoment(text, dayFirst); !ok {
		return false
	}
	letters := 0
	for _, w := range words(text) {
		if r, _ := utf8.DecodeRuneInString(w); unicode.IsLetter(r) {
			letters++
		}
	}
	return letters <= 8
}
