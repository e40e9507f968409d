package newsroom

import (
	"fmt"
	"html/template"
	"math/rand/v2"
	"strings"
)

// weight is what makes a page as heavy as real ones are and is no part of its article: style rules, the state of a
// script, menus, teasers of other stories and a list of links that no reader sees.
type weight struct {
	Style                template.CSS
	State                []link
	Menu, Teasers, Links []link
}

// Parts of a page's weight; what they leave is links. Script state is most of it, as it is on the web.
const (
	styleShare   = 0.15
	stateShare   = 0.40
	menuShare    = 0.10
	teasersShare = 0.10
)

// newWeight makes about so many bytes of everything but the links.
func newWeight(r *rand.Rand, prefix string, bytes int) *weight {
	part := func(share float64) int { return int(share * float64(bytes)) }
	return &weight{
		Style:   style(r, part(styleShare)),
		State:   stories(r, prefix+"/state/", part(stateShare), len(`{"Path":"","Title":"","Teaser":""},`), true),
		Menu:    stories(r, prefix+"/section/", part(menuShare), linkMarkup, false),
		Teasers: stories(r, prefix+"/story/", part(teasersShare), 180, true),
	}
}

const linkMarkup = len("<li><a href=\"\"></a></li>\n")

// stories names other articles until they and their markup are so long.
func stories(r *rand.Rand, path string, bytes, markup int, teased bool) []link {
	var links []link
	for bytes > 0 {
		w := newWriter(r)
		l := link{Path: fmt.Sprint(path, r.IntN(1e6)), Title: w.headline()}
		if teased {
			l.Teaser = w.lead()
		}
		links = append(links, l)
		bytes -= markup + len(l.Path) + len(l.Title) + len(l.Teaser)
	}
	return links
}

func style(r *rand.Rand, bytes int) template.CSS {
	var b strings.Builder
	for b.Len() < bytes {
		fmt.Fprintf(&b, ".m%d .n%d{margin:%dpx;padding:%dpx %dpx;color:#%06x;font-size:%dpx}\n",
			r.IntN(400), r.IntN(90), r.IntN(40), r.IntN(40), r.IntN(40), r.IntN(1<<24), 9+r.IntN(30))
	}
	return template.CSS(b.String())
}
