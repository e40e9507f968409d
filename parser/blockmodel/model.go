// Package blockmodel holds the boosted trees that say of a block of a page how likely it is the article's text: the
// weights, their file format and their evaluation. What the features mean is the parser's; see MODEL_CARD.md for what the
// built-in weights were trained on. It promises that the same features give the same score on every machine.
package blockmodel

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"
)

//go:embed blocks.model
var builtIn []byte

// Default returns the model that is built in.
var Default = sync.OnceValue(func() *Model {
	m, err := Decode(builtIn)
	if err != nil {
		panic(err) // the file is part of the program
	}
	return m
})

// File returns the file of the built-in model. It must not be changed.
func File() []byte { return builtIn }

// magic begins a model file; its last byte is the version of the format.
const magic = "feedmill-blocks\x01"

// Node is an inner node or a leaf of a tree. An inner node sends a row with Features[Feature] <= Threshold to Left, any
// other to Right: positive numbers are nodes of the same model, negative ones are leaves, -1 being leaf 0.
type Node struct {
	Feature     uint16
	Threshold   float32
	Left, Right int32
}

// Model is a sum of regression trees over features, the logarithm of the odds.
type Model struct {
	// Features are the names of the features in their order.
	Features []string
	// Bias is the score of a row before any tree.
	Bias float32
	// Roots are the trees: indices of Nodes, or leaves as in Node.
	Roots  []int32
	Nodes  []Node
	Leaves []float32
}

// Score returns the logarithm of the odds that a row's block is text of the article. The row must have the model's
// features in their order.
func (m *Model) Score(row []float32) float32 {
	s, nodes := m.Bias, m.Nodes
	for _, at := range m.Roots {
		for at >= 0 {
			n := &nodes[at]
			if row[n.Feature] <= n.Threshold {
				at = n.Left
			} else {
				at = n.Right
			}
		}
		s += m.Leaves[-1-at]
	}
	return s
}

// Probability returns Score as a probability.
func (m *Model) Probability(row []float32) float64 {
	return 1 / (1 + math.Exp(-float64(m.Score(row))))
}

// Encode returns the model's file: little-endian, names first, then trees.
func (m *Model) Encode() []byte {
	var b bytes.Buffer
	b.WriteString(magic)
	put := func(v any) {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			panic(err) // a buffer does not fail, and all types are of fixed size
		}
	}
	put(uint32(len(m.Features)))
	for _, f := range m.Features {
		put(uint16(len(f)))
		b.WriteString(f)
	}
	put(m.Bias)
	put(uint32(len(m.Roots)))
	put(uint32(len(m.Nodes)))
	put(uint32(len(m.Leaves)))
	put(m.Roots)
	put(m.Nodes)
	put(m.Leaves)
	return b.Bytes()
}

// Decode reads a model's file and checks that every reference in it leads somewhere and forward, so that Score ends.
func Decode(data []byte) (*Model, error) {
	r := bytes.NewReader(data)
	head := make([]byte, len(magic))
	if _, err := r.Read(head); err != nil || string(head) != magic {
		return nil, errors.New("read block model: not a model file of this version")
	}
	var failed error
	get := func(v any) {
		if failed == nil {
			failed = binary.Read(r, binary.LittleEndian, v)
		}
	}
	count := func(size int) int {
		var n uint32
		get(&n)
		if failed == nil && int64(n)*int64(size) > int64(r.Len()) {
			failed = errors.New("file is cut off")
		}
		if failed != nil {
			return 0
		}
		return int(n)
	}
	m := &Model{}
	m.Features = make([]string, count(2))
	for i := range m.Features {
		var n uint16
		get(&n)
		name := make([]byte, n)
		get(name)
		m.Features[i] = string(name)
	}
	get(&m.Bias)
	roots, nodes, leaves := count(4), count(14), count(4)
	m.Roots, m.Nodes, m.Leaves = make([]int32, roots), make([]Node, nodes), make([]float32, leaves)
	get(m.Roots)
	get(m.Nodes)
	get(m.Leaves)
	if failed != nil {
		return nil, fmt.Errorf("read block model: %w", failed)
	}
	ok := func(at, after int32) bool {
		return at >= 0 && at > after && int(at) < nodes || at < 0 && int(-1-at) < leaves
	}
	for _, at := range m.Roots {
		if !ok(at, -1) {
			return nil, fmt.Errorf("read block model: root %d leads nowhere", at)
		}
	}
	for i, n := range m.Nodes {
		if int(n.Feature) >= len(m.Features) || !ok(n.Left, int32(i)) || !ok(n.Right, int32(i)) {
			return nil, fmt.Errorf("read block model: node %d leads nowhere", i)
		}
	}
	return m, nil
}
