package main

import (
	"cmp"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"github.com/feedmill/feedmill/internal/config"
	"github.com/lmittmann/tint"
)

// defaultConfigFile is read where it exists and no other is named.
const defaultConfigFile = "feedmill.yaml"

// settings returns the configuration: defaults, file, environment and flags, checked.
func (a *app) settings() (*config.Config, error) {
	cfg, err := a.uncheckedSettings()
	if err != nil {
		return nil, err
	}
	if err := cfg.Validate(); err != nil {
		return nil, usageError{err}
	}
	return cfg, nil
}

func (a *app) uncheckedSettings() (*config.Config, error) {
	cfg, err := config.Load(a.configPath(), a.environ)
	if err != nil {
		return nil, usageError{err}
	}
	if a.context != "" && len(a.nats) > 0 {
		return nil, usageError{errors.New("--nats and --context both say where the bus is; leave one out")}
	}
	switch { // a flag takes the place of the other way in, wherever that was set
	case a.context != "":
		cfg.NATS.URLs, cfg.NATS.Creds, cfg.NATS.NKey, cfg.NATS.TLS = nil, "", "", config.TLS{}
	case len(a.nats) > 0:
		cfg.NATS.Context = ""
	}
	for _, f := range []struct{ key, text, flag string }{
		{"data", a.data, "--data"},
		{"nats.urls", strings.Join(a.nats, ","), "--nats"},
		{"nats.context", a.context, "--context"},
		{"log.level", a.logLevel, "--log-level"},
	} {
		if f.text == "" {
			continue
		}
		if err := cfg.Set(f.key, f.text, "flag "+f.flag); err != nil {
			return nil, usageError{err}
		}
	}
	return cfg, nil
}

// configPath is the configuration file to read, "" for what the environment says or none.
func (a *app) configPath() string {
	if a.configFile != "" {
		return a.configFile
	}
	if a.configVariable() != "" {
		return ""
	}
	if _, err := os.Stat(defaultConfigFile); errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return defaultConfigFile
}

// configFileInUse is the configuration file that is read, whoever names it; "" for none.
func (a *app) configFileInUse() string { return cmp.Or(a.configPath(), a.configVariable()) }

// configVariable is the file that the environment names.
func (a *app) configVariable() string {
	named := ""
	for _, kv := range a.environ {
		if value, ok := strings.CutPrefix(kv, "FEEDMILL_CONFIG="); ok {
			named = value
		}
	}
	return named
}

// tellPending names the keys that are set but do nothing in this version.
func (a *app) tellPending(cfg *config.Config) {
	keys := cfg.Pending()
	switch {
	case len(keys) == 0:
	case a.log != nil:
		a.log.Warn("set, but without effect in this version", "keys", keys)
	default:
		a.say("%s set, but without effect in this version: %s", a.term.yellow("warning:"), strings.Join(keys, ", "))
	}
}

// logsJSON tells whether a daemon's log lines are JSON: where log.format says so, or leaves it open and nobody looks.
func (a *app) logsJSON(cfg *config.Config) bool {
	return cfg.Log.Format == "json" || cfg.Log.Format == "auto" && !a.term.errIsTerminal
}

// logger is where a daemon's log lines go. Its level can be changed while it runs.
func (a *app) logger(cfg *config.Config) *slog.Logger {
	a.daemonLevel.Set(a.level(cfg))
	if a.logsJSON(cfg) {
		return slog.New(slog.NewJSONHandler(a.err, &slog.HandlerOptions{Level: &a.daemonLevel}))
	}
	return a.textLogger(&a.daemonLevel)
}

// commandLogger is for commands that are not daemons: only what goes wrong, unless a level was asked for.
func (a *app) commandLogger(cfg *config.Config) *slog.Logger {
	level := a.level(cfg)
	if cfg.Origin("log.level") == "default" {
		level = slog.LevelWarn
	}
	return a.textLogger(level)
}

func (a *app) textLogger(level slog.Leveler) *slog.Logger {
	return slog.New(tint.NewTextHandler(a.err, &tint.Options{Level: level, TimeFormat: "15:04:05", NoColor: !a.term.errColour}))
}

func (a *app) level(cfg *config.Config) slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Log.Level)); err != nil || a.quiet && level < slog.LevelError {
		return slog.LevelError
	}
	return level
}
