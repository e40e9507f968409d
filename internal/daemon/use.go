package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/enricher"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/parser"
	"github.com/feedmill/feedmill/parser/siterule"
)

// followEvery is how often a process looks whether what it works with is in use since later than it knows.
const followEvery = 10 * time.Second

// inUse is the version of a stage that this process runs, and since when it is in use, see bus.InUse. The times order what
// several versions made of one source: what is put into use later wins, also where it was in use before.
type inUse struct {
	version string
	since   time.Time
}

// later is the later of two times.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// adopt returns the use with the time that the bus has for its version now. It differs where another process has put
// another version into use meanwhile and then this one again.
func (u inUse) adopt(ctx context.Context, b *bus.Bus, stage string) (inUse, error) {
	version, since, err := b.UseOf(ctx, stage)
	if err == nil && version == u.version {
		u.since = later(u.since, since)
	}
	return u, err
}

// parserVersion names everything that decides what the parser makes of a page.
func parserVersion(cfg *config.Config, rules *siterule.Set) string {
	return fmt.Sprintf("p%d.%s.%s.%d.%d", parser.Version, parser.Rules(), rules.Hash(), cfg.Parse.MaxDepth, cfg.Parse.MaxNodes)
}

// enricherVersion names everything that decides what the enricher makes of an article.
func enricherVersion(cfg *config.Config, chain *enricher.Chain) string {
	if !cfg.Enrich.Enabled {
		return "off"
	}
	v := fmt.Sprintf("e%d.%s.%s", enricher.Version, chain.Model(), strings.Join(cfg.Enrich.Steps, ","))
	for _, e := range cfg.Enrich.External {
		v += "." + e.Name + "=" + e.Subject
	}
	return v
}

// parsing is what the parser of this process works with. It changes when site rules do.
type parsing struct {
	bus   *bus.Bus
	cfg   *config.Config
	log   *slog.Logger
	mu    sync.Mutex // of those that change it
	files ruleFiles
	next  *reader // read and not in use yet, because the bus could not be told; nil mostly
	now   atomic.Pointer[reader]
}

// reader is an extractor with the use of its version.
type reader struct {
	*parser.Extractor
	inUse
}

// load reads the site rules of directories and puts them into use. The error is that of the bus: what was in use stays,
// and follow tries again.
func (p *parsing) load(ctx context.Context, dirs []string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	rules, err := p.files.read(dirs)
	logRules(p.log, err)
	version := parserVersion(p.cfg, rules)
	if now := p.now.Load(); now != nil && now.version == version {
		p.next = nil
		return nil
	} else if n := len(rules.Sites()); n > 0 || now != nil {
		p.log.Info("site rules read", "files", n, "hash", rules.Hash())
	}
	p.next = &reader{newExtractor(p.cfg, rules, p.log), inUse{version: version}}
	return p.use(ctx)
}

// use puts into use what was read.
func (p *parsing) use(ctx context.Context) (err error) {
	if p.next.since, err = p.bus.InUse(ctx, StageParser, p.next.version); err != nil {
		return err
	}
	p.now.Store(p.next)
	p.next = nil
	return nil
}

// follow keeps the time of use in step with the bus.
func (p *parsing) follow(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next != nil {
		return p.use(ctx)
	}
	now := p.now.Load()
	u, err := now.adopt(ctx, p.bus, StageParser)
	if err == nil && u != now.inUse {
		p.now.Store(&reader{now.Extractor, u})
	}
	return err
}

// enriching is what the enricher of this process works with. It changes when entities are imported.
type enriching struct {
	now  atomic.Pointer[annotator]
	read entitiesState // of the file that was looked at last
}

// annotator is a chain with the use of its version.
type annotator struct {
	*enricher.Chain
	inUse
}

func (e *enriching) use(ctx context.Context, b *bus.Bus, cfg *config.Config, chain *enricher.Chain) error {
	u := inUse{version: enricherVersion(cfg, chain)}
	var err error
	if u.since, err = b.InUse(ctx, StageEnricher, u.version); err == nil {
		e.now.Store(&annotator{chain, u})
	}
	return err
}

// follow puts a file of entities into use that is another than before, and keeps the time of use in step with the bus. Where
// the file cannot be read, what was in use stays.
func (e *enriching) follow(ctx context.Context, b *bus.Bus, cfg *config.Config, log *slog.Logger) error {
	if state := stateOfEntities(cfg); state != e.read && cfg.Enrich.Enabled {
		chain, err := Chain(cfg, log, b)
		if err != nil {
			log.Error("the imported entities cannot be read; those that were read before stay in use", "error", err)
			e.read = state
			return nil
		}
		if err := e.use(ctx, b, cfg, chain); err != nil {
			return err
		}
		log.Info("entities read", "file", cfg.EntitiesPath(), "model", chain.Model())
		e.read = state
		return nil
	}
	now := e.now.Load()
	u, err := now.adopt(ctx, b, StageEnricher)
	if err == nil {
		e.now.Store(&annotator{now.Chain, u})
	}
	return err
}

// followUse keeps the times of use of this process's stages in step with the bus, until ctx ends.
func (p *pipeline) followUse(ctx context.Context) {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var err error
		if p.parsing != nil {
			err = p.parsing.follow(ctx)
		}
		if p.enriching != nil && err == nil {
			err = p.enriching.follow(ctx, p.Bus, p.cfg, p.log)
		}
		if err != nil && ctx.Err() == nil {
			p.log.Warn("cannot look up which version is in use; trying again", "error", err)
		}
	}
}
