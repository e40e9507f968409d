//go:build unix

package pgtest

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// NeedsPassword is the name of the role whose members, and itself, must give a password.
const NeedsPassword = "needs_password"

const superuser = "feedmill"

var errNoBinaries = errors.New("no PostgreSQL server on this machine")

// Server is a PostgreSQL server in a directory of its own.
type Server struct {
	bin, dir, data string
	as             *syscall.SysProcAttr
	log            *output
	cmd            *exec.Cmd      // the shell over the server; nil while it is stopped
	end            io.WriteCloser // ends the server when closed
}

// over is the shell script that stands over a server: it waits until its input ends, as it does with the process at the
// other end of the pipe, ends the server at once and clears away its directory unless it is told to keep it.
const over = `"$1/postgres" -D "$2/data" -k "$2" -h "" -F -c full_page_writes=off \
	-c shared_buffers=64MB -c max_connections=200 -c autovacuum_naptime=5s </dev/null &
server=$!
read -r what
kill -QUIT $server
wait $server
[ "$what" = keep ] || rm -rf "$2"`

func newServer() (*Server, error) {
	s := &Server{log: new(output)}
	var err error
	if s.bin, err = binaries(); err != nil {
		return nil, err
	}
	if s.dir, err = temporary(); err != nil {
		return nil, err
	}
	s.data = filepath.Join(s.dir, "data")
	if s.as, err = s.unprivileged(); err != nil {
		return nil, err
	}
	initdb := exec.Command(filepath.Join(s.bin, "initdb"), "--pgdata", s.data, "--username", superuser, "--auth", "trust",
		"--encoding", "UTF8", "--locale", "C", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = s.as, s.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", initdb, err, out)
	}
	rules := "local all +" + NeedsPassword + " scram-sha-256\nlocal all all trust\n"
	// The file is overwritten in place and stays the server's own.
	return s, os.WriteFile(filepath.Join(s.data, "pg_hba.conf"), []byte(rules), 0o600)
}

// binaries returns the directory of the newest server.
func binaries() (string, error) {
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	version := func(dir string) float64 {
		v, _ := strconv.ParseFloat(filepath.Base(filepath.Dir(dir)), 64) // 9.6, 15
		return v
	}
	slices.SortFunc(dirs, func(a, b string) int { return cmp.Compare(version(b), version(a)) })
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err == nil {
			return dir, nil
		}
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", errNoBinaries
}

// unprivileged makes another user the owner of the directory if this process is root's: PostgreSQL refuses to run as root.
func (s *Server) unprivileged() (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	if err := os.Chown(s.dir, int(uid), int(gid)); err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

func (s *Server) running() bool { return s.cmd != nil }

func (s *Server) start() error {
	ready := make(chan struct{})
	s.log = &output{ready: ready}
	cmd := exec.Command("/bin/sh", "-c", over, "sh", s.bin, s.dir)
	cmd.SysProcAttr, cmd.Dir, cmd.Stderr = s.as, s.dir, s.log
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	end, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.cmd, s.end = cmd, end
	select {
	case <-ready:
		return nil
	case <-time.After(time.Minute):
		return errors.Join(fmt.Errorf("the server is not ready after a minute:\n%s", s.log.tail()), s.stop(""))
	}
}

// stop ends the server, with a last word for the shell over it.
func (s *Server) stop(word string) error {
	if s.cmd == nil {
		return nil
	}
	_, err := io.WriteString(s.end, word)
	err = errors.Join(err, s.end.Close())
	// The shell's own status is that of its last command.
	var exit *exec.ExitError
	if werr := s.cmd.Wait(); werr != nil && !errors.As(werr, &exit) {
		err = errors.Join(err, werr)
	}
	s.cmd = nil
	return err
}

// remove ends the server and clears away its directory.
func (s *Server) remove() {
	_ = s.stop("keep\n") // as long as it has ended, how does not matter
	_ = os.RemoveAll(s.dir)
}
