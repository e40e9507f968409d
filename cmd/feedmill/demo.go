package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/newsroom"
)

const (
	demoAddress = "127.0.0.1:8687"
	// demoQuiet is how long nothing new must come until the demo's first pass counts as over.
	demoQuiet = 1500 * time.Millisecond
	// demoPulse is how often an idle demo says that it lives.
	demoPulse = time.Minute
)

// demo is the news site of the demo. Its address is remembered in the data directory: articles are known by their URLs,
// so that only at the same address the next run finds nothing new.
type demo struct {
	site    *newsroom.Newsroom
	feeds   []string
	address netip.AddrPort
}

// startDemo starts the site and gives the configuration the demo's short times.
func (a *app) startDemo(ctx context.Context, cfg *config.Config, f *runFlags) (*demo, error) {
	if f.once && cfg.Origin("fetch.article_tries") == "default" {
		// One of the demo's pages always answers 500. A single pass would leave it waiting for its next try; given up
		// after the first, it is a dead letter to look at, and the pass is complete.
		if err := cfg.Set("fetch.article_tries", "1", "demo"); err != nil {
			return nil, err
		}
	}
	config.Demo(cfg)
	if err := cfg.Validate(); err != nil {
		return nil, usageError{err}
	}
	site := newsroom.New(&newsroom.Options{})
	base, err := startSite(ctx, site, f.demoListen, filepath.Join(cfg.Data, "demo.json"))
	if err != nil {
		return nil, err
	}
	d := &demo{site: site, feeds: site.Feeds(base)}
	if d.address, err = netip.ParseAddrPort(strings.TrimPrefix(base, "http://")); err != nil {
		return nil, errors.Join(fmt.Errorf("demo: %w", err), d.close())
	}
	a.say("demo site at %s", base)
	return d, nil
}

func (d *demo) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return d.site.Close(ctx)
}

// startSite starts the site where it was before, or where it is asked to be, and remembers the address.
func startSite(ctx context.Context, site *newsroom.Newsroom, asked, file string) (base string, err error) {
	before, err := rememberedAddress(file)
	if err != nil {
		return "", err
	}
	if before != "" && asked != "" && asked != before && !sameHostAnyPort(asked, before) {
		return "", fmt.Errorf("the demo on this data was at %s, and its articles are known by that address; leave --demo-listen out, or use another directory with --data", before)
	}
	listen := cmp.Or(before, asked, demoAddress)
	base, err = site.Start(ctx, listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		switch {
		case before != "":
			return "", fmt.Errorf("the demo on this data was at %s, and that is taken now, maybe by a demo that runs; stop that, or use another directory with --data", before)
		case asked == "":
			base, err = site.Start(ctx, "127.0.0.1:0")
		}
	}
	if err != nil {
		return "", err
	}
	if before == "" {
		err = rememberAddress(file, strings.TrimPrefix(base, "http://"))
	}
	if err != nil {
		return "", errors.Join(err, site.Close(ctx))
	}
	return base, nil
}

// sameHostAnyPort tells whether asked leaves the port open and names the host of before.
func sameHostAnyPort(asked, before string) bool {
	host, port, err := net.SplitHostPort(asked)
	was, _, _ := net.SplitHostPort(before)
	return err == nil && port == "0" && host == was
}

// demoFile is the content of demo.json.
type demoFile struct {
	Listen string `json:"listen"`
}

func rememberedAddress(file string) (string, error) {
	raw, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("the demo's address: %w", err)
	}
	var d demoFile
	if err := json.Unmarshal(raw, &d); err != nil {
		return "", fmt.Errorf("%s: %w; remove the file to begin the demo anew", file, err)
	}
	return d.Listen, nil
}

func rememberAddress(file, address string) error {
	raw, err := json.Marshal(demoFile{address})
	if err == nil {
		err = os.MkdirAll(filepath.Dir(file), 0o700)
	}
	if err == nil {
		err = os.WriteFile(file, append(raw, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("remember the demo's address: %w", err)
	}
	return nil
}

// demoLogger leaves the screen to the records: a person is looking, and only faults are told beside them.
func (a *app) demoLogger(cfg *config.Config) *slog.Logger {
	if cfg.Log.Format == "json" {
		return a.logger(cfg)
	}
	return a.commandLogger(cfg)
}

// demoScreen shows what the daemon does as it does it. Its methods may be called on nil: then nothing is shown.
type demoScreen struct {
	a     *app
	cfg   *config.Config
	feeds []string

	mu       sync.Mutex
	last     map[string]string // feed URL to the line that was shown for it
	polls    int               // since the last pulse, that brought nothing
	stored   int
	changed  time.Time
	started  bool
	finished bool // the first pass
}

func newDemoScreen(a *app, cfg *config.Config, feeds []string) *demoScreen {
	return &demoScreen{a: a, cfg: cfg, feeds: feeds, last: map[string]string{}}
}

func (s *demoScreen) ready() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.started, s.changed = true, time.Now()
}

// say writes one line with the time.
func (s *demoScreen) say(format string, args ...any) {
	s.a.say("%s %s", s.a.term.dim(time.Now().Format(time.TimeOnly)), fmt.Sprintf(format, args...))
}

func (s *demoScreen) records(recs []*feedmill.Record) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range recs {
		if !isArticle(r) {
			continue
		}
		s.stored++
		s.changed = time.Now()
		s.say("stored  %s", coloured(s.a.term.errColour, "1", oneLine(r.Title)))
		s.a.say("                 %s", s.a.term.dim(digest(r)))
		if p := lead(r); p != nil && p.Caption+p.Credit != "" {
			s.a.say("                 %s", s.a.term.dim(picture(p)))
		}
	}
}

func (s *demoScreen) event(e feedmill.Event) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.ID != "" {
		if line := pageLine(e); line != "" {
			s.changed = time.Now()
			s.say("%s", line)
		}
		return
	}
	line := feedLine(e)
	if e.Outcome == feedmill.OutcomeUnchanged {
		s.polls++
	} else {
		s.changed = time.Now()
	}
	if line == s.last[e.URL] { // an idle feed is told once
		return
	}
	if s.last[e.URL] == "" {
		s.changed = time.Now()
	}
	s.last[e.URL] = line
	s.say("%s", line)
}

// feedLine tells how a poll of a feed ended.
func feedLine(e feedmill.Event) string {
	what := ""
	switch e.Outcome {
	case feedmill.OutcomeFetched:
		what = fmt.Sprintf("%d  %s, %d new", e.Status, count(int64(e.Items), "item"), e.New)
	case feedmill.OutcomeUnchanged:
		what = fmt.Sprintf("%d  nothing new", e.Status)
	default:
		what = strings.TrimSpace(fmt.Sprintf("%s  %s", e.Outcome, oneLine(e.Reason)))
	}
	return fmt.Sprintf("feed    %s  %s", oneLine(e.URL), what)
}

// pageLine tells how an attempt at an article page failed or why there is none, "" for what is told elsewhere.
func pageLine(e feedmill.Event) string {
	switch {
	case e.Outcome == feedmill.OutcomeFeedOnly:
		return ""
	case e.Outcome == feedmill.OutcomeDropped:
		return fmt.Sprintf("dropped %s  %s", oneLine(e.URL), oneLine(e.Reason))
	case e.Next.IsZero():
		return fmt.Sprintf("page    %s  %s; given up", oneLine(e.URL), oneLine(e.Reason))
	}
	return fmt.Sprintf("page    %s  %s; tried again at %s", oneLine(e.URL), oneLine(e.Reason), e.Next.Local().Format(time.TimeOnly))
}

// watch tells when the first pass is over, and from then on now and then that nothing happens. The function that it
// returns ends it and waits for its end.
func (s *demoScreen) watch(ctx context.Context, once bool) (stop func()) {
	if s == nil || once {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		pulse := time.Now()
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-tick.C:
				s.firstPass(now)
				if now.Sub(pulse) >= demoPulse {
					pulse = now
					s.pulse()
				}
			}
		}
	}()
	return func() { cancel(); <-ended }
}

func (s *demoScreen) firstPass(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.finished || !s.started || now.Sub(s.changed) < demoQuiet {
		return
	}
	for _, url := range s.feeds {
		if s.last[url] == "" {
			return
		}
	}
	s.finished = true
	what := count(int64(s.stored), "record") + " stored"
	if s.stored == 0 {
		what = "nothing new since the last run"
	}
	s.a.say("\nready: %s. In another terminal:", what)
	next := [][2]string{
		{s.a.next(s.cfg, "records list"), "what was stored"},
		{s.a.next(s.cfg, "dlq list"), "what was given up: one of the demo's pages fails on purpose"},
		{s.a.next(s.cfg, "feeds add URL"), "read a feed of your own beside the demo's"},
	}
	width := 0
	for _, n := range next {
		width = max(width, len(n[0]))
	}
	for _, n := range next {
		s.a.say("  %-*s  %s", width, n[0], s.a.term.dim(n[1]))
	}
	s.a.say("Ctrl-C stops; the data stays in %s\n", s.cfg.Data)
}

func (s *demoScreen) pulse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.say("%s with nothing new; %s stored in this run", count(int64(s.polls), "poll"), count(int64(s.stored), "record"))
	s.polls = 0
}

func (s *demoScreen) end() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stored == 0 && s.polls > 0 {
		s.say("every feed answered that there is nothing new")
	}
}
