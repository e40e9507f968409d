package ner

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"sync"
)

// Card says where a model comes from. It stands at the head of the model's file.
type Card struct {
	Name string `json:"name"`
	// Sets are the corpora that the weights were trained on.
	Sets []string `json:"sets"`
}

// Model finds names. It is safe for use by several goroutines.
type Model struct {
	Card    Card
	lex     *Lexicon
	gate    Gate
	first   weights // of words and document
	second  weights // of the first pass's votes, added to the first
	pool    sync.Pool
	version string
}

// weights are rows of one byte for each label, found by the hash of a feature.
type weights struct {
	trans  [Labels][Labels]float32
	etrans *[Labels][Labels]float32 // e to the power of trans
	scale  float32
	clear  float32 // a word whose score outside of names is higher by this than any other is outside
	n      int
	keys   string   // sorted, four bytes each
	rows   string   // Labels bytes each, and 8 behind the last
	heads  []uint32 // where the keys that start with some bits start
	shift  int
}

// clearMargin is by how much, in nats, what speaks against a name outweighs the best that can speak for it, for the
// probability of a name to be neglected.
const clearMargin = 8

const modelMagic = "FMNER1\n\x00"

// OpenModel reads a model that [Write] wrote, to be used with the lexicon that it was trained with. It keeps data.
func OpenModel(data string, lex *Lexicon) (*Model, error) {
	m := &Model{lex: lex}
	rest, ok := cut(&data, len(modelMagic))
	if !ok || rest != modelMagic {
		return nil, errors.New("not an entity model of this version")
	}
	damaged := errors.New("the entity model is cut or damaged")
	head, ok := cut(&data, 4)
	if !ok {
		return nil, damaged
	}
	card, ok := cut(&data, int(le32(head, 0)))
	if !ok {
		return nil, damaged
	}
	if err := json.Unmarshal([]byte(card), &m.Card); err != nil {
		return nil, fmt.Errorf("card of the entity model: %w", err)
	}
	gate, ok := cut(&data, gateSize*Kinds+4*(Kinds+1))
	if !ok {
		return nil, damaged
	}
	m.gate.read(gate)
	for _, w := range []*weights{&m.first, &m.second} {
		if !w.read(&data) {
			return nil, damaged
		}
	}
	m.pool.New = func() any { return newTagger(lex) }
	return m, nil
}

func cut(s *string, n int) (string, bool) {
	if n < 0 || n > len(*s) {
		return "", false
	}
	head := (*s)[:n]
	*s = (*s)[n:]
	return head, true
}

func (w *weights) read(data *string) bool {
	head, ok := cut(data, 4*Labels*Labels+8)
	if !ok {
		return false
	}
	e := &[Labels][Labels]float32{}
	w.etrans = e
	for i := range Labels {
		for j := range Labels {
			w.trans[i][j] = math.Float32frombits(le32(head, 4*(i*Labels+j)))
			e[i][j] = float32(math.Exp(float64(w.trans[i][j])))
		}
	}
	w.scale = math.Float32frombits(le32(head, 4*Labels*Labels))
	w.n = int(le32(head, 4*Labels*Labels+4))
	if w.keys, ok = cut(data, 4*w.n); !ok {
		return false
	}
	if w.rows, ok = cut(data, Labels*w.n+8); !ok {
		return false
	}
	gain := float32(0)
	for i := range Labels {
		for j := range Labels {
			gain = max(gain, w.trans[i][j]-w.trans[outside][outside])
		}
	}
	w.clear = 2*gain + clearMargin
	headBits := bits.Len(uint(w.n))
	w.shift = 32 - headBits
	w.heads = make([]uint32, 1<<headBits+1)
	k := 0
	for i := range w.n {
		for h := int(le32(w.keys, 4*i) >> w.shift); k <= h; k++ {
			w.heads[k] = uint32(i)
		}
	}
	for ; k < len(w.heads); k++ {
		w.heads[k] = uint32(w.n)
	}
	return true
}

// sums adds up rows: lanes of 16 bits, in the order that [sums.add] leaves them in.
type sums struct {
	lane  [6]uint64
	count uint32 // rows added; each byte is kept 128 too high
}

// maxRows is how many rows can be added before a lane overflows.
const maxRows = 256

const evenBytes = 0x00FF00FF00FF00FF

func le64(s string, i int) uint64 {
	_ = s[i+7]
	return uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
		uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
}

// add adds the row of feature f, if it has one.
func (w *weights) add(s *sums, f uint64) {
	key := uint32(f >> 32)
	h := key >> w.shift
	for i, end := w.heads[h], w.heads[h+1]; i < end; i++ {
		k := le32(w.keys, int(i)*4)
		if k < key {
			continue
		}
		if k == key && s.count < maxRows {
			o := int(i) * Labels
			a, b, c := le64(w.rows, o), le64(w.rows, o+8), le64(w.rows, o+16)
			s.lane[0] += a & evenBytes
			s.lane[1] += a >> 8 & evenBytes
			s.lane[2] += b & evenBytes
			s.lane[3] += b >> 8 & evenBytes
			s.lane[4] += c & evenBytes
			s.lane[5] += c >> 8 & evenBytes
			s.count++
		}
		return
	}
}

// addAll adds the rows of features. Almost each look-up misses the caches: what they need of a table is asked for together,
// so that they wait for it at the same time.
func (w *weights) addAll(s *sums, features []uint64) {
	const batch = 32
	var from, to, found [batch]uint32
	for len(features) > 0 {
		n := min(len(features), batch)
		part := features[:n]
		features = features[n:]
		for i, f := range part {
			h := uint32(f>>32) >> w.shift
			from[i&(batch-1)], to[i&(batch-1)] = w.heads[h], w.heads[h+1]
		}
		rows := 0
		for i, f := range part {
			key := uint32(f >> 32)
			for k, end := from[i&(batch-1)], to[i&(batch-1)]; k < end; k++ {
				if have := le32(w.keys, int(k)*4); have >= key {
					if have == key {
						found[rows&(batch-1)] = k
						rows++
					}
					break
				}
			}
		}
		for _, k := range found[:rows] {
			if s.count >= maxRows {
				return
			}
			o := int(k) * Labels
			a, b, c := le64(w.rows, o), le64(w.rows, o+8), le64(w.rows, o+16)
			s.lane[0] += a & evenBytes
			s.lane[1] += a >> 8 & evenBytes
			s.lane[2] += b & evenBytes
			s.lane[3] += b >> 8 & evenBytes
			s.lane[4] += c & evenBytes
			s.lane[5] += c >> 8 & evenBytes
			s.count++
		}
	}
}

func (s *sums) merge(o *sums) {
	for i := range s.lane {
		s.lane[i] += o.lane[i]
	}
	s.count += o.count
}

// into writes the sums as scores.
func (s *sums) into(dst *[Labels]float32, scale float32) {
	bias := int32(s.count) * 128
	for k := range dst {
		lane := s.lane[k>>3<<1|k&1]
		dst[k] = float32(int32(lane>>(16*(k>>1&3))&0xFFFF)-bias) * scale
	}
}

// Row is the weights of a feature in training.
type Row struct {
	Feature uint64
	Weights [Labels]float32
}

// Weights are what training found for one pass: rows, and weights for pairs of labels.
type Weights struct {
	Rows  []Row
	Trans [Labels][Labels]float32
}

// maxWeight bounds a weight: what is beyond is cut, so that the small ones keep their places.
const maxWeight = 2.54

// Write writes a model. The same input gives the same bytes.
func Write(w io.Writer, card *Card, gate *Gate, first, second *Weights) error {
	head, err := json.Marshal(card)
	if err != nil {
		return fmt.Errorf("card of the entity model: %w", err)
	}
	out := append([]byte{}, modelMagic...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(head)))
	out = append(out, head...)
	out = gate.append(out)
	for _, x := range []*Weights{first, second} {
		out = x.append(out)
	}
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("write entity model: %w", err)
	}
	return nil
}

func (x *Weights) append(out []byte) []byte {
	for i := range Labels {
		for j := range Labels {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x.Trans[i][j]))
		}
	}
	top := float32(0.01)
	for i := range x.Rows {
		for _, v := range x.Rows[i].Weights {
			top = max(top, v, -v)
		}
	}
	scale := min(top, maxWeight) / 127
	rows := slices.Clone(x.Rows)
	slices.SortFunc(rows, func(a, b Row) int {
		switch {
		case a.Feature < b.Feature:
			return -1
		case a.Feature > b.Feature:
			return 1
		}
		return 0
	})
	// Of two features with one key the first stays; there are a handful.
	rows = slices.CompactFunc(rows, func(a, b Row) bool { return a.Feature>>32 == b.Feature>>32 })
	out = binary.LittleEndian.AppendUint32(out, math.Float32bits(scale))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(rows)))
	for i := range rows {
		out = binary.LittleEndian.AppendUint32(out, uint32(rows[i].Feature>>32))
	}
	for i := range rows {
		for _, v := range rows[i].Weights {
			q := math.Round(float64(v / scale))
			out = append(out, byte(int(max(-127, min(127, q)))+128))
		}
	}
	return append(out, make([]byte, 8)...)
}
