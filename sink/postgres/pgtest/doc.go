// Package pgtest gives tests a real PostgreSQL: [New] a fresh database on a server that all tests of a test binary share,
// [Start] a server of a test's own, which it may stop and start.
//
// The servers are started from the binaries of Debian's package postgresql (/usr/lib/postgresql/*/bin, the newest) or from
// those in PATH, as an unprivileged user, in a temporary directory, heard on a Unix socket there and nowhere else. They end
// with the test process, however that ends. Where there are no binaries, tests are skipped and say how to get them.
package pgtest
