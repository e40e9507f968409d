package parser

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Dates outside these bounds are placeholders and slips, not publication dates.
const (
	earliestYear  = 1900
	maxDateLength = 100
	maxFutureDays = 7
)

// parseFeedDate reads a date as feeds write them: RFC 822 with its usual mistakes (wrong or missing weekday, two-digit
// year, named zones, month names of other languages), RFC 3339 and the variants of ISO 8601, asctime, and seconds since
// 1970. The time keeps the offset that is stated; where none is, it is UTC. A date that cannot be read, or that lies more
// than a week after now, is not ok.
func parseFeedDate(raw string, now time.Time) (t time.Time, ok bool) {
	t, ok = readFeedDate(raw)
	if !ok || t.After(now.AddDate(0, 0, maxFutureDays)) {
		return time.Time{}, false
	}
	return t, true
}

// readFeedDate reads a date wherever it lies.
func readFeedDate(raw string) (t time.Time, ok bool) {
	s := strings.TrimSpace(raw)
	if s == "" || len(s) > maxDateLength {
		return time.Time{}, false
	}
	for _, parse := range []func(string) (time.Time, bool){parseISODate, parseCJKDate, parseEpoch, parseMailDate, parseOddDate} {
		if t, ok = parse(s); ok {
			return t, t.Year() >= earliestYear
		}
	}
	return time.Time{}, false
}

var (
	// halfBefore: 2004-05-28 오후 11:31:58, with the half of the day before the time.
	halfBefore = regexp.MustCompile(`^(.*\d)\s*(오\s*전|오\s*후|上午|下午|午前|午後)\s*(\d{1,2}:\d{2}(?::\d{2})?)(.*)$`)
	// monthBetween: 2004-július-13T9:15-05:00.
	monthBetween = regexp.MustCompile(`^(\d{4})-(\pL+)-(\d{1,2})(T.*)?$`)
	// logDate: 26/Aug/2003:10:14:55 +0000.
	logDate = regexp.MustCompile(`^(\d{1,2}/\pL{3,}/\d{4}):(.*)$`)
	// weekDate: 2004-W01-4T19:48:21Z (ISO 8601 §5.2.3).
	weekDate = regexp.MustCompile(`^(\d{4})-?W(\d{2})(?:-?([1-7]))?(T.*)?$`)
	// ordinalDate: 2003335, without a hyphen.
	ordinalDate = regexp.MustCompile(`^(\d{4})(\d{3})$`)
	// dateInNumbers: 31/12/2003 10:14, 31.12.2003.
	dateInNumbers = regexp.MustCompile(`^(\d{1,2})([/.-])(\d{1,2})[/.-](\d{4})\b[,\s]*(.*)$`)
	// weekdayBefore: a weekday before a date in numbers.
	weekdayBefore = regexp.MustCompile(`^\pL+\.?,?\s+(\d.*)$`)
)

// parseOddDate turns the rarer forms into one that the others read.
func parseOddDate(s string) (time.Time, bool) {
	if i := strings.IndexByte(s, '['); i > 0 && strings.HasSuffix(s, "]") {
		return parseISODate(s[:i]) // the name of the zone beside its offset (RFC 9557)
	}
	if m := halfBefore.FindStringSubmatch(s); m != nil {
		half := "PM"
		switch strings.Join(strings.Fields(m[2]), "") {
		case "오전", "上午", "午前":
			half = "AM"
		}
		return parseISODate(m[1] + " " + m[3] + " " + half + m[4])
	}
	if m := monthBetween.FindStringSubmatch(s); m != nil {
		if month := monthNames[strings.ToLower(m[2])]; month != 0 {
			return parseISODate(fmt.Sprintf("%s-%02d-%02d%s", m[1], month, number(m[3]), m[4]))
		}
	}
	if m := logDate.FindStringSubmatch(s); m != nil {
		return parseMailDate(m[1] + " " + m[2])
	}
	if m := weekDate.FindStringSubmatch(s); m != nil {
		// The first week is that of 4 January.
		fourth := time.Date(number(m[1]), 1, 4, 0, 0, 0, 0, time.UTC)
		weekday := max(1, number(m[3]))
		day := fourth.AddDate(0, 0, 7*(number(m[2])-1)+weekday-1-(int(fourth.Weekday())+6)%7)
		return parseISODate(day.Format(time.DateOnly) + m[4])
	}
	if m := ordinalDate.FindStringSubmatch(s); m != nil {
		return parseISODate(m[1] + "-" + m[2])
	}
	if m := dateInNumbers.FindStringSubmatch(s); m != nil {
		day, month := number(m[1]), number(m[3])
		switch {
		case m[2] == "." || day > 12 || day == month:
		case month > 12:
			day, month = month, day
		default:
			return time.Time{}, false // the day or the month may be first
		}
		return parseISODate(strings.TrimSpace(fmt.Sprintf("%s-%02d-%02d %s", m[4], month, day, m[5])))
	}
	if m := weekdayBefore.FindStringSubmatch(s); m != nil {
		return readFeedDate(m[1])
	}
	return time.Time{}, false
}

// isoDate: year; day of the year, or month and day; hour, minute, second, fraction; the rest.
var isoDate = regexp.MustCompile(`^(\d{4})(?:-(\d{3})|[-/.]?(\d{2})(?:[-/.]?(\d{2}))?)?` +
	`(?:(?:[Tt]|\s+|-(?:T)?)\s*(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,:](\d+))?)?)?\s*(.*)$`)

func parseISODate(s string) (time.Time, bool) {
	m := isoDate.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, false
	}
	c := civil{year: number(m[1]), month: 1, day: 1}
	if m[2] != "" {
		day := time.Date(c.year, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, number(m[2])-1)
		if day.Year() != c.year {
			return time.Time{}, false
		}
		c.month, c.day = day.Month(), day.Day()
	}
	if m[3] != "" {
		c.month = time.Month(number(m[3]))
	}
	if m[4] != "" {
		c.day = number(m[4])
	}
	if m[5] != "" {
		c.hour, c.minute, c.second = number(m[5]), number(m[6]), number(m[7])
		if m[8] != "" {
			c.nanosecond = number((m[8] + "000000000")[:9])
		}
	}
	zone := strings.TrimSpace(m[9])
	if up := strings.ToUpper(zone); strings.HasPrefix(up, "AM") || strings.HasPrefix(up, "PM") {
		c.hour = hour12(c.hour, up[:2])
		zone = strings.TrimSpace(zone[2:])
	}
	if zone != "" {
		loc, ok := parseZone(zone)
		if !ok && strings.ContainsFunc(zone, func(r rune) bool { return !unicode.IsLetter(r) && r != '/' && r != '_' }) {
			return time.Time{}, false
		}
		c.zone = loc // a zone nobody knows: none
	}
	return c.time()
}

// cjkDate: 2011년 1월 10일 19:41, 2011年1月10日 19時41分.
var cjkDate = regexp.MustCompile(`^(\d{4})\s*[년年]\s*(\d{1,2})\s*[월月]\s*(\d{1,2})\s*[일日号]?\s*(?:[(（].[)）])?\s*(오전|오후|上午|下午|午前|午後)?\s*` +
	`(?:(\d{1,2})\s*(?::|[시時时点])\s*(\d{1,2})?\s*(?::|[분分])?\s*(\d{1,2})?\s*[초秒]?)?\s*(\S*)$`)

func parseCJKDate(s string) (time.Time, bool) {
	m := cjkDate.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, false
	}
	c := civil{
		year: number(m[1]), month: time.Month(number(m[2])), day: number(m[3]),
		hour: number(m[5]), minute: number(m[6]), second: number(m[7]),
	}
	switch m[4] {
	case "오전", "上午", "午前":
		c.hour = hour12(c.hour, "AM")
	case "오후", "下午", "午後":
		c.hour = hour12(c.hour, "PM")
	}
	if m[8] != "" {
		loc, ok := parseZone(m[8])
		if !ok {
			return time.Time{}, false
		}
		c.zone = loc
	}
	return c.time()
}

// parseEpoch reads seconds, or milliseconds, since 1970.
func parseEpoch(s string) (time.Time, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case err != nil || n <= 0:
		return time.Time{}, false
	case len(s) == 9 || len(s) == 10:
		return time.Unix(n, 0).UTC(), true
	case len(s) == 12 || len(s) == 13:
		return time.UnixMilli(n).UTC(), true
	}
	return time.Time{}, false
}

// parseMailDate reads RFC 822 and RFC 850 dates, asctime and their kin: parts in any order that leaves no doubt, told by
// their form.
func parseMailDate(s string) (time.Time, bool) {
	c := civil{year: -1}
	clock := false
	for _, f := range dateFields(s) {
		switch kind := dateFieldKind(f); {
		case kind == 'c' && !clock:
			if !c.setClock(f) {
				return time.Time{}, false
			}
			clock = true
		case kind == 'm' && (c.month == 0 || c.day != 0):
			// "mar" is Tuesday, too: after "mar, 11" the month is still to come.
			c.month = monthNames[strings.ToLower(strings.TrimSuffix(f, "."))]
		case kind == 'p' && clock:
			c.hour = hour12(c.hour, strings.ToUpper(strings.ReplaceAll(f, ".", "")))
		case kind == 'n' && c.day == 0 && len(f) <= 2:
			c.day = number(f)
		case kind == 'n' && c.year < 0 && (len(f) == 4 || len(f) == 2 && c.month != 0):
			c.year = fullYear(f)
		case kind == 'z' && clock && c.zone == nil:
			c.zone, _ = parseZone(f)
		case kind == 'w' || kind == 'z' && !clock:
		default:
			return time.Time{}, false
		}
	}
	if c.year < 0 || c.month == 0 || c.day == 0 {
		return time.Time{}, false
	}
	return c.time()
}

// dateFields splits a date at spaces and commas, comments in parentheses left out. The parts of "10-Jan-11" and
// "10/Jan/2011" are fields too, and a zone that stands on the clock ("19:41:00+0900") is one of its own.
func dateFields(s string) []string {
	if i := strings.IndexByte(s, '('); i >= 0 {
		if j := strings.IndexByte(s[i:], ')'); j >= 0 {
			s = s[:i] + " " + s[i+j+1:]
		}
	}
	var out []string
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == ',' }) {
		if i := strings.IndexByte(f, ':'); i > 0 {
			j := i
			for j < len(f) && (f[j] >= '0' && f[j] <= '9' || f[j] == ':' || f[j] == '.') {
				j++
			}
			if f[0] >= '0' && f[0] <= '9' && j < len(f) {
				out = append(out, f[:j], f[j:])
				continue
			}
			out = append(out, f)
			continue
		}
		if parts := strings.FieldsFunc(f, func(r rune) bool { return r == '-' || r == '/' }); len(parts) == 3 {
			out = append(out, parts...)
			continue
		}
		out = append(out, dateNumber(f))
	}
	return out
}

// dateNumber drops what stands at the end of a number: "31." and "31st" are 31. "10h14" and "10.14.55" are times.
func dateNumber(f string) string {
	n := 0
	for n < len(f) && f[n] >= '0' && f[n] <= '9' {
		n++
	}
	if n == 0 || n == len(f) {
		return f
	}
	switch rest := strings.ToLower(f[n:]); {
	case rest == "." || n <= 2 && (rest == "st" || rest == "nd" || rest == "rd" || rest == "th" || rest == "er" || rest == "º"):
		return f[:n]
	case n <= 2 && strings.Trim(rest, "0123456789h.") == "" && len(rest) >= 3:
		return strings.NewReplacer("h", ":", ".", ":").Replace(strings.ToLower(f))
	}
	return f
}

// dateFieldKind tells a field by its form: 'c' clock, 'm' month name, 'n' number, 'p' am or pm, 'z' zone, 'w' any other
// word, such as a weekday, and 0 what no date holds.
func dateFieldKind(f string) byte {
	low := strings.ToLower(strings.TrimSuffix(f, "."))
	switch {
	case strings.Trim(f, "0123456789") == "":
		return 'n'
	case strings.Contains(f, ":") && strings.Trim(f, "0123456789:.") == "":
		return 'c'
	case low == "am" || low == "pm" || low == "a.m" || low == "p.m":
		return 'p'
	case monthNames[low] != 0:
		return 'm'
	}
	if _, ok := parseZone(f); ok {
		return 'z'
	}
	// "10." and "1st" are days of the month, but they would have to be read as numbers: only words may be passed over.
	if strings.ContainsAny(f, "0123456789") {
		return 0
	}
	return 'w'
}

// civil is a date and time as they are written.
type civil struct {
	year               int
	month              time.Month
	day, hour, minute  int
	second, nanosecond int
	zone               *time.Location // nil: none stated
}

func (c *civil) setClock(f string) bool {
	parts := strings.Split(f, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return false
	}
	if len(parts) == 3 {
		seconds, _, _ := strings.Cut(parts[2], ".")
		parts[2] = seconds
	}
	for _, p := range parts {
		if p == "" || len(p) > 2 {
			return false
		}
	}
	c.hour, c.minute = number(parts[0]), number(parts[1])
	if len(parts) == 3 {
		c.second = number(parts[2])
	}
	return true
}

// time is the moment; not ok where there is no such day or time of day. Leap seconds become the second before, hour 24
// the beginning of the next day.
func (c civil) time() (time.Time, bool) {
	if c.second == 60 {
		c.second = 59
	}
	if c.hour == 24 && (c.minute != 0 || c.second != 0) || c.hour > 24 || c.minute > 59 || c.second > 59 {
		return time.Time{}, false
	}
	if c.month < 1 || c.month > 12 || c.day < 1 || c.day > time.Date(c.year, c.month+1, 0, 0, 0, 0, 0, time.UTC).Day() {
		return time.Time{}, false
	}
	zone := c.zone
	if zone == nil {
		zone = time.UTC
	}
	return time.Date(c.year, c.month, c.day, c.hour, c.minute, c.second, c.nanosecond, zone), true
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// fullYear completes a two-digit year as RFC 5322 §4.3 has it.
func fullYear(s string) int {
	n := number(s)
	switch {
	case len(s) > 2:
		return n
	case n < 50:
		return 2000 + n
	}
	return 1900 + n
}

func hour12(hour int, half string) int {
	switch {
	case half == "PM" && hour < 12:
		return hour + 12
	case half == "AM" && hour == 12:
		return 0
	}
	return hour
}

var offsetForm = regexp.MustCompile(`^(?:GMT|UTC|UT|Z)?\s*([+−-])(\d{1,2})(?::?(\d{2}))?$`)

// parseZone reads an offset or the name of a zone.
func parseZone(s string) (*time.Location, bool) {
	up := strings.ToUpper(strings.TrimSpace(s))
	if hours, ok := zoneHours[up]; ok {
		return fixedZone(int(hours * 3600)), true
	}
	m := offsetForm.FindStringSubmatch(up)
	if m == nil {
		return nil, false
	}
	h, min := number(m[2]), number(m[3])
	if h > 15 || min > 59 {
		return nil, false
	}
	offset := h*3600 + min*60
	if m[1] != "+" {
		offset = -offset
	}
	return fixedZone(offset), true
}

func fixedZone(offset int) *time.Location {
	if offset == 0 {
		return time.UTC
	}
	return time.FixedZone("", offset)
}

// zoneHours are the named zones that feeds use and that mean one thing there, in hours east of Greenwich.
var zoneHours = map[string]float64{
	"Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0,
	"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, // RFC 822 §5.1
	"ET": -5, "CT": -6, "MT": -7, "PT": -8,
	"AKST": -9, "AKDT": -8, "HST": -10, "AST": -4, "ADT": -3, "NST": -3.5, "NDT": -2.5, "BRT": -3, "BRST": -2, "ART": -3,
	"BST": 1, "WEST": 1, "CET": 1, "MET": 1, "MEZ": 1, "CEST": 2, "MEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "SAST": 2, "MSK": 3,
	"MSD": 4, "IRST": 3.5, "GST": 4, "PKT": 5, "IST": 5.5, "NPT": 5.75, "ICT": 7, "WIB": 7, "HKT": 8, "SGT": 8, "MYT": 8, "PHT": 8,
	"AWST": 8, "KST": 9, "JST": 9, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}

// monthNames are the names and short forms of months, in lower case, in the languages that feeds were seen to write
// their dates in. Where languages disagree, the commoner reading stands.
var monthNames = map[string]time.Month{
	// English; German, Dutch and the Scandinavian languages where they differ
	"jan": 1, "january": 1, "feb": 2, "february": 2, "mar": 3, "march": 3, "apr": 4, "april": 4, "may": 5, "jun": 6, "june": 6,
	"jul": 7, "july": 7, "aug": 8, "august": 8, "sep": 9, "sept": 9, "september": 9, "oct": 10, "october": 10, "nov": 11,
	"november": 11, "dec": 12, "december": 12,
	"januar": 1, "jän": 1, "jänner": 1, "augusti": 8, "marts": 3, "februar": 2, "märz": 3, "mär": 3, "mrz": 3, "mai": 5, "juni": 6, "juli": 7, "okt": 10, "oktober": 10,
	"dez": 12, "dezember": 12, "desember": 12, "januari": 1, "februari": 2, "maart": 3, "mrt": 3, "mei": 5, "augustus": 8, "mars": 3, "maj": 5,
	// French, Spanish, Italian, Portuguese
	"janv": 1, "janvier": 1, "févr": 2, "fév": 2, "février": 2, "avr": 4, "avril": 4, "juin": 6, "juil": 7, "juillet": 7, "août": 8,
	"aoû": 8, "septembre": 9, "octobre": 10, "novembre": 11, "déc": 12, "décembre": 12,
	"ene": 1, "enero": 1, "febrero": 2, "marzo": 3, "abr": 4, "abril": 4, "mayo": 5, "junio": 6, "julio": 7, "ago": 8, "agosto": 8,
	"septiembre": 9, "setiembre": 9, "octubre": 10, "noviembre": 11, "dic": 12, "diciembre": 12,
	"gen": 1, "gennaio": 1, "febbraio": 2, "aprile": 4, "mag": 5, "maggio": 5, "giu": 6, "giugno": 6, "lug": 7, "luglio": 7, "set": 9,
	"settembre": 9, "ott": 10, "ottobre": 10, "dicembre": 12,
	"janeiro": 1, "fev": 2, "fevereiro": 2, "março": 3, "maio": 5, "junho": 6, "julho": 7, "setembro": 9, "out": 10, "outubro": 10,
	"novembro": 11, "dezembro": 12,
	// Russian, Greek, Hungarian, Polish
	"янв": 1, "января": 1, "фев": 2, "февраля": 2, "мар": 3, "марта": 3, "апр": 4, "апреля": 4, "мая": 5, "май": 5, "июн": 6, "июня": 6,
	"июл": 7, "июля": 7, "авг": 8, "августа": 8, "сен": 9, "сент": 9, "сентября": 9, "окт": 10, "октября": 10, "ноя": 11, "ноября": 11,
	"дек": 12, "декабря": 12,
	"ιαν": 1, "φεβ": 2, "μάρ": 3, "μαρ": 3, "απρ": 4, "μάι": 5, "μαϊ": 5, "ιούν": 6, "ιουν": 6, "ιούλ": 7, "ιουλ": 7, "αύγ": 8, "αυγ": 8,
	"σεπ": 9, "οκτ": 10, "νοέ": 11, "νοε": 11, "δεκ": 12,
	"január": 1, "február": 2, "március": 3, "április": 4, "május": 5, "június": 6, "július": 7, "augusztus": 8, "szeptember": 9,
	"október":  10,
	"stycznia": 1, "sty": 1, "lutego": 2, "lut": 2, "marca": 3, "kwietnia": 4, "kwi": 4, "maja": 5, "czerwca": 6, "cze": 6, "lipca": 7,
	"lip": 7, "sierpnia": 8, "sie": 8, "września": 9, "wrz": 9, "października": 10, "paź": 10, "listopada": 11, "lis": 11, "grudnia": 12,
	"gru": 12,
	// Czech, Ukrainian, Bulgarian, Croatian
	"led": 1, "ledna": 1, "úno": 2, "února": 2, "bře": 3, "března": 3, "dub": 4, "dubna": 4, "kvě": 5, "května": 5, "čvn": 6, "června": 6, "čvc": 7,
	"července": 7, "srp": 8, "srpna": 8, "zář": 9, "září": 9, "říj": 10, "října": 10, "listopadu": 11, "pro": 12, "prosince": 12,
	"січ": 1, "січня": 1, "лют": 2, "лютого": 2, "бер": 3, "березня": 3, "кві": 4, "квітня": 4, "тра": 5, "травня": 5, "чер": 6, "червня": 6,
	"лип": 7, "липня": 7, "сер": 8, "серпня": 8, "вер": 9, "вересня": 9, "жов": 10, "жовтня": 10, "лис": 11, "листопада": 11, "гру": 12,
	"грудня": 12,
	"януари": 1, "февруари": 2, "март": 3, "април": 4, "юни": 6, "юли": 7, "август": 8, "септември": 9, "октомври": 10, "ноември": 11,
	"декември": 12,
	"siječnja": 1, "veljače": 2, "ožujka": 3, "travnja": 4, "svibnja": 5, "lipnja": 6, "srpnja": 7, "kolovoza": 8, "rujna": 9, "studenoga": 11,
	"studenog": 11, "prosinca": 12,
	// Greek in full, Turkish, Romanian, Catalan, Finnish
	"ιανουαρίου": 1, "φεβρουαρίου": 2, "μαρτίου": 3, "απριλίου": 4, "μαΐου": 5, "ιουνίου": 6, "ιουλίου": 7, "αυγούστου": 8, "σεπτεμβρίου": 9,
	"οκτωβρίου": 10, "νοεμβρίου": 11, "δεκεμβρίου": 12,
	"oca": 1, "ocak": 1, "şub": 2, "şubat": 2, "mart": 3, "nis": 4, "nisan": 4, "mayıs": 5, "haz": 6, "haziran": 6, "tem": 7, "temmuz": 7, "ağu": 8,
	"ağustos": 8, "eyl": 9, "eylül": 9, "eki": 10, "ekim": 10, "kas": 11, "kasım": 11, "ara": 12, "aralık": 12,
	"ian": 1, "ianuarie": 1, "februarie": 2, "martie": 3, "iun": 6, "iunie": 6, "iul": 7, "iulie": 7, "septembrie": 9,
	"octombrie": 10, "noi": 11, "noiembrie": 11, "decembrie": 12,
	"gener": 1, "febrer": 2, "març": 3, "maig": 5, "juny": 6, "juliol": 7, "agost": 8, "setembre": 9, "desembre": 12,
	"tammikuuta": 1, "helmikuuta": 2, "maaliskuuta": 3, "huhtikuuta": 4, "toukokuuta": 5, "kesäkuuta": 6, "heinäkuuta": 7, "elokuuta": 8,
	"syyskuuta": 9, "lokakuuta": 10, "marraskuuta": 11, "joulukuuta": 12,
	// Indonesian, Arabic, Hebrew, Hindi
	"maret": 3, "agustus": 8, "agu": 8, "agt": 8, "des": 12,
	"يناير": 1, "فبراير": 2, "مارس": 3, "أبريل": 4, "ابريل": 4, "مايو": 5, "يونيو": 6, "يوليو": 7, "أغسطس": 8, "اغسطس": 8, "سبتمبر": 9, "أكتوبر": 10,
	"اكتوبر": 10, "نوفمبر": 11, "ديسمبر": 12,
	"ינואר": 1, "פברואר": 2, "מרץ": 3, "אפריל": 4, "מאי": 5, "יוני": 6, "יולי": 7, "אוגוסט": 8, "ספטמבר": 9, "אוקטובר": 10, "נובמבר": 11, "דצמבר": 12,
	"जनवरी": 1, "फरवरी": 2, "मार्च": 3, "अप्रैल": 4, "मई": 5, "जून": 6, "जुलाई": 7, "अगस्त": 8, "सितंबर": 9, "अक्टूबर": 10, "नवंबर": 11,
	"दिसंबर": 12,
}
