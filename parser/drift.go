package parser

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/feedmill/feedmill"
)

// Sample says how one page of a site was read: what drift is told by.
type Sample struct {
	// Template is a short hash of where on the page headline and text were found; pages that one template made have the
	// same.
	Template string `json:"template,omitempty"`
	Words    int    `json:"words"`
	// Missing names the fields that were not found: title, byline, published, image or text.
	Missing []string `json:"missing,omitempty"`
}

// Sampled is Extract with a sample of how the page was read, nil where there is no page to speak of.
func (x *Extractor) Sampled(p *feedmill.Page) (*feedmill.Article, *Sample, error) {
	d := x.document(p, nil)
	a, err := x.extractInto(d)
	if err != nil || d.feedOnly || d.layout == nil {
		return a, nil, err
	}
	s := &Sample{Words: a.Quality.Words, Template: d.template()}
	for _, f := range []struct {
		name    string
		missing bool
	}{
		{"title", a.Title == ""}, {"byline", len(a.Byline.Authors) == 0 && a.Byline.Agency == ""}, {"published", a.Published.Value == ""},
		{"image", len(a.Images) == 0}, {"text", a.Quality.Words < shortWords},
	} {
		if f.missing {
			s.Missing = append(s.Missing, f.name)
		}
	}
	return a, s, nil
}

// template hashes the names on the ways to headline and text.
func (d *document) template() string {
	var way strings.Builder
	names := func(i int32) {
		for ; i >= 0; i = d.layout.nodes[i].parent {
			way.WriteString(templateName(d.layout.nodes[i].n))
			way.WriteByte('<')
		}
		way.WriteByte('|')
	}
	if d.headline >= 0 && d.headline < len(d.layout.blocks) {
		names(d.layout.blocks[d.headline].near)
	}
	if c := d.body.container; c >= 0 && int(c) < len(d.layout.nodes) {
		names(c)
	}
	sum := sha256.Sum256([]byte(way.String()))
	return hex.EncodeToString(sum[:4])
}

// templateName is what a template calls an element: its kind, and the id or else the first class that is no number.
func templateName(n *html.Node) string {
	if id := attr(n, "id"); isStableName(id) {
		return n.Data + "#" + id
	}
	for class := range strings.FieldsSeq(attr(n, "class")) {
		if isStableName(class) {
			return n.Data + "." + class
		}
	}
	return n.Data
}

const (
	// driftRecent is how many articles are compared with those before them, of which driftPast are remembered and half as
	// many are enough to compare with.
	driftRecent = 20
	driftPast   = 80
	// driftNormal is after how many articles what has drifted is what is usual.
	driftNormal = 200
)

// SiteHistory is how a site's pages were read, and whether the last of them are read otherwise than those before. The zero
// value is that of a site of which nothing is known.
type SiteHistory struct {
	Past   []Sample `json:"past,omitempty"`
	Recent []Sample `json:"recent,omitempty"`
	// Drift says what is other, "" where nothing is. While it is set Past stays as it is, and Drifted counts the articles.
	Drift   string `json:"drift,omitempty"`
	Drifted int    `json:"drifted,omitempty"`
}

// Add adds a sample. The site has drifted when, among its last 20 articles, four in five are of templates that were not
// seen before, when their median length is less than half or more than twice what it was, or when a field is missing in a
// share that is greater by half. After 200 such articles that is what is usual.
func (h *SiteHistory) Add(s Sample) {
	h.Recent = append(h.Recent, s)
	if n := len(h.Recent) - driftRecent; n > 0 {
		if h.Drift == "" {
			h.Past = append(h.Past, h.Recent[:n]...)
			h.Past = slices.Clone(h.Past[max(0, len(h.Past)-driftPast):])
		}
		h.Recent = slices.Clone(h.Recent[n:])
	}
	if len(h.Recent) < driftRecent || len(h.Past) < driftPast/2 {
		return
	}
	h.Drift = h.compare()
	if h.Drift == "" {
		h.Drifted = 0
		return
	}
	if h.Drifted++; h.Drifted > driftNormal {
		h.Past, h.Drift, h.Drifted = nil, "", 0
	}
}

// compare says in which ways the last articles differ from those before.
func (h *SiteHistory) compare() string {
	var found []string
	known := map[string]bool{}
	for i := range h.Past {
		known[h.Past[i].Template] = true
	}
	fresh := 0
	for i := range h.Recent {
		if !known[h.Recent[i].Template] {
			fresh++
		}
	}
	if fresh*5 >= len(h.Recent)*4 {
		found = append(found, fmt.Sprintf("another template in %d of the last %d articles", fresh, len(h.Recent)))
	}
	if was, is := medianWords(h.Past), medianWords(h.Recent); 2*is < was || is > 2*was {
		found = append(found, fmt.Sprintf("median length %d words, was %d", is, was))
	}
	for _, field := range []string{"title", "byline", "published", "image", "text"} {
		if was, is := missingShare(h.Past, field), missingShare(h.Recent, field); is-was >= 0.5 {
			found = append(found, fmt.Sprintf("%s missing in %.0f %%, was %.0f %%", field, 100*is, 100*was))
		}
	}
	return strings.Join(found, "; ")
}

func medianWords(list []Sample) int {
	sorted := slices.SortedFunc(slices.Values(list), func(a, b Sample) int { return cmp.Compare(a.Words, b.Words) })
	return sorted[len(sorted)/2].Words
}

func missingShare(list []Sample, field string) float64 {
	n := 0
	for i := range list {
		if slices.Contains(list[i].Missing, field) {
			n++
		}
	}
	return float64(n) / float64(len(list))
}
