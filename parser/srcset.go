package parser

import (
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// imageSource returns the absolute URL of the picture that an img element shows in the end: the src, unless that is
// empty or a placeholder and a script is meant to put in another, or there is only a srcset. "" where there is none.
func imageSource(attrs []html.Attribute, base *url.URL) string {
	var src, lazy, set string
	for _, a := range attrs {
		switch a.Key {
		case "src":
			src = a.Val
		case "data-src", "data-original", "data-lazy-src", "data-lazy", "data-url", "data-hi-res-src", "data-full-src", "data-image", "data-img-src", "data-echo", "data-src-large":
			if lazy == "" {
				lazy = a.Val
			}
		case "srcset", "data-srcset", "data-lazy-srcset":
			if set == "" {
				set = a.Val
			}
		}
	}
	if lazy != "" && strings.ContainsAny(lazy, "./") && !strings.HasPrefix(lazy, "{") && !strings.HasPrefix(lazy, "data:") {
		if abs, ok := absoluteURL(lazy, base); ok {
			return abs
		}
	}
	if src != "" && !isPlaceholder(src) {
		if abs, ok := absoluteURL(src, base); ok {
			return abs
		}
	}
	if best := widestSource(set); best != "" {
		if abs, ok := absoluteURL(best, base); ok {
			return abs
		}
	}
	return ""
}

// isPlaceholder tells sources that stand in until a script has loaded the picture.
func isPlaceholder(src string) bool {
	if strings.HasPrefix(src, "data:") || strings.HasPrefix(src, "about:") {
		return true
	}
	file := src
	if i := strings.IndexAny(file, "?#"); i >= 0 {
		file = file[:i]
	}
	file = strings.ToLower(file[strings.LastIndexByte(file, '/')+1:])
	for _, w := range [...]string{"placeholder", "blank.", "spacer", "pixel.", "transparent", "lazyload", "lazy.", "loading.", "1x1", "grey-placeholder", "clear.gif", "trans.gif"} {
		if strings.Contains(file, w) {
			return true
		}
	}
	return false
}

// widestSource returns the URL of the widest candidate of a srcset (HTML Standard §4.8.4.2.1).
func widestSource(set string) string {
	best, bestSize := "", -1.0
	for set != "" {
		set = strings.TrimLeft(set, " \t\r\n,")
		end := strings.IndexAny(set, " \t\r\n")
		if end < 0 {
			end = len(set)
		}
		ref := set[:end]
		set = set[end:]
		size := 1.0
		if trimmed := strings.TrimRight(ref, ","); trimmed != ref {
			ref = trimmed
		} else {
			desc, rest, _ := strings.Cut(set, ",")
			set = rest
			desc = strings.TrimSpace(desc)
			if n := len(desc); n > 1 {
				if v, err := strconv.ParseFloat(desc[:n-1], 64); err == nil {
					size = v
				}
			}
		}
		if ref != "" && size > bestSize && !strings.HasPrefix(ref, "data:") {
			best, bestSize = ref, size
		}
	}
	return best
}
