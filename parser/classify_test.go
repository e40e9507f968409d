package parser

import (
	"slices"
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/parser/blockmodel"
)

// TestModelFeatures fails where the features have changed and the weights have not been trained again.
func TestModelFeatures(t *testing.T) {
	t.Parallel()
	if got := blockmodel.Default().Features; !slices.Equal(got, blockFeatures) {
		t.Errorf("the built-in model has %d features, the parser %d, or in another order: run make model-blocks", len(got), len(blockFeatures))
	}
}

func TestBlockSamples(t *testing.T) {
	t.Parallel()
	page := &feedmill.Page{URL: "https://news.example/a", Body: []byte("<body><h1>Bridge to be rebuilt</h1><p>" + sentence + "<p>" + sentence + sentence + "<ul><li><a href=/x>Home</a></ul>")}
	list, _, err := NewExtractor(nil).BlockSamples(page)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 4 || !list[0].Elsewhere || !list[1].Kept || list[3].Kept {
		t.Errorf("samples %+v", list)
	}
	for _, s := range list {
		if s.Asked && len(s.Features) != len(blockFeatures) {
			t.Errorf("%d features of %q, want %d", len(s.Features), s.Text, len(blockFeatures))
		}
	}
}

// TestClassifierOverrules gives a classifier that drops or keeps everything.
func TestClassifierOverrules(t *testing.T) {
	t.Parallel()
	page := &feedmill.Page{URL: "https://news.example/a", Body: []byte("<body><main><h1>Bridge to be rebuilt</h1>" + paragraphs(4) +
		"<p>Share this</p></main><div id=comments><p>" + strings.Repeat("A reader says that it was time. ", 9) + "</div>")}
	all := func(leaf float32) string {
		a, err := NewExtractor(&Options{BlockModel: &blockmodel.Model{Features: blockFeatures, Roots: []int32{-1}, Leaves: []float32{leaf}}}).Extract(page)
		if err != nil {
			t.Fatal(err)
		}
		return a.Text
	}
	rules, err := NewExtractor(&Options{BlockModel: &blockmodel.Model{}}).Extract(page)
	if err != nil {
		t.Fatal(err)
	}
	if got := all(-9); got != rules.Text {
		t.Errorf("where nothing is left the rules have the word; text is %q", got)
	}
	if got := all(9); !strings.Contains(got, "Share this") || strings.Contains(got, "A reader says") || strings.Contains(got, "Bridge to be rebuilt") {
		t.Errorf("text with everything kept is %q", got)
	}
}
