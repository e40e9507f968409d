package ner

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"strings"
)

// Class is what a list says of a word or phrase. The classes of an entry are a set.
type Class uint16

const (
	ClassGiven    Class = 1 << iota // given name
	ClassFamily                     // family name
	ClassCity                       // large city or capital
	ClassTown                       // smaller city
	ClassCountry                    // state
	ClassRegion                     // part of a state or of the world, sea, river
	ClassGroup                      // nationality, faith
	ClassOrg                        // organization
	ClassTeam                       // sports club
	ClassMisc                       // contest, event, product, work
	ClassTitle                      // word that stands before a person's name
	ClassTime                       // month, day of the week
	ClassOrgWord                    // word that organizations' names end with
	ClassKnown                      // of a person in the news
	classMore                       // the entry begins a longer phrase
	classClusters                   // the word has clusters
)

// classBits is how many classes stand for lists.
const classBits = 14

// Clusters are groups of words of like use, coarse to fine: of 64, 256, 1024 and 2500.
type Clusters [4]uint16

type entry struct {
	known    uint8 // whether the word has clusters
	clusters Clusters
	classes  Class
}

// Lexicon holds what is known of words and phrases: clusters and lists. It is read in place from the bytes of its file,
// so that it takes no memory of its own.
type Lexicon struct {
	words, phrases string
}

const (
	lexiconMagic = "FMLEX1\n\x00"
	wordSize     = 12
	phraseSize   = 6
	// MaxPhrase is how many tokens a listed phrase has at most.
	MaxPhrase = 6
)

// OpenLexicon reads a lexicon that [LexiconBuilder] wrote. It keeps data.
func OpenLexicon(data string) (*Lexicon, error) {
	if len(data) < len(lexiconMagic)+8 || data[:len(lexiconMagic)] != lexiconMagic {
		return nil, errors.New("not a lexicon of this version")
	}
	rest := data[len(lexiconMagic):]
	nw, np := int(le32(rest, 0)), int(le32(rest, 4))
	rest = rest[8:]
	if nw <= 0 || np <= 0 || len(rest) != nw*wordSize+np*phraseSize {
		return nil, errors.New("the lexicon is cut or damaged")
	}
	return &Lexicon{words: rest[:nw*wordSize], phrases: rest[nw*wordSize:]}, nil
}

func le32(s string, i int) uint32 {
	_ = s[i+3]
	return uint32(s[i]) | uint32(s[i+1])<<8 | uint32(s[i+2])<<16 | uint32(s[i+3])<<24
}

func le16(s string, i int) uint16 { return uint16(s[i]) | uint16(s[i+1])<<8 }

// fingerprint is the part of a hash that a table keeps, never 0.
func fingerprint(h uint64) uint32 { return uint32(h) | 1 }

// slotOf returns where the search for a hash starts in a table of n slots: in the order of the hashes.
func slotOf(h uint64, n int) int {
	hi, _ := bits.Mul64(h, uint64(n))
	return int(hi)
}

func (l *Lexicon) find(h uint64) entry {
	n := len(l.words) / wordSize
	for i, k := slotOf(h, n), fingerprint(h); ; i++ {
		if i == n {
			i = 0
		}
		o := i * wordSize
		switch le32(l.words, o) {
		case k:
			c := Class(le16(l.words, o+10))
			e := entry{classes: c &^ classClusters}
			if c&classClusters != 0 {
				e.known = 1
				e.clusters = Clusters{uint16(l.words[o+4]), uint16(l.words[o+5]), le16(l.words, o+6), le16(l.words, o+8)}
			}
			return e
		case 0:
			return entry{}
		}
	}
}

func (l *Lexicon) phrase(h uint64) Class {
	n := len(l.phrases) / phraseSize
	for i, k := slotOf(h, n), fingerprint(h); ; i++ {
		if i == n {
			i = 0
		}
		o := i * phraseSize
		switch le32(l.phrases, o) {
		case k:
			return Class(le16(l.phrases, o+4))
		case 0:
			return 0
		}
	}
}

const templatePhrase = 900

func join(phrase, word uint64) uint64 { return two(templatePhrase, phrase, word) }

// LexiconBuilder gathers a lexicon's entries.
type LexiconBuilder struct {
	words   map[uint64]*entry
	phrases map[uint64]Class
}

// NewLexiconBuilder returns an empty builder.
func NewLexiconBuilder() *LexiconBuilder {
	return &LexiconBuilder{words: map[uint64]*entry{}, phrases: map[uint64]Class{}}
}

// lowerHash is the hash under which a word is looked up.
func lowerHash(s string) uint64 {
	var w word
	var empty Lexicon
	empty.words = string(make([]byte, wordSize))
	w.analyse(s, &empty)
	return w.lower
}

func (b *LexiconBuilder) word(s string) *entry {
	h := lowerHash(s)
	e := b.words[h]
	if e == nil {
		e = &entry{}
		b.words[h] = e
	}
	return e
}

// AddClusters gives a word its clusters. Of words that differ in case or digits alone the first counts.
func (b *LexiconBuilder) AddClusters(w string, c Clusters) {
	e := b.word(w)
	if e.known == 0 {
		e.known, e.clusters = 1, c
	}
}

// Add puts a name, given by its tokens, on the list of a class.
func (b *LexiconBuilder) Add(tokens []string, c Class) {
	switch n := len(tokens); {
	case n == 0 || n > MaxPhrase:
	case n == 1:
		b.word(tokens[0]).classes |= c
	default:
		b.word(tokens[0]).classes |= classMore
		h := lowerHash(tokens[0])
		for i, t := range tokens[1:] {
			h = join(h, lowerHash(t))
			if i < n-2 {
				b.phrases[h] |= classMore
			} else {
				b.phrases[h] |= c
			}
		}
	}
}

// Write writes the lexicon. Equal entries give equal bytes.
func (b *LexiconBuilder) Write(w io.Writer) error {
	nw, np := tableSize(len(b.words)), tableSize(len(b.phrases))
	out := make([]byte, 0, nw*wordSize+np*phraseSize+16)
	out = append(out, lexiconMagic...)
	out = binary.LittleEndian.AppendUint32(out, uint32(nw))
	out = binary.LittleEndian.AppendUint32(out, uint32(np))
	out = append(out, table(b.words, nw, wordSize, func(dst []byte, e *entry) {
		c := e.classes
		if e.known != 0 {
			c |= classClusters
		}
		dst[0], dst[1] = byte(e.clusters[0]), byte(e.clusters[1])
		binary.LittleEndian.PutUint16(dst[2:], e.clusters[2])
		binary.LittleEndian.PutUint16(dst[4:], e.clusters[3])
		binary.LittleEndian.PutUint16(dst[6:], uint16(c))
	})...)
	out = append(out, table(b.phrases, np, phraseSize, func(dst []byte, c Class) {
		binary.LittleEndian.PutUint16(dst, uint16(c))
	})...)
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("write lexicon: %w", err)
	}
	return nil
}

// tableSize leaves a seventh of the slots free.
func tableSize(n int) int { return n + n/6 + 1 }

func table[V any](m map[uint64]V, slots, size int, put func(dst []byte, v V)) []byte {
	keys := make([]uint64, 0, len(m))
	for h := range m {
		keys = append(keys, h)
	}
	slices.Sort(keys)
	out := make([]byte, slots*size)
	for _, h := range keys {
		i := slotOf(h, slots)
		for binary.LittleEndian.Uint32(out[i*size:]) != 0 {
			i = (i + 1) % slots
		}
		binary.LittleEndian.PutUint32(out[i*size:], fingerprint(h))
		put(out[i*size+4:(i+1)*size], m[h])
	}
	return out
}

// Classes returns the lists that a word or phrase, its words parted by spaces, is on.
func (l *Lexicon) Classes(name string) Class {
	h := uint64(0)
	n := 0
	for s := range strings.FieldsSeq(name) {
		if n == 0 {
			h = lowerHash(s)
		} else {
			h = join(h, lowerHash(s))
		}
		n++
	}
	if n == 1 {
		return l.find(h).classes &^ classMore
	}
	return l.phrase(h) &^ classMore
}
