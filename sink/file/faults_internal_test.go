package file

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedmill/feedmill"
)

func records(from, n int) []*feedmill.Record {
	recs := make([]*feedmill.Record, n)
	for i := range recs {
		recs[i] = &feedmill.Record{Article: feedmill.Article{ID: fmt.Sprintf("id%d", from+i), Text: strings.Repeat("x", 1000)}}
	}
	return recs
}

// TestFailedWrite makes writing fail in the middle of a batch: what came before stays, the batch can be written again.
func TestFailedWrite(t *testing.T) {
	t.Parallel()
	for name, canTruncate := range map[string]bool{"taken back": true, "mended": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s, err := Open(dir, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Write(t.Context(), records(0, 3)); err != nil {
				t.Fatal(err)
			}
			// Half a batch lands in the file, then nothing more.
			path := dir + "/" + s.part.name + unfinished
			whole := s.part.file
			if _, err := whole.WriteString(`{"id":"id3"`); err != nil {
				t.Fatal(err)
			}
			broken, err := os.Open(path) // for reading
			if err != nil {
				t.Fatal(err)
			}
			s.part.file = broken
			if canTruncate {
				if err := whole.Truncate(s.part.size); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Write(t.Context(), records(3, 300)); err == nil || feedmill.IsPermanent(err) {
				t.Fatalf("Write to a file that cannot be written: %v, want a plain error", err)
			}
			if err := whole.Close(); err != nil {
				t.Fatal(err)
			}
			if err := s.Write(t.Context(), records(0, 303)); err != nil {
				t.Fatalf("Write afterwards: %v", err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			var ids, want []string
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				b, err := os.ReadFile(dir + "/" + e.Name())
				if err != nil {
					t.Fatal(err)
				}
				for text := range bytes.Lines(b) {
					ids = append(ids, strings.Split(string(text), `"`)[3])
				}
			}
			for i := range 303 {
				want = append(want, fmt.Sprintf("id%d", i))
			}
			if d := cmp.Diff(want, ids); d != "" {
				t.Errorf("records (-want +got):\n%s", d)
			}
		})
	}
}

func TestRemembered(t *testing.T) {
	t.Parallel()
	lines, err := encode(records(0, remembered+100))
	if err != nil {
		t.Fatal(err)
	}
	var r recent
	for i := range lines {
		r.add(lines[i : i+1])
		r.add(lines[max(0, i-5) : i+1])
	}
	if len(r.known) != remembered || len(r.ring) != remembered {
		t.Errorf("%d lines are known, %d in the ring, want %d", len(r.known), len(r.ring), remembered)
	}
	if got := r.unknown(lines); len(got) != 100 || got[0] != lines[0] || got[99] != lines[99] {
		t.Errorf("%d lines are unknown, want the first 100", len(got))
	}
}

func TestBackward(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long ", 100_000)
	for _, text := range []string{"", "a", "a\n", "\n", "\n\n", "a\nb\n", "a\n" + long + "\nb", long + "\n" + long + "\n\n"} {
		var got []string
		var starts []int64
		err := backward(strings.NewReader(text), int64(len(text)), func(line []byte, start int64) bool {
			got = append([]string{string(line)}, got...)
			starts = append(starts, start)
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Join(got, "") != text {
			t.Errorf("lines of %.20q come to %.20q", text, strings.Join(got, ""))
		}
		for i, line := range got {
			if strings.Contains(line[:len(line)-1], "\n") || !strings.HasPrefix(text[starts[len(starts)-1-i]:], line) {
				t.Errorf("line %d of %.20q is %.20q at %d", i, text, line, starts[len(starts)-1-i])
			}
		}
	}
	if err := backward(strings.NewReader("short"), 10, func([]byte, int64) bool { return true }); err == nil {
		t.Error("a file that is shorter than it was gives no error")
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	s := &Store{dir: "out", name: "lake"}
	for want, err := range map[string]error{
		"the disk is full: free space": &fs.PathError{Op: "write", Err: syscall.ENOSPC},
		"check the rights":             &fs.PathError{Op: "open", Err: syscall.EACCES},
		"input/output":                 &fs.PathError{Op: "sync", Err: syscall.EIO},
	} {
		got := s.explain("write", err)
		if !strings.HasPrefix(got.Error(), "write out/lake-*.jsonl: ") || !strings.Contains(got.Error(), want) || !errors.Is(got, err) {
			t.Errorf("%v, want %q", got, want)
		}
	}
}
