package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/feedmill/feedmill/internal/config"
	"github.com/feedmill/feedmill/sink"
	"github.com/feedmill/feedmill/sink/postgres"
	"github.com/feedmill/feedmill/sink/sqlite"
)

// Store is a sink as it is opened for reading, beside the process that writes to it or without one.
type Store interface {
	sink.Querier
	sink.Statter
	sink.StoryTeller
	Close() error
}

var (
	// ErrNoStore says that no sink can answer, or not the one that was asked for.
	ErrNoStore = errors.New("no store that can be asked")
	// ErrNoSuchSink says that the configuration has no sink of that name.
	ErrNoSuchSink = errors.New("no such sink")
)

// StoreOf returns the sink of that name, or where name is "" the first one that can answer. The error is ErrNoStore or
// ErrNoSuchSink.
func StoreOf(cfg *config.Config, name string) (*config.Sink, error) {
	var names []string
	for i := range cfg.Sinks {
		s := &cfg.Sinks[i]
		switch {
		case name == "" && answers(s), name == s.Name && answers(s):
			return s, nil
		case name == s.Name:
			return nil, fmt.Errorf("%w: sink %s is of type %s, and only sqlite and postgres answer", ErrNoStore, s.Name, s.Type)
		}
		names = append(names, s.Name)
	}
	if name != "" {
		return nil, fmt.Errorf("%w: %q; the configuration has %s", ErrNoSuchSink, name, strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("%w: no sink of type sqlite or postgres is configured, see sinks in the configuration", ErrNoStore)
}

func answers(s *config.Sink) bool { return s.Type == "sqlite" || s.Type == "postgres" }

// WhereOf says where a sink stores: a file, a directory or a database, without its password.
func WhereOf(cfg *config.Config, s *config.Sink) string {
	switch s.Type {
	case "sqlite":
		return cfg.SQLitePath(s)
	case "postgres":
		return postgres.Where(s.DSN)
	case "file":
		return s.Dir
	}
	return ""
}

// OpenStore opens a sink that answers for reading. The error is sink.ErrEmpty where nothing was ever stored in it.
func OpenStore(ctx context.Context, cfg *config.Config, s *config.Sink, log *slog.Logger) (store Store, err error) {
	switch s.Type {
	case "sqlite":
		store, err = sqlite.Open(ctx, cfg.SQLitePath(s), &sqlite.Options{ReadOnly: true, Logger: log})
	case "postgres":
		store, err = postgres.Open(ctx, s.DSN, &postgres.Options{ReadOnly: true, Logger: log})
	default:
		err = fmt.Errorf("%w: type %s", ErrNoStore, s.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("sink %s: %w", s.Name, err)
	}
	return store, nil
}
