package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/feedmill/feedmill/sink"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store is one SQLite file of records. It is safe for use by several goroutines.
type Store struct {
	path   string
	wait   time.Duration
	write  *sql.DB // one connection; nil if the store is read-only
	stmts  statements
	read   *sql.DB
	closed atomic.Bool
}

var (
	_ sink.Sink    = (*Store)(nil)
	_ sink.Querier = (*Store)(nil)
	_ sink.Statter = (*Store)(nil)
	_ sink.Pruner  = (*Store)(nil)

	_ sink.StoryTeller = (*Store)(nil)
)

// Options are the settings of a store.
type Options struct {
	// ReadOnly opens an existing file for queries only. It works beside a process that writes, and without one.
	ReadOnly bool
	// MaxPages is the greatest size of the file in pages of 4096 bytes; 0 is SQLite's own limit (about 17 TB). A file
	// that is larger already only stops growing.
	MaxPages int64
	// BusyTimeout is how long to wait for another process that writes; 0 is 5 s.
	BusyTimeout time.Duration
	// Logger is told of migrations; nil is silent.
	Logger *slog.Logger
}

const defaultBusyTimeout = 5 * time.Second

// Open opens the store at path. Unless it is to be read only, the file is created if it is not there (its directory is
// not), and its schema is brought up to date.
func Open(ctx context.Context, path string, o *Options) (*Store, error) {
	if o == nil {
		o = new(Options)
	}
	s := &Store{path: path, wait: o.BusyTimeout}
	if s.wait <= 0 {
		s.wait = defaultBusyTimeout
	}
	if err := s.open(ctx, o); err != nil {
		return nil, errors.Join(s.explain("open", err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, o *Options) error {
	abs, err := filepath.Abs(s.path)
	if err != nil {
		return err
	}
	if _, err := os.Stat(abs); err != nil && o.ReadOnly {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: %w", sink.ErrEmpty, err)
		}
		return err
	}
	if _, err := os.Stat(filepath.Dir(abs)); err != nil {
		return fmt.Errorf("the directory must exist: %w", err)
	}
	if o.ReadOnly {
		// The data is opened for reading, the journal's index beside it is not: what a killed process left can be read.
		if s.read, err = connect(abs, url.Values{"mode": {"ro"}}, s.wait); err != nil {
			return err
		}
		return checkVersion(ctx, s.read, true)
	}
	if err := create(abs); err != nil {
		return err
	}
	query := url.Values{"_txlock": {"immediate"}, "_journal_mode": {"WAL"}, "_synchronous": {"NORMAL"}}
	query.Add("_pragma", "journal_size_limit(67108864)")
	if o.MaxPages > 0 {
		query.Add("_pragma", "max_page_count("+strconv.FormatInt(o.MaxPages, 10)+")")
	}
	if s.write, err = connect(abs, query, s.wait); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if err := checkVersion(ctx, s.write, false); err != nil {
		return err
	}
	if err := migrate(ctx, s.write, o.Logger); err != nil {
		return err
	}
	if s.stmts, err = prepare(ctx, s.write); err != nil {
		return err
	}
	s.read, err = connect(abs, url.Values{"_query_only": {"1"}}, s.wait)
	return err
}

// create makes the file where it is not there, for its owner alone: texts may be under a contract. SQLite gives the
// journal beside it the same mode.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func connect(path string, query url.Values, wait time.Duration) (*sql.DB, error) {
	query.Set("_busy_timeout", strconv.FormatInt(wait.Milliseconds(), 10))
	query.Set("_error_rc", "1")
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/data
	}
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}
	return sql.Open("sqlite", dsn.String())
}

// known is the newest schema version of this build.
func known() (int64, error) {
	entries, err := migrations.ReadDir("migrations")
	if err != nil {
		return 0, err
	}
	return goose.NumericComponent(entries[len(entries)-1].Name())
}

// applicationID marks a file as ours: "fmil". The first migration sets it.
const applicationID = 0x666d696c

// checkVersion refuses files that are not ours, or of a version that cannot be read. An empty file, or one of an older
// version, will do if it can be brought up to date.
func checkVersion(ctx context.Context, db *sql.DB, readOnly bool) error {
	newest, err := known()
	if err != nil {
		return err
	}
	var application, versioned, others, version int64
	err = db.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
		coalesce(sum(name = 'goose_db_version'), 0), coalesce(sum(name NOT GLOB 'goose_*' AND name NOT GLOB 'sqlite_*'), 0)
		FROM sqlite_schema`).Scan(&application, &versioned, &others)
	if err != nil {
		return err
	}
	if versioned > 0 {
		err := db.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&version)
		if err != nil {
			return err
		}
	}
	switch {
	case application != applicationID && (application != 0 || others > 0 || version > 0):
		return errors.New("this is the database of another program: choose another path")
	case version > newest:
		return fmt.Errorf("the database was written by a newer feedmill (schema %d, this one knows %d): upgrade feedmill, or choose another path",
			version, newest)
	case version < newest && readOnly:
		return fmt.Errorf("the database has an older schema (%d, this feedmill needs %d): open it for writing once, as feedmill run does",
			version, newest)
	}
	return nil
}

func migrate(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true), goose.WithSlog(log))
	if err != nil {
		return err
	}
	for before := int64(-1); ; {
		done, err := p.Up(ctx)
		for _, m := range done {
			log.Info("database migrated", "version", m.Source.Version, "duration", m.Duration)
		}
		if err == nil {
			return nil
		}
		// Another process may be bringing the schema up to date at the same time: as long as it gets on, so do we.
		version, newest, err2 := p.GetVersions(ctx)
		switch {
		case err2 == nil && version == newest:
			return nil
		case err2 != nil || version <= before:
			return fmt.Errorf("bring the schema up to date: %w", err)
		}
		before = version
	}
}

// Close closes the store; what was written is moved from the journal to the file if nobody else has it open.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	var errs []error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}
