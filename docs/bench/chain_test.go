package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/enricher"
)

// pagesAndArticles returns pages of about 100 kB, and the texts of English articles of about 800 words.
func pagesAndArticles(b *testing.B) (pages [][]byte, articles []feedmill.Article) {
	b.Helper()
	const dir = "../../../shared/corpora/extraction"
	f, err := os.Open(filepath.Join(dir, "manifest.jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		b.Skipf("%s is absent", dir)
	}
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var m struct{ Path, Title, Text string }
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			b.Fatal(err)
		}
		if n := len(strings.Fields(m.Text)); n >= 700 && n <= 900 && strings.Count(m.Text, " the ") > n/40 {
			articles = append(articles, feedmill.Article{
				Title: m.Title, Text: m.Text, Language: feedmill.Language{Tag: "en"}, Published: feedmill.Timestamp{Value: "2024-05-06T07:08:09Z"},
			})
		}
		raw, err := readPacked(filepath.Join(dir, m.Path))
		if err != nil {
			b.Fatal(err)
		}
		if len(raw) > 90_000 && len(raw) < 110_000 {
			pages = append(pages, raw)
		}
	}
	if err := lines.Err(); err != nil {
		b.Fatal(err)
	}
	return pages, articles
}

func readPacked(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// BenchmarkChain sets the whole chain of enrichment on an article of 800 words beside a parse of a page of 100 kB by
// goquery: the time for one of each, and cpu-ms/op, the processor's, which is steadier on a machine with other work. heap-MB is what lives after all articles, growth-MB what reading them five times more
// adds to it.
func BenchmarkChain(b *testing.B) {
	pages, articles := pagesAndArticles(b)
	words := 0
	for i := range articles {
		words += len(strings.Fields(articles[i].Text))
	}
	b.Run("goquery", func(b *testing.B) {
		b.ReportAllocs()
		n, start := 0, processorTime(b)
		for b.Loop() {
			if _, err := goquery.NewDocumentFromReader(bytes.NewReader(pages[n%len(pages)])); err != nil {
				b.Fatal(err)
			}
			n++
		}
		b.ReportMetric((processorTime(b)-start).Seconds()*1000/float64(n), "cpu-ms/op")
	})
	before := heap()
	chain, err := enricher.NewChain(nil)
	if err != nil {
		b.Fatal(err)
	}
	read := func(b *testing.B, n int) {
		if err := chain.Enrich(b.Context(), feedmill.NewRecord(&articles[n%len(articles)])); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("chain", func(b *testing.B) {
		b.ReportAllocs()
		for n := range articles {
			read(b, n) // the lists are read when first asked for
		}
		first := heap()
		for n := range 5 * len(articles) {
			read(b, n)
		}
		growth := heap() - first
		n, start := 0, processorTime(b)
		for b.Loop() {
			read(b, n)
			n++
		}
		b.ReportMetric((processorTime(b)-start).Seconds()*1000/float64(n), "cpu-ms/op")
		b.ReportMetric(first-before, "heap-MB")
		b.ReportMetric(growth, "growth-MB")
		b.ReportMetric(float64(words)/float64(len(articles)), "words/article")
	})
}

// processorTime returns what the process has used of the processor.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// heap returns what lives, in megabytes.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6
}
