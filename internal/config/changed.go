package config

import "reflect"

// Changed returns the keys whose values differ between two configurations, in the order of the documentation. A list is
// one value.
func (c *Config) Changed(other *Config) []string {
	var keys []string
	for _, key := range Keys() {
		mine, _, err := c.lookup(key)
		if err != nil {
			continue // no key of Keys
		}
		if theirs, _, err := other.lookup(key); err != nil || !reflect.DeepEqual(mine.Interface(), theirs.Interface()) {
			keys = append(keys, key)
		}
	}
	return keys
}
