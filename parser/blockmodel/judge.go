package blockmodel

// Judge tells which side of a bar a row's score is on, mostly without asking all trees. It is safe for concurrent use.
type Judge struct {
	m *Model
	// least and most are what the trees from a given one on can still add.
	least, most []float32
}

// NewJudge returns a judge by the model's score. The model must not be changed any more.
func NewJudge(m *Model) *Judge {
	j := &Judge{m: m, least: make([]float32, len(m.Roots)+1), most: make([]float32, len(m.Roots)+1)}
	low, high := 0.0, 0.0
	for i := len(m.Roots) - 1; i >= 0; i-- {
		least, most := m.bounds(m.Roots[i])
		low += float64(least)
		high += float64(most)
		// More than what rounding can make of a sum that Score adds up in another order.
		j.least[i], j.most[i] = float32(low-margin), float32(high+margin)
	}
	return j
}

const margin = 1e-3

// bounds are the least and the greatest leaf below a node.
func (m *Model) bounds(at int32) (least, most float32) {
	if at < 0 {
		leaf := m.Leaves[-1-at]
		return leaf, leaf
	}
	n := &m.Nodes[at]
	l1, m1 := m.bounds(n.Left)
	l2, m2 := m.bounds(n.Right)
	return min(l1, l2), max(m1, m2)
}

// Above tells whether the score of a row is above the bar.
func (j *Judge) Above(row []float32, bar float32) bool { return j.score(row, bar) > bar }

// Below tells whether the score of a row is below the bar.
func (j *Judge) Below(row []float32, bar float32) bool { return j.score(row, bar) < bar }

// score is the score of a row, or another number on the same side of the bar.
func (j *Judge) score(row []float32, bar float32) float32 {
	m := j.m
	s, nodes := m.Bias, m.Nodes
	for i, at := range m.Roots {
		if i%4 == 0 {
			if end := s + j.most[i]; end < bar {
				return end
			}
			if end := s + j.least[i]; end > bar {
				return end
			}
		}
		for at >= 0 {
			n := &nodes[at]
			next := n.Right
			if row[n.Feature] <= n.Threshold {
				next = n.Left
			}
			at = next
		}
		s += m.Leaves[-1-at]
	}
	return s
}
