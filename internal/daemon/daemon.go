package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/enricher"
	"github.com/feedmill/feedmill/fetcher"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/web"
	"golang.org/x/sync/errgroup"
)

// passPatience is how long one pass waits for a disk that is full.
const passPatience = time.Minute

// reconcileEvery is how often a fetcher looks for feeds that stand nowhere on the calendar.
const reconcileEvery = time.Hour

// Options say what a daemon runs.
type Options struct {
	Config *config.Config
	// Stages are the stages to run; empty is all.
	Stages []string
	// Once polls every feed a single time, whenever it is due, and ends when all that came of it is stored.
	Once bool
	// Also admits one more address and port, such as that of the demo's site.
	Also netip.AddrPort
	// Feeds are subscribed to at the start.
	Feeds []string
	// OnReady is called when all workers run, OnRecords for each batch that a sink has stored, OnEvent for each event of
	// this process; they may be called concurrently.
	OnReady   func(*Client)
	OnRecords func([]*feedmill.Record)
	OnEvent   func(feedmill.Event)
	// OnListen is called with the URL of the HTTP listener, where there is one, before anything else is started.
	OnListen func(url string)
	// Beside, where it is not nil, runs beside the workers; it returns soon after its context ends.
	Beside func(context.Context, *Client)
	Logger *slog.Logger // nil: none
}

// Run runs the stages until ctx ends (or, with Once, until the pass is over) and all they had in hand is finished. The
// summary is of a pass, nil without Once.
func Run(ctx context.Context, o Options) (sum *Summary, err error) {
	log := o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if len(o.Stages) == 0 {
		o.Stages = Stages()
	}
	for _, s := range o.Stages {
		if !slices.Contains(Stages(), s) {
			return nil, fmt.Errorf("unknown stage %q; the stages are %s", s, strings.Join(Stages(), ", "))
		}
	}
	if o.Once && len(o.Stages) < len(Stages()) {
		return nil, errors.New("one pass needs all stages in one process: leave --stages out with --once")
	}
	health := newHealth(o.Config, o.Stages)
	metrics := web.NewMetrics(Stages(), stageOf, health.look)
	server, unheard, err := listen(ctx, o.Config, o.Once, web.Handler(health, metrics), log)
	if err != nil {
		return nil, err
	}
	if server != nil && o.OnListen != nil {
		o.OnListen(server.URL())
	}
	client, err := open(ctx, o.Config, log, true, counted{metrics})
	if err != nil {
		return nil, errors.Join(err, server.Close())
	}
	defer func() { err = errors.Join(err, server.Close(), client.Close()) }()
	if unheard != nil {
		log.Warn("going on without metrics and health checks over HTTP; to have them, choose another address with http.listen", "error", unheard)
	}
	health.connected(client.Bus)
	client.own = health
	p := &pipeline{Client: client, cfg: o.Config, log: log, policy: Policy(o.Config), health: health, metrics: metrics, onRecords: o.OnRecords, onEvent: o.OnEvent}
	defer func() {
		if p.fetcher != nil {
			p.fetcher.Close()
		}
		for _, s := range p.sinks {
			err = errors.Join(err, s.Close())
		}
	}()
	if err := p.prepare(ctx, &o); err != nil {
		return nil, err
	}
	return p.run(ctx, &o)
}

// prepare makes what the stages need.
func (p *pipeline) prepare(ctx context.Context, o *Options) error {
	if err := p.openPushes(ctx, o); err != nil {
		return err
	}
	if err := p.SetOverrides(p.cfg); err != nil {
		return err
	}
	for _, stage := range o.Stages {
		switch stage {
		case StageFetcher:
			p.fetcher = fetcher.New(FetcherOptions(p.cfg, o.Also, p.log))
			p.hosts = fetcher.NewHosts(&fetcher.HostOptions{Delay: time.Duration(p.cfg.Fetch.HostDelay), PerHost: p.cfg.Fetch.PerHost})
			var err error
			if p.leases, err = p.Bus.NewLeases(ctx, time.Duration(p.cfg.Fetch.HostDelay)); err != nil {
				return err
			}
			p.idle, p.polls = newIdle(p.Registry, p.log), make(chan struct{}, p.cfg.Fetch.Concurrency)
			if p.Bus.Embedded() {
				for part := range bus.Partitions {
					p.idle.hold(uint8(part))
				}
			}
			if err := p.learnHolds(ctx); err != nil {
				return err
			}
			if err := p.forgetLost(ctx); err != nil {
				return err
			}
			if err := p.SyncLists(ctx, p.cfg.Feeds); err != nil {
				return err
			}
			for _, url := range o.Feeds {
				if _, _, err := p.Subscribe(ctx, url, nil); err != nil {
					return err
				}
			}
			if err := p.reconcile(ctx); err != nil {
				return err
			}
		case StageParser:
			if err := p.SetFilters(p.cfg); err != nil {
				return err
			}
			p.parsing = &parsing{bus: p.Bus, cfg: p.cfg, log: p.log}
			if err := p.parsing.load(ctx, p.cfg.Parse.Rules); err != nil {
				return err
			}
			var err error
			if p.drift, err = newDrift(ctx, p.Bus); err != nil {
				return err
			}
			items, err := p.Bus.Stream(ctx, bus.StreamItem)
			if err != nil {
				return err
			}
			p.itemsAtStart = items.LastSeq
		case StageEnricher:
			read := stateOfEntities(p.cfg)
			chain, err := Chain(p.cfg, p.log, p.Bus)
			if err != nil {
				return err
			}
			p.enriching = &enriching{read: read}
			if err := p.dismissStories(ctx); err != nil {
				return err
			}
			if err := p.enriching.use(ctx, p.Bus, p.cfg, chain); err != nil {
				return err
			}
		case StageSink:
			if err := p.openSinks(ctx, o.Once); err != nil {
				return err
			}
		}
	}
	if o.Once {
		var err error
		p.once, err = p.beginPass(ctx)
		return err
	}
	return nil
}

func (p *pipeline) run(ctx context.Context, o *Options) (sum *Summary, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	defer context.AfterFunc(ctx, p.health.stop)()
	if p.idle != nil {
		defer p.idle.close() // what the workers have left
	}
	var hubs *web.Server
	if p.pushes.notes != nil && slices.Contains(o.Stages, StageFetcher) {
		if hubs, err = p.listenForHubs(ctx); err != nil {
			return nil, err
		}
		defer hubs.Close()
	}
	var reading []string
	for _, stage := range o.Stages {
		for _, w := range p.workers(stage) {
			if stageOf(w.name) == stage {
				reading = append(reading, w.name)
				p.metrics.Expect(w.name)
			}
			group.Go(func() error {
				if err := w.run(ctx); err != nil {
					return fmt.Errorf("%s: %w", w.name, err)
				}
				return nil
			})
		}
	}
	if slices.Contains(o.Stages, StageFetcher) {
		group.Go(func() error {
			p.reconcileAtTimes(ctx)
			return nil
		})
	}
	if hubs != nil {
		group.Go(func() error {
			p.askHubs(ctx)
			return nil
		})
	}
	if p.once == nil && slices.Contains(o.Stages, StageFetcher) {
		for _, f := range p.revisits() {
			group.Go(func() error { return f.Run(ctx, p.Bus) })
		}
	}
	group.Go(func() error {
		if o.Once {
			return p.Bus.Tend(ctx, passPatience)
		}
		return p.Bus.Tend(ctx, 0)
	})
	if p.parsing != nil || p.enriching != nil {
		group.Go(func() error {
			p.followUse(ctx)
			return nil
		})
	}
	if p.once == nil && slices.Contains(o.Stages, StageSink) {
		group.Go(func() error {
			p.pruneAtTimes(ctx)
			return nil
		})
	}
	p.health.prepared(reading, p.leases)
	if o.OnReady != nil {
		o.OnReady(p.Client)
	}
	if o.Beside != nil {
		group.Go(func() error {
			o.Beside(ctx, p.Client)
			return nil
		})
	}
	if p.once != nil {
		group.Go(func() error {
			defer cancel()
			var err error
			if sum, err = p.endOfPass(ctx); err == nil {
				p.prune(ctx)
			}
			return err
		})
	}
	err = group.Wait()
	return sum, err
}

func (p *pipeline) reconcileAtTimes(ctx context.Context) {
	tick := time.NewTicker(reconcileEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := p.reconcile(ctx); err != nil && ctx.Err() == nil {
				p.log.Warn("cannot look for feeds that stand nowhere on the calendar; trying again in an hour", "error", err)
			}
		}
	}
}

// FetcherOptions translates the configuration. Also is one more address and port that may be asked.
func FetcherOptions(cfg *config.Config, also netip.AddrPort, log *slog.Logger) *fetcher.Options {
	var nets []netip.Prefix
	for _, c := range cfg.Fetch.AllowCIDRs {
		if p, err := netip.ParsePrefix(c); err == nil { // validated with the configuration
			nets = append(nets, p)
		}
	}
	public := fetcher.AllowCIDRs(nets)
	ports := cfg.Fetch.AllowPorts
	return &fetcher.Options{
		ConnectTimeout: time.Duration(cfg.Fetch.ConnectTimeout), HeaderTimeout: time.Duration(cfg.Fetch.HeaderTimeout), Timeout: time.Duration(cfg.Fetch.Timeout),
		MinRate: int64(cfg.Fetch.MinRate), RateWindow: time.Duration(cfg.Fetch.MinRateWindow), MaxRatio: int64(cfg.Fetch.MaxRatio), MaxHeaderBytes: int64(cfg.Fetch.MaxHeaderBytes), MaxBodyBytes: int64(cfg.Fetch.MaxBodyBytes),
		MaxDecodedBytes: int64(cfg.Fetch.MaxDecodedBytes), MaxRedirects: cfg.Fetch.MaxRedirects,
		UserAgent: cfg.Fetch.UserAgent, RobotsAgent: cfg.Fetch.RobotsAgent, Contact: cfg.Fetch.Contact,
		RobotsMaxAge: time.Duration(cfg.Fetch.RobotsMaxAge), RobotsRetry: time.Duration(cfg.Poll.Min), IdlePerHost: cfg.Fetch.PerHost,
		Proxy: cfg.Fetch.Proxy, TDMRep: cfg.Fetch.TDMRep, ObeyOptOut: cfg.Fetch.ObeyAIOptOut,
		Allow: func(a netip.Addr) bool { return public(a) || also.IsValid() && a.Unmap() == also.Addr() },
		AllowPort: func(a netip.Addr, port uint16) bool {
			if also.IsValid() && a.Unmap() == also.Addr() && !public(a) {
				return port == also.Port()
			}
			return slices.Contains(ports, 0) || slices.Contains(ports, int(port))
		},
		Logger: log,
	}
}

// Chain makes the chain of enrichers that the configuration asks for. External ones are part of it where asker, the bus, is
// not nil.
func Chain(cfg *config.Config, log *slog.Logger, asker enricher.Asker) (*enricher.Chain, error) {
	o := &enricher.Options{Steps: cfg.Enrich.Steps, Model: string(cfg.Enrich.Model), Timeout: time.Duration(cfg.Enrich.Timeout), Logger: log}
	if asker != nil {
		for _, e := range cfg.Enrich.External {
			o.Extra = append(o.Extra, enricher.NewExternal(e.Name, e.Subject, time.Duration(e.Timeout), asker))
		}
	}
	var err error
	if o.Entities, err = openEntities(cfg); err != nil {
		return nil, err
	}
	return enricher.NewChain(o)
}
