package registry_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/parser"
	"github.com/feedmill/feedmill/registry"
)

// history is when a feed posted.
type history struct {
	id     string
	posts  []time.Time
	window int // items in its document
}

// The weeks that are simulated, and the time before them from which there are posts.
var (
	simFrom = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) // a Monday
	simTo   = simFrom.AddDate(0, 0, 28)
	simPast = simFrom.AddDate(0, 0, -120)
)

type schedule struct {
	name string
	next func(h *history) func(*feedmill.FeedState, time.Time) time.Time
}

func schedules() []schedule {
	adaptive := func(p *registry.Policy) func(*history) func(*feedmill.FeedState, time.Time) time.Time {
		return func(*history) func(*feedmill.FeedState, time.Time) time.Time {
			return func(st *feedmill.FeedState, now time.Time) time.Time { return registry.Next(st, p, now) }
		}
	}
	fixed := func(d time.Duration) func(*history) func(*feedmill.FeedState, time.Time) time.Time {
		return func(*history) func(*feedmill.FeedState, time.Time) time.Time {
			return func(_ *feedmill.FeedState, now time.Time) time.Time { return now.Add(d) }
		}
	}
	return []schedule{
		{"adaptive", adaptive(nil)},
		{"adaptive-default-4h", adaptive(&registry.Policy{Default: 4 * time.Hour})},
		{"fixed-1h", fixed(time.Hour)},
		{"fixed-3h", fixed(3 * time.Hour)},
		{"weekly-count", weekly},
	}
}

// weekly waits a week divided by the number of items that the feed posted in the last one, from 5 minutes to 24 hours.
func weekly(h *history) func(*feedmill.FeedState, time.Time) time.Time {
	return func(_ *feedmill.FeedState, now time.Time) time.Time {
		const week = 7 * 24 * time.Hour
		before := func(t time.Time) int {
			n, _ := slices.BinarySearchFunc(h.posts, t, time.Time.Compare)
			return n
		}
		n := before(now) - before(now.Add(-week))
		if n == 0 {
			return now.Add(24 * time.Hour)
		}
		return now.Add(min(max(week/time.Duration(n), 5*time.Minute), 24*time.Hour))
	}
}

// simulate polls all feeds and returns the sums.
func simulate(all []history, s schedule) (sum registry.Simulation) {
	for i := range all {
		h := &all[i]
		one := registry.Simulate(h.id, h.posts, h.window, simFrom, simTo, s.next(h))
		sum.Polls += one.Polls
		sum.Found += one.Found
		sum.Missed += one.Missed
		sum.Delay += one.Delay
	}
	return sum
}

func meanDelay(s registry.Simulation) time.Duration { return s.Delay / time.Duration(max(s.Found, 1)) }

func pollsPerDay(s registry.Simulation, feeds int) float64 {
	return float64(s.Polls) / float64(feeds) / (simTo.Sub(simFrom).Hours() / 24)
}

// BenchmarkSchedule tells how soon items are found, and for how many requests.
func BenchmarkSchedule(b *testing.B) {
	sets := map[string][]history{"generated": generated()}
	recorded, err := recordings()
	if err == nil {
		sets["recorded"] = recorded
	} else {
		b.Logf("no recorded histories: %v", err)
	}
	for _, name := range []string{"generated", "recorded"} {
		for _, s := range schedules() {
			if len(sets[name]) == 0 {
				continue
			}
			b.Run(name+"/"+s.name, func(b *testing.B) {
				var sum registry.Simulation
				for b.Loop() {
					sum = simulate(sets[name], s)
				}
				b.ReportMetric(meanDelay(sum).Minutes(), "min-delay")
				b.ReportMetric(pollsPerDay(sum, len(sets[name])), "polls/feed/day")
				b.ReportMetric(float64(sum.Missed), "missed")
			})
		}
	}
}

// TestScheduleRecorded holds the schedule to what it is for: over real feeds, sooner than hourly at a third of the requests.
func TestScheduleRecorded(t *testing.T) {
	t.Parallel()
	all, err := recordings()
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("no recorded histories: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	compare(t, all, "adaptive")
}

// TestScheduleGenerated does the same over feeds of many kinds, with an interval that makes for a third of the requests.
func TestScheduleGenerated(t *testing.T) {
	t.Parallel()
	compare(t, generated(), "adaptive-default-4h")
}

func compare(t *testing.T, all []history, name string) {
	sums := map[string]registry.Simulation{}
	for _, s := range schedules() {
		sum := simulate(all, s)
		sums[s.name] = sum
		t.Logf("%d feeds, %s: %d items after %v at %.1f polls a feed and day, %d missed", len(all), s.name, sum.Found,
			meanDelay(sum).Round(time.Second), pollsPerDay(sum, len(all)), sum.Missed)
	}
	ours, hourly := sums[name], sums["fixed-1h"]
	if 3*ours.Polls > hourly.Polls {
		t.Errorf("%d polls, hourly %d: more than a third", ours.Polls, hourly.Polls)
	}
	if meanDelay(ours) >= meanDelay(hourly) {
		t.Errorf("items are found after %v, with hourly polls after %v", meanDelay(ours), meanDelay(hourly))
	}
	if ours.Missed > ours.Found/1000 {
		t.Errorf("%d items missed, %d found", ours.Missed, ours.Found)
	}
}

// generated are feeds of several kinds, in numbers as a list of subscriptions may have them.
func generated() []history {
	rnd := rand.New(rand.NewPCG(1, 2))
	kinds := []struct {
		name    string
		feeds   int
		perDay  float64
		hours   [2]int // from and to, local
		weekend float64
		batch   int // items posted at once
		window  int
	}{
		{"agency", 4, 300, [2]int{0, 24}, .7, 1, 100},
		{"newspaper", 12, 60, [2]int{6, 23}, .6, 1, 40},
		{"magazine", 20, 6, [2]int{8, 19}, .3, 1, 20},
		{"daily", 14, 10, [2]int{5, 7}, .5, 10, 30},
		{"blog", 30, .4, [2]int{9, 24}, .8, 1, 10},
		{"asleep", 20, .02, [2]int{9, 24}, 1, 1, 10},
	}
	var all []history
	for _, k := range kinds {
		for i := range k.feeds {
			h := history{id: fmt.Sprintf("%s-%d", k.name, i), window: k.window}
			zone := time.Duration(rnd.IntN(24)) * time.Hour
			perDay := k.perDay * math.Exp(rnd.NormFloat64()*.5)
			for day := simPast; day.Before(simTo); day = day.AddDate(0, 0, 1) {
				n := perDay / float64(k.batch)
				if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
					n *= k.weekend
				}
				for t := rnd.ExpFloat64() / n; t < 1; t += rnd.ExpFloat64() / n {
					length := time.Duration(k.hours[1]-k.hours[0]) * time.Hour
					at := day.Add(time.Duration(k.hours[0])*time.Hour + time.Duration(t*float64(length)) + zone)
					for range k.batch {
						h.posts = append(h.posts, at)
					}
				}
			}
			slices.SortFunc(h.posts, time.Time.Compare)
			all = append(all, h)
		}
	}
	return all
}

// recordings are the dates in real feeds, without those that have fewer than five. What is older than the feed's latest
// item by more than the weeks simulated is left out; the rest is repeated over them, at the same hours of the day.
func recordings() ([]history, error) {
	f, err := os.Open("../../shared/corpora/feeds/realworld.tar.gz")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	var all []history
	for archive := tar.NewReader(z); ; {
		head, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if head.Typeflag != tar.TypeReg {
			continue
		}
		body, err := io.ReadAll(archive)
		if err != nil {
			return nil, err
		}
		_, items, err := parser.ParseFeed(&feedmill.Page{URL: "https://feed.example/" + path.Base(head.Name), Status: 200, Body: body})
		if err != nil {
			continue
		}
		if h := recorded(strings.TrimSuffix(path.Base(head.Name), path.Ext(head.Name)), items); h != nil {
			all = append(all, *h)
		}
	}
}

func recorded(id string, items []feedmill.Item) *history {
	var dates []time.Time
	for i := range items {
		if at := items[i].Published; !at.IsZero() {
			dates = append(dates, at.UTC())
		}
	}
	slices.SortFunc(dates, time.Time.Compare)
	if len(dates) < 5 || dates[len(dates)-1].Sub(dates[0]) < time.Hour {
		return nil
	}
	h := &history{id: id, window: len(items)}
	last := dates[len(dates)-1]
	length := simTo.Sub(simFrom)
	first := last.Add(-length)
	dates = slices.DeleteFunc(dates, func(t time.Time) bool { return t.Before(first) })
	days := int(last.Sub(dates[0])/(24*time.Hour)) + 1
	if len(dates) < len(items) {
		days = int(length / (24 * time.Hour)) // what came before is older than the weeks
	}
	begin := dates[0].Truncate(24 * time.Hour)
	for turn := simPast; turn.Before(simTo); turn = turn.AddDate(0, 0, days) {
		for _, t := range dates {
			h.posts = append(h.posts, turn.Add(t.Sub(begin)))
		}
	}
	slices.SortFunc(h.posts, time.Time.Compare)
	return h
}
