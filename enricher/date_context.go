package enricher

import "time"

// antecedent is the first day of the expression before token i, where it stands in the same sentence or the one before:
// what "the next day" follows.
func (p *dater) antecedent(i int) (time.Time, bool) {
	const reach = 60
	if p.last.value == "" || p.last.to > i || i-p.last.to > reach {
		return time.Time{}, false
	}
	ends := 0
	for k := p.last.to; k < i; k++ {
		if sentenceEnd(p.toks[k].text) {
			ends++
		}
	}
	if ends > 1 {
		return time.Time{}, false
	}
	return firstDay(p.last.value)
}

// later reads what is counted from the expression before: "two decades later", "a year earlier", "the next day".
func (p *dater) later(i int) (when, bool) {
	var n, j int
	var unit string
	if v, c := p.count(i); c > 0 {
		j = i + c
		unit = timeUnit(p.tok(j).key)
		switch p.tok(j + 1).key {
		case "later":
			n = v
		case "earlier":
			n = -v
		default:
			return when{}, false
		}
		j += 2
	} else if p.tok(i).key == "the" {
		switch p.tok(i + 1).key {
		case "following", "next":
			n = 1
		case "previous", "preceding":
			n = -1
		default:
			return when{}, false
		}
		switch p.tok(i - 1).key {
		case "over", "for", "during", "within":
			return when{}, false // "over the next year": from now
		}
		unit, j = p.tok(i+2).key, i+3
		if unit != timeUnit(unit) {
			return when{}, false // "the next days"
		}
	}
	if unit == "" {
		return when{}, false
	}
	t, ok := p.antecedent(i)
	if !ok {
		return when{}, false
	}
	from := dater{anchor: t}
	w := when{to: j, relative: p.last.relative}
	w.value, w.precision = from.shifted(n, unit)
	return w, w.precision != ""
}

// inUnits reads "in three days" where the sentence looks ahead; else it may be how long something took.
func (p *dater) inUnits(i int) (when, bool) {
	if p.tok(i).key != "in" {
		return when{}, false
	}
	v, n := p.count(i + 1)
	if n == 0 || v > 200 {
		return when{}, false
	}
	unit := timeUnit(p.tok(i + 1 + n).key)
	if unit == "" || !p.future(i, i) {
		return when{}, false
	}
	w := when{to: i + 2 + n, relative: true}
	w.value, w.precision = p.shifted(v, unit)
	return w, w.precision != ""
}

// stretchAlone reads "the past year" and "the last decade": the time up to now.
func (p *dater) stretchAlone(i int) (when, bool) {
	k := p.tok(i).key
	unit := p.tok(i + 1).key
	if k != "past" && (k != "last" || p.tok(i-1).key != "the") || p.tok(i+2).key == "of" {
		return when{}, false
	}
	switch unit {
	case "week", "month", "year", "decade":
	default:
		return when{}, false
	}
	w := when{to: i + 2, relative: true}
	w.value, w.precision = p.stretch(-1, unit)
	return w, w.precision != ""
}

// unitOf reads "the year" in "by the end of the year".
func (p *dater) unitOf(i int) (when, bool) {
	if p.tok(i).key != "the" || p.tok(i-1).key != "of" || p.tok(i+2).key == "of" {
		return when{}, false
	}
	switch p.tok(i - 2).key {
	case "end", "start", "beginning", "middle", "rest", "remainder", "close", "course":
	default:
		return when{}, false
	}
	unit := p.tok(i + 1).key
	switch unit {
	case "week", "month", "year", "quarter":
	default:
		return when{}, false
	}
	if next := p.tok(i + 2); unit == "quarter" && next.word() && !functionWords()[next.key] {
		return when{}, false
	}
	w := when{to: i + 2, relative: true}
	w.value, w.precision = p.shifted(0, unit)
	return w, w.precision != ""
}
