package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/feedmill/feedmill/parser"
	"github.com/klauspost/compress/gzip"
)

// visitor fetches for a command, by the settings of hosts and feeds.
type visitor struct {
	*fetcher.Fetcher
	overrides *daemon.Overrides
}

// visitor makes a visitor. What is wrong with settings and secrets is told, and the rest of them counts.
func (a *app) visitor(cfg *config.Config) *visitor {
	overrides, err := daemon.NewOverrides(cfg)
	if err != nil {
		a.say("%s %s", a.term.yellow("warning:"), printable(err.Error()))
	}
	return &visitor{fetcher.New(daemon.FetcherOptions(cfg, netip.AddrPort{}, a.commandLogger(cfg))), overrides}
}

// get asks for a document. Unless it is known to be a feed it is asked for as an article, as robots.txt allows; what
// turns out to be no article by its type is asked for as a feed then. The verdict's outcome is fetched where there is a
// body to read.
func get(ctx context.Context, f *visitor, url string, feed bool) (*feedmill.Page, fetcher.Verdict) {
	request := fetcher.Request{URL: url, Kind: fetcher.KindArticle, Robots: true}
	if feed {
		request = fetcher.Request{URL: url, Kind: fetcher.KindFeed}
	}
	holds := f.overrides.For(&feedmill.FeedState{URL: url}, url)
	request = holds.Request(request)
	page, err := f.Fetch(ctx, request)
	if !feed && fetcher.Class(err) == fetcher.ClassType {
		return get(ctx, f, url, true)
	}
	v := holds.Judge(request, page, err, time.Now())
	if page != nil && !feed {
		page.Rule = holds.Rules
	}
	if v.Outcome != feedmill.OutcomeFetched {
		v.Reason = cmp.Or(v.Reason, string(v.Outcome))
		switch v.Outcome {
		case feedmill.OutcomeDisallowed:
			v.Reason += "; a feed is not bound by it: if this is one, use --feed"
		case feedmill.OutcomeRefused:
			v.Reason += "; fetch.allow_cidrs and fetch.allow_ports admit more"
		}
	}
	return page, v
}

// reason says why a document could not be had, with its URL.
func reason(url string, v fetcher.Verdict) string {
	if strings.Contains(v.Reason, url) {
		return v.Reason
	}
	return "fetch " + url + ": " + v.Reason
}

// isURL tells a URL from the name of a file.
func isURL(s string) bool {
	scheme, _, ok := strings.Cut(s, "://")
	return ok && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// documentPage is a document from a file as a page. Url is where it came from; where that is not known, the file's name
// is the id.
func documentPage(name, url string, body []byte) *feedmill.Page {
	p := &feedmill.Page{URL: url, Body: body}
	switch {
	case url != "":
	case name == "-":
		p.ID = "stdin"
	default:
		p.ID = filepath.Base(name)
	}
	return p
}

// readDocument reads a whole document.
func readDocument(name string, r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxLine+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(body) > maxLine {
		return nil, fmt.Errorf("read %s: larger than %d MiB; is it a document?", name, maxLine>>20)
	}
	return body, nil
}

// isDocument tells an HTML page or a feed document from JSON lines, by its first bytes and then by its name.
func isDocument(name string, head []byte) bool {
	if parser.IsFeed(&feedmill.Page{Body: head}) {
		return true
	}
	kind, _, _ := strings.Cut(http.DetectContentType(head), ";")
	if kind == "text/html" || kind == "text/xml" {
		return true
	}
	return isFeedName(name) || slices.Contains([]string{".html", ".htm", ".xhtml"}, extension(name))
}

// isFeedName tells the name that the file of a feed has.
func isFeedName(name string) bool {
	return slices.Contains([]string{".xml", ".rss", ".atom", ".rdf"}, extension(name))
}

// extension is that of a file, of what is in it where it is compressed.
func extension(name string) string {
	return filepath.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz"))
}

// openInput opens a file, or standard input where its name is "-". What is compressed with gzip is decompressed.
func (a *app) openInput(name string) (io.ReadCloser, error) {
	if name == "-" {
		return decompressed(io.NopCloser(a.in)), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.Join(fmt.Errorf("%s is a directory; name the files in it", name), f.Close())
	}
	return decompressed(f), nil
}

// decompressed reads what is compressed with gzip, and all else as it is. It reads nothing before it is read.
func decompressed(in io.ReadCloser) io.ReadCloser { return &inflated{Closer: in, in: in} }

type inflated struct {
	io.Closer
	in  io.Reader
	out io.Reader // nil before the first read
}

func (r *inflated) Read(p []byte) (int, error) {
	if r.out == nil {
		in := bufio.NewReaderSize(r.in, 64<<10)
		r.out = in
		if head, err := in.Peek(2); err == nil && head[0] == 0x1f && head[1] == 0x8b {
			z, err := gzip.NewReader(in)
			if err != nil {
				return 0, err
			}
			r.out = z
		}
	}
	return r.out.Read(p)
}

// eachInput calls f for each named file in turn, or for standard input where there is none.
func (a *app) eachInput(names []string, f func(name string, in *bufio.Reader) error) error {
	if len(names) == 0 {
		names = []string{"-"}
	}
	for _, name := range names {
		in, err := a.openInput(name)
		if err != nil {
			return err
		}
		if err := f(name, bufio.NewReaderSize(in, 64<<10)); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", name, err), in.Close())
		}
		if err := in.Close(); err != nil {
			return err
		}
	}
	return nil
}

// checkInputs finds the files that cannot be read before any work is done.
func (a *app) checkInputs(names []string) error {
	for _, name := range names {
		if name == "-" {
			continue
		}
		in, err := a.openInput(name)
		if err != nil {
			return err
		}
		if err := in.Close(); err != nil {
			return err
		}
	}
	return nil
}
