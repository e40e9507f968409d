package enricher

import (
	"fmt"
	"strings"
	"time"
)

// extend makes a range of the expression w and a second one of its kind behind it: "from Thursday to Saturday", "March to
// May", "15 October 2002 and 8 May 2007" behind "between".
func (p *dater) extend(w when) when {
	if w.value == "" || strings.Contains(w.value, "/") || w.precision != precisionDay && w.precision != precisionMonth {
		return w
	}
	n := p.joiner(w)
	if n == 0 {
		return w
	}
	i := w.to + n
	if p.tok(i).line {
		return w
	}
	if d, ok := weekdayOf(p.tok(i).key); ok && w.precision == precisionDay && w.relative && p.tok(i).upper {
		// The first such day behind the first.
		from, err := time.Parse(time.DateOnly, w.value)
		ahead := (int(d) - int(from.Weekday()) + 7) % 7
		if _, first := weekdayOf(p.tok(w.from).key); err != nil || ahead == 0 || !first || w.to != w.from+1 {
			return w
		}
		w.to, w.value = i+1, w.value+"/"+day(from.AddDate(0, 0, ahead))
		return w
	}
	if m := monthOf(p.tok(i).key); m > 0 && w.precision == precisionMonth && p.tok(i).upper && p.dayNumber(i+1) == 0 {
		return p.monthRange(w, i, m)
	}
	second, ok := p.single(i)
	if ok && second.precision == w.precision && second.relative == w.relative && !strings.Contains(second.value, "/") && second.value > w.value {
		w.to, w.value = second.to, w.value+"/"+second.value
	}
	return w
}

// joiner returns how many tokens behind w make it the first half of a range.
func (p *dater) joiner(w when) int {
	before := p.tok(w.from - 1).key
	if before == "the" || before == "on" {
		before = p.tok(w.from - 2).key
	}
	if p.dash(w.to) {
		if p.dash(w.to+1) && !p.tok(w.to+1).gap {
			return 2 // "--"
		}
		return 1
	}
	switch p.tok(w.to).key {
	case "through", "thru":
		return 1
	case "to", "until", "till":
		if before == "from" {
			return 1
		}
	case "and":
		if before == "between" {
			return 1
		}
	}
	return 0
}

// monthRange ends the month w with the month m at token i.
func (p *dater) monthRange(w when, i, m int) when {
	from, err := time.Parse("2006-01", w.value)
	if err != nil {
		return w
	}
	y, n, rel := p.trailingYear(i + 1)
	switch {
	case y == 0:
		y = from.Year()
		if m < int(from.Month()) {
			y++
		}
	case w.relative:
		// The year at the end is that of both: "from March to May 2010".
		first := y
		if m < int(from.Month()) {
			first--
		}
		from = time.Date(first, from.Month(), 1, 0, 0, 0, 0, time.UTC)
		w.relative = rel
	}
	to := fmt.Sprintf("%04d-%02d", y, m)
	if to <= month(from) {
		return w
	}
	w.to, w.value = i+1+n, month(from)+"/"+to
	return w
}

// listedDay reads the second of "May 5 and 6": a day of the month that the expression before it names.
func (p *dater) listedDay(i int) (when, bool) {
	if i == 0 || p.last.to != i-1 || p.last.precision != precisionDay || p.tok(i-1).key != "and" || monthOf(p.tok(p.last.from).key) == 0 {
		return when{}, false
	}
	t, err := time.Parse(time.DateOnly, p.last.value)
	d := p.dayNumber(i)
	next := p.tok(i + 1)
	if err != nil || d <= t.Day() || counted(p.toks, i+1) != "" || monthOf(next.key) > 0 || timeUnit(next.key) != "" || measure(next.key) != "" {
		return when{}, false
	}
	x, ok := makeDay(t.Year(), int(t.Month()), d)
	return when{to: i + 1, value: day(x), precision: precisionDay, relative: p.last.relative}, ok
}

// monthsOf reads "the first three months of 2010", "the last six months of last year".
func (p *dater) monthsOf(i int) (when, bool) {
	t := p.tok(i)
	last := t.key == "last" || t.key == "final"
	if t.key != "first" && !last {
		return when{}, false
	}
	v, n := p.count(i + 1)
	if n == 0 || v < 2 || v > 11 || p.tok(i+1+n).key != "months" {
		return when{}, false
	}
	y, m, rel := p.trailingYear(i + 2 + n)
	if y == 0 {
		return when{}, false
	}
	from, to := 1, v
	if last {
		from, to = 13-v, 12
	}
	return when{to: i + 2 + n + m, value: fmt.Sprintf("%04d-%02d/%04d-%02d", y, from, y, to), precision: precisionMonth, relative: rel}, true
}
