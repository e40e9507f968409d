package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/feedmill/feedmill/sink"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store is the records in one PostgreSQL database. It is safe for use by several goroutines.
type Store struct {
	name     string // of the database, without password
	user     string
	readOnly bool
	pool     *pgxpool.Pool
	closed   atomic.Bool
}

var (
	_ sink.Sink    = (*Store)(nil)
	_ sink.Querier = (*Store)(nil)
	_ sink.Statter = (*Store)(nil)
	_ sink.Pruner  = (*Store)(nil)
)

// Options are the settings of a store.
type Options struct {
	// MaxConns is the greatest number of connections to the server; each Write and each Query that is being read takes
	// one. 0 is pool_max_conns of the DSN, or else the number of CPUs, and at least 4.
	MaxConns int
	// ReadOnly opens for queries only: nothing is created or migrated, and a standby server will do.
	ReadOnly bool
	// Logger is told of migrations; nil is silent.
	Logger *slog.Logger
}

const (
	connectTimeout = 10 * time.Second // unless the DSN has a connect_timeout
	cancelTimeout  = 5 * time.Second  // for the server to end a statement that is cancelled
)

// Open opens the store in the database that the DSN names: a URL such as postgres://user:password@host/database, or
// words such as host=… user=… dbname=…, with the settings and environment variables of libpq and the pool_ settings of
// pgxpool (https://pkg.go.dev/github.com/jackc/pgx/v5/pgxpool#ParseConfig). Unless it is to be read only, its schema is
// created or brought up to date.
func Open(ctx context.Context, dsn string, o *Options) (*Store, error) {
	if o == nil {
		o = new(Options)
	}
	cfg, err := parse(dsn)
	if err != nil {
		return nil, err
	}
	if o.MaxConns > 0 {
		cfg.MaxConns = int32(min(o.MaxConns, 1<<15))
		cfg.MinConns = min(cfg.MinConns, cfg.MaxConns)
		cfg.MinIdleConns = min(cfg.MinIdleConns, cfg.MaxConns)
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = connectTimeout
	}
	// By default a cancelled connection is thrown away, and the server holds its locks until it has noticed.
	cfg.ConnConfig.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: cancelTimeout}
	}
	s := &Store{name: databaseName(cfg.ConnConfig), user: cfg.ConnConfig.User, readOnly: o.ReadOnly}
	if s.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return nil, s.explain("open", err)
	}
	if err := s.prepare(ctx, cfg.ConnConfig, o.Logger); err != nil {
		err = s.explain("open", err)
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// ErrDSN says that a DSN cannot be read: no server will ever be asked.
var ErrDSN = errors.New("the DSN cannot be read")

// parse reads a DSN. What the library says of one that it cannot read may hold parts of the password, so it is not
// passed on.
func parse(dsn string) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil || strings.Contains(cfg.ConnConfig.Host, "@") {
		return nil, fmt.Errorf("open PostgreSQL: %w: write one such as postgres://user:password@host:5432/database?sslmode=require; "+
			"in a password, write characters such as @ : / ? # %% as %%40 %%3A %%2F %%3F %%23 %%25", ErrDSN)
	}
	return cfg, nil
}

// Where says which database a DSN names, without user and password; "" where it cannot be read.
func Where(dsn string) string {
	cfg, err := parse(dsn)
	if err != nil {
		return ""
	}
	return databaseName(cfg.ConnConfig)
}

// databaseName is what messages call the database.
func databaseName(c *pgx.ConnConfig) string {
	host := net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))
	if strings.HasPrefix(c.Host, "/") {
		host = c.Host
	}
	database := c.Database
	if database == "" {
		database = c.User
	}
	return fmt.Sprintf("PostgreSQL database %s at %s", database, host)
}

func (s *Store) prepare(ctx context.Context, cfg *pgx.ConnConfig, log *slog.Logger) error {
	var version int
	var encoding string
	err := s.pool.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_encoding')`).
		Scan(&version, &encoding)
	if err != nil {
		return err
	}
	if version < 13_00_00 {
		return fmt.Errorf("the server is PostgreSQL %d, this feedmill needs 13 or newer: upgrade the server", version/10000)
	}
	if encoding != "UTF8" {
		return fmt.Errorf("the database has the encoding %s, which cannot hold every text: create one with createdb -T template0 -E UTF8", encoding)
	}
	ready, err := s.checkVersion(ctx)
	if err != nil || ready || s.readOnly {
		return err
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	// Not out of the pool, which may have one connection only.
	db := stdlib.OpenDB(*cfg)
	defer db.Close()
	return migrate(ctx, db, log)
}

// known is the newest schema version of this build.
func known() (int64, error) {
	entries, err := migrations.ReadDir("migrations")
	if err != nil {
		return 0, err
	}
	return goose.NumericComponent(entries[len(entries)-1].Name())
}

// checkVersion tells whether the schema is up to date, and refuses one that is not ours, or of a version that cannot be
// read or brought up to date.
func (s *Store) checkVersion(ctx context.Context) (bool, error) {
	newest, err := known()
	if err != nil {
		return false, err
	}
	var versioned bool
	var tables int
	err = s.pool.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL, count(*) FROM pg_class
		WHERE relnamespace = to_regnamespace('feedmill') AND relkind = 'r'`, versionTable).Scan(&versioned, &tables)
	if err != nil {
		return false, err
	}
	var version int64
	if versioned {
		err := s.pool.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM `+versionTable+` WHERE is_applied`).Scan(&version)
		if err != nil {
			return false, err
		}
	}
	switch {
	case !versioned && tables > 0:
		return false, errors.New("the schema feedmill is another program's: name another database in the DSN")
	case version > newest:
		return false, fmt.Errorf("the database was written by a newer feedmill (schema %d, this one knows %d): upgrade feedmill, or name another database in the DSN",
			version, newest)
	case version == 0 && s.readOnly:
		return false, fmt.Errorf("%w: run feedmill with this sink first, or name another database in the DSN", sink.ErrEmpty)
	case version < newest && s.readOnly:
		return false, fmt.Errorf("the database has an older schema (%d, this feedmill needs %d): open it for writing once, as feedmill run does",
			version, newest)
	}
	return version == newest, nil
}

const versionTable = "feedmill.goose_db_version"

// migrationLock is the advisory lock of whoever changes the schema.
const migrationLock = 0x666d696c_00000001

func migrate(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	lock, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer lock.Close() // the lock ends with its session
	if _, err := lock.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(migrationLock)); err != nil {
		return err
	}
	// CREATE SCHEMA asks for the right to create one even if it is there.
	_, err = lock.ExecContext(ctx, `DO $$ BEGIN IF to_regnamespace('feedmill') IS NULL THEN CREATE SCHEMA feedmill; END IF; END $$`)
	if err != nil {
		return err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithDisableGlobalRegistry(true),
		goose.WithTableName(versionTable), goose.WithSlog(log))
	if err != nil {
		return err
	}
	done, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	for _, m := range done {
		log.Info("database migrated", "version", m.Source.Version, "duration", m.Duration)
	}
	return nil
}

// Close closes the store, once what is being written and read has ended.
func (s *Store) Close() error {
	if !s.closed.Swap(true) {
		s.pool.Close()
	}
	return nil
}
