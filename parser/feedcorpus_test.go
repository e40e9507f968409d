package parser

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/feedmill/feedmill"
)

// corpusFiles calls yield with each regular file of a tar.gz archive.
func corpusFiles(t testing.TB, archive string, yield func(name string, body []byte)) {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	tr := tar.NewReader(zr)
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		body, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		yield(h.Name, body)
	}
}

// TestParseFeedRealWorld reads feeds that were really published: each gives items, nearly all with an absolute link and
// a date.
func TestParseFeedRealWorld(t *testing.T) {
	t.Parallel()
	files, totalItems, totalLinks, totalDates := 0, 0, 0, 0
	corpusFiles(t, sharedFile(t, "corpora/feeds/realworld.tar.gz"), func(name string, body []byte) {
		files++
		name = path.Base(name)
		p := &feedmill.Page{URL: "https://feeds.example.org/dir/feed.xml", Body: body}
		if !IsFeed(p) {
			t.Errorf("%s: IsFeed is false", name)
		}
		feed, items, err := ParseFeed(p)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		links, dates, stated, titles := 0, 0, 0, 0
		for _, it := range items {
			if isWebURL(it.Link) {
				links++
			}
			if it.PublishedRaw != "" || it.UpdatedRaw != "" {
				stated++
			}
			if !it.Published.IsZero() || !it.Updated.IsZero() {
				dates++
			}
			if it.Title != "" {
				titles++
			}
			if strings.Contains(it.Title+it.Author+feed.Title, "\uFFFD") {
				t.Errorf("%s: undecodable characters in %q", name, it.Title)
			}
		}
		t.Logf("%-55s %4d items %4d links %4d/%d dates %4d titles  %.40q", name, len(items), links, dates, stated, titles, feed.Title)
		if len(items) == 0 || links == 0 || dates < stated || titles == 0 {
			t.Errorf("%s: %d items, %d links, %d of %d dates, %d titles", name, len(items), links, dates, stated, titles)
		}
		totalItems, totalLinks, totalDates = totalItems+len(items), totalLinks+links, totalDates+dates
	})
	t.Logf("%d feeds, %d items, %d with link, %d with date", files, totalItems, totalLinks, totalDates)
}

// BenchmarkParseFeed reads the real feeds, one after the other.
func BenchmarkParseFeed(b *testing.B) {
	var pages []*feedmill.Page
	size, items := 0, 0
	corpusFiles(b, sharedFile(b, "corpora/feeds/realworld.tar.gz"), func(_ string, body []byte) {
		pages = append(pages, &feedmill.Page{URL: "https://feeds.example.org/feed.xml", Body: body})
		size += len(body)
	})
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		items = 0
		for _, p := range pages {
			_, list, err := ParseFeed(p)
			if err != nil {
				b.Fatal(err)
			}
			items += len(list)
		}
	}
	b.ReportMetric(float64(items*b.N)/b.Elapsed().Seconds(), "items/s")
}
