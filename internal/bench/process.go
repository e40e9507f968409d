package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// childVariable is the environment variable that makes this program a process of a benchmark. The task is the first
// thing on its standard input: an environment is too small for ten thousand URLs.
const childVariable = "FEEDMILL_BENCH_CHILD"

// task is what a process of a benchmark is to do. Which fields matter depends on its role.
type task struct {
	Role     string
	Web      webTask
	Floor    floorTask
	Pipeline pipelineTask
	Hops     hopsTask
	Idle     idleTask
}

// The roles of processes.
const (
	roleWeb      = "web"
	roleFloor    = "floor"
	rolePipeline = "pipeline"
	roleHops     = "hops"
	roleIdle     = "idle"
	roleImport   = "import"
	roleBusFloor = "bus floor"
)

// Child runs a task of a benchmark and tells whether there was one: whether [Run] started this process. A program that
// calls Run must call it first, and end when it returns true.
func Child(ctx context.Context, in io.Reader, out io.Writer) (bool, error) {
	if os.Getenv(childVariable) == "" {
		return false, nil
	}
	var t task
	if err := json.NewDecoder(in).Decode(&t); err != nil {
		return true, fmt.Errorf("benchmark task: %w", err)
	}
	// Whoever started this process holds the other end of its input: when that is gone, so is the purpose.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, in)
	}()
	var result any
	var err error
	switch t.Role {
	case roleWeb:
		return true, serveWeb(ctx, &t.Web, out)
	case roleFloor:
		result, err = runFloor(ctx, &t.Floor)
	case rolePipeline:
		result, err = runPipeline(ctx, &t.Pipeline)
	case roleHops:
		result, err = runHops(ctx, &t.Hops)
	case roleIdle:
		result, err = runIdle(ctx, &t.Idle)
	case roleImport:
		result, err = runImport(ctx, &t.Idle)
	case roleBusFloor:
		result, err = runBusFloor(ctx, &t.Hops)
	default:
		err = fmt.Errorf("benchmark task: unknown role %q", t.Role)
	}
	if err != nil {
		return true, err
	}
	return true, json.NewEncoder(out).Encode(result)
}

// process is a running task.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    io.ReadCloser
	stderr bytes.Buffer
}

// start runs a task in a process of its own.
func (b *bench) start(ctx context.Context, t *task) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, b.command[0], b.command[1:]...)}
	p.cmd.Env = append(os.Environ(), childVariable+"=1")
	p.cmd.Stderr = &p.stderr
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = 10 * time.Second
	var err error
	if p.in, err = p.cmd.StdinPipe(); err == nil {
		if p.out, err = p.cmd.StdoutPipe(); err == nil {
			err = p.cmd.Start()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("start benchmark task %s: %w", t.Role, err)
	}
	if err := json.NewEncoder(p.in).Encode(t); err != nil {
		return nil, fmt.Errorf("benchmark task %s: %w", t.Role, errors.Join(err, p.stop()))
	}
	return p, nil
}

// run runs a task to its end and reads its result.
func (b *bench) run(ctx context.Context, t *task, result any) error {
	p, err := b.start(ctx, t)
	if err != nil {
		return err
	}
	readErr := json.NewDecoder(p.out).Decode(result)
	if err := p.stop(); err != nil {
		return fmt.Errorf("benchmark task %s: %w", t.Role, err)
	}
	if readErr != nil {
		return fmt.Errorf("result of benchmark task %s: %w", t.Role, readErr)
	}
	return nil
}

// stop ends a process and waits for it.
func (p *process) stop() error {
	p.in.Close()
	err := p.cmd.Wait()
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		return fmt.Errorf("%w: %s", err, lastLine(p.stderr.String()))
	}
	return err
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
