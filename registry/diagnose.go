package registry

import (
	"fmt"
	"time"

	"github.com/feedmill/feedmill"
)

// Problem is what is wrong with a feed.
type Problem string

// The problems, the worst first.
const (
	ProblemGone    Problem = "gone"    // its server says that it is gone for good (410)
	ProblemFailing Problem = "failing" // it has failed three times or more in a row
	ProblemSilent  Problem = "silent"  // it posts nothing, against its own rhythm
	ProblemGaps    Problem = "gaps"    // items may have been missed in the last week
	ProblemShort   Problem = "short"   // most of its articles come out short
)

// Problems returns the names of all problems.
func Problems() []Problem {
	return []Problem{ProblemGone, ProblemFailing, ProblemSilent, ProblemGaps, ProblemShort}
}

const (
	failsAfter = 3 // failures in a row
	// A feed is silent that has posted nothing for silentAtLeast, and for so long that silentItems were to be expected, by
	// a rate that rests on knownItems at least.
	silentAtLeast = 48 * time.Hour
	silentItems   = 12
	knownItems    = 4
	gapsWithin    = 7 * 24 * time.Hour
	// Half of at least shortOf articles are short.
	shortOf = 5
)

// Diagnose tells what is wrong with a feed and why, the worst first; nothing for one that does well or is paused.
func Diagnose(st *feedmill.FeedState, now time.Time) (p Problem, reason string) {
	switch {
	case st.Paused:
		return "", ""
	case st.Gone:
		return ProblemGone, st.Error
	case st.Failures >= failsAfter:
		since := "it has never been read"
		if !st.LastSuccess.IsZero() {
			since = "last read " + st.LastSuccess.UTC().Format(time.DateTime)
		}
		return ProblemFailing, fmt.Sprintf("%d times in a row, %s: %s", st.Failures, since, st.Error)
	}
	last := st.Posting.Newest
	if st.LastNew.After(last) {
		last = st.LastNew
	}
	if p := &st.Posting; p.Items >= knownItems && p.Hours > 0 && !last.IsZero() && now.Sub(last) >= silentAtLeast {
		if perHour := p.Items / p.Hours; perHour*now.Sub(last).Hours() >= silentItems {
			return ProblemSilent, fmt.Sprintf("nothing new since %s, where it posted %.1f items a day", last.UTC().Format(time.DateTime), perHour*24)
		}
	}
	if !st.LastGap.IsZero() && now.Sub(st.LastGap) < gapsWithin {
		return ProblemGaps, fmt.Sprintf("%d times a document had nothing in common with the one before, last %s", st.Gaps, st.LastGap.UTC().Format(time.DateTime))
	}
	if st.Articles >= shortOf && st.Short > st.Articles/2 {
		return ProblemShort, fmt.Sprintf("%.0f %% of its latest articles are short or made of the feed alone", 100*st.Short/st.Articles)
	}
	return "", ""
}

// keepArticles is how many articles of a feed are counted before older ones count for half.
const keepArticles = 50

// CountArticles adds to a feed's articles, and to those of them that came out short.
func CountArticles(st *feedmill.FeedState, articles, short int) {
	if st.Articles > keepArticles {
		st.Articles, st.Short = st.Articles/2, st.Short/2
	}
	st.Articles += float64(articles)
	st.Short += float64(short)
}
