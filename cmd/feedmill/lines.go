package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"

	"golang.org/x/sync/semaphore"
)

const (
	// maxLine is the longest line, and the largest document, that a filter reads.
	maxLine = 64 << 20
	// inHandBytes bounds the input that is being worked on at once: a few of the longest lines.
	inHandBytes = 4 * maxLine
)

// failure is the line that a filter writes where it has no result. A filter that reads one passes it on.
type failure struct {
	ID     string `json:"id,omitempty"`
	URL    string `json:"url,omitempty"`
	Status int    `json:"status,omitempty"`
	Error  string `json:"error"`
}

// task is one line of output to come: make returns a value, or a failure, to be written as JSON.
type task struct {
	bytes int64 // of input
	make  func(context.Context) any
}

// done is a task's line.
type done struct {
	line   []byte
	failed bool
	bytes  int64
}

// inOrder works on tasks with so many workers at once and writes one JSON line for each, in their order. Feed sends the
// tasks and returns; an error of it ends the output behind what was sent before. It is the one thing that is not waited
// for when ctx ends, since a read from a terminal or a pipe cannot be broken off.
func (a *app) inOrder(ctx context.Context, workers int, feed func(send func(task) bool) error) (lines, failed int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	budget := semaphore.NewWeighted(inHandBytes)
	free := make(chan struct{}, workers)
	queue := make(chan chan done, 2*workers)
	var feedErr error // read after queue is closed
	go func() {
		defer close(queue)
		feedErr = feed(func(t task) bool {
			t.bytes = min(t.bytes, inHandBytes)
			if budget.Acquire(ctx, t.bytes) != nil {
				return false
			}
			result := make(chan done, 1)
			select {
			case free <- struct{}{}:
			case <-ctx.Done():
				return false
			}
			go func() {
				defer func() { <-free }()
				result <- t.run(ctx)
			}()
			select {
			case queue <- result:
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()
	out := bufio.NewWriterSize(a.out, 64<<10)
	for {
		var result chan done
		var more bool
		select {
		case result, more = <-queue:
		case <-ctx.Done():
			return lines, failed, errors.Join(ctx.Err(), out.Flush())
		}
		if !more {
			return lines, failed, errors.Join(feedErr, out.Flush())
		}
		var d done
		select {
		case d = <-result:
		case <-ctx.Done():
			return lines, failed, errors.Join(ctx.Err(), out.Flush())
		}
		budget.Release(d.bytes)
		lines++
		if d.failed {
			failed++
		}
		if _, err := out.Write(d.line); err != nil {
			return lines, failed, fmt.Errorf("write: %w", err)
		}
		if len(queue) == 0 { // whoever reads the output gets it while input is slow
			if err := out.Flush(); err != nil {
				return lines, failed, fmt.Errorf("write: %w", err)
			}
		}
	}
}

// run makes the task's line. A panic on one input must not take the others with it: it becomes that input's failure.
func (t task) run(ctx context.Context) (d done) {
	defer func() {
		if p := recover(); p != nil {
			d = encode(failure{Error: fmt.Sprintf("internal error: %v; please report it with this input", p)}, t.bytes)
		}
	}()
	return encode(t.make(ctx), t.bytes)
}

func encode(v any, bytesIn int64) done {
	var buf bytes.Buffer
	f, failed := v.(failure)
	if err := encoder(&buf, false).Encode(v); err != nil {
		buf.Reset()
		failed = true
		f = failure{ID: f.ID, URL: f.URL, Error: "encode: " + err.Error()}
		if err := encoder(&buf, false).Encode(f); err != nil { // strings and a number always encode
			panic(err)
		}
	}
	return done{line: buf.Bytes(), failed: failed, bytes: bytesIn}
}

// sendLines sends one task for each line of in, the last one with or without an end. Bad says what is wrong with a line
// that cannot be worked on.
func sendLines(in *bufio.Reader, send func(task) bool, work func(ctx context.Context, line []byte) any) error {
	for n := 1; ; n++ {
		line, err := readLine(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		t := task{bytes: int64(len(line)), make: func(ctx context.Context) any { return work(ctx, line) }}
		switch {
		case errors.Is(err, errLongLine):
			t.make = func(context.Context) any { return failure{Error: fmt.Sprintf("line %d: %v", n, err)} }
		case err != nil:
			return fmt.Errorf("read line %d: %w", n, err)
		case len(bytes.TrimSpace(line)) == 0:
			t.make = func(context.Context) any { return failure{Error: fmt.Sprintf("line %d: empty", n)} }
		}
		if !send(t) {
			return nil
		}
	}
}

var errLongLine = fmt.Errorf("longer than %d MiB", maxLine>>20)

// readLine returns the next line without its end. Of one that is too long nothing is kept.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := in.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxLine; !long {
			line = append(line, part...)
		} else {
			line = nil
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case long && (err == nil || errors.Is(err, io.EOF)):
			return nil, errLongLine
		case err == nil:
			return line[:len(line)-1], nil
		case errors.Is(err, io.EOF) && len(line) > 0:
			return line, nil
		}
		return nil, err
	}
}

// decodeLine reads one line of JSON into v and says in plain words what is wrong with it.
func decodeLine(line []byte, v any) error {
	err := json.Unmarshal(line, v)
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("not JSON: %v at byte %d of the line", e, e.Offset)
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if e.Field == "" {
			return fmt.Errorf("the line is a JSON %s, want an object", e.Value)
		}
		return fmt.Errorf("%q is a JSON %s, want %s", e.Field, e.Value, e.Type)
	}
	return fmt.Errorf("read line: %w", err)
}

// ended is a filter's result: partial where lines failed.
func (a *app) ended(what string, lines, failed int, err error) error {
	if err != nil {
		return err
	}
	if failed > 0 {
		return partialError{fmt.Sprintf("%s: %d of %d lines failed; each says why in its \"error\"", what, failed, lines)}
	}
	return nil
}
