package sink_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

// piece makes a record of paragraphs; one that begins with "Correction:" is a correction block.
func piece(title string, paragraphs ...string) *feedmill.Record {
	a := &feedmill.Article{Title: title, Text: strings.Join(paragraphs, "\n\n")}
	at := 0
	for _, p := range paragraphs {
		n := len([]rune(p))
		kind := feedmill.BlockParagraph
		if strings.HasPrefix(p, "Correction:") {
			kind = feedmill.BlockCorrection
		}
		a.Blocks = append(a.Blocks, feedmill.Block{Kind: kind, Start: at, End: at + n})
		at += n + 2
	}
	return feedmill.NewRecord(a)
}

func warned(r *feedmill.Record, warnings ...string) *feedmill.Record {
	r.Quality.Warnings = warnings
	return r
}

func TestCompare(t *testing.T) {
	t.Parallel()
	long := strings.TrimSpace(strings.Repeat("The river rose in the night and the town was wet. ", 12))
	typo := strings.Replace(long, "night", "nihgt", 1)
	korean := strings.TrimSpace(strings.Repeat("강물이 밤새 불어나 마을이 물에 잠겼다. ", 12))
	for _, test := range []struct {
		name       string
		prev, cur  *feedmill.Record
		want       string
		wantBlocks []feedmill.BlockDiff
	}{
		{"another headline", piece("Flood", long), piece("Floods", long), feedmill.ChangeHeadline, nil},
		{"spaces are no headline", piece("A  flood ", long), piece("A flood", long), feedmill.ChangeTypo, nil},
		{"a typo", piece("Flood", typo, "End."), piece("Flood", long, "End."), feedmill.ChangeTypo,
			[]feedmill.BlockDiff{{Op: "-", Text: typo}, {Op: "+", Text: long}}},
		{"a comma", piece("Flood", "One two three."), piece("Flood", "One, two, three."), feedmill.ChangeTypo,
			[]feedmill.BlockDiff{{Op: "-", Text: "One two three."}, {Op: "+", Text: "One, two, three."}}},
		{"a Korean typo", piece("홍수", korean), piece("홍수", strings.Replace(korean, "밤새", "밤세", 1)), feedmill.ChangeTypo,
			[]feedmill.BlockDiff{{Op: "-", Text: korean}, {Op: "+", Text: strings.Replace(korean, "밤새", "밤세", 1)}}},
		{"a number is no typo", piece("Flood", long, "It cost 1.5 million."), piece("Flood", long, "It cost 2.5 million."),
			feedmill.ChangeAdded, []feedmill.BlockDiff{{Op: "-", Text: "It cost 1.5 million."}, {Op: "+", Text: "It cost 2.5 million."}}},
		{"a paragraph more", piece("Flood", long), piece("Flood", long, "More rain."), feedmill.ChangeAdded,
			[]feedmill.BlockDiff{{Op: "+", Text: "More rain."}}},
		{"a paragraph less", piece("Flood", "Rain.", long), piece("Flood", long), feedmill.ChangeRemoved,
			[]feedmill.BlockDiff{{Op: "-", Text: "Rain."}}},
		{"words less", piece("Flood", "Rain fell on the whole town."), piece("Flood", "Rain fell."), feedmill.ChangeRemoved,
			[]feedmill.BlockDiff{{Op: "-", Text: "Rain fell on the whole town."}, {Op: "+", Text: "Rain fell."}}},
		{"moved", piece("Flood", "One.", "Two.", "Three."), piece("Flood", "Three.", "One.", "Two."), feedmill.ChangeTypo, nil},
		{"one of two alike", piece("Flood", "Rain.", "Rain.", long), piece("Flood", "Rain.", long), feedmill.ChangeRemoved,
			[]feedmill.BlockDiff{{Op: "-", Text: "Rain."}}},
		{"a correction, and another headline", piece("Flood", long), piece("Floods", long, "Correction: it was wet."), feedmill.ChangeCorrection,
			[]feedmill.BlockDiff{{Op: "+", Text: "Correction: it was wet."}}},
		{"a correction that was there", piece("Flood", long, "Correction: a."), piece("Floods", long, "Correction: a."), feedmill.ChangeHeadline, nil},
		{"full text", warned(piece("Flood", "Rain."), feedmill.WarnFeedOnly), piece("Floods", long), feedmill.ChangeCompleted,
			[]feedmill.BlockDiff{{Op: "-", Text: "Rain."}, {Op: "+", Text: long}}},
		{"retracted by name", piece("Flood", long), piece("RETRACTED: Flood", long), feedmill.ChangeRetracted, nil},
		{"retracted by its text", piece("Flood", long), piece("Flood", "Taken down."), feedmill.ChangeRetracted,
			[]feedmill.BlockDiff{{Op: "-", Text: long}, {Op: "+", Text: "Taken down."}}},
		{"behind a paywall now", piece("Flood", long), warned(piece("Flood", "Subscribe."), feedmill.WarnPaywalled), feedmill.ChangeRemoved,
			[]feedmill.BlockDiff{{Op: "-", Text: long}, {Op: "+", Text: "Subscribe."}}},
		{"nothing at all", piece(""), piece(""), feedmill.ChangeTypo, nil},
	} {
		got := sink.Compare(test.prev, test.cur)
		if d := cmp.Diff(&feedmill.Change{Class: test.want, Blocks: test.wantBlocks}, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, d)
		}
	}
}

func TestCompareWithoutBlocks(t *testing.T) {
	t.Parallel()
	prev := feedmill.NewRecord(&feedmill.Article{Text: "One.\n\nTwo."})
	cur := feedmill.NewRecord(&feedmill.Article{Text: "One.\n\nTwo.\n\n\n\nThree."})
	want := &feedmill.Change{Class: feedmill.ChangeAdded, Blocks: []feedmill.BlockDiff{{Op: "+", Text: "Three."}}}
	if d := cmp.Diff(want, sink.Compare(prev, cur)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestCompareLarge takes two texts of 50,000 blocks with nothing in common: the time must follow their length.
func TestCompareLarge(t *testing.T) {
	t.Parallel()
	text := func(word string) *feedmill.Record {
		var b strings.Builder
		for i := range 50_000 {
			b.WriteString(word)
			b.WriteString(time.Duration(i).String())
			b.WriteString("\n\n")
		}
		return feedmill.NewRecord(&feedmill.Article{Text: b.String()})
	}
	start := time.Now()
	if c := sink.Compare(text("a"), text("b")); len(c.Blocks) != 100_000 {
		t.Errorf("%d blocks in the diff, want 100,000", len(c.Blocks))
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}
