package config

import (
	"reflect"
	"strings"
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
		if n := edits(strings.ToLower(name), strings.ToLower(c)); n < bestEdits {
			best, bestEdits = c, n
		}
	}
	return best
}

// edits counts the insertions, deletions, replacements and swaps of neighbours that make b of a (optimal string
// alignment), in bytes: all keys are ASCII.
func edits(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
