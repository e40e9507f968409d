package blockmodel

import (
	"math/rand/v2"
	"testing"
)

// TestJudge holds the judge to the score on rows at random, with bars near and far.
func TestJudge(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]*Model{"stump": stump(), "built in": Default(), "without trees": {Bias: 1}} {
		j := NewJudge(m)
		r := rand.New(rand.NewPCG(1, 2))
		row := make([]float32, len(m.Features))
		for range 2000 {
			for i := range row {
				row[i] = float32(r.IntN(12) - 1)
			}
			s := m.Score(row)
			for _, bar := range []float32{s, s - 1e-6, s + 1e-6, s - 0.1, s + 0.1, -0.4, 0.2, 1.4, -100, 100} {
				if above, below := j.Above(row, bar), j.Below(row, bar); above != (s > bar) || below != (s < bar) {
					t.Fatalf("%s: score %v, bar %v: above %t, below %t", name, s, bar, above, below)
				}
			}
		}
	}
}
