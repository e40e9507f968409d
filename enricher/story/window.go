// Package story finds copies of one text among articles of many sources, within a sliding window of time.
//
// Two texts are compared by their shingles, runs of three words: each text keeps the [sketchSize] least hashes of its own
// (a bottom-k sketch; Cohen and Kaplan 2007), from which the share of the shorter text's shingles that the other has too,
// the containment (Broder 1997), is estimated. A [Window] holds no texts. It is not safe for use by several goroutines: the
// order in which articles are placed decides which is the original, so one caller places them, one after the other. The same
// articles in the same order give the same placements.
package story

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
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
	// indexed is how many of them, the least, lead to the text.
	indexed = 96
	// crowded is how many texts one shingle may lead to: what more texts share is boilerplate.
	crowded = 40
	// Texts of fewer shingles are not compared: what they share may be chance.
	fewest = 20
	// copied is the least containment of a copy. Of a text in which four words in ten are others, one shingle in five is left.
	copied = 0.13
	// A containment below plain comes of words changed throughout, or of a paragraph of background that two articles share. The
	// former leaves the length, within stretch, and most of the words, at least the share wording; the latter seldom does.
	plain   = 0.45
	stretch = 1.5
	wording = 0.62
	// A text of which this share of the words are numbers is a table, and a copy from alike on: tables of one kind, such as those
	// of a league, share their headings and names.
	tabular = 0.15
	alike   = 0.6
	// kept is the containment from which a text of the same source, or one that has grown, is the earlier one carried on.
	kept = 0.5
	// grown is by how much more a text has to hold to be an update of what it carries on.
	grown = 1.2
)

// The roles of articles in a story.
const (
	Original = "original" // the first of its story
	Copy     = "copy"     // the same text, edited or not
	Update   = "update"   // the same text carried on: by its own source, or with a fifth more in it
)

// Article is what is placed.
type Article struct {
	ID     string
	Source string    // who published it
	Seen   time.Time // decides when it leaves the window; taken as no earlier than that of the article placed before it
	Text   string
}

// Placement is where an article belongs, and why.
type Placement struct {
	Story string // the id of the story's first article
	Role  string
	Of    string // the article that it is a copy or an update of, "" for an original
	// Containment is the estimated share of the shorter text's shingles that the other has; Shared of Compared sampled ones.
	Containment      float64
	Shared, Compared int
}

// Reason tells a person why.
func (p Placement) Reason() string {
	if p.Role == Original {
		return "no earlier article of the window shares enough of its text"
	}
	return fmt.Sprintf("%s of %s: %.0f %% of the shorter text's three-word runs are in the other (%d of %d sampled)", p.Role, p.Of, 100*p.Containment, p.Shared, p.Compared)
}

// Options bound a window. The zero value is three days and 200,000 articles.
type Options struct {
	Age time.Duration
	Max int
}

// Window is the articles of the last days.
type Window struct {
	age   time.Duration
	max   int
	now   time.Time
	seq   uint32 // of the first of items
	items []entry
	head  int // how many of items are forgotten, and wait to be moved out
	index map[uint64][]uint32
	byID  map[string]uint32
}

type entry struct {
	id, source string
	place      Placement
	seen       time.Time
	sketch            // of shingles
	words      sketch // of words
	table      bool
}

// sketch is the least hashes of a set, ascending, and how many there were.
type sketch struct {
	least []uint64
	size  int
}

// NewWindow makes an empty window; o may be nil.
func NewWindow(o *Options) *Window {
	w := &Window{age: 72 * time.Hour, max: 200_000, index: map[uint64][]uint32{}, byID: map[string]uint32{}}
	if o != nil && o.Age > 0 {
		w.age = o.Age
	}
	if o != nil && o.Max > 0 {
		w.max = o.Max
	}
	return w
}

// Len is how many articles the window holds.
func (w *Window) Len() int { return len(w.items) - w.head }

// Place adds an article and says where it belongs. An article whose id the window holds keeps its place and replaces its text.
func (w *Window) Place(a *Article) Placement {
	if a.Seen.After(w.now) {
		w.now = a.Seen
	}
	w.forget(w.now)
	e := entry{id: a.ID, source: a.Source, seen: w.now}
	e.sketch, e.words, e.table = sketchesOf(a.Text)
	p := Placement{Story: a.ID, Role: Original}
	self, again := w.byID[a.ID]
	if again {
		p = w.at(self).place
	} else if e.size >= fewest {
		p = w.nearest(&e, p)
	}
	e.place = p
	if again {
		w.drop(self)
	}
	seq := w.seq + uint32(len(w.items))
	w.items = append(w.items, e)
	w.byID[a.ID] = seq
	if e.size >= fewest {
		for _, h := range e.least[:min(len(e.least), indexed)] {
			if l := w.index[h]; len(l) < crowded {
				w.index[h] = append(l, seq)
			}
		}
	}
	return p
}

func (w *Window) at(seq uint32) *entry { return &w.items[seq-w.seq] }

// nearest finds the article that shares most with e.
func (w *Window) nearest(e *entry, p Placement) Placement {
	hits := map[uint32]int{}
	for _, h := range e.least {
		for _, seq := range w.index[h] {
			hits[seq]++
		}
	}
	seqs := make([]uint32, 0, len(hits))
	for seq, n := range hits {
		if n > 1 {
			seqs = append(seqs, seq)
		}
	}
	slices.SortFunc(seqs, func(a, b uint32) int { return cmp.Or(cmp.Compare(hits[b], hits[a]), cmp.Compare(a, b)) })
	best, found := Placement{}, false
	for _, seq := range seqs[:min(len(seqs), 20)] {
		o := w.at(seq)
		c, shared, compared := containment(e.sketch, o.sketch)
		if c < copied || found && c <= best.Containment {
			continue
		}
		if (e.table || o.table) && c < alike {
			continue
		}
		if c < plain {
			same, _, _ := containment(e.words, o.words)
			if same < wording || float64(max(e.size, o.size)) > stretch*float64(min(e.size, o.size)) {
				continue
			}
		}
		best, found = Placement{Story: o.place.Story, Of: o.id, Containment: c, Shared: shared, Compared: compared, Role: Copy}, true
		if c >= kept && (o.source != "" && o.source == e.source || float64(e.size) >= grown*float64(o.size)) {
			best.Role = Update
		}
	}
	if found {
		return best
	}
	return p
}

// containment estimates which share of the smaller set the larger one has, from the hashes below the bound up to which both
// sketches are complete.
func containment(a, b sketch) (c float64, shared, compared int) {
	if a.size > b.size {
		a, b = b, a
	}
	bound := min(limit(a), limit(b))
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
func limit(s sketch) uint64 {
	if len(s.least) == s.size {
		return ^uint64(0)
	}
	return s.least[len(s.least)-1]
}

// forget drops what is too old, or too much.
func (w *Window) forget(now time.Time) {
	for w.Len() > 0 && (now.Sub(w.items[w.head].seen) > w.age || w.Len() >= w.max) {
		w.drop(w.seq + uint32(w.head))
		w.items[w.head] = entry{}
		w.head++
	}
	if w.head > len(w.items)/2 { // so that each entry is moved once at most, on average
		w.seq += uint32(w.head)
		w.items, w.head = slices.Delete(w.items, 0, w.head), 0
	}
}

// drop takes an entry out of the index; its place stays until the window moves on.
func (w *Window) drop(seq uint32) {
	e := w.at(seq)
	for _, h := range e.least[:min(len(e.least), indexed)] {
		l := slices.DeleteFunc(w.index[h], func(s uint32) bool { return s == seq })
		if len(l) == 0 {
			delete(w.index, h)
		} else {
			w.index[h] = l
		}
	}
	if w.byID[e.id] == seq {
		delete(w.byID, e.id)
	}
	e.sketch, e.words = sketch{}, sketch{}
}

// sketchesOf returns the sketches of a text's shingles and of its words. Words are letters and digits in lower case.
func sketchesOf(text string) (shingles, words sketch, table bool) {
	fields := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) })
	var runs, single []uint64
	var last [shingleWords]uint64
	numbers := 0
	for i, word := range fields {
		copy(last[:], last[1:])
		last[shingleWords-1] = hashWord(word)
		if word[0] >= '0' && word[0] <= '9' {
			numbers++
		} else if utf8.RuneCountInString(word) >= longWord {
			single = append(single, hash.Mix(last[shingleWords-1]))
		}
		if i+1 < shingleWords {
			continue
		}
		h := uint64(0)
		for _, x := range last {
			h = hash.Mix(h*0x9e3779b97f4a7c15 + x)
		}
		runs = append(runs, h)
	}
	return newSketch(runs, sketchSize), newSketch(single, wordsSize), float64(numbers) >= tabular*float64(len(fields))
}

func newSketch(all []uint64, most int) sketch {
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
