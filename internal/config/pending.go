package config

import (
	"reflect"
	"slices"
	"strings"
)

// pending lists what can be written down already but has no effect in this version. A key stands for all below it, []
// for every element of a list; but lists the values that do have an effect. Shorten it as the version grows.
func pending() []struct {
	key string
	but []string
} {
	return []struct {
		key string
		but []string
	}{
		{key: "sinks[].type", but: []string{"sqlite", "postgres", "file"}},
		{key: "sinks[].filter"},
	}
}

// Pending returns the keys that are set away from their defaults but have no effect in this version, in the order of
// the documentation, so that a caller can say so instead of passing over them in silence.
func (c *Config) Pending() []string {
	table := pending()
	usual := map[string]string{}
	Default().eachLeaf(func(key string, v reflect.Value) { usual[key] = leafText(v) })
	var keys []string
	c.eachLeaf(func(key string, v reflect.Value) {
		text := leafText(v)
		if was, ok := usual[key]; ok && was == text || !ok && v.IsZero() {
			return
		}
		pattern := elementIndex.ReplaceAllString(key, "[]")
		for _, p := range table {
			below, ok := strings.CutPrefix(pattern, p.key)
			if !ok || below != "" && below[0] != '.' && below[0] != '[' || slices.Contains(p.but, text) {
				continue
			}
			if strings.Contains(p.key, "[]") {
				keys = append(keys, key[:len(key)-len(below)])
			} else {
				keys = append(keys, p.key+topOf(below))
			}
			return
		}
	})
	return slices.Compact(keys)
}

// topOf keeps the part of a key below a group that names its own key, without elements of a list.
func topOf(below string) string {
	name, _, _ := strings.Cut(below, "[")
	return name
}
