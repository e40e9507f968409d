package parser

import (
	"strings"
	"unicode"

	"github.com/feedmill/feedmill"
)

// readDateline reads the place and date before the first sentence, as in "SEOUL, Jan. 10 (Reuters) - ". They stay in the
// text.
func (d *document) readDateline() {
	if len(d.body.blocks) == 0 || d.body.blocks[0].kind != feedmill.BlockParagraph {
		return
	}
	line, agency, ok := parseDateline(d.body.blocks[0].text, d.rules)
	if !ok {
		return
	}
	d.article.Dateline = line
	d.set("dateline", line.Raw, "text")
	if agency != "" && d.article.Byline.Agency == "" {
		d.article.Byline.Agency = agency
	}
}

func parseDateline(text string, rules *ruleSet) (line feedmill.Dateline, agency string, ok bool) {
	head := firstRunes(text, 90)
	end := -1
	for _, dash := range [...]string{" — ", " – ", " -- ", " - ", "— ", "– ", "—"} {
		if i := strings.Index(head, dash); i > 2 && (end < 0 || i < end) {
			end = i
		}
	}
	if end < 0 {
		return line, "", false
	}
	raw := strings.TrimSpace(head[:end])
	rest := raw
	if i := strings.IndexByte(rest, '('); i > 0 && strings.HasSuffix(rest, ")") {
		agency = rest[i+1 : len(rest)-1]
		if !isAgency(agency) {
			agency = ""
			if len(rest)-i > 30 {
				return line, "", false
			}
		}
		rest = strings.TrimSpace(rest[:i])
	}
	// The place is in capitals; what follows it may be a country or a date.
	fields := strings.Fields(rest)
	n := 0
	for n < len(fields) && isCapitals(fields[n]) && rules.months[strings.ToLower(strings.Trim(fields[n], ".,"))] == 0 {
		n++
	}
	switch {
	case n == 0 || n > 5 || len(fields) > n+4:
		return line, "", false
	case agency == "" && len(strings.Trim(fields[0], ".,")) < 3:
		return line, "", false
	}
	line.Raw = raw
	for k := n; k < len(fields); k++ {
		if rules.months[strings.ToLower(strings.Trim(fields[k], ".,"))] > 0 {
			line.Date = strings.Trim(strings.Join(fields[k:], " "), " ,")
			fields = fields[:k]
			break
		}
	}
	for _, f := range fields[n:] {
		if r := []rune(f); !unicode.IsUpper(r[0]) {
			return feedmill.Dateline{}, "", false
		}
	}
	line.Place = strings.Trim(strings.Join(fields, " "), " ,.")
	return line, agency, true
}

// isCapitals tells a word in capitals.
func isCapitals(w string) bool {
	letters := 0
	for _, r := range w {
		switch {
		case unicode.IsUpper(r):
			letters++
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return false
		}
	}
	return letters > 1
}
