package main

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/feedmill/feedmill/enricher/ner"
)

// recipe is what a model is made of.
type recipe struct {
	name string
	sets []string
	// rows is how many features the first pass keeps.
	rows   int
	choose settings // to choose the features
	first  settings
	second settings
	folds  int
	// trust scales the weights of the second pass: the first passes of the folds know less than the one that is used,
	// so that the second makes too much of its votes. Chosen on development data.
	trust float64
}

// learn trains the weights of both passes.
//
// The features of the first pass are chosen by a short training over all that occur twice. The second pass has to see
// the first as it is on text that it was not trained on, so the documents are dealt into folds, and each is read by a
// first pass that was trained on the others.
func learn(r *recipe, docs []*document, lex *ner.Lexicon, log func(format string, args ...any)) (first, second *ner.Weights) {
	rng := rand.New(rand.NewPCG(r.first.seed, 11))
	docs = slices.Clone(docs)
	for _, d := range slices.Clone(docs) {
		if rng.IntN(7) == 0 {
			d.kind = ner.OtherKind
		}
		if rng.IntN(4) == 0 {
			if h := withHeadline(d, rng); h != nil {
				docs = append(docs, h)
				// The body stands twice now: its first copy goes.
				docs[slices.Index(docs, d)] = nil
			}
		}
	}
	docs = slices.DeleteFunc(docs, func(d *document) bool { return d == nil })
	start := time.Now()
	ix := newIndex(docs, lex)
	log("%d features, %d documents, %.0fs", ix.count, len(docs), time.Since(start).Seconds())
	if ix.count > r.rows {
		c := newChain(ix.count)
		c.train(ix.sentences(docs), r.choose)
		strength := make([]float32, ix.count)
		for i := range strength {
			for _, v := range c.rows[i*rowSize : i*rowSize+labels] {
				strength[i] += v * v
			}
		}
		sorted := slices.Clone(strength)
		slices.Sort(sorted)
		least := sorted[len(sorted)-r.rows]
		ix = ix.keep(func(f int) bool { return strength[f] > least })
		log("%d features chosen, %.0fs", ix.count, time.Since(start).Seconds())
	}
	sents := ix.sentences(docs)
	chains := make([]*chain, r.folds+1)
	var wait sync.WaitGroup
	owner := make([]int, len(docs)) // the fold of each document
	for i := range owner {
		owner[i] = rng.IntN(r.folds)
	}
	for k := range chains {
		var part []sentence
		n := 0
		for i, d := range docs {
			for range d.ends {
				if owner[i] != k {
					part = append(part, sents[n])
				}
				n++
			}
		}
		chains[k] = newChain(ix.count)
		wait.Go(func() { chains[k].train(part, r.first) })
	}
	wait.Wait()
	// With every feature present the sums are larger than with those that dropout had left.
	for _, c := range chains {
		c.damp(1 - r.first.dropout)
	}
	log("first pass trained, %.0fs", time.Since(start).Seconds())
	first = chains[r.folds].weights(ix)

	votes := emptyIndex(lex)
	data := secondPass(docs, sents, lex, votes, func(doc int) *chain { return chains[owner[doc]] })
	c := newChain(votes.count)
	c.trans = chains[r.folds].trans
	c.train(data, r.second)
	c.damp(r.trust)
	second = c.weights(votes)
	log("%d features of the second pass, trained, %.0fs", votes.count, time.Since(start).Seconds())
	return first, second
}

// secondPass returns the examples of the second pass: the features of the first pass's votes, over its scores.
func secondPass(docs []*document, sents []sentence, lex *ner.Lexicon, votes *index, reader func(doc int) *chain) []sentence {
	x := ner.NewExtractor(lex)
	var l lattice
	out := make([]sentence, 0, len(sents))
	counts := map[uint64]int{}
	raw := make([][][]uint64, 0, len(sents))
	n := 0
	for i, d := range docs {
		c := reader(i)
		probs := make([]float32, 0, len(d.words)*labels)
		base := make([]float32, 0, len(d.words)*labels)
		for k := range d.ends {
			s := &sents[n+k]
			size := len(s.features)
			l.size(size)
			c.scores(s, s.features, l.scores)
			c.expTrans()
			c.marginals(&l, size, nil, nil, 0)
			for j := range size * labels {
				base = append(base, float32(l.scores[j]))
				probs = append(probs, float32(l.probs[j]))
			}
		}
		x.Features(d.words, d.ends, d.kind, func(int, []uint64) {})
		token := make([][]uint64, len(d.words))
		x.Votes(probs, func(i int, fs []uint64) {
			token[i] = slices.Clone(fs)
			for _, f := range fs {
				counts[f]++
			}
		})
		from := 0
		for _, to := range d.ends {
			raw = append(raw, token[from:to])
			out = append(out, sentence{allowed: d.labels[from:to], weight: 1, base: base[from*labels : to*labels]})
			from = to
		}
		n += len(d.ends)
	}
	for _, s := range raw {
		for _, fs := range s {
			for _, f := range fs {
				if counts[f] >= 20 {
					votes.add(f)
				}
			}
		}
	}
	for i, s := range raw {
		out[i].features = make([][]int32, len(s))
		for j, fs := range s {
			for _, f := range fs {
				if k := votes.slot(f); votes.keys[k] == f {
					out[i].features[j] = append(out[i].features[j], votes.ids[k])
				}
			}
		}
	}
	return out
}

// weights returns the trained rows that say something.
func (c *chain) weights(ix *index) *ner.Weights {
	out := &ner.Weights{}
	for i, h := range ix.hash {
		row := ner.Row{Feature: h}
		said := false
		for k, v := range c.rows[i*rowSize : i*rowSize+labels] {
			row.Weights[k] = v
			said = said || v > 0.01 || v < -0.01
		}
		if said {
			out.Rows = append(out.Rows, row)
		}
	}
	for j := range labels {
		for k := range labels {
			out.Trans[j][k] = float32(c.trans[j*labels+k])
		}
	}
	return out
}

func measure(m *ner.Model, docs []*document, passes ner.Passes, only ...ner.Type) (tally, map[ner.Type]tally) {
	var spans []ner.Span
	return score(docs, func(d *document) []name {
		spans = m.Tag(spans[:0], d.words, d.ends, passes, nil)
		var out []name
		for _, s := range spans {
			out = append(out, name{d.toks[s.From].Start, d.toks[s.To-1].End, s.Type})
		}
		return out
	}, only...)
}

var devSets = []string{"conll2003", "worldwide", "uner-ewt", "wikigold"}

// scores measures a model with one pass and with two.
func scores(m *ner.Model, devs map[string][]*document, log func(format string, args ...any)) (one, two map[string]float64) {
	one, two = map[string]float64{}, map[string]float64{}
	for _, s := range devSets {
		var only []ner.Type
		if s == "uner-ewt" {
			only = []ner.Type{ner.Person, ner.Organization, ner.Place}
		}
		a, _ := measure(m, devs[s], ner.OnePass, only...)
		b, by := measure(m, devs[s], ner.TwoPasses, only...)
		log("%-10s one pass %.2f two passes %v%s", s, a.f1(), b, row(by))
		one[s], two[s] = a.f1(), b.f1()
	}
	return one, two
}
