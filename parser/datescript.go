package parser

import (
	"bytes"
	"strings"
)

// scriptKeys are the names under which data within scripts state the time of publication, the surest first.
var scriptKeys = [...]string{
	"datePublished", "publishedAt", "published_at", "publishedDate", "published_date", "publishDate", "publish_date", "publicationDate",
	"publication_date", "firstPublished", "first_published_at", "firstPublicationDate", "publishedTime", "published_time", "publishTime", "pubDate", "pubdate",
}

// scriptHits bounds how many dates are read of the scripts of a page, scriptReach how far, in bytes, one may be from the
// article's headline.
const (
	scriptHits  = 400
	scriptReach = 8 << 10
)

// scriptDates reads the data of scripts, which no other step does, for pages that state no date anywhere else: where several
// days are told, as for a list of articles, that which stands nearest to the headline.
func (d *document) scriptDates(list *dateList) {
	src := d.source
	headline := []byte(firstRunes(d.article.Title, 24))
	hits := 0
	for _, key := range scriptKeys {
		var best, only string
		distance, days := scriptReach+1, 0
		var last moment
		for at := 0; hits < scriptHits; {
			k := bytes.Index(src[at:], []byte(key))
			if k < 0 {
				break
			}
			at += k + len(key)
			value, ok := scriptValue(src[at:min(at+80, len(src))])
			if !ok || k > 0 && isWordByte(src[at-len(key)-1]) {
				continue
			}
			m, ok := list.read(value)
			if !ok || m.ambiguous || m.day == 0 || m.year < 1995 {
				continue
			}
			hits++
			if days == 0 || !m.sameDay(last) {
				days++
			}
			last = m
			if only == "" {
				only = value
			}
			if len(headline) > 8 {
				if n := nearest(src, headline, at); n < distance {
					best, distance = value, n
				}
			}
		}
		if best == "" && days == 1 {
			best = only
		}
		if best != "" && list.add(best, "script:"+key) {
			return
		}
	}
}

// scriptValue reads what follows a key: its closing quotation mark, a colon, and a quoted string or a number; the marks may
// be escaped, as in data within data.
func scriptValue(b []byte) (string, bool) {
	s := strings.ReplaceAll(string(b), "&quot;", `"`)
	s = strings.TrimLeft(s, `\`)
	if !strings.HasPrefix(s, `"`) {
		return "", false
	}
	s = strings.TrimLeft(s[1:], " \t\r\n")
	if !strings.HasPrefix(s, ":") {
		return "", false
	}
	s = strings.TrimLeft(s[1:], " \t\r\n\\")
	if rest, quoted := strings.CutPrefix(s, `"`); quoted {
		value, _, closed := strings.Cut(rest, `"`)
		value = strings.TrimRight(value, `\`)
		return value, closed && len(value) >= 8 && len(value) <= 40
	}
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return s[:n], n == 10 || n == 13
}

// nearest is how far from a place the text is found, more than scriptReach where it is not within that.
func nearest(src, text []byte, at int) int {
	best := scriptReach + 1
	before := src[max(at-scriptReach, 0):at]
	if k := bytes.LastIndex(before, text); k >= 0 {
		best = len(before) - k
	}
	if k := bytes.Index(src[at:min(at+scriptReach, len(src))], text); k >= 0 {
		best = min(best, k)
	}
	return best
}
