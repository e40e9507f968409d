package main

import (
	"math"
	"math/rand/v2"

	"github.com/feedmill/feedmill/enricher/ner"
)

// trainGate fits the model that tells kinds of text apart. It is shown documents whole and cut short, so that it is no
// surer of a short text than it can be.
func trainGate(docs []*document) *ner.Gate {
	type example struct {
		buckets []int
		kind    ner.Kind
	}
	rng := rand.New(rand.NewPCG(3, 5))
	var data []example
	for _, d := range docs {
		data = append(data, example{ner.Buckets(d.words), d.set.kind})
		for range 2 {
			from := rng.IntN(len(d.words))
			to := min(len(d.words), from+10+rng.IntN(200))
			data = append(data, example{ner.Buckets(d.words[from:to]), d.set.kind})
		}
	}
	g := &ner.Gate{}
	const epochs, decay = 12, 1e-6
	for epoch := range epochs {
		rng.Shuffle(len(data), func(i, j int) { data[i], data[j] = data[j], data[i] })
		rate := float32(0.5 / (1 + float64(epoch)))
		for _, e := range data {
			p := g.Probabilities(e.buckets)
			norm := float32(1 / math.Sqrt(float64(max(1, len(e.buckets)))))
			for k := range p {
				grad := -p[k]
				if k == int(e.kind) {
					grad++
				}
				for _, b := range e.buckets {
					w := &g.Weights[b][k]
					*w += rate * (grad*norm - decay**w)
				}
				last := &g.Weights[len(g.Weights)-1][k]
				*last += 0.1 * rate * grad
			}
		}
	}
	return g
}
