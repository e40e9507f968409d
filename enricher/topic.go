package enricher

import (
	"bytes"
	"cmp"
	"context"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/enricher/internal/fold"
)

const (
	// What a section, a folder of the article's address and a tag that are named like a topic count for.
	sectionEvidence = 24
	folderEvidence  = 18
	tagEvidence     = 8
	maxTagEvidence  = 16
	// The most one word counts for, however often it is said; the headline's words count for more.
	maxSaid     = 4
	titleFactor = 3
	// Words of weight 1 count for at most this share of what the others do.
	maxWeak = 0.5
	// A topic that nothing but words speaks for needs so many of the others.
	minStrong = 3
	// A topic needs this much evidence, from words of different kinds, and this share of all evidence.
	minEvidence = 8
	minShare    = 0.2
	// The first topic needs this much more than the second of the same level, or there is none.
	topicMargin = 1.15
	// Evidence for nothing in particular, which makes a short text less sure.
	noEvidence = 10
	maxTopics  = 3
	// A topic of the second level needs this share of its parent's evidence.
	minChildShare = 0.45
	// The shortest beginning of a word that is looked up.
	minStem = 3
)

// topicList is data/topics.txt: the topics, what sections are called, and the words of each language.
type topicList struct {
	topics []topicEntry
	names  map[string]int
	words  map[string]*topicWords
}

type topicEntry struct {
	code, name string
	parent     int // index, -1 on the first level
}

// topicWords are the words of one language, folded. A word may speak for several topics.
type topicWords struct {
	exact, stems map[string][]topicWord
	longest      int // of stems, in bytes
	phrases      map[string][]topicPhrase
	size         int
}

// topicWord says that an entry, by its number in the language, speaks for a topic.
type topicWord struct {
	entry, topic int
	weight       float64
}

type topicPhrase struct {
	rest []string // the words behind the first
	open bool     // the last may have any ending
	topicWord
}

var topicData = sync.OnceValue(func() *topicList {
	l := &topicList{names: map[string]int{}, words: map[string]*topicWords{}}
	top := -1
	for raw := range bytes.Lines(readData("data/topics.txt")) {
		line := strings.TrimSpace(string(raw))
		head, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "" || head == "#":
		case head == "=" || head == "==":
			code, name, _ := strings.Cut(rest, " ")
			parent := top
			if head == "=" {
				parent, top = -1, len(l.topics)
			}
			l.topics = append(l.topics, topicEntry{"medtop:" + code, name, parent})
		case head == "names:":
			for n := range strings.SplitSeq(rest, ",") {
				if n = topicName(n); l.names[n] == 0 {
					l.names[n] = len(l.topics) // one more than the index
				}
			}
		default:
			weight, words, _ := strings.Cut(rest, ":")
			n, err := strconv.Atoi(weight)
			if err != nil {
				panic("data/topics.txt: " + line)
			}
			l.add(head, words, topicWord{topic: len(l.topics) - 1, weight: float64(n)})
		}
	}
	return l
})

// nameOf is the name of a topic, "" where the list does not have it.
func (l *topicList) nameOf(code string) string {
	for _, t := range l.topics {
		if t.code == code {
			return t.name
		}
	}
	return ""
}

func (l *topicList) add(lang, words string, w topicWord) {
	t := l.words[lang]
	if t == nil {
		t = &topicWords{exact: map[string][]topicWord{}, stems: map[string][]topicWord{}, phrases: map[string][]topicPhrase{}}
		l.words[lang] = t
	}
	for s := range strings.FieldsSeq(words) {
		stem, open := strings.CutSuffix(fold.Key(s), "*")
		w.entry = t.size
		t.size++
		parts := strings.Split(stem, "_")
		switch {
		case len(parts) > 1:
			t.phrases[parts[0]] = append(t.phrases[parts[0]], topicPhrase{parts[1:], open, w})
		case open:
			t.stems[stem] = append(t.stems[stem], w)
			t.longest = max(t.longest, len(stem))
		default:
			t.exact[stem] = append(t.exact[stem], w)
		}
	}
}

// topicName is a name of a section as it is looked up.
func topicName(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("-", " ", "_", " ").Replace(fold.Key(s))), " ")
}

func (l *topicList) named(s string) (int, bool) {
	i := l.names[topicName(s)]
	return i - 1, i > 0
}

// The methods that a topic is found by, in the order in which they are joined.
var topicMethods = [...]string{"section", "tags", "lexicon"}

const (
	bySection = iota
	byTags
	byLexicon
)

// topicEvidence is what speaks for one topic, by method.
type topicEvidence [len(topicMethods)]float64

func (e *topicEvidence) sum() float64 { return e[bySection] + e[byTags] + e[byLexicon] }

func (e *topicEvidence) method() string {
	var used []string
	for i, v := range e {
		if v > 0 {
			used = append(used, topicMethods[i])
		}
	}
	return strings.Join(used, "+")
}

// findTopics gives the record its IPTC Media Topics. The section that the page states or its address shows, the tags,
// and the words of the text each add to the evidence of topics; a topic of the second level adds to its parent's. A topic
// has as its confidence the share of all evidence; with too little, or too little more than others have, there is none.
func findTopics(ctx context.Context, d *document) error {
	d.r.Topics = nil
	l := topicData()
	found := make([]topicEvidence, len(l.topics))
	d.statedTopics(l, found)
	if w := l.words[d.topicLanguage()]; w != nil {
		if err := d.saidTopics(ctx, w, found); err != nil {
			return err
		}
	}
	var tops []int
	below := make([]topicEvidence, len(found)) // the evidence of children, for their parents
	for i, t := range l.topics {
		if t.parent >= 0 {
			for m, v := range found[i] {
				below[t.parent][m] += v
			}
		}
	}
	all := float64(noEvidence)
	for i, t := range l.topics {
		if t.parent < 0 {
			for m, v := range below[i] {
				below[i][m] = v + found[i][m]
			}
			if below[i].sum() > 0 {
				tops = append(tops, i)
			}
			all += below[i].sum()
		}
	}
	slices.SortStableFunc(tops, func(a, b int) int { return cmp.Compare(below[b].sum(), below[a].sum()) })
	if len(tops) > 1 && below[tops[0]].sum() < topicMargin*below[tops[1]].sum() {
		return nil
	}
	for _, i := range tops[:min(len(tops), maxTopics)] {
		e := below[i]
		if e.sum() < minEvidence || e.sum()/all < minShare {
			break
		}
		d.r.Topics = append(d.r.Topics, feedmill.Topic{Code: l.topics[i].code, Name: l.topics[i].name, Confidence: round3(e.sum() / all), Method: e.method()})
		if c, ok := l.bestChild(i, found, e.sum()); ok {
			d.r.Topics = append(d.r.Topics, feedmill.Topic{
				Code: l.topics[c].code, Name: l.topics[c].name, Confidence: round3(e.sum() / all * found[c].sum() / e.sum()), Method: found[c].method(),
			})
		}
	}
	return nil
}

// bestChild returns the topic below i that most of i's evidence is for.
func (l *topicList) bestChild(i int, found []topicEvidence, all float64) (int, bool) {
	best, second := -1, 0.0
	for c := i + 1; c < len(l.topics) && l.topics[c].parent == i; c++ {
		switch s := found[c].sum(); {
		case best < 0 || s > found[best].sum():
			if best >= 0 {
				second = max(second, found[best].sum())
			}
			best = c
		case s > second:
			second = s
		}
	}
	if best < 0 {
		return 0, false
	}
	s := found[best].sum()
	return best, s >= minEvidence && s >= minChildShare*all && s >= topicMargin*second
}

// statedTopics reads section, address and tags.
func (d *document) statedTopics(l *topicList, found []topicEvidence) {
	stated := false
	for s := range strings.FieldsFuncSeq(d.r.Section, func(r rune) bool { return r == ',' || r == '/' || r == '|' || r == '>' }) {
		if i, ok := l.named(s); ok {
			found[i][bySection] += sectionEvidence
			stated = true
			break
		}
	}
	if u, err := url.Parse(d.r.URL); err == nil && !stated {
		folders := strings.Split(strings.Trim(u.Path, "/"), "/")
		// The deepest folder is the narrowest section. The last part is the article itself.
		for k := min(len(folders)-2, 4); k >= 0; k-- {
			if i, ok := l.named(folders[k]); ok {
				found[i][bySection] += folderEvidence
				break
			}
		}
	}
	tags := map[string]bool{}
	add := func(list []string) {
		for _, t := range list[:min(len(list), 40)] {
			if t = topicName(t); tags[t] {
				continue
			}
			tags[t] = true
			if i, ok := l.named(t); ok {
				found[i][byTags] = min(found[i][byTags]+tagEvidence, maxTagEvidence)
			}
		}
	}
	add(d.r.Tags)
	for i := range d.r.Feeds[:min(len(d.r.Feeds), 10)] {
		add(d.r.Feeds[i].Tags)
	}
}

func (d *document) topicLanguage() string {
	if d.english() {
		return "en"
	}
	return d.lang
}

// saidTopics counts the words of headline, subtitle and body.
func (d *document) saidTopics(ctx context.Context, w *topicWords, found []topicEvidence) error {
	said := map[string]float64{}       // how often each word is said
	entries := make([]float64, w.size) // how often each entry
	words := make([]topicWord, w.size)
	for _, f := range d.fields {
		factor := 1.0
		switch f.in {
		case "title":
			factor = titleFactor
		case "", "subtitle":
		default:
			continue
		}
		toks := f.tokens()
		for i := range toks {
			if i%4096 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if toks[i].kind != kindWord {
				continue
			}
			said[toks[i].key] += factor
			list := w.phrases[toks[i].key]
			for p := range list {
				if list[p].at(toks, i) {
					entries[list[p].entry] += factor
					words[list[p].entry] = list[p].topicWord
				}
			}
		}
	}
	// Words of one stem are one entry, or "elections" would speak beside "election".
	for k, n := range said {
		for _, x := range w.match(k) {
			entries[x.entry] += n
			words[x.entry] = x
		}
	}
	weak, strong := make([]float64, len(found)), make([]int, len(found))
	for i, n := range entries {
		if n == 0 {
			continue
		}
		v := words[i].weight * min(1+math.Log2(n), maxSaid)
		if words[i].weight == 1 {
			weak[words[i].topic] += v
		} else {
			found[words[i].topic][byLexicon] += v
			strong[words[i].topic]++
		}
	}
	// Words that many topics share only add to those that speak for themselves.
	l := topicData().topics
	for i, v := range weak {
		found[i][byLexicon] += min(v, maxWeak*found[i][byLexicon])
		if p := l[i].parent; p >= 0 {
			strong[p] += strong[i]
		}
	}
	for i := range found {
		top := i
		if p := l[i].parent; p >= 0 {
			top = p
		}
		if strong[top] < minStrong {
			found[i][byLexicon] = 0
		}
	}
	return nil
}

// at tells whether the phrase whose first word is at token i stands there.
func (p *topicPhrase) at(toks []token, i int) bool {
	if i+len(p.rest) >= len(toks) {
		return false
	}
	for k, want := range p.rest {
		t := &toks[i+1+k]
		if t.line || t.key != want && !(p.open && k == len(p.rest)-1 && strings.HasPrefix(t.key, want)) {
			return false
		}
	}
	return true
}

// match returns what the word speaks for: by itself, else by its longest listed beginning.
func (w *topicWords) match(key string) []topicWord {
	list := w.exact[key]
	for n := min(len(key), w.longest); list == nil && n >= minStem; n-- {
		list = w.stems[key[:n]]
	}
	return list
}
