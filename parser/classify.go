package parser

import "strings"

// vetoBelow and addAbove are the logarithms of the odds at which the classifier overrules the rules: a block that they
// keep is dropped below the one, a block that they drop is kept above the other. Chosen in cross-validation by host.
const (
	vetoBelow = -0.4 // probability .4
	addAbove  = 0.2  // probability .55
	addNamed  = 1.4  // probability .8, for what names around it call furniture
)

// classify asks the block classifier about what the rules chose, and returns the size of what is kept after that.
func (d *document) classify(size int) int {
	if d.x.without == "classifier" || len(d.x.model.Roots) == 0 {
		return size
	}
	l := d.layout
	f := d.readFeatures()
	row := make([]float32, 0, len(blockFeatures))
	kept := make([]int, 0, len(d.body.kept)+16)
	vetoed, added := 0, 0
	size = 0
	for i := range l.blocks {
		b := &l.blocks[i]
		keep := f.kept[i]
		if f.asked(i) && !d.isElsewhere(i) {
			row = f.row(row[:0], i)
			var odds float32
			if keep { // how sure the classifier is of what stays is part of the body's score
				odds = d.x.model.Score(row)
			}
			switch {
			case keep && d.x.without != "veto" && odds < vetoBelow:
				keep = false
				b.drop = "classifier/veto"
				vetoed++
			case !keep && d.x.without != "adder" && d.x.judge.Above(row, addBar(b)) && d.mayAdd(b):
				keep = true
				b.drop = ""
				added++
				odds = d.x.model.Score(row)
			}
			d.body.doubt.note(odds, keep, f.kept[i], b.size)
		}
		if keep {
			kept = append(kept, i)
			size += b.size
		}
	}
	if len(kept) == 0 { // rather what the rules have than nothing
		for _, i := range d.body.kept {
			l.blocks[i].drop = ""
			size += l.blocks[i].size
		}
		return size
	}
	d.body.kept = kept
	if vetoed+added > 0 {
		d.explain.step("classifier", "blocks that the rules keep: %d dropped; that they drop: %d kept", vetoed, added)
	}
	return size
}

// addBar is what the classifier must score to add a block, by the rule that dropped it.
func addBar(b *block) float32 {
	if b.hints&hintFurniture != 0 {
		return addNamed
	}
	return addAbove
}

// mayAdd tells whether the classifier may add a block. It never adds what the rules know by its words: prompts, lines of
// furniture, bylines, dates; nor copies, residue, and readers' comments.
func (d *document) mayAdd(b *block) bool {
	switch reason, rule, _ := strings.Cut(b.drop, "/"); {
	case reason == "prompt", reason == "residue", reason == "repeated", rule == "line", b.hints&hintComment != 0:
		return false
	}
	return !(b.size < 160 && looksLikeByline(b.text)) && !(b.size < 100 && looksLikeDate(b.text))
}
