package config

import (
	"reflect"
	"strings"

	"github.com/hbollon/go-edlib"
)

// suggestKey ends the sentence about an unknown key: the nearest key of the same group, else where a key of that name
// lives, else the keys that there are.
func suggestKey(group reflect.Type, prefix, name string) string {
	names := keysOf(group)
	if near := nearest(name, names); near != "" {
		return `; did you mean "` + near + `"?`
	}
	for _, key := range Keys() {
		outer, last, dotted := cutLast(key)
		switch {
		case key == name && dotted: // "poll.min: 5m" instead of a group
			return "; write it as " + outer + ": {" + last + ": …}"
		case last == name && outer != prefix:
			return `; did you mean "` + key + `"?`
		}
	}
	return "; known here: " + strings.Join(names, ", ")
}

func cutLast(key string) (outer, last string, dotted bool) {
	i := strings.LastIndexByte(key, '.')
	if i < 0 {
		return "", key, false
	}
	return key[:i], key[i+1:], true
}

// nearest returns the candidate that is fewest edits from name, empty where none is near enough to be meant.
func nearest(name string, candidates []string) string {
	if len(name) > 64 {
		return ""
	}
	best, bestEdits := "", max(1, len(name)/3)+1
	for _, c := range candidates {
		if n := edlib.OSADamerauLevenshteinDistance(strings.ToLower(name), strings.ToLower(c)); n < bestEdits {
			best, bestEdits = c, n
		}
	}
	return best
}
