package sqlite

import (
	"context"
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

// explain says what an error of the database means and what to do next. The store is to blame, unless the record is larger
// than SQLite can hold; it is down where no other record could be written either.
func (s *Store) explain(op string, err error) error {
	if err == nil {
		return nil
	}
	wrap := func(why string) error {
		return fmt.Errorf("%s %s: %s: %w", op, s.path, why, err)
	}
	if s.closed.Load() {
		return fmt.Errorf("%s %s: %w", op, s.path, sink.ErrClosed)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s %s: %w", op, s.path, err)
	}
	e, ok := errors.AsType[*driver.Error](err)
	if !ok {
		return fmt.Errorf("%s %s: %w", op, s.path, err)
	}
	down := func(why string) error { return sink.Down(wrap(why)) }
	switch e.Code() & 0xff {
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return down(fmt.Sprintf("database is locked by another process (waited %v): end the program that writes to it", s.wait))
	case lib.SQLITE_FULL:
		return down("database is full (max_page_count reached or disk full): free disk space or raise the limit")
	case lib.SQLITE_IOERR:
		return down("disk I/O error: check the disk and the file system")
	case lib.SQLITE_READONLY, lib.SQLITE_PERM:
		return down("database cannot be written: check the rights to the file and its directory")
	case lib.SQLITE_CANTOPEN:
		return down("database cannot be opened: check the path and the rights to it")
	case lib.SQLITE_NOTADB:
		return down("file is not a SQLite database: choose another path")
	case lib.SQLITE_CORRUPT:
		return wrap("database is damaged: restore it, or replay the records into a new one")
	case lib.SQLITE_TOOBIG:
		return feedmill.Permanent("record", wrap("record is larger than SQLite can hold (1 GB)"))
	}
	return fmt.Errorf("%s %s: %w", op, s.path, err)
}
