//go:build !unix

package pgtest

import "testing"

// NeedsPassword is the name of the role whose members, and itself, must give a password.
const NeedsPassword = "needs_password"

// Server is a PostgreSQL server; there is none for tests on this system.
type Server struct{}

// New skips the test.
func New(tb testing.TB) string {
	tb.Skip("tests with PostgreSQL run on Unix only")
	return ""
}

// Start skips the test.
func Start(tb testing.TB) *Server {
	tb.Skip("tests with PostgreSQL run on Unix only")
	return nil
}

// Database is never called.
func (s *Server) Database(testing.TB) string { return "" }

// DSN is never called.
func (s *Server) DSN(_, _, _ string) string { return "" }

// Exec is never called.
func (s *Server) Exec(testing.TB, string) {}

// Start is never called.
func (s *Server) Start(testing.TB) {}

// Stop is never called.
func (s *Server) Stop(testing.TB) {}
