package bus

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"golang.org/x/crypto/bcrypt"
)

// embedded is the nats-server of a data directory, run in this process.
type embedded struct {
	server   *server.Server
	user     string
	password string
}

// startServer starts a nats-server with JetStream over dir. With listen it also listens on a free loopback port, for
// other commands on this machine; the process itself always talks to it without a socket.
func startServer(dir string, listen bool, durability string, log *slog.Logger) (*embedded, error) {
	e := &embedded{user: "feedmill", password: rand.Text()}
	// The password is random and as long as a key, so the cheapest hash keeps it: the server need not know it.
	hash, err := bcrypt.GenerateFromPassword([]byte(e.password), bcrypt.MinCost)
	if err != nil {
		return nil, fmt.Errorf("embedded nats-server: %w", err)
	}
	o := &server.Options{
		ServerName:   "feedmill",
		JetStream:    true,
		StoreDir:     filepath.Join(dir, "nats"),
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
	s, err := server.NewServer(o)
	if err != nil {
		return nil, fmt.Errorf("embedded nats-server: %w", err)
	}
	s.SetLoggerV2(serverLog{log}, false, false, false)
	s.Start()
	if !s.ReadyForConnections(30 * time.Second) {
		s.Shutdown()
		s.WaitForShutdown()
		return nil, fmt.Errorf("embedded nats-server over %s is not ready after 30 s: look at the disk, and at the log with --log-level debug", dir)
	}
	if !s.JetStreamEnabled() {
		s.Shutdown()
		s.WaitForShutdown()
		return nil, fmt.Errorf("embedded nats-server over %s has no JetStream: is the directory writable?", dir)
	}
	e.server = s
	return e, nil
}

func (e *embedded) connect(opts ...nats.Option) (*nats.Conn, error) {
	return nats.Connect("", append(opts, nats.InProcessServer(e.server), nats.UserInfo(e.user, e.password))...)
}

func (e *embedded) stop() {
	e.server.Shutdown()
	e.server.WaitForShutdown()
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
