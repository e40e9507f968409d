package enricher

import (
	"fmt"
	"strings"
	"time"
)

// weekday reads "Monday", "last Friday", "next Tuesday", and a weekday with its date: "Monday, Jan. 10, 2011".
func (p *dater) weekday(i int) (when, bool) {
	j, word := i, ""
	switch p.tok(i).key {
	case "last", "next", "this", "past", "coming":
		word, j = p.tok(i).key, i+1
		if next := p.tok(j).key; word == "this" && (next == "past" || next == "coming") {
			word, j = next, j+1
		}
	}
	d, ok := weekdayOf(p.tok(j).key)
	if !ok && word == "" {
		return p.shortWeekday(i)
	}
	if !ok || !p.tok(j).upper || j > i && p.tok(j).line || p.namedWeekday(j) {
		return when{}, false
	}
	if word == "" {
		// The date behind the weekday says it all.
		k := j + 1
		if p.tok(k).is(",") || p.tok(k).is("(") {
			k++
		}
		for _, read := range []func(int) (when, bool){p.monthFirst, p.dayFirst} {
			if w, ok := read(k); ok && w.precisionOrDay() == precisionDay && !strings.Contains(w.value, "/") {
				if p.tok(j+1).is("(") && p.tok(w.to).is(")") {
					w.to++
				} else if p.tok(j + 1).is("(") {
					break
				}
				return p.agreeing(w, d), true
			}
		}
	}
	w := when{to: j + 1, precision: precisionDay, relative: true}
	if !p.anchored {
		return w, true
	}
	// "Friday of last week"
	k := j + 1
	if p.tok(k).key == "of" {
		k++
	}
	if shift, ok := shiftOf(p.tok(k).key); ok && word == "" && p.tok(k+1).key == "week" {
		t := monday(p.anchor).AddDate(0, 0, 7*shift+(int(d)+6)%7)
		w.to, w.value = k+2, day(t)
		return w, true
	}
	a := p.anchor
	back := (int(a.Weekday()) - int(d) + 7) % 7 // days since the last such day, 0 today
	var t time.Time
	switch word {
	case "last", "past":
		if back == 0 {
			back = 7
		}
		t = a.AddDate(0, 0, -back)
	case "next":
		t = monday(a).AddDate(0, 0, 7+(int(d)+6)%7)
	case "coming":
		t = a.AddDate(0, 0, (7-back-1)%7+1)
	case "this":
		t = a.AddDate(0, 0, (7-back)%7)
	default:
		if p.future(i, j+1) {
			t = a.AddDate(0, 0, (7-back)%7)
		} else {
			t = a.AddDate(0, 0, -back)
		}
	}
	w.value = day(t)
	return w, true
}

// monday is the first day of t's week.
func monday(t time.Time) time.Time { return t.AddDate(0, 0, -(int(t.Weekday())+6)%7) }

func shiftOf(k string) (int, bool) {
	switch k {
	case "last":
		return -1, true
	case "this":
		return 0, true
	case "next":
		return 1, true
	}
	return 0, false
}

// shortWeekday reads "Thu, Jan. 6": the short form of a weekday counts only with its date.
func (p *dater) shortWeekday(i int) (when, bool) {
	t := p.tok(i)
	j := i + 1
	for j <= i+2 && (p.tok(j).is(".") || p.tok(j).is(",")) {
		j++
	}
	switch strings.TrimSuffix(t.key, ".") {
	case "mon", "tue", "tues", "wed", "thu", "thur", "thurs", "fri", "sat", "sun":
	default:
		return when{}, false
	}
	if !t.upper || p.tok(j).line {
		return when{}, false
	}
	for _, read := range []func(int) (when, bool){p.monthFirst, p.dayFirst} {
		if w, ok := read(j); ok && w.precisionOrDay() == precisionDay {
			return w, true
		}
	}
	return when{}, false
}

var (
	// dayNames go before weekdays that are called so: "Black Friday".
	dayNames = wordSet(`black bloody good super ash palm cyber maundy holy whit giving easter shrove pentecost spy`)
	// paperNames are what papers and programmes are called that have a weekday in front: "The Sunday Times".
	paperNames = wordSet(`times telegraph mirror mail express herald tribune post star world independent vision monitor sun standard
		people mercury age review night_live observer mass`)
)

// namedWeekday tells whether the weekday at i is part of a name.
func (p *dater) namedWeekday(i int) bool {
	before, next := p.tok(i-1), p.tok(i+1)
	return before.upper && p.tok(i).gap && !p.tok(i).line && dayNames()[before.key] ||
		next.upper && next.gap && !next.line && paperNames()[next.key]
}

func (w *when) precisionOrDay() string {
	if w.precision == "" {
		return precisionDay
	}
	return w.precision
}

// agreeing moves a date without a year to the nearest year in which it falls on the weekday that the text names.
func (p *dater) agreeing(w when, d time.Weekday) when {
	if !w.relative || w.value == "" {
		return w
	}
	t, err := time.Parse(time.DateOnly, w.value)
	if err != nil || t.Weekday() == d {
		return w
	}
	for _, shift := range []int{1, -1, 2, -2} {
		if x, ok := makeDay(t.Year()+shift, int(t.Month()), t.Day()); ok && x.Weekday() == d {
			w.value = day(x)
			return w
		}
	}
	return w
}

func weekdayOf(k string) (time.Weekday, bool) {
	switch k {
	case "sunday", "sundays":
		return time.Sunday, k == "sunday"
	case "monday":
		return time.Monday, true
	case "tuesday":
		return time.Tuesday, true
	case "wednesday":
		return time.Wednesday, true
	case "thursday":
		return time.Thursday, true
	case "friday":
		return time.Friday, true
	case "saturday":
		return time.Saturday, true
	}
	return 0, false
}

// deictic reads "today", "yesterday", "the day after tomorrow".
func (p *dater) deictic(i int) (when, bool) {
	shift, n := 0, 1
	switch p.tok(i).key {
	case "today", "tonight":
	case "yesterday":
		shift = -1
	case "tomorrow":
		shift = 1
	case "last", "this":
		switch next := p.tok(i + 1).key; {
		case p.tok(i).key == "last" && (next == "night" || next == "evening"):
			shift = -1
		case p.tok(i).key == "this" && (next == "morning" || next == "afternoon" || next == "evening"):
		default:
			return when{}, false
		}
		n = 2
	case "the", "day":
		j := i
		if p.tok(j).key == "the" {
			j++
		}
		side, ref := p.tok(j+1).key, p.tok(j+2).key
		switch {
		case p.tok(j).key != "day":
			return when{}, false
		case side == "before" && ref == "yesterday":
			shift = -2
		case side == "after" && ref == "tomorrow":
			shift = 2
		default:
			return when{}, false
		}
		n = j + 3 - i
	default:
		return when{}, false
	}
	// "USA Today", "Today's Zaman": a name, not a day.
	if t := p.tok(i); n == 1 && t.upper && p.tok(i-1).upper && p.tok(i-1).word() && t.gap {
		return when{}, false
	}
	return when{to: i + n, value: day(p.anchor.AddDate(0, 0, shift)), precision: precisionDay, relative: true}, true
}

// ago reads "three days ago", "a week ago", "two decades ago".
func (p *dater) ago(i int) (when, bool) {
	v, n := p.count(i)
	if n == 0 {
		return when{}, false
	}
	unit := timeUnit(p.tok(i + n).key)
	if unit == "" {
		return when{}, false
	}
	j := i + n + 1
	sign := 0
	switch {
	case p.tok(j).key == "ago":
		sign, j = -1, j+1
	case p.tok(j).key == "from" && (p.tok(j+1).key == "now" || p.tok(j+1).key == "today"):
		sign, j = 1, j+2
	}
	if sign == 0 {
		return when{}, false
	}
	w := when{to: j, relative: true}
	w.value, w.precision = p.shifted(sign*v, unit)
	return w, w.precision != ""
}

// count reads a small whole number, or "a".
func (p *dater) count(i int) (v, n int) {
	switch p.tok(i).key {
	case "a", "an":
		return 1, 1
	}
	if p.tok(i).kind != kindNumber && p.tok(i).kind != kindWord {
		return 0, 0
	}
	x, n := number(p.toks, i)
	if n == 0 || x != float64(int(x)) || x > 2000 || x < 1 {
		return 0, 0
	}
	return int(x), n
}

// shifted is the time that lies n units from the anchor, as precise as the unit.
func (p *dater) shifted(n int, unit string) (value, precision string) {
	a := p.anchor
	if n < -a.Year()+1 {
		return "", ""
	}
	switch unit {
	case "hour", "minute":
		return "", ""
	case "day":
		return day(a.AddDate(0, 0, n)), precisionDay
	case "week":
		return isoWeek(a.AddDate(0, 0, 7*n)), precisionWeek
	case "month":
		return month(firstOfMonth(a).AddDate(0, n, 0)), precisionMonth
	case "quarter":
		t := firstOfMonth(a).AddDate(0, -(int(a.Month())-1)%3, 0).AddDate(0, 3*n, 0)
		return quarterValue(t.Year(), (int(t.Month())-1)/3+1), precisionQuarter
	case "year":
		return fmt.Sprintf("%04d", a.Year()+n), precisionYear
	case "decade":
		if y := a.Year() + 10*n; y > 0 {
			return fmt.Sprintf("%04d", y), precisionYear
		}
	case "century":
		if y := a.Year() + 100*n; y > 0 {
			return fmt.Sprintf("%04d", y), precisionYear
		}
	}
	return "", ""
}

func firstOfMonth(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

func quarterValue(y, q int) string { return fmt.Sprintf("%04d-%02d/%04d-%02d", y, 3*q-2, y, 3*q) }

// lastNext reads "last week", "next month", "this year", "last weekend", and spans: "the past three days".
func (p *dater) lastNext(i int) (when, bool) {
	shift := 0
	switch p.tok(i).key {
	case "last", "past", "previous":
		shift = -1
	case "this":
	case "next", "coming":
		shift = 1
	default:
		return when{}, false
	}
	j := i + 1
	if v, n := p.count(j); n > 0 && shift != 0 && v > 1 && v <= 200 {
		unit := timeUnit(p.tok(j + n).key)
		if unit == "hour" {
			unit, v = "day", (v+23)/24
		}
		w := when{to: j + n + 1, relative: true}
		w.value, w.precision = p.stretch(shift*v, unit)
		return w, w.precision != ""
	}
	w := when{to: j + 1, relative: true}
	if p.tok(i).key == "past" || p.tok(i).key == "coming" || p.tok(i).key == "previous" {
		return when{}, false // "the past year" is the twelve months up to now
	}
	if p.tok(j).key == "weekend" {
		sat := p.anchor.AddDate(0, 0, (int(time.Saturday)-int(p.anchor.Weekday())+7)%7)
		if p.anchor.Weekday() == time.Sunday {
			sat = p.anchor.AddDate(0, 0, -1)
		}
		sat = sat.AddDate(0, 0, 7*shift)
		w.value, w.precision = day(sat)+"/"+day(sat.AddDate(0, 0, 1)), precisionDay
		return w, true
	}
	unit := p.tok(j).key
	switch unit {
	case "week", "month", "year", "quarter":
		w.value, w.precision = p.shifted(shift, unit)
	case "decade", "century":
		size := map[string]int{"decade": 10, "century": 100}[unit]
		y := (p.anchor.Year()/size + shift) * size
		if y <= 0 {
			return when{}, false
		}
		w.value, w.precision = fmt.Sprintf("%04d/%04d", y, y+size-1), unit
		if unit == "century" {
			w.value = fmt.Sprintf("%04d/%04d", y+1, y+size)
		}
	default:
		return when{}, false
	}
	return w, true
}

// stretch is the interval of n units up to the anchor, or from it if n is positive.
func (p *dater) stretch(n int, unit string) (value, precision string) {
	far, precision := p.shifted(n, unit)
	near, _ := p.shifted(0, unit)
	if precision == "" || strings.Contains(far, "/") {
		return "", ""
	}
	if n < 0 {
		return far + "/" + near, precision
	}
	return near + "/" + far, precision
}

// quarter reads "the first quarter of 2010", "Q3 2010", "the second half of last year".
func (p *dater) quarter(i int) (when, bool) {
	t := p.tok(i)
	n, parts, j := 0, 4, i+1
	final := t.key == "last" || t.key == "final"
	if len(t.key) == 2 && t.key[0] == 'q' && t.upper && t.key[1] >= '1' && t.key[1] <= '4' {
		n = int(t.key[1] - '0')
	} else {
		n = ordinal(t.key)
		switch p.tok(j).key {
		case "quarter":
		case "half", "semester":
			parts = 2
		default:
			return when{}, false
		}
		j++
		if final {
			n = parts
		}
	}
	if n < 1 || n > parts {
		return when{}, false
	}
	y, m, rel := p.trailingYear(j)
	if y == 0 {
		if final {
			return when{}, false
		}
		return p.quarterAlone(i, j, n, parts)
	}
	w := when{to: j + m, value: quarterValue(y, n), precision: precisionQuarter, relative: rel}
	if parts == 2 {
		w.value, w.precision = fmt.Sprintf("%04d-%02d/%04d-%02d", y, 6*n-5, y, 6*n), precisionMonth
	}
	return w, true
}

func ordinal(k string) int {
	switch k {
	case "first", "1st":
		return 1
	case "second", "2nd":
		return 2
	case "third", "3rd":
		return 3
	case "fourth", "4th":
		return 4
	}
	return 0
}

// decade reads "the 1980s", "the mid-1990s", "the '90s", "the 19th century".
func (p *dater) decade(i int) (when, bool) {
	t := p.tok(i)
	skip := 0
	s := t.key
	for _, prefix := range []string{"mid-", "early-", "late-"} {
		if rest, ok := strings.CutPrefix(s, prefix); ok {
			s, skip = rest, len(prefix)
		}
	}
	if len(s) == 5 && s[4] == 's' && s[3] == '0' {
		y := 0
		for _, c := range []byte(s[:4]) {
			if c < '0' || c > '9' {
				return when{}, false
			}
			y = 10*y + int(c-'0')
		}
		if y >= 1000 && y < 2200 {
			return when{to: i + 1, skip: skip, value: fmt.Sprintf("%04d/%04d", y, y+9), precision: precisionDecade}, true
		}
	}
	if t.kind == kindNumber && p.year(i) > 0 && t.text[3] == '0' && p.tok(i+1).kind == kindPossessive && p.tok(i-1).key == "the" {
		y := p.year(i)
		return when{to: i + 2, value: fmt.Sprintf("%04d/%04d", y, y+9), precision: precisionDecade}, true
	}
	// An apostrophe and two digits: the last such decade.
	if (t.is("'") || t.is("’") || t.is("‘")) && p.anchored && !p.tok(i+1).gap {
		k := p.tok(i + 1).key
		if len(k) == 3 && k[2] == 's' && k[1] == '0' && k[0] >= '0' && k[0] <= '9' {
			y := p.anchor.Year()/100*100 + 10*int(k[0]-'0')
			if y > p.anchor.Year() {
				y -= 100
			}
			return when{to: i + 2, value: fmt.Sprintf("%04d/%04d", y, y+9), precision: precisionDecade, relative: true}, true
		}
	}
	c := p.integer(i)
	if c < 0 {
		c = ordinalWord(t.key)
	}
	if c >= 1 && c <= 22 && t.kind == kindWord && p.tok(i+1).key == "century" {
		return when{to: i + 2, value: fmt.Sprintf("%04d/%04d", 100*(c-1)+1, 100*c), precision: precisionCentury}, true
	}
	return when{}, false
}

// years reads "1910-1945", "from 1910 to 1945", "2009-10" and single years behind a word that shows what they are.
func (p *dater) years(i int) (when, bool) {
	y := p.year(i)
	if y == 0 || p.tok(i-1).is("$") || p.dash(i-1) && !p.tok(i).gap {
		return when{}, false
	}
	before := p.tok(i - 1).key
	if n := p.rangeMark(i + 1); n > 0 && (p.dash(i+1) || before == "from" || before == "between") {
		if z := p.year(i + 2); z >= y {
			return when{to: i + 3, value: fmt.Sprintf("%04d/%04d", y, z), precision: precisionYear}, true
		}
	}
	// A season: 2009-10, 2009/10
	if p.dash(i+1) || p.tok(i+1).is("/") {
		if z := p.integer(i + 2); (p.dash(i+1) || p.tok(i+1).is("/")) && !p.tok(i+1).gap && !p.tok(i+2).gap && len(p.tok(i+2).text) == 2 && y%100+1 == z && y >= 1800 && !p.dash(i+3) {
			return when{to: i + 3, value: fmt.Sprintf("%04d/%04d", y, y+1), precision: precisionYear}, true
		}
	}
	if before == "between" && p.tok(i+1).key == "and" {
		if z := p.year(i + 2); z >= y {
			return when{to: i + 3, value: fmt.Sprintf("%04d/%04d", y, z), precision: precisionYear}, true
		}
	}
	if y < 1500 && before != "in" || !p.plainYear(i, before) {
		return when{}, false
	}
	return when{to: i + 1, value: fmt.Sprintf("%04d", y), precision: precisionYear}, true
}

func (p *dater) plainYear(i int, before string) bool {
	next := p.tok(i + 1)
	if next.is("%") || next.key == "percent" || measure(next.key) != "" || next.is(":") && !next.gap {
		return false
	}
	switch before {
	case "in", "since", "by", "until", "till", "of", "before", "after", "from", "during", "early", "late", "mid", "year", "circa",
		"spring", "summer", "autumn", "fall", "winter", "through", "throughout":
		return counted(p.toks, i+1) == "" || before == "year"
	case "(":
		return next.is(")")
	case "and", "or", ",":
		if p.year(i-2) > 0 {
			return true
		}
	}
	// "1984 and 1988 champion"
	if next.key == "and" && modern(p.year(i)) && modern(p.year(i+2)) && counted(p.toks, i+3) == "" {
		return true
	}
	return modern(p.year(i)) && p.yearOf(i)
}

func modern(y int) bool { return y >= 1800 && y < 2100 }

// yearOf tells whether the number at i says of which year the noun behind it is: "a 2017 inquiry", "his famous 1835 speech",
// "the 1996 Spanish election". It counts nothing then: no plural follows, but for happenings that come in plurals.
func (p *dater) yearOf(i int) bool {
	next := p.tok(i + 1)
	if !next.word() || !next.gap || next.line || next.caps && calendarWords()[next.key] || functionWords()[next.key] || timeUnit(next.key) != "" {
		return false
	}
	if noun := counted(p.toks, i+1); noun != "" && !pluralEvents()[strings.ToLower(noun)] {
		return false
	}
	for k := i - 1; k >= i-3 && k >= 0; k-- {
		t := p.tok(k)
		if t.kind == kindPossessive {
			return true
		}
		switch t.key {
		case "the", "a", "an", "his", "her", "its", "their", "our", "my", "that", "this":
			return true
		}
		if !t.word() || t.upper || functionWords()[t.key] {
			return false
		}
	}
	return false
}

var pluralEvents = wordSet(`elections games olympics floods riots protests championships talks polls reforms sanctions attacks bombings finals
	accords hostilities demonstrations strikes results figures rules guidelines playoffs`)
