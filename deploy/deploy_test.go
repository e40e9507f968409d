package deploy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/feedmill/feedmill/internal/buildtest"
	"github.com/feedmill/feedmill/internal/newsroom"
	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// site is a place where the processes of deploy/compose.yaml run, without the containers: a nats-server over
// deploy/nats.conf with keys of deploy/keys.sh, and a feedmill for each stage.
type site struct {
	dir  string // the configuration, the keys and the server's log
	nats string // URL
}

// programs is the directory of feedmill, nats-server and nk, built once for all tests.
var programs string

func TestMain(m *testing.M) {
	code, err := withPrograms(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func withPrograms(run func() int) (code int, err error) {
	if programs, err = os.MkdirTemp("", "feedmill-deploy"); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(programs)) }()
	if err := buildtest.Programs(context.Background(), programs, "github.com/feedmill/feedmill/cmd/feedmill", "github.com/nats-io/nats-server/v2", "github.com/nats-io/nkeys/nk"); err != nil {
		return 1, err
	}
	return run(), nil
}

func program(name string) string { return filepath.Join(programs, name) }

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{dir: t.TempDir()}
	keys := exec.CommandContext(t.Context(), "sh", "keys.sh", s.dir)
	keys.Env = append(os.Environ(), "NK="+program("nk"))
	if out, err := keys.CombinedOutput(); err != nil {
		t.Fatalf("keys.sh: %v\n%s", err, out)
	}
	conf, err := os.ReadFile("nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	own := bytes.Replace(conf, []byte("store_dir: /data\n"), []byte("store_dir: store\n"), 1)
	if bytes.Equal(own, conf) {
		t.Fatal("nats.conf does not say store_dir: /data")
	}
	if err := os.WriteFile(filepath.Join(s.dir, "nats.conf"), own, 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.CommandContext(t.Context(), program("nats-server"),
		"-c", "nats.conf", "-a", "127.0.0.1", "-p", "-1", "-ports_file_dir", s.dir, "-l", "nats.log")
	server.Dir = s.dir
	s.start(t, server, func() error { return server.Process.Signal(syscall.SIGTERM) })
	waitFor(t, 20*time.Second, "nats-server to listen", func() bool {
		files, err := filepath.Glob(filepath.Join(s.dir, "*.ports"))
		if err != nil || len(files) == 0 {
			return false
		}
		raw, err := os.ReadFile(files[0])
		var ports struct{ Nats []string }
		if err != nil || json.Unmarshal(raw, &ports) != nil || len(ports.Nats) == 0 {
			return false
		}
		s.nats = ports.Nats[0]
		return true
	})
	return s
}

// start runs a process until the test ends, or until what it returns is called.
func (s *site) start(t *testing.T, cmd *exec.Cmd, end func() error) (stop func() error) {
	t.Helper()
	cmd.Cancel, cmd.WaitDelay = end, 15*time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	stop = func() error {
		if ended {
			return nil
		}
		ended = true
		return errors.Join(end(), cmd.Wait())
	}
	t.Cleanup(func() { _ = stop() })
	return stop
}

func waitFor(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("waited %v for %s", limit, what)
		}
		<-time.After(50 * time.Millisecond)
	}
}

// command is feedmill with the key of a user. Env are configuration keys, as environment variables.
func (s *site) command(t *testing.T, user string, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program("feedmill"), args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "FEEDMILL_NATS_URLS="+s.nats, "FEEDMILL_HTTP_LISTEN=")
	if user != "" {
		cmd.Env = append(cmd.Env, "FEEDMILL_NATS_NKEY="+filepath.Join(s.dir, user+".nk"))
	}
	cmd.Env = append(cmd.Env, env...)
	return cmd
}

// ops runs a command as the operator and returns what it writes to standard output.
func (s *site) ops(t *testing.T, args ...string) string {
	t.Helper()
	cmd := s.command(t, "ops", nil, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("feedmill %s: %v\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return string(out)
}

// connect connects as a user, or as nobody.
func (s *site) connect(t *testing.T, user string) (*nats.Conn, error) {
	t.Helper()
	opts := []nats.Option{nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})}
	if user != "" {
		key, err := nats.NkeyOptionFromSeed(filepath.Join(s.dir, user+".nk"))
		if err != nil {
			t.Fatal(err)
		}
		opts = append(opts, key)
	}
	nc, err := nats.Connect(s.nats, opts...)
	if err == nil {
		t.Cleanup(nc.Close)
	}
	return nc, err
}

var violation = regexp.MustCompile(`.*(?i:permissions violation|authorization violation).*`)

// refused returns the lines of the server's log that tell of somebody who was refused something.
func (s *site) refused(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(s.dir, "nats.log"))
	if err != nil {
		t.Fatal(err)
	}
	return violation.FindAllString(string(raw), -1)
}

// stages runs the demo's newsroom and the four stages over it, the sink with the given configuration, and returns the
// feeds of the site and a function that ends the stages.
func (s *site) stages(t *testing.T, sink ...string) (feeds []string, stop func()) {
	t.Helper()
	web := newsroom.New(&newsroom.Options{Seed: 1})
	base, err := web.Start(context.WithoutCancel(t.Context()), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := web.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("close the newsroom: %v", err)
		}
	})
	address := netip.MustParseAddrPort(strings.TrimPrefix(base, "http://"))
	t.Cleanup(func() {
		if t.Failed() {
			status := s.command(t, "ops", nil, "status")
			out, err := status.CombinedOutput()
			t.Logf("refused:\n%s\nstatus: %v\n%s", strings.Join(s.refused(t), "\n"), err, out)
		}
	})
	s.ops(t, "bus", "apply")
	env := map[string][]string{
		"fetcher": {
			"FEEDMILL_FETCH_ALLOW_CIDRS=" + netip.PrefixFrom(address.Addr(), 32).String(), "FEEDMILL_FETCH_ALLOW_PORTS=" + strconv.Itoa(int(address.Port())),
			"FEEDMILL_FETCH_HOST_DELAY=0s", "FEEDMILL_FETCH_ARTICLE_TRIES=2", "FEEDMILL_POLL_MIN=1s", "FEEDMILL_POLL_DEFAULT=2s", "FEEDMILL_POLL_MAX=2s",
		},
		"sink": sink,
	}
	var stops []func() error
	for _, stage := range []string{"fetcher", "parser", "enricher", "sink"} {
		cmd := s.command(t, stage, env[stage], "run", "--stages", stage)
		cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
		stops = append(stops, s.start(t, cmd, func() error { return cmd.Process.Signal(syscall.SIGTERM) }))
	}
	feeds = web.Feeds(base)
	s.ops(t, append([]string{"feeds", "add"}, feeds...)...)
	return feeds, func() {
		for _, stop := range stops {
			if err := stop(); err != nil {
				t.Errorf("end a stage: %v", err)
			}
		}
	}
}

// articles is how many articles the demo has.
const articles = 15

// count is how many lines a command writes.
func count(out string) int { return strings.Count(out, "\n") }

// TestOneUserForEachStage runs the whole way of the demo's articles with a process and a key for each stage, and asks
// with the operator's key for all that an operator does: nothing may be refused.
func TestOneUserForEachStage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	data := t.TempDir()
	feeds, stop := s.stages(t, "FEEDMILL_DATA="+data)
	records := func() string {
		cmd := exec.CommandContext(t.Context(), program("feedmill"), "records", "list", "--data", data, "-o", "jsonl")
		cmd.Dir = data // and not beside feedmill.yaml
		out, err := cmd.Output()
		if err != nil {
			return "" // there is no database yet
		}
		return string(out)
	}
	waitFor(t, 2*time.Minute, "all records", func() bool { return count(records()) >= articles })
	waitFor(t, time.Minute, "the report that two papers have to be placed", func() bool { return strings.Contains(records(), `"role":"copy"`) })
	waitFor(t, time.Minute, "the page that always fails to be given up", func() bool { return count(s.ops(t, "dlq", "list", "-o", "jsonl")) > 0 })

	s.ops(t, "status")
	s.ops(t, "feeds", "show", feeds[0])
	s.ops(t, "feeds", "pause", feeds[0])
	s.ops(t, "feeds", "resume", feeds[0])
	s.ops(t, "dlq", "retry", "--all")
	var run struct {
		ID        string
		Published int
	}
	for _, stage := range []string{"parser", "enricher", "sink"} {
		if err := json.Unmarshal([]byte(s.ops(t, "replay", "start", "--stage", stage, "-o", "json")), &run); err != nil {
			t.Fatal(err)
		}
		if run.Published == 0 {
			t.Errorf("replay of %s: nothing was sent", stage)
		}
		waitFor(t, time.Minute, "a replay of "+stage, func() bool {
			var r struct{ Pending int }
			return json.Unmarshal([]byte(s.ops(t, "replay", "show", run.ID, "-o", "json")), &r) == nil && r.Pending == 0
		})
	}
	s.ops(t, "replay", "list")
	s.ops(t, "replay", "cancel", run.ID)
	s.ops(t, "bus", "info")
	s.ops(t, "feeds", "remove", feeds[0])
	if changes := s.ops(t, "bus", "apply", "-o", "json"); strings.TrimSpace(changes) != "[]" {
		t.Errorf("bus apply, run again, changes %s", changes)
	}
	stop()
	if n := count(records()); n != articles {
		t.Errorf("%d records, want %d", n, articles)
	}
	if diff := cmp.Diff([]string(nil), s.refused(t)); diff != "" {
		t.Errorf("deploy/nats.conf refuses what feedmill does (-want +got):\n%s", diff)
	}
	s.largeValues(t)
	s.readBack(t)
}

// readBack reads what a fetcher reads that finds work in hand of one that was killed, and what all read for their metrics.
func (s *site) readBack(t *testing.T) {
	t.Helper()
	for _, user := range []string{"fetcher", "parser", "enricher", "sink"} {
		js := s.jetStream(t, user)
		for _, name := range []string{"FM_WORK", "FM_FEED", "FM_ITEM", "FM_PAGE", "FM_ARTICLE", "FM_RECORD", "FM_REPLAY"} {
			stream, err := js.Stream(t.Context(), name)
			if err != nil {
				t.Fatalf("%s looks at %s: %v", user, name, err)
			}
			if _, err := stream.GetMsg(t.Context(), max(1, stream.CachedInfo().State.FirstSeq)); err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
				t.Errorf("%s reads %s: %v", user, name, err)
			}
		}
	}
	pages, err := s.jetStream(t, "fetcher").OrderedConsumer(t.Context(), "FM_PAGE", jetstream.OrderedConsumerConfig{HeadersOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pages.Next(jetstream.FetchMaxWait(10 * time.Second)); err != nil {
		t.Errorf("the fetcher reads the headers of a page: %v", err)
	}
	if diff := cmp.Diff([]string(nil), s.refused(t)); diff != "" {
		t.Errorf("deploy/nats.conf refuses what is read back (-want +got):\n%s", diff)
	}
}

// largeValues passes a value that is too large for a message from each user that makes such to each that reads them.
func (s *site) largeValues(t *testing.T) {
	t.Helper()
	value := bytes.Repeat([]byte("feedmill"), 400<<10)
	for _, writer := range []string{"fetcher", "parser", "enricher"} {
		name := "from " + writer
		for range 2 { // the second replaces the first
			if _, err := s.bodies(t, writer).PutBytes(t.Context(), name, value); err != nil {
				t.Fatalf("%s stores a large value: %v", writer, err)
			}
		}
		for _, reader := range []string{"fetcher", "parser", "enricher", "sink", "ops"} {
			got, err := s.bodies(t, reader).GetBytes(t.Context(), name)
			if err != nil || !bytes.Equal(got, value) {
				t.Errorf("%s reads %d bytes of what %s stored, %v; want %d", reader, len(got), writer, err, len(value))
			}
		}
	}
	if diff := cmp.Diff([]string(nil), s.refused(t)); diff != "" {
		t.Errorf("deploy/nats.conf refuses large values (-want +got):\n%s", diff)
	}
}

func (s *site) jetStream(t *testing.T, user string) jetstream.JetStream {
	t.Helper()
	nc, err := s.connect(t, user)
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func (s *site) bodies(t *testing.T, user string) jetstream.ObjectStore {
	t.Helper()
	store, err := s.jetStream(t, user).ObjectStore(t.Context(), "fm_bodies")
	if err != nil {
		t.Fatalf("%s: %v", user, err)
	}
	return store
}

// TestNobodyWithoutKey tries to get in without a key, with a key that is not known, and past what a stage may do.
func TestNobodyWithoutKey(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if _, err := s.connect(t, ""); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("without a key: %v, want %v", err, nats.ErrAuthorization)
	}
	stranger := exec.CommandContext(t.Context(), program("nk"), "-gen", "user")
	seed, err := stranger.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "stranger.nk"), seed, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.connect(t, "stranger"); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("with an unknown key: %v, want %v", err, nats.ErrAuthorization)
	}
	cmd := s.command(t, "", nil, "status")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "refuses connections without credentials") {
		t.Errorf("feedmill without a key: %v\n%s", err, out)
	}
	s.ops(t, "bus", "apply")

	for _, c := range []struct{ user, subject string }{
		{"sink", "fm.page.article.www-example-com"},
		{"sink", "fm.page.feed.x"},
		{"sink", "fm.record.www-example-com"},
		{"sink", "$KV.fm_feeds.x"},
		{"sink", "$JS.API.CONSUMER.CREATE.FM_PAGE.x"},
		{"enricher", "fm.article.www-example-com"},
		{"enricher", "fm.sched.feed.x"},
		{"enricher", "$JS.API.CONSUMER.CREATE.FM_PAGE.x"},
		{"enricher", "$JS.API.STREAM.PURGE.FM_RECORD"},
		{"enricher", "$KV.fm_leases.part.0"},
		{"parser", "fm.page.article.www-example-com"},
		{"parser", "$JS.API.CONSUMER.CREATE.FM_WORK.poll-p00.fm.poll.p00.>"},
		{"fetcher", "fm.article.www-example-com"},
		{"fetcher", "$KV.fm_denied.x"},
		{"fetcher", "$JS.API.CONSUMER.CREATE.FM_RECORD.x"},
		{"fetcher", "$KV.fm_alias.x"},
		{"fetcher", "$JS.API.STREAM.DELETE.FM_PAGE"},
		{"parser", "$JS.API.STREAM.PURGE.FM_PAGE"},
		{"enricher", "$JS.API.STREAM.UPDATE.FM_RECORD"},
		{"sink", "$JS.API.STREAM.CREATE.OTHER"},
		{"ops", "$SYS.REQ.SERVER.PING"},
	} {
		if !s.publishRefused(t, c.user, c.subject) {
			t.Errorf("%s may publish %s", c.user, c.subject)
		}
	}
	for _, user := range []string{"fetcher", "parser", "enricher", "sink", "ops"} {
		for _, subject := range []string{"fm.>", "$JS.>", "$KV.>", ">"} {
			if !s.subscribeRefused(t, user, subject) {
				t.Errorf("%s may subscribe to %s", user, subject)
			}
		}
	}
	if s.publishRefused(t, "fetcher", "fm.page.article.www-example-com") {
		t.Error("the fetcher may not publish pages, so this test proves nothing")
	}
}

// publishRefused tells whether the server refuses a message.
func (s *site) publishRefused(t *testing.T, user, subject string) bool {
	t.Helper()
	return s.isRefused(t, user, func(nc *nats.Conn) error { return nc.Publish(subject, nil) })
}

func (s *site) subscribeRefused(t *testing.T, user, subject string) bool {
	t.Helper()
	return s.isRefused(t, user, func(nc *nats.Conn) error {
		_, err := nc.SubscribeSync(subject)
		return err
	})
}

func (s *site) isRefused(t *testing.T, user string, do func(*nats.Conn) error) bool {
	t.Helper()
	nc, err := s.connect(t, user)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := do(nc); err != nil {
		t.Fatal(fmt.Errorf("as %s: %w", user, err))
	}
	// The server answers the flush after it has judged what came before.
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	return errors.Is(nc.LastError(), nats.ErrPermissionViolation)
}
