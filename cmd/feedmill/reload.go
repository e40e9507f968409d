package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"slices"
	"syscall"
	"time"

	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/internal/daemon"
)

// reloadEvery is how often a daemon looks whether its files have changed.
const reloadEvery = 2 * time.Second

// reloader keeps a daemon in step with its configuration file, its secrets, its feed lists and its site rules.
type reloader struct {
	a      *app
	log    *slog.Logger
	cfg    config.Config // as it is in effect
	client *daemon.Client
	lists  bool // this process keeps the feed lists
	states map[string]fileState
	rules  []string // the files of site rules
}

// fileState tells one state of a file from another.
type fileState struct {
	size int64
	time time.Time
}

// reloader returns what reads the configuration again on SIGHUP and when its files change, until its context ends.
func (a *app) reloader(cfg *config.Config, stages []string, log *slog.Logger) func(context.Context, *daemon.Client) {
	r := &reloader{a: a, log: log, cfg: *cfg, lists: len(stages) == 0 || slices.Contains(stages, daemon.StageFetcher), states: map[string]fileState{}}
	r.changed() // as it was when it was read
	return func(ctx context.Context, client *daemon.Client) {
		r.client = client
		hup := make(chan os.Signal, 1)
		signal.Notify(hup, syscall.SIGHUP)
		defer signal.Stop(hup)
		tick := time.NewTicker(reloadEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-hup:
				r.changed()
				r.reload(ctx, append(slices.Clone(r.cfg.Feeds), r.rules...))
			case <-tick.C:
				if files := r.changed(); len(files) > 0 {
					r.reload(ctx, files)
				}
			}
		}
	}
}

// changed returns the files that are not as they were when it was last called.
func (r *reloader) changed() []string {
	var files []string
	paths := append([]string{r.a.configFileInUse(), r.cfg.Secrets}, r.cfg.Feeds...)
	paths = append(paths, r.rules...)                // one that is gone has changed too
	r.rules, _ = daemon.RuleFiles(r.cfg.Parse.Rules) // who loads them says what is wrong
	for _, path := range append(paths, r.rules...) {
		if path == "" {
			continue
		}
		var now fileState
		if info, err := os.Stat(path); err == nil {
			now = fileState{info.Size(), info.ModTime()}
		}
		if before, known := r.states[path]; !known || before != now {
			r.states[path] = now
			files = append(files, path)
		}
	}
	return files
}

// isRule tells the files of site rules, of which one may be gone meanwhile.
func (r *reloader) isRule(path string) bool {
	in := func(dir string) bool { return filepath.Clean(dir) == filepath.Dir(path) }
	return slices.ContainsFunc(r.cfg.Parse.Rules, in) && path != r.a.configFileInUse() && path != r.cfg.Secrets && !slices.Contains(r.cfg.Feeds, path)
}

// reload reads the configuration again, and the feed lists that are new in it or among the files that have changed.
// What is wrong is told and changes nothing.
func (r *reloader) reload(ctx context.Context, files []string) {
	cfg, err := r.a.settings()
	if err != nil {
		r.log.Error("the configuration is wrong; the one in effect stays", "error", err)
		return
	}
	lists := slices.DeleteFunc(slices.Clone(cfg.Feeds), func(path string) bool {
		return slices.Contains(r.cfg.Feeds, path) && !slices.Contains(files, path)
	})
	var restart []string
	for _, key := range r.cfg.Changed(cfg) {
		switch key {
		case "log.level":
			r.a.daemonLevel.Set(r.a.level(cfg))
			r.log.Info("log level changed", "level", cfg.Log.Level)
		case "filters":
			if err := r.client.SetFilters(cfg); err != nil {
				r.log.Error("the filters cannot be used; those in effect stay", "error", err)
				continue
			}
			r.cfg.Filters = cfg.Filters
			r.log.Info("filters changed; they hold for what is found from now on", "filters", len(cfg.Filters))
		case "feeds", "parse.rules", "settings", "secrets":
		default:
			restart = append(restart, key)
		}
	}
	if secrets := cfg.Secrets != "" && slices.Contains(files, cfg.Secrets); secrets || !reflect.DeepEqual(r.cfg.Settings, cfg.Settings) || r.cfg.Secrets != cfg.Secrets {
		r.overrides(cfg)
	}
	rules := !slices.Equal(r.cfg.Parse.Rules, cfg.Parse.Rules) || slices.ContainsFunc(files, r.isRule)
	r.cfg.Log.Level, r.cfg.Feeds, r.cfg.Parse.Rules = cfg.Log.Level, cfg.Feeds, cfg.Parse.Rules
	r.changed() // lists and rules that are new are known from now on
	if len(restart) > 0 {
		r.log.Warn("configuration changed; these keys take effect with the next start", "keys", restart)
	}
	if rules {
		r.client.ReloadRules(ctx, cfg.Parse.Rules)
	}
	if !r.lists || len(lists) == 0 {
		return
	}
	if err := r.client.SyncLists(ctx, lists); err != nil && ctx.Err() == nil {
		r.log.Error("a feed list cannot be read; its subscriptions stay as they are", "error", err)
	}
}

// overrides puts the settings and secrets of a configuration into effect.
func (r *reloader) overrides(cfg *config.Config) {
	next := *cfg
	next.Fetch = r.cfg.Fetch // takes effect with the next start
	if err := r.client.SetOverrides(&next); err != nil {
		r.log.Error("the settings of feeds and hosts cannot be used; those in effect stay", "error", err)
		return
	}
	known := slices.Clone(r.cfg.Fetch.Revisit)
	for i := range r.cfg.Settings {
		known = append(known, r.cfg.Settings[i].Revisit...)
	}
	for i := range cfg.Settings {
		if slices.ContainsFunc(cfg.Settings[i].Revisit, func(d config.Duration) bool { return !slices.Contains(known, d) }) {
			r.log.Warn("pages are looked at again after times that are new here with the next start", "revisit", cfg.Settings[i].Revisit, "settings", i)
		}
	}
	r.cfg.Settings, r.cfg.Secrets = cfg.Settings, cfg.Secrets
	r.log.Info("settings of feeds and hosts changed; they hold from the next request", "settings", len(cfg.Settings))
}
