package story

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/feedmill/feedmill/enricher/internal/hash"
)

const (
	shingleWords = 3
	// sketchSize is how many hashes a text keeps; a text of fewer shingles keeps them all.
	sketchSize = 256
	// wordsSize is how many hashes of words it keeps beside them; words of less than longWord letters say little.
	wordsSize = 128
	longWord  = 4
	// A text of which this share of the words are numbers is a table.
	tabular = 0.15
)

// Fingerprint is what is kept of a text in order to compare it: sketches of its shingles and of its words. It says nothing
// of what the text says, and is some 1.5 KB.
type Fingerprint struct {
	runs, words sketch
	table       bool
}

// sketch is the least hashes of a set, ascending, and how many there were.
type sketch struct {
	least []uint32
	size  int
}

// Short tells whether the text is too short to be compared.
func (f *Fingerprint) Short() bool { return f.runs.size < fewest }

// NewFingerprint reads a text. Words are letters and digits in lower case; where a script puts no space between words, each
// letter stands for one.
func NewFingerprint(text string) *Fingerprint {
	f := &Fingerprint{}
	var runs, single []uint32
	var last [shingleWords]uint64
	n, numbers := 0, 0
	for word := range words(strings.ToLower(text)) {
		n++
		copy(last[:], last[1:])
		last[shingleWords-1] = hashWord(word)
		if word[0] >= '0' && word[0] <= '9' {
			numbers++
		} else if utf8.RuneCountInString(word) >= longWord {
			single = append(single, uint32(hash.Mix(last[shingleWords-1])>>32))
		}
		if n < shingleWords {
			continue
		}
		h := uint64(0)
		for _, x := range last {
			h = hash.Mix(h*0x9e3779b97f4a7c15 + x)
		}
		runs = append(runs, uint32(h>>32))
	}
	f.runs, f.words = newSketch(runs, sketchSize), newSketch(single, wordsSize)
	f.table = float64(numbers) >= tabular*float64(n)
	return f
}

// unspaced are the scripts that put no space between words.
var unspaced = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar}

// words yields the words of a text.
func words(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		start := -1
		for i, r := range text {
			letter := r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9') ||
				r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r))
			alone := letter && r > 0x0e00 && unicode.In(r, unspaced...)
			if start >= 0 && (!letter || alone) {
				if !yield(text[start:i]) {
					return
				}
				start = -1
			}
			switch {
			case alone:
				if !yield(text[i : i+utf8.RuneLen(r)]) {
					return
				}
			case letter && start < 0:
				start = i
			}
		}
		if start >= 0 {
			yield(text[start:])
		}
	}
}

func newSketch(all []uint32, most int) sketch {
	slices.Sort(all)
	all = slices.Compact(all)
	return sketch{least: slices.Clone(all[:min(len(all), most)]), size: len(all)}
}

// hashWord is FNV-1a.
func hashWord(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// containment estimates which share of the smaller set the larger one has, from the hashes below the bound up to which both
// sketches are complete.
func containment(a, b *sketch) (c float64, shared, compared int) {
	if a.size > b.size {
		a, b = b, a
	}
	bound := min(a.limit(), b.limit())
	i := 0
	for _, h := range a.least {
		if h > bound {
			break
		}
		compared++
		for i < len(b.least) && b.least[i] < h {
			i++
		}
		if i < len(b.least) && b.least[i] == h {
			shared++
		}
	}
	if compared == 0 {
		return 0, 0, 0
	}
	return float64(shared) / float64(compared), shared, compared
}

// limit is the hash up to which a sketch is complete.
func (s *sketch) limit() uint32 {
	if len(s.least) == s.size {
		return ^uint32(0)
	}
	return s.least[len(s.least)-1]
}

func (f *Fingerprint) equal(o *Fingerprint) bool {
	return f.table == o.table && f.runs.size == o.runs.size && f.words.size == o.words.size &&
		slices.Equal(f.runs.least, o.runs.least) && slices.Equal(f.words.least, o.words.least)
}

// version begins the text form of a fingerprint.
const version = 1

// String is the text form of a fingerprint, in base64 without padding, which [Parse] reads. It is about 2 KB.
func (f *Fingerprint) String() string {
	b := make([]byte, 0, 16+4*(len(f.runs.least)+len(f.words.least)))
	table := byte(0)
	if f.table {
		table = 1
	}
	b = append(b, version, table)
	for _, s := range []*sketch{&f.runs, &f.words} {
		b = binary.AppendUvarint(b, uint64(s.size))
		b = binary.AppendUvarint(b, uint64(len(s.least)))
		for _, h := range s.least {
			b = binary.LittleEndian.AppendUint32(b, h)
		}
	}
	return base64.RawStdEncoding.EncodeToString(b)
}

// Parse reads the text form of a fingerprint.
func Parse(text string) (*Fingerprint, error) {
	b, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("fingerprint: %w", err)
	}
	if len(b) < 2 || b[0] != version {
		return nil, errors.New("fingerprint: of another version")
	}
	f := &Fingerprint{table: b[1] == 1}
	b = b[2:]
	for _, s := range []*sketch{&f.runs, &f.words} {
		size, n := binary.Uvarint(b)
		if n <= 0 || size > 1<<31 {
			return nil, errCut
		}
		b = b[n:]
		count, n := binary.Uvarint(b)
		if n <= 0 || count > size || count > sketchSize || uint64(len(b)-n) < 4*count {
			return nil, errCut
		}
		b = b[n:]
		s.size, s.least = int(size), make([]uint32, count)
		for i := range s.least {
			s.least[i] = binary.LittleEndian.Uint32(b[4*i:])
		}
		if !slices.IsSorted(s.least) || count == 0 && size > 0 {
			return nil, errCut
		}
		b = b[4*count:]
	}
	if len(b) > 0 {
		return nil, errCut
	}
	return f, nil
}

var errCut = errors.New("fingerprint: it is damaged")
