package enricher

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/feedmill/feedmill"
)

const (
	maxKeyphrases   = 12
	maxKeySentences = 3
	maxPhraseWords  = 3
)

// phraseStat is what is counted of a candidate.
type phraseStat struct {
	text  string
	words int
	count int
	first int // token
	title bool
	named bool
}

// rankPhrases ranks the phrases that tell what the text is about, and the sentences that hold most of them. Candidates
// are the names found and runs of words without function words; they score by count, length, place and headline.
func rankPhrases(ctx context.Context, d *document) error {
	d.r.Keyphrases, d.r.KeySentences = nil, nil
	stats := map[string]*phraseStat{}
	for _, f := range d.fields {
		if f.in != "" && f.in != "title" {
			continue
		}
		if err := countPhrases(ctx, f, stats); err != nil {
			return err
		}
	}
	for _, e := range d.ents {
		if s := stats[key(tokenize(e.name))]; s != nil {
			s.named = true
		}
	}
	ranked := make([]*phraseStat, 0, len(stats))
	for _, s := range stats {
		if s.count > 1 || s.title || s.named {
			ranked = append(ranked, s)
		}
	}
	slices.SortFunc(ranked, func(a, b *phraseStat) int {
		return cmp.Or(cmp.Compare(b.score(), a.score()), cmp.Compare(a.first, b.first), cmp.Compare(a.text, b.text))
	})
	weights := map[string]float64{}
	var kept []*phraseStat
	for _, s := range ranked {
		if len(kept) == maxKeyphrases {
			break
		}
		if within(s, kept) {
			continue
		}
		kept = append(kept, s)
		d.r.Keyphrases = append(d.r.Keyphrases, feedmill.Keyphrase{Text: s.text, Score: round3(s.score() / ranked[0].score())})
		for w := range strings.FieldsSeq(strings.ToLower(s.text)) {
			weights[w] = max(weights[w], s.score())
		}
	}
	for _, f := range d.fields {
		if f.in == "" {
			d.r.KeySentences = keySentences(f, weights)
		}
	}
	return nil
}

func (s *phraseStat) score() float64 {
	v := (1 + math.Log(float64(s.count))) * (1 + 0.35*float64(s.words-1))
	if s.title {
		v *= 1.6
	}
	if s.named {
		v *= 1.3
	}
	return v * (1 + 0.5/(1+float64(s.first)/100))
}

// within tells whether a phrase only repeats a better one or a part of it.
func within(s *phraseStat, kept []*phraseStat) bool {
	low := " " + strings.ToLower(s.text) + " "
	for _, k := range kept {
		other := " " + strings.ToLower(k.text) + " "
		if strings.Contains(other, low) || strings.Contains(low, other) {
			return true
		}
	}
	return false
}

func countPhrases(ctx context.Context, f *field, stats map[string]*phraseStat) error {
	toks := f.tokens()
	for i := range toks {
		if i%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		for n := 1; n <= maxPhraseWords && i+n <= len(toks); n++ {
			t := &toks[i+n-1]
			if !content(t) || n > 1 && (!t.gap || t.line) {
				break
			}
			if n == 1 && !t.upper && len([]rune(t.key)) < 5 {
				continue
			}
			k := key(toks[i : i+n])
			s := stats[k]
			if s == nil {
				s = &phraseStat{text: strings.Join(strings.Fields(f.slice(toks[i].start, t.end)), " "), words: n, first: i}
				stats[k] = s
			}
			s.count++
			s.title = s.title || f.in == "title"
		}
	}
	return nil
}

func content(t *token) bool {
	return t.kind == kindWord && !functionWords()[t.key] && !speechVerbs()[t.key] && !calendarWords()[t.key] && len(t.key) > 1 && !emptyWords()[t.key]
}

// emptyWords are verbs and adverbs that tell nothing of a text's matter.
var emptyWords = wordSet(`make made makes making take took taken takes taking get got gets getting go goes going went gone come came comes coming
	give gave given gives giving put keep kept see seen saw know known knew think thought want wanted use used using
	include included including includes remain remains remained become became following followed despite agreed decided
	expected according around nearly almost about people year years month months week weeks day days time times million
	billion percent including really still being having something anything nothing everything someone anyone`)

// keySentences are the sentences of the body whose words weigh most for their length, in the order of the text.
func keySentences(f *field, weights map[string]float64) []feedmill.Span {
	type scored struct {
		i     int
		score float64
	}
	toks := f.tokens()
	var all []scored
	for i, s := range f.sentences() {
		seen := map[string]bool{}
		sum, words := 0.0, 0
		for _, t := range toks[s.from:s.to] {
			if t.kind != kindWord {
				continue
			}
			words++
			if !seen[t.key] {
				seen[t.key] = true
				sum += weights[t.key]
			}
		}
		if words >= 5 && sum > 0 {
			all = append(all, scored{i, sum / math.Sqrt(float64(words)) * (1 + 1/(1+float64(i)))})
		}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	all = all[:min(len(all), maxKeySentences)]
	slices.SortFunc(all, func(a, b scored) int { return cmp.Compare(a.i, b.i) })
	var out []feedmill.Span
	for _, s := range all {
		b := f.sentences()[s.i]
		out = append(out, f.span(toks[b.from].start, toks[b.to-1].end))
	}
	return out
}
