package sink

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/feedmill/feedmill"
)

// Compare says what a revision changed against the one before. The class is the first of these that applies:
//
//	completed   the full text follows a text that the feed alone gave
//	retracted   a title that newly begins with "Retracted" or "Retraction", or a body of 50 words or more of which less
//	            than a tenth is left, on a page that was read whole
//	correction  a correction block that was not there before
//	headline    another title
//	typo        as many blocks as before, no word with a digit in it changed, and no more than one word in fifty
//	added       more blocks than before; or as many, and no fewer words
//	removed     fewer blocks than before; or as many, and fewer words
//
// Words are counted in subtitle, byline, text, captions and credits; each character of an unparted script is a word.
// Blocks lists what came and went in the body; a block that only moved is in neither list. The class reprocessed is
// never given here: two texts cannot tell it.
func Compare(prev, cur *feedmill.Record) *feedmill.Change {
	before, after := blocks(prev), blocks(cur)
	gone, came := countWords(prev), countWords(cur)
	total := max(gone.n, came.n)
	fewer := came.n < gone.n
	was := gone.n
	gone.cancel(&came)
	var class string
	switch {
	case prev.HasWarning(feedmill.WarnFeedOnly) && !cur.HasWarning(feedmill.WarnFeedOnly):
		class = feedmill.ChangeCompleted
	case retracted(cur.Title) && !retracted(prev.Title) || was >= 50 && readWhole(cur) && 10*len(cur.Text) < len(prev.Text):
		class = feedmill.ChangeRetracted
	case newCorrection(prev, cur):
		class = feedmill.ChangeCorrection
	case strings.Join(strings.Fields(prev.Title), " ") != strings.Join(strings.Fields(cur.Title), " "):
		class = feedmill.ChangeHeadline
	case len(before) == len(after) && !gone.digits() && !came.digits() && 50*max(gone.n, came.n) <= total:
		class = feedmill.ChangeTypo
	case len(after) < len(before) || len(after) == len(before) && fewer:
		class = feedmill.ChangeRemoved
	default:
		class = feedmill.ChangeAdded
	}
	return &feedmill.Change{Class: class, Blocks: diffBlocks(before, after)}
}

func retracted(title string) bool {
	t := strings.ToLower(strings.TrimLeftFunc(title, func(r rune) bool { return !unicode.IsLetter(r) }))
	return strings.HasPrefix(t, "retracted") || strings.HasPrefix(t, "retraction")
}

// readWhole tells whether what is missing is missing from the page, and not from our reading of it.
func readWhole(r *feedmill.Record) bool {
	for _, w := range []string{
		feedmill.WarnFeedOnly, feedmill.WarnPaywalled, feedmill.WarnTruncated, feedmill.WarnScriptOnly, feedmill.WarnConsentWall,
	} {
		if r.HasWarning(w) {
			return false
		}
	}
	return true
}

func newCorrection(prev, cur *feedmill.Record) bool {
	known := make(map[string]int)
	for _, c := range corrections(prev) {
		known[c]++
	}
	for _, c := range corrections(cur) {
		if known[c] == 0 {
			return true
		}
		known[c]--
	}
	return false
}

func corrections(r *feedmill.Record) []string {
	var out []string
	text := feedmill.NewText(r.Text)
	for i := range r.Blocks {
		if b := &r.Blocks[i]; b.Kind == feedmill.BlockCorrection {
			out = append(out, text.Slice(b.Start, b.End))
		}
	}
	return out
}

// blocks returns the texts of a record's blocks, or its paragraphs where it has none.
func blocks(r *feedmill.Record) []string {
	var out []string
	if len(r.Blocks) == 0 {
		for p := range strings.SplitSeq(r.Text, "\n\n") {
			if strings.TrimSpace(p) != "" {
				out = append(out, p)
			}
		}
		return out
	}
	text := feedmill.NewText(r.Text)
	for i := range r.Blocks {
		out = append(out, text.Slice(r.Blocks[i].Start, r.Blocks[i].End))
	}
	return out
}

// diffBlocks lists what went and what came, in the order of the text, in time proportional to its length.
func diffBlocks(before, after []string) []feedmill.BlockDiff {
	kept := make(map[string]int) // how many of each text are on both sides
	for _, b := range before {
		kept[b]++
	}
	count := make(map[string]int)
	for _, a := range after {
		count[a]++
	}
	for b := range kept {
		kept[b] = min(kept[b], count[b])
	}
	old, fresh := surplus(before, kept), surplus(after, kept)
	var diff []feedmill.BlockDiff
	for i, j := 0, 0; i < len(before) || j < len(after); i, j = i+1, j+1 {
		for ; i < len(before) && old[i]; i++ {
			diff = append(diff, feedmill.BlockDiff{Op: "-", Text: before[i]})
		}
		for ; j < len(after) && fresh[j]; j++ {
			diff = append(diff, feedmill.BlockDiff{Op: "+", Text: after[j]})
		}
	}
	return diff
}

// surplus marks the texts that go beyond their number in kept.
func surplus(texts []string, kept map[string]int) []bool {
	marks := make([]bool, len(texts))
	seen := make(map[string]int)
	for i, t := range texts {
		seen[t]++
		marks[i] = seen[t] > kept[t]
	}
	return marks
}

// words is a bag of words.
type words struct {
	count map[string]int
	n     int
}

func countWords(r *feedmill.Record) words {
	w := words{count: make(map[string]int)}
	w.add(r.Subtitle)
	w.add(r.Byline.Raw)
	w.add(r.Text)
	for i := range r.Images {
		w.add(r.Images[i].Caption)
		w.add(r.Images[i].Credit)
	}
	return w
}

func (w *words) add(s string) {
	start := -1
	end := func(i int) {
		if start >= 0 {
			w.count[s[start:i]]++
			w.n++
			start = -1
		}
	}
	for i, r := range s {
		switch {
		case Unparted(r):
			end(i)
			start = i
			end(i + utf8.RuneLen(r))
		case unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r):
			if start < 0 {
				start = i
			}
		case (r == '.' || r == ',') && start >= 0 && i+1 < len(s) && isDigit(s[i-1]) && isDigit(s[i+1]):
			// 1.5 and 1,500 are one word each.
		default:
			end(i)
		}
	}
	end(len(s))
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// cancel takes away from both bags what they have in common.
func (w *words) cancel(other *words) {
	for word, n := range w.count {
		m := min(n, other.count[word])
		w.count[word] -= m
		other.count[word] -= m
		w.n -= m
		other.n -= m
	}
}

func (w *words) digits() bool {
	for word, n := range w.count {
		if n > 0 && strings.IndexFunc(word, unicode.IsNumber) >= 0 {
			return true
		}
	}
	return false
}
