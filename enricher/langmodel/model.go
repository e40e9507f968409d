// Package langmodel tells languages of one script apart by the letters of their words: how likely each letter is behind the
// up to three before it. A [Model] is read-only and safe for use by several goroutines.
package langmodel

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// MaxLength is the longest n-gram in letters.
const MaxLength = 4

// Scale is how many units of cost make one nat: a cost is the negative logarithm of a probability.
const Scale = 16

// Magic is the first line of a model's file.
const Magic = "feedmill.langmodel/1"

const (
	unseen  = 12 * Scale // of a letter that a language does not have
	backoff = 1 * Scale  // for each letter that has to be left out of what goes before
	maxWord = 40         // letters of a word that are read
)

// Tags are the languages that are modelled, by ISO 639-1 code.
func Tags() []string {
	return strings.Fields("en de fr es pt it nl sv da no fi pl cs sk hu ro tr id ms vi tl sw ca hr sl et lv lt sq is eu af ga cy az " +
		"ru uk bg sr mk be kk mn ar fa ur hi mr")
}

// Model holds n-grams of many languages.
type Model struct {
	tags   []string
	keys   []uint32
	starts []uint32 // of the entries of each key
	langs  []byte
	costs  []byte
	// jump[k] is the first key with the high sixteen bits k.
	jump []uint32
}

// Hash is the key of an n-gram (FNV-1a over its letters).
func Hash(gram []rune) uint32 {
	h := uint32(2166136261)
	for _, r := range gram {
		for range 3 {
			h = (h ^ uint32(r&0xff)) * 16777619
			r >>= 8
		}
	}
	return h ^ uint32(len(gram))*0x9e3779b9
}

// Read reads a gzipped model.
func Read(packed []byte) (*Model, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("read language model: %w", err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("read language model: %w", err)
	}
	head, rest, _ := bytes.Cut(raw, []byte("\n"))
	tags, rest, ok := bytes.Cut(rest, []byte("\n"))
	if string(head) != Magic || !ok || len(rest) < 8 {
		return nil, fmt.Errorf("read language model: no model of the form %s", Magic)
	}
	n, entries := int(binary.LittleEndian.Uint32(rest)), int(binary.LittleEndian.Uint32(rest[4:]))
	rest = rest[8:]
	if len(rest) != 5*n+2*entries {
		return nil, fmt.Errorf("read language model: %d bytes, want %d", len(rest), 5*n+2*entries)
	}
	m := &Model{tags: strings.Fields(string(tags)), keys: make([]uint32, n), starts: make([]uint32, n+1), jump: make([]uint32, 1<<16+1)}
	for i := range n {
		m.keys[i] = binary.LittleEndian.Uint32(rest[4*i:])
		m.starts[i+1] = m.starts[i] + uint32(rest[4*n+i])
	}
	rest = rest[5*n:]
	if int(m.starts[n]) != entries {
		return nil, fmt.Errorf("read language model: entries do not add up")
	}
	m.langs, m.costs = slices.Clone(rest[:entries]), slices.Clone(rest[entries:])
	if i := slices.IndexFunc(m.langs, func(l byte) bool { return int(l) >= len(m.tags) }); i >= 0 {
		return nil, fmt.Errorf("read language model: language %d of %d", m.langs[i], len(m.tags))
	}
	k := 0
	for h := range 1 << 16 {
		for k < n && int(m.keys[k]>>16) < h {
			k++
		}
		m.jump[h] = uint32(k)
	}
	m.jump[1<<16] = uint32(n)
	return m, nil
}

// find returns the range of entries of a key.
func (m *Model) find(key uint32) (from, to uint32) {
	lo, hi := m.jump[key>>16], m.jump[key>>16+1]
	for i := lo; i < hi; i++ {
		if m.keys[i] == key {
			return m.starts[i], m.starts[i+1]
		}
	}
	return 0, 0
}

// Score reads the words of s and returns the cost of its letters in nats for each of the languages, which are tags, lower
// for likelier, and how many letters were read. A language that is not modelled has a cost of -1. maxLetters bounds the
// work.
func (m *Model) Score(s string, languages []string, maxLetters int) (costs []float64, letters int) {
	index := make([]int, len(m.tags)) // language of the model to position in languages, plus one
	costs = make([]float64, len(languages))
	for i, l := range languages {
		if k := slices.Index(m.tags, l); k >= 0 {
			index[k] = i + 1
		} else {
			costs[i] = -1
		}
	}
	sums := make([]int, len(languages))
	set := make([]int, len(languages)) // the position at which a cost was last set
	step, known := 0, 0
	for i := range costs {
		if costs[i] >= 0 {
			known++
		}
	}
	var word []rune
	flush := func() {
		for i := range word {
			step++
			open := known
			for n := min(i+1, MaxLength); n >= 1 && open > 0; n-- {
				from, to := m.find(Hash(word[i+1-n : i+1]))
				left := min(i+1, MaxLength) - n
				for e := from; e < to; e++ {
					if l := index[m.langs[e]] - 1; l >= 0 && set[l] != step {
						set[l] = step
						open--
						sums[l] += int(m.costs[e]) + left*backoff
					}
				}
			}
			for l := range set {
				if set[l] != step {
					sums[l] += unseen
				}
			}
		}
		letters += len(word)
		word = word[:0]
	}
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.Is(unicode.M, r) {
			if len(word) < maxWord {
				word = append(word, unicode.ToLower(r))
			}
			continue
		}
		if len(word) > 0 {
			flush()
			if letters >= maxLetters {
				break
			}
		}
	}
	flush()
	for i := range costs {
		if costs[i] >= 0 {
			costs[i] = float64(sums[i]) / Scale
		}
	}
	return costs, letters
}
