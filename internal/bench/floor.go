package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
	"golang.org/x/sync/errgroup"
)

// The floors: what any client must do, and no more.
const (
	floorGet      = "GET"
	floorTokenise = "GET, tokenise"
	floorGoquery  = "GET, goquery"
	floor304      = "conditional GET"
)

// floorTask asks for URLs, so many at once, with keep-alive and gzip as a usual client has it.
type floorTask struct {
	Kind        string
	URLs        []string
	Concurrency int
}

type floorResult struct {
	measured
	Bytes int64 // of the bodies, decompressed
	// Tags are the ETags of the URLs, of conditional requests.
	Tags map[string]string `json:",omitempty"`
}

func runFloor(ctx context.Context, t *floorTask) (*floorResult, error) {
	transport := &http.Transport{MaxIdleConns: 2 * t.Concurrency, MaxIdleConnsPerHost: t.Concurrency, IdleConnTimeout: 30 * time.Second}
	defer transport.CloseIdleConnections()
	f := &floor{client: &http.Client{Transport: transport, Timeout: time.Minute}}
	if t.Kind == floor304 {
		// The tags come first, and do not count.
		if err := f.all(ctx, t, f.tag); err != nil {
			return nil, err
		}
		f.bytes = 0
	}
	work := map[string]func(context.Context, string) error{
		floorGet: f.get, floorTokenise: f.tokenise, floorGoquery: f.parse, floor304: f.known,
	}[t.Kind]
	if work == nil {
		return nil, fmt.Errorf("there is no floor %q", t.Kind)
	}
	m, err := startMeter()
	if err != nil {
		return nil, err
	}
	if err := f.all(ctx, t, work); err != nil {
		return nil, err
	}
	used, err := m.stop()
	return &floorResult{used, f.bytes, f.tags}, err
}

type floor struct {
	client *http.Client
	mu     sync.Mutex
	bytes  int64
	tags   map[string]string
}

func (f *floor) all(ctx context.Context, t *floorTask, work func(context.Context, string) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(t.Concurrency)
	for _, url := range t.URLs {
		group.Go(func() error { return work(ctx, url) })
	}
	return group.Wait()
}

func (f *floor) ask(ctx context.Context, url, tag string, status int) ([]byte, http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, nil, err
	}
	if tag != "" {
		req.Header.Set("If-None-Match", tag)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != status {
		err = fmt.Errorf("get %s: %s", url, resp.Status)
	}
	f.mu.Lock()
	f.bytes += int64(len(body))
	f.mu.Unlock()
	return body, resp.Header, err
}

func (f *floor) get(ctx context.Context, url string) error {
	_, _, err := f.ask(ctx, url, "", http.StatusOK)
	return err
}

func (f *floor) tokenise(ctx context.Context, url string) error {
	body, _, err := f.ask(ctx, url, "", http.StatusOK)
	if err != nil {
		return err
	}
	z := html.NewTokenizer(bytes.NewReader(body))
	for z.Next() != html.ErrorToken {
		z.Token()
	}
	if !errors.Is(z.Err(), io.EOF) {
		return fmt.Errorf("tokenise %s: %w", url, z.Err())
	}
	return nil
}

func (f *floor) parse(ctx context.Context, url string) error {
	body, _, err := f.ask(ctx, url, "", http.StatusOK)
	if err != nil {
		return err
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("parse %s: %w", url, err)
	}
	if doc.Find("body").Length() != 1 {
		return fmt.Errorf("parse %s: no body", url)
	}
	return nil
}

func (f *floor) tag(ctx context.Context, url string) error {
	_, header, err := f.ask(ctx, url, "", http.StatusOK)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tags == nil {
		f.tags = map[string]string{}
	}
	f.tags[url] = header.Get("ETag")
	return err
}

func (f *floor) known(ctx context.Context, url string) error {
	f.mu.Lock()
	tag := f.tags[url]
	f.mu.Unlock()
	_, _, err := f.ask(ctx, url, tag, http.StatusNotModified)
	return err
}
