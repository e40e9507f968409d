// Command bench runs feedmill's article extraction and two other extractors written in Go over the same pages in one
// process on one core, and prints their cost beside that of the parse alone.
//
//	go run . -pages DIR             cost: pages a second, ratio to html.Parse, allocations, worst page
//	go run . -pages DIR -predict F  what each makes of the pages: F.NAME.json, in the form that score.py reads
//
// DIR holds manifest.jsonl, one JSON object a line with "id", "path" and "url"; paths are relative to DIR, files may be
// gzipped. It is a module of its own, so that the peers are no dependencies of feedmill.
package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"mime"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	readability "codeberg.org/readeck/go-readability/v2"
	trafilatura "github.com/markusmobius/go-trafilatura"
	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/parser"
)

// page is one page of the corpus: as it is stored, and as UTF-8 for those that do not decode well themselves.
type page struct {
	ID, Path, URL string
	raw, utf8     []byte
	address       *url.URL
}

// contender is one way to get from bytes to an article. It returns the body's text.
type contender struct {
	name string
	run  func(p *page) (*result, error)
}

type result struct {
	Text string `json:"text"`
}

func main() {
	dir := flag.String("pages", "", "directory with manifest.jsonl")
	rounds := flag.Int("rounds", 5, "rounds over all pages; of each page the fastest counts")
	every := flag.Int("every", 1, "take every n-th page only")
	predict := flag.String("predict", "", "write predictions to FILE.NAME.json instead of timing")
	only := flag.String("only", "", "names to run, parted by commas")
	flag.Parse()
	if *dir == "" {
		fmt.Fprintln(os.Stderr, "bench: -pages DIR is needed: a directory with manifest.jsonl and the pages that it names")
		os.Exit(2)
	}
	if err := run(*dir, *predict, *only, *rounds, *every); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(dir, predict, only string, rounds, every int) error {
	runtime.GOMAXPROCS(1)
	pages, err := load(dir, max(every, 1))
	if err != nil {
		return err
	}
	list := contenders()
	if only != "" {
		names := strings.Split(only, ",")
		list = slices.DeleteFunc(list, func(c contender) bool { return !slices.Contains(names, c.name) })
	}
	if predict != "" {
		return write(predict, pages, list)
	}
	measure(pages, list, rounds)
	return nil
}

func contenders() []contender {
	x := parser.NewExtractor(nil)
	return []contender{
		{"parse", func(p *page) (*result, error) {
			_, err := html.Parse(bytes.NewReader(p.utf8))
			return &result{}, err
		}},
		{"feedmill", func(p *page) (*result, error) {
			a, err := x.Extract(&feedmill.Page{URL: p.URL, Body: p.raw})
			if err != nil {
				return nil, err
			}
			return &result{Text: a.Text}, nil
		}},
		{"readability", func(p *page) (*result, error) {
			doc, err := html.Parse(bytes.NewReader(p.utf8))
			if err != nil {
				return nil, err
			}
			a, err := readability.FromDocument(doc, p.address)
			if err != nil {
				return nil, err
			}
			var b strings.Builder
			if a.Node == nil {
				return &result{}, nil
			}
			if err := a.RenderText(&b); err != nil {
				return nil, err
			}
			return &result{Text: b.String()}, nil
		}},
		{"trafilatura", func(p *page) (*result, error) { return useTrafilatura(p, false) }},
		{"trafilatura+fallback", func(p *page) (*result, error) { return useTrafilatura(p, true) }},
	}
}

func useTrafilatura(p *page, fallback bool) (*result, error) {
	doc, err := html.Parse(bytes.NewReader(p.utf8))
	if err != nil {
		return nil, err
	}
	a, err := trafilatura.ExtractDocument(doc, trafilatura.Options{OriginalURL: p.address, EnableFallback: fallback, ExcludeComments: true})
	if err != nil {
		return nil, err
	}
	return &result{Text: a.ContentText}, nil
}

// measure prints one line a contender. Every page is given to all contenders in turn, so that what else the machine does
// hits all alike; what counts of a page is its fastest round, in CPU time of the process. The first round counts what is
// allocated.
func measure(pages []page, list []contender, rounds int) {
	type figures struct {
		fastest       []time.Duration // by page
		allocs, bytes uint64
		failed        int
	}
	all := make([]figures, len(list))
	for i := range all {
		all[i].fastest = make([]time.Duration, len(pages))
	}
	var before, after runtime.MemStats
	for round := range rounds {
		for k := range pages {
			for i := range list {
				f := &all[i]
				if round == 0 {
					runtime.ReadMemStats(&before)
				}
				start := cpuTime()
				_, err := list[i].run(&pages[k])
				took := cpuTime() - start
				if round == 0 {
					runtime.ReadMemStats(&after)
					f.allocs += after.Mallocs - before.Mallocs
					f.bytes += after.TotalAlloc - before.TotalAlloc
					if err != nil {
						f.failed++
					}
				}
				if round == 0 || took < f.fastest[k] {
					f.fastest[k] = took
				}
			}
		}
	}
	size := 0
	for i := range pages {
		size += len(pages[i].raw)
	}
	fmt.Printf("%d pages, %d kB on average, fastest of %d rounds, one core, CPU time, %s\n", len(pages), size/len(pages)/1000, rounds, runtime.Version())
	fmt.Printf("%-22s %9s %9s %13s %9s %10s %7s\n", "", "pages/s", "x parse", "allocs/page", "MB/page", "worst ms", "failed")
	floor := 0.0
	for i := range list {
		f := &all[i]
		var total, worst time.Duration
		worstID := ""
		for k, took := range f.fastest {
			total += took
			if took > worst {
				worst, worstID = took, pages[k].ID
			}
		}
		perSecond := float64(len(pages)) / total.Seconds()
		floor = cmp.Or(floor, perSecond)
		n := uint64(len(pages))
		fmt.Printf("%-22s %9.0f %9.3f %13d %9.2f %10.1f %7d  %s\n", list[i].name, perSecond, perSecond/floor, f.allocs/n, float64(f.bytes)/float64(n)/1e6, worst.Seconds()*1000, f.failed, worstID)
	}
}

// cpuTime is the CPU time that the process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func write(name string, pages []page, list []contender) error {
	for _, c := range list {
		if c.name == "parse" {
			continue
		}
		out := map[string]*result{}
		for k := range pages {
			r, err := c.run(&pages[k])
			if err != nil {
				r = &result{}
			}
			out[pages[k].ID] = r
		}
		b, err := json.Marshal(out)
		if err != nil {
			return err
		}
		if err := os.WriteFile(name+"."+c.name+".json", b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func load(dir string, every int) ([]page, error) {
	manifest, err := os.ReadFile(filepath.Join(dir, "manifest.jsonl"))
	if err != nil {
		return nil, err
	}
	var pages []page
	n := -1
	for line := range bytes.Lines(manifest) {
		if n++; n%every != 0 {
			continue
		}
		var p page
		if err := json.Unmarshal(line, &p); err != nil {
			return nil, err
		}
		if p.raw, err = read(filepath.Join(dir, p.Path)); err != nil {
			return nil, err
		}
		p.utf8 = toUTF8(p.raw)
		p.URL = cmp.Or(p.URL, "http://unknown.invalid/"+p.ID)
		if p.address, err = url.Parse(p.URL); err != nil {
			return nil, err
		}
		pages = append(pages, p)
	}
	if len(pages) == 0 {
		return nil, fmt.Errorf("%s/manifest.jsonl names no pages", dir)
	}
	return pages, nil
}

func read(name string) ([]byte, error) {
	b, err := os.ReadFile(name)
	if err != nil || !bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
		return b, err
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// toUTF8 decodes a page for the peers as well as can be: valid UTF-8 is UTF-8, else the charset declared in the first
// 16 kB, else what the standard's sniffing says.
func toUTF8(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	head := bytes.ToLower(b[:min(len(b), 16<<10)])
	label := ""
	if i := bytes.Index(head, []byte("charset=")); i >= 0 {
		label = strings.TrimLeft(string(head[i+len("charset="):min(len(head), i+48)]), "\"' ")
		if end := strings.IndexAny(label, "\"' />;"); end >= 0 {
			label = label[:end]
		}
	}
	e, _ := charset.Lookup(label)
	if e == nil {
		e, _, _ = charset.DetermineEncoding(b, mime.TypeByExtension(".html"))
	}
	out, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return bytes.ToValidUTF8(b, []byte("\ufffd"))
	}
	return out
}
