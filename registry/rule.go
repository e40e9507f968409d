package registry

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/feedmill/feedmill"
)

// The fields that a Rule looks at, and what it does with what it matches.
const (
	FieldTitle    = "title"
	FieldURL      = "url"
	FieldCategory = "category"
	FieldAuthor   = "author"

	ActionKeep = "keep"
	ActionDrop = "drop"
)

// Rule keeps or drops items of feeds.
type Rule struct {
	// Name is what the rule is called where it is told that it dropped something, such as "filters[2]"; Place is where it
	// was written down, "" if unknown.
	Name, Place string
	// Feeds is the URL of a feed or a tag, which stands for the tags below it too; empty for all feeds.
	Feeds string
	// Field is one of the Field constants. "url" is the item's link as the feed states it; "category" each of its
	// categories; "author" the author as stated, his name, his address. What an item has not is the empty text.
	Field string
	// Match is a regular expression (RE2) that is looked for anywhere in the field.
	Match string
	// Action is one of the Action constants.
	Action string
}

func (r *Rule) String() string {
	s := r.Name
	if r.Place != "" {
		s += " at " + r.Place
	}
	return fmt.Sprintf("%s: %s where the %s matches %q", s, r.Action, r.Field, r.Match)
}

// Rules decide which items of a feed go on. The zero value, and nil, let all of them. They may be used concurrently.
type Rules struct {
	rules []compiled
	own   []compiled // of the one feed that the rules are for
}

type compiled struct {
	Rule
	re *regexp.Regexp
}

// NewRules compiles rules. The error names the rule at fault.
func NewRules(rules []Rule) (*Rules, error) {
	all := &Rules{}
	for i := range rules {
		r := rules[i]
		re, err := regexp.Compile(r.Match)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Name, err)
		}
		if !slices.Contains([]string{FieldTitle, FieldURL, FieldCategory, FieldAuthor}, r.Field) {
			return nil, fmt.Errorf("%s: no field %q", r.Name, r.Field)
		}
		if r.Action != ActionKeep && r.Action != ActionDrop {
			return nil, fmt.Errorf("%s: no action %q", r.Name, r.Action)
		}
		all.rules = append(all.rules, compiled{r, re})
	}
	return all, nil
}

// FeedRule is what a feed's own rules are called where it is told that they dropped something.
const FeedRule = "feed"

// For returns the rules that apply to a feed, its own among them; of those, what is no rule is left out.
func (r *Rules) For(st *feedmill.FeedState) *Rules {
	some := &Rules{}
	if st.Settings != nil {
		for _, f := range st.Settings.Filters {
			if one, err := NewRules([]Rule{{Name: FeedRule, Place: st.Settings.From, Field: f.Field, Match: f.Match, Action: f.Action}}); err == nil {
				some.own = append(some.own, one.rules...)
			}
		}
	}
	if r == nil {
		return some
	}
	for _, c := range r.rules {
		if c.Feeds == "" || strings.TrimSpace(c.Feeds) == st.URL || (&Filter{Tag: c.Feeds}).matches(st) {
			some.rules = append(some.rules, c)
		}
	}
	return some
}

// Len returns how many rules there are.
func (r *Rules) Len() int {
	if r == nil {
		return 0
	}
	return len(r.rules) + len(r.own)
}

// Drops returns the rule that drops an item, and why in a sentence; nil for an item that goes on. The first rule that
// matches decides. Where none does, the item is dropped if there are keep rules, and by the first of them. The feed's own
// rules are asked first, by themselves; what they let pass is up to the others.
func (r *Rules) Drops(it *feedmill.Item) (by *Rule, reason string) {
	if r == nil {
		return nil, ""
	}
	if by, reason = drops(r.own, it); by != nil {
		return by, reason
	}
	return drops(r.rules, it)
}

func drops(rules []compiled, it *feedmill.Item) (by *Rule, reason string) {
	var keep []*Rule
	for i := range rules {
		c := &rules[i]
		switch {
		case !c.matches(it):
			if c.Action == ActionKeep {
				keep = append(keep, &c.Rule)
			}
		case c.Action == ActionKeep:
			return nil, ""
		default:
			return &c.Rule, c.String()
		}
	}
	switch len(keep) {
	case 0:
		return nil, ""
	case 1:
		return keep[0], "no rule keeps it: " + keep[0].String()
	}
	return keep[0], fmt.Sprintf("none of %d rules keeps it: %s, …", len(keep), keep[0])
}

func (c *compiled) matches(it *feedmill.Item) bool {
	switch c.Field {
	case FieldTitle:
		return c.re.MatchString(it.Title)
	case FieldURL:
		return c.re.MatchString(it.Link)
	case FieldCategory:
		return c.any(it.Tags...)
	}
	return c.any(nonEmpty(it.Author, it.AuthorName, it.AuthorEmail)...)
}

// any tells whether one of the texts matches, or the empty one where there is none.
func (c *compiled) any(texts ...string) bool {
	if len(texts) == 0 {
		return c.re.MatchString("")
	}
	return slices.ContainsFunc(texts, c.re.MatchString)
}

func nonEmpty(texts ...string) []string {
	return slices.DeleteFunc(texts, func(s string) bool { return s == "" })
}
