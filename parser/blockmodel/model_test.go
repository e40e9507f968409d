package blockmodel

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// stump is a model of one tree of two leaves and one tree that is a leaf.
func stump() *Model {
	return &Model{
		Features: []string{"size", "density"}, Bias: 0.5, Roots: []int32{0, -3},
		Nodes: []Node{{Feature: 1, Threshold: 0.25, Left: -1, Right: -2}}, Leaves: []float32{1, -2, 0.25},
	}
}

func TestScore(t *testing.T) {
	t.Parallel()
	m := stump()
	for _, tt := range []struct {
		density float32
		want    float32
	}{{0, 1.75}, {0.25, 1.75}, {0.26, -1.25}, {float32(math.NaN()), -1.25}} {
		if got := m.Score([]float32{9, tt.density}); got != tt.want {
			t.Errorf("density %v: score %v, want %v", tt.density, got, tt.want)
		}
	}
	if p := m.Probability([]float32{0, 1}); math.Abs(p-1/(1+math.Exp(1.25))) > 1e-9 {
		t.Errorf("probability %v", p)
	}
}

func TestEncoding(t *testing.T) {
	t.Parallel()
	file := stump().Encode()
	m, err := Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(stump(), m); d != "" {
		t.Errorf("decoded (-want +got):\n%s", d)
	}
	for n := range len(file) {
		if _, err := Decode(file[:n]); err == nil {
			t.Errorf("the first %d of %d bytes pass for a model", n, len(file))
		}
	}
	loop := stump()
	loop.Nodes[0].Left = 0
	nowhere := stump()
	nowhere.Roots[1] = -9
	unknown := stump()
	unknown.Nodes[0].Feature = 7
	for name, m := range map[string]*Model{"a node that leads to itself": loop, "a root that is no leaf": nowhere, "an unknown feature": unknown} {
		if _, err := Decode(m.Encode()); err == nil {
			t.Errorf("%s passes", name)
		}
	}
}

func TestDefault(t *testing.T) {
	t.Parallel()
	m := Default()
	if len(m.Roots) == 0 || slices.Contains(m.Features, "") {
		t.Errorf("%d trees over %d features", len(m.Roots), len(m.Features))
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(stump().Encode())
	f.Fuzz(func(t *testing.T, file []byte) {
		m, err := Decode(file)
		if err != nil {
			return
		}
		m.Score(make([]float32, len(m.Features)))
	})
}
