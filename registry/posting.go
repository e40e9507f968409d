package registry

import (
	"math"
	"slices"
	"time"

	"github.com/feedmill/feedmill"
)

const (
	// postingHalf is the time after which an item counts for half in the rate at which a feed posts.
	postingHalf = 21 * 24 * time.Hour
	// postingPast is how far back the dates of a feed's first document are looked at.
	postingPast = 60 * 24 * time.Hour
	// priorItems is how many items the assumption weighs that a feed posts as often as one that is polled once in each
	// Policy.Default.
	priorItems = 2
	// wholeDays is how long the time of a first document must be for its items to say something of the hours of the day.
	wholeDays = 3 * 24 * time.Hour
	// priorDay is how many items, spread evenly over the day, are added to those of the hours of the day.
	priorDay = 8
	// surprise is what the past still counts for once items may have been missed: it did not foresee them.
	surprise = 0.25
)

// Observe adds to what is known of a feed's posting what a document brings that was fetched at the given time: new items
// with these dates of publication, zero where they have none. With gap, items before them may have been missed. Every
// document that is read is to be observed, also one without new items; answers without a document are not.
//
// The first time, the dates stand for the 60 days before; later, a date outside of the time since the last document
// counts as now. The past counts for half after 21 days.
func Observe(p *feedmill.Posting, dates []time.Time, at time.Time, gap bool) {
	at = at.UTC().Truncate(time.Second)
	var hours [24]float64
	since, whole := p.Until, true
	if since.IsZero() {
		dates, since = past(dates, at)
		p.Items, p.Hours = float64(len(dates)), at.Sub(since).Hours()
		whole = at.Sub(since) >= wholeDays
	} else if dt := at.Sub(since); dt > 0 {
		keep := math.Exp2(-float64(dt) / float64(postingHalf))
		if gap {
			keep *= surprise
		}
		spread(&hours, p.Day, p.Items*keep)
		p.Items = p.Items*keep + float64(len(dates))
		p.Hours = p.Hours*keep + dt.Hours()
	} else {
		return
	}
	for _, t := range dates {
		if !t.After(since) || t.After(at) {
			t = at
		} else if t.After(p.Newest) {
			p.Newest = t.UTC().Truncate(time.Second)
		}
		if whole {
			hours[t.UTC().Hour()]++
		}
	}
	p.Until, p.Day = at, quantised(&hours)
}

// Missed tells whether items may have been missed between a document and those before it: it has nothing in common with
// them ([SeenSet.Gap]), and its oldest item is not older than their newest, as far as there are dates.
func Missed(p *feedmill.Posting, seen *SeenSet, items []feedmill.Item) bool {
	if !seen.Gap() {
		return false
	}
	var oldest time.Time
	for i := range items {
		if t := items[i].Published; !t.IsZero() && (oldest.IsZero() || t.Before(oldest)) {
			oldest = t
		}
	}
	return oldest.IsZero() || p.Newest.IsZero() || oldest.After(p.Newest)
}

// past returns the dates within postingPast before at, in order, and the time from which on they are all there are. Dates
// that all lie in one minute are when the document was made, and tell nothing.
func past(dates []time.Time, at time.Time) (within []time.Time, since time.Time) {
	begin := at.Add(-postingPast)
	older := false
	for _, t := range dates {
		switch {
		case t.IsZero() || t.After(at):
		case t.Before(begin):
			older = true
		default:
			within = append(within, t)
		}
	}
	slices.SortFunc(within, time.Time.Compare)
	if older {
		return within, begin
	}
	if n := len(within); n == 0 || within[n-1].Sub(within[0]) < time.Minute {
		return nil, at
	}
	return within[1:], within[0] // the first one begins the time
}

// spread adds items to the hours of the day, in the proportions of a Posting's Day.
func spread(hours *[24]float64, day []byte, items float64) {
	sum := 0.0
	for _, n := range day {
		sum += float64(n)
	}
	if len(day) != 24 || sum == 0 {
		return
	}
	for h, n := range day {
		hours[h] += items * float64(n) / sum
	}
}

func quantised(hours *[24]float64) []byte {
	most := slices.Max(hours[:])
	if most <= 0 {
		return nil
	}
	day := make([]byte, 24)
	for h, n := range hours {
		day[h] = byte(math.Round(n / most * 255))
	}
	return day
}

// rates returns how many items an hour a feed is expected to post from now on, by the hour of the day, UTC.
func rates(p *feedmill.Posting, def time.Duration, now time.Time) (perHour [24]float64) {
	items, span := priorItems+p.Items, priorItems*perItem*def.Hours()+p.Hours
	if dt := now.Sub(p.Until); dt > 0 && !p.Until.IsZero() {
		span += dt.Hours()
	}
	for h := range perHour {
		perHour[h] = priorDay / 24.0
	}
	spread(&perHour, p.Day, p.Items)
	sum := 0.0
	for _, n := range perHour {
		sum += n
	}
	for h := range perHour {
		perHour[h] *= items / span * 24 / sum
	}
	return perHour
}
