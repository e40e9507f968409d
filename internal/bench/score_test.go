package bench

import (
	"math"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/newsroom"
)

func TestBodyF1(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		got, want string
		f1        float64
	}{
		{"one two three four five", "One two: three, four five!", 1},
		{"one two three four five six", "one two three four", 2.0 / 4}, // one of three, and all of one
		{"a b c d a b c d", "a b c d", 2.0 / 6},                        // said twice counts once
		{"", "one two three four", 0},
		{"one two three four", "", 0},
		{"", "", 1},
		{"too short", "too short", 1},
		{"too short", "other words", 0},
	} {
		if got := bodyF1(tt.got, tt.want); math.Abs(got-tt.f1) > 1e-9 {
			t.Errorf("%q against %q: %v, want %v", tt.got, tt.want, got, tt.f1)
		}
	}
}

func TestSameTime(t *testing.T) {
	t.Parallel()
	want := time.Date(2025, 3, 1, 23, 30, 20, 0, time.FixedZone("", 3600))
	for _, tt := range []struct {
		got  feedmill.Timestamp
		same bool
	}{
		{feedmill.Timestamp{Value: "2025-03-01", Precision: "day"}, true},
		{feedmill.Timestamp{Value: "2025-03-02", Precision: "day"}, false},
		{feedmill.Timestamp{Value: "2025-03-01T23:30", Precision: "minute"}, true},
		{feedmill.Timestamp{Value: "2025-03-01T22:30", Precision: "minute"}, false},
		{feedmill.Timestamp{Value: "2025-03-01T22:30Z", UTC: want.UTC().Truncate(time.Minute), Precision: "minute"}, true},
		{feedmill.Timestamp{Value: "2025-03-01T23:30:20Z", UTC: want.Add(time.Hour).UTC(), Precision: "second"}, false},
		{feedmill.Timestamp{Value: "2025-03", Precision: "month"}, false},
		{feedmill.Timestamp{}, false},
	} {
		if sameTime(tt.got, want) != tt.same {
			t.Errorf("%+v is the same as %v: %v", tt.got, want, !tt.same)
		}
	}
}

// TestScorer gives one right record, one with every fault, and one of no article.
func TestScorer(t *testing.T) {
	t.Parallel()
	web := newsroom.New(nil)
	if _, err := web.Generate(&newsroom.GenerateOptions{Items: 2}); err != nil {
		t.Fatal(err)
	}
	s := &scorer{web: web, seen: map[string]int{}, shares: map[string][]float64{}}
	truth := web.Truth("/gen/0/article-0.html")
	right := &feedmill.Record{Article: feedmill.Article{URL: "http://a.test/gen/0/article-0.html", Title: truth.Title,
		Published: feedmill.Timestamp{Value: truth.Published.Format(time.DateOnly), Precision: "day"}}, Revision: 1}
	for i, p := range truth.Paragraphs {
		if i > 0 {
			right.Text += "\n\n"
		}
		right.Text += p
	}
	for _, name := range truth.Authors {
		right.Byline.Authors = append(right.Byline.Authors, feedmill.Author{Name: name})
	}
	s.record(right)
	s.record(&feedmill.Record{Article: feedmill.Article{URL: "http://a.test/gen/0/article-1.html", Text: "Nothing of the kind was said."}, Revision: 2})
	s.record(&feedmill.Record{Article: feedmill.Article{URL: "http://a.test/elsewhere"}})
	s.sum()
	if s.Title != 1 || s.Author != 1 || s.Date != 1 || s.Body != 1 || s.Foreign != 1 || s.F1 != 0.5 || s.WorstTemplate != truth.Layout {
		t.Errorf("score %+v", s.Score)
	}
	if s.seen["/gen/0/article-0.html"] != 1 || s.seen["/gen/0/article-1.html"] != 2 {
		t.Errorf("seen %v, want one of them twice", s.seen)
	}
}
