package enricher

import (
	"fmt"
	"strings"
	"time"
)

// The seasons as ISO 8601-2 numbers them, with the month that each begins in as meteorologists of the northern hemisphere
// count.
func seasonOf(k string) (number int, begins time.Month) {
	switch k {
	case "spring":
		return 21, time.March
	case "summer":
		return 22, time.June
	case "autumn", "fall":
		return 23, time.September
	case "winter":
		return 24, time.December
	}
	return 0, 0
}

// season reads "last summer", "next spring", "spring 2009", "the autumn of 2008".
func (p *dater) season(i int) (when, bool) {
	j := i
	shift, shifted := shiftOf(p.tok(i).key)
	if shifted {
		j++
	}
	n, begins := seasonOf(p.tok(j).key)
	if n == 0 || p.tok(j).line && shifted {
		return when{}, false
	}
	if !shifted {
		y, m, rel := p.trailingYear(j + 1)
		if y == 0 || p.tok(j+1).is(",") {
			return when{}, false
		}
		return when{to: j + 1 + m, value: fmt.Sprintf("%04d-%d", y, n), precision: precisionSeason, relative: rel}, true
	}
	// The one that began last, and whether it is not over.
	a := p.anchor
	y := a.Year()
	if a.Month() < begins {
		y--
	}
	since := (int(a.Month()) - int(begins) + 12) % 12
	switch {
	case shift < 0 && since < 3:
		y--
	case shift > 0:
		y++
	case shift == 0 && since >= 9:
		y++ // "this summer" in spring
	}
	return when{to: j + 1, value: fmt.Sprintf("%04d-%d", y, n), precision: precisionSeason, relative: true}, true
}

// holiday reads feasts that are always on the same day, by their full names.
func (p *dater) holiday(i int) (when, bool) {
	switch p.tok(i).key {
	case "christmas", "boxing", "new", "valentine", "halloween":
	default:
		return when{}, false
	}
	for _, h := range []struct {
		words string
		m, d  int
	}{
		{"christmas day", 12, 25}, {"christmas eve", 12, 24}, {"boxing day", 12, 26}, {"new year 's eve", 12, 31}, {"new year 's day", 1, 1},
		{"valentine 's day", 2, 14}, {"halloween", 10, 31},
	} {
		j := i
		for w := range strings.FieldsSeq(h.words) {
			t := p.tok(j)
			if w == "'s" && t.kind != kindPossessive || w != "'s" && (t.key != w || !t.upper) {
				j = -1
				break
			}
			j++
		}
		if j < 0 {
			continue
		}
		y, n, rel := p.trailingYear(j)
		return p.monthDay(y, h.m, h.d, h.m, 0, when{from: i, to: j + n, relative: rel})
	}
	return when{}, false
}

// weekend reads "the weekend" where it is a time: the last one, or by the tense the next.
func (p *dater) weekend(i int) (when, bool) {
	if p.tok(i).key != "the" || p.tok(i+1).key != "weekend" {
		return when{}, false
	}
	switch p.tok(i - 1).key {
	case "over", "at", "on", "during", "for", "before", "after":
	default:
		return when{}, false
	}
	back := (int(p.anchor.Weekday()) + 1) % 7 // days since Saturday
	sat := p.anchor.AddDate(0, 0, -back)
	if p.future(i, i+2) && back > 1 {
		sat = sat.AddDate(0, 0, 7)
	}
	return when{to: i + 2, value: day(sat) + "/" + day(sat.AddDate(0, 0, 1)), precision: precisionDay, relative: true}, true
}

// Words of business, beside which a quarter is one of the year and not of a match.
var businessWords = wordSet(`profit profits sales revenue revenues growth gdp earnings earned economy economic results exports imports shares
	stock loss losses income output inflation percent investment investors spending demand production orders company
	dividend forecast market markets bank margin margins`)

// quarterAlone reads a quarter or half without its year: the last one that is over, or nearly, or by the tense the next.
func (p *dater) quarterAlone(i, to, n, parts int) (when, bool) {
	if p.tok(to).key == "of" || !p.business(i) {
		return when{}, false
	}
	size := 12 / parts
	y, now := p.anchor.Year(), int(p.anchor.Month())
	last := n * size // its last month
	switch {
	case p.future(i, to):
		if last < now {
			y++
		}
	case last > now:
		y--
	}
	w := when{to: to, value: quarterValue(y, n), precision: precisionQuarter, relative: true}
	if parts == 2 {
		w.value, w.precision = fmt.Sprintf("%04d-%02d/%04d-%02d", y, 6*n-5, y, 6*n), precisionMonth
	}
	return w, true
}

// business tells whether the sentence around token i speaks of money.
func (p *dater) business(i int) bool {
	const reach = 30
	for k := i - 1; k >= 0 && i-k < reach && !sentenceEnd(p.toks[k].text); k-- {
		if businessWords()[p.toks[k].key] || p.toks[k].is("%") {
			return true
		}
	}
	for k := i + 1; k < len(p.toks) && k-i < reach && !sentenceEnd(p.toks[k].text); k++ {
		if businessWords()[p.toks[k].key] || p.toks[k].is("%") {
			return true
		}
	}
	return false
}

func ordinalWord(k string) int {
	switch k {
	case "fifth":
		return 5
	case "sixth":
		return 6
	case "seventh":
		return 7
	case "eighth":
		return 8
	case "ninth":
		return 9
	case "tenth":
		return 10
	case "eleventh":
		return 11
	case "twelfth":
		return 12
	case "thirteenth":
		return 13
	case "fourteenth":
		return 14
	case "fifteenth":
		return 15
	case "sixteenth":
		return 16
	case "seventeenth":
		return 17
	case "eighteenth":
		return 18
	case "nineteenth":
		return 19
	case "twentieth":
		return 20
	case "twenty-first":
		return 21
	}
	return ordinal(k)
}
