package enricher

import (
	"cmp"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
)

// TestCoNLL measures people, organizations and places on Reuters news of 1996, exact spans. The floor only guards
// against a broken rule: the bar for quality is the seed.
func TestCoNLL(t *testing.T) {
	t.Parallel()
	const floor = 0.70
	types := map[string]string{"PER": "person", "ORG": "organization", "LOC": "place"}
	hits, given, wanted := map[string]int{}, map[string]int{}, map[string]int{}
	errs := map[string]int{}
	var text strings.Builder
	gold := map[spanText]bool{}
	n := 0 // code points written
	var open *spanText
	lastEnd := 0
	shut := func() {
		if open != nil {
			open.end = lastEnd
			gold[*open] = true
			open = nil
		}
	}
	flush := func() {
		shut()
		if text.Len() == 0 {
			return
		}
		r := &feedmill.Record{}
		r.Text, r.Language.Tag = text.String(), "en"
		enrich(t, r)
		got := map[spanText]bool{}
		f := feedmill.NewText(r.Text)
		for _, e := range r.Entities {
			for _, m := range e.Mentions {
				if e.Type == "person" || e.Type == "organization" || e.Type == "place" {
					got[spanText{start: m.Start, end: m.End, typ: e.Type}] = true
				}
			}
		}
		for s := range gold {
			wanted[s.typ]++
			if !got[s] {
				errs["miss "+s.typ+" "+f.Slice(s.start, s.end)]++
			}
		}
		for s := range got {
			given[s.typ]++
			if gold[s] {
				hits[s.typ]++
			} else {
				errs["false "+s.typ+" "+f.Slice(s.start, s.end)]++
			}
		}
		text.Reset()
		gold, n = map[spanText]bool{}, 0
	}
	for line := range strings.Lines(string(readBeside(t, corporaNER+"conll2003.dev.tsv"))) {
		word, tag, _ := strings.Cut(strings.TrimSpace(line), "\t")
		switch {
		case word == "-DOCSTART-":
			flush()
			continue
		case word == "":
			shut()
			if n > 0 {
				text.WriteString("\n")
				n++
			}
			continue
		}
		typ := types[strings.TrimLeft(tag, "BI-")]
		if typ == "" || !strings.HasPrefix(tag, "I-") {
			shut()
		}
		if n > 0 && !strings.HasSuffix(text.String(), "\n") {
			text.WriteString(" ")
			n++
		}
		if typ != "" && open == nil {
			open = &spanText{start: n, typ: typ}
		}
		text.WriteString(word)
		n += len([]rune(word))
		lastEnd = n
	}
	flush()
	sumH, sumG, sumW := 0, 0, 0
	for _, typ := range types {
		sumH, sumG, sumW = sumH+hits[typ], sumG+given[typ], sumW+wanted[typ]
		t.Logf("%-13s precision %.3f recall %.3f F1 %.3f (%d)", typ, ratio(hits[typ], given[typ]), ratio(hits[typ], wanted[typ]),
			2*ratio(hits[typ], given[typ]+wanted[typ]), wanted[typ])
	}
	f1 := 2 * ratio(sumH, sumG+sumW)
	t.Logf("CoNLL-2003 dev, PER/ORG/LOC: F1 %.3f", f1)
	if os.Getenv("ENRICHER_ERRORS") != "" {
		var keys []string
		for k := range errs {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(errs[b], errs[a]), cmp.Compare(a, b)) })
		for _, k := range keys[:min(len(keys), 250)] {
			t.Logf("%4d %s", errs[k], k)
		}
	}
	if f1 < floor {
		t.Errorf("F1 %.3f, want %.2f", f1, floor)
	}
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
