package parser

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"github.com/feedmill/feedmill"
)

// wellFormedFeeds are the published feeds of the corpus that gofeed reads as they are.
func wellFormedFeeds(b *testing.B) (pages []*feedmill.Page, size int) {
	b.Helper()
	corpusFiles(b, sharedFile(b, "corpora/feeds/realworld.tar.gz"), func(_ string, body []byte) {
		body = bytes.TrimSpace(body)
		p := &feedmill.Page{URL: "https://feeds.example.org/feed.xml", Body: body}
		if _, err := gofeed.NewParser().Parse(bytes.NewReader(body)); err == nil && malformed(p) == "" {
			pages = append(pages, p)
			size += len(body)
		}
	})
	return pages, size
}

// BenchmarkParseFeed reads the well-formed feeds, one after the other: ParseFeed, which also sanitises, resolves links and
// makes plain text of titles, and gofeed alone.
func BenchmarkParseFeed(b *testing.B) {
	pages, size := wellFormedFeeds(b)
	for _, bench := range []struct {
		name string
		read func(p *feedmill.Page) (int, error)
	}{{"feedmill", readWithFeedmill}, {"gofeed", readWithGofeed}} {
		b.Run(bench.name, func(b *testing.B) {
			items := 0
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				items = 0
				for _, p := range pages {
					n, err := bench.read(p)
					if err != nil {
						b.Fatal(err)
					}
					items += n
				}
			}
			b.ReportMetric(float64(items*b.N)/b.Elapsed().Seconds(), "items/s")
		})
	}
}

// BenchmarkParseFeedRatio reads each feed with gofeed and with ParseFeed in turn, and gives the throughput of ParseFeed as
// a multiple of gofeed's: over all feeds, and the lowest and the median over feeds. They take turns, and the shortest time
// of each counts, so that the ratio holds on a machine that is not quiet.
func BenchmarkParseFeedRatio(b *testing.B) {
	pages, _ := wellFormedFeeds(b)
	ours, theirs := make([]time.Duration, len(pages)), make([]time.Duration, len(pages))
	for b.Loop() {
		for i, p := range pages {
			theirs[i] = shorter(theirs[i], timed(b, p, readWithGofeed))
			ours[i] = shorter(ours[i], timed(b, p, readWithFeedmill))
		}
	}
	var all, allTheirs time.Duration
	var ratios []float64
	for i := range pages {
		all, allTheirs = all+ours[i], allTheirs+theirs[i]
		ratios = append(ratios, float64(theirs[i])/float64(ours[i]))
	}
	slices.Sort(ratios)
	b.ReportMetric(float64(allTheirs)/float64(all), "x-gofeed")
	b.ReportMetric(ratios[0], "x-gofeed-lowest")
	b.ReportMetric(ratios[len(ratios)/2], "x-gofeed-median")
}

func shorter(a, b time.Duration) time.Duration {
	if a == 0 || b < a {
		return b
	}
	return a
}

func timed(b *testing.B, p *feedmill.Page, read func(p *feedmill.Page) (int, error)) time.Duration {
	start := time.Now()
	if _, err := read(p); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

func readWithFeedmill(p *feedmill.Page) (int, error) {
	_, items, err := ParseFeed(p)
	return len(items), err
}

func readWithGofeed(p *feedmill.Page) (int, error) {
	f, err := gofeed.NewParser().Parse(bytes.NewReader(p.Body))
	if err != nil {
		return 0, err
	}
	return len(f.Items), nil
}
