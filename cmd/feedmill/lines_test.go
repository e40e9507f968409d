package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/feedmill/feedmill/parser"
	"github.com/google/go-cmp/cmp"
)

// testApp is an app whose output can be read.
func testApp(t *testing.T) (a *app, out, messages *bytes.Buffer) {
	t.Helper()
	out, messages = &bytes.Buffer{}, &bytes.Buffer{}
	return newApp(strings.NewReader(""), out, messages, nil), out, messages
}

func TestInOrder(t *testing.T) {
	t.Parallel()
	const lines, workers = 500, 4
	a, out, _ := testApp(t)
	var busy, most atomic.Int64
	first := make(chan struct{})
	n, failed, err := a.inOrder(t.Context(), workers, func(send func(task) bool) error {
		for i := range lines {
			send(task{bytes: 1, make: func(context.Context) any {
				most.Store(max(most.Load(), busy.Add(1)))
				defer busy.Add(-1)
				switch {
				case i == 0:
					<-first // the first one is the last to be done
				case i == workers-1:
					close(first)
				case i%100 == 7:
					return failure{ID: fmt.Sprint(i), Error: "seven"}
				case i%100 == 8:
					panic("eight")
				case i%100 == 9:
					return func() {} // no JSON
				}
				return map[string]int{"i": i}
			}})
		}
		return nil
	})
	if err != nil || n != lines || failed != 15 {
		t.Errorf("inOrder = %d, %d, %v, want %d, 15, nil", n, failed, err, lines)
	}
	if most.Load() > workers {
		t.Errorf("%d tasks at once, want %d at most", most.Load(), workers)
	}
	got := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(got) != lines {
		t.Fatalf("%d lines, want %d", len(got), lines)
	}
	for i, line := range got {
		want := fmt.Sprintf(`{"i":%d}`, i)
		switch i % 100 {
		case 7:
			want = fmt.Sprintf(`{"id":"%d","error":"seven"}`, i)
		case 8:
			want = `{"error":"internal error: eight; please report it with this input"}`
		case 9:
			want = `{"error":"encode: json: unsupported type: func()"}`
		}
		if line != want {
			t.Errorf("line %d is %s, want %s", i, line, want)
		}
	}
}

func TestInOrderEndsWithItsInput(t *testing.T) {
	t.Parallel()
	a, out, _ := testApp(t)
	broken := errors.New("broken")
	_, _, err := a.inOrder(t.Context(), 2, func(send func(task) bool) error {
		send(task{make: func(context.Context) any { return 1 }})
		return broken
	})
	if !errors.Is(err, broken) || out.String() != "1\n" {
		t.Errorf("got %q, %v, want the line before the error, and the error", out, err)
	}
}

func TestInOrderDoesNotWaitForBlockedInput(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	a, _, _ := testApp(t)
	reader, writer := io.Pipe()
	t.Cleanup(func() { writer.Close() })
	reading := make(chan struct{})
	go func() { <-reading; cancel() }()
	_, _, err := a.inOrder(ctx, 1, func(send func(task) bool) error {
		close(reading)
		return sendLines(bufio.NewReader(reader), send, func(context.Context, []byte) any { return nil })
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

func TestReadLine(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxLine)
	for _, test := range []struct {
		name, in string
		want     []string
	}{
		{"nothing", "", nil},
		{"no end", "a", []string{"a"}},
		{"ends", "a\n\nb\n", []string{"a", "", "b"}},
		{"longer than the buffer", long[:100_000] + "\nb", []string{long[:100_000], "b"}},
		{"the longest", long[:maxLine-1] + "\nb", []string{long[:maxLine-1], "b"}},
		{"too long", long + "\nb\n", []string{errLongLine.Error(), "b"}},
		{"too long at the end", "a\n" + long + "y", []string{"a", errLongLine.Error()}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := bufio.NewReaderSize(strings.NewReader(test.in), 4096)
			var got []string
			for {
				line, err := readLine(in)
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					line = []byte(err.Error())
				}
				got = append(got, string(line))
			}
			if len(got) != len(test.want) {
				t.Fatalf("%d lines, want %d", len(got), len(test.want))
			}
			for i := range got {
				if got[i] != test.want[i] {
					t.Errorf("line %d has %d bytes %.40q, want %d bytes %.40q", i, len(got[i]), got[i], len(test.want[i]), test.want[i])
				}
			}
		})
	}
}

func FuzzParseLine(f *testing.F) {
	f.Add([]byte(`{"id":"1","url":"https://example.com/a","body":"PHA+eDwvcD4="}`))
	f.Add([]byte(`{"url":7}`))
	f.Add([]byte(`{"url":"https://example.com/","body":"!"}`))
	f.Add([]byte("\x00"))
	f.Add([]byte(`{"parts":[null],"url":"x","body":"eA=="}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		d := task{make: func(context.Context) any {
			return (&pageParser{a: &app{quiet: true}, extractor: parser.NewExtractor(nil), maxItems: 100}).line(line)
		}}.run(t.Context())
		if bytes.Count(d.line, []byte("\n")) != 1 || !bytes.HasSuffix(d.line, []byte("\n")) {
			t.Errorf("want one line, got %q", d.line)
		}
		if bytes.Contains(d.line, []byte("internal error")) {
			t.Errorf("panic: %s", d.line)
		}
	})
}

func TestDecodeLine(t *testing.T) {
	t.Parallel()
	var v struct {
		Text string `json:"text"`
	}
	var got []string
	for _, line := range []string{`{"text":"a"}`, `{"text":7}`, `{"text"`, `[]`} {
		if err := decodeLine([]byte(line), &v); err != nil {
			got = append(got, err.Error())
		}
	}
	want := []string{
		`"text" is a JSON number, want string`,
		`not JSON: unexpected end of JSON input at byte 7 of the line`,
		`the line is a JSON array, want an object`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}
