package enricher

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/feedmill/feedmill"
)

const (
	maxKeyphrases = 12
	// The words of content of a phrase, and its tokens, with those that join them.
	maxPhraseWords  = 3
	maxPhraseTokens = 5
	// A part of a phrase that is seldom seen without the rest is no phrase.
	partOfPhrase = 0.6
	// Names of so many tokens are phrases.
	maxNameTokens = 6
	// Phrases of Han characters, which nothing parts, have two to four of them and are seen three times at least.
	maxHan, minHan, minHanCount = 4, 2, 3
)

// phraseStat is what is counted of a candidate.
type phraseStat struct {
	text  string
	keys  []string
	count int
	first int // token
	lower bool
	title bool
	named bool
	gone  bool
}

// phraser counts the phrases of a text.
type phraser struct {
	lang  string
	stop  map[string]bool
	stats map[string]*phraseStat
}

// rankPhrases ranks the phrases that tell what the text is about, and the sentences that hold most of them. Candidates
// are names and runs of words without stop words, of the language's own; they score by count, length, place and headline.
func rankPhrases(ctx context.Context, d *document) error {
	d.r.Keyphrases, d.r.KeySentences = nil, nil
	lang := d.topicLanguage()
	p := &phraser{lang: lang, stop: stopWords(lang), stats: map[string]*phraseStat{}}
	var body *field
	for order, f := range d.fields {
		if f.in != "" && f.in != "title" {
			continue
		}
		if f.in == "" {
			body = f
		}
		if err := p.count(ctx, f); err != nil {
			return err
		}
		p.names(d, order, f)
	}
	ranked := p.ranked()
	weights := map[string]float64{}
	var kept []*phraseStat
	for _, s := range ranked {
		if len(kept) == maxKeyphrases {
			break
		}
		if repeats(s, kept) {
			continue
		}
		kept = append(kept, s)
		d.r.Keyphrases = append(d.r.Keyphrases, feedmill.Keyphrase{Text: s.text, Score: round3(p.score(s) / p.score(ranked[0]))})
		for _, k := range s.keys {
			weights[k] = max(weights[k], p.score(s))
		}
	}
	if body != nil {
		d.r.KeySentences = d.keySentences(body, weights)
	}
	return nil
}

// count adds the runs of words of a field.
func (p *phraser) count(ctx context.Context, f *field) error {
	toks := f.tokens()
	for i := range toks {
		if i%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if hanToken(&toks[i]) {
			p.countHan(f, i)
			continue
		}
		if !p.content(&toks[i]) {
			continue
		}
		words := 0
		for n := 1; n <= maxPhraseTokens && i+n <= len(toks) && words < maxPhraseWords; n++ {
			t := &toks[i+n-1]
			if n > 1 && (!t.gap || t.line) {
				break
			}
			if !p.content(t) {
				if n > 1 && joiner(p.lang, t.key) {
					continue
				}
				break
			}
			words++
			if n == 1 && !t.upper && utf8.RuneCountInString(t.key) < 4 {
				continue
			}
			p.add(f, i, i+n)
		}
	}
	return nil
}

// countHan adds the runs of Han characters that begin with token i.
func (p *phraser) countHan(f *field, i int) {
	toks := f.tokens()
	if hanStop(toks[i].text) || i > 0 && p.lang == "ja" && hanToken(&toks[i-1]) && !toks[i].gap {
		return // in Japanese a run of kanji is a word; elsewhere any stretch may be one
	}
	n := 1
	for n < maxHan && i+n < len(toks) && hanToken(&toks[i+n]) && !toks[i+n].gap {
		n++
		if p.lang != "ja" && n >= minHan && !hanStop(toks[i+n-1].text) {
			p.add(f, i, i+n)
		}
	}
	if p.lang == "ja" && n >= minHan && (i+n >= len(toks) || !hanToken(&toks[i+n])) {
		p.add(f, i, i+n)
	}
}

func hanToken(t *token) bool {
	r, size := utf8.DecodeRuneInString(t.text)
	return size == len(t.text) && unicode.Is(unicode.Han, r)
}

// hanStop tells whether a character joins words more often than it is part of one that matters.
func hanStop(s string) bool {
	return strings.Contains("的了是在和与與我不这這他她它们們就都而及着著或也很吗嗎呢吧把被将將没沒还還又但并说說之从從为為于於一二三四五六七八九十两兩个個", s)
}

func (p *phraser) add(f *field, from, to int) *phraseStat {
	toks := f.tokens()
	k := key(toks[from:to])
	s := p.stats[k]
	if s == nil {
		s = &phraseStat{first: from}
		for _, t := range toks[from:to] {
			if p.content(&t) || hanToken(&t) {
				s.keys = append(s.keys, t.key)
			}
		}
		p.stats[k] = s
	}
	// A word at the start of a sentence is written as it is elsewhere; German writes its nouns with a capital.
	if lower := !toks[from].upper; s.text == "" || lower != (p.lang == "de") && lower != s.lower {
		s.text = strings.Join(strings.Fields(f.slice(toks[from].start, toks[to-1].end)), " ")
		s.lower = lower
	}
	s.count++
	s.title = s.title || f.in == "title"
	return s
}

// names makes candidates of the names that were found.
func (p *phraser) names(d *document, order int, f *field) {
	for _, e := range d.ents {
		if e.typ == feedmill.TypeGroup {
			continue
		}
		for _, m := range e.mentions {
			if m.order != order || m.to-m.from > maxNameTokens {
				continue
			}
			k := key(f.toks[m.from:m.to])
			s := p.stats[k]
			if s == nil {
				s = p.add(f, m.from, m.to)
			}
			s.named = true
		}
	}
}

// content tells whether a word may stand in a phrase.
func (p *phraser) content(t *token) bool {
	if t.kind != kindWord || p.stop[t.key] || strings.ContainsAny(t.key, "'@/") || len(t.key) < 2 {
		return false
	}
	if p.lang == "en" && (speechVerbs()[t.key] || calendarWords()[t.key] || emptyWords()[t.key]) {
		return false
	}
	return len(t.key) > 2 || t.caps
}

// emptyWords are verbs and adverbs that tell nothing of a text's matter.
var emptyWords = wordSet(`make made makes making take took taken takes taking get got gets getting go goes going went gone come came comes coming
	give gave given gives giving put keep kept see seen saw know known knew think thought want wanted use used using
	include included including includes remain remains remained became become following followed despite agreed decided
	expected according around nearly almost about people year years month months week weeks day days time times million
	billion percent including really still being having something anything nothing everything someone anyone`)

func (p *phraser) score(s *phraseStat) float64 {
	v := (1 + math.Log(float64(s.count))) * (1 + 0.3*float64(min(len(s.keys), maxPhraseWords)-1))
	if s.title {
		v *= 1.5
	}
	if s.named {
		v *= 1.25
	} else if len(s.keys) == 1 && s.lower {
		v *= 0.7
	}
	return v * (1 + 0.6/(1+float64(s.first)/60))
}

// ranked returns the candidates that are phrases, the best first.
func (p *phraser) ranked() []*phraseStat {
	all := make([]*phraseStat, 0, len(p.stats))
	for k, s := range p.stats {
		switch {
		case s.named && (s.count > 1 || s.title || s.first < 150):
		case len(s.keys) == 1 && s.lower && s.count < 3 && !s.title, s.count < 2, startsHan(k) && s.count < minHanCount && !s.title:
			continue
		}
		all = append(all, s)
	}
	// Parts give way to the phrases that they are mostly seen in, the longest first: what has given way takes no part with it.
	longest := slices.SortedFunc(maps.Keys(p.stats), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(p.stats[b].keys), len(p.stats[a].keys)), cmp.Compare(a, b))
	})
	for _, k := range longest {
		s := p.stats[k]
		if len(s.keys) < 2 || s.count < 2 && !s.named {
			continue
		}
		for _, part := range parts(k) {
			if x := p.stats[part]; x != nil && !s.gone && float64(s.count) >= partOfPhrase*float64(x.count) && (!x.named || s.named) {
				x.gone = true
			}
		}
	}
	all = slices.DeleteFunc(all, func(s *phraseStat) bool { return s.gone })
	slices.SortFunc(all, func(a, b *phraseStat) int {
		return cmp.Or(cmp.Compare(p.score(b), p.score(a)), cmp.Compare(a.first, b.first), cmp.Compare(a.text, b.text))
	})
	return all
}

func startsHan(k string) bool {
	r, _ := utf8.DecodeRuneInString(k)
	return unicode.Is(unicode.Han, r)
}

// parts returns the stretches of a phrase's words, without the whole.
func parts(k string) []string {
	words := strings.Split(k, " ")
	var out []string
	for i := range words {
		for j := i + 1; j <= len(words); j++ {
			if j-i < len(words) {
				out = append(out, strings.Join(words[i:j], " "))
			}
		}
	}
	return out
}

// repeats tells whether a phrase only repeats a better one or a part of it, if in another number or case.
func repeats(s *phraseStat, kept []*phraseStat) bool {
	for _, k := range kept {
		shared := 0
		for _, w := range s.keys {
			if slices.ContainsFunc(k.keys, func(o string) bool { return sameStem(w, o) }) {
				shared++
			}
		}
		if shared == len(s.keys) || shared == len(k.keys) || shared > 0 && startsHan(s.text) && startsHan(k.text) {
			return true
		}
	}
	return false
}

// sameStem tells whether two words differ only in an ending of at most two letters.
func sameStem(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return a == b || len(a) > 3 && len(b)-len(a) <= 2 && strings.HasPrefix(b, a)
}
