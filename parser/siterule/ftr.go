package siterule

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// ImportFTR makes a rule of a site config of Full-Text RSS, the format of fivefilters.org: lines of "directive: value",
// XPath mostly, in a file that is named after its host. The name tells the host: "example.com.txt" is that host, with or
// without www., and ".example.com.txt" all hosts below it.
//
// Taken over are title, body, author, date, strip, strip_id_or_class, strip_image_src and prune. What has no meaning here,
// or cannot be read, is in notes, each with its line; nothing else is lost by it. Tests are the URLs of test_url. It is an
// error if nothing is left.
//
// Format: https://help.fivefilters.org/full-text-rss/site-patterns.html
func ImportFTR(name string, data []byte) (site *Site, tests, notes []string, err error) {
	if len(data) > maxFileBytes {
		return nil, nil, nil, fmt.Errorf("%s: larger than 1 MiB; this is hardly a site config", name)
	}
	base := strings.TrimSuffix(filepath.Base(name), ".txt")
	host, below := strings.CutPrefix(base, ".")
	if below {
		host = "*." + host
	}
	if host, err = parseHost(host); err != nil {
		return nil, nil, nil, fmt.Errorf("%s: the file's name is not that of a host, such as example.com.txt: %w", name, err)
	}
	site = &Site{Name: strings.TrimPrefix(base, "."), Hosts: []string{host}}
	r := &Rule{Name: site.Name, Fields: map[string][]*Selector{}}
	number := 0
	for line := range bytes.Lines(bytes.TrimPrefix(data, []byte("\ufeff"))) {
		number++
		note := func(format string, args ...any) {
			notes = append(notes, fmt.Sprintf("%s:%d: ", name, number)+fmt.Sprintf(format, args...))
		}
		text := strings.TrimSpace(string(line))
		if text == "" || text[0] == '#' {
			continue
		}
		directive, value, ok := strings.Cut(text, ":")
		directive, value = strings.ToLower(strings.TrimSpace(directive)), strings.TrimSpace(value)
		if !ok || value == "" {
			note("%q is no directive with a value; left out", text)
			continue
		}
		field, selector := "", ""
		switch directive {
		case "title", "body", "strip":
			field, selector = directive, xpathOf(value)
		case "author":
			field, selector = "byline", xpathOf(value)
		case "date":
			field, selector = "published", xpathOf(value)
		case "strip_id_or_class":
			v := strconv.Quote(strings.Trim(value, `"'`))
			field, selector = "strip", fmt.Sprintf("[class*=%s], [id*=%s]", v, v)
		case "strip_image_src":
			field, selector = "strip", fmt.Sprintf("img[src*=%s]", strconv.Quote(strings.Trim(value, `"'`)))
		case "prune":
			r.Keep = strings.EqualFold(value, "no")
			continue
		case "test_url":
			tests = append(tests, value)
			continue
		case "tidy", "parser", "convert_double_br_tags", "autodetect_on_failure", "test_contains", "insert_detected_image", "skip_json_ld",
			"src_lazy_load_attr", "autodetect_next_page":
			continue // how that program reads pages; here they are always read so, or it is no matter
		default:
			note("%s is not taken over: there is nothing like it in a site rule", directive)
			continue
		}
		s, err := ParseSelector(selector)
		if err != nil {
			note("%s: %v; left out", directive, err)
			continue
		}
		r.Fields[field] = append(r.Fields[field], s)
	}
	if len(r.Fields) == 0 {
		return nil, tests, notes, fmt.Errorf("%s: nothing in it can be a site rule", name)
	}
	site.Rules = []*Rule{r}
	return site, tests, notes, r.seal()
}

// xpathOf makes an expression begin as one of a site rule does. Expressions stand for themselves there, and are asked of
// the whole document.
func xpathOf(s string) string {
	switch {
	case s[0] == '/', s[0] == '(', function.MatchString(s):
		return s
	case strings.HasPrefix(s, "./"):
		return s[1:]
	}
	return "(" + s + ")"
}
