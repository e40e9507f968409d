package registry

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ReadCSV reads a table of feeds: comma-separated values (RFC 4180) whose first line names the columns, of which url (or
// feed, feed_url, xmlurl) must be there, and title (or name) and tags (or tag, category, folder) may be. Tags are separated by ";"
// or ",". Columns with other names are left out. Lines that hold no feed are left out and described in the error, each
// with its number, beside the subscriptions of all the others.
func ReadCSV(r io.Reader) ([]Subscription, error) {
	limited := &io.LimitedReader{R: r, N: maxList + 1}
	in := csv.NewReader(limited)
	in.FieldsPerRecord, in.ReuseRecord, in.LazyQuotes = -1, true, true
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("read CSV: %w", err)
	}
	column := func(names ...string) int {
		for i, h := range head {
			for _, name := range names {
				if strings.EqualFold(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")), name) {
					return i
				}
			}
		}
		return -1
	}
	urlAt, titleAt, tagsAt := column(csvURL...), column("title", "name"), column("tags", "tag", "category", "categories", "folder")
	if urlAt < 0 {
		return nil, fmt.Errorf("read CSV: no column named url among %s", strings.Join(head, ", "))
	}
	var list merged
	var bad []error
	bads := 0
	for {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := in.FieldPos(0)
		field := func(i int) string {
			if i < 0 || i >= len(fields) {
				return ""
			}
			return strings.Join(strings.Fields(fields[i]), " ")
		}
		url := field(urlAt)
		if err == nil && strings.Join(fields, "") == "" {
			continue
		}
		if err == nil {
			url, err = cleanURL(url)
		}
		if err != nil {
			if bads++; bads <= maxBadLines {
				bad = append(bad, fmt.Errorf("line %d: %w", line, err))
			}
			if parse := (*csv.ParseError)(nil); err != nil && !errors.As(err, &parse) && limited.N == 0 {
				break
			}
			continue
		}
		list.add(url, field(titleAt), strings.FieldsFunc(field(tagsAt), func(r rune) bool { return r == ';' || r == ',' }))
	}
	if bads > maxBadLines {
		bad = append(bad, fmt.Errorf("and %d more bad lines", bads-maxBadLines))
	}
	if limited.N == 0 {
		bad = append(bad, fmt.Errorf("larger than %d MiB: the rest was not read", maxList>>20))
	}
	return list.subs, errors.Join(bad...)
}

// csvURL are the names of the column with the feed's URL.
var csvURL = []string{"url", "feed", "feed_url", "feed url", "xmlurl"}

// isCSV tells whether a list begins with a line that names the columns of a table of feeds.
func isCSV(head []byte) bool {
	line, _, _ := strings.Cut(string(head), "\n")
	if !strings.Contains(line, ",") && !strings.EqualFold(strings.TrimSpace(line), "url") {
		return false
	}
	for name := range strings.SplitSeq(line, ",") {
		name = strings.Trim(strings.TrimSpace(name), `"`)
		for _, want := range csvURL {
			if strings.EqualFold(name, want) {
				return true
			}
		}
	}
	return false
}
