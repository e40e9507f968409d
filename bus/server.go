package bus

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"golang.org/x/crypto/bcrypt"
)

// embedded is the nats-server of a data directory, run in this process.
type embedded struct {
	opts     *server.Options
	log      *slog.Logger
	user     string
	password string

	mu     sync.Mutex
	server *server.Server // another after a restart
}

// serverDir is where the embedded server keeps its files, in the data directory.
const serverDir = "nats"

// startServer starts a nats-server with JetStream over dir. With listen it also listens on a free loopback port, for
// other commands on this machine; the process itself always talks to it without a socket.
func startServer(dir string, listen bool, durability string, log *slog.Logger) (*embedded, error) {
	e := &embedded{log: log, user: "feedmill", password: rand.Text()}
	// The password is random and as long as a key, so the cheapest hash keeps it: the server need not know it.
	hash, err := bcrypt.GenerateFromPassword([]byte(e.password), bcrypt.MinCost)
	if err != nil {
		return nil, fmt.Errorf("embedded nats-server: %w", err)
	}
	o := &server.Options{
		ServerName:   "feedmill",
		JetStream:    true,
		StoreDir:     filepath.Join(dir, serverDir),
		DontListen:   !listen,
		Host:         "127.0.0.1",
		Port:         server.RANDOM_PORT,
		NoSigs:       true,
		MaxPayload:   maxPayload,
		SyncInterval: time.Second,
		Username:     e.user,
		Password:     string(hash),
	}
	switch durability {
	case "", "1s":
	case "fast":
		o.SyncInterval = 2 * time.Minute
	case "always":
		o.SyncAlways = true
	default:
		return nil, fmt.Errorf("nats.durability %q: want fast, 1s or always", durability)
	}
	e.opts = o
	if e.server, err = e.launch(); err != nil {
		return nil, err
	}
	if listen {
		o.Port = e.server.Addr().(*net.TCPAddr).Port // a restart keeps the address
	}
	return e, nil
}

// launch starts a server and waits until it is ready. It fails, with nothing lost, where the server cannot read a stream.
func (e *embedded) launch() (*server.Server, error) {
	if err := keepStreams(e.opts.StoreDir); err != nil { // a disk that knows no links
		e.log.Warn("nats-server starts without a second name for its files; a stream that it cannot read would be removed by it", "error", err)
	}
	s, err := e.start()
	if err != nil {
		return nil, errors.Join(err, restoreStreams(e.opts.StoreDir))
	}
	lost, err := lostStreams(e.opts.StoreDir)
	if err == nil && len(lost) == 0 {
		err = forgetStreams(e.opts.StoreDir)
	}
	if err == nil && len(lost) == 0 {
		return s, nil
	}
	s.Shutdown()
	s.WaitForShutdown()
	if len(lost) > 0 {
		err = fmt.Errorf("embedded nats-server over %s cannot read %s; nothing is lost, its log lines say why", e.opts.StoreDir, strings.Join(lost, ", "))
	}
	return nil, errors.Join(err, restoreStreams(e.opts.StoreDir))
}

func (e *embedded) start() (*server.Server, error) {
	s, err := server.NewServer(e.opts.Clone())
	if err != nil {
		return nil, fmt.Errorf("embedded nats-server: %w", err)
	}
	s.SetLoggerV2(serverLog{e.log}, false, false, false)
	s.Start()
	if !s.ReadyForConnections(30 * time.Second) {
		s.Shutdown()
		s.WaitForShutdown()
		return nil, fmt.Errorf("embedded nats-server over %s is not ready after 30 s: look at the disk, and at the log with --log-level debug", e.opts.StoreDir)
	}
	if !s.JetStreamEnabled() {
		s.Shutdown()
		s.WaitForShutdown()
		return nil, fmt.Errorf("embedded nats-server over %s has no JetStream: is the directory writable?", e.opts.StoreDir)
	}
	return s, nil
}

func (e *embedded) current() *server.Server {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.server
}

// InProcessConn connects to the server that runs now, also after a restart.
func (e *embedded) InProcessConn() (net.Conn, error) { return e.current().InProcessConn() }

func (e *embedded) connect(opts ...nats.Option) (*nats.Conn, error) {
	return nats.Connect("", append(opts, nats.InProcessServer(e), nats.UserInfo(e.user, e.password))...)
}

func (e *embedded) stop() {
	s := e.current()
	s.Shutdown()
	s.WaitForShutdown()
}

// serverLog hands the server's log on: its notices are details for an operator of feedmill.
type serverLog struct{ log *slog.Logger }

func (l serverLog) Noticef(f string, v ...any) { l.put(slog.LevelDebug, f, v) }
func (l serverLog) Warnf(f string, v ...any)   { l.put(slog.LevelWarn, f, v) }
func (l serverLog) Fatalf(f string, v ...any)  { l.put(slog.LevelError, f, v) }
func (l serverLog) Errorf(f string, v ...any)  { l.put(slog.LevelError, f, v) }
func (l serverLog) Debugf(f string, v ...any)  {}
func (l serverLog) Tracef(f string, v ...any)  {}

func (l serverLog) put(level slog.Level, f string, v []any) {
	msg := strings.TrimSpace(fmt.Sprintf(f, v...))
	if msg != "" {
		l.log.Log(nil, level, "nats-server: "+msg) //nolint:staticcheck // the server gives no context
	}
}
