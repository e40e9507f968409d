package registry

import (
	"testing"
	"time"

	"github.com/feedmill/feedmill"
)

func TestDiagnose(t *testing.T) {
	t.Parallel()
	daily := feedmill.Posting{Items: 30, Hours: 30 * 24, Until: testDay.AddDate(0, 0, -20), Newest: testDay.AddDate(0, 0, -20)}
	busy := feedmill.Posting{Items: 3000, Hours: 30 * 24, Until: testDay.Add(-3 * time.Hour), Newest: testDay.Add(-3 * time.Hour)}
	for name, tt := range map[string]struct {
		st   feedmill.FeedState
		want Problem
	}{
		"new":                             {feedmill.FeedState{}, ""},
		"gone":                            {feedmill.FeedState{Gone: true, Failures: 9}, ProblemGone},
		"paused":                          {feedmill.FeedState{Paused: true, Failures: 9}, ""},
		"failed twice":                    {feedmill.FeedState{Failures: 2}, ""},
		"failing":                         {feedmill.FeedState{Failures: 3}, ProblemFailing},
		"silent":                          {feedmill.FeedState{Posting: daily}, ProblemSilent},
		"silent, but for a late new item": {feedmill.FeedState{Posting: daily, LastNew: testDay.AddDate(0, 0, -1)}, ""},
		"busy, a night off":               {feedmill.FeedState{Posting: busy}, ""},
		"busy, two days off":              {feedmill.FeedState{Posting: feedmill.Posting{Items: 3000, Hours: 720, Newest: testDay.AddDate(0, 0, -3)}}, ProblemSilent},
		"slow as ever":                    {feedmill.FeedState{Posting: feedmill.Posting{Items: 5, Hours: 5 * 720, Newest: testDay.AddDate(0, 0, -90)}}, ""},
		"a gap":                           {feedmill.FeedState{Gaps: 1, LastGap: testDay.AddDate(0, 0, -1)}, ProblemGaps},
		"a gap long ago":                  {feedmill.FeedState{Gaps: 1, LastGap: testDay.AddDate(0, 0, -10)}, ""},
		"short articles":                  {feedmill.FeedState{Articles: 10, Short: 8}, ProblemShort},
		"few short articles":              {feedmill.FeedState{Articles: 10, Short: 3}, ""},
	} {
		got, reason := Diagnose(&tt.st, testDay)
		if got != tt.want {
			t.Errorf("%s: %q (%s), want %q", name, got, reason, tt.want)
		}
	}
}

func TestCountArticles(t *testing.T) {
	t.Parallel()
	var st feedmill.FeedState
	for range 30 {
		CountArticles(&st, 10, 0)
	}
	for range 15 { // the site has changed
		CountArticles(&st, 10, 10)
	}
	if st.Articles > 120 || st.Short < st.Articles*3/4 {
		t.Errorf("%v articles, %v of them short", st.Articles, st.Short)
	}
}
