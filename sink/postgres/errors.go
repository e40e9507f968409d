package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/sink"
)

// explain says what an error of the server, or of the way to it, means and what to do next. The store is to blame, unless
// the server refuses the data; it is down where it would take nothing else either.
func (s *Store) explain(op string, err error) error {
	if err == nil {
		return nil
	}
	if s.closed.Load() {
		return fmt.Errorf("%s %s: %w", op, s.name, sink.ErrClosed)
	}
	// A connection that is not made in time ends in a deadline too, of the DSN or the caller.
	_, unreachable := errors.AsType[*pgconn.ConnectError](err)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) && !unreachable || feedmill.IsPermanent(err) {
		return fmt.Errorf("%s %s: %w", op, s.name, err)
	}
	if why := s.reason(err); why != "" {
		err = fmt.Errorf("%s: %w", why, err)
	}
	err = fmt.Errorf("%s %s: %w", op, s.name, err)
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch {
		case blamesData(e.Code):
			return feedmill.Permanent("record", err)
		case isDown(e.Code):
			return sink.Down(err)
		}
	} else if unreachable {
		return sink.Down(err)
	}
	// A connection that breaks may have been broken by what was sent.
	return err
}

// isDown tells whether an SQLSTATE says that the server takes nothing from us now: no connection, no rights, no resources,
// no such database, schema or table, read only, stopping or starting, a fault of its disk.
func isDown(code string) bool {
	switch code {
	case "3D000", "3F000", "42501", "42P01", "25006", "57P01", "57P02", "57P03":
		return true
	}
	return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "28") || strings.HasPrefix(code, "53") || strings.HasPrefix(code, "58")
}

// blamesData tells whether an SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html) says that what
// was to be stored cannot be: data exceptions, and what is larger than the server's limits.
func blamesData(code string) bool {
	return strings.HasPrefix(code, "22") || strings.HasPrefix(code, "54") && code != "54001"
}

func (s *Store) reason(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return s.serverReason(e.Code)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return "the server cannot be reached: check that it runs, and host, port and sslmode of the DSN"
	}
	_, broken := errors.AsType[net.Error](err)
	if broken || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return "the connection was lost: check that the server runs"
	}
	return ""
}

func (s *Store) serverReason(code string) string {
	switch code {
	case "28P01", "28000":
		return fmt.Sprintf("the server refuses the user %s or the password: check both in the DSN, and the server's pg_hba.conf", s.user)
	case "3D000":
		return "there is no such database: create it with createdb, or name another in the DSN"
	case "42501":
		return fmt.Sprintf("the user %s lacks a right: let an administrator run CREATE SCHEMA feedmill AUTHORIZATION %q, or GRANT what is missing",
			s.user, s.user)
	case "53100":
		return "the server's disk is full: free space there"
	case "53200":
		return "the server is out of memory"
	case "53300":
		return "the server has too many connections: raise its max_connections, or end other programs"
	case "57014":
		return "the server has cancelled the statement: raise its statement_timeout"
	case "57P01", "57P02", "57P03":
		return "the server is stopping or starting: wait for it"
	case "25006":
		return "the server can only be read, as a standby: name the primary in the DSN, or several hosts and target_session_attrs=read-write"
	case "58030":
		return "the server cannot read or write its disk: check the disk and the file system"
	case "3F000", "42P01":
		return "the tables are gone: restore them, or open the store again to make them anew"
	}
	return ""
}
