package enricher

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/feedmill/feedmill"
)

// gumMention is a mention of GUM: its tokens, and the one that heads it.
type gumMention struct {
	chain, typ     string
	from, to, head int
}

// gumDocument is a document of GUM: its text, where each token lies in it, and its mentions.
type gumDocument struct {
	text     string
	start    []int // code points
	end      []int
	proper   []bool
	mentions []gumMention
}

// readGUM reads CoNLL-U with GUM's column of entities, "(chain-type-…-minspan-…" to open one and "chain)" to close it.
func readGUM(t *testing.T, raw string) *gumDocument {
	t.Helper()
	d := &gumDocument{}
	var text strings.Builder
	n := 0
	write := func(s string) { text.WriteString(s); n += utf8.RuneCountInString(s) }
	inside := 0 // the last token of a group that is written as one word
	groupGap := true
	var open []gumMention
	for line := range strings.Lines(raw) {
		line = strings.TrimRight(line, "\n")
		if line == "" {
			write("\n")
			continue
		}
		if strings.HasPrefix(line, "# newpar") && n > 0 {
			write("\n")
		}
		c := strings.Split(line, "\t")
		if strings.HasPrefix(line, "#") || len(c) != 10 {
			continue
		}
		gap := !strings.Contains(c[9], "SpaceAfter=No")
		if _, to, ok := strings.Cut(c[0], "-"); ok {
			inside, _ = strconv.Atoi(to)
			groupGap = gap
			continue
		}
		id, err := strconv.Atoi(c[0])
		if err != nil {
			continue // an empty node
		}
		switch {
		case id < inside:
			gap = false
		case id == inside:
			gap, inside = groupGap, 0
		}
		k := len(d.start)
		d.start = append(d.start, n)
		write(c[1])
		d.end = append(d.end, n)
		// The parts of "United States" have the tags of common words, but for their capitals.
		d.proper = append(d.proper, c[3] == "PROPN" || id > 1 && c[1] != strings.ToLower(c[1]) && c[3] != "PRON")
		if gap {
			write(" ")
		}
		for field := range strings.SplitSeq(c[9], "|") {
			e, ok := strings.CutPrefix(field, "Entity=")
			for ok && e != "" {
				if rest, opens := strings.CutPrefix(e, "("); opens {
					stop := strings.IndexAny(rest, "()")
					if stop < 0 {
						stop = len(rest)
					}
					p := strings.Split(rest[:stop], "-")
					if len(p) < 6 {
						t.Fatalf("entity %q", e)
					}
					head, _, _ := strings.Cut(p[5], ",")
					h, err := strconv.Atoi(head)
					if err != nil {
						t.Fatalf("entity %q: %v", e, err)
					}
					open = append(open, gumMention{chain: p[0], typ: p[1], from: k, head: k + h - 1})
					e = rest[stop:]
					if shut, closes := strings.CutPrefix(e, ")"); closes {
						open[len(open)-1].to = k + 1
						d.mentions = append(d.mentions, open[len(open)-1])
						open, e = open[:len(open)-1], shut
					}
					continue
				}
				id, rest, closes := strings.Cut(e, ")")
				if !closes {
					break
				}
				for i := len(open) - 1; i >= 0; i-- {
					if open[i].chain == id {
						open[i].to = k + 1
						d.mentions = append(d.mentions, open[i])
						open = slices.Delete(open, i, i+1)
						break
					}
				}
				e = rest
			}
		}
	}
	d.text = text.String()
	return d
}

// TestCorpusCoreference scores chains of names on the news and interviews of GUM: mentions of people, organizations and
// places whose head is a proper noun, or capitalised within a
// sentence. A mention of ours is one of GUM's if it holds its head and does not reach beyond it.
// The measure is B³ (Bagga and Baldwin 1998) from text to chains: a name that is missed has recall 0, one that GUM does not
// have precision 0.
func TestCorpusCoreference(t *testing.T) {
	t.Parallel()
	const floor = 0.60
	files, err := filepath.Glob(corporaNER + "gum/*.conllu")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("%sgum is absent", corporaNER)
	}
	chain := newChain(t, &Options{Steps: []string{"entities", "coreference"}})
	errs := map[string]int{}
	var all corefScore
	by := map[string]*corefScore{"news": {}, "interview": {}}
	for _, file := range files {
		d := readGUM(t, string(readBeside(t, file)))
		r := &feedmill.Record{}
		r.Text, r.Language.Tag = d.text, "en"
		if err := chain.Enrich(t.Context(), r); err != nil || len(r.Warnings) > 0 {
			t.Fatalf("%s: error %v, warnings %q", file, err, r.Warnings)
		}
		s := scoreChains(d, r, errs)
		all.add(s)
		for kind, sum := range by {
			if strings.Contains(filepath.Base(file), "_"+kind+"_") {
				sum.add(s)
			}
		}
	}
	for _, kind := range []string{"news", "interview"} {
		t.Logf("%-10s %s", kind, by[kind])
	}
	t.Logf("%d documents %s", len(files), &all)
	if os.Getenv("ENRICHER_ERRORS") != "" {
		var keys []string
		for k := range errs {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(errs[b], errs[a]), cmp.Compare(a, b)) })
		for _, k := range keys[:min(len(keys), 200)] {
			t.Logf("%4d %s", errs[k], k)
		}
	}
	if f := all.f1(); f < floor {
		t.Errorf("F1 %.3f, want %.2f", f, floor)
	}
}

// corefScore sums B³ over mentions: of ours that GUM has or not, and of GUM's.
type corefScore struct {
	precision, recall   float64
	given, wanted, both int
	// of mentions that both have, how well they are joined
	joinedPrecision, joinedRecall float64
}

func (s *corefScore) add(o corefScore) {
	s.precision += o.precision
	s.recall += o.recall
	s.given += o.given
	s.wanted += o.wanted
	s.both += o.both
	s.joinedPrecision += o.joinedPrecision
	s.joinedRecall += o.joinedRecall
}

func (s *corefScore) f1() float64 {
	p, r := s.precision/float64(s.given), s.recall/float64(s.wanted)
	return 2 * p * r / (p + r)
}

func (s *corefScore) String() string {
	return fmt.Sprintf("names: precision %.3f recall %.3f; chains B³: precision %.3f recall %.3f F1 %.3f; of names that both have: precision %.3f recall %.3f (%d of %d)",
		ratio(s.both, s.given), ratio(s.both, s.wanted), s.precision/float64(s.given), s.recall/float64(s.wanted), s.f1(),
		s.joinedPrecision/float64(s.both), s.joinedRecall/float64(s.both), s.both, s.wanted)
}

func scoreChains(d *gumDocument, r *feedmill.Record, errs map[string]int) corefScore {
	var s corefScore
	gold := map[int]gumMention{} // by head, the shortest
	for _, m := range d.mentions {
		if m.typ != "person" && m.typ != "organization" && m.typ != "place" || !d.proper[m.head] {
			continue
		}
		if o, ok := gold[m.head]; !ok || m.to-m.from < o.to-o.from {
			gold[m.head] = m
		}
	}
	chainSize := map[string]int{}
	for _, m := range gold {
		chainSize[m.chain]++
	}
	s.wanted = len(gold)
	type pair struct{ ours, theirs string }
	together, oursSize, found := map[pair]int{}, map[string]int{}, map[string]int{}
	name := map[string]string{}
	met := map[int]bool{}
	runes := []rune(d.text)
	for _, e := range r.Entities {
		if e.Type != feedmill.TypePerson && e.Type != feedmill.TypeOrganization && e.Type != feedmill.TypePlace {
			continue
		}
		name[e.ID] = e.Name
		for _, m := range e.Mentions {
			if m.In != "" {
				continue
			}
			s.given++
			hit := false
			for head, g := range gold {
				if !met[head] && d.start[head] >= m.Start && d.end[head] <= m.End && d.start[g.from] <= m.Start && d.end[g.to-1] >= m.End {
					met[head], hit = true, true
					together[pair{e.ID, g.chain}]++
					oursSize[e.ID]++
					found[g.chain]++
					s.both++
					break
				}
			}
			if !hit {
				errs["false "+e.Type+" "+string(runes[m.Start:m.End])]++
			}
		}
	}
	for head, g := range gold {
		if !met[head] {
			errs["miss  "+g.typ+" "+string(runes[d.start[g.from]:d.end[g.to-1]])]++
		}
	}
	for p, n := range together {
		k := float64(n) * float64(n)
		s.precision += k / float64(oursSize[p.ours])
		s.recall += k / float64(chainSize[p.theirs])
		s.joinedPrecision += k / float64(oursSize[p.ours])
		s.joinedRecall += k / float64(found[p.theirs])
		if n < found[p.theirs] {
			errs["split "+name[p.ours]+" off chain "+p.theirs]++
		}
		if n < oursSize[p.ours] {
			errs["mixed "+name[p.ours]+" chain "+p.theirs]++
		}
	}
	return s
}
