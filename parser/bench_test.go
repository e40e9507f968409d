package parser

import (
	"bytes"
	"testing"

	"golang.org/x/net/html"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/newsroom"
)

// benchmarkPages are pages of the corpus where it is present, else of a newsroom.
func benchmarkPages(b *testing.B) []*feedmill.Page {
	b.Helper()
	var list []*feedmill.Page
	if corpus, ok := corpusManifest(b); ok {
		for i := range corpus {
			if i%8 == 0 {
				list = append(list, &feedmill.Page{URL: corpus[i].URL, Body: readCorpusPage(b, &corpus[i])})
			}
		}
		return list
	}
	n := newsroom.New(nil)
	if _, err := n.Generate(&newsroom.GenerateOptions{Feeds: 6, Items: 10, PageBytes: 60_000}); err != nil {
		b.Fatal(err)
	}
	for _, feedURL := range n.Feeds(newsroomBase) {
		list = append(list, newsroomPages(b, n, feedURL)...)
	}
	return list
}

// BenchmarkExtract reads each page once per iteration; BenchmarkParse is what of that x/net/html takes.
func BenchmarkExtract(b *testing.B) {
	pages := benchmarkPages(b)
	x := NewExtractor(nil)
	b.ReportAllocs()
	for b.Loop() {
		for _, p := range pages {
			if _, err := x.Extract(p); err != nil && p.URL != "" {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(pages)), "µs/page")
}

func BenchmarkParse(b *testing.B) {
	pages := benchmarkPages(b)
	b.ReportAllocs()
	for b.Loop() {
		for _, p := range pages {
			if _, err := html.Parse(bytes.NewReader(p.Body)); err != nil && len(p.Body) == 0 {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(pages)), "µs/page")
}
