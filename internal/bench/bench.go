package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/feedmill/feedmill/internal/newsroom"
)

// Options say what is measured. Zero fields take the default that stands with them.
type Options struct {
	// Feeds and Items are the number of feeds, and of articles in each (100, 20).
	Feeds, Items int
	// Hosts is the number of loopback addresses that the sites are spread over (20).
	Hosts int
	// PageBytes and MaxPageBytes bound the size of a page (60,000 and 150,000).
	PageBytes, MaxPageBytes int
	// Rounds is how often each of the things compared is run (3).
	Rounds int
	// Concurrency is how many requests are under way at once, in the floors too (32).
	Concurrency int
	// Enrich adds the pipeline with enrichment.
	Enrich bool
	// Large adds one run of the pipeline over about so many articles (none).
	Large int
	// Idle is the number of feeds that are polled without bringing anything new (1,000; negative: none).
	Idle int
	// BusItems is the number of items that are sent through five idle hops (2,000).
	BusItems int
	// IdleOnly leaves out all but the idle polls.
	IdleOnly bool
	// RestartLook is how long after a start over idle feeds polls are counted (5 s).
	RestartLook time.Duration
	// Seed varies the sites (1).
	Seed int64
	// Dir holds the data of the runs, which is removed, and their CPU profiles, which are kept. Default: a temporary
	// directory, and no profile is kept.
	Dir string
	// Command starts this program again, so that it calls [Child]; default: the executable without arguments.
	Command []string
	// Out takes a line for each step; nil: none.
	Out io.Writer
}

func (o Options) withDefaults() Options {
	o.Feeds, o.Items, o.Hosts = cmp.Or(o.Feeds, 100), cmp.Or(o.Items, 20), cmp.Or(o.Hosts, 20)
	o.PageBytes, o.MaxPageBytes = cmp.Or(o.PageBytes, 60_000), cmp.Or(o.MaxPageBytes, 150_000)
	o.Rounds, o.Concurrency = cmp.Or(o.Rounds, 3), cmp.Or(o.Concurrency, 32)
	o.Idle, o.BusItems, o.Seed = cmp.Or(o.Idle, 1000), cmp.Or(o.BusItems, 2000), cmp.Or(o.Seed, 1)
	o.RestartLook = cmp.Or(o.RestartLook, 5*time.Second)
	if o.Out == nil {
		o.Out = io.Discard
	}
	return o
}

// bench is one benchmark under way.
type bench struct {
	Options
	command []string
	web     webTask
	truth   *newsroom.Newsroom
	base    string
	report  *Report
	keep    bool // the profiles
	runs    int
}

// Run measures, and reports what it found. It takes minutes and as many cores as there are. The error is of a run that
// could not be made; a record that is missing or wrong is no error, and stands in the report.
func Run(ctx context.Context, o *Options) (report *Report, err error) {
	if o == nil {
		o = &Options{}
	}
	b := &bench{Options: o.withDefaults(), command: o.Command, keep: o.Dir != ""}
	if len(b.command) == 0 {
		exe, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("benchmark: this program: %w", err)
		}
		b.command = []string{exe}
	}
	if b.Dir == "" {
		if b.Dir, err = os.MkdirTemp("", "feedmill-bench-"); err != nil {
			return nil, fmt.Errorf("benchmark: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(b.Dir)) }()
	}
	b.report = &Report{Date: time.Now().UTC().Truncate(time.Second), Machine: machine(),
		Feeds: b.Feeds, Items: b.Items, Hosts: b.Hosts, Rounds: b.Rounds}
	b.web = webTask{Seed: b.Seed, Sets: b.sets()}
	if b.truth, err = newWeb(&b.web); err != nil {
		return nil, err
	}
	server, base, err := b.startWeb(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	b.base = base
	steps := []func(context.Context) error{b.compare, b.profiles, b.large, b.hops, b.idle}
	if b.IdleOnly {
		steps = steps[len(steps)-1:]
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	b.judge()
	return b.report, nil
}

// sets are the sets of sites that the benchmark needs.
func (b *bench) sets() []newsroom.GenerateOptions {
	site := newsroom.GenerateOptions{Prefix: mainPrefix, Feeds: b.Feeds, Items: b.Items, Paragraphs: paragraphs,
		PageBytes: b.PageBytes, MaxPageBytes: b.MaxPageBytes, Hosts: b.Hosts}
	all := []newsroom.GenerateOptions{site}
	if b.Large > 0 {
		large := site
		large.Prefix, large.Items = largePrefix, max(1, b.Large/b.Feeds)
		all = append(all, large)
	}
	if b.Idle > 0 {
		all = append(all, newsroom.GenerateOptions{Prefix: idlePrefix, Feeds: b.Idle, Items: 1, Hosts: b.Hosts})
	}
	return all
}

// under are those of urls whose path begins with prefix.
func under(urls []string, prefix string) []string {
	var list []string
	for _, u := range urls {
		if strings.HasPrefix(pathOf(u), prefix+"/") {
			list = append(list, u)
		}
	}
	return list
}

func (b *bench) feeds(prefix string) []string    { return under(b.truth.Feeds(b.base), prefix) }
func (b *bench) articles(prefix string) []string { return under(b.truth.Articles(b.base), prefix) }

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.Out, format+"\n", args...) }

// compare runs the floors and the pipeline in turn.
func (b *bench) compare(ctx context.Context) error {
	urls := b.articles(mainPrefix)
	kinds := []string{floorGet, floorTokenise, floorGoquery}
	b.say("warming: %d pages", len(urls))
	if _, err := b.floor(ctx, floorGet, urls); err != nil {
		return err
	}
	floors := make([]runsOf, len(kinds))
	var plain, enriched runsOf
	for round := range b.Rounds {
		for i, kind := range kinds {
			res, err := b.floor(ctx, kind, urls)
			if err != nil {
				return err
			}
			b.report.PageKB = float64(res.Bytes) / 1000 / float64(len(urls))
			floors[i].add(res.measured, res.Wall, len(urls))
			b.say("round %d: %-14s %6.2f ms CPU", round+1, kind, per(res.CPU, len(urls)))
		}
		if err := b.pass(ctx, &b.report.Plain, &plain, false, mainPrefix, len(urls), ""); err != nil {
			return err
		}
		if !b.Enrich {
			continue
		}
		if b.report.Enriched == nil {
			b.report.Enriched = &Pipeline{}
		}
		if err := b.pass(ctx, b.report.Enriched, &enriched, true, mainPrefix, len(urls), ""); err != nil {
			return err
		}
	}
	for i, kind := range kinds {
		f := &floors[i]
		b.report.Floors = append(b.report.Floors, Floor{Name: kind, CPU: median(f.cpu), PerSecond: median(f.rate), PeakMB: median(f.peak), Runs: f.cpu})
	}
	goquery := floors[slices.Index(kinds, floorGoquery)].cpu
	b.report.Plain.fill(&plain, goquery)
	if b.Enrich {
		b.report.Enriched.fill(&enriched, goquery)
		b.report.EnrichShare = 1 - b.report.Plain.CPU/b.report.Enriched.CPU
	}
	return nil
}

// runsOf are the figures of the runs of one thing.
type runsOf struct{ cpu, rate, peak, start []float64 }

func (r *runsOf) add(m measured, working time.Duration, n int) {
	r.cpu = append(r.cpu, per(m.CPU, n))
	r.rate = append(r.rate, rate(n, working))
	r.peak = append(r.peak, mega(m.Peak))
}

// fill takes the medians. Each run is compared with the floor of its own round, for a machine is not the same from one
// minute to the next.
func (p *Pipeline) fill(r *runsOf, floor []float64) {
	p.CPU, p.PerSecond, p.PeakMB, p.Start, p.Runs = median(r.cpu), median(r.rate), median(r.peak), median(r.start), r.cpu
	var ratios []float64
	for i, cpu := range r.cpu {
		ratios = append(ratios, cpu/floor[i])
	}
	p.Ratio = median(ratios)
}

func (b *bench) floor(ctx context.Context, kind string, urls []string) (*floorResult, error) {
	res := &floorResult{}
	return res, b.run(ctx, &task{Role: roleFloor, Floor: floorTask{Kind: kind, URLs: urls, Concurrency: b.Concurrency}}, res)
}

// dir is a new directory for the data of one run; done removes it.
func (b *bench) dir(what string) (dir string, done func() error) {
	b.runs++
	dir = filepath.Join(b.Dir, fmt.Sprintf("%s-%d", what, b.runs))
	return dir, func() error { return os.RemoveAll(dir) }
}

// pass runs the daemon once over the feeds of a set and compares what it stored. The score of the worst run stands.
func (b *bench) pass(ctx context.Context, p *Pipeline, runs *runsOf, enrich bool, prefix string, articles int, profile string) (err error) {
	dir, done := b.dir("pass")
	defer func() { err = errors.Join(err, done()) }()
	var res pipelineResult
	t := pipelineTask{Dir: dir, Feeds: b.feeds(prefix), Enrich: enrich, Articles: true, Concurrency: b.Concurrency, Profile: profile}
	if err := b.run(ctx, &task{Role: rolePipeline, Pipeline: t}, &res); err != nil {
		return err
	}
	what := "pipeline"
	if enrich {
		what = "with enrichment"
	}
	if profile != "" {
		p.stages(res.Stages)
		b.say("profile: %-15s %6.2f ms CPU", what, per(res.CPU, articles))
		return nil
	}
	s, err := score(ctx, b.truth, dir, prefix)
	if err != nil {
		return err
	}
	if p.Score == nil || s.faults() > p.Score.faults() {
		p.Score = s
	}
	p.Articles, p.Partial = articles, cmp.Or(p.Partial, res.Partial)
	runs.add(res.measured, res.Working, articles)
	runs.start = append(runs.start, per(res.Start, 1))
	b.say("%-24s %6.2f ms CPU, %.0f articles/s; %d missing, %d twice, body F1 %.4f", what, per(res.CPU, articles), rate(articles, res.Working), s.Missing, s.Twice, s.F1)
	return nil
}

func (s *Score) faults() int {
	return s.Missing + s.Twice + s.Foreign + s.Title + s.Author + s.Date + s.Body
}

// stages gives the CPU of the measured runs the shares of a profiled one.
func (p *Pipeline) stages(sums map[string]time.Duration) {
	var all time.Duration
	for _, d := range sums {
		all += d
	}
	for _, name := range stageNames() {
		if sums[name] > 0 {
			share := float64(sums[name]) / float64(all)
			p.Stages = append(p.Stages, Stage{name, share, share * p.CPU})
		}
	}
}

// profiles runs the pipelines once more, with a CPU profile, for the shares of the stages.
func (b *bench) profiles(ctx context.Context) error {
	if err := b.profile(ctx, &b.report.Plain, false, "plain.pprof"); err != nil {
		return err
	}
	if b.report.Enriched == nil {
		return nil
	}
	return b.profile(ctx, b.report.Enriched, true, "enriched.pprof")
}

func (b *bench) profile(ctx context.Context, p *Pipeline, enrich bool, name string) error {
	if err := os.MkdirAll(b.Dir, 0o700); err != nil {
		return fmt.Errorf("benchmark: %w", err)
	}
	file := filepath.Join(b.Dir, name)
	err := b.pass(ctx, p, &runsOf{}, enrich, mainPrefix, p.Articles, file)
	if !b.keep && err == nil {
		err = os.Remove(file)
	}
	return err
}

// large runs the pipeline over more articles, after the floor that it is compared with.
func (b *bench) large(ctx context.Context) error {
	if b.Large <= 0 {
		return nil
	}
	urls := b.articles(largePrefix)
	b.say("warming: %d pages", len(urls))
	if _, err := b.floor(ctx, floorGet, urls); err != nil {
		return err
	}
	few := b.articles(mainPrefix)
	floor, err := b.floor(ctx, floorGoquery, few)
	if err != nil {
		return err
	}
	var runs runsOf
	b.report.Large = &Pipeline{}
	if err := b.pass(ctx, b.report.Large, &runs, false, largePrefix, len(urls), ""); err != nil {
		return err
	}
	b.report.Large.fill(&runs, []float64{per(floor.CPU, len(few))})
	return nil
}

// messageBytes is the size of the messages that are sent through the idle hops.
const messageBytes = 8 << 10

func (b *bench) hops(ctx context.Context) error {
	var floor, runs runsOf
	run := func(role, profile string, res *hopsResult) error {
		dir, done := b.dir("bus")
		err := b.run(ctx, &task{Role: role, Hops: hopsTask{Dir: dir, Items: b.BusItems, Bytes: messageBytes, Profile: profile}}, res)
		return errors.Join(err, done())
	}
	for range b.Rounds {
		var bare, res hopsResult
		if err := run(roleBusFloor, "", &bare); err != nil {
			return err
		}
		if err := run(roleHops, "", &res); err != nil {
			return err
		}
		floor.add(bare.measured, bare.Wall, b.BusItems)
		runs.add(res.measured, res.Wall, b.BusItems)
		b.report.Bus.MessageKB = res.Stored / 1000
		b.say("five idle hops           %6.2f ms CPU; a bare client %.2f", per(res.CPU, b.BusItems), per(bare.CPU, b.BusItems))
	}
	r := &b.report.Bus
	r.Items, r.CPU, r.PerSecond, r.PeakMB, r.Runs = b.BusItems, median(runs.cpu), median(runs.rate), median(runs.peak), runs.cpu
	r.Floor = Floor{Name: floorBus, CPU: median(floor.cpu), PerSecond: median(floor.rate), PeakMB: median(floor.peak), Runs: floor.cpu}
	if b.keep {
		return run(roleHops, filepath.Join(b.Dir, "bus.pprof"), new(hopsResult))
	}
	return nil
}

// judge holds the figures to the bars.
func (b *bench) judge() {
	r := b.report
	if r.Idle.Feeds > 0 {
		r.bar("ms CPU for an idle poll", maxIdlePoll, r.Idle.CPU)
		r.bar("ms CPU for 6,000 idle polls, of 2 cores' 2,000 a second", 2000, 6000*r.Idle.CPU)
		// Those of a minute off are spread over five minutes, those of a day over ten. Twice their share is allowed.
		look := b.RestartLook.Seconds()
		r.bar(fmt.Sprintf("polls in the first %v of a restart", b.RestartLook), max(20, 2*(r.Idle.usual(b.RestartLook)+float64(r.Idle.Feeds)*awayFor.Hours()*look/300)), float64(r.Idle.Restart))
		r.bar(fmt.Sprintf("polls in the first %v after a day off", b.RestartLook), max(20, 2*float64(r.Idle.Feeds)*look/600), float64(r.Idle.Night))
		r.bar("MB of resident memory with idle feeds", maxIdleMB, r.Idle.PeakMB)
	}
	if b.IdleOnly {
		return
	}
	r.bar("CPU per article to the goquery floor, enrichment off", maxRatio, r.Plain.Ratio)
	for _, p := range []struct {
		name string
		*Pipeline
	}{{"enrichment off", &r.Plain}, {"enrichment on", r.Enriched}, {"many articles", r.Large}} {
		if p.Pipeline != nil {
			r.bar("articles missing or twice, "+p.name, 0, float64(p.Score.Missing+p.Score.Twice+p.Score.Foreign))
		}
	}
	if r.Large != nil {
		r.bar(fmt.Sprintf("growth of that ratio from %d articles to %d", r.Plain.Articles, r.Large.Articles), maxGrowth, r.Large.Ratio/r.Plain.Ratio-1)
	}
	r.bar("ms CPU for five bus hops", maxHops, r.Bus.CPU)
}
