package siterule

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"
)

// Site is one rule file.
type Site struct {
	// Name is the file's name without directory and extension: what provenance calls the rule.
	Name string
	// Hosts are the hosts that the rules are for: a host stands for itself and for www. in front of it, "*.host" for all
	// hosts below it.
	Hosts []string
	// Rules are tried in order; the first that holds for a page is taken.
	Rules []*Rule
}

// Rule says where the parts of a page stand.
type Rule struct {
	// Name is that of its site.
	Name string
	// From (inclusive) and Until (exclusive) bound when a page was fetched; zero is no bound.
	From, Until time.Time
	// Paths are patterns of the URL's path: "*" stands for any text, "?" for one byte. None is any path.
	Paths []string
	// Fields holds the selectors of each field, by the names of [Fields]. Of most fields the first selector that finds a
	// value counts; of strip, tags, caption and credit all do.
	Fields map[string][]*Selector
	// Keep says that all of the body's element is text: nothing in it is taken for furniture.
	Keep bool
	// Zone is the zone of dates that name none; nil where it is not known.
	Zone *time.Location
	// Dates is the order of day and month in dates of numbers alone: DayFirst, MonthFirst, or "" for what the parser
	// makes of language and country.
	Dates string

	hash string
}

// The orders of Rule.Dates.
const (
	DayFirst   = "day-first"
	MonthFirst = "month-first"
)

// Fields are the names of what a rule can point to, in the order of the documentation.
func Fields() []string {
	return []string{
		"title", "subtitle", "kicker", "description", "byline", "published", "modified", "language", "section", "tags",
		"source", "copyright", "license", "paywalled", "body", "strip", "image", "caption", "credit",
	}
}

// Hash is a short hash of what the rule finds: another hash, other results. Hosts, paths and times are not part of it,
// nor are comments and the order of keys.
func (r *Rule) Hash() string { return r.hash }

// seal computes the hash.
func (r *Rule) seal() error {
	said := struct {
		Name   string
		Fields map[string][]string
		Keep   bool
		Zone   string
		Dates  string
	}{r.Name, map[string][]string{}, r.Keep, "", r.Dates}
	if r.Zone != nil {
		said.Zone = r.Zone.String()
	}
	for name, list := range r.Fields {
		for _, s := range list {
			said.Fields[name] = append(said.Fields[name], s.text)
		}
	}
	b, err := json.Marshal(said)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(b)
	r.hash = hex.EncodeToString(sum[:])[:12]
	return nil
}

// holds tells whether the rule is for a page of that path, fetched at that time. A page of no known time is taken for
// one of today: a rule that has ended does not hold.
func (r *Rule) holds(pagePath string, at time.Time) bool {
	if !r.Until.IsZero() && (at.IsZero() || !at.Before(r.Until)) || !at.IsZero() && at.Before(r.From) {
		return false
	}
	return len(r.Paths) == 0 || slices.ContainsFunc(r.Paths, func(p string) bool { return matchPath(p, pagePath) })
}

// matchPath tells whether a path is of a pattern: "*" stands for any text, "?" for any one byte.
func matchPath(pattern, s string) bool {
	star, mark := -1, 0 // the last star, and where in s what it stands for ends
	p := 0
	for i := 0; i < len(s); {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// Set is the rules of all sites. A nil Set has none. It does not change and is safe for concurrent use.
type Set struct {
	hosts map[string]*Site // by host, or "*.host"
	sites []*Site
	hash  string
}

// NewSet joins rule files, which it sorts by name. A host that two of them name goes to the first; the error says so, and
// the set is of use all the same.
func NewSet(sites ...*Site) (*Set, error) {
	s := &Set{hosts: map[string]*Site{}, sites: slices.Clone(sites)}
	slices.SortStableFunc(s.sites, func(a, b *Site) int { return cmp.Compare(a.Name, b.Name) })
	var errs []error
	h := sha256.New()
	for _, site := range s.sites {
		for _, host := range site.Hosts {
			if other := s.hosts[host]; other != nil {
				errs = append(errs, fmt.Errorf("host %s has rules in %s and in %s; those of %s are taken: join the files or take the host out of one", host, other.Name, site.Name, other.Name))
				continue
			}
			s.hosts[host] = site
			fmt.Fprintf(h, "%s\n", host)
		}
		for _, r := range site.Rules {
			fmt.Fprintf(h, "%s %s %s %q\n", r.hash, r.From, r.Until, r.Paths)
		}
	}
	s.hash = hex.EncodeToString(h.Sum(nil))[:12]
	return s, errors.Join(errs...)
}

// Sites are the rule files of the set, sorted by name.
func (s *Set) Sites() []*Site {
	if s == nil {
		return nil
	}
	return s.sites
}

// Hash is a short hash of the whole set, "" for none.
func (s *Set) Hash() string {
	if s == nil || len(s.sites) == 0 {
		return ""
	}
	return s.hash
}

// For returns the rule of a page that was fetched from a URL at a time, nil where there is none. The file with the most
// specific host counts: the host itself, then the longest pattern.
func (s *Set) For(rawURL string, at time.Time) *Rule {
	if s == nil || len(s.hosts) == 0 {
		return nil
	}
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" {
		return nil
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	}
	site := s.hosts[host]
	if site == nil {
		site = s.hosts[strings.TrimPrefix(host, "www.")]
	}
	for rest := host; site == nil; {
		_, below, ok := strings.Cut(rest, ".")
		if !ok {
			return nil
		}
		rest = below
		site = s.hosts["*."+rest]
	}
	return site.rule(u, at)
}

// rule is the first rule of a site that holds for a page.
func (s *Site) rule(u *url.URL, at time.Time) *Rule {
	p := cmp.Or(u.Path, "/")
	for _, r := range s.Rules {
		if r.holds(p, at) {
			return r
		}
	}
	return nil
}

// Named returns the rule for a page in the file of that name, whatever hosts it is for; nil where there is none.
func (s *Set) Named(name, rawURL string, at time.Time) *Rule {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil
	}
	for _, site := range s.Sites() {
		if site.Name == name {
			return site.rule(u, at)
		}
	}
	return nil
}
