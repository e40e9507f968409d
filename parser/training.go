package parser

import (
	"slices"

	"github.com/feedmill/feedmill"
)

// BlockFeatures returns the names of the features of the block classifier, in the order in which [BlockSample] has them.
func BlockFeatures() []string { return slices.Clone(blockFeatures) }

// BlockSample is one block of a page as the block classifier sees it: what its trainer learns from.
type BlockSample struct {
	Text     string
	Features []float32
	// Kept tells that the rules keep the block, Asked that the classifier is asked about it at all.
	Kept, Asked bool
	// Elsewhere tells that the block is in another field of the article: headline, dek, caption.
	Elsewhere bool
}

// BlockSamples returns the blocks of a page in document order, after the rules have chosen and before the classifier is
// asked, and the article's subtitle, which is not among them.
func (x *Extractor) BlockSamples(p *feedmill.Page) (list []BlockSample, subtitle string, err error) {
	var d *document
	only := *x
	only.beforeModel = func(at *document) { d = at }
	a, err := only.extractInto(only.document(p, nil)) // which keeps the layout
	if err != nil || d == nil {
		return nil, "", err
	}
	l := d.layout
	f := d.readFeatures()
	list = make([]BlockSample, len(l.blocks))
	for i := range l.blocks {
		b := &l.blocks[i]
		list[i] = BlockSample{Text: b.text, Kept: f.kept[i], Asked: f.asked(i), Elsewhere: d.isElsewhere(i)}
		if list[i].Asked {
			list[i].Features = f.row(make([]float32, 0, len(blockFeatures)), i)
		}
	}
	return list, a.Subtitle, nil
}

// ScoreFeatures returns the names of what Quality.Score is estimated from, in the order in which [Extractor.ScoreSample] has
// the values.
func ScoreFeatures() []string { return slices.Clone(scoreFeatures[:]) }

// ScoreSample returns a page's article and what its Quality.Score is estimated from: what the trainer of the score learns
// from. There are no values where it is not estimated.
func (x *Extractor) ScoreSample(p *feedmill.Page) (*feedmill.Article, []float64, error) {
	d := x.document(p, nil)
	a, err := x.extractInto(d)
	if err != nil || !d.scored() {
		return a, nil, err
	}
	return a, d.scoreValues(), nil
}
