package newsroom

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

const (
	// defaultCacheBytes bounds the rendered documents that are kept.
	defaultCacheBytes = 256 << 20
	// shortly is the cache lifetime of everything: as short as a demo's polls are apart.
	shortly = "max-age=1"
)

// Options say how a newsroom behaves. The zero value is good.
type Options struct {
	// Seed varies the generated sites.
	Seed int64
	// EditAfter is how long after the first request for it the demo's article with a correction is corrected; 0: only
	// by [Newsroom.Edit]. A client whose validators show that it knows the correction, because it met an earlier
	// newsroom at the same address, meets the corrected site from the start: it sees nothing new.
	EditAfter time.Duration
	// CacheBytes bounds the rendered documents that are kept; default 256 MiB.
	CacheBytes int
	// Logger takes one line at start and one for each edit; nil: none.
	Logger *slog.Logger
}

// Truth is what a page says: what extraction should find.
type Truth struct {
	// Layout is the name of the template that the page is set in.
	Layout    string
	Title     string
	Authors   []string
	Published time.Time
	// Paragraphs are the text: of an article in several parts all of it, of one behind a paywall its teaser.
	Paragraphs []string
	// Correction is the editors' note below the text, if there is one.
	Correction string
	// Caption and Credit are those of the one picture, empty where there is none.
	Caption, Credit string
	// Paywalled tells that the page says that its text is not free to read.
	Paywalled bool
}

// Newsroom is the web of sites. Its methods may be called at any time, from any goroutine; only [Newsroom.Start] and
// [Newsroom.Close] are for one.
type Newsroom struct {
	seed      int64
	editAfter time.Duration
	log       *slog.Logger
	setter    *typesetter
	demo      *demo

	closing   chan struct{}
	closeOnce sync.Once
	server    *http.Server
	serving   sync.WaitGroup
	started   bool
	listening int // addresses beside its own

	mu       sync.Mutex
	sites    []*site
	faults   map[string]*plannedFault
	remember int // requests
	requests []*Request
	oldest   int
	counts   map[string]int
	states   map[string]*state
	first    time.Time // of the request for the demo's article that is edited later
	cache    map[cacheKey]*document
	cached   int // bytes

	cacheBytes int
}

// state is what editing has made of a path: an article, or a feed that lists edited ones.
type state struct{ version, edits int }

type cacheKey struct {
	path, base     string
	version, edits int
}

// New returns a newsroom with the demo's site. It panics only if the files that are built in are broken.
func New(o *Options) *Newsroom {
	if o == nil {
		o = &Options{}
	}
	n := &Newsroom{
		seed: o.Seed, editAfter: o.EditAfter, log: o.Logger,
		closing: make(chan struct{}), remember: rememberedRequests,
		faults: map[string]*plannedFault{}, counts: map[string]int{}, states: map[string]*state{}, cache: map[cacheKey]*document{},
		cacheBytes: cmp.Or(o.CacheBytes, defaultCacheBytes),
	}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if n.setter, err = newTypesetter(); err != nil {
		panic(err)
	}
	if n.demo, err = newDemo(n); err != nil {
		panic(err)
	}
	return n
}

// Feeds returns the URLs of all feeds, the demo's first. base is what [Newsroom.Start] returned, or a test server's URL.
func (n *Newsroom) Feeds(base string) []string {
	var urls []string
	for _, path := range demoFeeds() {
		urls = append(urls, base+path)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range n.sites {
		for f, path := range s.feeds() {
			urls = append(urls, s.base(base, f)+path)
		}
	}
	return urls
}

// Articles returns the URLs of all generated articles, site by site.
func (n *Newsroom) Articles(base string) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var urls []string
	for _, s := range n.sites {
		for f := range s.count {
			for i := range s.items {
				urls = append(urls, s.base(base, f)+s.articlePath(f, i))
			}
		}
	}
	return urls
}

// Start serves on addr, such as 127.0.0.1:8687 or 127.0.0.1:0, until [Newsroom.Close], and returns the URL of the
// newsroom without a slash at its end. The hosts that generated sites are spread over ([GenerateOptions]) are served at
// the same port. A newsroom is started once.
func (n *Newsroom) Start(ctx context.Context, addr string) (base string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range n.sites {
		n.listening = max(n.listening, s.hosts)
	}
	listeners, err := listen(ctx, addr, n.listening)
	if err != nil {
		return "", err
	}
	n.started = true
	n.server = &http.Server{Handler: n.Handler(), ReadHeaderTimeout: 10 * time.Second}
	for _, l := range listeners {
		n.serving.Go(func() {
			if err := n.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				n.log.Error("newsroom address given up", "address", l.Addr(), "err", err)
			}
		})
	}
	base = "http://" + listeners[0].Addr().String()
	n.log.Info("newsroom open", "url", base)
	return base, nil
}

// Close ends what hangs, lets other answers finish until ctx ends, and waits for the server that [Newsroom.Start] began.
func (n *Newsroom) Close(ctx context.Context) error {
	n.closeOnce.Do(func() { close(n.closing) })
	if n.server == nil {
		return nil
	}
	err := n.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("close newsroom: %w", err), n.server.Close())
	}
	n.serving.Wait()
	n.server = nil
	return err
}

// Handler returns the newsroom for a server of the caller's. Links carry the host that a request names.
func (n *Newsroom) Handler() http.Handler { return http.HandlerFunc(n.serve) }

func (n *Newsroom) serve(w http.ResponseWriter, r *http.Request) {
	w = n.noted(w, r)
	n.editIfDue(r)
	fault := n.takeFault(r.URL.Path)
	if n.misbehave(w, r, fault) {
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	res := n.find(r.URL.Path)
	if res == nil {
		http.Error(w, "there is no such page", http.StatusNotFound)
		return
	}
	if res.latency > 0 && !n.wait(r.Context(), res.latency) {
		panic(http.ErrAbortHandler)
	}
	if res.status != 0 {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, http.StatusText(res.status), res.status)
		return
	}
	doc, err := n.document(r.URL.Path, "http://"+r.Host, res)
	if err != nil {
		n.log.Error("newsroom page", "url", r.URL.Path, "err", err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	n.send(w, r, doc, fault)
}

// find returns what path stands for, nil if nothing.
func (n *Newsroom) find(path string) *resource {
	if r := n.demo.find(path); r != nil {
		return r
	}
	if s, rest := n.siteOf(path); s != nil {
		return s.find(path, rest)
	}
	return nil
}

// document renders a resource, once for each version and host as long as there is room.
func (n *Newsroom) document(path, base string, r *resource) (*document, error) {
	version, edits, modified := r.current()
	key := cacheKey{path, base, version, edits}
	n.mu.Lock()
	doc := n.cache[key]
	n.mu.Unlock()
	if doc != nil {
		return doc, nil
	}
	body, err := r.render(base, version, edits)
	if err != nil {
		return nil, err
	}
	doc = newDocument(r, body, modified, edits)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cached+len(body) > n.cacheBytes {
		clear(n.cache) // rendering again is cheaper than keeping account of use
		n.cached = 0
	}
	n.cache[key] = doc
	n.cached += len(body)
	return doc, nil
}
