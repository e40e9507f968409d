package daemon

import (
	"fmt"
	"strings"

	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/registry"
)

// Filters translates the filters of a configuration that was validated.
func Filters(cfg *config.Config) (*registry.Rules, error) {
	var rules []registry.Rule
	for i, f := range cfg.Filters {
		r := registry.Rule{Name: fmt.Sprintf("filters[%d]", i), Feeds: f.Feeds, Field: f.Field, Match: f.Match, Action: f.Action}
		if place := cfg.Origin(r.Name); strings.Contains(place, ":") {
			r.Place = place
		}
		rules = append(rules, r)
	}
	return registry.NewRules(rules)
}

// SetFilters makes the filters of a configuration decide which items go on, from the next feed document that is read.
func (c *Client) SetFilters(cfg *config.Config) error {
	rules, err := Filters(cfg)
	if err != nil {
		return err
	}
	c.filters.Store(rules)
	return nil
}
