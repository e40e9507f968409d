package siterule

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones are known on every machine

	"github.com/hbollon/go-edlib"
	"go.yaml.in/yaml/v4"
	"golang.org/x/net/idna"
)

const (
	// maxFileBytes bounds a rule file.
	maxFileBytes = 1 << 20
	// maxErrors is how many errors of one file are told.
	maxErrors = 20
)

// Parse reads a rule file. Its name, without directory and extension, names the site's rules; errors begin with the name
// as it is given, line and column, one a line: all that is wrong is told at once.
func Parse(name string, data []byte) (*Site, error) {
	if len(data) > maxFileBytes {
		return nil, fmt.Errorf("%s: larger than 1 MiB; this is hardly a rule file", name)
	}
	d := &decoder{file: name}
	root, err := d.document(data)
	if err != nil {
		return nil, err
	}
	site := &Site{Name: NameOf(name)}
	d.site(root, site)
	if len(d.errs) > 0 {
		return nil, errors.Join(d.errs...)
	}
	return site, nil
}

// NameOf is what the rules of a file are called: its name without directory and extension.
func NameOf(file string) string {
	base := filepath.Base(file)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

type decoder struct {
	file string
	errs []error
}

func (d *decoder) fail(n *yaml.Node, format string, args ...any) {
	if len(d.errs) < maxErrors {
		d.errs = append(d.errs, fmt.Errorf("%s:%d:%d: %s", d.file, n.Line, n.Column, fmt.Sprintf(format, args...)))
	}
}

// document returns the root node of the one document in data.
func (d *decoder) document(data []byte) (*yaml.Node, error) {
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.file, err)
	}
	var doc, next yaml.Node
	err = loader.Load(&doc)
	switch {
	case err == nil && doc.Kind == yaml.DocumentNode && len(doc.Content) == 1:
	case err == nil || errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%s: the file is empty; a rule file has the keys hosts and rules", d.file)
	default:
		return nil, d.syntax(err)
	}
	switch err := loader.Load(&next); {
	case err == nil:
		return nil, fmt.Errorf("%s:%d:%d: a second document begins here; one file is for one site, remove the ---", d.file, next.Line, next.Column)
	case !errors.Is(err, io.EOF):
		return nil, d.syntax(err)
	}
	return doc.Content[0], nil
}

func (d *decoder) syntax(err error) error {
	if e, ok := errors.AsType[*yaml.LoadError](err); ok && e.Mark.Line > 0 {
		return fmt.Errorf("%s:%d:%d: not YAML: %s", d.file, e.Mark.Line, e.Mark.Column, e.Message)
	}
	return fmt.Errorf("%s: not YAML: %w", d.file, err)
}

// keys calls f for each key of a mapping, and tells whether n is one. Unknown keys and doubles are told here.
func (d *decoder) keys(n *yaml.Node, what string, known []string, f func(key string, name, value *yaml.Node)) bool {
	n = resolved(n)
	if n.Kind != yaml.MappingNode {
		d.fail(n, "%s is not %s; write keys such as %s: …", describe(n), what, known[0])
		return false
	}
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		switch {
		case name.Kind != yaml.ScalarNode:
			d.fail(name, "a key must be a plain word")
		case !slices.Contains(known, name.Value):
			d.fail(name, "unknown key %q%s", name.Value, suggest(name.Value, known))
		case first[name.Value] > 0:
			d.fail(name, "%s is set twice; remove one (the other is at line %d)", name.Value, first[name.Value])
		default:
			first[name.Value] = name.Line
			f(name.Value, name, resolved(value))
		}
	}
	return true
}

func (d *decoder) site(n *yaml.Node, s *Site) {
	var hosts, rules bool
	if !d.keys(n, "a rule file", []string{"hosts", "rules"}, func(key string, name, value *yaml.Node) {
		switch key {
		case "hosts":
			hosts = true
			for _, item := range d.texts(key, value) {
				host, err := parseHost(item.Value)
				switch {
				case err != nil:
					d.fail(item, "hosts: %v", err)
				case slices.Contains(s.Hosts, host):
					d.fail(item, "hosts: %s stands there twice", host)
				default:
					s.Hosts = append(s.Hosts, host)
				}
			}
		case "rules":
			rules = true
			if value.Kind != yaml.SequenceNode || len(value.Content) == 0 {
				d.fail(value, "rules: %s is not a list of rules; begin each with a dash: - body: .story", describe(value))
				return
			}
			for _, item := range value.Content {
				d.rule(resolved(item), s)
			}
		}
	}) {
		return
	}
	if !hosts {
		d.fail(n, "hosts is missing: the hosts that the rules are for, such as hosts: [news.example.com]")
	}
	if !rules {
		d.fail(n, "rules is missing: a list of rules, such as rules: [{body: .story}]")
	}
}

func (d *decoder) rule(n *yaml.Node, s *Site) {
	r := &Rule{Name: s.Name, Fields: map[string][]*Selector{}}
	known := append(Fields(), "from", "until", "paths", "keep", "zone", "dates")
	var until *yaml.Node
	if !d.keys(n, "a rule", known, func(key string, name, value *yaml.Node) {
		switch key {
		case "from", "until":
			at, ok := d.time(key, value)
			if !ok {
				return
			}
			if key == "from" {
				r.From = at
			} else {
				r.Until, until = at, value
			}
		case "paths":
			for _, item := range d.texts(key, value) {
				if !strings.HasPrefix(item.Value, "/") && !strings.HasPrefix(item.Value, "*") {
					d.fail(item, "paths: %q: a path begins with /; write one such as /news/*", item.Value)
					continue
				}
				r.Paths = append(r.Paths, item.Value)
			}
		case "keep":
			if value.Kind != yaml.ScalarNode || value.Value != "true" && value.Value != "false" {
				d.fail(value, "keep: %s is not true or false", describe(value))
			}
			r.Keep = value.Value == "true"
		case "zone":
			zone, err := time.LoadLocation(value.Value)
			if value.Kind != yaml.ScalarNode || value.Value == "" || value.Value == "Local" || err != nil {
				d.fail(value, "zone: %s is not the name of a time zone; write one such as Asia/Seoul", describe(value))
				return
			}
			r.Zone = zone
		case "dates":
			if value.Kind != yaml.ScalarNode || value.Value != DayFirst && value.Value != MonthFirst {
				d.fail(value, "dates: %s is not %s or %s", describe(value), DayFirst, MonthFirst)
				return
			}
			r.Dates = value.Value
		default:
			for _, item := range d.texts(key, value) {
				sel, err := ParseSelector(item.Value)
				switch {
				case err != nil:
					d.fail(item, "%s: %v", key, err)
				case sel.Literal() && !mayBeLiteral(key):
					d.fail(item, "%s: %q is a value, and %s needs an element; write a selector", key, item.Value, key)
				default:
					r.Fields[key] = append(r.Fields[key], sel)
				}
			}
		}
	}) {
		return
	}
	if until != nil && !r.From.Before(r.Until) && !r.From.IsZero() {
		d.fail(until, "until: the rule ends before it begins; until is the first day on which it no longer holds")
	}
	if len(r.Fields) == 0 && r.Zone == nil && r.Dates == "" && len(d.errs) == 0 {
		d.fail(n, "the rule says nothing; give it a key such as body or title")
	}
	if err := r.seal(); err != nil {
		d.fail(n, "%v", err)
	}
	s.Rules = append(s.Rules, r)
}

// mayBeLiteral tells the fields that can be given as a value.
func mayBeLiteral(field string) bool {
	switch field {
	case "body", "strip", "image", "caption", "paywalled", "title":
		return false
	}
	return true
}

// texts returns the scalars of a list, or the one that stands for a list of one.
func (d *decoder) texts(key string, n *yaml.Node) []*yaml.Node {
	list := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		list = n.Content
	}
	out := make([]*yaml.Node, 0, len(list))
	for _, item := range list {
		item = resolved(item)
		if item.Kind != yaml.ScalarNode || item.Tag == "!!null" || strings.TrimSpace(item.Value) == "" {
			d.fail(item, "%s: %s is not a text; write one or remove it", key, describe(item))
			continue
		}
		out = append(out, item)
	}
	if len(list) == 0 {
		d.fail(n, "%s: the list is empty; write one or remove the key", key)
	}
	return out
}

func (d *decoder) time(key string, n *yaml.Node) (time.Time, bool) {
	if n.Kind == yaml.ScalarNode {
		for _, layout := range []string{time.DateOnly, time.RFC3339} {
			if t, err := time.Parse(layout, n.Value); err == nil {
				return t.UTC(), true
			}
		}
	}
	d.fail(n, "%s: %s is not a day; write one such as 2024-03-01, or a time as in RFC 3339", key, describe(n))
	return time.Time{}, false
}

var hostName = regexp.MustCompile(`^(\*\.)?[\pL\pN]([\pL\pN_-]*[\pL\pN])?(\.[\pL\pN]([\pL\pN_-]*[\pL\pN])?)*$`)

// parseHost checks a host or pattern of hosts.
func parseHost(s string) (string, error) {
	host := strings.ToLower(strings.TrimSuffix(strings.TrimSpace(s), "."))
	switch {
	case strings.Contains(host, "://") || strings.Contains(host, "/"):
		return "", fmt.Errorf("%q is a URL; write its host alone, such as news.example.com", s)
	case !hostName.MatchString(host):
		return "", fmt.Errorf(`%q is not a host; write one such as news.example.com or "*.example.com"`, s)
	}
	below, any := strings.CutPrefix(host, "*.")
	if ascii, err := idna.Lookup.ToASCII(below); err == nil {
		host = ascii
		if any {
			host = "*." + ascii
		}
	}
	return host, nil
}

func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// describe names a node that is of the wrong kind.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a group of keys"
	case yaml.SequenceNode:
		return "a list"
	}
	if n.Tag == "!!null" {
		return "nothing"
	}
	return strconv.Quote(n.Value)
}

// suggest ends the sentence about an unknown key: the one that is fewest edits away, else all.
func suggest(name string, known []string) string {
	best, edits := "", max(1, len(name)/3)+1
	for _, k := range known {
		if len(name) > 64 {
			break // no slip of a key
		}
		if n := edlib.OSADamerauLevenshteinDistance(strings.ToLower(name), k); n < edits {
			best, edits = k, n
		}
	}
	if best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return "; known here: " + strings.Join(known, ", ")
}
