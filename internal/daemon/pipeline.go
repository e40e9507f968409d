package daemon

import (
	"context"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/web"
	"github.com/feedmill/feedmill/registry"
)

// The stages, as --stages names them.
const (
	StageFetcher  = "fetcher"
	StageParser   = "parser"
	StageEnricher = "enricher"
	StageSink     = "sink"
)

// Stages are all stages, in the order of an item's way.
func Stages() []string { return []string{StageFetcher, StageParser, StageEnricher, StageSink} }

// pipeline is the stages, joined. A handler (poll.go, feed.go, page.go, article.go) translates between a stage's plain
// functions and the bus; what a stage does stands in its package.
type pipeline struct {
	*Client
	cfg       *config.Config
	log       *slog.Logger
	once      *pass // nil in a daemon
	policy    *registry.Policy
	fetcher   *fetcher.Fetcher
	hosts     *fetcher.Hosts
	waiting   waiting
	reading   reading
	shared    shared
	own       own
	holds     holds
	leases    *bus.Leases
	idle      *idle         // of the fetcher, nil elsewhere
	polls     chan struct{} // a place for each poll under way
	wanted    wanted
	enriching *enriching
	drift     *drift // of the parser, nil elsewhere
	sinks     []namedSink
	recent    recent
	read      readArticles
	pushes    pushes
	glance    glance
	// itemsAtStart is the last sequence of ITEM when this process started; checked holds the feeds whose seen set was
	// compared with it.
	itemsAtStart uint64
	checked      sync.Map
	health       *health
	metrics      *web.Metrics
	onRecords    func([]*feedmill.Record)
	onEvent      func(feedmill.Event)
}

// worker is a stage's consumer, ready to run.
type worker struct {
	name string
	run  func(context.Context) error
}

// workers is the table of who reads what and writes where.
func (p *pipeline) workers(stage string) []worker {
	b := p.Bus
	cpus := runtime.GOMAXPROCS(0)
	switch stage {
	case StageFetcher:
		poll := &bus.Worker[feedmill.Poll]{Name: "poll", From: bus.Polls, Handle: p.poll,
			Into: []string{bus.StreamFeed}, Leases: p.leases, Concurrency: p.cfg.Fetch.Concurrency}
		page := &bus.Worker[feedmill.Entry]{Name: "page", From: bus.Items, Handle: p.page,
			Into: []string{bus.StreamPage}, Once: bus.StreamPage, Leases: p.leases, Concurrency: p.cfg.Fetch.Concurrency}
		visit := &bus.Worker[feedmill.Entry]{Name: "visit", From: bus.Visits, Handle: p.page,
			Into: []string{bus.StreamPage}, Once: bus.StreamPage, Leases: p.leases, Concurrency: p.cfg.Fetch.Concurrency}
		return []worker{
			{"leases", p.leases.Run},
			{"idle", p.idle.run},
			{"agenda", p.keepAgenda},
			{"poll", func(ctx context.Context) error { return poll.Run(ctx, b) }},
			{"page", func(ctx context.Context) error { return page.Run(ctx, b) }},
			{"visit", func(ctx context.Context) error { return visit.Run(ctx, b) }},
		}
	case StageParser:
		feed := &bus.Worker[*feedmill.Page]{Name: "feed", From: bus.FeedPages, Handle: p.feed,
			Into: []string{bus.StreamItem}, Concurrency: cpus}
		article := &bus.Worker[*feedmill.Page]{Name: "article", From: bus.Pages, Handle: p.article,
			Into: []string{bus.StreamArticle}, Replay: true, Below: []string{bus.StreamRecord}, Concurrency: 2 * cpus}
		return []worker{
			{"feed", func(ctx context.Context) error { return feed.Run(ctx, b) }},
			{"article", func(ctx context.Context) error { return article.Run(ctx, b) }},
		}
	case StageEnricher:
		enrich := &bus.Worker[*feedmill.Article]{Name: "enrich", From: bus.Articles, Handle: p.enrich,
			Into: []string{bus.StreamRecord}, Replay: true, Concurrency: 2 * cpus}
		all := []worker{{"enrich", func(ctx context.Context) error { return enrich.Run(ctx, b) }}}
		if p.cfg.Stories.Enabled {
			all = append(all, worker{storyWorker, p.placeStories})
		}
		return all
	case StageSink:
		var all []worker
		for _, s := range p.sinks {
			all = append(all, worker{sinkWorker + s.name, func(ctx context.Context) error { return p.storeRecords(ctx, s) }})
			if s.holds {
				held := &bus.Worker[*feedmill.Record]{Name: sinkWorker + s.name, From: bus.Held(s.name), Handle: p.release(&s)}
				all = append(all, worker{held.Name, func(ctx context.Context) error { return held.Run(ctx, b) }})
			}
		}
		return all
	}
	return nil
}

// stageOf names the stage of a worker that reads a stream, "" where it is none of ours.
func stageOf(worker string) string {
	switch worker {
	case "poll", "page", "visit":
		return StageFetcher
	case "feed", "article":
		return StageParser
	case "enrich", storyWorker:
		return StageEnricher
	}
	if strings.HasPrefix(worker, sinkWorker) {
		return StageSink
	}
	return ""
}

// event writes an event beside the data, and tells whoever watches this process.
func (p *pipeline) event(out *bus.Outbox, e feedmill.Event) {
	out.Event(e)
	p.tell(e)
}

// tell counts an event, and tells whoever watches this process.
func (p *pipeline) tell(e feedmill.Event) {
	p.count(&e)
	if p.onEvent != nil {
		p.onEvent(e)
	}
}

// recent remembers when this process fetched the page of an article, so that one article in several feeds is fetched
// once, and holds back a second fetch of a page that is being fetched.
type recent struct {
	mu      sync.Mutex
	fetched map[string]time.Time
	running map[string]chan struct{}
}

const maxRecent = 1 << 17

// begin waits until nobody else fetches the article's page, and then tells when it was last fetched. Who begins ends.
func (r *recent) begin(ctx context.Context, id string) (time.Time, error) {
	for {
		r.mu.Lock()
		other, busy := r.running[id]
		if !busy {
			if r.running == nil {
				r.running = map[string]chan struct{}{}
			}
			r.running[id] = make(chan struct{})
			at := r.fetched[id]
			r.mu.Unlock()
			return at, nil
		}
		r.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return time.Time{}, ctx.Err()
		}
	}
}

// end ends what begin began; at is when the page was fetched, zero if it was not.
func (r *recent) end(id string, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !at.IsZero() {
		if r.fetched == nil || len(r.fetched) >= maxRecent {
			r.fetched = map[string]time.Time{}
		}
		r.fetched[id] = at
	}
	close(r.running[id])
	delete(r.running, id)
}
