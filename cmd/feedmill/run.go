package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/dustin/go-humanize"
	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
	"github.com/spf13/cobra"
)

// runFlags are the flags of run.
type runFlags struct {
	stages     []string
	once       bool
	demo       bool
	demoListen string
}

func runCommand(a *app) *cobra.Command {
	f := &runFlags{}
	c := &cobra.Command{
		Use:   "run",
		Short: "Run the daemon: poll feeds, fetch, parse, enrich, store",
		Long: `Run the daemon until it is stopped: feeds are polled when they are due, and each new item becomes a record.

One process does it all, with its bus and database in the data directory. Processes that share a bus (--nats) can divide
the stages among them. The first Ctrl-C finishes what is in hand, the second ends at once; either way nothing is lost.

The configuration, the secrets, the feed lists and the site rules are read again when they change, and on SIGHUP: feeds,
filters, settings, secrets, parse.rules and log.level take effect at once, other keys with the next start. What is wrong
in them is told, and what was in effect stays.`,
		Example: `  feedmill run --demo                                 a small news site of its own, to see it work
  feedmill run --config feedmill.yaml
  feedmill run --once                                 one pass over all feeds; exit code 3 if a part failed
  feedmill run --nats nats://n1:4222 --stages fetcher`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.run(c.Context(), f) },
	}
	flags := c.Flags()
	flags.StringSliceVar(&f.stages, "stages", nil, "the stages to run, of "+strings.Join(daemon.Stages(), ", ")+" (default all)")
	flags.BoolVar(&f.once, "once", false, "poll every feed once, store what comes of it, and end")
	flags.BoolVar(&f.demo, "demo", false, "serve a small news site on this machine and read it")
	flags.StringVar(&f.demoListen, "demo-listen", "", "`ADDR`ess of the demo's site (default the one of the last demo on this data, else "+demoAddress+" or a free port)")
	a.busFlags(c)
	cobra.CheckErr(c.RegisterFlagCompletionFunc("stages", cobra.FixedCompletions(daemon.Stages(), cobra.ShellCompDirectiveNoFileComp)))
	return c
}

func (a *app) run(ctx context.Context, f *runFlags) (err error) {
	for _, s := range f.stages {
		if !slices.Contains(daemon.Stages(), s) {
			return usageError{fmt.Errorf("--stages: unknown stage %q; the stages are %s", s, strings.Join(daemon.Stages(), ", "))}
		}
	}
	if f.demoListen != "" && !f.demo {
		return usageError{errors.New("--demo-listen is of use only with --demo")}
	}
	cfg, err := a.settings()
	if err != nil {
		return err
	}
	log := a.logger(cfg)
	if a.logsJSON(cfg) && !f.demo {
		a.log = log
	}
	opts := daemon.Options{Config: cfg, Stages: f.stages, Once: f.once, Logger: log}
	var shown *demoScreen
	if f.demo {
		demo, err := a.startDemo(ctx, cfg, f)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, demo.close()) }()
		log = a.demoLogger(cfg)
		shown = newDemoScreen(a, cfg, demo.feeds)
		opts.Logger, opts.Feeds, opts.Also = log, demo.feeds, demo.address
	}
	reload := func(context.Context, *daemon.Client) {}
	if !f.demo && !f.once { // the demo has a configuration of its own, one pass an end
		reload = a.reloader(cfg, f.stages, log)
	}
	opts.Beside = func(ctx context.Context, c *daemon.Client) {
		var watched sync.WaitGroup
		defer watched.Wait()
		watched.Go(func() { feedWatchdog(ctx, c.Stalled, log) })
		reload(ctx, c)
	}
	a.tellPending(cfg)
	var stored atomic.Int64
	opts.OnRecords = func(recs []*feedmill.Record) {
		for _, r := range recs {
			if isArticle(r) {
				stored.Add(1)
			}
		}
		shown.records(recs)
	}
	opts.OnEvent = shown.event
	var url string
	opts.OnListen = func(u string) { url = u }
	opts.OnReady = func(c *daemon.Client) {
		a.started(ctx, c, cfg, &opts, url, log)
		shown.ready()
		tellSystemd("READY=1", log)
	}
	defer context.AfterFunc(ctx, func() {
		tellSystemd("STOPPING=1", log)
		a.say("stopping; Ctrl-C once more ends at once")
	})()
	defer shown.watch(ctx, f.once)()
	holding, stopHolding := context.WithCancel(ctx)
	held := make(chan struct{})
	go func() {
		defer close(held)
		daemon.HoldMemory(holding)
	}()
	sum, err := daemon.Run(ctx, opts)
	stopHolding()
	<-held
	if err != nil {
		return err
	}
	shown.end()
	if sum != nil {
		return a.summary(cfg, sum, stored.Load())
	}
	a.say("stopped; %s stored in this run. To look at them: %s", count(stored.Load(), "record"), a.next(cfg, "records list"))
	return nil
}

// isArticle tells a record with an article from one that says only where, or under which other id, it was seen too.
func isArticle(r *feedmill.Record) bool {
	return r.Rendition != "" && r.State.Value != feedmill.StateMerged
}

// started says where everything is, once all workers run.
func (a *app) started(ctx context.Context, c *daemon.Client, cfg *config.Config, opts *daemon.Options, url string, log *slog.Logger) {
	status, err := c.Status(ctx)
	if err != nil {
		if ctx.Err() == nil {
			log.Warn("cannot look at the bus", "error", err)
		}
		return
	}
	store := stores(cfg, opts.Stages)
	if a.log != nil {
		log.Info("feedmill started", "version", buildVersion(), "bus", status.Bus, "stores", store, "http", url, "feeds", status.Feeds.All, "limits", limits(status.Streams))
	} else {
		line := fmt.Sprintf("feedmill %s   bus %s", buildVersion(), status.Bus)
		if len(store) > 0 {
			line += "   store " + strings.Join(store, ", ")
		}
		a.say("%s", line)
		a.say("%s", a.term.dim("stream limits: "+limits(status.Streams)))
		if url != "" {
			a.say("%s", a.term.dim("metrics and health: "+url+"/metrics, /readyz, /livez"))
		}
		a.say("%s", count(int64(status.Feeds.All), "feed"))
	}
	if status.Feeds.All == 0 && (len(opts.Stages) == 0 || slices.Contains(opts.Stages, daemon.StageFetcher)) {
		a.say("there is nothing to read yet. In another terminal: %s", a.next(cfg, "feeds add URL"))
	}
}

// stores names where this process stores records: nowhere, where it runs no sinks.
func stores(cfg *config.Config, stages []string) []string {
	all := []string{}
	if len(stages) > 0 && !slices.Contains(stages, daemon.StageSink) {
		return all
	}
	for i := range cfg.Sinks {
		s := &cfg.Sinks[i]
		if s.Type == "sqlite" {
			all = append(all, s.Type+" "+cfg.SQLitePath(s))
		} else {
			all = append(all, s.Type+" "+s.Name)
		}
	}
	return all
}

// limits says in one line how large the streams may grow.
func limits(streams []bus.StreamState) string {
	var parts []string
	for _, s := range streams {
		size := "no limit"
		if s.MaxBytes > 0 {
			size = humanize.IBytes(uint64(s.MaxBytes))
		}
		parts = append(parts, strings.ToLower(s.Name)+" "+size)
	}
	return strings.Join(parts, ", ")
}

// summary says what one pass did. What was left undone makes the exit code.
func (a *app) summary(cfg *config.Config, sum *daemon.Summary, stored int64) error {
	var outcomes []string
	for _, o := range slices.Sorted(maps.Keys(sum.Outcomes)) {
		outcomes = append(outcomes, fmt.Sprintf("%d %s", sum.Outcomes[o], o))
	}
	line := fmt.Sprintf("one pass: %s (%s), %s stored, %s, %s", count(int64(sum.Feeds), "feed"), orNone(strings.Join(outcomes, ", ")),
		count(stored, "record"), count(int64(sum.Retries), "page")+" to try again", count(int64(sum.DeadLetters), "dead letter"))
	if a.log != nil {
		a.log.Info(line, "feeds", sum.Feeds, "outcomes", sum.Outcomes, "stored", stored, "retries", sum.Retries, "dead_letters", sum.DeadLetters, "failed", sum.Failed)
	} else {
		a.say("%s", line)
		for _, url := range slices.Sorted(maps.Keys(sum.Failed)) {
			a.say("  %s: %s; for more: %s", sum.Failed[url], printable(url), a.next(cfg, "feeds show "+url))
		}
		if sum.DeadLetters > 0 {
			a.say("  to see what was given up: %s", a.next(cfg, "dlq list"))
		}
		if stored > 0 {
			a.say("  to look at the records: %s", a.next(cfg, "records list"))
		}
	}
	if sum.Partial() {
		return partialError{fmt.Sprintf("%s failed, %s to be tried again", count(int64(len(sum.Failed)), "feed"), count(int64(sum.Retries), "page"))}
	}
	return nil
}

// next is a command to copy: with the program as it was called, and on the same data.
func (a *app) next(cfg *config.Config, command string) string {
	return a.program + " " + command + a.dataHint(cfg)
}

// dataHint is the flag that a suggested command needs to find the same data.
func (a *app) dataHint(cfg *config.Config) string {
	hint := ""
	if a.configFile != "" {
		hint += " --config " + a.configFile
	}
	if a.data != "" {
		hint += " --data " + cfg.Data
	}
	for _, url := range a.nats {
		hint += " --nats " + url
	}
	if a.context != "" {
		hint += " --context " + a.context
	}
	return hint
}

// count is a number with its noun, in the plural where that is due.
func count(n int64, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case noun == "person":
		noun = "people"
	default:
		noun += "s"
	}
	return humanize.Comma(n) + " " + noun
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
