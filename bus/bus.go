package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// maxPayload is the largest message, everywhere: the default of an external server.
	maxPayload = 1 << 20
	// lockWait is how long a start waits for a short command to give the data directory back.
	lockWait = 5 * time.Second
)

// Options say where the bus is. The zero value of each field is a documented default.
type Options struct {
	// Dir is the data directory of the embedded server. It is not used where URLs are given.
	Dir string
	// Daemon makes this process the one that owns Dir: it fails with ErrInUse where another does, and announces its
	// embedded server to other commands. Without it, a process joins the server that another one announced, and starts
	// one unheard where there is none.
	Daemon bool

	// URLs are those of external servers.
	URLs []string
	// Context names a context of the nats command-line tool, or is the absolute path of its file, instead of URLs and
	// what follows.
	Context string
	Creds   string // credentials file
	NKey    string // seed file
	TLS     TLS

	// AsIs creates nothing on the server. Such a bus is for Plan and Apply, and to look at.
	AsIs bool

	// Prefix begins every subject; default "fm.". Two feedmills with different prefixes can share a cluster.
	Prefix string
	// Replicas is how many copies of each stream a cluster keeps; default 1.
	Replicas int
	// Durability of the embedded server: "fast" (synced by the operating system's leave), "1s" (default: a power cut
	// loses the last second at most) or "always".
	Durability string
	// MaxStore bounds the bytes of all streams; 0: no bound but NewStore. Streams that are there keep theirs until Apply.
	MaxStore int64
	// NewStore bounds the streams that are created where MaxStore is 0; it says nothing of those that are there.
	NewStore  int64
	Retention Retention

	// Reserve is how many bytes of the disk of an embedded server must stay free: below that, workers wait. Default 64 MiB,
	// or a twentieth of a small disk.
	Reserve int64

	// HighWater is how many unhandled messages a stream may have before the workers that fill it wait; default 2000.
	HighWater int

	Logger   *slog.Logger // nil: none
	Observer Observer     // told of every message handled; nil: none
}

// TLS names the files of a TLS connection.
type TLS struct{ CA, Cert, Key string }

// Bus is a connection to JetStream with feedmill's streams on it. It is safe for concurrent use.
type Bus struct {
	opts   Options
	prefix string
	log    *slog.Logger
	dir    *dataDir
	server *embedded
	nc     *nats.Conn
	js     jetstream.JetStream
	domain string // of JetStream, from a context
	api    string // prefix of JetStream's API, from a context
	bodies jetstream.ObjectStore
	enc    *zstd.Encoder
	dec    *zstd.Decoder
	gzip   sync.Pool // of *gzip.Reader

	shrink atomic.Bool // see AllowShrink

	warned sync.Map               // log message to when it was last told
	denied atomic.Pointer[string] // what the server last refused to this user

	room store // of the embedded server

	handover *handover // nil: other processes read what this one publishes

	pressureMu sync.Mutex
	pressure   map[string]*pressure
	pulse      pulse
}

// Connect opens the bus: it starts the embedded server or connects to a running one, and creates what is missing.
func Connect(ctx context.Context, opts Options) (*Bus, error) {
	b := &Bus{opts: opts, prefix: cmp.Or(opts.Prefix, "fm."), log: opts.Logger, pressure: map[string]*pressure{}, pulse: pulse{loops: map[*Loop]bool{}}}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	if !strings.HasSuffix(b.prefix, ".") {
		b.prefix += "."
	}
	b.opts.HighWater = cmp.Or(opts.HighWater, 2000)
	var err error
	if b.enc, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest)); err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	if b.dec, err = zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxValue), zstd.WithDecoderConcurrency(0)); err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	if len(opts.URLs) > 0 || opts.Context != "" {
		err = b.connectExternal()
	} else {
		err = b.connectEmbedded(ctx)
	}
	if err == nil {
		err = b.open(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (b *Bus) natsOptions() []nats.Option {
	return []nats.Option{
		nats.Name("feedmill"),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectJitter(100*time.Millisecond, 500*time.Millisecond),
		nats.Timeout(5 * time.Second),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			b.pulse.silent()
			if err != nil {
				b.log.Warn("connection to NATS lost; reconnecting", "error", err)
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			b.pulse.silent()
			b.log.Info("connected to NATS again", "server", nc.ConnectedUrlRedacted())
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if errors.Is(err, nats.ErrPermissionViolation) {
				b.denied.Store(new(err.Error()))
			}
			b.log.Warn("NATS", "error", err)
		}),
	}
}

func (b *Bus) connectEmbedded(ctx context.Context) error {
	dir, err := openDataDir(b.opts.Dir)
	if err != nil {
		return err
	}
	held, at, err := dir.claim(ctx, lockWait)
	if err != nil {
		return err
	}
	if !held {
		if b.opts.Daemon {
			return fmt.Errorf("%w: %s is held by process %d, whose server listens at %s; stop that daemon first, or choose another directory with --data",
				ErrInUse, b.opts.Dir, at.PID, at.URL)
		}
		nc, err := nats.Connect(at.URL, append(b.natsOptions(), nats.UserInfo(at.User, at.Password))...)
		if err != nil {
			return fmt.Errorf("connect to the daemon of %s at %s: %w", b.opts.Dir, at.URL, err)
		}
		b.nc = nc
		return nil
	}
	b.dir = dir
	if b.server, err = startServer(b.opts.Dir, b.opts.Daemon, b.opts.Durability, b.log); err != nil {
		return err
	}
	b.handover = newHandover()
	if b.nc, err = b.server.connect(b.natsOptions()...); err != nil {
		return fmt.Errorf("connect to the embedded nats-server: %w", err)
	}
	return nil
}

func (b *Bus) open(ctx context.Context) error {
	var err error
	if b.js, err = b.jetStream(jetstream.WithPublishAsyncMaxPending(4096), jetstream.WithDefaultTimeout(10*time.Second)); err != nil {
		return fmt.Errorf("JetStream: %w", err)
	}
	if err := b.Patiently(ctx, func() error {
		if _, err := b.js.AccountInfo(ctx); err != nil {
			return b.noJetStream(err)
		}
		if b.opts.AsIs {
			return nil
		}
		return b.createStreams(ctx)
	}); err != nil {
		return err
	}
	if b.server != nil && b.opts.Daemon {
		return b.dir.announce(address{URL: b.server.current().ClientURL(), User: b.server.user, Password: b.server.password, PID: os.Getpid()})
	}
	return nil
}

// electionWait is how long a start waits for a cluster that has no leader yet.
const electionWait = time.Minute

// Patiently calls f again as long as the cluster does not answer in time, as while it elects a leader, for a minute at
// most. Other errors are returned at once.
func (b *Bus) Patiently(ctx context.Context, f func() error) error {
	for start, told := time.Now(), false; ; {
		err := f()
		if err != nil && b.denied.Load() != nil {
			return fmt.Errorf("%w; %s: these credentials do not admit it, give their user more rights (deploy/nats.conf shows which) or use others", err, *b.denied.Load())
		}
		if err == nil || ctx.Err() != nil || b.server != nil || time.Since(start) > electionWait || !passing(err) {
			return err
		}
		if !told {
			b.log.Warn("JetStream does not answer yet; waiting", "error", err)
			told = true
		}
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// passing tells whether an error is one of a cluster that is not ready.
func passing(err error) bool {
	if api, ok := errors.AsType[*jetstream.APIError](err); ok {
		return api.Code == 503 && api.ErrorCode != jetstream.JSErrCodeJetStreamNotEnabledForAccount
	}
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout) || errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrNoStreamResponse)
}

// seldom is the least time between two log lines that say the same.
const seldom = 10 * time.Second

// warnSeldom logs what every message in hand meets at once when the bus is away, one line for all.
func (b *Bus) warnSeldom(msg string, args ...any) {
	now := time.Now()
	last, told := b.warned.Swap(msg, now)
	if told && now.Sub(last.(time.Time)) < seldom {
		b.warned.Store(msg, last)
		return
	}
	b.log.Warn(msg, args...)
}

// JetStream is the client underneath, for the registry's buckets.
func (b *Bus) JetStream() jetstream.JetStream { return b.js }

// Prefix is what every subject begins with.
func (b *Bus) Prefix() string { return b.prefix }

// Embedded tells whether this process runs the server.
func (b *Bus) Embedded() bool { return b.server != nil }

// Where says in a few words where the bus is, for people.
func (b *Bus) Where() string {
	if b.server != nil {
		return "embedded in " + b.opts.Dir
	}
	return b.nc.ConnectedUrlRedacted()
}

// Close ends the connection and then the embedded server, if this process runs one. Workers must have ended before.
func (b *Bus) Close() error {
	var err error
	if b.nc != nil && !b.nc.IsClosed() {
		if e := b.nc.FlushTimeout(2 * time.Second); e != nil && !errors.Is(e, nats.ErrConnectionClosed) {
			err = fmt.Errorf("flush the connection to NATS: %w", e)
		}
		b.nc.Close()
	}
	if b.room.hung.Load() {
		return err // the server would not end, and whoever took its directory would write beside it: the process has to
	}
	if b.server != nil {
		b.server.stop()
	}
	if b.dir != nil {
		err = errors.Join(err, b.dir.release())
	}
	if b.dec != nil {
		b.dec.Close()
	}
	return err
}
